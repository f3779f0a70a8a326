"""An endpoint's log, one JSON object per line: actions are logged before they are taken, events as soon as seen."""

import hashlib
import json
import time


class EndpointLog:
    """The log of an end.

    Every row has `who`, `conn` (the client's address and port, which both ends know), `ev` (the event) and `time`
    (nanoseconds since 1970)."""

    def __init__(self, who, path):
        self.who = who
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def add(self, conn, ev, **facts):
        row = {"who": self.who, "conn": conn, "ev": ev, "time": time.time_ns(), **facts}
        self.file.write(json.dumps(row) + "\n")

    def message(self, conn, direction, payload):
        """Logs a data message as the application has it; `direction` is sent or received."""
        octets = payload.encode() if isinstance(payload, str) else bytes(payload)
        self.add(conn, "msg", dir=direction, op="text" if isinstance(payload, str) else "binary", **digest(octets))

    def ping(self, conn, direction, octets):
        self.add(conn, "ping", dir=direction, **digest(octets))


def digest(octets):
    return {"len": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}


def address(host, port, *_):
    """An address and port in the form that readers of the trace use."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
