"""The apps that are measured: one set of routes, some ways to treat methods.

Nothing here is measured or printed; the apps differ in their hooks alone.
"""

from __future__ import annotations

from typing import Literal

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from flask_method_guard import DEFAULT_METHODS, MethodGuard

Kind = Literal["bare", "again", "hooks", "naive", "guard"]

#: Each kind of app, and what a reader is told of it.
KINDS: dict[Kind, str] = {
    "bare": "bare Flask",
    # What is measured of it is what measuring can tell apart.
    "again": "bare Flask again",
    "hooks": "two empty hooks",
    "naive": "the naive hook",
    "guard": "the guard",
}

#: Those that every request is sent to.
COMPARED: tuple[Kind, ...] = ("bare", "hooks", "naive", "guard")

DOCS_URL = "https://docs.example.com/{endpoint}#{method}"

_SUPPORTED = frozenset(DEFAULT_METHODS)


def ok(**values: object) -> str:
    """Serve every route."""
    return "ok"


def no_hook() -> None:
    """Do nothing before a request."""


def same(response: Response) -> Response:
    """Do nothing after a request."""
    return response


def naive_hook() -> ResponseReturnValue | None:
    """Refuse as one would by hand: no route is asked, no format negotiated."""
    if request.method not in _SUPPORTED:
        return jsonify(error="not implemented"), 501
    return None


def build(kind: Kind, routes: int) -> Flask:
    """Make an app.

    A third of the routes is static, a third has a converter, a third ends in a
    slash, and the thirds differ in their methods.

    :param kind: how it treats methods.
    :param routes: how many routes it has beside that for static files.
    """
    app = Flask(__name__)
    if kind == "hooks":
        app.before_request(no_hook)
        app.after_request(same)
    elif kind == "naive":
        app.before_request(naive_hook)
    elif kind == "guard":
        app.config["METHOD_GUARD_DOCS_URL"] = DOCS_URL
        MethodGuard(app)
    for number in range(routes):
        shape, methods = (
            ("/page-{}", ["GET"]),
            ("/item-{}/<int:key>", ["GET", "PUT", "DELETE"]),
            ("/folder-{}/", ["GET", "POST"]),
        )[number % 3]
        path = shape.format(number)
        app.add_url_rule(path, f"endpoint-{number}", ok, methods=methods)
    return app


def paths(routes: int) -> tuple[str, str, str]:
    """Give a path of each shape, from the middle of an app's routes."""
    first = routes // 6 * 3
    return f"/page-{first}", f"/item-{first + 1}/7", f"/folder-{first + 2}/"
