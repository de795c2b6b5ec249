"""A small API with its OpenAPI document, for Schemathesis to test.

``python -m tests.schemathesis.app SETTING`` serves it on a free port of 127.0.0.1 and
prints the URL. ``SETTING`` is a value of ``METHOD_GUARD_SUPPORTED_METHODS``; with
``bare``, the app has no guard.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import waitress
from flask import Blueprint, Flask, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from flask_method_guard import MethodGuard

ERROR = {
    "description": "Something is wrong with the request.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "string"}},
            }
        }
    },
}
BOOK = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string", "minLength": 1}},
}
SHOWN = {
    "description": "The book.",
    "content": {"application/json": {"schema": BOOK}},
}
NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
}
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Books", "version": "1"},
    "paths": {
        "/books": {
            "get": {
                "responses": {
                    "200": {
                        "description": "All books.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "additionalProperties": BOOK,
                                }
                            }
                        },
                    },
                }
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": BOOK}},
                },
                "responses": {"201": SHOWN, "400": ERROR, "415": ERROR},
            },
        },
        "/books/{number}": {
            "parameters": [NUMBER],
            "get": {"responses": {"200": SHOWN, "404": ERROR}},
            "delete": {
                "responses": {"204": {"description": "It is gone."}, "404": ERROR}
            },
        },
    },
}


api = Blueprint("api", __name__)


def books() -> dict[int, dict[str, Any]]:
    """Return the books of the current app."""
    found: dict[int, dict[str, Any]] = current_app.extensions["books"]
    return found


@api.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Describe the API."""
    return jsonify(OPENAPI)


@api.get("/books")
def index() -> ResponseReturnValue:
    """List the books."""
    return jsonify(books())


@api.post("/books")
def add() -> ResponseReturnValue:
    """Add a book."""
    book = request.get_json()
    if not isinstance(book, dict) or book.keys() != {"title"}:
        abort(400)
    if not isinstance(book["title"], str) or not book["title"]:
        abort(400)
    books()[len(books())] = book
    return jsonify(book), 201


@api.get("/books/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """Show a book."""
    return jsonify(books()[number]) if number in books() else abort(404)


@api.delete("/books/<int:number>")
def delete(number: int) -> ResponseReturnValue:
    """Remove a book."""
    if books().pop(number, None) is None:
        abort(404)
    return "", 204


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Answer every error alike, as many APIs do: the error's own headers are lost."""
    return jsonify(error=error.name), error.code or 500


def create_app(supported: str | None, *, guard: bool = True) -> Flask:
    """Make the API.

    :param supported: the value of ``METHOD_GUARD_SUPPORTED_METHODS``.
    :param guard: whether the app is guarded.
    """
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = supported
    app.extensions["books"] = {}
    if guard:
        MethodGuard(app)
    app.register_blueprint(api)
    app.register_error_handler(HTTPException, show_error)
    return app


def main(setting: str) -> None:
    """Say where the server listens, and serve."""
    app = create_app(None if setting == "bare" else setting, guard=setting != "bare")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
        waitress.serve(app, sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
