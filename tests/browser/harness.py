"""A Chromium, and a server of the app whose pages it shows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from flask.app import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]

#: Names of the program, that of Debian's package first.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: Importable names of what drives it, and of what carries axe-core.
MODULES = ("playwright", "axe_playwright_python")

# Nothing is looked up, updated or synchronised: the browser is here for local pages
# alone. They are the project's own, so that root can do without the sandbox.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str | None:
    """Find the system's Chromium."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def missing() -> list[str]:
    """Name what is not installed."""
    absent = [module for module in MODULES if find_spec(module) is None]
    return absent if program() else [*absent, PROGRAMS[0]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, and stop it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- may be absent

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=list(_FLAGS), timeout=60_000
        )
        try:
            yield browser
        finally:
            browser.close()


def axe_core() -> str:
    """Read the script of axe-core."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("axe_playwright_python")
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app on a free port of the loopback address; give its URL."""
    wsgi_app = any_method(app.wsgi_app)
    server = make_server("127.0.0.1", 0, wsgi_app, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


class _QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@contextmanager
def served_folder(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of the loopback address; give its URL."""
    handler = partial(_QuietFiles, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(timeout=10)


def any_method(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Take the method from the query: a browser goes to a page with GET alone."""

    def wrapped(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"])
        environ["REQUEST_METHOD"] = query.get("method", ["GET"])[0]
        return wsgi_app(environ, start_response)

    return wrapped


def address(url: str, path: str, method: str) -> str:
    """Give the URL at which the browser gets the answer to a method."""
    return f"{url}{path}?method={quote(method, safe='')}"
