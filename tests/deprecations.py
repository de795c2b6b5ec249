"""What the tests of deprecated methods share: an app, a clock, what is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Flask, abort, redirect, request

from flask_method_guard import MethodGuard, deprecated_methods
from tests.raw_wsgi import Answer

SINCE = datetime(2026, 1, 1, tzinfo=timezone.utc)
SUNSET = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LINK = "https://docs.example.com/put"

#: What is said of a method; the app's view of it and the view's decorator agree.
SAID: dict[str, Any] = {
    "since": "2026-01-01",
    "sunset": "2026-03-01T12:00:00Z",
    "link": LINK,
    "notice": "Use PATCH.",
}
NAMES = ("Deprecation", "Sunset", "Link")
ANNOUNCED = (
    ["@1767225600"],
    ["Sun, 01 Mar 2026 12:00:00 GMT"],
    [f'<{LINK}>; rel="deprecation"'],
)
SILENT: tuple[list[str], ...] = ([], [], [])

SECOND = timedelta(seconds=1)

#: What a view does, and the status of its response.
ANSWERS: dict[str, tuple[Callable[[], Any], int]] = {
    "text": (lambda: "ok", 200),
    "no content": (lambda: ("", 204), 204),
    "not modified": (lambda: ("", 304), 304),
    "a stream": (lambda: iter(["a", "b"]), 200),
    "a redirect": (lambda: redirect("/elsewhere", 302), 302),
    "a returned 404": (lambda: ("no such item", 404), 404),
    "an aborted 404": (lambda: abort(404), 404),
    "a 422": (lambda: ({"errors": []}, 422), 422),
    "an aborted 409": (lambda: abort(409), 409),
    "its own 405": (lambda: abort(405), 405),
    "its own 501": (lambda: abort(501), 501),
    "a crash": (lambda: 1 / 0, 500),
}


#: Says it of PUT.
deprecated = deprecated_methods("PUT", **SAID)


class Clock:
    """A clock that stands still until it is set, and counts who looks at it."""

    def __init__(self, now: datetime = SUNSET - timedelta(days=1)) -> None:
        self.now = now
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return self.now


def make_app(clock: Clock | None = None, **config: Any) -> Flask:
    """Make an app with a guard and no routes."""
    app = Flask(__name__, static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app, clock=clock or Clock())
    return app


def make_put_app(
    clock: Clock | None = None, said: dict[str, Any] = SAID, **config: Any
) -> Flask:
    """Make an app whose ``/item`` deprecates PUT, and keeps GET and PATCH."""
    app = make_app(clock, **config)

    @app.route("/item", methods=["GET", "PUT", "PATCH"])
    @deprecated_methods("PUT", **said)
    def item() -> str:
        return f"{request.method} is served"

    return app


def announced(answer: Answer) -> tuple[list[str], ...]:
    """Give the three headers, each as the list of its lines."""
    return tuple(answer.all(name) for name in NAMES)
