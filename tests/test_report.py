"""The reports: what an app serves, and what becomes of one request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import product
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as NotAllowed
from werkzeug.routing import BaseConverter, Rule
from werkzeug.test import run_wsgi_app

from flask_method_guard import (
    ConfigError,
    MethodGuard,
    MethodRejected,
    deprecated_methods,
)
from flask_method_guard.decision import Reason
from flask_method_guard.inspection.apps import guard_of
from flask_method_guard.inspection.explanation import explain_request, make_environ
from flask_method_guard.inspection.text import columns
from flask_method_guard.moments import utc_now
from flask_method_guard.report import check, deprecations, explain, inventory

FLASK = tuple(int(part) for part in version("flask").split(".")[:2])


def fail(*_: object, **__: object) -> Any:
    """Stand for everything that must not run."""
    raise AssertionError("this must not run")


class Crash(BaseConverter):
    """Crashes on what it reads."""

    def to_python(self, value: str) -> object:
        """Crash."""
        raise KeyError(value)


class Answers(BaseConverter):
    """Answers by itself, in one of two ways."""

    def to_python(self, value: str) -> object:
        """Answer."""
        if value == "code":
            abort(410)
        return abort(Response("gone", 451))


def shop(**config: object) -> Flask:
    """Make an app in which every function fails that is called."""
    app = Flask(__name__, static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    app.url_map.converters.update(crash=Crash, answers=Answers)
    MethodGuard(app, clock=lambda: datetime(2026, 6, 1, tzinfo=timezone.utc))
    app.add_url_rule("/", "index", fail)
    items = Blueprint("items", __name__, url_prefix="/items")
    items.add_url_rule("/", "list", fail, methods=["GET", "POST"])
    items.add_url_rule("/<int(max=5):id>", "item", fail, methods=["GET", "PUT"])
    old = deprecated_methods("DELETE", since="2025-01-01", sunset="2026-01-01")(
        lambda **_: fail()
    )
    items.add_url_rule("/<int:id>", "delete", old, methods=["DELETE"])
    app.register_blueprint(items)
    app.add_url_rule("/cache", "purge", fail, methods=["PURGE"])
    app.add_url_rule("/crash/<crash:x>", "crash", fail)
    app.add_url_rule("/answers/<answers:x>", "answers", fail)
    return app


def instrumented(app: Flask) -> Flask:
    """Add every kind of function that Flask calls; each fails."""
    app.before_request(fail)
    app.after_request(fail)
    app.teardown_request(fail)
    app.url_value_preprocessor(fail)
    app.register_error_handler(405, fail)
    app.register_error_handler(Exception, fail)
    app.context_processor(fail)
    return app


# -- the inventory ----------------------------------------------------------------


def test_inventory() -> None:
    """Each URL is listed with its endpoint and its methods, sorted by URL."""
    found = inventory(instrumented(shop()))
    assert [(r.rule, r.endpoint, " ".join(r.methods)) for r in found.routes] == [
        ("/", "index", "GET HEAD OPTIONS"),
        ("/answers/<answers:x>", "answers", "GET HEAD OPTIONS"),
        ("/cache", "purge", "OPTIONS PURGE"),
        ("/crash/<crash:x>", "crash", "GET HEAD OPTIONS"),
        ("/items/", "items.list", "GET HEAD OPTIONS POST"),
        ("/items/<int(max=5):id>", "items.item", "GET HEAD OPTIONS PUT"),
        ("/items/<int:id>", "items.delete", "DELETE OPTIONS"),
    ]
    assert not any(route.refused for route in found.routes)


def test_inventory_json() -> None:
    """The JSON has the documented keys and no other."""
    found = json.loads(json.dumps(inventory(shop()).as_json()))
    assert list(found) == ["supported_methods", "routes"]
    assert found["routes"][2] == {
        "rule": "/cache",
        "endpoint": "purge",
        "methods": ["OPTIONS", "PURGE"],
        "refused": {},
        "deprecated": [],
        "automatic": ["OPTIONS"],
        "successors": {},
    }
    assert found["supported_methods"] == [
        *("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PURGE", "PUT"),
    ]


KEY = "METHOD_GUARD_SUPPORTED_METHODS"
ALWAYS = "GET and HEAD are always supported"


@pytest.mark.parametrize(
    ("setting", "supported", "why"),
    [
        (
            None,
            "DELETE GET HEAD OPTIONS PATCH POST PURGE PUT",
            "the default methods, and what the routes declare",
        ),
        (
            "routes",
            "DELETE GET HEAD OPTIONS POST PURGE PUT",
            f"{KEY}: what the routes declare; {ALWAYS}",
        ),
        (
            "*",
            "* DELETE GET HEAD OPTIONS PATCH POST PURGE PUT",
            f"{KEY} contains '*': every method",
        ),
        (
            ["POST"],
            "GET HEAD POST",
            f"{KEY}: POST; {ALWAYS}",
        ),
        (
            "standard, routes, LOCK",
            ("CONNECT DELETE GET HEAD LOCK OPTIONS PATCH POST PURGE PUT QUERY TRACE"),
            f"{KEY}: the standard methods, what the routes declare, LOCK; {ALWAYS}",
        ),
    ],
    ids=["default", "routes", "everything", "list", "mixed"],
)
def test_what_is_supported_and_why(setting: object, supported: str, why: str) -> None:
    """What is supported is told together with where that comes from."""
    found = inventory(shop(SUPPORTED_METHODS=setting))
    assert " ".join(found.supported_methods) == supported
    assert found.why == why


def test_a_rule_that_takes_every_method() -> None:
    """A rule without methods is marked with a star, and named as the reason."""
    app = shop()
    app.url_map.add(Rule("/any", endpoint="any"))
    found = inventory(app)
    assert next(r for r in found.routes if r.rule == "/any").methods == ("*",)
    assert found.supported_methods[0] == "*"
    assert found.why == "every method, because /any accepts every method"


def test_only_what_flask_answers_is_automatic() -> None:
    """Without automatic OPTIONS, a route has none; HEAD comes with GET."""
    app = shop()
    no_options = {"provide_automatic_options": False}
    app.add_url_rule("/quiet", "quiet", fail, methods=["GET", "PUT"], **no_options)
    [route] = [r for r in inventory(app).routes if r.rule == "/quiet"]
    assert (route.methods, route.automatic) == (("GET", "HEAD", "PUT"), ("HEAD",))


def test_a_route_lists_its_own_methods_where_every_method_is_supported() -> None:
    """Only a rule without methods is listed with a star."""
    app = shop(SUPPORTED_METHODS="*")
    app.url_map.add(Rule("/any", endpoint="any"))
    routes = {route.rule: route.methods for route in inventory(app).routes}
    assert routes["/any"] == ("*",)
    assert routes["/cache"] == ("OPTIONS", "PURGE")


@pytest.mark.parametrize(
    ("marked", "automatic"),
    [
        (("GET",), ("HEAD", "OPTIONS")),
        (("GET", "HEAD"), ("HEAD", "OPTIONS")),
        (("HEAD",), ("OPTIONS",)),
        (("PUT",), ("HEAD", "OPTIONS")),
    ],
    ids=" ".join,
)
def test_head_goes_with_a_deprecated_get(
    marked: tuple[str, ...], automatic: tuple[str, ...]
) -> None:
    """HEAD is automatic while it is treated as GET is."""
    app = shop()
    mark = deprecated_methods(*marked, since="2026-01-01")
    app.add_url_rule("/old", "old", mark(lambda: ""), methods=["GET", "PUT"])
    [route] = [r for r in inventory(app).routes if r.rule == "/old"]
    assert route.automatic == automatic


def test_a_rule_that_takes_every_method_of_a_list() -> None:
    """Where a list limits what is supported, so it does for a rule without methods."""
    app = shop(SUPPORTED_METHODS=["POST"])
    app.url_map.add(Rule("/any", endpoint="any"))
    routes = {route.rule: route.methods for route in inventory(app).routes}
    assert routes["/any"] == ("GET", "HEAD", "POST")


def test_what_a_route_declares_and_clients_do_not_get() -> None:
    """A method that a route declares in vain is listed with the status."""
    app = shop(SUPPORTED_METHODS=["PUT", "DELETE"], ENFORCE_SUNSET=True)
    app.add_url_rule("/odd", "odd", fail, methods=["A B", "PUT"])
    refused = {route.endpoint: route.refused for route in inventory(app).routes}
    assert refused["purge"] == (("OPTIONS", 501), ("PURGE", 501))
    assert refused["items.delete"] == (("DELETE", 405), ("OPTIONS", 501))
    assert refused["odd"] == (("A B", 400), ("OPTIONS", 501))
    assert refused["index"] == (("OPTIONS", 501),)


def test_rules_of_one_url_and_endpoint_are_one_route() -> None:
    """A URL that is registered twice for an endpoint is listed once."""
    app = shop()
    app.add_url_rule("/cache", "purge", methods=["GET"])
    [route] = [r for r in inventory(app).routes if r.rule == "/cache"]
    assert route.methods == ("GET", "HEAD", "OPTIONS", "PURGE")


def test_what_no_request_can_match_is_left_out() -> None:
    """Rules that only build URLs, and those for WebSockets, are no routes."""
    app = shop()
    app.url_map.add(Rule("/build", endpoint="build", build_only=True))
    app.url_map.add(Rule("/socket", endpoint="socket", websocket=True))
    assert {"/build", "/socket"}.isdisjoint(r.rule for r in inventory(app).routes)


def test_a_host_stands_before_its_rule() -> None:
    """Rules of several hosts, or of subdomains, can be told apart."""
    app = Flask(__name__, host_matching=True, static_host="a.test")
    MethodGuard(app)
    app.add_url_rule("/", "b", fail, host="b.test")
    app.add_url_rule("/any", "any", fail)
    assert [route.rule for route in inventory(app).routes] == [
        *("/any", "a.test/static/<path:filename>", "b.test/")
    ]
    app = Flask(__name__, subdomain_matching=True, static_folder=None)
    MethodGuard(app)
    app.add_url_rule("/", "api", fail, subdomain="api")
    app.add_url_rule("/", "index", fail)
    assert [route.rule for route in inventory(app).routes] == ["/", "api.*/"]


def test_values_are_frozen() -> None:
    """A report can't be changed."""
    found = inventory(shop())
    with pytest.raises(FrozenInstanceError):
        found.why = "because"  # type: ignore[misc]


# -- the explanation --------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_line", "reason", "status", "rule", "allow"),
    [
        ("<x> /", Reason.INVALID_TOKEN, 400, None, ""),
        ("GET\n /", Reason.INVALID_TOKEN, 400, None, ""),
        (" /", Reason.INVALID_TOKEN, 400, None, ""),
        ("FOO /", Reason.NOT_IMPLEMENTED, 501, None, ""),
        ("get /", Reason.NOT_IMPLEMENTED, 501, "/", ""),
        ("FOO /nowhere", Reason.NOT_IMPLEMENTED, 501, None, ""),
        ("OPTIONS *", Reason.SERVER_OPTIONS, 200, None, ""),
        ("PUT /items", Reason.NOT_ALLOWED, 405, None, "GET HEAD OPTIONS POST"),
        ("POST /items", Reason.REDIRECT, 308, None, ""),
        ("GET /answers/code", Reason.REDIRECT, 410, None, ""),
        ("GET /answers/response", Reason.REDIRECT, 451, None, ""),
        (
            *("DELETE /items/1", Reason.RETIRED, 405, "/items/<int:id>"),
            "GET HEAD OPTIONS PUT",
        ),
        ("GET /items/1", Reason.ALLOWED, None, "/items/<int(max=5):id>", ""),
        ("PURGE /cache", Reason.ALLOWED, None, "/cache", ""),
        ("OPTIONS /cache", Reason.ALLOWED, 200, "/cache", "OPTIONS PURGE"),
        ("PURGE /", Reason.NOT_ALLOWED, 405, "/", "GET HEAD OPTIONS"),
        ("DELETE /items/9", Reason.GONE, 410, "/items/<int:id>", ""),
        ("PUT /items/9", Reason.GONE, 410, "/items/<int:id>", ""),
        ("GET /nowhere", Reason.NOT_FOUND, 404, None, ""),
        ("GET *", Reason.NOT_FOUND, 404, None, ""),
    ],
)
def test_explain(
    request_line: str, reason: Reason, status: int, rule: str | None, allow: str
) -> None:
    """Each row of the table is told with its status, its rule and its Allow."""
    method, _, url = request_line.rpartition(" ")
    found = explain(instrumented(shop(ENFORCE_SUNSET=True)), method, url)
    assert (found.method, found.url) == (method, url)
    assert (found.reason, found.status, found.rule) == (reason, status, rule)
    assert " ".join(found.allowed_methods) == allow


METHODS = (
    *("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PURGE", "PATCH"),
    *("FOO", "get", "<x>", "", "Gét", "X" * 40),
)
URLS = (
    *("/", "/nowhere", "/items", "/items/", "/items/1", "/items/9", "/items/x"),
    *("/cache", "/cache/", "*", "/answers/code", "/items/%31?q=1"),
)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"ENFORCE_SUNSET": True},
        {"CASE_SENSITIVE": False},
        {"SUPPORTED_METHODS": ["PUT", "FOO"]},
        {"SUPPORTED_METHODS": "*", "REJECT_EARLY": True},
        {"SUPPORTED_METHODS": "routes"},
    ],
    ids=lambda config: " ".join(config) or "default",
)
def test_the_explanation_is_what_clients_get(config: dict[str, object]) -> None:
    """Status, Allow and link of an explanation are those of the answer."""
    app = shop(DOCS_URL="https://docs.test/{endpoint}/{method}/{status}", **config)
    # A later Flask may answer OPTIONS with a view of its own, which stays.
    for endpoint in app.view_functions.keys() - {"_automatic_options"}:
        app.view_functions[endpoint] = lambda **_: ("the view", 299)
    for method, url in product(METHODS, URLS):
        found = explain(app, method, url)
        _, line, headers = run_wsgi_app(app, make_environ(app, method, url))
        status = 299 if found.status is None else found.status
        allow = ", ".join(found.allowed_methods) or None
        link = f'<{found.docs}>; rel="help"' if found.docs else None
        got = (int(line.split()[0]), headers.get("Allow"), headers.get("Link"))
        if found.reason is Reason.ALLOWED:
            link = got[2]  # the deprecation's
        assert got == (status, allow, link), (method, url)


def test_explain_json() -> None:
    """The JSON has the documented keys and no other."""
    app = shop(DOCS_URL="https://docs.test/{endpoint}#{method}")
    assert explain(app, "PUT", "/cache").as_json() == {
        "method": "PUT",
        "url": "/cache",
        "reason": "not-allowed",
        "status": 405,
        "allowed_methods": ["OPTIONS", "PURGE"],
        "endpoint": "purge",
        "rule": "/cache",
        "view": "tests.test_report.fail",
        "file": "tests/test_report.py",
        "line": fail.__code__.co_firstlineno,
        "phase": None,
        "handler": None,
        "docs": "https://docs.test/purge#PUT",
        "deprecation": None,
        "rfc": "RFC 9110 §15.5.6",
    }
    served = explain(app, "GET", "/").as_json()
    assert (served["status"], served["allowed_methods"]) == (None, [])


def test_the_words_are_the_tables() -> None:
    """Condition and answer are the row's, the detail is the body's."""
    found = explain(shop(), "get", "/")
    assert found.condition == "no URL of the app supports the method"
    assert found.answer == "501 Not Implemented, on every path"
    assert found.detail == (
        "get is not implemented. Methods are case-sensitive: did you mean GET?"
    )
    assert explain(shop(), "GET", "/nowhere").detail is None


def test_where_a_redirect_leads() -> None:
    """A redirect is told with its target."""
    found = explain(shop(), "POST", "/items", "shop.test:8080")
    assert found.location == "http://shop.test:8080/items/"
    assert explain(shop(), "GET", "/").location is None


@pytest.mark.parametrize(
    ("method", "url", "sunset"),
    [
        ("DELETE", "/items/1", datetime(2026, 1, 1, tzinfo=timezone.utc)),
        ("PUT", "/items/1", datetime(2027, 1, 1, tzinfo=timezone.utc)),
        ("PROPFIND", "/", datetime(2025, 1, 1, tzinfo=timezone.utc)),
        ("GET", "/", None),
        ("PUT", "/", None),
    ],
    ids=["retired", "served", "gone", "fresh", "refused"],
)
def test_deprecation(method: str, url: str, sunset: datetime | None) -> None:
    """What is known of a method's deprecation is told, if it is the client's."""
    app = shop(
        ENFORCE_SUNSET=True,
        DEPRECATED_METHODS={
            "PUT": {"sunset": "2027-01-01"},
            "PROPFIND": {"sunset": "2025-01-01"},
        },
    )
    found = explain(app, method, url).deprecation
    assert (found.sunset if found else None) == sunset


def test_a_docs_link_that_asks_for_the_request() -> None:
    """A callable that builds a URL works as it does in a request."""
    app = shop(DOCS_URL=lambda error: url_for("index", _anchor=error.method))
    app.config["APPLICATION_ROOT"] = "/shop"
    assert explain(app, "PUT", "/cache").docs == "/shop/#PUT"


def test_a_converter_that_crashes() -> None:
    """A crash in the router is told as the 500 that clients get."""
    app = shop()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    found = explain(app, "GET", "/crash/x")
    assert (found.reason, found.status) == (None, 500)
    assert (
        found.condition
        == "a URL converter raised KeyError('x'), asked outside of a request"
    )
    assert found.as_json()["reason"] is None
    assert app.test_client().get("/crash/x").status_code == 500


@pytest.mark.skipif(FLASK < (3, 1), reason="TRUSTED_HOSTS is new in Flask 3.1")
def test_a_host_that_is_not_trusted() -> None:
    """Nothing is decided for a host that Flask refuses, and the report says so."""
    app = shop()
    app.config["TRUSTED_HOSTS"] = [".shop.test", "example.test"]
    found = explain(app, "PUT", "/", "evil.test")
    assert (found.reason, found.status, found.rfc) == (None, 400, "RFC 9112 §3.2")
    assert "TRUSTED_HOSTS" in found.condition
    assert explain(app, "PUT", "/").reason is Reason.NOT_ALLOWED
    assert explain(app, "PUT", "/", "example.test").reason is Reason.NOT_ALLOWED


def test_an_app_that_binds_no_url_map() -> None:
    """An app that refuses a host in its own way is reported with its own status."""
    app = shop()
    bind = app.create_url_adapter

    def create_url_adapter(request: Any) -> Any:
        return abort(404) if request else bind(request)

    app.create_url_adapter = create_url_adapter  # type: ignore[method-assign]
    found = explain(app, "PUT", "/")
    assert (found.reason, found.status, found.rfc) == (None, 404, "RFC 9110 §15")
    assert found.condition == "the app binds no URL map to the request"
    assert app.test_client().put("/").status_code == 404


def test_the_server_as_a_whole_beside_a_catch_all() -> None:
    """``OPTIONS *`` reaches no view, so its answer has neither a rule nor an Allow."""
    app = shop()
    app.add_url_rule("/<path:rest>", "rest", fail)
    app.add_url_rule("/*", "star", fail)
    found = explain(app, "OPTIONS", "*")
    assert (found.reason, found.status) == (Reason.SERVER_OPTIONS, 200)
    assert (found.rule, found.endpoint, found.allowed_methods) == (None, None, ())
    _, line, headers = run_wsgi_app(app, make_environ(app, "OPTIONS", "*"))
    assert (line, headers.get("Allow")) == ("200 OK", None)


def outer(error: HTTPException) -> Any:
    """Handle errors of the app."""
    return "outer", error.code


def inner(error: HTTPException) -> Any:
    """Handle errors of a blueprint."""
    return "inner", error.code


@pytest.mark.parametrize(
    ("of_app", "of_blueprint", "request_line", "name"),
    [
        (None, None, "PUT /items/", None),
        (405, None, "PUT /items/", "outer"),
        (404, None, "PUT /items/", None),
        (NotAllowed, None, "PUT /items/", "outer"),
        (MethodRejected, None, "BREW /items/", "outer"),
        (HTTPException, None, "BREW /items/", "outer"),
        (405, HTTPException, "PUT /items/", "outer"),
        (HTTPException, 405, "PUT /items/", "inner"),
        (MethodRejected, HTTPException, "PUT /items/", "inner"),
        (None, 501, "BREW /items/", None),
        (None, 501, "get /items/", "inner"),
        (None, 405, "DELETE /items/old", "inner"),
        (400, None, "<x> /", "outer"),
        (404, None, "GET /nowhere", "outer"),
        (404, 405, "PUT /items/unsupported", "outer"),
        (HTTPException, HTTPException, "GET /items/", None),
        (HTTPException, HTTPException, "OPTIONS *", None),
    ],
)
def test_the_error_handler_that_gets_the_error(
    of_app: Any, of_blueprint: Any, request_line: str, name: str | None
) -> None:
    """The explanation names the handler that writes the body."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["PUT", "DELETE", "OPTIONS"]
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app)
    items = Blueprint("items", __name__, url_prefix="/items")
    old = deprecated_methods("DELETE", sunset="2026-01-01")(lambda: "")
    no_options = {"provide_automatic_options": False}
    items.add_url_rule("/", "list", lambda: "ok")
    items.add_url_rule("/old", "old", old, methods=["GET", "DELETE"])
    items.add_url_rule("/unsupported", "x", old, methods=["PURGE"], **no_options)
    if of_app:
        app.register_error_handler(of_app, outer)
    if of_blueprint:
        items.register_error_handler(of_blueprint, inner)
    app.register_blueprint(items)
    method, url = request_line.split()
    found = explain(app, method, url).handler
    assert found == (name and f"{__name__}.{name}")
    body, _, _ = run_wsgi_app(app, make_environ(app, method, url))
    assert (b"".join(body).decode() in {"inner", "outer"}) == (name is not None)


def test_the_inner_blueprints_handler_comes_first() -> None:
    """In nested blueprints, the handler of the inner one is named."""
    app = Flask(__name__, static_folder=None)
    MethodGuard(app)
    around, within = Blueprint("around", __name__), Blueprint("within", __name__)
    within.add_url_rule("/", "index", lambda: "ok")
    around.register_error_handler(405, outer)
    within.register_error_handler(405, inner)
    around.register_blueprint(within)
    app.register_blueprint(around)
    assert explain(app, "PUT", "/").handler == f"{__name__}.inner"
    assert app.test_client().put("/").text == "inner"


def test_host() -> None:
    """The host decides where the app serves several, and SERVER_NAME is its default."""
    app = Flask(__name__, host_matching=True, static_host="a.test")
    MethodGuard(app)
    app.add_url_rule("/", "b", fail, host="b.test")
    assert explain(app, "PUT", "/", "b.test").rule == "b.test/"
    assert explain(app, "PUT", "/").reason is Reason.NOT_FOUND
    assert explain(app, "PUT", "http://a.test/").reason is Reason.NOT_FOUND
    assert explain(app, "PUT", "http://b.test/").reason is Reason.NOT_ALLOWED
    assert explain(app, "PUT", "http://a.test/", "b.test").reason is Reason.NOT_ALLOWED
    app.config["SERVER_NAME"] = "b.test"
    assert explain(app, "PUT", "/").reason is Reason.NOT_ALLOWED


def test_a_request_that_was_made_elsewhere() -> None:
    """An environ can be explained, and is left as it was."""
    app = shop()
    environ = make_environ(app, "PUT", "/")
    before = dict(environ)
    guard = guard_of(app)
    assert explain_request(app, guard, environ, "PUT", "/", utc_now()).status == 405
    assert environ == before


# -- what is not known ------------------------------------------------------------

LAST = "A server or a proxy in front of the app may respond first."


def hook() -> None:
    """Do nothing."""


def other_hook() -> None:
    """Do nothing."""


def preprocess(endpoint: object, values: object) -> None:
    """Do nothing."""


def preprocess_inside(endpoint: object, values: object) -> None:
    """Do nothing."""


def test_nothing_stands_before_a_bare_app() -> None:
    """Where nothing of the app comes first, a server still may."""
    assert explain(shop(), "PUT", "/").unknown == (LAST,)


def test_hooks_may_answer_first() -> None:
    """The functions that run before the answer are named, blueprints' too."""
    app = shop()
    app.before_request(hook)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.before_request(other_hook)
    inner.add_url_rule("/deep", "deep", fail)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    says = "These before_request functions may respond first: "
    one, two = f"{__name__}.hook", f"{__name__}.other_hook"
    assert explain(app, "PUT", "/").unknown == (f"{says}{one}.", LAST)
    assert explain(app, "GET", "/deep").unknown == (f"{says}{one}, {two}.", LAST)
    assert explain(app, "PUT", "/deep").unknown == (f"{says}{one}.", LAST)


def test_hooks_of_a_blueprint_that_serves_the_url_with_another_method() -> None:
    """Where a route matched, a blueprint's hooks run before any rejection."""
    app = Flask(__name__)
    MethodGuard(app)
    blueprint = Blueprint("shop", __name__)
    blueprint.before_request(hook)
    blueprint.add_url_rule("/", "index", fail)
    app.register_blueprint(blueprint)
    assert f"{__name__}.hook" in explain(app, "get", "/").unknown[0]
    assert f"{__name__}.hook" not in explain(app, "BREW", "/").unknown[0]


@pytest.mark.parametrize("early", [False, True])
def test_preprocessors_may_answer_first(early: bool) -> None:
    """The functions that read URL values run before every hook, whatever the mode."""
    app = shop(REJECT_EARLY=early)
    app.url_value_preprocessor(preprocess)
    blueprint = Blueprint("shop", __name__, url_prefix="/shop")
    blueprint.url_value_preprocessor(preprocess_inside)
    blueprint.add_url_rule("/", "index", fail)
    app.register_blueprint(blueprint)
    says = (
        "These url_value_preprocessor functions run before all before_request"
        " functions, and may respond first: "
    )
    one, two = f"{__name__}.preprocess", f"{__name__}.preprocess_inside"
    assert explain(app, "PUT", "/shop/").unknown == (f"{says}{one}.", LAST)
    assert explain(app, "GET", "/shop/").unknown == (f"{says}{one}, {two}.", LAST)


def test_hooks_before_an_early_rejection() -> None:
    """An early rejection leaves only those that were registered before the guard."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    app.before_request(hook)
    MethodGuard(app)
    app.before_request(other_hook)
    app.add_url_rule("/", "index", fail)
    assert "other_hook" not in explain(app, "PUT", "/").unknown[0]
    assert f"{__name__}.hook" in explain(app, "PUT", "/").unknown[0]
    assert "other_hook" in explain(app, "GET", "/").unknown[0]


class Middleware:
    """Passes everything on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, *args: Any) -> Any:
        """Pass it on."""
        return self.app(*args)


def test_middleware() -> None:
    """A middleware that wraps the app is named."""
    app = shop()
    app.wsgi_app = Middleware(app.wsgi_app)  # type: ignore[method-assign, assignment]
    assert explain(app, "PUT", "/").unknown == (
        f"{__name__}.Middleware wraps the app and may change anything.",
        LAST,
    )


@pytest.mark.parametrize(
    ("method", "refused"),
    [("PUT", False), ("AB", True), ("A" * 21, True), ("get", True), ("A#B", True)],
    ids=["usual", "short", "long", "lower", "hash"],
)
def test_methods_that_servers_refuse(method: str, refused: bool) -> None:
    """A method that gunicorn refuses by itself is named as such."""
    told = "gunicorn" in explain(shop(), method, "/").unknown[0]
    assert told is refused


# -- the request ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", ("/", "", "localhost", "80", "http")),
        ("/a%20b?c=%20d#e", ("/a b", "c=%20d", "localhost", "80", "http")),
        ("*", ("*", "", "localhost", "80", "http")),
        ("https://x.test", ("/", "", "x.test", "443", "https")),
        ("http://x.test:8/a?b", ("/a", "b", "x.test", "8", "http")),
        ("/é", ("/Ã©", "", "localhost", "80", "http")),
        ("//x", ("//x", "", "localhost", "80", "http")),
    ],
)
def test_environ(url: str, expected: tuple[str, ...]) -> None:
    """A URL becomes what a server makes of it."""
    environ = make_environ(shop(), "GET", url)
    keys = ("PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT")
    assert (*(environ[key] for key in keys), environ["wsgi.url_scheme"]) == expected
    assert isinstance(environ["wsgi.input"], io.BytesIO)
    flags = ("wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once")
    assert [environ[flag] for flag in flags] == [False] * 3


def test_environ_of_a_mounted_app() -> None:
    """The app's root and scheme are those that it is configured for."""
    app = shop()
    app.config.update(APPLICATION_ROOT="/shop/", PREFERRED_URL_SCHEME="https")
    environ = make_environ(app, "GET", "/x", headers={"X-A": "1", "Content-Type": "a"})
    assert (environ["SCRIPT_NAME"], environ["wsgi.url_scheme"]) == ("/shop", "https")
    assert (environ["HTTP_X_A"], environ["CONTENT_TYPE"]) == ("1", "a")


@pytest.mark.parametrize("url", ["items", "", "ftp://x/", "?a"])
def test_what_is_no_url(url: str) -> None:
    """A URL that the app can't have is refused, with what to write."""
    with pytest.raises(ValueError, match=r"is not a URL of the app\. Start it with a"):
        explain(shop(), "GET", url)


# -- without a guard ---------------------------------------------------------------

REPORTS: dict[str, Callable[[Flask], Any]] = {
    "inventory": inventory,
    "explain": lambda app: explain(app, "PUT", "/old", at="2026-02-01"),
    "check": check,
    "deprecations": lambda app: deprecations(app, at="2026-02-01"),
}


def old_app() -> Flask:
    """Make an app with a key, a deprecation and a mistake, and without a guard."""
    app = Flask("bare")
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True

    @app.put("/old")
    @deprecated_methods("PUT", "LINK", since="2026-01-01", sunset="2026-02-01")
    def old() -> str:
        raise AssertionError

    @app.before_request
    def login() -> None:
        raise AssertionError

    return app


def registered(app: Flask) -> str:
    """Write down everything that is registered on an app."""
    return repr({name: value for name, value in vars(app).items() if name != "logger"})


@pytest.mark.parametrize("ask", REPORTS.values(), ids=REPORTS)
def test_no_guard(ask: Callable[[Flask], Any]) -> None:
    """A report says what a guard would do, and registers nothing."""
    app = old_app()
    before = registered(app)
    found = ask(app)
    assert registered(app) == before
    assert found
    MethodGuard(app)
    assert ask(app) == found
    assert registered(app) != before


@pytest.mark.parametrize("ask", REPORTS.values(), ids=REPORTS)
def test_no_guard_and_a_wrong_key(ask: Callable[[Flask], Any]) -> None:
    """The configuration is read as ``init_app`` reads it."""
    app = old_app()
    app.config["METHOD_GUARD_DRAIN_LIMIT"] = -1
    with pytest.raises(ConfigError, match="METHOD_GUARD_DRAIN_LIMIT is -1") as caught:
        ask(app)
    with pytest.raises(ConfigError) as expected:
        MethodGuard(app)
    assert str(caught.value) == str(expected.value)


def test_no_guard_and_early_rejections() -> None:
    """Where a guard would be among the hooks is not known, so nothing is found."""
    app = old_app()
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    assert [finding.id for finding in check(app, select=["MG110"])] == []
    MethodGuard(app)
    assert [finding.id for finding in check(app, select=["MG110"])] == ["MG110"]


# -- text -------------------------------------------------------------------------


def test_columns() -> None:
    """Cells are lined up."""
    assert columns([("a", "b", "c"), ("aaa", "", "c"), ("x" * 50, "bb", "")]) == [
        "a    b   c",
        "aaa      c",
        "x" * 50 + "  bb",
    ]
    assert columns([]) == []


@pytest.mark.parametrize(
    ("lengths", "width"),
    [
        ([3, 40], 40),
        ([3, 41], 3),
        ([41, 41, 41], 41),
        ([*range(20), 100], 19),
        ([100] * 5 + [10] * 20, 100),
        ([100] + [60] * 20, 60),
    ],
    ids=str,
)
def test_a_long_cell_pushes_its_own_row_only(lengths: list[int], width: int) -> None:
    """A column is as wide as its cells, but for few that are much longer."""
    lines = columns([("x" * length, "|") for length in lengths])
    assert [line.index("|") for line in lines] == [
        max(width, length) + 2 for length in lengths
    ]


def test_a_rule_added_late_to_a_large_map() -> None:
    """A report is about the rules that there are, not about those of a moment ago."""

    def view() -> str:
        return "ok"

    app = Flask(__name__)
    MethodGuard(app)
    for number in range(30):
        app.add_url_rule(f"/{number}", "view", view)
    assert "PURGE" not in inventory(app).supported_methods
    app.url_map.add(Rule("/late", endpoint="view", methods=["PURGE"]))
    assert explain(app, "PURGE", "/late").reason == "allowed"
    assert "PURGE" in inventory(app).supported_methods
    app.view_functions["view"] = deprecated_methods("GET", notice="Soon.")(view)
    found = explain(app, "GET", "/0").deprecation
    assert found is not None
    assert found.notice == "Soon."
