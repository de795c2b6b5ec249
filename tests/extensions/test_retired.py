"""Blueprints of extensions that are retired as a whole, by the code or the operator."""

from __future__ import annotations

import typing as t

import pytest
from flask import Blueprint
from flask.app import Flask

from flask_method_guard import MethodGuard, deprecate_blueprint
from tests.raw_wsgi import ask

from .kit import need

MARK: dict[str, t.Any] = {"sunset": "2020-01-01"}


def smorest(app: Flask, mark: t.Callable[[t.Any], object]) -> None:
    """Make an API with a class view."""
    package = need("flask_smorest", "flask-smorest")
    app.config |= {"API_TITLE": "a", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
    api = package.Api(app)
    v1 = package.Blueprint("v1", __name__, url_prefix="/v1")

    @v1.route("/books")
    class Books(need("flask.views", "Flask").MethodView):  # type: ignore[misc]
        def get(self) -> dict[str, str]:
            return {}

        def put(self) -> dict[str, str]:
            return {}

    mark(v1)
    api.register_blueprint(v1)


def apiflask(app: Flask, mark: t.Callable[[t.Any], object]) -> None:
    """Make a blueprint of its own class."""
    v1 = need("apiflask", "APIFlask").APIBlueprint("v1", __name__, url_prefix="/v1")
    v1.add_url_rule("/books", "books", lambda: "ok", methods=["GET", "PUT"])
    mark(v1)
    app.register_blueprint(v1)


def restx(app: Flask, mark: t.Callable[[t.Any], object]) -> None:
    """Make an API on a blueprint, with its description."""
    package = need("flask_restx", "flask-restx")
    v1 = Blueprint("v1", __name__, url_prefix="/v1")
    api = package.Api(v1)
    books = api.namespace("books", path="/books")

    @books.route("")
    class Books(package.Resource):  # type: ignore[misc, name-defined]
        def get(self) -> dict[str, str]:
            return {}

        def put(self) -> dict[str, str]:
            return {}

    with pytest.raises(TypeError, match=r"not .*Namespace"):
        deprecate_blueprint(books, **MARK)
    mark(v1)
    app.register_blueprint(v1)


def admin(app: Flask, mark: t.Callable[[t.Any], object]) -> None:
    """Make a view of an administration, which is a blueprint."""
    package = need("flask_admin", "Flask-Admin")

    class Books(package.BaseView):  # type: ignore[misc, name-defined]
        @package.expose("/", methods=["GET", "PUT"])  # type: ignore[untyped-decorator]
        def index(self) -> str:
            return "books"

    view = Books(endpoint="v1", url="/v1/books")
    package.Admin(app).add_view(view)
    mark(view.blueprint)


WAYS = {"flask-smorest": smorest, "APIFlask": apiflask, "flask-restx": restx}
PATHS = {"Flask-Admin": "/v1/books/"}


@pytest.mark.parametrize("how", ["code", "operator"])
@pytest.mark.parametrize("package", [*WAYS, *PATHS])
def test_a_blueprint_is_retired(package: str, how: str) -> None:
    """Each URL of it is gone, for every method, and the rest of the app is not."""
    app = Flask("shop")
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    if how == "operator":
        app.config["METHOD_GUARD_DEPRECATED_BLUEPRINTS"] = {"v1": MARK}
    MethodGuard(app)
    app.add_url_rule("/site", "site", lambda: "site")

    def mark(blueprint: t.Any) -> None:
        if how == "code":
            deprecate_blueprint(blueprint, **MARK)

    {**WAYS, "Flask-Admin": admin}[package](app, mark)
    path = PATHS.get(package, "/v1/books")
    for method in ("GET", "PUT", "DELETE"):
        assert ask(app, method, path).status == 410
    assert ask(app, "OPTIONS", path).get("Allow") == "OPTIONS"
    assert ask(app, "GET", "/site").status == 200


def test_the_description_of_restx_can_stay() -> None:
    """Its endpoints are inside the blueprint, and ``exclude`` names them."""
    app = Flask("shop")
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app)
    kept = ["specs", "doc", "root"]
    restx(app, lambda v1: deprecate_blueprint(v1, exclude=kept, **MARK))
    assert ask(app, "GET", "/v1/swagger.json").status == 200
    assert ask(app, "GET", "/v1/").status == 200
    assert ask(app, "GET", "/v1/books").status == 410
