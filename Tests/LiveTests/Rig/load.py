"""Runs both ends of many WebSocket connections in one thread, with frames made ahead.

This makes as much traffic as a processor can; sender and receiver both count every frame."""

import collections
import random
import socket
import time

from load_connection import Connection, Frames
from network import ADDRESSES, inside

PORT = 8080
TICK = 0.005  # seconds: each connection gets a turn in some ticks
QUIET = 0.3  # seconds for wstap to read what the kernel still holds


class Load:
    """Makes a load with `options`: rate, connections, frames_per_write, seed."""

    def __init__(self, network, options):
        self.random = random.Random(options.seed)
        self.rate, self.count = options.rate, options.connections
        self.frames = Frames(self.random, options.frames_per_write)
        self.sent, self.received = collections.Counter(), collections.Counter()
        self.opened = 0
        self.seconds = self.longest_pause = 0
        with inside(network.names["server"]):
            self.listener = socket.create_server((ADDRESSES["server"][4], PORT), backlog=1024)
        self.listener.setblocking(False)
        self.network = network
        self.connections = []

    def run(self, seconds, between):
        """Sends for this many seconds, and calls `between` in every tick."""
        with inside(self.network.names["client"]):
            start = last = time.monotonic()
            while (now := time.monotonic()) < start + seconds:
                self.longest_pause = max(self.longest_pause, now - last)
                last = now
                self._tick((now - start) * self.rate)
                between()
                time.sleep(max(0, now + TICK - time.monotonic()))
            for connection in self.connections:
                connection.close()
            self.seconds = time.monotonic() - start
        self._collect()
        self.listener.close()
        time.sleep(QUIET)

    def _tick(self, target):
        """Opens missing connections, then sends until `target` frames have been sent in total."""
        # A few at a time, so that not all have the same age.
        for _ in range(min(self.count - len(self.connections), 4)):
            self.connections.append(Connection(self.listener, self.frames, self.random))
            self.opened += 1
        missing = target - self.total
        self.random.shuffle(self.connections)
        each = max(1, int(missing / len(self.connections)))
        for connection in self.connections:
            if missing <= 0:
                break
            missing -= connection.exchange(each)
        for connection in [one for one in self.connections if one.is_over]:
            self._retire(connection)
            self.connections.remove(connection)

    @property
    def total(self):
        return self.retired_frames + sum(connection.frame_count for connection in self.connections)

    retired_frames = 0

    def _retire(self, connection):
        self.retired_frames += connection.frame_count
        self.sent.update(connection.sent)
        self.received.update(connection.received)

    def _collect(self):
        for connection in self.connections:
            self._retire(connection)
        self.connections = []
