"""A bookshop's API, as an app of that size is often built, with the guard on it."""

from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from flask_cors import CORS
from werkzeug.exceptions import HTTPException, NotFound

from flask_method_guard import MethodGuard, MethodRejected

shop = Blueprint("shop", __name__)


def shelf() -> dict[int, str]:
    """Return the books of the app that is asked."""
    books: dict[int, str] = current_app.extensions["shelf"]
    return books


@shop.get("/")
def index() -> ResponseReturnValue:
    """Say what is here."""
    return jsonify(books="/books", orders="/orders")


class Books(MethodView):
    """All books: list them, add one."""

    def get(self) -> ResponseReturnValue:
        """List the titles."""
        return jsonify(shelf())

    def post(self) -> ResponseReturnValue:
        """Add a book and say where it is."""
        number = max(shelf(), default=0) + 1
        shelf()[number] = request.get_json()["title"]
        return jsonify(id=number), 201, {"Location": f"/books/{number}"}


class Book(MethodView):
    """One book: show it, take it off the shelf."""

    def get(self, number: int) -> ResponseReturnValue:
        """Show a title."""
        if number not in shelf():
            raise NotFound(f"There is no book {number}.")
        return jsonify(title=shelf()[number])

    def delete(self, number: int) -> ResponseReturnValue:
        """Take a book off the shelf; there may be none."""
        shelf().pop(number, None)
        return "", 204


shop.add_url_rule("/books", view_func=Books.as_view("books"))
shop.add_url_rule("/books/<int:number>", view_func=Book.as_view("book"))


@shop.post("/orders")
def order() -> ResponseReturnValue:
    """Take an order; nobody may list them."""
    return jsonify(ordered=request.get_json()["id"]), 202


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Show every error in the shop's own words: the one place that does.

    The guard's exceptions carry the facts. What its response says in headers, Allow
    above all, is in the response that the shop's body goes into.
    """
    response = error.get_response()
    body: dict[str, object] = {"error": error.name, "message": error.description}
    if isinstance(error, MethodRejected):
        body["reason"] = error.reason.value
        body["try"] = error.allowed_methods or error.supported_methods
        body["docs"] = error.docs_url
    response.data = current_app.json.dumps(body)
    response.content_type = "application/json"
    return response


def create_app() -> Flask:
    """Make the app: settings, extensions, routes, errors."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_DOCS_URL"] = "https://docs.example.com/{endpoint}#{method}"
    app.extensions["shelf"] = {1: "Middlemarch", 2: "The Leopard"}
    CORS(app)
    MethodGuard(app)
    app.register_blueprint(shop)
    app.register_error_handler(HTTPException, show_error)
    return app
