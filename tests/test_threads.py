"""Threads: whatever two requests do at once, each gets an answer of the table.

One request is stopped at each line of the package in turn, and another is sent from
start to end in a thread of its own. So every line where threads could meet is tried,
in every run, and nothing depends on chance.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

import flask_method_guard
from flask_method_guard import MethodGuard
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


def meet_at(
    line: Line, app: Flask, first: Request, second: Request
) -> dict[Request, Outcome]:
    """Send a request, and another when the first comes to a line.

    Little is traced, since that is slow: the calls up to the line, and its function.
    """
    code, number = line
    answers: dict[Request, Outcome] = {}

    def send(request: Request) -> None:
        answers[request] = outcome(ask(app, *request))

    other = threading.Thread(target=send, args=(second,))

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code is not code:
            return None
        if event == "line" and frame.f_lineno == number:
            sys.settrace(None)
            other.start()
            other.join(PATIENCE)
            return None
        return trace

    traced(trace, lambda: send(first))
    other.join()
    return answers


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
        answers = meet_at(line, make(), first, second)
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


@pytest.mark.parametrize(("first", "second"), [("PUT", "GET"), ("GET", "PROPFIND")])
def test_requests_around_a_new_view(first: str, second: str) -> None:
    """What was read before and what is read now are never used together."""
    meet(grown, (first, "/dav"), (second, "/dav"), GROWN)
