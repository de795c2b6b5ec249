"""What is known of an app: read once, and again when the app has changed."""

from __future__ import annotations

import pytest
from flask import request
from werkzeug.routing import Map, Rule

from flask_method_guard import Settings, deprecated_methods
from flask_method_guard.deprecation import utc_now
from flask_method_guard.state import AppState
from tests.raw_wsgi import ask
from tests.routed_apps import make_app, make_plain_app, outcome


def test_a_rule_added_late() -> None:
    """A rule that is added after the first request counts at once."""
    app = make_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.view_functions["dav"] = lambda: "dav"
    app.url_map.add(Rule("/dav", endpoint="dav", methods=["PROPFIND"]))
    assert ask(app, "PROPFIND", "/dav").text == "dav"
    assert ask(app, "PROPFIND", "/items").status == 405


def test_a_rule_added_late_to_a_large_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large map is counted once a second at most, and at once with a new view."""
    now = 100.0
    monkeypatch.setattr("flask_method_guard.state.monotonic", lambda: now)
    app = make_app()
    for number in range(300):
        app.url_map.add(Rule(f"/more/{number}", endpoint="items", methods=["GET"]))
    assert ask(app, "PROPFIND", "/items").status == 501
    now += 2
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map.add(Rule("/dav", endpoint="items", methods=["PROPFIND"]))
    now += 0.9
    assert ask(app, "PROPFIND", "/items").status == 501
    now += 0.2
    assert ask(app, "PROPFIND", "/items").status == 405
    app.view_functions["lock"] = lambda: "lock"
    app.url_map.add(Rule("/lock", endpoint="lock", methods=["LOCK"]))
    assert ask(app, "LOCK", "/items").status == 405


def test_a_deprecated_view_added_late() -> None:
    """What is said of a view counts from its first request on, whenever it came."""
    app = make_app()
    assert ask(app, "PUT", "/items").status == 405
    view = deprecated_methods("GET", since="2026-01-01")(lambda: "late")
    app.view_functions["late"] = view
    app.url_map.add(Rule("/late", endpoint="late", methods=["GET"]))
    assert ask(app, "GET", "/late").get("Deprecation") == "@1767225600"


def test_a_served_request_costs_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that is settled is not decided again."""
    app = make_app()
    assert ask(app, "GET", "/items").status == 200
    monkeypatch.setattr("flask_method_guard.target.decide", lambda it: 1 / 0)
    assert ask(app, "GET", "/items").status == 200
    assert ask(app, "POST", "/items").status == 200
    assert ask(app, "FOO", "/items").status == 500


def test_a_slash_that_joins_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule whose methods the router hides counts after a second, or with its view."""
    now = 100.0
    monkeypatch.setattr("flask_method_guard.state.monotonic", lambda: now)
    app = make_plain_app()
    assert ask(app, "PUT", "/late").status == 404
    app.url_map.add(Rule("/late/", endpoint="items", methods=["GET"]))
    now += 0.9
    assert ask(app, "PUT", "/late").status == 404
    now += 0.2
    assert outcome(ask(app, "PUT", "/late")) == (405, "GET, HEAD")
    app.view_functions["later"] = lambda: "later"
    app.url_map.add(Rule("/later/", endpoint="later", methods=["GET"]))
    assert outcome(ask(app, "PUT", "/later")) == (405, "GET, HEAD")


def test_a_list_beats_the_routes() -> None:
    """A routed method outside the list is 501, and in no Allow."""
    app = make_app(SUPPORTED_METHODS=["PUT", "OPTIONS"])
    assert ask(app, "POST", "/items").status == 501
    assert outcome(ask(app, "PUT", "/items")) == (405, "GET, HEAD, OPTIONS")
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("supported", ["*", None, "routes"], ids=repr)
def test_a_rule_for_every_method(supported: object) -> None:
    """An app with a rule that takes every method never says 501."""
    app = make_app(SUPPORTED_METHODS=supported)
    app.view_functions["any"] = lambda: request.method
    app.url_map.add(Rule("/any", endpoint="any"))
    assert ask(app, "FOO", "/any").text == "FOO"
    assert outcome(ask(app, "FOO", "/items")) == (405, "GET, HEAD, OPTIONS, POST")


def test_every_method_is_known() -> None:
    """With the asterisk nothing is 501, for load balancers that count 5xx."""
    app = make_app(SUPPORTED_METHODS="*")
    assert outcome(ask(app, "FOO", "/items")) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "FOO", "/nowhere").status == 404


@pytest.mark.parametrize("more", [0, 300], ids=["small", "large"])
def test_another_map(more: int) -> None:
    """An app that is given another map is read anew, however many rules it has."""
    app = make_plain_app()
    for number in range(more):
        app.add_url_rule(f"/more/{number}", "items", methods=["GET"])
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map = Map([Rule("/items", endpoint="items", methods=["PROPFIND"])])
    assert outcome(ask(app, "PUT", "/items")) == (405, "PROPFIND")


def test_a_rule_for_what_is_no_method() -> None:
    """A rule cannot make a method of what is no token."""
    app = make_plain_app()
    app.add_url_rule("/odd", "odd", lambda: "odd", methods=["GET", "A B"])
    for _ in range(2):
        assert ask(app, "A B", "/odd").status == 400


def test_other_threads_see_all_or_nothing() -> None:
    """Until all is read, the hook of another thread takes no short cut."""
    set_since: list[str] = []

    class Watched(AppState):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            set_since.append(name)

    state = Watched(Settings(), utc_now)
    set_since.clear()
    state.index(make_plain_app())
    assert set_since[-2:] == ["view_count", "_index"]
    assert {"settled", "_may_hide", "make_facts"} < set(set_since)
