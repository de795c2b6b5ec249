"""``Allow`` on maps that are hard to read: odd rules, converters, hosts and names.

Every answer is compared with what a bare app dispatches, method by method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort
from werkzeug.routing import BaseConverter, Rule, UnicodeConverter, ValidationError

from flask_method_guard import MethodGuard
from flask_method_guard.testing import assert_method_contract
from tests.raw_wsgi import Answer, ask
from tests.routed_apps import outcome

SEVEN = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def make_app(build: Callable[[Flask], object], *, guarded: bool, **more: Any) -> Flask:
    """Make an app whose rules ``build`` adds, with the guard or without it."""
    app = Flask("odd", static_folder=None, **more)
    if guarded:
        MethodGuard(app)
    build(app)
    return app


def refuse(
    build: Callable[[Flask], object],
    path: str,
    *,
    method: str = "POST",
    host: str = "localhost",
    **more: Any,
) -> Answer:
    """Send a method that no rule takes, and check the answer against a bare app."""
    bare = make_app(build, guarded=False, **more)
    taken = [m for m in SEVEN if ask(bare, m, path, host=host).status < 400]
    answer = ask(make_app(build, guarded=True, **more), method, path, host=host)
    expected = (405, ", ".join(taken)) if taken else (404, None)
    assert outcome(answer) == expected
    return answer


# -- rules that are hard to read ---------------------------------------------------


class OwnNames(Rule):
    """A rule that knows a converter which the map does not."""

    def get_converter(
        self, variable_name: str, converter_name: str, args: Any, kwargs: Any
    ) -> BaseConverter:
        if converter_name == "own":
            return UnicodeConverter(self.map)
        return super().get_converter(variable_name, converter_name, args, kwargs)


def own_rule_class(app: Flask) -> None:
    """Give rules a ``get_converter`` of their own."""
    app.url_rule_class = OwnNames
    app.add_url_rule("/odd/<own:x>/", "odd", lambda x: x)


def brackets_in_arguments(app: Flask) -> None:
    """Write what looks like a converter into the arguments of one."""
    app.add_url_rule('/odd/<any("<foo:", bar):x>', "odd", lambda x: x)


def deleted_converter(app: Flask) -> None:
    """Take a converter's name away after a rule has used it."""
    app.url_map.converters["own"] = UnicodeConverter
    app.add_url_rule("/odd/<own:x>", "odd", lambda x: x)
    del app.url_map.converters["own"]


@pytest.mark.parametrize(
    "build", [own_rule_class, brackets_in_arguments, deleted_converter]
)
def test_no_rule_breaks_the_others(build: Callable[[Flask], None]) -> None:
    """Whatever a rule looks like, the others are served and refused as ever."""

    def both(app: Flask) -> None:
        build(app)
        app.add_url_rule("/items", "items", lambda: "items")

    app = make_app(both, guarded=True)
    assert ask(app, "GET", "/items").text == "items"
    assert ask(app, "FOO", "/items").status == 501
    assert outcome(refuse(both, "/items"))[0] == 405
    refuse(both, "/odd/bar")
    refuse(both, "/odd/bar/")


def test_a_slash_in_the_arguments_of_a_converter() -> None:
    """A slash that is only in an argument is not one of the path."""

    def build(app: Flask) -> None:
        rule = '/<any("<a/b", c):x>/'
        app.add_url_rule(rule, "odd", lambda x: x, strict_slashes=False)

    assert refuse(build, "/c").status == 405


def test_a_converter_that_matches_the_empty_string() -> None:
    """A segment may be empty, and then the path ends in more than one slash."""

    def build(app: Flask) -> None:
        app.add_url_rule("/a/<string(minlength=0):x>/", "odd", lambda x: f"x{x}")

    for path in ("/a/", "/a//", "/a///", "/a////", "/a/x//"):
        refuse(build, path)


class Small(BaseConverter):
    """Refuse what is longer than one character, after it has matched."""

    def to_python(self, value: str) -> str:
        if len(value) > 1:
            raise ValidationError("long")
        return value


@pytest.mark.parametrize("name", ["default", "own"])
def test_a_converter_name_that_is_given_away(name: str) -> None:
    """A rule keeps the converter that it was bound to, whatever the name means now."""

    def build(app: Flask) -> None:
        app.url_map.converters[name] = Small
        rule = "/v/<x>" if name == "default" else "/v/<own:x>"
        app.add_url_rule(rule, "odd", lambda x: x)
        app.url_map.converters[name] = UnicodeConverter

    assert refuse(build, "/v/1").status == 405
    assert refuse(build, "/v/11").status == 404


def test_an_alias_that_cannot_be_built() -> None:
    """A redirect that Werkzeug cannot build for a method is no reason to fail."""

    def build(app: Flask) -> None:
        app.add_url_rule("/a", "a", lambda: "a", methods=["GET"])
        app.add_url_rule("/alias", "a", methods=["GET", "POST"], alias=True)

    status, allow = outcome(ask(make_app(build, guarded=True), "DELETE", "/alias"))
    assert status == 405
    assert "GET" in (allow or "")


def test_a_host_of_too_many_digits() -> None:
    """Python refuses to read a number of thousands of digits, in a host too."""

    def build(app: Flask) -> None:
        app.config["SERVER_NAME"] = "example.test"
        app.add_url_rule("/", "home", lambda tenant: "ok", subdomain="<int:tenant>")

    bare = make_app(build, guarded=False, subdomain_matching=True)
    if ask(bare, "GET", "/", host=f"{'1' * 4301}.example.test").status == 500:
        pytest.skip("this Werkzeug crashes on it, and nobody knows the answer")
    for digits, status in ((1, 405), (4301, 404)):
        host = f"{'1' * digits}.example.test"
        answer = refuse(build, "/", host=host, subdomain_matching=True)
        assert answer.status == status


@pytest.mark.parametrize("of", ["map", "rule"])
def test_slashes_that_are_not_merged(of: str) -> None:
    """Where several slashes are not one, a URL that has them is another URL."""

    def build(app: Flask) -> None:
        app.url_map.merge_slashes = of == "rule"
        merge = False if of == "rule" else None
        app.add_url_rule("/a/b", "b", lambda: "b", merge_slashes=merge)
        app.add_url_rule("/c/d/", "d", lambda: "d", merge_slashes=merge)

    if ask(make_app(build, guarded=False), "GET", "/a//b").status != 404:
        pytest.skip("this Werkzeug merges them all the same")
    for path, status in (("/a/b", 405), ("/a//b", 404), ("/c//d/", 404)):
        assert refuse(build, path).status == status


# -- apps that bind the map in their own way -----------------------------------------


class Prefixed(Flask):
    """An app that takes a language off the path before it asks its map."""

    def create_url_adapter(self, request: Any) -> Any:
        adapter = super().create_url_adapter(request)
        if request is not None and adapter is not None:
            adapter.path_info = adapter.path_info.removeprefix("/en")
        return adapter


def test_the_path_that_the_router_saw_counts() -> None:
    """Equal requests get equal answers where an app strips a prefix for its map."""
    app = Prefixed("prefixed", static_folder=None)
    MethodGuard(app)
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    assert ask(app, "GET", "/en/loose").text == "loose"
    answers = [outcome(ask(app, "POST", "/en/loose")) for _ in range(5)]
    assert answers == [(405, "GET, HEAD, OPTIONS")] * 5


@pytest.mark.parametrize("method", SEVEN)
def test_an_upgrade_that_no_rule_is_for(method: str) -> None:
    """A request for a WebSocket dispatches nowhere, so that no method is promised."""

    def build(app: Flask) -> None:
        app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])

    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    bare = ask(make_app(build, guarded=False), method, "/items", headers=upgrade)
    app = make_app(build, guarded=True)
    answer = ask(app, method, "/items", headers=upgrade)
    assert outcome(answer) == (404 if bare.status == 405 else bare.status, None)
    assert bare.status in (400, 405)
    assert outcome(ask(app, "PUT", "/items"))[0] == 405


# -- names of methods ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/lost"), ("OPTIONS", "/lost"), ("GET", "/own"), ("GET", "/abort")],
)
def test_a_name_that_is_not_a_token_is_in_no_allow(method: str, path: str) -> None:
    """A lost comma in ``methods=["GET POST"]`` breaks no ``Allow``."""

    def build(app: Flask) -> None:
        lost = ["GET POST", "PATCH"]
        app.add_url_rule("/lost", "lost", lambda: "lost", methods=lost)
        lost = ["GET", "PO ST", "PATCH"]
        app.add_url_rule("/own", "own", lambda: ("no", 405), methods=lost)
        app.add_url_rule("/abort", "abort", lambda: abort(405), methods=lost)

    allow = "OPTIONS, PATCH" if path == "/lost" else "HEAD, OPTIONS, PATCH"
    assert ask(make_app(build, guarded=True), method, path).get("Allow") == allow


def test_the_contract_holds_for_a_method_with_a_hyphen() -> None:
    """VERSION-CONTROL and M-SEARCH are methods like any other."""

    def build(app: Flask) -> None:
        methods = ["GET", "VERSION-CONTROL"]
        app.add_url_rule("/doc", "doc", lambda: "doc", methods=methods)
        app.add_url_rule("/other", "other", lambda: "other", methods=["M-SEARCH"])

    assert assert_method_contract(make_app(build, guarded=True)).wrong == ()
