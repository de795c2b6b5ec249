"""Threads: whatever two requests do at once, each gets an answer of the table.

One request is stopped at each line of the package in turn, and another is sent from
start to end in a thread of its own. So every line where threads could meet is tried,
in every run, and nothing depends on chance.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

import flask_method_guard
from flask_method_guard import MethodGuard, deprecated_methods
from tests.raw_wsgi import ask
from tests.routed_apps import outcome

PACKAGE = str(Path(flask_method_guard.__file__).parent)

#: A thread that waits for a lock is let go after this time; it ends later.
PATIENCE = 0.01

Request = tuple[str, str]
Outcome = tuple[int, "str | None"]
Line = tuple[CodeType, int]
Trace = Callable[[FrameType, str, object], Any]


def traced(trace: Trace, call: Callable[[], object]) -> None:
    """Call a function in a thread that is traced."""

    def run() -> None:
        sys.settrace(trace)
        try:
            call()
        finally:
            sys.settrace(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def lines_of(app: Flask, request: Request) -> list[Line]:
    """Return the lines of the package that a request runs, each where it is first."""
    lines: dict[Line, None] = {}

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            lines.setdefault((frame.f_code, frame.f_lineno))
        return trace

    traced(trace, lambda: ask(app, *request))
    return list(lines)


def stop_at(
    line: Line, first: Callable[[], object], second: Callable[[], object]
) -> None:
    """Call a function, and another when the first comes to a line.

    Little is traced, since that is slow: the calls up to the line, and its function.
    """
    code, number = line
    other = threading.Thread(target=second)

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code is not code:
            return None
        if event == "line" and frame.f_lineno == number:
            sys.settrace(None)
            other.start()
            other.join(PATIENCE)
            return None
        return trace

    traced(trace, first)
    other.join()


def meet(
    make: Callable[[], Flask],
    first: Request,
    second: Request,
    expected: dict[Request, Outcome],
) -> None:
    """Let two requests meet at every line, each time in a fresh app."""
    lines = lines_of(make(), first)
    assert lines, "no line of the package was seen"
    for line in lines:
        app = make()
        answers: dict[Request, Outcome] = {}

        def send(
            request: Request,
            app: Flask = app,
            answers: dict[Request, Outcome] = answers,
        ) -> None:
            answers[request] = outcome(ask(app, *request))

        stop_at(line, partial(send, first), partial(send, second))
        assert answers == {each: expected[each] for each in (first, second)}, line


# -- the first requests ---------------------------------------------------------------


def fresh() -> Flask:
    """Make an app that has served nothing yet."""
    app = Flask(__name__, static_folder=None)
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    return app


ALLOW = "GET, HEAD, OPTIONS, POST"
EXPECTED: dict[Request, Outcome] = {
    ("PUT", "/items"): (405, ALLOW),
    ("FOO", "/items"): (501, None),
}


def test_first_requests_at_once() -> None:
    """Two requests that are the first of their app get what they get alone."""
    meet(fresh, ("PUT", "/items"), ("FOO", "/items"), EXPECTED)


# -- an app that grows ----------------------------------------------------------------


def grown() -> Flask:
    """Make an app that has refused a method, and then has got a view for it."""
    app = fresh()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.view_functions["dav"] = lambda: "dav"
    app.url_map.add(Rule("/dav", endpoint="dav", methods=["PROPFIND"]))
    return app


GROWN: dict[Request, Outcome] = {
    ("GET", "/dav"): (405, "PROPFIND"),
    ("PUT", "/dav"): (405, "PROPFIND"),
    ("PROPFIND", "/dav"): (200, None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [("PUT", "GET"), ("GET", "PROPFIND")])
def test_requests_around_a_new_view(first: str, second: str) -> None:
    """What was read before and what is read now are never used together."""
    meet(grown, (first, "/dav"), (second, "/dav"), GROWN)


# -- a view that is added during a request --------------------------------------------


def add_views(app: Flask) -> None:
    """Add a view past its sunset, and a route that can refuse a value."""
    ended: Any = deprecated_methods("GET", sunset="2020-01-01")(lambda: "ended")
    for endpoint, path, view in [
        ("ended", "/ended", ended),
        ("limited", "/limited/<int(max=5):n>", lambda n: "limited"),
    ]:
        # The order in which Flask itself adds them.
        app.url_map.add(Rule(path, endpoint=endpoint, methods=["GET"]))
        app.view_functions[endpoint] = view


def enforcing() -> Flask:
    """Make an app that enforces sunsets, and has served nothing yet."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    return app


LATER: dict[Request, Outcome] = {
    ("PUT", "/items"): (405, ALLOW),
    ("GET", "/ended"): (410, None),
    ("PUT", "/limited/9"): (404, None),
}


def test_a_view_added_during_a_request() -> None:
    """Whatever was read when a view was added, later requests know the view."""
    first = ("PUT", "/items")
    for line in lines_of(enforcing(), first):
        app = enforcing()
        stop_at(line, partial(ask, app, *first), partial(add_views, app))
        found = {request: outcome(ask(app, *request)) for request in LATER}
        assert found == LATER, line


def ended() -> Flask:
    """Make an app that has served a request before it got a view past its sunset."""
    app = enforcing()
    assert ask(app, "PUT", "/items").status == 405
    add_views(app)
    return app


def test_requests_around_a_new_sunset() -> None:
    """While one request reads a new view, no other request reaches it."""
    meet(ended, ("PUT", "/items"), ("GET", "/ended"), LATER)
