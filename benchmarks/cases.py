"""The apps and the requests that are measured, and what each app must answer.

The apps differ only in their hooks. Every case asks for the three shapes of URL that
the apps have, once for JSON and once for HTML, so that one figure covers them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal

from flask import Flask

from flask_method_guard import MethodGuard, deprecated_methods
from tests.raw_wsgi import Answer, Environ, make_environ, run

Kind = Literal["bare", "hooks", "guard"]
MapName = Literal["plain", "limited", "catch-all", "marked", "below"]
#: The maps that the project has goals for. All but the first have one more route.
GOALS: tuple[MapName, ...] = ("plain", "limited", "catch-all", "marked")
#: The last one has the route of "limited", and every other route below its segment.
MAPS: tuple[MapName, ...] = (*GOALS, "below")

DOCS_URL = "https://docs.example.com/{endpoint}#{method}"
#: A rule that matches a path and may still reject it.
LIMITED_RULE = "/limited/<int(max=5):n>"
#: A rule that makes every URL one that may lack a slash.
CATCH_ALL_RULE = "/<name>/"

#: What is asked for, and the type of the guard's answer to that.
FORMATS = {
    "application/json": "application/json",
    "text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8",
}
ALLOW = (
    "GET, HEAD, OPTIONS",
    "DELETE, GET, HEAD, OPTIONS",
    "GET, HEAD, OPTIONS, POST",
)


class WrongAnswerError(Exception):
    """An app did not answer as it must, so its time would mean nothing."""


@dataclass(frozen=True)
class Case:
    """A kind of request, sent to one path of each shape."""

    name: str
    method: str
    #: What the guard answers. Bare Flask never says 501.
    status: int
    paths: tuple[str, str, str] = ("/page-{}", "/item-{}/7", "/folder-{}/")

    def status_of(self, kind: Kind) -> int:
        """Return the status that an app answers."""
        return 405 if self.status == 501 and kind != "guard" else self.status


SERVED = Case("served", "GET", 200)
OPTIONS = Case("OPTIONS", "OPTIONS", 200)
NOT_FOUND = Case("404", "GET", 404, ("/nothing-{}/x", "/item-{}/x", "/folder-{}/x"))
CASES = (
    SERVED,
    OPTIONS,
    Case("405", "PUT", 405),
    Case("501", "PURGE", 501),
    NOT_FOUND,
)


class App:
    """A Flask app, and the requests that fit its routes."""

    def __init__(self, kind: Kind, url_map: MapName, routes: int) -> None:
        self.kind = kind
        self.flask = build(kind, url_map, routes)
        self._prefix = prefix(url_map)
        # The requests go to routes in the middle of the map.
        self._first = routes // 6 * 3

    def environs(self, case: Case) -> list[Environ]:
        """Make a case's requests, which is needed each time: an app changes them."""
        paths = [
            self._prefix + path.format(number)
            for number, path in enumerate(case.paths, self._first)
        ]
        return [
            make_environ(case.method, path, headers={"Accept": accept})
            for path, accept in product(paths, FORMATS)
        ]


def prefix(url_map: MapName) -> str:
    """Return what the paths of a map begin with."""
    return "/limited" if url_map == "below" else ""


def build(kind: Kind, url_map: MapName, routes: int) -> Flask:
    """Make a Flask app with some routes, a third of them of each shape."""
    app = Flask(__name__)
    if kind == "hooks":
        app.before_request(lambda: None)
        app.after_request(lambda response: response)
    elif kind == "guard":
        app.config["METHOD_GUARD_DOCS_URL"] = DOCS_URL
        MethodGuard(app)
    for number in range(routes):
        rule, methods = (
            ("/page-{}", ["GET"]),
            ("/item-{}/<int:key>", ["GET", "DELETE"]),
            ("/folder-{}/", ["GET", "POST"]),
        )[number % 3]
        text = prefix(url_map) + rule.format(number)
        app.add_url_rule(text, f"{number}", _ok, methods=methods)
    # PUT works somewhere, only not where it is sent.
    app.add_url_rule("/upload", "upload", _ok, methods=["PUT"])
    if url_map in ("limited", "below"):
        app.add_url_rule(LIMITED_RULE, "limited", _ok)
    elif url_map == "catch-all":
        app.add_url_rule(CATCH_ALL_RULE, "catch-all", _ok)
    elif url_map == "marked":
        mark = deprecated_methods("GET", since="2020-01-01", sunset="2020-02-01")
        app.add_url_rule("/old", "old", mark(partial(_ok)))
    return app


def _ok(**values: object) -> str:
    return "ok"


def verify(case: Case, apps: Mapping[str, App]) -> None:
    """Send the requests of a case to each app and check what it answers.

    :param apps: with a bare one, called "bare".
    :raises WrongAnswerError: if an answer is not what it must be.
    """
    bare = [run(apps["bare"].flask, each) for each in apps["bare"].environs(case)]
    for name, app in apps.items():
        for position, environ in enumerate(app.environs(case)):
            answer = run(app.flask, environ)
            expected = _expected(case, app.kind, position)
            found = _seen(answer, case.method)
            wrong = {key: found[key] for key in expected if found[key] != expected[key]}
            if case in (SERVED, NOT_FOUND) and answer != bare[position]:
                wrong["answer"] = answer
            if wrong:
                path = environ["PATH_INFO"]
                raise WrongAnswerError(f"{name}: {case.method} {path}: {wrong}")


def _expected(case: Case, kind: Kind, position: int) -> dict[str, object]:
    expected: dict[str, object] = {"status": case.status_of(kind)}
    if kind == "guard" and case not in (SERVED, NOT_FOUND):
        expected["Allow"] = None if case.status == 501 else ALLOW[position // 2]
        if case != OPTIONS:
            content_type = list(FORMATS.values())[position % 2]
            expected |= {"Content-Type": content_type, "Vary": "Accept", "docs": True}
    return expected


def _seen(answer: Answer, method: str) -> dict[str, object]:
    fields = {name: answer.get(name) for name in ("Allow", "Content-Type", "Vary")}
    in_link = f'#{method}>; rel="help"' in (answer.get("Link") or "")
    in_body = f"#{method}" in answer.text
    return {**fields, "status": answer.status, "docs": in_link and in_body}
