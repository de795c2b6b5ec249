"""Guarded apps with the routes that routers get wrong, for more tests than one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from inspect import signature
from typing import Any

from flask import Flask
from flask import globals as flask_globals
from werkzeug.routing import exceptions

from flask_method_guard import MethodGuard
from tests.raw_wsgi import Answer


def duplicates_allowed() -> AbstractContextManager[None]:
    """Go on where Werkzeug 3.2 refuses a rule that the map has; it never matches."""
    refused: Any = getattr(exceptions, "DuplicateRuleError", ())
    return suppress(refused)


def call_with_context(method: Callable[..., Any], *arguments: object) -> Any:
    """Call a method of an app in a request; Flask 3.2 passes the context first."""
    if "ctx" in signature(method).parameters:
        context: Any = flask_globals.app_ctx
        return method(context._get_current_object(), *arguments)  # noqa: SLF001
    return method(*arguments)


def make_app(**config: Any) -> Flask:
    """Make a guarded app with a route of each kind that routers get wrong."""
    app = Flask(__name__)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    app.add_url_rule("/post", "post", lambda: "post", methods=["POST"])
    app.add_url_rule("/n/<int(max=5):i>", "number", str)
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    app.add_url_rule("/dir/", "dir", lambda: "dir")
    app.add_url_rule("/two/<int(max=5):i>", "two_get", lambda i: "get")
    app.add_url_rule("/two/<int:i>", "two_put", lambda i: "put", methods=["PUT"])
    app.add_url_rule(
        "/manual",
        "manual",
        lambda: "manual",
        methods=["PUT"],
        provide_automatic_options=False,
    )
    return app


def make_plain_app() -> Flask:
    """Make a guarded app whose router hides nothing."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    return app


def outcome(answer: Answer) -> tuple[int, str | None]:
    """Give what matters most of an answer: the status and Allow."""
    return answer.status, answer.get("Allow")
