"""The snapshot: which methods an app supports, and when the app is read again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.routing import Map, Rule

from flask_method_guard import (
    DEFAULT_METHODS,
    STANDARD_METHODS,
    MethodGuard,
    deprecated_methods,
    report,
)
from flask_method_guard.cli import methods
from tests.raw_wsgi import ask
from tests.routed_apps import make_app, make_plain_app, outcome

# -- what is supported ------------------------------------------------------------

#: A method that a rule of the app declares, and one that nobody knows.
ROUTED, UNKNOWN = "PURGE", "BREW"
GROUPS = {
    "default": {*DEFAULT_METHODS},
    "routes": {"GET", "HEAD", "OPTIONS", "POST", "PUT", ROUTED},
    "standard": {*STANDARD_METHODS},
    "*": {*STANDARD_METHODS, ROUTED, UNKNOWN},
    "PUT": {"PUT"},
}
SETTINGS = [
    *((list(names), names) for n in range(6) for names in combinations(GROUPS, n)),
    (None, ["default", "routes"]),
    ("default,routes", ["default", "routes"]),
    ("standard", ["standard"]),
    ({"standard", "routes"}, ["standard", "routes"]),
    (("PUT", "routes"), ["PUT", "routes"]),
    (["put"], ["PUT"]),
    ("*", ["*"]),
]


@pytest.mark.parametrize(
    ("setting", "groups"),
    SETTINGS,
    ids=[f"{type(s).__name__} {','.join(g)}" for s, g in SETTINGS],
)
def test_groups(setting: object, groups: Iterable[str]) -> None:
    """A method that no group has is answered with 501, and appears in no ``Allow``."""
    app = make_app(SUPPORTED_METHODS=setting)
    app.add_url_rule("/cache", "cache", lambda: "ok", methods=[ROUTED])
    known = {"GET", "HEAD"}.union(*(GROUPS[group] for group in groups))
    served = {"GET", "HEAD", "OPTIONS", "POST"} & known
    allow = ", ".join(sorted(served))
    for method in {*STANDARD_METHODS, ROUTED, UNKNOWN}:
        answer = ask(app, method, "/items")
        if method in served:
            assert outcome(answer) == (200, allow if method == "OPTIONS" else None)
        else:
            assert outcome(answer) == ((405, allow) if method in known else (501, None))
    at_cache = ", ".join(sorted({"OPTIONS", ROUTED} & known)) or None
    assert ask(app, "GET", "/cache").get("Allow") == at_cache


@pytest.mark.parametrize("supported", ["*", None, "routes"], ids=repr)
def test_a_rule_for_every_method(supported: object) -> None:
    """An app with a rule that accepts every method never answers 501."""
    app = make_app(SUPPORTED_METHODS=supported)
    app.view_functions["any"] = lambda: request.method
    app.url_map.add(Rule("/any", endpoint="any"))
    assert ask(app, "FOO", "/any").text == "FOO"
    assert outcome(ask(app, "FOO", "/items")) == (405, "GET, HEAD, OPTIONS, POST")


def test_a_list_limits_a_rule_for_every_method() -> None:
    """Without the group routes, such a rule serves the listed methods only."""
    app = make_app(SUPPORTED_METHODS=["PUT"])
    app.view_functions["any"] = lambda: request.method
    app.url_map.add(Rule("/any", endpoint="any"))
    assert ask(app, "PUT", "/any").text == "PUT"
    assert ask(app, "FOO", "/any").status == 501


def test_a_rule_for_what_is_not_a_method() -> None:
    """A rule cannot turn a name that is not a token into a method."""
    app = make_plain_app()
    app.add_url_rule("/odd", "odd", lambda: "odd", methods=["GET", "A B"])
    for _ in range(2):
        assert ask(app, "A B", "/odd").status == 400
    assert outcome(ask(app, "PUT", "/odd")) == (405, "GET, HEAD, OPTIONS")


# -- the same in words ---------------------------------------------------------------

SEVEN = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
STANDARD = SEVEN | {"CONNECT", "TRACE", "QUERY"}


def purging_app(supported: Any = None) -> Flask:
    """Make a guarded app that routes PURGE, with a value of the setting."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = supported
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "ok", methods=["GET", "POST", "PURGE"])
    return app


@pytest.mark.parametrize("report_only", [False, True])
def test_a_rule_for_what_is_not_even_text(report_only: bool) -> None:
    """Flask serves the other routes of such an app, and so does the guard."""
    app = make_app(REPORT_ONLY=report_only)
    methods: Any = ["GET", b"X"]
    app.add_url_rule("/odd", "odd", lambda: "odd", methods=methods)
    assert ask(app, "GET", "/odd").text == "odd"
    assert ask(app, "GET", "/odd").text == "odd"
    allow = ask(app, "PUT", "/odd").get("Allow")
    assert report_only or allow == "GET, HEAD, OPTIONS"


def test_an_endpoint_that_is_no_text() -> None:
    """A template of the documentation link gets it as text."""
    app = make_app(DOCS_URL="https://docs.example/{endpoint}")
    endpoint: Any = ("books", 1)
    app.add_url_rule("/books", endpoint, lambda: "books")
    link = ask(app, "PUT", "/books").get("Link")
    assert link == '<https://docs.example/%28%27books%27%2C%201%29>; rel="help"'


def test_exported_lists() -> None:
    """The two lists can be imported, and are those of the groups."""
    assert set(DEFAULT_METHODS) == SEVEN
    assert set(STANDARD_METHODS) == STANDARD


@pytest.mark.parametrize(
    ("supported", "why"),
    [
        (None, "the default methods, and what the routes declare"),
        ("*", "{key} contains '*': every method"),
        (
            ["default", "routes", "query"],
            "{key}: the default methods, what the routes declare, QUERY; {always}",
        ),
        (["standard"], "{key}: the standard methods; {always}"),
        ([], "{key}: {always}"),
    ],
    ids=["unset", "star", "extended", "standard", "empty"],
)
def test_why_in_words(supported: Any, why: str) -> None:
    """The inventory, and so ``flask methods``, says which groups are in force."""
    always = "GET and HEAD are always supported"
    why = why.format(key="METHOD_GUARD_SUPPORTED_METHODS", always=always)
    app = purging_app(supported)
    assert report.inventory(app).why == why
    runner = app.test_cli_runner(env={"COLUMNS": "200"})
    output = runner.invoke(methods).output
    assert why in " ".join(output.split())


@pytest.mark.parametrize("websocket", [False, True])
def test_why_names_the_rule_that_accepts_every_method(websocket: bool) -> None:
    """One rule without methods makes every method supported, and is named."""
    app = purging_app()
    app.url_map.add(Rule("/any", endpoint="index", websocket=websocket))
    found = report.inventory(app)
    assert found.supported_methods[0] == "*"
    assert found.why == "every method, because /any accepts every method"
    assert ask(app, "FOO").status == 405


# -- which requests skip the table ------------------------------------------------


def settled(app: Flask, method: str) -> frozenset[str | None] | None:
    """Return the endpoints where a method does not skip the table; ``None``: all."""
    snapshot = app.extensions["method_guard"].refresh(app)
    found: frozenset[str | None] | None = snapshot.settled.get(method)
    assert snapshot.settled_at_paths.get(method) == (
        frozenset() if method == "OPTIONS" else found
    )
    return found


def test_a_deprecation_takes_only_its_view_off_the_fast_path() -> None:
    """The same method of every other view stays settled."""
    app = make_app()
    view = deprecated_methods("GET", since="2026-01-01")(lambda: "old")
    app.add_url_rule("/old", "old", view)
    assert settled(app, "GET") == settled(app, "HEAD") == frozenset({"old"})
    assert settled(app, "PUT") == frozenset()
    assert settled(app, "OPTIONS") is settled(app, UNKNOWN) is None
    assert ask(app, "GET", "/old").get("Deprecation") == "@1767225600"
    assert ask(app, "GET", "/items").get("Deprecation") is None


def test_a_deprecation_in_the_whole_app_takes_the_method_off_the_fast_path() -> None:
    """It applies at every endpoint."""
    app = make_app(DEPRECATED_METHODS={"POST": {"since": "2026-01-01"}})
    assert settled(app, "POST") is None
    assert settled(app, "GET") == frozenset()
    assert ask(app, "POST", "/items").get("Deprecation") == "@1767225600"


# -- when the app is read again ---------------------------------------------------


def test_a_view_added_late() -> None:
    """A view that is added after the first request counts at once."""
    app = make_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.view_functions["dav"] = lambda: "dav"
    app.url_map.add(Rule("/dav", endpoint="dav", methods=["PROPFIND"]))
    assert ask(app, "PROPFIND", "/items").status == 405
    assert ask(app, "PROPFIND", "/dav").text == "dav"


@pytest.mark.parametrize("methods", [["PROPFIND"], None], ids=["some", "all"])
def test_a_rule_added_late_for_a_known_view(methods: list[str] | None) -> None:
    """It is served at once; elsewhere, its method is known once it was shown."""
    app = make_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map.add(Rule("/dav", endpoint="items", methods=methods))
    assert ask(app, "PROPFIND", "/dav").text == "items"
    assert ask(app, "PROPFIND", "/items").status == 405


def test_a_rule_added_late_is_shown_by_a_405() -> None:
    """The router's own list of methods shows a new method, too."""
    app = make_plain_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map.add(Rule("/dav", endpoint="items", methods=["PROPFIND"]))
    assert outcome(ask(app, "PUT", "/dav")) == (405, "PROPFIND")
    assert ask(app, "PROPFIND", "/items").status == 405


def test_a_deprecated_view_added_late() -> None:
    """A mark counts from the first request on, whenever the view was added."""
    app = make_app()
    assert ask(app, "PUT", "/items").status == 405
    view = deprecated_methods("GET", since="2026-01-01")(lambda: "late")
    app.view_functions["late"] = view
    app.url_map.add(Rule("/late", endpoint="late", methods=["GET"]))
    assert ask(app, "GET", "/late").get("Deprecation") == "@1767225600"


def test_a_slash_added_late() -> None:
    """So does a rule that the router hides, since only a slash is missing."""
    app = make_plain_app()
    assert ask(app, "PUT", "/late").status == 404
    app.view_functions["late"] = lambda: "late"
    app.url_map.add(Rule("/late/", endpoint="late", methods=["GET"]))
    assert outcome(ask(app, "PUT", "/late")) == (405, "GET, HEAD")


def test_another_map() -> None:
    """An app that is given another map is read again."""
    app = make_plain_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map = Map([Rule("/items", endpoint="items", methods=["PROPFIND"])])
    assert outcome(ask(app, "PUT", "/items")) == (405, "PROPFIND")


def test_another_map_after_a_certain_404() -> None:
    """What was certain about the old map is not certain about a new one."""
    app = make_plain_app()
    assert ask(app, "PUT", "/more").status == 404
    app.url_map = Map([Rule("/more/", endpoint="items", methods=["GET"])])
    assert outcome(ask(app, "PUT", "/more")) == (405, "GET, HEAD")
