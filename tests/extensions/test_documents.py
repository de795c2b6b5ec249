"""Documents that frameworks make of an app, compared with the app."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest
from flask import Blueprint
from flask.app import Flask
from flask.views import MethodView

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.report import agreement

from .kit import need, plain

Document = dict[str, t.Any]

#: What is deprecated in each app, and how long it lives.
SUNSET = "2030-01-01"
retire = deprecated_methods("PUT", since="2020-01-01", sunset=SUNSET)


class Items(MethodView):
    """The items."""

    def get(self) -> t.Any:
        """List them."""
        return {}

    def post(self) -> t.Any:
        """Add one."""
        return {}


class Item(MethodView):
    """One item."""

    decorators: t.ClassVar = [retire]

    def get(self, number: int) -> t.Any:
        """Show it."""
        return {}

    def put(self, number: int) -> t.Any:
        """Change it."""
        return {}


def add_views(app: t.Any) -> None:
    """Add the items in Flask's own way."""
    app.add_url_rule("/api/items", view_func=Items.as_view("items"))
    app.add_url_rule("/api/items/<int:number>", view_func=Item.as_view("item"))


def apiflask() -> tuple[Flask, Document]:
    """Return an app, and its document as ``flask spec`` writes it."""
    app = need("apiflask", "APIFlask").APIFlask("shop")
    add_views(app)
    return app, app.spec


def smorest() -> tuple[Flask, Document]:
    """Return an app, and its document as ``flask openapi print`` writes it."""
    flask_smorest = need("flask_smorest", "flask-smorest")
    app = plain()
    app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    app.config.update(OPENAPI_URL_PREFIX="/docs")
    api = flask_smorest.Api(app)
    blueprint = flask_smorest.Blueprint("items", __name__, url_prefix="/api/items")
    blueprint.route("")(Items)
    blueprint.route("/<int:number>")(Item)
    api.register_blueprint(blueprint)
    return app, api.spec.to_dict()


def restx() -> tuple[Flask, Document]:
    """Return an app, and its document; its prefix is in ``basePath``."""
    flask_restx = need("flask_restx", "flask-restx")
    app = plain()
    api = flask_restx.Api(Blueprint("api", __name__, url_prefix="/api"))

    class RestxItems(Items, flask_restx.Resource):  # type: ignore[misc, name-defined]
        """The items."""

    class RestxItem(Item, flask_restx.Resource):  # type: ignore[misc, name-defined]
        """One item."""

    api.add_resource(RestxItems, "/items")
    api.add_resource(RestxItem, "/items/<int:number>")
    app.register_blueprint(api.blueprint)
    with app.test_request_context():
        return app, api.__schema__


def openapi3() -> tuple[Flask, Document]:
    """Return an app, and its document."""
    return with_models(need("flask_openapi3", "flask-openapi3"))


def openapi5() -> tuple[Flask, Document]:
    """Return an app of the renamed package, and its document, version 3.2."""
    return with_models(need("flask_openapi", "flask-openapi"))


def with_models(package: t.Any) -> tuple[Flask, Document]:
    """Make an app whose paths are models."""
    pydantic = need("pydantic", "flask-openapi3")
    app = package.OpenAPI("shop")
    path = pydantic.create_model("Number", number=(int, ...))

    def items() -> t.Any:
        return {}

    def item(path: t.Any) -> t.Any:
        return {}

    item.__annotations__["path"] = path
    app.get("/api/items")(items)
    app.post("/api/items", endpoint="add")(items)
    app.get("/api/items/<int:number>", endpoint="show")(item)
    app.put("/api/items/<int:number>", endpoint="change")(retire(item))
    return app, app.api_doc


APIS = {
    "APIFlask": (apiflask, "3.1.0"),
    "flask-smorest": (smorest, "3.1.0"),
    "flask-restx": (restx, "2.0"),
    "flask-openapi3": (openapi3, "3.1.0"),
    "flask-openapi": (openapi5, "3.2.0"),
}
each_api = pytest.mark.parametrize("name", APIS)


def made(name: str) -> tuple[Flask, Document]:
    """Make an app with the guard, and a copy of its document.

    The frameworks know nothing of the deprecation, so it is written in.
    """
    app, document = APIS[name][0]()
    MethodGuard(app)
    document = copy.deepcopy(document)
    document["paths"][item_path(document)]["put"]["deprecated"] = True
    return app, document


def item_path(document: Document) -> str:
    """Return the path of one item."""
    [path] = (path for path in document["paths"] if path.endswith("/items/{number}"))
    return str(path)


def compare(app: Flask, document: Document, **options: t.Any) -> list[str]:
    """Compare, and leave out the pages that the framework serves."""
    found = agreement(app, document, under="/api", **options)
    assert not found.not_compared
    pages = {"/api/", "/api/swagger.json"}
    return [
        f"{each.id} {each.method}"
        for each in found
        if not (each.id == "MG204" and each.path in pages)
    ]


@each_api
def test_a_document_agrees_with_its_app(name: str) -> None:
    """Nothing is different in what a framework says of its own routes."""
    app, document = made(name)
    assert document.get("openapi", document.get("swagger")) == APIS[name][1]
    assert compare(app, document) == []


@each_api
@pytest.mark.parametrize(
    "kind", ["MG201", "MG202", "MG203", "MG204", "MG205", "MG206", "MG207"]
)
def test_a_difference_of_each_kind_is_found(name: str, kind: str) -> None:
    """One change in the document is one difference."""
    app, document = made(name)
    path = item_path(document)
    item = document["paths"][path]
    options, method = {}, "PUT"
    match kind:
        case "MG201":
            document["paths"][f"{path}/gone"] = {"put": {}}
        case "MG202":
            item["patch"], method = {}, "PATCH"
        case "MG203":
            app, document = made_to_enforce(name)
            options = {"at": SUNSET}
        case "MG204":
            del item["get"]
            method = "GET"
        case "MG205":
            del item["put"]["deprecated"]
        case "MG206":
            item["get"]["deprecated"], method = True, "GET"
        case "MG207":
            item["put"]["x-sunset"] = "2031-01-01"
    assert compare(app, document, **options) == [f"{kind} {method}"]


def made_to_enforce(name: str) -> tuple[Flask, Document]:
    """Make an app that rejects what is past its sunset."""
    app, document = APIS[name][0]()
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app)
    return app, document


# -- connexion ------------------------------------------------------------------------

SPECIFICATION = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: /api}]
paths:
  /items:
    get:
      operationId: tests.extensions.test_documents.connexion_items
      responses: {"200": {description: ok}}
  /items/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    put:
      operationId: tests.extensions.test_documents.connexion_item
      deprecated: true
      x-sunset: 2030-01-01
      responses: {"200": {description: ok}}
"""


def connexion_items() -> dict[str, str]:
    """Serve what connexion routes."""
    return {}


@retire
def connexion_item(number: int) -> dict[str, int]:
    """Serve what connexion routes."""
    return {"number": number}


def connexion_app(folder: Path, **config: object) -> Flask:
    """Make an app whose routes connexion makes from its file, at the first request."""
    connexion = need("connexion", "connexion")
    (folder / "openapi.yaml").write_text(SPECIFICATION)
    api = connexion.FlaskApp("shop", specification_dir=folder)
    api.add_api("openapi.yaml")
    api.app.config.update(config)
    MethodGuard(api.app)
    api.test_client().get("/api/items")
    return t.cast("Flask", api.app)


#: A change of the file that the app has not been started with yet.
CHANGES = {
    "MG201 PUT": ("/items/{number}:", "/items/{number}/gone:"),
    "MG202 PATCH": ("put:", "patch: {}\n    put:"),
    "MG204 PUT": ("put:", "x-put:"),
    "MG205 PUT": ("deprecated: true", "deprecated: false"),
    "MG206 GET": ("get:", "get:\n      deprecated: true"),
    "MG207 PUT": ("2030-01-01", "2031-01-01"),
}


# connexion uses what Starlette and jsonschema call deprecated.
@pytest.mark.filterwarnings("ignore:Using `httpx`", "ignore::DeprecationWarning")
@pytest.mark.parametrize("difference", CHANGES)
def test_connexion_was_started_with_another_file(
    difference: str, tmp_path: Path
) -> None:
    """One change is one difference; a path that moves leaves its old route behind."""
    app = connexion_app(tmp_path)
    file = tmp_path / "openapi.yaml"
    assert agreement(app, file) == ()
    file.write_text(SPECIFICATION.replace(*CHANGES[difference]))
    found = [f"{each.id} {each.method}" for each in agreement(app, file)]
    moved = ["MG204 PUT"] if difference == "MG201 PUT" else []
    assert found == [*moved, difference]


@pytest.mark.filterwarnings("ignore:Using `httpx`", "ignore::DeprecationWarning")
def test_connexion_routes_what_is_past_its_sunset(tmp_path: Path) -> None:
    """The file still has the method, so MG203 is found in it as it is."""
    app = connexion_app(tmp_path, METHOD_GUARD_ENFORCE_SUNSET=True)
    [found] = agreement(app, tmp_path / "openapi.yaml", at=SUNSET)
    assert (found.id, found.method) == ("MG203", "PUT")


# -- httpbin ---------------------------------------------------------------------------


def test_httpbin_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that it documents is served; it serves a few URLs more."""
    import werkzeug.http  # noqa: PLC0415

    # The name is gone in Werkzeug 3; only a view calls it.
    monkeypatch.setattr(
        werkzeug.http, "parse_authorization_header", None, raising=False
    )
    app = need("httpbin", "httpbin").app
    if "method_guard" not in app.extensions:
        MethodGuard(app)
    document = app.test_client().get("/spec.json").json
    assert document["swagger"] == "2.0"
    found = agreement(app, document)
    assert not found.not_compared
    assert [f"{each.id} {each.method} {each.path}" for each in found] == [
        "MG204 GET /",
        "MG204 GET /apidocs/index.html",
        "MG204 GET /forms/post",
        "MG204 GET /legacy",
        "MG204 GET /links/<int:n>",
        "MG204 GET /oauth2-redirect.html",
        "MG204 GET /spec.json",
    ]
