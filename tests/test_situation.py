"""One request: what the table learns about it and its URL, on whole apps."""

from __future__ import annotations

from typing import Any

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


def test_a_404_of_a_refusing_converter_may_hide_methods() -> None:
    """A value that the rule for GET refuses may be one that PUT's rule accepts."""
    app = make_app()
    for _ in range(2):
        assert outcome(ask(app, "GET", "/two/7")) == (405, "PUT")


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


def test_options_next_to_a_rule_for_every_method() -> None:
    """Flask's own answer to OPTIONS is made exact where the router lists nothing."""
    app = make_app()
    app.url_map.add(Rule("/items", endpoint="items"))
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, SEVEN)


def test_a_number_of_too_many_digits() -> None:
    """A number that Python refuses to read does not hide another rule."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/<int:i>", "number", str)
    app.add_url_rule("/<text>", "text", lambda text: text, methods=["PUT"])
    path = f"/{'9' * 5000}"
    assert ask(app, "PUT", path).status == 200
    got = outcome(ask(app, "GET", path))
    # Older versions of Werkzeug crash on such a number.
    assert got == (405, "PUT") or got[0] == 500


def test_host_matching() -> None:
    """Allow is that of the host that the request names."""
    app = Flask(__name__, host_matching=True, static_host="static.example")
    MethodGuard(app)
    app.add_url_rule("/", "a", lambda: "a", host="a.example")
    app.add_url_rule("/", "b", lambda: "b", host="b.example", methods=["PUT"])
    assert outcome(ask(app, "POST", "/", host="a.example")) == (
        405,
        "GET, HEAD, OPTIONS",
    )
    assert outcome(ask(app, "POST", "/", host="b.example")) == (405, "OPTIONS, PUT")
    assert ask(app, "POST", "/", host="c.example").status == 404


def test_subdomains() -> None:
    """Allow is that of the subdomain that the request names."""
    app = Flask(__name__, subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.org"
    MethodGuard(app)
    app.add_url_rule("/", "api", lambda: "api", subdomain="api", methods=["PUT"])
    app.add_url_rule("/", "www", lambda: "www")
    assert outcome(ask(app, "POST", "/", host="api.example.org")) == (
        405,
        "OPTIONS, PUT",
    )
    assert outcome(ask(app, "POST", "/", host="example.org")) == (
        405,
        "GET, HEAD, OPTIONS",
    )


@pytest.mark.parametrize("matching", ["host", "subdomain"])
def test_a_host_that_a_converter_refuses(matching: str) -> None:
    """A host that a converter refuses is 404, whatever the method."""
    kind: Any = {f"{matching}_matching": True}
    where: Any = {matching: "<int(max=5):n>"}
    if matching == "host":
        where["host"] += ".example"
    app = Flask(__name__, static_folder=None, **kind)
    app.config["SERVER_NAME"] = "example" if matching == "subdomain" else None
    MethodGuard(app)
    app.add_url_rule("/k", "k", str, **where)
    assert outcome(ask(app, "POST", "/k", host="9.example")) == (404, None)
    expected = (405, "GET, HEAD, OPTIONS")
    assert outcome(ask(app, "POST", "/k", host="3.example")) == expected


@pytest.mark.parametrize("rule", ["/a//b/", "/a//<x>/", "//a/b/"])
def test_slashes_that_the_router_merges(rule: str) -> None:
    """A rule with several slashes in a row matches a path with one."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule(rule, "put", lambda **x: "put", methods=["PUT"])
    app.url_map.strict_slashes = False
    for path in ("/a/b", "/a//b", "//a/b"):
        assert outcome(ask(app, "POST", path)) == (405, "OPTIONS, PUT")


def test_two_slashes_that_the_router_does_not_merge() -> None:
    """A redirect to two slashes counts as reached."""
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    MethodGuard(app)
    app.add_url_rule("//", "index", lambda: "index")
    assert ask(app, "GET", "/").status == 308
    assert outcome(ask(app, "POST", "/")) == (405, "GET, HEAD, OPTIONS")


def test_websocket_rule() -> None:
    """A rule for WebSocket accepts no HTTP method, and its own answer stays."""
    app = make_app()
    app.url_map.add(Rule("/ws", endpoint="ws", websocket=True, methods=["GET"]))
    assert ask(app, "GET", "/ws").status == 400
    assert ask(app, "POST", "/ws").status == 404
    assert ask(app, "FOO", "/ws").status == 501


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
