"""The URL map: what is supported, and what dispatches at one URL."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from werkzeug.routing import BaseConverter, Map, Rule, ValidationError

from flask_method_guard.decision import DEFAULT_METHODS, Routing, SupportedSetting
from flask_method_guard.urlmap import (
    MethodIndex,
    dispatching_methods,
    preferred_rule,
    route,
)


def rule(text: str, *methods: str, **options: Any) -> Rule:
    """Make a rule for the given methods; with none it takes every method."""
    endpoint = options.pop("endpoint", f"{text} {' '.join(methods)}")
    return Rule(text, methods=methods or None, endpoint=endpoint, **options)


def allowed(url_map: Map, path: str, refused: str | None = None) -> str:
    """Join the methods that dispatch at a path."""
    index = MethodIndex.read(url_map, None)
    adapter = url_map.bind("localhost", path_info=path)
    return " ".join(dispatching_methods(index, adapter, refused))


@pytest.mark.parametrize(
    ("setting", "named", "everything"),
    [
        (None, {*DEFAULT_METHODS, "PURGE"}, False),
        ("routes", {"GET", "HEAD", "PURGE"}, False),
        ("*", {*DEFAULT_METHODS, "PURGE"}, True),
        (frozenset({"GET", "HEAD", "PUT"}), {"GET", "HEAD", "PUT"}, False),
    ],
    ids=str,
)
def test_supported(
    setting: SupportedSetting, named: set[str], everything: bool
) -> None:
    """Each mode supports what it says, and the two that every server must."""
    index = MethodIndex.read(Map([rule("/", "PURGE")]), setting)
    assert index.named == named
    assert index.supported_names == tuple(sorted(named))
    assert index.everything is everything
    assert all(index.supports(method) for method in named)
    assert index.supports("FOO") is everything


@pytest.mark.parametrize(
    ("setting", "everything"),
    [(None, True), ("routes", True), ("*", True), (frozenset({"GET"}), False)],
    ids=str,
)
def test_a_rule_without_methods(setting: SupportedSetting, everything: bool) -> None:
    """A rule that takes every method makes every method known, but to a list."""
    index = MethodIndex.read(Map([rule("/")]), setting)
    assert index.supports("FOO") is everything
    assert index.supports("DELETE") is ("DELETE" in index.named) is everything


def test_no_rules() -> None:
    """An empty map supports the defaults, and nothing dispatches."""
    assert MethodIndex.read(Map(), None).named == set(DEFAULT_METHODS)
    assert allowed(Map(), "/") == ""


def test_current() -> None:
    """An index is current until a rule is added, and for its own map alone."""
    url_map = Map([rule("/", "GET")])
    index = MethodIndex.read(url_map, None)
    assert index.is_current(url_map)
    assert not index.is_current(Map([rule("/", "GET")]))
    url_map.add(rule("/more", "PURGE"))
    assert not index.is_current(url_map)


def test_rules_that_only_build() -> None:
    """A rule to which nothing can be sent makes no method known."""
    elsewhere = Rule("/", build_only=True, host="www.example", endpoint="elsewhere")
    purge = rule("/purge", "PURGE", build_only=True)
    index = MethodIndex.read(Map([elsewhere, purge, rule("/", "GET")]), None)
    assert not index.everything
    assert index.named == set(DEFAULT_METHODS)
    assert index.is_current(index.url_map)


class Refusing(BaseConverter):
    """Takes no value."""

    def to_python(self, value: str) -> str:
        raise ValidationError


class Crashing(BaseConverter):
    """Crashes on every value."""

    def to_python(self, value: str) -> str:
        raise RuntimeError(value)


CONVERTERS = {"refusing": Refusing, "crashing": Crashing}
EXACT = {
    "static": ([rule("/a", "GET")], "/a", "GET HEAD"),
    "another path": ([rule("/a", "GET")], "/b", ""),
    "two rules": ([rule("/a", "GET"), rule("/a", "PUT")], "/a", "GET HEAD PUT"),
    "value taken": ([rule("/<int(max=5):i>", "GET")], "/3", "GET HEAD"),
    "value refused": ([rule("/<int(max=5):i>", "GET")], "/9", ""),
    "value refused by one of two": (
        [
            rule("/<refusing:i>", "GET"),
            rule("/<refusing:i>/", "PUT"),
            rule("/<i>", "PUT"),
        ],
        "/9",
        "PUT",
    ),
    "optional slash": (
        [rule("/a/", "GET", strict_slashes=False)],
        "/a",
        "GET HEAD",
    ),
    "redirect to the slash": ([rule("/a/", "GET")], "/a", "GET HEAD"),
    "merged slashes": ([rule("/a/b", "PUT")], "/a//b", "PUT"),
    "websocket": ([rule("/a", "GET", websocket=True)], "/a", ""),
    "websocket beside": (
        [rule("/a", "GET", websocket=True), rule("/a", "PUT")],
        "/a",
        "PUT",
    ),
    "crash": ([rule("/<crashing:x>", "PUT")], "/a", "PUT"),
    "no methods": ([rule("/a")], "/a", " ".join(sorted(DEFAULT_METHODS))),
}


@pytest.mark.parametrize(("rules", "path", "methods"), EXACT.values(), ids=EXACT.keys())
def test_exact(rules: list[Rule], path: str, methods: str) -> None:
    """A method is found if and only if sending it gets to a route or a redirect."""
    url_map = Map(rules, converters=CONVERTERS)
    assert allowed(url_map, path) == methods


def test_the_refused_method_is_not_asked_again() -> None:
    """What the router has refused already is left out, with all that is like it."""
    url_map = Map([rule("/a", "GET"), rule("/b", "PUT", "PATCH")])
    index = MethodIndex.read(url_map, None)
    assert ("PATCH", "PUT") in index.groups

    class Counting:
        asked: list[str] = []  # noqa: RUF012

        def match(self, method: str, return_rule: Literal[True]) -> Any:
            self.asked.append(method)
            return url_map.bind("localhost", path_info="/a").match(
                method=method, return_rule=return_rule
            )

    adapter: Any = Counting()
    assert list(dispatching_methods(index, adapter, "PUT")) == ["GET", "HEAD"]
    assert len(Counting.asked) == len(index.groups) - 1
    assert not {"PUT", "PATCH"} & set(Counting.asked)


@pytest.mark.parametrize(
    ("path", "method", "routing"),
    [
        ("/a", "GET", Routing.MATCHED),
        ("/a", "PUT", Routing.UNMATCHED),
        ("/b", "GET", Routing.UNMATCHED),
        ("/c", "GET", Routing.ANSWERED),
    ],
)
def test_route(path: str, method: str, routing: Routing) -> None:
    """One question to the router has one of three answers."""
    url_map = Map([rule("/a", "GET"), rule("/c/", "GET")])
    found, matched = route(url_map.bind("localhost", path_info=path), method)
    assert found is routing
    assert (matched is not None) is (routing is Routing.MATCHED)


def test_preferred_rule() -> None:
    """GET's rule stands for a URL, else the first; a redirect has none."""
    get, put = rule("/a", "GET"), rule("/a", "PUT")
    assert preferred_rule({"DELETE": put, "GET": get}) is get
    assert preferred_rule({"GET": None, "PUT": put}) is put
    assert preferred_rule({"GET": None}) is None
    assert preferred_rule({}) is None
