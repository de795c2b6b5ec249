"""MG115: whether what replaces a deprecated method works, as the app itself says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.report import check


class Digits(BaseConverter):
    """Reads a number, and cannot write it."""

    regex = r"\d+"

    def to_python(self, value: str) -> tuple[str]:
        return (value,)


class Nothing(BaseConverter):
    """Reads no value at all."""

    def to_python(self, value: str) -> str:
        raise ValidationError


class Crashing(BaseConverter):
    """Fails on what it reads."""

    def to_python(self, value: str) -> str:
        raise RuntimeError(value)


def view(**_: object) -> str:
    """Serve, or break the promise that no view runs."""
    raise AssertionError


def make_app(**config: Any) -> Flask:
    """Make an app with the resources that successors name."""
    app = Flask(__name__, static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    app.url_map.converters |= {"digits": Digits, "nothing": Nothing, "crash": Crashing}
    MethodGuard(app, clock=lambda: datetime(2030, 1, 1, tzinfo=timezone.utc))
    app.add_url_rule("/v2/books/<int:number>", "v2", view, methods=["PUT", "PATCH"])
    app.add_url_rule("/v2/shelves/", "shelves", view, methods=["PUT"])
    app.add_url_rule("/crash/<crash:x>", "crash", view, methods=["PUT"])
    for name, sunset in (("early", "2026-06-30"), ("late", "2026-07-02")):
        ends = deprecated_methods("PUT", sunset=sunset, brownouts=["2026-01-02/P1D"])
        app.add_url_rule(f"/{name}", name, ends(lambda: ""), methods=["PUT"])
    return app


def messages(app: Flask) -> Iterator[tuple[str | None, str]]:
    """Return what MG115 finds: endpoints and messages."""
    for found in check(app, select=["MG115"]):
        yield found.endpoint, found.message


def found_for(successor: Any, rule: str = "/books/<int:number>", **marks: Any) -> Any:
    """Return what is wrong with a successor of PUT; ``None`` if nothing is."""
    app = make_app(ENFORCE_SUNSET=True)
    values = {"since": "2026-01-01", "sunset": "2026-07-01"} | marks
    mark = deprecated_methods("PUT", **values, successor=successor)
    book = mark(lambda **values: "")
    app.add_url_rule(rule, "book", book, methods=["GET", "PUT", "PATCH"])
    found = list(messages(app))
    if not found:
        return None
    [(endpoint, message)] = found
    place = f"PUT {rule}: "
    assert endpoint == "book"
    assert message.startswith(place)
    return message.removeprefix(place)


@pytest.mark.parametrize(
    ("successor", "rule"),
    [
        ("PATCH", "/books/<int:number>"),
        ("/v2/books/{number}", "/books/<int:number>"),
        ("PATCH /v2/books/{number}?from={number}", "/books/<int:number>"),
        (("/books/", "/v2/books/"), "/books/<int:number>"),
        # A redirect works, and so does a method that ends later.
        ("/v2/shelves", "/books/<int:number>"),
        ("/late", "/books/<int:number>"),
        # Other hosts are not asked.
        ("https://new.example/{number}", "/books/<int:number>"),
        # What cannot be asked is not judged.
        ("/nowhere", "/books/<nothing:number>"),
        ("/crash/1", "/books/<int:number>"),
    ],
    ids=repr,
)
def test_what_works(successor: str, rule: str) -> None:
    """A successor that is served, redirects or cannot be asked is well."""
    assert found_for(successor, rule) is None


@pytest.mark.parametrize(
    ("successor", "rule", "message"),
    [
        (
            "DELETE",
            "/books/<int:number>",
            "its successor DELETE gets 405 Method Not Allowed.",
        ),
        (
            "/v3/books/{number}",
            "/books/<int:number>",
            "its successor PUT /v3/books/1 gets 404 Not Found.",
        ),
        (
            "MOVE /v2/books/{number}",
            "/books/<int:number>",
            "its successor MOVE /v2/books/1 gets 501 Not Implemented.",
        ),
        (
            ("/books/", "/v3/books/"),
            "/books/<int:number>",
            "its successor PUT /v3/books/1 gets 404 Not Found.",
        ),
        (
            "/v2/books/{id}",
            "/books/<int:number>",
            "the rule has no variable {id}.",
        ),
        (
            "https://new.example/{b}/{a}",
            "/books/<int:number>",
            "the rule has no variable {a}, {b}.",
        ),
        (
            "/v2/books/{number}",
            "/books/<digits:number>",
            "the value of {number} cannot be written into a URL.",
        ),
        (
            "/early",
            "/books/<int:number>",
            "its successor PUT /early ends on 30 June 2026 itself.",
        ),
        (
            "PUT",
            "/books/<int:number>",
            "its successor PUT ends on 1 July 2026 itself.",
        ),
        (("/v1/", "/v2/"), "/books/<int:number>", "no path starts with /v1/."),
    ],
    ids=repr,
)
def test_what_does_not_work(successor: Any, rule: str, message: str) -> None:
    """The message names the status, the variable, or the date."""
    assert found_for(successor, rule) == message


def test_a_successor_may_end_if_the_method_has_no_sunset() -> None:
    """Where nobody says when a method ends, its successor does not end before."""
    assert found_for("/early", sunset=None) is None


def test_a_mark_of_the_whole_app() -> None:
    """Each of its routes is asked, and each is reported at its view."""
    mark = {"successor": "/v2{path}", "sunset": "2026-07-01"}
    app = make_app(DEPRECATED_METHODS={"LOCK": mark})
    app.add_url_rule("/a<path:path>", "a", view, methods=["LOCK"])
    app.add_url_rule("/b", "b", view, methods=["LOCK"])
    assert dict(messages(app)) == {
        "a": "LOCK /a<path:path>: its successor LOCK /v21 gets 404 Not Found.",
        "b": "LOCK /b: the rule has no variable {path}.",
    }


def test_a_pair_is_asked_where_it_fits() -> None:
    """A route outside of the first prefix is left alone, unless all are."""
    mark = {"successor": ("/v1/", "/v2/")}
    app = make_app(DEPRECATED_METHODS={"PATCH": mark})
    app.add_url_rule("/v1/books/<int:number>", "v1", view, methods=["PATCH"])
    app.add_url_rule("/v1/old", "old", view, methods=["PATCH"])
    app.add_url_rule("/other", "other", view, methods=["PATCH"])
    assert list(messages(app)) == [
        ("old", "PATCH /v1/old: its successor PATCH /v2/old gets 404 Not Found.")
    ]


def test_a_get_and_its_head() -> None:
    """What is said of GET is not said again of HEAD."""
    app = make_app(DEPRECATED_METHODS={"GET": {"successor": "/nowhere"}})
    app.add_url_rule("/", "index", view)
    assert list(messages(app)) == [
        ("index", "GET /: its successor GET /nowhere gets 404 Not Found.")
    ]


def test_a_rule_for_every_method() -> None:
    """It has every method that is deprecated."""
    app = make_app(DEPRECATED_METHODS={"PUT": {"successor": "/nowhere"}})
    app.add_url_rule("/every/<int:n>", "every", view)
    next(app.url_map.iter_rules("every")).methods = None
    assert (
        "every",
        "PUT /every/<int:n>: its successor PUT /nowhere gets 404 Not Found.",
    ) in list(messages(app))


def test_a_mounted_app_and_a_host() -> None:
    """The prefix of the app is no part of the path, and the host is the route's."""
    app = make_app(DEPRECATED_METHODS={"PUT": {"successor": ("/v1/", "/v2/")}})
    app.config.update(APPLICATION_ROOT="/shop", SERVER_NAME="shop.example")
    app.add_url_rule("/v1/books/<int:number>", "v1", view, methods=["PUT"])
    assert list(messages(app)) == []
    app.subdomain_matching = True
    app.add_url_rule("/v1/x", "sub", view, methods=["PUT"], subdomain="api")
    app.add_url_rule("/v2/x", "sub2", view, methods=["PUT"], subdomain="api")
    assert list(messages(app)) == []


@pytest.mark.skipif(
    "TRUSTED_HOSTS" not in Flask("probe").config, reason="new in Flask 3.1"
)
def test_a_host_that_is_not_trusted() -> None:
    """The app is not asked where it binds no URL map."""
    app = make_app(DEPRECATED_METHODS={"POST": {"successor": "/nowhere"}})
    app.config.update(TRUSTED_HOSTS=["shop.example"], SERVER_NAME="other.example")
    app.add_url_rule("/", "index", view, methods=["POST"])
    assert list(messages(app)) == []


def test_no_route() -> None:
    """A method that no route has is MG106 and nothing else."""
    app = make_app(DEPRECATED_METHODS={"LOCK": {"successor": "/nowhere"}})
    assert [found.id for found in check(app, select=["MG106", "MG115"])] == ["MG106"]
