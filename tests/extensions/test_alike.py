"""What a client gets from an app with any of the extensions, guarded or not."""

from __future__ import annotations

import pytest

from tests.raw_wsgi import Answer, ask

from .apps import EXTENSIONS
from .kit import Extension, each_place, guarded

each_extension = pytest.mark.parametrize(
    "extension", EXTENSIONS, ids=lambda extension: extension.package
)


def settled(answer: Answer, extension: Extension) -> Answer:
    """Leave out what differs from one answer to the next."""
    headers = tuple(
        (name, value)
        for name, value in answer.headers
        if name not in extension.volatile
    )
    return Answer(answer.line, headers, answer.body)


@each_place
@each_extension
def test_the_statuses(extension: Extension, place: str) -> None:
    """200, 404 and 405 stay, and only an unknown method changes: from 405 to 501."""
    asked = {
        ("GET", "/items"): 200,
        ("HEAD", "/items"): 200,
        ("OPTIONS", "/items"): 200,
        ("GET", "/nowhere"): 404,
        ("PUT", "/items"): 405,
        ("FOO", "/items"): 405 if place == "none" else 501,
        ("FOO", "/nowhere"): 404 if place == "none" else 501,
        ("get", "/items"): 200 if place == "none" else 501,
        ("G ET", "/items"): 405 if place == "none" else 400,
    }
    found = {
        (method, path): ask(extension.app(place), method, path).status
        for method, path in asked
    }
    assert found == asked


@guarded
@each_extension
def test_what_is_served_or_not_found_is_the_same(
    extension: Extension, place: str
) -> None:
    """200 and 404 are the very bytes of the app without the guard."""
    for method, path in [("GET", "/items"), ("HEAD", "/items"), ("GET", "/nowhere")]:
        bare = ask(extension.app("none"), method, path)
        answer = ask(extension.app(place), method, path)
        assert settled(answer, extension) == settled(bare, extension)


@guarded
@each_extension
def test_allow_is_exact(extension: Extension, place: str) -> None:
    """405 and OPTIONS name the methods in order, and 501 and 404 name none."""
    app = extension.app(place)
    for method in ("PUT", "OPTIONS"):
        assert ask(app, method, "/items").get("Allow") == "GET, HEAD, OPTIONS"
    for method, path in [("FOO", "/items"), ("G ET", "/items"), ("PUT", "/nowhere")]:
        assert ask(app, method, path).get("Allow") is None


@guarded
@each_extension
def test_whose_body_it_is(extension: Extension, place: str) -> None:
    """An extension that renders errors keeps doing so; else the body is the guard's."""
    app = extension.app(place)
    for method, status in [("PUT", 405), ("FOO", 501), ("G ET", 400)]:
        answer = ask(app, method, "/items")
        assert answer.status == status
        if extension.renders:
            assert answer.get("Content-Type") == "application/json"
            assert "type" not in answer.json
        else:
            assert answer.get("Content-Type") == "application/problem+json"
            assert answer.json["status"] == status
