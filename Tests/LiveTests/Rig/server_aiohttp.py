#!/usr/bin/env python3
"""A server made with `aiohttp`, which answers each message and logs the Pings it gets.

    server_aiohttp.py HOST PORT LOG           prints "listening"; SIGTERM ends it when its sessions are over
"""

import asyncio
import signal
import sys

from aiohttp import WSMsgType, web

from endpoint_log import EndpointLog, address
from words import CLOSE_CODE, CLOSE_REASON, CLOSE_REQUEST, answer


async def session(log, request, sessions):
    websocket = web.WebSocketResponse(autoping=False, max_msg_size=0)
    conn = address(*request.transport.get_extra_info("peername"))
    await websocket.prepare(request)
    log.add(conn, "open", peer=conn)
    over = asyncio.get_running_loop().create_future()
    sessions.add(over)
    try:
        await converse(log, websocket, conn)
    finally:
        over.set_result(None)
    return websocket


async def converse(log, websocket, conn):
    reason = None
    while True:
        heard = await websocket.receive()
        if heard.type == WSMsgType.PING:
            log.ping(conn, "received", heard.data)
            await websocket.pong(heard.data)
        elif heard.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            said = heard.data
            log.message(conn, "received", said)
            if said == CLOSE_REQUEST:
                log.add(conn, "close-sent", code=CLOSE_CODE, reason=CLOSE_REASON)
                await websocket.close(code=CLOSE_CODE, message=CLOSE_REASON.encode())
                break
            answered = answer(said)
            log.message(conn, "sent", answered)
            if isinstance(answered, str):
                await websocket.send_str(answered)
            else:
                await websocket.send_bytes(answered)
        elif heard.type == WSMsgType.CLOSE:
            reason = heard.extra
            break
        elif heard.type != WSMsgType.PONG:
            break
    # The code is that of the peer's Close frame; after closing itself, aiohttp gives its own code.
    if websocket.close_code != CLOSE_CODE:
        log.add(conn, "close", code=websocket.close_code, reason=reason or "")


async def main(host, port, path):
    log, sessions = EndpointLog("server", path), set()
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)

    async def visit(request):
        return await session(log, request, sessions)

    application = web.Application()
    application.router.add_get("/{path:.*}", visit)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, host, int(port)).start()
    print("listening", flush=True)
    await ending.wait()
    if sessions:
        await asyncio.wait(sessions, timeout=5)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
