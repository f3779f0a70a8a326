#!/usr/bin/env python3
"""Feeds wstap-web 20,000 frames a second, with headless Chromium attached, and checks what the page and the server make of it.

    Web/Tests/load.py WSTAP-WEB [--seconds 120] [--rate 20000]

Each frame is two lines, as in a trace: the frame and its message; 50 sessions begin and end each second. Exit status 1 if the
feeder was held up, if the page missed or could not use a line, or if its memory grew; 2 if the machine was too busy to feed
at that rate. Needs wstap, built in either configuration, and `scripts/install-dependencies browsers`.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

from playwright.sync_api import sync_playwright


ROOT = pathlib.Path(__file__).resolve().parents[2]
WSTAP = next(path for path in (ROOT / ".build/release/wstap", ROOT / ".build/debug/wstap") if path.exists())
TRACE = subprocess.run([WSTAP, ROOT / "fixtures/chat/capture.pcap", "--format", "jsonl", "--no-progress"], stdout=subprocess.PIPE).stdout
END = next(event for event in map(json.loads, TRACE.splitlines()) if event["event"] == "end")


def line(event, number, connection, elapsed, **keys):
    return json.dumps({"event": event, "time": "2026-01-01T00:00:00.000000000Z", "elapsed": elapsed, "packet": number,
                       "connection": connection, **keys}, separators=(",", ":")) + "\n"


FRAMES = line("frame", 0, 0, 0, **{"from": "?"}, stream_offset=1, index=1, fin=True, rsv1=False, rsv2=False, rsv3=False,
              opcode="text", opcode_value=1, masked=True, masking_key="00000001", length=80, first_packet=1) + line(
    "message", 0, 0, 0, **{"from": "?"}, stream_offset=1, message_index=1, opcode="text", complete=True, frames=1,
    compressed=False, wire_length=80, length=80, payload="message ".ljust(80, "x"), first_packet=1)
for key in ("elapsed", "packet", "connection"):
    FRAMES = FRAMES.replace(f'"{key}":0', f'"{key}":%({key})s')
FRAMES = FRAMES.replace('"?"', '"%(from)s"')


def tick(number, first, rate, sessions):
    """The lines of a fiftieth of a second: one session begins, one ends, the frames are spread over 20."""
    elapsed = number / 50
    lines = [line("connection", first, number, elapsed, client={"ip": "10.0.0.1", "port": 40000 + number % 20000},
                  server={"ip": "10.0.0.2", "port": 80}, community_id="1:x", session_id="x", opened="handshake",
                  tcp={"syn_packet": 1, "syn_ack_packet": 2, "ack_packet": 3, "connect_time": 0.001}, encrypted=None),
             line("handshake", first, number, elapsed, accepted=True, status=101, url="ws://10.0.0.2/room", request_headers=[["Host", "10.0.0.2"]],
                  response_headers=[], request_packet=1, response_packet=2, response_time=0.001)]
    for frame in range(rate // 50):
        lines.append(FRAMES % {"packet": first + frame, "elapsed": elapsed, "connection": max(number - frame % 20, 0),
                               "from": "client" if frame % 2 else "server"})
    if number >= 20:
        lines.append(json.dumps({**END, "elapsed": elapsed, "connection": number - 20}, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def processor_time(process):
    """Seconds of processor time of a process and of its children, and theirs."""
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    children = open(f"/proc/{process}/task/{process}/children").read().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(processor_time, children))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rate", type=int, default=20000)
    options = parser.parse_args()
    server = subprocess.Popen([options.program, "--port", "0"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    url = re.search(r"http://\S+", server.stderr.readline().decode())[0]
    fed = {}

    def feed():
        start, waited = time.monotonic(), 0.0
        server.stdin.write(b'{"event":"capture","time":"2026-01-01T00:00:00.000000000Z","elapsed":0.0,"packet":0,"start":1767225600.0}\n')
        for number in range(options.seconds * 50):
            data = tick(number, number * options.rate // 50, options.rate, 20)
            before = time.monotonic()
            server.stdin.write(data)
            server.stdin.flush()
            waited = max(waited, time.monotonic() - before)
            ahead = start + (number + 1) / 50 - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        fed.update(frames=options.seconds * options.rate, time=time.monotonic() - start, wait=waited)
        print(f"fed {fed['frames']} frames in {fed['time']:.1f} s; the longest write took {waited * 1000:.0f} ms", flush=True)
        server.stdin.close()

    feeder, heaps, errors = threading.Thread(target=feed), [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--enable-precise-memory-info"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        session = page.context.new_cdp_session(page)
        feeder.start()
        start = time.monotonic()
        while feeder.is_alive():
            page.wait_for_timeout(max(options.seconds / 12, 5) * 1000)
            session.send("HeapProfiler.collectGarbage")
            heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
            heaps.append(heap)
            memory = re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{server.pid}/status").read())
            print(f"{time.monotonic() - start:.0f} s: heap {heap:.1f} MB, server {int(memory[1]) / 1024 if memory else 0:.0f} MB, "
                  f"{page.inner_text('#rate')}; {page.inner_text('#count')}; {page.inner_text('#lost')}", flush=True)
        print(f"processor time: server {processor_time(server.pid):.1f} s, feeder and browser {processor_time(os.getpid()) - processor_time(server.pid):.1f} s")
        page.wait_for_function("() => document.querySelector('#connection').textContent === 'The capture has ended.'", timeout=60000)
        page.wait_for_timeout(3000)
        totals, lost = page.inner_text("#totals").replace("\n", " "), page.inner_text("#lost")
        print(page.inner_text("#connection"), totals, lost, sep="; ")
        browser.close()
    server.kill()
    # The rows are full after ten seconds, the sessions after eighty.
    half = len(heaps) // 2
    wrong = errors + [text for text, isWrong in (
        (f"a write waited {fed['wait']:.1f} s", fed["wait"] > 1), (f"the page is not whole: {lost}", "missing" in lost or "could not" in lost),
        (f"{fed['frames']:,} frames fed; {totals}", f"{fed['frames']:,}" not in totals),
        (f"the heap grew: {heaps}", max(heaps[half:]) > 1.25 * max(heaps[:half]) + 5)) if isWrong]
    for text in wrong:
        print("FAILED:", text)
    if wrong:
        return 1
    if fed["time"] > options.seconds * 1.02:
        print("The machine was too busy to feed so fast.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
