"""A WebSocket connection of a load, with both ends."""

import base64
import collections
import hashlib
import os
import socket

NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
LARGEST_READ = 1 << 18
_TIMEOUT = 20  # seconds


class Frames:
    """Frames made ahead, as writes: (bytes, their opcodes)."""

    VARIETY = 512

    def __init__(self, random, most):
        self.random = random
        self.writes = {
            who: [self._write(who, random.randint(1, most)) for _ in range(self.VARIETY)] for who in ("client", "server")
        }
        self.pings = [self.frame("client", 9, b"still there?") for _ in range(self.VARIETY)]
        self.pong = self.frame("server", 10, b"still there?")
        self.closes = {who: self.frame(who, 8, b"\x03\xe8") for who in self.writes}

    def _write(self, who, count):
        frames = [self._data(who) for _ in range(count)]
        return b"".join(frame for frame, _ in frames), [opcode for _, opcode in frames]

    def _data(self, who):
        size = self.random.choice((8, 30, 60, 120, 200, 400, 1000))
        if self.random.random() < 0.5:
            return self.frame(who, 1, bytes(self.random.choices(b"abcdefgh {}:,\"", k=size))), 1
        return self.frame(who, 2, self.random.randbytes(size)), 2

    def frame(self, who, opcode, payload):
        mask = 0x80 if who == "client" else 0
        size = len(payload)
        head = bytes([0x80 | opcode, mask | size]) if size < 126 else bytes([0x80 | opcode, mask | 126, *divmod(size, 256)])
        if not mask:
            return head + payload
        key = self.random.randbytes(4)
        return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


class End:
    """A socket and its unread bytes; counts the frames that it receives."""

    def __init__(self, connection, peer):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self.socket, self.peer = connection, peer
        self.head = 6 if peer == "client" else 2
        self.rest = b""

    def receive(self, counts):
        """Counts the whole frames received; returns the number of Pings among them."""
        try:
            data = self.rest + self.socket.recv(LARGEST_READ)
        except BlockingIOError:
            return 0
        place, size, pings, least, peer = 0, len(data), 0, self.head, self.peer
        while size - place >= least:
            length = data[place + 1] & 0x7F
            end = place + least + length
            if length == 126:
                if size - place < 4:
                    break
                end = place + least + 2 + (data[place + 2] << 8 | data[place + 3])
            if end > size:
                break
            opcode = data[place] & 15
            counts[peer, opcode] += 1
            pings += opcode == 9
            place = end
        self.rest = data[place:]
        return pings


class Connection:
    def __init__(self, listener, frames, random):
        self.frames, self.random = frames, random
        self._sent, self._received = collections.Counter(), collections.Counter()
        self.frame_count = 0
        self.is_over = False
        # Frames are taken in turn: no masking key comes twice in a row.
        self.turn = random.randrange(frames.VARIETY)
        # Some connections are short, some long.
        self.frames_left = int(random.choice((2, 40, 400)) * random.uniform(0.5, 1.5))
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        self._upgrade(client, server)
        self.client, self.server = End(client, "server"), End(server, "client")

    @staticmethod
    def _upgrade(client, server):
        for end in (client, server):
            end.settimeout(_TIMEOUT)
        key = base64.b64encode(os.urandom(16))
        client.sendall(
            b"GET /load HTTP/1.1\r\nHost: load.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n")
        server.recv(LARGEST_READ)
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        server.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        client.recv(LARGEST_READ)

    @property
    def sent(self):
        return {(who, NAMES[opcode]): count for (who, opcode), count in self._sent.items()}

    @property
    def received(self):
        return {(who, NAMES[opcode]): count for (who, opcode), count in self._received.items()}

    def exchange(self, count):
        """Sends about this many frames, some from each end, and reads what came; returns the number sent."""
        before = self.frame_count
        while self.frame_count - before < count and self.frames_left > 0:
            who = "client" if self.random.random() < 0.5 else "server"
            self.turn = (self.turn + 1) % self.frames.VARIETY
            self._send(who, *self.frames.writes[who][self.turn])
        if self.random.random() < 0.01:
            self.turn = (self.turn + 1) % self.frames.VARIETY
            self._send("client", self.frames.pings[self.turn], (9,))
        self._read()
        if self.frames_left <= 0:
            self.close()
        return self.frame_count - before

    def _send(self, who, octets, opcodes):
        # Writes are small and soon read, so they fit.
        if getattr(self, who).socket.send(octets) != len(octets):
            raise OSError("a socket has no room")
        for opcode in opcodes:
            self._sent[who, opcode] += 1
        self.frame_count += len(opcodes)
        self.frames_left -= len(opcodes)

    def _read(self):
        for _ in range(self.server.receive(self._received)):
            self._send("server", self.frames.pong, (10,))
        self.client.receive(self._received)

    def close(self):
        """Performs the closing handshake, and sends both FINs."""
        if self.is_over:
            return
        self.is_over = True
        self._read()
        self._read()
        self._send("client", self.frames.closes["client"], (8,))
        self.server.receive(self._received)
        self._send("server", self.frames.closes["server"], (8,))
        self.client.receive(self._received)
        self.server.socket.close()
        self.client.socket.close()
