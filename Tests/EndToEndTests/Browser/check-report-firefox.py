#!/usr/bin/env python3
"""Opens a report (wstap --format html) in headless Firefox over WebDriver BiDi, checks that it loads, draws, filters
and searches there too, and measures how long that takes.

    check-report-firefox.py REPORT...
    check-report-firefox.py --times 5 REPORT...    medians of first paint and readiness, and those of an empty page

Prints what is wrong. The exit status is 1 if anything is, and 77 without Firefox or Python's websockets.
"""
import asyncio
import itertools
import json
import pathlib
import re
import shutil
import statistics
import sys
import tempfile

try:
    import websockets
except ImportError:
    websockets = None
FIREFOX = shutil.which("firefox") or shutil.which("firefox-esr")
PATIENCE = 60  # seconds


class Browser:
    """A WebDriver BiDi session (W3C)."""

    def __init__(self, socket):
        self.socket, self.numbers = socket, itertools.count(1)
        self.logs = []

    async def ask(self, method, **parameters):
        number = next(self.numbers)
        await self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("error", "warn"):
                self.logs.append(message["params"]["text"])
            if message.get("id") == number:
                if message["type"] == "error":
                    raise AssertionError(f"{method}: {message['message']}")
                return message["result"]

    async def value(self, context, expression):
        """The value of an expression, evaluated apart from the page's own script and policy."""
        answer = await self.ask("script.evaluate", expression=expression, awaitPromise=True,
                                target={"context": context, "sandbox": "test"})
        if answer["type"] != "success":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    async def until(self, context, expression):
        for _ in range(PATIENCE * 20):
            if value := await self.value(context, expression):
                return value
            await asyncio.sleep(0.05)
        raise AssertionError(f"never: {expression}")


SEARCH = """(() => { const field = document.getElementById('search'); field.value = 'e';
field.dispatchEvent(new Event('input')); return true; })()"""


async def check(browser, report):
    context = (await browser.ask("browsingContext.create", type="tab"))["context"]
    await browser.ask("browsingContext.navigate", context=context, url=report.resolve().as_uri(), wait="complete")
    ready = await browser.until(context, "document.documentElement.dataset.ready")
    rows = int(await browser.value(context, "document.getElementById('messages').getAttribute('aria-rowcount')")) - 1
    sessions = int(await browser.value(context, "document.getElementById('sessions').getAttribute('aria-rowcount')")) - 1
    assert rows > 0 and sessions > 0, (rows, sessions)
    drawn = await browser.value(context, "(() => { const c = document.getElementById('axis'); return c.getContext('2d')"
                                ".getImageData(0, 0, c.width, c.height).data.some((b) => b) })()")
    assert drawn, "the time axis is empty"
    await browser.value(context, SEARCH)
    count = await browser.until(context, "(/match/.exec(document.getElementById('count').textContent) "
                                "&& document.getElementById('count').textContent)")
    assert re.match(r"[\d,]+ match", count), count
    await browser.ask("browsingContext.captureScreenshot", context=context)
    await browser.ask("browsingContext.close", context=context)
    assert not browser.logs, browser.logs
    return f"{report.name}: {sessions} sessions, {rows} rows, ready after {ready} ms"


PAINT = "(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime"


async def times(browser, report, count):
    """The median first paint and readiness, in milliseconds since the navigation began."""
    paints, readies = [], []
    for _ in range(count):
        context = (await browser.ask("browsingContext.create", type="tab"))["context"]
        await browser.ask("browsingContext.navigate", context=context, url=report.resolve().as_uri(), wait="complete")
        paints.append(float(await browser.until(context, PAINT)))
        if report.name != EMPTY:
            readies.append(int(await browser.until(context, "document.documentElement.dataset.ready")))
        await browser.ask("browsingContext.close", context=context)
    ready = f", ready after {statistics.median(readies)} ms" if readies else ""
    return f"{report.name}: first paint after {statistics.median(paints):.0f} ms{ready}"


EMPTY = "empty.html"


async def main(reports, count):
    with tempfile.TemporaryDirectory() as profile:
        process = await asyncio.create_subprocess_exec(
            FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        try:
            while line := (await asyncio.wait_for(process.stderr.readline(), PATIENCE)).decode():
                if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    break
            async with websockets.connect(found[1] + "/session", max_size=None) as socket:
                browser = Browser(socket)
                await browser.ask("session.new", capabilities={})
                await browser.ask("session.subscribe", events=["log.entryAdded"])
                if count:
                    empty = pathlib.Path(profile) / EMPTY
                    empty.write_text("<!doctype html><title>Empty</title><p>.")
                    for report in [empty, *reports]:
                        print(await times(browser, report, count), flush=True)
                for report in reports if not count else []:
                    print(await check(browser, report))
        finally:
            # Not a request to end: the test runner may have blocked that signal.
            process.kill()
            await process.wait()


if __name__ == "__main__":
    if websockets is None or FIREFOX is None:
        print("no Firefox, or no websockets for Python")
        sys.exit(77)
    try:
        count = int(sys.argv.pop(2)) if sys.argv[1:2] == ["--times"] else 0
        asyncio.run(main([pathlib.Path(path) for path in sys.argv[2 if count else 1:]], count))
    except AssertionError as error:
        print(error)
        sys.exit(1)
