"""What an endpoint did and saw, one JSON object a line, written before it is done and as soon as it is seen."""

import hashlib
import json
import time


class EndpointLog:
    """The log of one end. Every row has `who`, `conn` (the client's address and port, which both ends know), `ev` (what
    happened) and `time` (nanoseconds since 1970)."""

    def __init__(self, who, path):
        self.who = who
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def add(self, conn, ev, **facts):
        row = {"who": self.who, "conn": conn, "ev": ev, "time": time.time_ns(), **facts}
        self.file.write(json.dumps(row) + "\n")

    def message(self, conn, direction, payload):
        """A data message that is `direction` (sent or received), as the application has it."""
        octets = payload.encode() if isinstance(payload, str) else bytes(payload)
        self.add(conn, "msg", dir=direction, op="text" if isinstance(payload, str) else "binary", **digest(octets))

    def ping(self, conn, direction, octets):
        self.add(conn, "ping", dir=direction, **digest(octets))


def digest(octets):
    return {"len": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}


def address(host, port, *_):
    """An address and port as the trace's readers write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
