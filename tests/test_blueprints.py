"""A 405 reaches the error handlers of the blueprint that owns the URL.

The oracle is Flask itself: whatever handler it chooses for an ``abort(405)`` inside a
view of the blueprint must also answer a method that the router refuses.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    got_request_exception,
    render_template_string,
    request,
    url_for,
)
from werkzeug import exceptions as werkzeug
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WerkzeugMethodNotAllowed

from flask_method_guard import (
    DEFAULT_METHODS,
    MethodGuard,
    MethodNotAllowed,
    MethodRejected,
    method_rejected,
)
from tests.raw_wsgi import Answer, ask
from tests.rejecting import (
    EARLY_OR_NOT,
    REJECTED,
)

Key = int | type[Exception]

KEYS: dict[str, Key | None] = {
    "none": None,
    "405": 405,
    "werkzeug": WerkzeugMethodNotAllowed,
    "guard": MethodNotAllowed,
    "rejected": MethodRejected,
    "http": HTTPException,
    "exception": Exception,
}
MODES = pytest.mark.parametrize("early", [False, True], ids=["late", "early"])


def handle(scope: Blueprint | Flask, key: Key | None, name: str) -> None:
    """Register an error handler that says who it is and what it sees."""

    def handler(error: Any) -> tuple[str, int]:
        g.seen = (request.endpoint, request.blueprint, request.view_args, error)
        return f"{name} {request.blueprint} {request.endpoint}", 405

    if key is not None:
        scope.register_error_handler(key, handler)


def make_blueprint(name: str) -> Blueprint:
    """Make a blueprint with a view that answers, and one that aborts."""
    blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")
    blueprint.add_url_rule("/items/<int:number>", "items", lambda number: "items")
    blueprint.add_url_rule("/abort", "abort", lambda: abort(405))
    return blueprint


def make_app(guard: bool = True, **config: Any) -> Flask:
    """Make an app, guarded unless that is left for later."""
    app = Flask(__name__, static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config.update(config)
    if guard:
        MethodGuard(app)
    return app


def who(answer: Answer) -> tuple[int, str]:
    """Return the status, and the name of the handler that answered."""
    text = answer.text
    return answer.status, text.partition(" ")[0] if text[0] not in "{<" else "guard"


# -- what the handler sees ----------------------------------------------------------


def shop(early: bool = False, key: Key = 405) -> Flask:
    """Make an app whose blueprint has a handler, and who tells what it saw."""
    app = make_app(METHOD_GUARD_REJECT_EARLY=early)
    app.extensions["seen"] = []
    blueprint = make_blueprint("api")

    @blueprint.errorhandler(key)
    def handler(error: Any) -> tuple[str, int]:
        app.extensions["seen"].append((request.endpoint, request.view_args, error))
        return url_for(".items", number=7), 405

    app.register_blueprint(blueprint)
    app.add_url_rule("/site", "site", lambda: "site")
    return app


@MODES
def test_the_handler_sees_the_url(early: bool) -> None:
    """The endpoint, the arguments and the blueprint are there; then they are gone.

    A receiver of the signal gets the same exception, once.
    """
    app, after, sent = shop(early), [], []

    @app.before_request
    def before() -> None:
        after.append((request.endpoint, request.view_args, request.url_rule))

    @app.teardown_request
    def teardown(error: object) -> None:
        after.append((request.endpoint, request.view_args, request.url_rule))

    def receive(sender: Flask, exception: MethodRejected, enforced: bool) -> None:
        sent.append((exception, enforced))

    with method_rejected.connected_to(receive, app):
        assert ask(app, "PUT", "/api/items/3").text == "/api/items/7"
    ((endpoint, arguments, error),) = app.extensions["seen"]
    assert (endpoint, arguments) == ("api.items", {"number": 3})
    assert type(error) is MethodNotAllowed
    assert sent == [(error, True)]
    assert (error.code, error.method, error.endpoint) == (405, "PUT", "api.items")
    assert after == [(None, None, None)] * (1 if early else 2)


@MODES
@pytest.mark.parametrize("key", ["405", "guard", "rejected", "http", "exception"])
def test_a_handler_of_the_app_sees_no_route(key: str, early: bool) -> None:
    """As in Flask: what a blueprint does for its own views does not happen."""
    app = make_app(METHOD_GUARD_REJECT_EARLY=early)
    blueprint = make_blueprint("api")

    @blueprint.before_request
    def before() -> None:
        g.name = "Ann"

    @blueprint.context_processor
    def inject() -> dict[str, str]:
        return {"name": g.name}

    def handler(error: Any) -> tuple[str, int]:
        seen = request.endpoint, request.blueprint, request.view_args
        return render_template_string("{{ seen }}", seen=seen), error.code

    app.register_error_handler(cast("Any", KEYS[key]), handler)
    app.register_blueprint(blueprint)
    answer = ask(app, "PUT", "/api/items/3")
    assert (answer.status, answer.text) == (405, "(None, None, None)")


@MODES
def test_a_hook_keeps_what_it_set(early: bool) -> None:
    """A blueprint's handler sees the arguments of its URL, and no one after it."""
    app, seen = shop(early), []

    @app.before_request
    def before() -> None:
        request.view_args = {"set": "by a hook"}

    @app.after_request
    def after(response: Response) -> Response:
        seen.append(request.view_args)
        return response

    app.before_request_funcs[None].reverse()  # so that it also runs where it is early
    assert ask(app, "PUT", "/api/items/3").text == "/api/items/7"
    assert seen == [{"set": "by a hook"}]


@pytest.mark.parametrize(
    ("clone", "keeps_rule"),
    [
        pytest.param(copy.copy, True, id="copy"),
        pytest.param(copy.deepcopy, False, id="deepcopy"),
        pytest.param(lambda e: pickle.loads(pickle.dumps(e)), False, id="pickle"),
    ],
)
def test_a_hook_may_copy_the_exception(
    clone: Callable[[Exception], Any], keeps_rule: bool
) -> None:
    """A copy says the same; one that leaves the process leaves the URL map behind."""
    app, found = shop(), []

    @app.before_request
    def look() -> None:
        error: Any = request.routing_exception
        error.description = "Not today."
        found.extend([error, clone(error)])

    assert ask(app, "PUT", "/api/items/3").text == "/api/items/7"
    error, again = found
    assert type(again) is type(error)
    assert (again.code, again.description) == (405, "Not today.")
    assert again.get_body() == error.get_body()
    assert again.get_headers() == error.get_headers()
    assert again.facts == again.rejection.facts == error.facts
    assert (again.rule, again.view_args) == (
        (error.rule, {"number": 3}) if keeps_rule else (None, None)
    )


@MODES
def test_the_hooks_of_the_blueprint_stay_paired(early: bool) -> None:
    """Neither half runs for a refusal; both run for what a view of it aborts."""
    app, ran = make_app(METHOD_GUARD_REJECT_EARLY=early), list[str]()
    blueprint = make_blueprint("api")
    handle(blueprint, 405, "blueprint")
    blueprint.before_request(lambda: ran.append("before"))

    @blueprint.after_request
    def after(response: Response) -> Response:
        ran.append("after")
        return response

    blueprint.teardown_request(lambda error: ran.append("teardown"))
    app.register_blueprint(blueprint)
    assert who(ask(app, "PUT", "/api/items/3")) == (405, "blueprint")
    assert ran == []
    assert who(ask(app, "GET", "/api/abort")) == (405, "blueprint")
    assert ran == ["before", "after", "teardown"]


@MODES
def test_the_site_and_what_names_no_url_stay_the_apps(early: bool) -> None:
    """Other URLs, a 501, a 400 and a 404 do not reach the blueprint."""
    app = shop(early, HTTPException)
    for method, path, status in [
        ("PUT", "/site", 405),
        ("FOO", "/api/items/3", 501),
        ("<>", "/api/items/3", 400),
        ("PUT", "/api/nowhere", 404),
    ]:
        assert ask(app, method, path).status == status
    assert app.extensions["seen"] == []


# -- who owns a URL -----------------------------------------------------------------


@MODES
@pytest.mark.parametrize(
    ("rules", "owner"),
    [
        ([("a", "PUT"), ("b", "GET")], "b"),
        ([("a", "GET"), ("b", "PUT")], "a"),
        ([("a", "PUT"), ("b", "DELETE")], "b"),
        ([(None, "GET"), ("a", "PUT")], "app"),
    ],
    ids=["get", "get-first", "first-in-allow", "the-app"],
)
def test_one_blueprint_owns_a_url(
    rules: list[tuple[str | None, str]], owner: str, early: bool
) -> None:
    """It is that of GET's rule, otherwise that of the first method in Allow."""
    app = make_app(METHOD_GUARD_REJECT_EARLY=early)
    handle(app, 405, "app")
    for name, method in rules:
        scope: Blueprint | Flask = Blueprint(name, __name__) if name else app
        scope.add_url_rule(
            "/url", "v", str, methods=[method], provide_automatic_options=False
        )
        if isinstance(scope, Blueprint):
            handle(scope, 405, scope.name)
            app.register_blueprint(scope)
    assert who(ask(app, "POST", "/url")) == (405, owner)


def test_a_url_that_only_redirects_is_the_apps() -> None:
    """No rule is known that could own it."""
    app = make_app()
    blueprint = Blueprint("api", __name__)
    handle(blueprint, 405, "blueprint")
    handle(app, 405, "app")
    options = {"provide_automatic_options": False}
    blueprint.add_url_rule("/dir/", "dir", str, methods=["GET"], **options)
    app.register_blueprint(blueprint)
    assert who(ask(app, "POST", "/dir")) == (405, "app")


# -- handlers that fail -------------------------------------------------------------


@MODES
@pytest.mark.parametrize("how", ["raise", "abort"])
def test_a_crashing_handler_is_a_500_of_the_app(how: str, early: bool) -> None:
    """The blueprint's 500 handler is not asked, as the request matched no route."""
    app = make_app(METHOD_GUARD_REJECT_EARLY=early)
    blueprint = make_blueprint("api")
    raised, sent = list[object](), list[object]()

    @blueprint.errorhandler(405)
    def handler(error: object) -> str:
        if how == "abort":
            abort(418)
        raise ZeroDivisionError

    handle(blueprint, 500, "blueprint")
    app.register_error_handler(500, lambda error: ("app", 500))
    app.register_blueprint(blueprint)

    def note(sender: Flask, exception: Exception, **more: object) -> None:
        raised.append(type(exception))

    def receive(sender: Flask, **more: object) -> None:
        sent.append(more)

    with (
        got_request_exception.connected_to(note, app),
        method_rejected.connected_to(receive, app),
    ):
        answer = ask(app, "PUT", "/api/items/3")
    assert who(answer) == (500, "app")
    assert len(raised) == 1
    assert sent == []


# -- what passes on the way ---------------------------------------------------------


# -- what matched, and is rejected all the same -----------------------------------


def blueprint_app(register: Callable[[Flask, Blueprint], None], **config: Any) -> Flask:
    """Make an app whose routes are all on a nested blueprint."""
    app = Flask(__name__, static_folder=None)
    app.testing = True
    app.config.update({f"METHOD_GUARD_{k}": v for k, v in config.items()})
    inner = Blueprint("inner", __name__)
    outer = Blueprint("outer", __name__, url_prefix="/api")

    @inner.route("/items", methods=["GET", "GLASSY", "FOO"])
    def items() -> str:
        return "items"

    register(app, outer)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app


@pytest.mark.parametrize("code", [501, 400])
@EARLY_OR_NOT
def test_after_request_functions_of_a_blueprint_run(code: int, early: bool) -> None:
    """A 501 and a 400 reach a blueprint if one of its routes matched.

    FOO is routed and left out of the list, and the router takes GLAßY for GLASSY. The
    blueprint's after_request functions run, too.
    """
    ran: list[int] = []

    def register(app: Flask, blueprint: Blueprint) -> None:
        def handle(error: werkzeug.HTTPException) -> tuple[dict[str, Any], int]:
            return {"mine": error.code}, cast("int", error.code)

        @blueprint.after_request
        def after(response: Response) -> Response:
            ran.append(response.status_code)
            return response

        MethodGuard(app)
        blueprint.register_error_handler(code, handle)

    supported = [*DEFAULT_METHODS, "GLASSY"]
    app = blueprint_app(register, REJECT_EARLY=early, SUPPORTED_METHODS=supported)
    answer = ask(app, REJECTED[code], "/api/items")
    assert (answer.status, answer.json) == (code, {"mine": code})
    assert ran == [code]
