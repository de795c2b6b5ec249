"""One request: what the table learns about it and its URL, on whole apps."""

from __future__ import annotations

import pytest
from flask import Flask, abort
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter, Rule

from flask_method_guard import MethodGuard
from tests.raw_wsgi import ask, make_environ, run
from tests.routed_apps import make_app, outcome

SEVEN = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/n/9", (404, None)),
        ("POST", "/n/3", (405, "GET, HEAD, OPTIONS")),
        ("GET", "/n/9", (404, None)),
        ("DELETE", "/two/9", (405, "PUT")),
        ("DELETE", "/two/3", (405, "GET, HEAD, OPTIONS, PUT")),
        ("POST", "/loose", (405, "GET, HEAD, OPTIONS")),
        ("POST", "/loose/", (405, "GET, HEAD, OPTIONS")),
        ("GET", "/dir", (308, None)),
        ("POST", "/dir", (405, "GET, HEAD, OPTIONS")),
        ("OPTIONS", "/items", (200, "GET, HEAD, OPTIONS, POST")),
        ("OPTIONS", "/manual", (405, "PUT")),
        ("POST", "/static/x.css", (405, "GET, HEAD, OPTIONS")),
        ("PUT", "/nowhere", (404, None)),
        ("POST", "dir", (405, "GET, HEAD, OPTIONS")),
        ("POST", "//dir", (405, "GET, HEAD, OPTIONS")),
        ("POST", "", (405, "GET, HEAD, OPTIONS")),
    ],
)
def test_exact_allow(method: str, path: str, expected: tuple[int, str | None]) -> None:
    """A method is in Allow if and only if sending it reaches a view or a redirect."""
    assert outcome(ask(make_app(), method, path)) == expected


@pytest.mark.parametrize("path", ["/loose", "/dir", "/a//b", "/x/loose", ""])
def test_a_404_of_the_router_may_hide_methods(path: str) -> None:
    """A 404 for one method says nothing about other methods, at any request."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    app.add_url_rule("/dir/", "dir", lambda: "dir")
    app.add_url_rule("/a/b/", "merged", lambda: "merged")
    app.add_url_rule("/<x>/loose/", "deep", lambda x: x, strict_slashes=False)
    for _ in range(2):
        assert outcome(ask(app, "POST", path)) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        pytest.param("*", "*", id="most servers"),
        pytest.param("*", None, id="no target"),
        pytest.param("/*", "*", id="cheroot"),
    ],
)
def test_options_of_the_server(path: str, target: str | None) -> None:
    """OPTIONS * asks about the server as a whole, and reaches no catch-all view."""
    app = make_app()
    app.add_url_rule("/<path:rest>", "rest", lambda rest: abort(500))
    environ = {**make_environ("OPTIONS", path), "REQUEST_URI": target}
    answer = run(app, environ)
    assert (answer.status, answer.body, answer.get("Allow")) == (200, b"", None)
    environ = {**make_environ("OPTIONS", "/*"), "REQUEST_URI": "/*"}
    assert run(app, environ).get("Allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("supported", [None, "routes", "*"])
def test_options_next_to_a_rule_for_every_method(supported: str | None) -> None:
    """Flask's own answer to OPTIONS is made exact where the router lists nothing."""
    app = make_app(SUPPORTED_METHODS=supported)
    app.url_map.add(Rule("/<path:name>", endpoint="items"))
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, SEVEN)


def test_two_slashes_that_the_router_does_not_merge() -> None:
    """A redirect to two slashes counts as reached."""
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    MethodGuard(app)
    app.add_url_rule("//", "index", lambda: "index")
    assert ask(app, "GET", "/").status == 308
    assert outcome(ask(app, "POST", "/")) == (405, "GET, HEAD, OPTIONS")


def test_a_redirect_that_a_function_chooses() -> None:
    """A redirect_to function may refuse a value, which the router does not list."""

    def elsewhere(adapter: MapAdapter, name: str) -> str:
        if name == "no":
            raise NotFound
        return "items"

    app = make_app()
    app.url_map.add(
        Rule("/to/<name>", endpoint="to", methods=["GET"], redirect_to=elsewhere)
    )
    for _ in range(2):
        assert ask(app, "GET", "/to/yes").status == 308
        assert outcome(ask(app, "PUT", "/to/yes")) == (405, "GET, HEAD")
        assert outcome(ask(app, "PUT", "/to/no")) == (404, None)
