#!/usr/bin/env python3
"""A server made with Python's `websockets`, which answers each message, every third in fragments, with Pings in between.

    server_websockets.py HOST PORT LOG        prints "listening"; SIGTERM ends it when its sessions are over
"""

import asyncio
import signal
import sys

import websockets

from endpoint_log import EndpointLog, address
from words import CLOSE_CODE, CLOSE_REASON, CLOSE_REQUEST, answer, pieces


async def fragments(parts):
    for part in parts:
        yield part


async def reply(websocket, payload, number):
    if number % 3 == 2:
        await websocket.send(fragments(pieces(payload, 3)))
    else:
        await websocket.send(payload)


async def session(log, websocket):
    conn = address(*websocket.remote_address)
    log.add(conn, "open", peer=conn)
    number = 0
    try:
        async for said in websocket:
            log.message(conn, "received", said)
            if said == CLOSE_REQUEST:
                log.add(conn, "close-sent", code=CLOSE_CODE, reason=CLOSE_REASON)
                await websocket.close(CLOSE_CODE, CLOSE_REASON)
                break
            if number % 5 == 4:
                octets = b"ping %d" % number
                log.ping(conn, "sent", octets)
                await websocket.ping(octets)
            answered = answer(said)
            log.message(conn, "sent", answered)
            await reply(websocket, answered, number)
            number += 1
    except websockets.ConnectionClosed:
        pass
    await websocket.wait_closed()
    log.add(conn, "close", code=websocket.close_code, reason=websocket.close_reason)


async def main(host, port, path):
    log = EndpointLog("server", path)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    sessions = set()

    async def visit(websocket):
        over = asyncio.get_running_loop().create_future()
        sessions.add(over)
        try:
            await session(log, websocket)
        finally:
            over.set_result(None)

    server = await websockets.serve(visit, host, int(port), ping_interval=None, max_size=None)
    print("listening", flush=True)
    await ending.wait()
    if sessions:
        await asyncio.wait(sessions, timeout=5)
    server.close()
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
