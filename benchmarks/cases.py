"""The requests that are measured, and what each app must answer to them.

An answer is checked before its time is taken and again afterwards, with the
exact ``Allow``, the negotiated format, the documentation link and the drained
body all on: a fast wrong answer is no result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from flask import Flask

from tests.raw_wsgi import Answer, Environ, make_environ, run

from .apps import KINDS, Kind, paths

JSON = "application/json"
#: What a browser sends.
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

Shape = Literal["page", "item", "folder", "item refused", "nothing"]

_ALLOW: dict[Shape, str] = {
    "page": "GET, HEAD, OPTIONS",
    "item": "DELETE, GET, HEAD, OPTIONS, PUT",
    "folder": "GET, HEAD, OPTIONS, POST",
}


class WrongAnswerError(Exception):
    """An app did not answer as it must, so its time would say nothing."""


@dataclass(frozen=True)
class Case:
    """One request."""

    name: str
    method: str
    shape: Shape
    #: What the guard answers.
    status: int
    accept: str = JSON
    body: bytes = b""

    def path(self, routes: int) -> str:
        """Give the path in an app with that many routes."""
        page, item, folder = paths(routes)
        return {
            "page": page,
            "item": item,
            "folder": folder,
            "item refused": item + "x",
            "nothing": "/nothing",
        }[self.shape]

    def environ(self, routes: int) -> Environ:
        """Make the request anew; an app may change it."""
        return make_environ(
            self.method,
            self.path(routes),
            headers={"Accept": self.accept},
            body=self.body,
        )

    def expected_status(self, kind: Kind) -> int:
        """Tell the status of an app's answer; only two kinds ever say 501."""
        if self.status != 501 or kind == "guard":
            return self.status
        if kind == "naive":
            return 501
        return 404 if self.shape == "nothing" else 405


SERVED = (
    Case("GET, a static route", "GET", "page", 200),
    Case("GET, a converter", "GET", "item", 200),
    Case("GET, a trailing slash", "GET", "folder", 200),
)
HEAD = Case("HEAD", "HEAD", "page", 200)
OPTIONS = Case("automatic OPTIONS", "OPTIONS", "page", 200)
NOT_ALLOWED = (
    Case("405, JSON", "DELETE", "page", 405),
    Case("405, HTML", "DELETE", "page", 405, HTML),
    Case("405, a converter", "POST", "item", 405),
    Case("405, a trailing slash", "DELETE", "folder", 405),
    Case("405, 2 kB of body", "POST", "page", 405, body=b"x" * 2048),
)
NOT_IMPLEMENTED = (
    Case("501, JSON", "PURGE", "page", 501),
    Case("501, HTML", "PURGE", "page", 501, HTML),
    Case("501, an unknown path", "PURGE", "nothing", 501),
)
NOT_FOUND = (
    Case("404", "GET", "nothing", 404),
    Case("404, HTML", "GET", "nothing", 404, HTML),
    Case("404, a converter refuses", "GET", "item refused", 404),
)
CASES = (*SERVED, HEAD, OPTIONS, *NOT_ALLOWED, *NOT_IMPLEMENTED, *NOT_FOUND)


def verify(case: Case, apps: dict[Kind, Flask], routes: int) -> None:
    """Send a request to each app and check what it answers.

    :raises WrongAnswerError: if an answer is not what it must be.
    """
    answers = {}
    for kind, app in apps.items():
        environ = case.environ(routes)
        stream = environ["wsgi.input"]
        answer = answers[kind] = run(app, environ)
        problems = [*_problems(case, kind, answer)]
        if kind == "guard" and stream.tell() != len(case.body):
            problems.append(f"{stream.tell()} bytes of the body were read")
        if problems:
            raise WrongAnswerError(
                f"{case.name}, {KINDS[kind]}, {routes} routes: {'; '.join(problems)}"
            )
    first = answers[next(iter(answers))]
    if case.status in (200, 404) and case != OPTIONS:
        for kind, answer in answers.items():
            if answer != first:
                raise WrongAnswerError(
                    f"{case.name}, {KINDS[kind]}: other bytes than without"
                )


def _problems(case: Case, kind: Kind, answer: Answer) -> list[str]:
    status = case.expected_status(kind)
    wanted: list[tuple[str, object, object]] = [("status", answer.status, status)]
    allow = _ALLOW[case.shape] if status == 405 or case == OPTIONS else None
    found = answer.get("Allow")
    if kind != "guard" and found is not None:
        # Flask's own is in another order in every process.
        found = ", ".join(sorted(found.split(", ")))
    wanted.append(("Allow", found, allow))
    if status == 200:
        body = b"" if case in (HEAD, OPTIONS) else b"ok"
        wanted.append(("body", answer.body, body))
    elif kind == "guard" and status != 404:
        wanted += _rejection(case, answer)
    return [f"{name} is {is_!r}, not {to!r}" for name, is_, to in wanted if is_ != to]


def _rejection(case: Case, answer: Answer) -> list[tuple[str, object, object]]:
    """Compare the parts of a refusal: the format, the link, the headers."""
    link = answer.get("Link") or ""
    kind = "text/html; charset=utf-8" if case.accept == HTML else JSON
    wanted: list[tuple[str, object, object]] = [
        ("Content-Type", answer.get("Content-Type"), kind),
        ("Vary", answer.get("Vary"), "Accept"),
        ("Cache-Control", answer.get("Cache-Control"), "no-store"),
        ("docs in Link", f'#{case.method}>; rel="help"' in link, True),
    ]
    if case.accept == HTML:
        wanted.append(("docs", f"#{case.method}" in answer.text, True))
    else:
        problem = json.loads(answer.body)
        wanted += [
            ("docs", problem["docs"] in link, True),
            ("method", problem["method"], case.method),
            ("status in the body", problem["status"], case.status),
        ]
        if case.status == 405:
            methods = ", ".join(problem["allowed_methods"])
            wanted.append(("allowed_methods", methods, answer.get("Allow")))
    return wanted
