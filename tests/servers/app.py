"""The application that every server serves, with the guard or without it.

The servers import this file as the top-level module ``app``, so that the guard is the
installed one and no other part of the tests is loaded. It must not import from them.

``GUARD=on`` or ``GUARD=off`` in the environment decides. Each answer that the
application gives is stamped with the method and the path that reached it, so that a
client can tell it from one that the server made by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Longer methods are stamped by their length, for proxies bound the size of a header.
LONGEST_STAMP = 64


def stamp(inner: WSGIApplication) -> WSGIApplication:
    """Add what the application saw to each of its answers."""

    def stamped(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        seen = [
            ("X-App-Method", stamp_text(environ["REQUEST_METHOD"])),
            ("X-App-Path", quote(environ["PATH_INFO"], encoding="latin-1")),
        ]

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            return start_response(status, headers + seen, exc_info)

        return inner(environ, start)

    return stamped


def stamp_text(method: str) -> str:
    """Write a method so that a header can carry it, whatever it is."""
    if len(method) > LONGEST_STAMP:
        return f"{len(method)}-characters"
    return quote(method, safe="", encoding="latin-1")


#: Few routes, each of a kind that treats methods its own way.
ROUTES: dict[str, dict[str, Any]] = {
    "/items/<int(max=5):number>": {"methods": ["GET", "DELETE", "GLASSY"]},
    "/collection": {"methods": ["MKCOL"]},
    "/dir/": {},
    "/loose/": {"strict_slashes": False},
    "/after": {},
    "/smuggled": {},
}


def create_app(*, guard: bool) -> Flask:
    """Make the application; what its views say is of no interest."""
    app = Flask(__name__, static_folder=None)
    for rule, options in ROUTES.items():
        app.add_url_rule(rule, rule, lambda **_: "served", **options)
    if guard:
        import_module("flask_method_guard").MethodGuard(app)
    return app


def asgi() -> Any:
    """Make the ASGI form of the application, for servers that speak ASGI only."""
    return import_module("a2wsgi").WSGIMiddleware(app.wsgi_app)


app = create_app(guard=os.environ.get("GUARD") == "on")
app.wsgi_app = stamp(app.wsgi_app)  # type: ignore[assignment,method-assign]
