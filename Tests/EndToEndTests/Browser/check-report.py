#!/usr/bin/env python3
"""Opens reports (wstap --format html) in headless Chromium, and uses them as readers do.

    check-report.py WSTAP [--screenshots FOLDER]

Each check is a function below; its docstring says what must hold. Prints a line for each check that fails. The exit
status is 1 if any does, and 77 without a browser, Playwright or axe, which `scripts/install-dependencies browsers`
installs.
"""
import argparse
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                 if os.access(path, os.X_OK)), None)
try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

sys.path.insert(0, str(ROOT / "fixtures" / "recording"))
import struct

from conversations import BINARY, CLOSE, TEXT, Capture, Frame

EVIL = '</script><script>window.ran=1;alert(1)</script><img src=x onerror="window.ran=1"><svg onload=window.ran=1>'


def hostile():
    """A capture in which every text attacks the page."""
    capture = Capture("hostile")
    talk = capture.talk("/" + EVIL.replace(" ", "%20") + "?<!--" + "javascript:alert(1)").open()
    talk.request(extra=f"User-Agent: {EVIL}\r\n{EVIL.split('>')[0].strip('<')}: x\r\n")
    talk.accept(extra=f"Server: {EVIL}\r\n")
    talk.frames("client", Frame(TEXT, EVIL.encode()))
    talk.frames("server", Frame(TEXT, json.dumps({"a": EVIL, "\u202e": "\u2028]]>-->"}).encode()))
    talk.frames("server", Frame(BINARY, EVIL.encode()))
    talk.frames("client", Frame(CLOSE, struct.pack(">H", 1000) + EVIL[:120].encode()))
    talk.finish("server")
    return capture.pcap()


class Tests:
    def __init__(self, browser, wstap, folder):
        self.browser, self.wstap, self.folder = browser, wstap, folder
        self.reports = {}

    def report(self, name, *options):
        """The path of a fixture's report."""
        key = (name, options)
        if key not in self.reports:
            source = next(path for path in (ROOT / "fixtures" / name).iterdir() if path.name.startswith("capture."))
            path = self.folder / f"{name}{len(self.reports)}.html"
            self.run(source.relative_to(ROOT), "--format", "html", "-o", path, *options)
            self.reports[key] = path
        return self.reports[key]

    def run(self, *arguments):
        result = subprocess.run([self.wstap, *map(str, arguments), "--no-progress"], cwd=ROOT, capture_output=True)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode()

    def open(self, path, view="", width=1280, scripts=True, **context):
        """Opens a page in a context of its own, and waits until it is ready; records its errors and requests."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, reduced_motion="reduce", **context)
        page = context.new_page()
        page.faults, page.requests = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: page.faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("dialog", lambda dialog: (page.faults.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(f"{path.as_uri()}{view}")
        if scripts:
            page.wait_for_selector("html[data-ready]", timeout=20000)
        return page

    def close(self, page):
        page.wait_for_timeout(100)
        assert not page.faults, page.faults
        others = [url for url in page.requests if not url.startswith("file://") or ".html" not in url]
        assert not others, others
        page.context.close()

    # What must hold

    def verdicts_read_without_scripts(self):
        """Every group of endings, with its count, is shown with scripts off."""
        path = self.report("timers")
        page = self.open(path, scripts=False)
        text = page.inner_text("main")
        assert "5 × reset by the server without a Close frame (both ends see 1006)" in text, text
        assert "1 × timed out, segments from the server unanswered (both ends see 1006)" in text
        assert "5 of 6 sessions with 10.99.0.2 ended after 2.0 s of silence; reset by the server: an idle timer" in text
        assert "10.99.0.2:9000 /keep-alive" in text
        assert "Without scripts" in text and not page.is_visible("#app")
        self.close(page)

    def one_session_shows_its_last_lines(self):
        """The last lines of an only session are shown with scripts off."""
        page = self.open(self.report("closed-by-the-server"), scripts=False)
        lines = page.inner_text(".lines").splitlines()
        assert len(lines) == 5, lines
        assert any(re.search(r"END +closed by the server, answered, 4001 .shift over.$", line) for line in lines), lines
        self.close(page)

    def numbers_equal_the_summary(self):
        """The totals equal those of --format summary, for each fixture that has a summary."""
        for folder in sorted((ROOT / "fixtures").iterdir()):
            sources = [path for path in folder.glob("capture.*")]
            if not sources:
                continue
            words = [self.wstap, sources[0].relative_to(ROOT), "--no-progress", "--format"]
            summary = subprocess.run([*words, "summary"], cwd=ROOT, capture_output=True)
            report = subprocess.run([*words, "html"], cwd=ROOT, capture_output=True)
            assert summary.returncode == report.returncode, folder.name
            if not summary.stdout:
                continue
            flat = lambda text: re.sub(r"\s+", " ", text)
            totals = flat(summary.stdout.decode().split("\n\n")[0])
            rows = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html.unescape(report.stdout.decode()))
            assert flat(" ".join(f"{name} {text}" for name, text in rows)).strip() == totals.strip(), (folder.name, rows, totals)

    def lists_every_session_and_message(self):
        """The tables have a row for each session and each message."""
        page = self.open(self.report("timers"))
        assert page.get_attribute("#sessions", "aria-rowcount") == "7"
        page.select_option("#kind", "text")
        assert page.inner_text("#count") == "32 rows of 44", page.inner_text("#count")
        self.close(page)

    def sorts(self):
        """A click on a heading sorts, and a second one reverses the order."""
        page = self.open(self.report("timers"))
        page.click("button[data-sort=duration]")
        first = lambda: page.inner_text("#sessions .view [role=row]:first-child [role=gridcell]:first-child")
        assert first() == "#1"
        assert page.locator("[role=columnheader][aria-sort=ascending]").inner_text() == "Duration"
        page.click("button[data-sort=duration]")
        assert first() == "#6"
        self.close(page)

    def filters(self):
        """Groups, text, senders and sizes narrow the lists."""
        page = self.open(self.report("timers"))
        page.fill("#find", "keep-alive")
        assert page.inner_text("#found") == "1 of 6 sessions"
        page.fill("#find", "")
        page.click(".why li:nth-child(2) a")
        assert page.inner_text("#found") == "1 of 6 sessions"
        page.select_option("#from", "s")
        page.fill("#min", "3")
        page.press("#min", "Enter")
        assert page.inner_text("#count") == "0 rows of 44"
        self.close(page)

    def shows_one_session(self):
        """A selected session shows its handshake, TCP and readyStates, and only its messages."""
        page = self.open(self.report("timers"))
        page.click("#sessions .view [role=row]:nth-child(2)")
        page.wait_for_selector("#one dl")
        text = page.inner_text("#one")
        for part in ("Sec-WebSocket-Key", "RST:", "readyState, client", "1006", "packets "):
            assert part in text, (part, text)
        assert page.inner_text("#scope").startswith("Session 2")
        assert page.inner_text("#count").startswith("6 rows")
        page.click("#scope")
        assert page.inner_text("#count").startswith("44 rows")
        self.close(page)

    def shows_payloads(self):
        """A message shows its payload as text, as JSON and in hex."""
        page = self.open(self.report("graphql-subscriptions"))
        page.select_option("#kind", "text")
        page.click("#messages .view [role=row]:nth-child(1)")
        page.wait_for_selector("#pane pre")
        assert '"type": "connection_init"' in page.inner_text("#pane pre"), page.inner_text("#pane")
        page.click("#pane button:text('hex')")
        assert page.inner_text("#pane pre").startswith("000000  7b 22")
        self.close(page)

    def searches(self):
        """A search counts the matching messages, regardless of case, and lists only these."""
        page = self.open(self.report("chat"))
        page.fill("#search", "good MORNING")
        page.wait_for_selector("#count:text-matches('match')")
        count = int(page.inner_text("#count").split()[0])
        trace = self.run("fixtures/chat/capture.pcap", "--format", "jsonl").splitlines()
        wanted = sum("good morning" in json.loads(line).get("payload", "").lower() for line in trace)
        assert count == wanted > 0, (count, wanted)
        assert page.get_attribute("#messages", "aria-rowcount") == str(count + 1)
        self.close(page)

    def never_scrolls_to_blank(self):
        """Wherever the list is scrolled to, its rows are there in the same frame."""
        page = self.open(self.report("rules-of-frames"))
        rows = page.evaluate("""async () => {
            const list = document.getElementById('messages'), seen = [];
            for (const part of [0.5, 1, 0.1, 0.77, 0]) {
                list.scrollTop = part * list.scrollHeight;
                await new Promise(requestAnimationFrame);
                const shown = [...list.querySelectorAll('.view [role=row]')].filter((row) => row.style.display !== 'none');
                seen.push([shown.length, shown.every((row) => row.firstChild.textContent !== ''), shown[0].id]);
            }
            return seen;
        }""")
        assert all(count > 10 and full for count, full, _ in rows) and len({first for *_, first in rows}) == 5, rows
        self.close(page)

    def zooms(self):
        """Dragging on the axis zooms, and its button shows everything again."""
        page = self.open(self.report("timers"))
        page.locator("#axis").scroll_into_view_if_needed()
        box = page.locator("#axis").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.01, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 40, steps=3)
        page.mouse.up()
        assert "z=0.1" in page.url, page.url
        assert not page.inner_text("#count").startswith("44 rows")
        page.click("#zall")
        assert "z=" not in page.url and page.inner_text("#count").startswith("44 rows")
        self.close(page)

    def links_lead_to_views(self):
        """The address holds session, message, filter and alignment; invalid messages in it select nothing."""
        page = self.open(self.report("timers"), "#s=3&kind=text&m=20&t=wall&a=end")
        page.wait_for_selector("#one dl")
        assert "Session 3" in page.inner_text("#one h3")
        for place in ("m=-1", "m=1.5", "m=x", "m=1e9", "o=__proto__"):
            other = self.open(self.report("timers"), f"#{place}")
            assert "Select a message" in other.inner_text("#pane"), place
            self.close(other)
        assert page.input_value("#kind") == "text" and page.input_value("#align") == "end"
        assert "packet" in page.inner_text("#pane")
        page.reload()
        page.wait_for_selector("#one dl")
        self.close(page)

    def works_with_the_keyboard(self):
        """Tab reaches the tables, in which arrows, End and Enter move and select."""
        page = self.open(self.report("timers"))
        page.focus("#find")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "sessions":
                break
        assert page.evaluate("document.activeElement.id") == "sessions"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert "s=2" in page.url, page.url
        page.focus("#messages")
        page.keyboard.press("End")
        page.wait_for_selector("#pane pre")
        assert page.get_attribute("#messages", "aria-activedescendant") == "messages-5"
        assert page.inner_text("#pane h3") == "end"
        self.close(page)

    def is_accessible(self):
        """axe finds nothing in light and dark, at 360 and 1,280 pixels, and nothing is wider than the page."""
        for scheme, width, view in (("light", 1280, "#s=3&m=5"), ("dark", 1280, "#s=3&m=5"), ("light", 360, "#s=3"), ("dark", 360, "")):
            page = self.open(self.report("rules-of-frames"), view, width, color_scheme=scheme)
            page.wait_for_timeout(200)
            found = Axe().run(page).response["violations"]
            assert not found, [(v["id"], v["nodes"][0]["target"], v["nodes"][0]["failureSummary"]) for v in found]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            self.close(page)

    def is_dark_where_the_reader_wants_it(self):
        """Colours follow the reader's scheme; printed pages are light, with nothing cut off."""
        page = self.open(self.report("timers"), color_scheme="dark")
        color = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color() == "rgb(19, 20, 24)", color()
        page.emulate_media(media="print")
        assert color() == "rgb(255, 255, 255)", color()
        assert not page.is_visible("#zin")
        assert len(page.pdf()) > 10000
        # Lanes shrink to the paper's width, sections longer than a page begin on the current one, legends keep colours.
        style = lambda place, name: page.evaluate(f"getComputedStyle(document.querySelector('{place}'))['{name}']")
        assert style("#lanes canvas", "maxWidth") == "100%" and style(".sq", "printColorAdjust") == "exact"
        assert style(".why", "breakInside") == style("#app section", "breakInside") == "auto"
        self.close(page)

    def nothing_hostile_runs(self):
        """Payloads, headers, URLs and file names are only text: they cause no dialog, script, element or request."""
        name = self.folder / "<img src=x onerror=window.ran=1>'\".pcap"
        name.write_bytes(hostile())
        path = self.folder / "hostile.html"
        self.run(name, "--format", "html", "-o", path)
        for scripts in (True, False):
            page = self.open(path, "#s=1&m=3" if scripts else "", scripts=scripts)
            if scripts:
                page.wait_for_selector("#pane pre")
                for row in range(page.locator("#messages .view [role=row]").count()):
                    page.click(f"#messages .view [role=row]:nth-child({row + 1})")
                    page.wait_for_timeout(30)
                assert "User-Agent" in page.inner_text("#one")
                assert page.evaluate("window.ran") is None
                assert page.locator("img, svg[onload], iframe, object, embed").count() == 0
                page.fill("#search", "<IMG SRC=X")
                page.wait_for_selector("#count:text-matches('match')")
                assert int(page.inner_text("#count").split()[0]) >= 3, page.inner_text("#count")
            assert "onerror" in page.title()
            self.close(page)

    def pictures_are_well_formed(self):
        """--format svg is XML with a lane for each session."""
        for name in ("timers", "rules-of-frames"):
            source = next((ROOT / "fixtures" / name).glob("capture.*")).relative_to(ROOT)
            lanes = self.run(source, "--format", "jsonl").count('"event":"connection"')
            assert lanes > 5
            root = xml.etree.ElementTree.fromstring(self.run(source, "--format", "svg"))
            texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
            assert sum(text.startswith("#") for text in texts) == lanes, texts

    def budget_leaves_payloads_out(self):
        """Payloads beyond the budget are left out, and the page says so."""
        page = self.open(self.report("chat", "--payload-budget", "0"))
        assert "payloads left out" in page.inner_text("#count") and "payloads left out (--payload-budget)" in page.inner_text("main")
        page.select_option("#kind", "text")
        assert "left out of this report" in page.inner_text("#messages .view [role=row]:first-child")
        self.close(page)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wstap")
    parser.add_argument("--only", default="")
    parser.add_argument("--screenshots", type=pathlib.Path)
    options = parser.parse_args()
    if sync_playwright is None or CHROMIUM is None:
        print("no Chromium, or no Playwright and axe for Python: scripts/install-dependencies browsers")
        return 77
    failed = 0
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tests = Tests(browser, os.path.abspath(options.wstap), pathlib.Path(folder))
        names = [name for name, value in vars(Tests).items()
                 if not name.startswith("__") and value.__doc__ and name not in ("report", "open")]
        for name in names:
            if options.only not in name:
                continue
            try:
                getattr(tests, name)()
            except Exception as error:  # checks are independent
                failed += 1
                where = traceback.extract_tb(error.__traceback__)[-1].lineno
                print(f"{name}: {getattr(Tests, name).__doc__} Line {where}: {type(error).__name__} {str(error)[:1500]}")
        if options.screenshots:
            page = tests.open(tests.report("timers"), "#a=end", color_scheme="light")
            page.wait_for_timeout(300)
            page.screenshot(path=options.screenshots / "report.png", clip={"x": 0, "y": 0, "width": 1280, "height": 1080}, full_page=True)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
