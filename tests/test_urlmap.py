"""The URL map: what is supported, and what dispatches at one URL."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.routing import BaseConverter, Map, PathConverter, Rule, ValidationError

from flask_method_guard.decision import DEFAULT_METHODS, Routing, SupportedSetting
from flask_method_guard.urlmap import (
    MethodIndex,
    declared_methods,
    dispatching_methods,
    find_rule,
    route,
)


def rule(text: str, *methods: str, **options: Any) -> Rule:
    """Make a rule for the given methods; with none it takes every method."""
    endpoint = options.pop("endpoint", f"{text} {' '.join(methods)}")
    return Rule(text, methods=methods or None, endpoint=endpoint, **options)


def allowed(url_map: Map, path: str) -> str:
    """Join the methods that dispatch at a path."""
    index = MethodIndex.read(url_map, None)
    adapter = url_map.bind("localhost", path_info=path)
    methods = dispatching_methods(index, adapter, declared_methods(adapter))
    # What the router lists spares look-ups; the answer must be the same without.
    assert methods == dispatching_methods(index, adapter, None)
    return " ".join(methods)


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
    "optional slash, and one in a converter": (
        [rule("/<any(a, 'b/c'):x>/", "GET", strict_slashes=False)],
        "/a",
        "GET HEAD",
    ),
    "redirect to the slash": ([rule("/a/", "GET")], "/a", "GET HEAD"),
    "merged slashes": ([rule("/a/b", "PUT")], "/a//b", "PUT"),
    "merged slashes and an optional one": (
        [rule("/a/b/", "GET", strict_slashes=False)],
        "/a//b",
        "GET HEAD",
    ),
    "websocket": ([rule("/a", "GET", websocket=True)], "/a", ""),
    "websocket beside": (
        [rule("/a", "GET", websocket=True), rule("/a", "PUT")],
        "/a",
        "PUT",
    ),
    "number of many digits": ([rule("/<int:i>", "GET")], f"/{'9' * 640}", "GET HEAD"),
    "crash": ([rule("/<crashing:x>", "PUT")], "/a", "PUT"),
    "no methods, crash": (
        [rule("/<crashing:x>")],
        "/a",
        " ".join(sorted(DEFAULT_METHODS)),
    ),
    "no methods": ([rule("/a")], "/a", " ".join(sorted(DEFAULT_METHODS))),
}


@pytest.mark.parametrize(("rules", "path", "methods"), EXACT.values(), ids=EXACT.keys())
def test_exact(rules: list[Rule], path: str, methods: str) -> None:
    """A method is found if and only if sending it gets to a route or a redirect."""
    url_map = Map(rules, converters=CONVERTERS)
    assert allowed(url_map, path) == methods


class CountingAdapter:
    """An adapter that counts how often the router is asked."""

    def __init__(self, url_map: Map, path: str) -> None:
        self._adapter = url_map.bind("localhost", path_info=path)
        self.path_info = path
        self.websocket = False
        self.asked = 0

    def match(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        return self._adapter.match(*args, **kwargs)


@pytest.mark.parametrize(
    ("rules", "path", "declared", "asked"),
    [
        (["/a"], "/a", {"GET", "HEAD"}, 0),
        (["/a"], "/b", set(), 0),
        (["/a", "/b/"], "/a", {"GET", "HEAD"}, 0),
        (["/a", "/b/"], "/c", set(), 0),
        (["/a", "/<x>/"], "/a", {"GET", "HEAD"}, 3),
        (["/a", "/<int:x>/"], "/a", {"GET", "HEAD"}, 1),
        (["/a", "/<path:x>/y/"], "/a", {"GET", "HEAD"}, 1),
        (["/a", "/b/"], "//b", set(), 3),
        (["/a", "/a/"], "/a", {"GET", "HEAD"}, 3),
        (["/<int(max=5):a>"], "/9", {"GET", "HEAD"}, 2),
        (["/<int(max=5):a>"], "/x", set(), 0),
    ],
)
def test_few_look_ups(
    rules: list[str], path: str, declared: set[str], asked: int
) -> None:
    """The router is asked again only where its own list may not be exact."""
    url_map = Map([rule(text, "GET") for text in rules])
    adapter: Any = CountingAdapter(url_map, path)
    dispatching_methods(MethodIndex.read(url_map, None), adapter, declared)
    assert adapter.asked == asked


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("/", True),
        ("/a/<b>", True),
        ("/<int:i>/<float:f>/<uuid:u>/<path:p>", True),
        ("/<string(length=2):s>/<any(a, b):c>", True),
        ("/<int(max=5):i>", False),
        ("/<float(min=1):f>", False),
        ("/<refusing:x>", False),
        ("/<a>/<refusing:x>", False),
    ],
)
def test_plain(text: str, plain: bool) -> None:
    """A rule is plain if its converters take whatever their patterns match."""
    url_map = Map([rule(text, "GET")], converters=CONVERTERS)
    assert MethodIndex.read(url_map, None).plain is plain


@pytest.mark.parametrize(
    "options", [{"websocket": True}, {"merge_slashes": False}], ids=repr
)
def test_not_plain(options: dict[str, Any]) -> None:
    """A rule whose methods may be listed and yet not dispatch is not plain."""
    assert not MethodIndex.read(Map([rule("/", "GET", **options)]), None).plain


def test_an_optional_slash_behind_an_own_default_converter() -> None:
    """Where the default converter takes slashes, a rule may end anywhere."""
    slashed = rule("/<x>/", "GET", strict_slashes=False)
    url_map = Map([slashed], converters={"default": PathConverter})
    assert allowed(url_map, "/a/b") == "GET HEAD"


@pytest.mark.parametrize("text", ["/a", "/<int(max=5):i>"])
def test_a_list_leaves_methods_out(text: str) -> None:
    """What a route takes and the app does not support is not promised."""
    url_map = Map([rule(text, "GET", "PURGE")])
    index = MethodIndex.read(url_map, frozenset({"GET", "HEAD"}))
    adapter = url_map.bind("localhost", path_info=text if text == "/a" else "/1")
    declared = declared_methods(adapter)
    assert dispatching_methods(index, adapter, declared) == ("GET", "HEAD")


class OwnRule(Rule):
    """A rule that chooses its converters by itself."""

    def get_converter(
        self, variable_name: str, converter_name: str, args: Any, kwargs: Any
    ) -> BaseConverter:
        return Refusing(self.map)


def test_a_rule_with_its_own_converters() -> None:
    """Where a rule takes other converters than the map's, it is not plain."""
    url_map = Map([OwnRule("/<x>", endpoint="x", methods=["GET"])])
    assert not MethodIndex.read(url_map, None).plain
    assert allowed(url_map, "/9") == ""


def test_a_number_of_too_many_digits() -> None:
    """Python reads no number of more digits than its limit, so no route takes it."""
    url_map = Map([rule("/<int:i>", "GET")])
    path = f"/{'9' * 5000}"
    adapter = url_map.bind("localhost", path_info=path)
    # Older versions of Werkzeug crash on it.
    served = route(adapter, "GET")[0] is not Routing.UNMATCHED
    assert allowed(url_map, path) == ("GET HEAD" if served else "")


def test_an_own_default_converter() -> None:
    """Where the app's own converter is the default, no rule is plain."""
    url_map = Map([rule("/<x>", "GET")], converters={"default": Refusing})
    assert not MethodIndex.read(url_map, None).plain
    assert allowed(url_map, "/9") == ""


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


def test_find_rule() -> None:
    """GET's rule stands for a URL, else the first; a redirect has none."""
    get, put = rule("/<int:i>", "GET"), rule("/<int:i>", "DELETE", "PUT")
    url_map = Map([get, put, rule("/c/", "GET")])
    adapter = url_map.bind("localhost", path_info="/7")
    for methods, expected in ((("DELETE", "GET", "PUT"), get), (("PUT",), put)):
        found, args = find_rule(adapter, methods)
        # Rules of one URL are equal.
        assert found is expected
        assert args == {"i": 7}
    assert find_rule(adapter, ()) == (None, None)
    redirect = url_map.bind("localhost", path_info="/c")
    assert find_rule(redirect, ("GET",)) == (None, None)
