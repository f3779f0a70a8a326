#!/usr/bin/env python3
"""Loads HAR files (wstap --format har) into the network panel of Chromium's DevTools, and compares it with the trace.

    check-har.py WSTAP CAPTURE...

Prints a line for each difference in the URLs of sessions, or in the number, order, times or bytes of their messages.
The exit status is 1 if there are any, and 77 without a browser or Playwright, which `scripts/install-dependencies
browsers` installs.
"""
import base64
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                 if os.access(path, os.X_OK)), None)
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

# Imports a file as the panel's own button does, then returns what the panel has of each request.
LOAD = """async text => {
    const Network = await import('./panels/network/network.js');
    const Logs = await import('./models/logs/logs.js');
    const UI = await import('./ui/legacy/legacy.js');
    const panel = Network.NetworkPanel.NetworkPanel.instance();
    const log = Logs.NetworkLog.NetworkLog.instance();
    log.reset();
    await UI.ViewManager.ViewManager.instance().showView('network');
    await panel.networkLogView.onLoadFromFile(new File([text], 'sessions.har'));
    return log.requests().filter(request => request.resourceType().name() === 'websocket').map(request => ({
        url: request.url(),
        frames: request.frames().map(({type, time, text, opCode}) => ({type, time, text, opCode})),
    }));
}"""


def port_of(profile, process):
    """The port that Chromium writes into its profile once it listens."""
    path = pathlib.Path(profile, "DevToolsActivePort")
    while process.poll() is None:
        if path.exists() and path.read_text().count("\n"):
            return int(path.read_text().split()[0])
    sys.exit("Chromium ended")


def run(wstap, capture, form):
    """The output of wstap, with memory for the largest messages, of which an archive keeps less than a trace."""
    return subprocess.run([wstap, capture, "--format", form, "--memory", "1G"], capture_output=True).stdout.decode()


def expected(wstap, capture):
    """The trace's messages by connection: whether from the client, seconds since 1970, opcode, bytes in base64."""
    sessions = {}
    for line in run(wstap, capture, "jsonl").splitlines():
        event = json.loads(line)
        name = (event.get("connection"), event.get("stream"))
        if event["event"] == "handshake" and event["accepted"] or event.get("opened") == "midstream":
            sessions.setdefault(name, [])
        # Withheld payloads are in a comment of the HAR, not among its messages.
        if event["event"] != "message" or not event["complete"] or "payload_withheld" in event:
            continue
        time = event.get("origin_time", event["time"])
        if event["opcode"] == "text" and "payload_base64" in event:
            event["payload_base64"] = base64.b64encode(
                base64.b64decode(event["payload_base64"]).decode(errors="replace").encode()).decode()
        seconds = datetime.datetime.fromisoformat(time[:19] + "+00:00").timestamp() + int(time[20:29]) / 1e9
        data = event.get("payload_base64") or base64.b64encode(event.get("payload", "").encode()).decode()
        sessions.setdefault(name, []).append(
            (time, (event["from"] == "client", round(seconds, 5), 1 if event["opcode"] == "text" else 2, data)))
    # A trace is in the order in which messages were complete, an archive in the order of their times.
    return sorted([message for _, message in sorted(session, key=lambda message: message[0])]
                  for session in sessions.values())


def shown(requests):
    """The messages in the panel, in the same form."""
    return sorted(
        [(frame["type"] == "send", round(frame["time"], 5), frame["opCode"],
          frame["text"] if frame["opCode"] != 1 else base64.b64encode(frame["text"].encode()).decode())
         for frame in request["frames"]]
        for request in requests)


def main():
    wstap, *captures = sys.argv[1:]
    if not CHROMIUM or not sync_playwright:
        sys.exit(77)
    failed = False
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        # One browser serves its DevTools, and another one opens them.
        host = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={folder}/host", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = port_of(f"{folder}/host", host)
            target = next(target for target in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                          if target["type"] == "page")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page()
            address = target["webSocketDebuggerUrl"].removeprefix("ws://")
            page.goto(f"http://127.0.0.1:{port}/devtools/inspector.html?ws={address}&panel=network")
            page.wait_for_selector(".main-tabbed-pane, .tabbed-pane", timeout=60_000)
            for capture in captures:
                requests = page.evaluate(LOAD, run(wstap, capture, "har"))
                wanted, found = expected(wstap, capture), shown(requests)
                if wanted != found:
                    failed = True
                    print(f"{capture}: {sum(map(len, found))} messages of {len(found)} sessions are shown, "
                          f"{sum(map(len, wanted))} of {len(wanted)} are in the trace, or others")
            browser.close()
        finally:
            host.kill()
            host.wait()
    sys.exit(failed)


if __name__ == "__main__":
    main()
