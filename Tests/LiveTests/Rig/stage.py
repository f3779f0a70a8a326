#!/usr/bin/env python3
"""Sets up a stage for live captures: two linked network namespaces in which real WebSocket servers and clients talk on
command. The stage is removed when standard input ends, on SIGTERM, and after a failure.

    stage.py --probe                      prints why it cannot work here and exits with 1; otherwise exits with 0
    stage.py FOLDER [--lossy SEED]        logs to server.jsonl and client.jsonl in FOLDER

Then it prints one JSON object per line. The first is {"is": "ready", "namespace": …, "interface": …}, for the server's
end. It reads commands from standard input, and answers each once:

    {"do": "talk", …}     {"is": "over"}: a whole talk. Options, partly of client.py: "server" ("websockets", "aiohttp" or
                          "ws"), "family" (4 or 6), "seed", "connections", "messages", "pause"
    {"do": "begin", …}    {"is": "open"}: an endless talk has begun
    {"do": "finish"}      {"is": "over"}: the endless talk was ended properly
    {"do": "noise"}       {"is": "over"}: five TCP connections without WebSocket
    {"do": "down"}        {"is": "done"}: the server's interface is down
    {"do": "up"}          {"is": "done"}: it is up again
    {"do": "unplug"}      {"is": "done"}: the link is removed

A failure is reported as {"is": "failed", "why": …}, in the last line.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from lossy_bridge import LossyBridge
from network import ADDRESSES, INTERFACE, Network, NetworkFault

HERE = os.path.dirname(os.path.abspath(__file__))
PORT, NOISE_PORT = 8080, 2525
PATIENCE = 270  # seconds for a talk, and for a line of a program; only a failure takes this long
SERVERS = {
    "websockets": [sys.executable, f"{HERE}/server_websockets.py"],
    "aiohttp": [sys.executable, f"{HERE}/server_aiohttp.py"],
    "ws": ["node", f"{HERE}/server_ws.js"],
}


class Fault(Exception):
    """The reason why the stage cannot go on."""


class Stage:
    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.programs = []
        self.server = self.client = None

    async def start(self, end, words, mark=None):
        """Starts a program at an end, and waits until it prints `mark`."""
        # Debian's Node packages are not in Node's default path.
        environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
        program = await asyncio.create_subprocess_exec(
            *self.network.command(end, *words), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            env=environment)
        self.programs.append(program)
        if mark and (await asyncio.wait_for(program.stdout.readline(), PATIENCE)).decode().strip() != mark:
            raise Fault(f"{os.path.basename(words[1])} did not say {mark!r}")
        return program

    async def over(self, program):
        """Waits until a program ends successfully."""
        if await asyncio.wait_for(program.wait(), PATIENCE):
            raise Fault(f"a program of the stage ended with status {program.returncode}")
        self.programs.remove(program)

    def close(self):
        for program in self.programs:
            with contextlib.suppress(ProcessLookupError):
                program.kill()

    async def obey(self, command):
        return await getattr(self, f"do_{command.pop('do')}")(**command)

    async def open_talk(self, server="websockets", family=4, endless=False, **options):
        host = ADDRESSES["server"][family]
        self.server = await self.start(
            "server", [*SERVERS[server], host, str(PORT), f"{self.folder}/server.jsonl"], "listening")
        words = [sys.executable, f"{HERE}/client.py", host, str(PORT), f"{self.folder}/client.jsonl"]
        words += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.client = await self.start("client", words + (["--endless"] if endless else []), "open")

    async def close_talk(self):
        await self.over(self.client)
        self.server.terminate()
        await self.over(self.server)
        return {"is": "over"}

    async def do_talk(self, **options):
        await self.open_talk(**options)
        return await self.close_talk()

    async def do_begin(self, **options):
        await self.open_talk(endless=True, **options)
        return {"is": "open"}

    async def do_finish(self):
        self.client.terminate()
        return await self.close_talk()

    async def do_noise(self):
        host, script = ADDRESSES["server"][4], f"{HERE}/noise.py"
        server = await self.start("server", [sys.executable, script, "serve", host, str(NOISE_PORT)], "listening")
        await self.over(await self.start("client", [sys.executable, script, "talk", host, str(NOISE_PORT), "5"]))
        self.programs.remove(server)
        server.kill()
        await server.wait()
        return {"is": "over"}

    async def do_down(self):
        self.network.ip("server", "link", "set", INTERFACE, "down")
        return {"is": "done"}

    async def do_up(self):
        self.network.ip("server", "link", "set", INTERFACE, "up")
        return {"is": "done"}

    async def do_unplug(self):
        self.network.ip("server", "link", "delete", INTERFACE)
        return {"is": "done"}


def say(**facts):
    print(json.dumps(facts), flush=True)


async def commands():
    """Yields the commands from standard input."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def play(options):
    """Sets up the stage, and carries out its commands."""
    with Network(bridged=options.lossy is not None) as network:
        bridge = LossyBridge(network.taps, options.lossy) if network.bridged else None
        stage = Stage(network, options.folder)
        try:
            say(**{"is": "ready"}, namespace=network.names["server"], interface=INTERFACE)
            async for command in commands():
                say(**await stage.obey(command))
        finally:
            stage.close()
            if bridge:
                bridge.close()
                print("The bridge:", json.dumps(bridge.counts), file=sys.stderr)


async def main(options):
    playing = asyncio.ensure_future(play(options))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        return 1
    except (Fault, NetworkFault, OSError, asyncio.TimeoutError) as fault:
        say(**{"is": "failed"}, why=str(fault) or type(fault).__name__)
        return 1
    return 0


def probe():
    """The reason why the stage cannot be set up here; None if it can."""
    try:
        import websockets  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "Python's websockets is not installed"
    try:
        for bridged in (False, True):
            with Network(bridged):
                pass
    except NetworkFault as fault:
        return f"no network namespaces may be made: {fault}"
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--lossy", metavar="SEED")
    parser.add_argument("--probe", action="store_true")
    arguments = parser.parse_args()
    if arguments.probe:
        sys.exit(probe())
    sys.exit(asyncio.run(main(arguments)))
