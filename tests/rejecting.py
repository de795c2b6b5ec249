"""Rejections of each kind, and an app that gives them, for more tests than one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from flask_method_guard import (
    InvalidMethod,
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    method_rejected,
)
from tests.raw_wsgi import ask

#: A method that no app supports, one that the route rejects, one that is no token.
REJECTED = {405: "PUT", 501: "FOO", 400: "GLA\xdfY"}


OURS: dict[int, type[Exception]] = {
    405: MethodNotAllowed,
    501: MethodNotImplemented,
    400: InvalidMethod,
}


EVERY_REJECTION = pytest.mark.parametrize("code", [405, 501, 400])


EARLY_OR_NOT = pytest.mark.parametrize("early", [False, True], ids=["late", "early"])


def items_app(*, guarded: bool = True, **config: Any) -> Flask:
    """Make an app with GET and POST on ``/items``, guarded first of all."""
    app = Flask(__name__, static_folder=None)
    app.testing = True
    app.config.update(
        {f"METHOD_GUARD_{key}": value for key, value in config.items() if guarded}
    )
    if guarded:
        MethodGuard(app)

    @app.get("/items")
    def items() -> str:
        return "items"

    @app.post("/items")
    def add() -> tuple[str, int]:
        return "added", 201

    return app


ALLOW = "GET, HEAD, OPTIONS, POST"


@contextmanager
def heard(app: Flask) -> Iterator[list[Exception]]:
    """Collect what the signal sends for an app."""
    caught: list[Exception] = []

    def hear(sender: Flask, exception: Exception, **_: object) -> None:
        assert sender is app
        caught.append(exception)

    with method_rejected.connected_to(hear, sender=app):
        yield caught


def caught_by_signal(app: Flask, method: str, path: str = "/items") -> Any:
    """Return the exception of a rejection as its listeners get it."""
    with heard(app) as caught:
        ask(app, method, path)
    (exception,) = caught
    return exception
