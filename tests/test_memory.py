"""What a client sends leaves nothing behind, however much it varies.

Every cache of the package has a bound; these tests fill them all, note what the
process holds, and send as much again and more.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
import weakref
from collections.abc import Callable
from functools import lru_cache

import flask
import pytest
from flask import Flask, abort

from flask_method_guard import MethodGuard
from tests.raw_wsgi import ask

from .raw_wsgi import make_environ

#: More than any cache of the package or of Werkzeug keeps.
WARM_UP = 1_600
#: What may be there by chance: some memory blocks, none of them for a request.
BLOCKS = 300

Ask = Callable[[int], None]


@pytest.fixture(params=["int(max=5)", "int"], ids=["asked", "plain"])
def app(request: pytest.FixtureRequest) -> Flask:
    """Make an app with everything on that could keep something.

    Where a converter may refuse a value, the router is asked method by method.
    """
    app = Flask(__name__)
    app.config.update(
        METHOD_GUARD_DOCS_URL="https://docs.example.com/{endpoint}#{method}",
        METHOD_GUARD_DEPRECATED_METHODS={"PATCH": {"notice": "Use PUT."}},
    )
    MethodGuard(app)
    app.add_url_rule("/page", "page", lambda: "ok", methods=["GET", "PATCH"])
    app.add_url_rule(f"/item/<{request.param}:key>", "item", lambda key: "ok")

    @app.get("/refuses")
    def refuses() -> str:
        abort(405, description=flask.request.headers.get("Accept"))

    return app


def varied(app: Flask, *, padding: int = 0) -> Ask:
    """Ask with a method and an ``Accept`` that no other request has."""
    pad = "x" * padding

    def ask(number: int) -> None:
        # Unknown; known and refused; a path that differs; no token; a view's own
        # refusal, in words that differ.
        method, path = (
            (f"M{number}{pad}", "/page"),
            ("DELETE", "/page"),
            ("GET", f"/nothing/{number}{pad}"),
            (f"M {number}{pad}", "/page"),
            ("GET", "/refuses"),
            ("POST", f"/item/{number}"),
        )[number % 6]
        accept = f"text/{number}{pad}, application/json;q=0.{number % 9 + 1}"
        send(app, method, path, accept)

    return ask


def send(app: Flask, method: str, path: str, accept: str) -> None:
    """Send a request and read the answer, as fast as may be."""
    environ = make_environ(method, path, headers={"Accept": accept})
    body = app(environ, lambda status, headers, exc_info=None: lambda data: None)
    for _ in body:
        pass
    body.close()  # type: ignore[attr-defined]


def blocks_left_by(ask: Ask, count: int) -> int:
    """Return how many more memory blocks there are after ``count`` requests."""
    for number in range(WARM_UP):
        ask(number)
    gc.collect()
    before = sys.getallocatedblocks()
    for number in range(WARM_UP, WARM_UP + count):
        ask(number)
    gc.collect()
    return sys.getallocatedblocks() - before


def bytes_left_by(ask: Ask) -> int:
    """Return what is left in memory of 240 requests with long values."""
    for number in range(60):
        ask(number)
    tracemalloc.start()
    try:
        for number in range(60, 300):
            ask(number)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def leak_one_in_six(app: Flask) -> None:
    """Put the ``Accept`` of one kind of request into a cache without a bound."""
    remember = lru_cache(maxsize=None)(str.lower)

    @app.before_request
    def leak() -> None:
        if flask.request.path == "/refuses":
            remember(flask.request.headers["Accept"])


@pytest.mark.slow
def test_the_variety_of_requests_leaves_nothing(app: Flask) -> None:
    """As many methods, paths and ``Accept`` values as there are requests are gone."""
    assert blocks_left_by(varied(app), 100_000) < BLOCKS


@pytest.mark.slow
def test_a_leak_of_blocks_would_be_seen(app: Flask) -> None:
    """The test above finds a cache without a bound."""
    leak_one_in_six(app)
    assert blocks_left_by(varied(app), 1_200) > BLOCKS


#: One value of each kind of request would be 44 kB, 40 times 1,100 characters.
BYTES = 16_000


def test_long_values_leave_nothing(app: Flask) -> None:
    """Values that are too long for small memory blocks are gone, too."""
    assert bytes_left_by(varied(app, padding=1_100)) < BYTES


@pytest.mark.parametrize("app", ["int"], indirect=True)
def test_a_leak_of_long_values_would_be_seen(app: Flask) -> None:
    """The test above finds a cache without a bound."""
    leak_one_in_six(app)
    assert bytes_left_by(varied(app, padding=1_100)) > BYTES


@pytest.mark.parametrize("guarded", [False, True], ids=["bare", "guarded"])
def test_an_app_is_freed_by_reference_counting(guarded: bool) -> None:
    """The guard holds no app, so the last name that goes takes the app along."""
    app = Flask(__name__, static_folder=None)
    if guarded:
        MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items")
    for method in ("GET", "FOO", "PUT", "OPTIONS", "G ET"):
        ask(app, method, "/items")
    ghost = weakref.ref(app)
    gc.collect()
    gc.disable()
    try:
        del app
        assert ghost() is None
    finally:
        gc.enable()
