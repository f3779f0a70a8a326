#!/usr/bin/env python3
"""Holds `wstap-web live` under load, with headless Chromium attached: real WebSocket frames at a given rate over veth, between
network namespaces of its own. Needs root, wstap in release mode, and `scripts/install-dependencies browsers`.

    Web/Tests/soak.py WSTAP-WEB [--minutes 10] [--rate 20000] [--connections 200] [--wstap PROGRAM]

Exit status 1 if wstap lost a packet, if the page shows other numbers of frames and sessions than the ends sent and opened, or
if its memory grew; 2 if the machine was too busy for that rate.
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/LiveTests/Rig"))

from load import Load  # noqa: E402
from network import Network  # noqa: E402

TOLERANCE = 0.99  # of the rate asked for


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=20_000, help="frames a second, both ends together")
    parser.add_argument("--connections", type=int, default=200, help="open at the same time")
    parser.add_argument("--wstap", default=str(ROOT / ".build/release/wstap"))
    return parser.parse_args()


def descendants(process):
    children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children] + [one for child in children for one in descendants(child)]


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process}/status").read_text())[1]) / 1024


def processor_time(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def number(text, word):
    found = re.search(r"([\d,]+)\s+" + word, text) or re.search(word + r"\s+([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else None


def soak(options, network, folder):
    # The page's server stays outside; what it takes for wstap captures in a namespace.
    wrapper = folder / "wstap"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {network.names["server"]} "{os.path.abspath(options.wstap)}" "$@"\n')
    wrapper.chmod(0o755)
    (folder / "wstap-web").symlink_to(os.path.abspath(options.program))
    said = folder / "said"
    with open(said, "wb") as errors:
        server = subprocess.Popen([folder / "wstap-web", "--port", "0", "live", "-i", "cap0", "tcp"], stderr=errors)
    try:
        deadline = time.monotonic() + 20
        while not (address := re.search(rb"http://\S+", said.read_bytes())) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        capture = descendants(server.pid)[-1]
        load, heaps, errors = Load(network, options), [], []
        feeder = threading.Thread(target=lambda: load.run(options.minutes * 60, lambda: None))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--enable-precise-memory-info"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(address[0].decode())
            session = page.context.new_cdp_session(page)
            start = time.monotonic()
            feeder.start()
            while feeder.is_alive():
                page.wait_for_timeout(max(options.minutes * 60 / 20, 5) * 1000)
                session.send("HeapProfiler.collectGarbage")
                heaps.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
                print(f"{time.monotonic() - start:.0f} s: heap {heaps[-1]:.1f} MB, wstap {resident(capture):.0f} MB, server "
                      f"{resident(server.pid):.0f} MB; {page.inner_text('#rate')}; {page.inner_text('#lost')}", flush=True)
            feeder.join()
            used = processor_time(capture), processor_time(server.pid)
            os.kill(capture, signal.SIGINT)
            page.wait_for_function(
                "() => document.querySelector('#connection').textContent === 'The capture has ended.'", timeout=60000)
            page.wait_for_timeout(3000)
            totals, lost = page.inner_text("#totals").replace("\n", " "), page.inner_text("#lost")
            browser.close()
    finally:
        server.terminate()
        server.wait(20)
    words = said.read_text()
    losses = re.search(r"(\d+) packets captured, (\d+) dropped by the kernel, (\d+)", words)
    sent = load.sent.total()
    print(f"{sent} frames on {load.opened} connections in {load.seconds:.1f} s; longest pause {load.longest_pause * 1000:.0f} ms",
          f"processor time: wstap {used[0]:.1f} s, server {used[1]:.1f} s", losses[0] if losses else words, totals, lost, sep="\n")
    half = len(heaps) // 2
    wrong = errors + [text for text, is_wrong in (
        ("packets were dropped", not losses or int(losses[2]) + int(losses[3])),
        ("the ends themselves lost frames", load.sent != load.received),
        (f"the page is not whole: {lost}", "missing" in lost or "could not" in lost),
        (f"{sent} frames were sent", number(totals, "frames") != sent),
        (f"{load.opened} connections were opened", number(totals, "sessions") != load.opened),
        (f"the heap grew: {heaps}", max(heaps[half:]) > 1.25 * max(heaps[:half]) + 5)) if is_wrong]
    for text in wrong:
        print("FAILED:", text)
    if wrong:
        return 1
    if sent < TOLERANCE * options.rate * load.seconds:
        print("The machine was too busy for that rate.")
        return 2
    return 0


def main():
    options = arguments()
    options.seed, options.frames_per_write = 1, 1
    with Network() as network, tempfile.TemporaryDirectory() as folder:
        return soak(options, network, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
