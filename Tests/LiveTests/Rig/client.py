#!/usr/bin/env python3
"""Runs simultaneous clients of a server, made with Python's `websockets`: messages from a seed, whole and in fragments,
compressed and not, Pings, and several ways to end.

Prints "open" once all are connected. With --endless they go on until SIGTERM, and then close properly.
"""

import argparse
import asyncio
import random
import signal

import websockets

from endpoint_log import EndpointLog, address
from words import CLOSE_REQUEST, Words, pieces

PATIENCE = 240  # seconds for the last answers; only a failure takes this long


async def fragments(parts):
    for part in parts:
        yield part


class Conversation:
    """A connection, from its upgrade to its end."""

    def __init__(self, number, options, log, ending):
        self.options, self.log, self.ending = options, log, ending
        seed = f"{options.seed} {number}"
        self.words, self.random = Words(seed), random.Random(seed)
        self.number, self.expected, self.received = number, 0, 0
        self.is_answered = asyncio.Event()

    async def open(self):
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        compression = "deflate" if self.number % 2 else None
        self.websocket = await websockets.connect(
            f"ws://{host}:{self.options.port}/talk/{self.number}", compression=compression, ping_interval=None,
            max_size=None, open_timeout=PATIENCE, close_timeout=PATIENCE)
        self.conn = address(*self.websocket.local_address)
        self.log.add(self.conn, "open", local=self.conn, path=f"/talk/{self.number}")
        self.listening = asyncio.create_task(self.listen())

    async def listen(self):
        try:
            async for heard in self.websocket:
                self.log.message(self.conn, "received", heard)
                self.received += 1
                if self.received == self.expected:
                    self.is_answered.set()
        except websockets.ConnectionClosed:
            pass
        self.log.add(self.conn, "close", code=self.websocket.close_code, reason=self.websocket.close_reason)

    async def talk(self):
        count = 0
        while not self.ending.is_set() if self.options.endless else count < self.options.messages:
            await self.say(self.words.message())
            count += 1
            if count % 6 == 3:
                octets = b"still there, %d?" % count
                self.log.ping(self.conn, "sent", octets)
                await self.websocket.ping(octets)
            await asyncio.sleep(self.random.uniform(0, 2 * self.options.pause))
        if self.received < self.expected:
            await asyncio.wait_for(self.is_answered.wait(), PATIENCE)
        await self.end()

    async def say(self, payload, is_answered=True):
        self.is_answered.clear()
        self.expected += is_answered
        self.log.message(self.conn, "sent", payload)
        if self.random.random() < 0.25:
            await self.websocket.send(fragments(pieces(payload, self.random.randint(2, 4))))
        else:
            await self.websocket.send(payload)

    async def end(self):
        match self.number % 4:
            case 0:
                self.log.add(self.conn, "close-sent", code=1000, reason="bye")
                await self.websocket.close(1000, "bye")
            case 1:
                await self.say(CLOSE_REQUEST, is_answered=False)
            case 2:
                self.log.add(self.conn, "close-sent", code=3999, reason="")
                await self.websocket.close(3999)
            case 3:
                # No Close frame: the applications get 1006.
                self.websocket.transport.abort()
        await asyncio.wait_for(self.listening, PATIENCE)


async def main(options):
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    log = EndpointLog("client", options.log)
    conversations = [Conversation(number, options, log, ending) for number in range(options.connections)]
    await asyncio.gather(*(conversation.open() for conversation in conversations))
    print("open", flush=True)
    await asyncio.gather(*(conversation.talk() for conversation in conversations))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("log")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--messages", type=int, default=20, help="of each connection")
    parser.add_argument("--pause", type=float, default=0.002, help="seconds between two messages, on average")
    parser.add_argument("--endless", action="store_true")
    asyncio.run(main(parser.parse_args()))
