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
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

import flask_method_guard
from flask_method_guard import MethodGuard
from tests.raw_wsgi import Answer, ask
from tests.routed_apps import outcome

PACKAGE = str(Path(flask_method_guard.__file__).parent)

#: A thread that waits for a lock is let go after this time; it ends later.
PATIENCE = 0.02

Request = tuple[str, str]
Outcome = tuple[int, "str | None"]


class Meeting:
    """Two requests to one app, of which the second comes amid the first."""

    def __init__(self, app: Flask, first: Request, second: Request, step: int) -> None:
        self.app, self.requests, self.step = app, (first, second), step
        self.answers: dict[Request, Answer] = {}
        self.lines: set[tuple[str, int]] = set()
        self.second = threading.Thread(target=self.send, args=(second,))

    def send(self, request: Request) -> None:
        """Send one request."""
        self.answers[request] = ask(self.app, *request)

    def watch(self, frame: FrameType, event: str, arg: object) -> Any:
        """Count the lines that run in the package; let the other in at one of them."""
        file = frame.f_code.co_filename
        if not file.startswith(PACKAGE):
            return None
        line = (file, frame.f_lineno)
        if event == "line" and line not in self.lines:
            self.lines.add(line)
            if len(self.lines) == self.step:
                self.second.start()
                self.second.join(PATIENCE)
        return self.watch

    def send_watched(self) -> None:
        """Send the first request, and the second amid it."""
        sys.settrace(self.watch)
        try:
            self.send(self.requests[0])
        finally:
            sys.settrace(None)

    def run(self) -> bool:
        """Send both; return whether there was a line to meet at."""
        first = threading.Thread(target=self.send_watched)
        first.start()
        first.join()
        if len(self.lines) < self.step:
            return False
        self.second.join()
        return True


def meet(
    make: Callable[[], Flask],
    first: Request,
    second: Request,
    expected: dict[Request, Outcome],
) -> None:
    """Let two requests meet at every line, each time in a fresh app."""
    step = 1
    while (meeting := Meeting(make(), first, second, step)).run():
        for request, answer in meeting.answers.items():
            assert outcome(answer) == expected[request], f"line {step}: {request}"
        assert len(meeting.answers) == 2
        step += 1
    assert step > 1, "no line of the package was seen"


# -- the first requests ---------------------------------------------------------------


def fresh() -> Flask:
    """Make an app that has served nothing yet."""
    app = Flask("fresh", static_folder=None)
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
