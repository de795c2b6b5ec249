"""The URL map: what its rules say together, and what dispatches at one URL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    BaseConverter,
    IntegerConverter,
    Map,
    MapAdapter,
    PathConverter,
    Rule,
    UnicodeConverter,
    UUIDConverter,
    ValidationError,
)

from flask_method_guard.decision import DEFAULT_METHODS
from flask_method_guard.ruleset import Rules
from flask_method_guard.urlmap import Resource, ask, match_of

SEVEN = " ".join(sorted(DEFAULT_METHODS))


def rule(text: str, *methods: str, **options: Any) -> Rule:
    """Make a rule for the given methods; without any, it accepts every method."""
    endpoint = options.pop("endpoint", f"{text} {' '.join(methods)}")
    return Rule(text, methods=methods or None, endpoint=endpoint, **options)


def bind(url_map: Map, path: str, method: str = "GET") -> MapAdapter:
    """Bind a map to a request."""
    return url_map.bind("localhost", path_info=path, default_method=method)


def resource(url_map: Map, path: str, method: str) -> Resource:
    """Return a URL of a map, as a request with this method finds it."""
    adapter = bind(url_map, path, method)
    return Resource(Rules.read(url_map), adapter, ask(adapter, method))


def allowed(url_map: Map, path: str) -> str:
    """Return the methods that dispatch at a path; every request finds the same."""
    rules = Rules.read(url_map)
    known = sorted({*DEFAULT_METHODS, *rules.declared})
    found = {
        " ".join(resource(url_map, path, method).methods(known)) for method in known
    }
    assert len(found) == 1, found
    # The oracle: each method is sent to the router.
    sent = [m for m in known if ask(bind(url_map, path), m).dispatches]
    assert found == {" ".join(sent)}
    return found.pop()


# -- what the rules say together --------------------------------------------------


def test_the_declared_methods() -> None:
    """The methods of all rules are read; only some rules accept every method."""
    rules = Rules.read(Map([rule("/a", "GET"), rule("/b", "PURGE", "GET POST")]))
    assert rules.declared == {"GET", "HEAD", "PURGE", "GET POST"}
    assert not rules.any_method
    assert Rules.read(Map([rule("/a", "GET"), rule("/b")])).any_method


def test_no_rules() -> None:
    """In an empty map, nothing dispatches."""
    rules = Rules.read(Map())
    assert rules.declared == frozenset()
    assert not rules.any_method
    assert allowed(Map(), "/") == ""


def test_rules_that_only_build_urls() -> None:
    """No request reaches a rule that only builds URLs, so its methods do not count."""
    elsewhere = Rule("/", build_only=True, host="www.example", endpoint="elsewhere")
    purge = rule("/purge/", "PURGE", build_only=True)
    rules = Rules.read(Map([elsewhere, purge, rule("/", "GET")]))
    assert rules.declared == {"GET", "HEAD"}
    assert not rules.any_method
    assert rules.branches == {None: frozenset()}


@pytest.mark.parametrize(
    ("methods", "known"),
    [(["GET", "PURGE"], True), ([], True), (["GET", "COPY"], False)],
)
def test_the_methods_that_were_read(methods: list[str], known: bool) -> None:
    """A new method is noticed, whether a rule matched or only listed it."""
    rules = Rules.read(Map([rule("/a", "GET"), rule("/b", "PURGE")]))
    assert rules.knows(None, MethodNotAllowed(methods)) is known
    assert rules.knows(Rule("/c", methods=methods, endpoint="c"), None) is known
    assert rules.knows(None, NotFound())


def test_a_rule_for_every_method_is_noticed() -> None:
    """The first one changes what the app supports."""
    for_all = rule("/c")
    assert not Rules.read(Map([rule("/a", "GET")])).knows(for_all, None)
    assert Rules.read(Map([for_all])).knows(for_all, None)


def test_methods_that_dispatch_alike_form_a_group() -> None:
    """Methods are in one group if the same rules have them."""
    rules = Rules.read(Map([rule("/a", "GET", "PUT"), rule("/b", "PUT", "POST")]))
    assert rules.alike == {"GET": "GET", "HEAD": "GET", "POST": "POST", "PUT": "PUT"}


# -- where the router's list is exact ---------------------------------------------


class Refusing(BaseConverter):
    """Refuses every value."""

    def to_python(self, value: str) -> str:
        raise ValidationError


class Crashing(BaseConverter):
    """Crashes on every value."""

    def to_python(self, value: str) -> str:
        raise RuntimeError(value)


class Empty(BaseConverter):
    """Accepts the empty string, too."""

    regex = "[a-z]*"
    part_isolating = True


CONVERTERS: dict[str, Any] = {
    "refusing": Refusing,
    "crashing": Crashing,
    "empty": Empty,
}


class RefusingChild(Refusing):
    """Inherits from a converter that refuses."""

    regex = "[a-z]+"


class Pattern(BaseConverter):
    """Only sets the pattern, as tutorials do."""

    regex = "[a-z0-9]+"


class OnInstance(BaseConverter):
    """Has a function of its own on each instance."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.to_python = Refusing(*args).to_python  # type: ignore[method-assign]


class Limited(IntegerConverter):
    """Sets its limits by itself."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.max = 5


class Hexadecimal(IntegerConverter):
    """Matches what is not always a number."""

    regex = "[0-9a-z]+"


class Odd(IntegerConverter):
    """Makes something else of a number."""

    num_convert = Decimal


class OddUUID(UUIDConverter):
    """Matches what is not always a UUID."""

    regex = "[0-9a-z-]+"


CONVERTERS |= {
    "child": RefusingChild,
    "pattern": Pattern,
    "on_instance": OnInstance,
    "limited": Limited,
    "more": type("More", (IntegerConverter,), {}),
    "hexadecimal": Hexadecimal,
    "odd": Odd,
    "more_uuid": type("MoreUUID", (UUIDConverter,), {}),
    "odd_uuid": OddUUID,
    "more_string": type("MoreString", (UnicodeConverter,), {}),
    "two": type("Two", (BaseConverter,), {"regex": "[a-z]/[a-z]"}),
}


@pytest.mark.parametrize(
    ("variable", "is_total"),
    [
        ("string(length=2)", True),
        ("any(a, b)", True),
        ("any('', b)", False),
        ("path", True),
        ("uuid", True),
        ("int", True),
        ("int(signed=True)", True),
        ("int(max=5)", False),
        ("int(min=0)", False),
        ("int(fixed_digits=3)", False),
        ("float", True),
        ("float(signed=True)", True),
        ("float(min=1)", False),
        ("pattern", True),
        ("more", True),
        ("more_uuid", True),
        ("more_string", True),
        ("two", True),
        ("refusing", False),
        ("crashing", False),
        ("empty", False),
        ("child", False),
        ("on_instance", False),
        ("limited", False),
        ("hexadecimal", False),
        ("odd", False),
        ("odd_uuid", False),
    ],
)
def test_which_converters_cannot_reject(variable: str, is_total: bool) -> None:
    """A rule is doubtful if a converter may reject what its pattern matches."""
    url_map = Map([rule(f"/a/<{variable}:x>", "GET")], converters=CONVERTERS)
    exact = Rules.read(url_map).is_list_complete(bind(url_map, "/a/x"), "GET")
    assert exact is is_total


LIMITED = ["/limited/<int(max=5):i>", "/more/<int(max=5):i>/", "/b"]
NUMBER = ["/<int:x>", "/branch/<y>/"]


@pytest.mark.parametrize(
    ("rules", "options", "path", "exact"),
    [
        (["/"], {}, "/x", True),
        (["/a/<b>"], {}, "/x", True),
        (["/<int:i>/<float:f>/<uuid:u>/<path:p>"], {}, "/x", True),
        (["/<int(max=5):i>"], {}, "/x", False),
        (["/<a>/<refusing:x>"], {}, "/x", False),
        (["/a-<refusing:x>"], {}, "/x", False),
        (LIMITED, {}, "/limited/x", False),
        (LIMITED, {}, "/limited", False),
        (LIMITED, {}, "/more/x/y/z", False),
        (LIMITED, {}, "/limited-not", True),
        (LIMITED, {}, "/b/limited", True),
        (LIMITED, {}, "/", True),
        ([*LIMITED, "/<refusing:x>"], {}, "/b", False),
        (["/a"], {"websocket": True}, "/a/x", False),
        (["/a"], {"websocket": True}, "/x", True),
        (["/a"], {"merge_slashes": False}, "/a", True),
        (["/a"], {"merge_slashes": False}, "//a", False),
        (["/a"], {"redirect_to": str}, "/a", False),
        (["/a"], {"redirect_to": str}, "/x", True),
        (["/a"], {"redirect_to": "b"}, "/a", True),
        (["/a"], {"methods": None}, "/x", False),
        (NUMBER, {}, "/x", True),
        (NUMBER, {}, "/branch", True),
        (NUMBER, {}, "/branch/x", False),
        (NUMBER, {}, "/branch/x/", True),
        (NUMBER, {}, "/branch/", True),
        (NUMBER, {}, "/branch/x/y", True),
        (NUMBER, {}, "//branch", False),
        (NUMBER, {}, "/a//b", False),
        (NUMBER, {}, f"/{'a' * 630}", True),
        (NUMBER, {}, f"/{'a' * 640}", False),
        (["/<x>/"], {}, "/x", False),
        (["/<x>/"], {}, "/", True),
        (["/<x>/"], {}, "/x/y", True),
        (["/<x>/a/"], {}, "/x", True),
        (["/<x>/a/"], {}, "/x/a", False),
        (["/<x>/", "/a/<x>/"], {}, "/a", False),
        (["/<x>/", "/a/<x>/"], {}, "/a/b", False),
        (["/<x>/", "/a/<x>/"], {}, "/b/a", True),
        (["/p/<path:x>/"], {}, "/p", False),
        (["/p/<path:x>/"], {}, "/p/a/b/c", False),
        (["/p/<two:x>/"], {}, "/p/a/b", False),
        (["/<any('a/b', c):x>/"], {}, "/c", False),
        (["/<any('a/b', c):x>/"], {}, "/a/b", False),
        (["/a/b/"], {}, "/a/b", False),
        (["//a/b/"], {}, "/a/b", False),
        (["/a/b/"], {}, "a/b", False),
        (["/a/b/"], {}, "/a/b/", True),
        (["/a/b/"], {}, "/a/c", True),
        (["/a/<b>/"], {}, "/a/c", False),
        (["/a/<b>/"], {}, "/a", True),
        (["/a/<b>/"], {}, "/c/a", True),
        (["//"], {}, "/", False),
        (["/"], {}, "/", True),
        (["/"], {}, "", False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_where_the_list_is_exact(
    rules: list[str], options: dict[str, Any], path: str, exact: bool
) -> None:
    """It is if no rule rejects what it matches, and no slash is missing or merged.

    A rule matters only where URLs begin as it does.
    """
    made = [Rule(t, **{"endpoint": t, "methods": ["GET"], **options}) for t in rules]
    url_map = Map(made, converters=CONVERTERS)
    assert Rules.read(url_map).is_list_complete(bind(url_map, path), "GET") is exact


@pytest.mark.parametrize("text", ["/x/<y>", "/x/<y>/"])
@pytest.mark.parametrize("path", ["/x/y", "/z"])
def test_a_rule_that_hides_its_converters(text: str, path: str) -> None:
    """Where the bound converters cannot be read, the list is not trusted."""
    url_map = Map([rule(text, "GET")])
    [only] = url_map.iter_rules()
    delattr(only, "_converters")
    exact = Rules.read(url_map).is_list_complete(bind(url_map, path), "GET")
    assert exact is (path == "/z")


class Hiding(MapAdapter):
    """Hides a route from everybody."""

    def match(self, *args: Any, **kwargs: Any) -> Any:
        if "PUT" in args:
            raise NotFound
        return super().match(*args, **kwargs)


def test_an_adapter_of_another_class() -> None:
    """It may do anything, so it is asked about each method by itself."""
    url_map = Map([rule("/a", "GET", "POST", "PUT", "DELETE")])
    for method in ("GET", "PUT", "PATCH"):
        adapter = bind(url_map, "/a", method)
        adapter.__class__ = Hiding
        assert not Rules.read(url_map).is_list_complete(adapter, "PURGE")
        found = Resource(Rules.read(url_map), adapter, ask(adapter, method))
        assert found.methods(DEFAULT_METHODS) == ["DELETE", "GET", "HEAD", "POST"]


def test_a_websocket_request() -> None:
    """A WebSocket request reaches none of the listed methods."""
    url_map = Map([rule("/a", "GET")])
    adapter = url_map.bind(
        "localhost", path_info="/a", url_scheme="ws", default_method="PUT"
    )
    assert not Rules.read(url_map).is_list_complete(adapter, "GET")
    found = Resource(Rules.read(url_map), adapter, ask(adapter, "PUT"))
    assert found.methods(["GET"]) == []


# -- what dispatches --------------------------------------------------------------

LOOSE: dict[str, Any] = {"strict_slashes": False}


def get(text: str, **options: Any) -> Rule:
    """Make a rule for GET."""
    return rule(text, "GET", **options)


def put(text: str, **options: Any) -> Rule:
    """Make a rule for PUT."""
    return rule(text, "PUT", **options)


EXACT = {
    "static": ([get("/a")], "/a", "GET HEAD"),
    "another path": ([get("/a")], "/b", ""),
    "two rules": ([get("/a"), put("/a")], "/a", "GET HEAD PUT"),
    "value accepted": ([get("/<int(max=5):i>")], "/3", "GET HEAD"),
    "value refused": ([get("/<int(max=5):i>")], "/9", ""),
    "value refused by one of two": (
        [get("/<refusing:i>"), put("/<refusing:i>/"), put("/<i>")],
        "/9",
        "PUT",
    ),
    "a heavier rule refuses the value": (
        [get("/<int(max=5):i>"), rule("/<i>", "GET", "PUT")],
        "/9",
        "PUT",
    ),
    "optional slash": ([get("/a/", **LOOSE)], "/a", "GET HEAD"),
    "slash missing at one of two": ([get("/a"), put("/a/")], "/a", "GET HEAD PUT"),
    "redirect to the slash": ([get("/a/")], "/a", "GET HEAD"),
    "merged slashes": ([put("/a/b")], "/a//b", "PUT"),
    "merged slashes and an optional one": (
        [get("/a/b/", **LOOSE)],
        "/a//b",
        "GET HEAD",
    ),
    "only slashes": ([get("/"), put("/<x>/")], "//", "GET HEAD"),
    "two slashes in a rule": ([put("/a//b/", **LOOSE)], "/a/b", "PUT"),
    "websocket": ([get("/a", websocket=True)], "/a", ""),
    "websocket next to HTTP": ([get("/a", websocket=True), put("/a")], "/a", "PUT"),
    "number of many digits": ([get("/<int:i>")], f"/{'9' * 640}", "GET HEAD"),
    "crash": ([put("/<crashing:x>")], "/a", "PUT"),
    "no methods, crash": ([rule("/<crashing:x>")], "/a", SEVEN),
    "no methods": ([rule("/a")], "/a", SEVEN),
    "no methods, without a slash": ([rule("/a/")], "/a", SEVEN),
    "redirect_to": ([get("/a", redirect_to="b")], "/a", "GET HEAD"),
    "redirect_to a callable": (
        [get("/<i>", redirect_to=lambda adapter, i: "b")],
        "/a",
        "GET HEAD",
    ),
    "an optional segment": ([put("/a/<empty:x>")], "/a/", "PUT"),
    "a rule for what is not a method": ([rule("/a", "GET", " ")], "/a", "  GET HEAD"),
}


@pytest.mark.parametrize(("rules", "path", "methods"), EXACT.values(), ids=EXACT.keys())
def test_exact(rules: list[Rule], path: str, methods: str) -> None:
    """A method is found if and only if sending it reaches a route or a redirect."""
    url_map = Map(rules, converters=CONVERTERS)
    assert allowed(url_map, path) == methods


def test_an_optional_slash_after_a_default_converter_of_its_own() -> None:
    """Where the default converter accepts slashes, a rule may end anywhere."""
    slashed = rule("/<x>/", "GET", strict_slashes=False)
    url_map = Map([slashed], converters={"default": PathConverter})
    assert allowed(url_map, "/a/b") == "GET HEAD"


def test_a_number_with_too_many_digits() -> None:
    """Python refuses to read a number that is too long, so no route accepts it."""
    url_map = Map([rule("/<int:i>", "GET")])
    path = f"/{'9' * 5000}"
    # Older versions of Werkzeug crash on it.
    served = ask(bind(url_map, path), "GET").dispatches
    assert allowed(url_map, path) == ("GET HEAD" if served else "")


@pytest.mark.parametrize("text", ["/a", "/<int(max=5):i>"])
def test_only_the_methods_asked_for(text: str) -> None:
    """A method that a route declares and the app does not support is not found."""
    url_map = Map([rule(text, "GET", "PURGE")])
    found = resource(url_map, "/a" if text == "/a" else "/1", "PUT")
    assert found.methods(["GET", "HEAD"]) == ["GET", "HEAD"]


class Counting(Map):
    """Counts how often the router is asked; it looks for new rules each time."""

    asked = 0

    def update(self) -> None:
        self.asked += 1
        super().update()


@pytest.mark.parametrize(
    ("rules", "path", "asked"),
    [
        (["/a"], "/a", 0),
        (["/a"], "/b", 0),
        (["/a", "/b/"], "/a", 0),
        (["/a", "/b/"], "/c", 0),
        (["/a", "/<int:x>/"], "/a", 1),
        (["/a", "/a/"], "/a", 1),
        (["/a", "/<x>/"], "/a", 1),
        (["/a/b", "/<x>/"], "/a/b", 0),
        (["/<int(max=5):a>"], "/x", 0),
        (["/<int(max=5):a>"], "/9", 1),
        (["/a", "/limited/<int(max=5):a>"], "/a", 0),
    ],
)
def test_few_look_ups(rules: list[str], path: str, asked: int) -> None:
    """The router is asked again only where its own list may not be exact."""
    url_map = Counting([rule(text, "GET") for text in rules])
    adapter = bind(url_map, path, "PUT")
    answer = ask(adapter, "PUT")
    found = Resource(Rules.read(url_map), adapter, answer)
    url_map.asked = 0
    found.methods(DEFAULT_METHODS)
    assert url_map.asked == asked


# -- one question to the router ---------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "dispatches", "listed"),
    [
        ("/a", "GET", True, None),
        ("/a", "PUT", False, {"GET", "HEAD"}),
        ("/b", "GET", False, set()),
        ("/c", "GET", True, None),
    ],
)
def test_ask(path: str, method: str, dispatches: bool, listed: set[str] | None) -> None:
    """One question to the router has one of three answers."""
    url_map = Map([rule("/a", "GET"), rule("/c/", "GET")])
    found = ask(bind(url_map, path), method)
    assert (found.dispatches, found.listed) == (dispatches, listed)
    assert (found.rule is not None) is (path == "/a" and dispatches)


@pytest.mark.parametrize(
    ("error", "dispatches", "listed"),
    [
        (NotFound(), False, set()),
        (MethodNotAllowed(["GET"]), False, {"GET"}),
        (MethodNotAllowed(), False, None),
        (HTTPException(), False, None),
        (RuntimeError(), True, None),
    ],
    ids=["404", "405", "405 without a list", "another", "a crash"],
)
def test_refusal(error: Exception, dispatches: bool, listed: set[str] | None) -> None:
    """An exception of the router is an answer, too."""
    found = match_of(error)
    assert (found.dispatches, found.listed) == (dispatches, listed)


def test_the_owner_of_a_url() -> None:
    """GET's rule represents a URL, otherwise the first; a redirect has none."""
    get, put = rule("/<int:i>", "GET"), rule("/<int:i>", "DELETE", "PUT")
    url_map = Map([get, put, rule("/c/", "GET")])
    found = resource(url_map, "/7", "POST")
    for methods, expected in ((("DELETE", "GET", "PUT"), get), (("PUT",), put)):
        match = found.representative(methods)
        # Rules of one URL are equal.
        assert match.rule is expected
        assert match.args == {"i": 7}
    assert found.representative(()).rule is None
    assert resource(url_map, "/c", "POST").representative(["GET"]).rule is None
