"""Carries packets between two TAP devices, and loses, repeats and delays some of them."""

import asyncio
import os
import random

LARGEST_PACKET = 65536


class LossyBridge:
    """Loses, repeats and delays packets depending on the seed and on the order in which they come."""

    def __init__(self, taps, seed, lost=0.02, repeated=0.01, delayed=0.02, delay=0.004):
        self.random = random.Random(seed)
        self.lost, self.repeated, self.delayed, self.delay = lost, repeated, delayed, delay
        self.counts = {"carried": 0, "lost": 0, "repeated": 0, "delayed": 0}
        self.loop = asyncio.get_running_loop()
        for source, target in (taps, reversed(taps)):
            self.loop.add_reader(source, self._carry_all, source, target)
        self.taps = taps

    def close(self):
        for tap in self.taps:
            self.loop.remove_reader(tap)
        self.taps = []

    def _carry_all(self, source, target):
        while True:
            try:
                packet = os.read(source, LARGEST_PACKET)
            except BlockingIOError:
                return
            except OSError:
                # The device is down or gone.
                self.close()
                return
            self._carry(packet, target)

    def _carry(self, packet, target):
        fate = self.random.random()
        if fate < self.lost:
            self.counts["lost"] += 1
        elif fate < self.lost + self.repeated:
            self.counts["repeated"] += 1
            self._write(packet, target)
            self._write(packet, target)
        elif fate < self.lost + self.repeated + self.delayed:
            # Other packets overtake it.
            self.counts["delayed"] += 1
            self.loop.call_later(self.random.uniform(0, self.delay), self._write, packet, target)
        else:
            self._write(packet, target)

    def _write(self, packet, target):
        if target not in self.taps:
            return
        self.counts["carried"] += 1
        try:
            os.write(target, packet)
        except OSError:
            # The device has no room or is down: one more packet is lost.
            self.counts["lost"] += 1
