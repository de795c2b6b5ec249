"""OPTIONS: only Flask's automatic answer is made exact."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug import exceptions as werkzeug
from werkzeug.routing import BaseConverter, Rule, ValidationError

from flask_method_guard import (
    MethodGuard,
)
from flask_method_guard.report import explain
from tests.raw_wsgi import ask
from tests.rejecting import (
    EARLY_OR_NOT,
    items_app,
)
from tests.routed_apps import make_app, make_plain_app, outcome


def test_an_automatic_answer_in_another_notation() -> None:
    """An app may write Flask's answer to OPTIONS anew; the set is made exact."""

    class Own(Flask):
        # Flask 3.2 passes its context.
        def make_default_options_response(  # type: ignore[no-untyped-def]
            self,
            ctx=None,
        ) -> Response:
            return self.response_class(headers=[("Allow", "OPTIONS,HEAD,GET")])

    app = Own(__name__)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["GET", "OPTIONS"]
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "index", methods=["GET"])
    app.add_url_rule("/more", "more", lambda: "more", methods=["GET", "PUT"])
    for _ in range(2):
        assert outcome(ask(app, "OPTIONS", "/")) == (200, "GET, HEAD, OPTIONS")
        # Another set is what the app wants to say.
        assert outcome(ask(app, "OPTIONS", "/more")) == (200, "OPTIONS,HEAD,GET")
        # A function after the guard's answers nothing here.
        app.before_request_funcs[None].append(lambda: None)


class Even(BaseConverter):
    """Accepts even numbers."""

    regex = r"\d+"
    part_isolating = True

    def to_python(self, value: str) -> int:
        """Reject odd numbers."""
        if int(value) % 2:
            raise ValidationError
        return int(value)


def test_a_listed_method_whose_rule_rejects_the_url() -> None:
    """Flask lists PUT at odd numbers, too, where its converter rejects the URL."""
    app = Flask(__name__)
    app.url_map.converters["even"] = Even
    MethodGuard(app)
    app.add_url_rule("/items/<n>", "show", lambda n: n)
    put: dict[str, Any] = {"methods": ["PUT"], "provide_automatic_options": False}
    app.add_url_rule("/items/<even:n>", "put", lambda n: "ok", **put)
    for path, allow in (("3", "GET, HEAD, OPTIONS"), ("4", "GET, HEAD, OPTIONS, PUT")):
        assert outcome(ask(app, "OPTIONS", f"/items/{path}")) == (200, allow)
        assert explain(app, "OPTIONS", f"/items/{path}").allowed_methods == tuple(
            allow.split(", ")
        )
    assert outcome(ask(app, "PUT", "/items/3")) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("make", [make_app, make_plain_app])
def test_an_own_answer_to_options_stays(make: Callable[[], Flask]) -> None:
    """Only Flask's automatic answer to OPTIONS is made exact."""
    app = make()
    app.add_url_rule(
        "/own",
        "own",
        lambda: Response(headers={"Allow": "OPTIONS,  GET"}),
        methods=["OPTIONS", "GET"],
    )

    @app.before_request
    def preflight() -> Response | None:
        if request.method == "OPTIONS" and request.path == "/items":
            return Response(headers={"Allow": "PUT, GET"})
        return None

    assert ask(app, "OPTIONS", "/own").get("Allow") == "OPTIONS,  GET"
    assert ask(app, "OPTIONS", "/items").get("Allow") == "PUT, GET"


Simple = tuple[str, int] | tuple[str, dict[str, str]]


def preflights(answer: Simple | Response) -> Flask:
    """Make an app with a hook that answers each OPTIONS, also where Flask would."""
    app = make_plain_app()
    app.url_map.strict_slashes = False
    app.add_url_rule("/", "index", lambda: "ok")
    app.add_url_rule("/loose/", "loose", lambda: "loose")
    app.before_request(lambda: answer if request.method == "OPTIONS" else None)
    return app


@pytest.mark.parametrize("path", ["/items", "", "/loose", "/loose/"])
@pytest.mark.parametrize(
    "answer",
    [
        *(("", {"Allow": ", ".join(p)}) for p in permutations(("GET", "HEAD", "POST"))),
        ("", {"Allow": "POST, OPTIONS, HEAD, GET, PURGE"}),
        ("", {"Allow": ""}),
        ("", 204),
        ("", {"Access-Control-Allow-Origin": "*"}),
        ("yes", {}),
    ],
    ids=str,
)
def test_an_answer_of_a_hook_to_options_stays(answer: Simple, path: str) -> None:
    """Its ``Allow`` may have more methods, fewer, or not be there."""
    app = preflights(answer)
    assert ask(app, "OPTIONS", path).get("Allow") == (
        answer[1].get("Allow") if isinstance(answer[1], dict) else None
    )


def test_an_empty_response_of_a_hook_stays() -> None:
    """It has no ``Allow``, as Flask's own where the router lists nothing."""
    app = preflights(Response(status=204))
    assert outcome(ask(app, "OPTIONS", "")) == (204, None)


def test_the_same_methods_in_the_notation_of_a_hook() -> None:
    """Of all orders, only the router's own can be Flask's answer."""
    methods = ("GET", "HEAD", "OPTIONS", "POST")
    orders = [", ".join(order) for order in permutations(methods)]
    changed = [
        order
        for order in orders
        if ask(preflights(("", {"Allow": order})), "OPTIONS", "/items").get("Allow")
        != order
    ]
    assert len(changed) <= 1


def test_options_where_a_converter_crashes_after_a_hook() -> None:
    """The answer of the hook stays where Flask itself could not have answered."""

    class Crash(BaseConverter):
        regex = r"\d+"

        def to_python(self, value: str) -> int:
            raise ZeroDivisionError

    app = make_plain_app()
    app.url_map.converters["crash"] = Crash
    app.add_url_rule("/<int:number>", "number", str)
    app.url_map.add(Rule("/<crash:number>", endpoint="number"))
    app.before_request(lambda: ("", {"Allow": "GET"}))
    assert outcome(ask(app, "OPTIONS", "/1")) == (200, "GET")


@pytest.mark.parametrize(
    ("login", "status", "allow"),
    [
        (True, 401, None),
        (False, 200, "GET, HEAD, OPTIONS"),
    ],
    ids=["login", "no login"],
)
def test_options_where_the_router_lists_nothing(
    login: bool, status: int, allow: str | None
) -> None:
    """A mounted app can have an empty path: Flask's answer to that lacks ``Allow``."""
    app = make_plain_app()
    app.url_map.strict_slashes = False
    app.add_url_rule("/", "index", lambda: "ok")
    app.before_request(lambda: ("log in", 401) if login else None)
    assert outcome(ask(app, "OPTIONS", "")) == (status, allow)


@pytest.mark.parametrize("trap", ["HTTP_EXCEPTIONS", "BAD_REQUEST_ERRORS", None])
@pytest.mark.parametrize("handled", [Exception, werkzeug.HTTPException, 404, None])
@EARLY_OR_NOT
def test_no_handler_sees_the_options_of_the_server(
    trap: str | None, handled: type[Exception] | int | None, early: bool
) -> None:
    """OPTIONS * is 200 and empty, whatever the app traps or handles."""
    app = items_app(REJECT_EARLY=early)
    if trap:
        app.config[f"TRAP_{trap}"] = True
    if handled:
        app.register_error_handler(handled, lambda error: ("handled", 418))
    answer = ask(app, "OPTIONS", "*")
    assert (answer.line, answer.body, answer.all("Allow")) == ("200 OK", b"", [])
