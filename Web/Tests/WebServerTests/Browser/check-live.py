#!/usr/bin/env python3
"""Opens live pages (wstap-web) in headless Chromium, and uses them as people do.

    check-live.py WSTAP-WEB WSTAP [--screenshots FOLDER]

Each check is a function below; its first line says what must hold. Prints a line for each that fails; exit status 1 then,
77 where there is no browser, Playwright or axe. `scripts/install-dependencies browsers` installs them.
"""
import argparse
import importlib.util
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[4]
specification = importlib.util.spec_from_file_location("reports", ROOT / "Tests/EndToEndTests/Browser/check-report.py")
reports = importlib.util.module_from_spec(specification)
specification.loader.exec_module(reports)

TOKEN = "a-token-for-the-tests"
# Fixtures whose sessions end in many ways.
# "|" is followed by a filter.
COMPARED = ["http-exchanges-before-upgrade|tcp dst port 8103", "timers", "chat", "rules-of-frames", "rules-of-connections", "rules-of-the-upgrade", "violations", "ended-by-reset",
            "half-close", "graphql-subscriptions", "session-already-running", "cut-in-the-middle", "segments-missing"]


class Server:
    """A running wstap-web."""

    running = []

    def __init__(self, program, port=0, token=TOKEN):
        self.process = subprocess.Popen(
            [program, "--port", str(port), "--token", token], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        Server.running.append(self)
        said = self.process.stderr.readline().decode()
        self.url = re.search(r"http://\S+", said)[0]
        self.port = int(self.url.split(":")[2].split("/")[0])

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def finish(self):
        self.process.stdin.close()

    def kill(self):
        self.process.kill()
        self.process.wait()


def messages(first, count, size=20, connection=1):
    """Lines of a trace: messages of both ends, a millisecond apart."""
    return "".join(json.dumps({
        "event": "message", "time": "2026-01-01T00:00:00.000000000Z", "elapsed": number / 1000, "packet": number + 1,
        "connection": connection, "from": "client" if number % 2 else "server", "stream_offset": 0, "opcode": "text",
        "complete": True, "frames": 1, "compressed": False, "wire_length": size, "length": size,
        "payload": f"{number} ".ljust(size, "x")}, separators=(",", ":")) + "\n" for number in range(first, first + count)).encode()


HEAD = (b'{"event":"capture","time":"2026-01-01T00:00:00.000000000Z","elapsed":0.0,"packet":0,"format":"wstap-trace",'
        b'"version":1,"sources":["lo"],"start":1767225600.0}\n')


class Tests:
    def __init__(self, browser, program, wstap, folder):
        self.browser, self.program, self.wstap, self.folder = browser, program, wstap, folder

    def wstap_output(self, source, *options):
        result = subprocess.run([self.wstap, source, *options, "--no-progress"], cwd=ROOT, capture_output=True)
        return result.stdout

    def source(self, name):
        return next(path for path in (ROOT / "fixtures" / name).iterdir() if path.name.startswith("capture."))

    def open(self, url, width=1280, ready=True, **context):
        context = self.browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **context)
        page = context.new_page()
        page.faults, page.requests = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: page.faults.append(message.text)
                if message.type in ("error", "warning") and "ERR_" not in message.text and " 403 " not in message.text else None)
        page.on("dialog", lambda dialog: (page.faults.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(url)
        if ready:
            page.wait_for_selector("html[data-ready]", timeout=20000)
        return page

    def close(self, page):
        assert not page.faults, page.faults
        page.context.close()

    def until(self, page, selector, pattern):
        page.wait_for_function("([selector, pattern]) => new RegExp(pattern).test(document.querySelector(selector).textContent)",
                               arg=[selector, pattern], timeout=20000)

    # What must hold

    def shows_what_the_report_shows(self):
        """Groups of endings, sessions and messages are those of the report, on captures of many kinds."""
        facts = """() => ({
            why: [...document.querySelectorAll('.why > li > a')].map((a) => a.textContent).sort(),
            sessions: document.getElementById('sessions').getAttribute('aria-rowcount'),
            rows: document.getElementById('messages').getAttribute('aria-rowcount'),
            cells: [...document.querySelectorAll('#sessions .view [role=row]')].filter((row) => row.style.display !== 'none')
              .map((row) => [...row.children].map((cell) => cell.textContent)),
        })"""
        for name in COMPARED:
            name, _, words = name.partition("|")
            source, options = self.source(name).relative_to(ROOT), ["-f", words] if words else []
            server = Server(self.program)
            server.feed(self.wstap_output(source, "--format", "jsonl", *options))
            server.finish()
            live = self.open(server.url)
            self.until(live, "#connection", "The capture has ended")
            live.wait_for_timeout(600)
            path = self.folder / f"{name}.html"
            subprocess.run([self.wstap, source, "--format", "html", "-o", path, "--no-progress", *options], cwd=ROOT)
            report = self.open(path.as_uri())
            wanted, found = report.evaluate(facts), live.evaluate(facts)
            for key in wanted:
                if found[key] != wanted[key]:
                    pairs = zip(found[key], wanted[key]) if isinstance(wanted[key], list) else []
                    differing = next((pair for pair in pairs if pair[0] != pair[1]), (found[key], wanted[key]))
                    raise AssertionError(f"{name}, {key}: {differing[0]}, the report has {differing[1]}")
            self.close(live)
            self.close(report)
            server.kill()

    def saves_a_report(self):
        """What is held can be saved as a report that opens from disk, with the same numbers, payloads and details."""
        server = Server(self.program)
        server.feed(self.wstap_output("fixtures/timers/capture.pcap", "--format", "jsonl"))
        page = self.open(server.url)
        self.until(page, "#count", "44 rows")
        with page.expect_download() as download:
            page.click("#save")
        path = self.folder / "saved.html"
        download.value.save_as(path)
        server.kill()
        report = self.open(path.as_uri())
        assert report.inner_text("#count") == "44 rows of 44", report.inner_text("#count")
        assert report.inner_text("#found") == "6 of 6 sessions"
        report.click("#sessions .view [role=row]:nth-child(2)")
        report.wait_for_selector("#one dl")
        assert "Sec-WebSocket-Key" in report.inner_text("#one") and "RST:" in report.inner_text("#one")
        report.select_option("#kind", "text")
        report.click("#messages .view [role=row]:nth-child(1)")
        report.wait_for_selector("#pane pre")
        assert report.inner_text("#pane pre") in ("hi", "ok"), report.inner_text("#pane")
        assert all(url.startswith("file:") for url in report.requests), report.requests
        page.close()
        self.close(report)

    def nothing_hostile_runs(self):
        """Nothing in a capture runs, loads or asks, on the page and in what it saves."""
        capture = self.folder / "hostile.pcap"
        capture.write_bytes(reports.hostile())
        server = Server(self.program)
        server.feed(self.wstap_output(capture, "--format", "jsonl"))
        page = self.open(server.url)
        self.until(page, "#count", "[1-9][0-9]* rows of")
        page.click("#sessions .view [role=row]:nth-child(1)")
        page.wait_for_selector("#one dl")
        page.click("#messages .view [role=row]:nth-child(2)")
        with page.expect_download() as download:
            page.click("#save")
        path = self.folder / "hostile.html"
        download.value.save_as(path)
        report = self.open(path.as_uri())
        for one in (page, report):
            assert one.evaluate("window.ran") is None
            assert one.evaluate("document.querySelectorAll('img, main script, iframe, object').length") == 0
        assert all(url.startswith((server.url, "blob:")) for url in page.requests), page.requests
        self.close(page)
        self.close(report)
        server.kill()

    def follows_pauses_and_clears(self):
        """The list follows what comes; paused, it stands still, holds up nobody, and afterwards says what it missed."""
        server = Server(self.program)
        server.feed(HEAD + messages(0, 1000))
        page = self.open(server.url)
        self.until(page, "#count", "1,000 rows of 1,000")
        page.wait_for_timeout(400)
        last = "#messages .view [role=row]:nth-last-child(1)"
        shown = lambda: page.evaluate("""() => [...document.querySelectorAll('#messages .view [role=row]')]
            .filter((row) => row.style.display !== 'none').map((row) => row.lastChild.textContent.split(' ')[0])""")
        assert "999" in shown(), shown()
        server.feed(messages(1000, 10))
        self.until(page, "#count", "1,010 rows")
        page.wait_for_timeout(300)
        assert "1009" in shown(), (shown(), last)
        page.click("#pause")
        assert "Paused" in page.inner_text("#connection")
        page.wait_for_timeout(400)
        start = time.monotonic()
        for first in range(2000, 2100):  # 100 MB
            server.feed(messages(first, 1, size=1_000_000))
        assert time.monotonic() - start < 60
        assert "1,010 rows" in page.inner_text("#count")
        page.click("#pause")
        self.until(page, "#lost", "came too fast")
        self.until(page, "#connection", "Following")
        page.wait_for_timeout(1000)
        page.click("#clear")
        self.until(page, "#count", "^0 rows of 0")
        server.feed(messages(5000, 5))
        self.until(page, "#count", "^5 rows of 5")
        self.close(page)
        server.kill()

    def does_not_call_open_what_may_have_ended(self):
        """Sessions whose end may be among the lines that were missed are not open, until more of them comes."""
        start = lambda number, size=0: json.dumps({
            "event": "connection", "pad": "x" * size, "elapsed": 0.5, "packet": 1, "connection": number, "opened": "handshake",
            "client": {"ip": "10.0.0.1", "port": number}, "server": {"ip": "10.0.0.2", "port": 80}, "tcp": {}, "community_id": "1:x"}).replace(": ", ":").encode() + b"\n"
        ended = lambda page: page.evaluate("[...document.querySelectorAll('#sessions .view [role=row]')].map((row) => row.children[1].textContent)")
        server = Server(self.program)
        server.feed(HEAD + start(1) + start(2))
        page = self.open(server.url)
        self.until(page, "#found", "2 of 2 sessions")
        assert ended(page) == ["open", "open"], ended(page)
        # A heading and two lanes of 16 pixels, below a scale of 16.
        assert page.evaluate("document.querySelector('#lanes canvas').clientHeight") == 64
        # A group that Clear leaves out may be chosen.
        page.select_option("#group", "0")
        page.click("#clear")
        self.until(page, "#found", "2 of 2 sessions")
        page.click("#sessions .view [role=row]:nth-child(1)")
        page.click("#pause")
        # More lines of sessions, and more bytes, than the server holds.
        server.feed(b"".join(start(number, size=4000) for number in range(3, 25003)))
        for first in range(100):
            server.feed(messages(first, 1, size=1_000_000, connection=25002))
        page.click("#pause")
        self.until(page, "#lost", "are missing")
        self.until(page, "#one h3", "Session 1: not known: events are missing")
        self.until(page, "#lost", "no longer listed")
        server.feed(messages(100, 1, connection=1))
        self.until(page, "#one h3", "Session 1: open")
        assert ended(page)[0] == "open", ended(page)[0]
        self.close(page)
        server.kill()

    def tells_times_before_1970(self):
        """A clock that was never set is shown as it was."""
        server = Server(self.program)
        server.feed(HEAD.replace(b"2026-01-01T00:00:00.000000000Z", b"1969-12-31T23:59:58.250000000Z") + messages(0, 1) + messages(250, 1))
        page = self.open(server.url)
        self.until(page, "#count", "2 rows of 2")
        page.select_option("#clock", "wall")
        times = [page.inner_text(f"#messages .view [role=row]:nth-child({row}) > :first-child") for row in (1, 2)]
        assert times == ["1969-12-31 23:59:58.250000", "1969-12-31 23:59:58.500000"], times
        self.close(page)
        server.kill()

    def goes_on_after_a_restart(self):
        """If the server is killed, the page says so and keeps what it has; started again, it follows the new one."""
        server = Server(self.program)
        server.feed(HEAD + messages(0, 10))
        page = self.open(server.url)
        self.until(page, "#count", "10 rows of 10")
        server.kill()
        self.until(page, "#connection", "The server is gone")
        assert "10 rows of 10" in page.inner_text("#count")
        again = Server(self.program, port=server.port)
        again.feed(HEAD.replace(b"00:00:00", b"00:01:00") + messages(0, 5))
        self.until(page, "#connection", "started again at .*following the new capture")
        self.until(page, "#count", "15 rows of 15")
        assert page.inner_text("#messages .view [role=row]:nth-child(15)").split()[:2] == ["60.004000", "#2.1"], \
            page.inner_text("#messages .view [role=row]:nth-child(15)")
        again.kill()
        other = Server(self.program, port=server.port, token="another-token-now")
        self.until(page, "#connection", "with another token")
        assert "15 rows of 15" in page.inner_text("#count")
        other.kill()
        self.close(page)

    def holds_no_more_than_its_bounds(self):
        """The oldest rows go, and the page says so; a row that is looked at stays selected."""
        server = Server(self.program)
        server.feed(HEAD + messages(0, 1))
        page = self.open(server.url)
        self.until(page, "#count", "1 row of 1")
        feeder = threading.Thread(target=lambda: [server.feed(messages(1 + step * 2000, 2000)) for step in range(90)])
        feeder.start()
        self.until(page, "#lost", "the oldest .* no longer shown")
        page.uncheck("#follow")
        feeder.join()
        page.wait_for_timeout(1500)
        rows = int(re.match(r"[\d,]+", page.inner_text("#count"))[0].replace(",", ""))
        assert 100_000 <= rows <= 150_000, rows
        assert page.evaluate("(document.querySelector('#lost').textContent.match(/missing/) ?? []).length") == 0, page.inner_text("#lost")
        self.close(page)
        server.kill()

    def axe_finds_nothing(self):
        """axe-core finds no violation of WCAG 2.2 AA, in light and dark."""
        server = Server(self.program)
        server.feed(self.wstap_output(self.source("rules-of-frames"), "--format", "jsonl"))
        for scheme in ("light", "dark"):
            page = self.open(server.url, color_scheme=scheme, bypass_csp=True)
            self.until(page, "#count", "[1-9]")
            page.wait_for_timeout(500)
            results = reports.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
            assert not results.response["violations"], [
                (v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in results.response["violations"]]
            page.context.close()
        server.kill()

    def fits_every_width(self):
        """Nothing is wider than the page, from 360 to 1,920 pixels."""
        server = Server(self.program)
        server.feed(self.wstap_output(self.source("rules-of-frames"), "--format", "jsonl"))
        for width in (360, 768, 1280, 1920):
            page = self.open(server.url, width=width)
            self.until(page, "#count", "[1-9]")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
            self.close(page)
        server.kill()


def screenshots(browser, tests, folder):
    """The live page of a capture that goes on, for the documents."""
    server = Server(tests.program)
    lines = tests.wstap_output("fixtures/timers/capture.pcap", "--format", "jsonl").splitlines(keepends=True)
    for line in lines:
        event = json.loads(line)
        # The ends of sessions that were reset are told when the capture is over, since it ends before a live one would tell them.
        if event["event"] == "end" and event["verdict"]["layer"] == "rst":
            event["elapsed"] = event["ready_states"]["client"][-1]["elapsed"]
        if event["elapsed"] < 3.3:
            server.feed(json.dumps(event, separators=(",", ":")).encode() + b"\n")
    page = tests.open(server.url)
    tests.until(page, "#count", "[1-9]")
    page.wait_for_timeout(2500)
    page.screenshot(path=folder / "live-page.png", clip={"x": 0, "y": 0, "width": 1280, "height": 860})
    page.context.close()
    server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("wstap", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--only")
    options = parser.parse_args()
    if reports.sync_playwright is None or reports.CHROMIUM is None:
        print("no Chromium, Playwright or axe")
        return 77
    failed = 0
    with reports.sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=reports.CHROMIUM, args=["--no-sandbox"])
        tests = Tests(browser, options.program.resolve(), options.wstap.resolve(), pathlib.Path(folder))
        if options.screenshots:
            screenshots(browser, tests, options.screenshots)
        helpers = {"wstap_output", "source", "open", "close", "until"}
        for name, check in Tests.__dict__.items():
            if name.startswith("_") or name in helpers or options.only not in (None, name):
                continue
            start = time.monotonic()
            try:
                check(tests)
                print(f"fine ({time.monotonic() - start:.1f} s): {name}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED: {check.__doc__}\n{traceback.format_exc()}", flush=True)
            for server in Server.running:
                server.kill()
            Server.running.clear()
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
