"""Extensions that make APIs: they keep their error bodies, the guard its headers."""

from __future__ import annotations

import logging
import typing as t

import pytest
from flask import Blueprint, abort
from flask.app import Flask
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from flask_method_guard import deprecated_methods, report
from tests.raw_wsgi import ask

from .apps import BY_NAME, items
from .kit import around, each_place, guarded, need, plain

PHRASES = {405: "Method Not Allowed", 501: "Not Implemented"}
REFUSALS = pytest.mark.parametrize(("method", "status"), [("PUT", 405), ("FOO", 501)])


@guarded
@REFUSALS
def test_smorest_renders_in_its_own_shape(place: str, method: str, status: int) -> None:
    """The body is smorest's, as for every other error of the app."""
    answer = ask(BY_NAME["flask-smorest"].app(place), method, "/items")
    assert answer.json == {"code": status, "status": PHRASES[status]}


@each_place
def test_smorest_describes_the_api(place: str) -> None:
    """The API's description names the method that the resource takes."""
    app = BY_NAME["flask-smorest"].app(place)
    with app.app_context():
        spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    assert list(spec["paths"]["/items"]) == ["get"]


@guarded
@REFUSALS
def test_apiflask_renders_in_its_own_shape(
    place: str, method: str, status: int
) -> None:
    """The body is APIFlask's, which gets the guard's headers with the exception."""
    answer = ask(BY_NAME["APIFlask"].app(place), method, "/items")
    assert answer.status == status
    assert answer.json["message"] == PHRASES[status]
    assert answer.get("Content-Type") == "application/json"
    assert answer.get("Cache-Control") == "no-store"


@each_place
def test_apiflask_describes_the_api(place: str) -> None:
    """The description is served, and lists the route."""
    answer = ask(BY_NAME["APIFlask"].app(place), "GET", "/openapi.json")
    assert list(answer.json["paths"]["/items"]) == ["get"]


@each_place
def test_openapi3_validates_and_describes(place: str) -> None:
    """A wrong query is 422, a right one is served, the description lists the route."""
    app = BY_NAME["flask-openapi3"].app(place)
    assert ask(app, "GET", "/search", query="page=2").text == "page 2"
    assert ask(app, "GET", "/search", query="page=x").status == 422
    assert ask(app, "POST", "/search", query="page=x").status == 405
    paths = ask(app, "GET", "/openapi/openapi.json").json["paths"]
    assert "/items" in paths


@guarded
@pytest.mark.parametrize("package", ["flask-restx", "Flask-RESTful"])
def test_resources_render_their_own_errors(package: str, place: str) -> None:
    """On a URL of a resource the body is the extension's, and Allow the guard's."""
    app = BY_NAME[package].app(place)
    answer = ask(app, "PUT", "/items")
    assert set(answer.json) <= {"message", "status"}
    assert answer.get("Allow") == "GET, HEAD, OPTIONS"


@guarded
@pytest.mark.parametrize("package", ["flask-restx", "Flask-RESTful"])
def test_a_501_on_a_resource_is_logged_as_an_error(
    package: str, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What the documentation warns of: both log an ERROR for each 5xx they render."""
    app = BY_NAME[package].app(place)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR, logger=app.logger.name):
        assert ask(app, "FOO", "/items").status == 501
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@guarded
def test_early_rejections_of_a_resource_are_its_apis(place: str) -> None:
    """REJECT_EARLY names the resource's rule; the status and Allow stay the same."""
    app = BY_NAME["flask-restx"].app(place, METHOD_GUARD_REJECT_EARLY=True)
    answer = ask(app, "PUT", "/items")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    assert ask(app, "FOO", "/items").status == 501


deprecated = deprecated_methods("PUT", since="2026-01-01")


def smorest_books(app: Flask) -> None:
    """Route a class of smorest's, with its decorators around a deprecated method."""
    flask_smorest = need("flask_smorest", "flask-smorest")
    app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    shop: t.Any = flask_smorest.Blueprint("shop", __name__)

    @shop.route("/books")
    class Books(MethodView):
        @shop.response(200)  # type: ignore[untyped-decorator]
        def get(self) -> str:
            return "books"

        @shop.response(200)  # type: ignore[untyped-decorator]
        @deprecated
        @shop.doc(summary="Replace a book")  # type: ignore[untyped-decorator]
        def put(self) -> str:
            return "book"

    flask_smorest.Api(app).register_blueprint(shop)


def restx_books(app: Flask) -> None:
    """Route a class of RESTX's, with its decorators around a deprecated method."""
    flask_restx = need("flask_restx", "flask-restx")
    api = flask_restx.Api(app)

    class Books(flask_restx.Resource):  # type: ignore[misc, name-defined]
        def get(self) -> str:
            return "books"

        @deprecated
        @api.doc("replace_book")  # type: ignore[untyped-decorator]
        def put(self) -> str:
            return "book"

    api.add_resource(Books, "/books")


@guarded
@pytest.mark.parametrize("set_up", [smorest_books, restx_books])
def test_a_deprecated_method_of_a_class(
    set_up: t.Callable[[Flask], None], place: str
) -> None:
    """A decorator on a method of an extension's class view takes effect."""
    app = around(plain_app := plain(), place, lambda: set_up(plain_app))
    answers = {method: ask(app, method, "/books") for method in ("GET", "PUT")}
    assert {method: found.status for method, found in answers.items()} == {
        "GET": 200,
        "PUT": 200,
    }
    assert answers["PUT"].get("Deprecation") == "@1767225600"
    assert answers["GET"].get("Deprecation") is None
    assert report.check(app, select=["MG106"]) == ()


def smorest_with_a_blueprint(place: str, key: t.Any) -> Flask:
    """Make an app of smorest's, with a blueprint of its class and a handler on it."""
    flask_smorest = need("flask_smorest", "flask-smorest")
    app = plain()
    app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.0.3")

    def set_up() -> None:
        api = flask_smorest.Api(app)
        api.register_blueprint(shop_of(flask_smorest.Blueprint, key))

    return around(app, place, set_up)


def apiflask_with_a_blueprint(place: str, key: t.Any) -> Flask:
    """Make an app of APIFlask's class, with a blueprint of its class and a handler."""
    apiflask = need("apiflask", "APIFlask")
    app: Flask = apiflask.APIFlask("shop", static_folder=None)
    blueprint = shop_of(apiflask.APIBlueprint, key)
    return around(app, place, lambda: app.register_blueprint(blueprint))


def shop_of(blueprint_class: type[Blueprint], key: t.Any) -> Blueprint:
    """Make a blueprint with a view that aborts, and perhaps an error handler."""
    shop = blueprint_class("shop", __name__, url_prefix="/shop")
    shop.add_url_rule("/items", "items", items)
    shop.add_url_rule("/abort", "abort", lambda: abort(405))
    if key is not None:
        shop.register_error_handler(key, lambda error: ("the shop's", error.code))
    return shop


@guarded
@pytest.mark.parametrize("key", [None, 405, HTTPException, Exception], ids=str)
@pytest.mark.parametrize(
    "make",
    [smorest_with_a_blueprint, apiflask_with_a_blueprint],
    ids=["smorest", "api"],
)
def test_a_blueprint_of_an_extension_answers_its_405(
    make: t.Callable[[str, t.Any], Flask], key: t.Any, place: str
) -> None:
    """Who answers an abort(405) in a view of the blueprint also answers a refusal."""
    app = make(place, key)
    refused = ask(app, "PUT", "/shop/items")
    aborted = ask(app, "GET", "/shop/abort")
    assert (refused.status, aborted.status) == (405, 405)
    assert refused.get("Content-Type") == aborted.get("Content-Type")
    assert (refused.text == "the shop's") == (aborted.text == "the shop's")
    if key in (None, 405):
        assert (refused.text == "the shop's") == (key == 405)
    assert refused.get("Allow") == "GET, HEAD, OPTIONS"
