"""Every rejection reaches the error handler that Flask would choose.

The oracle is bare Flask with the same handlers. It raises the same status at the same
place: a view of the same blueprint aborts with a 405; an ``app.before_request``
function aborts with a 400 or a 501.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, request
from werkzeug import exceptions as werkzeug

from flask_method_guard import (
    DEFAULT_METHODS,
    InvalidMethod,
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    deprecated_methods,
)
from tests.raw_wsgi import Answer, ask
from tests.rejecting import (
    ALLOW,
    EARLY_OR_NOT,
    EVERY_REJECTION,
    REJECTED,
    caught_by_signal,
    items_app,
)

#: What a handler can be registered for, by the status that is rejected with.
KEYS: dict[str, Callable[[int], Any]] = {
    "none": lambda code: None,
    "code": lambda code: code,
    "werkzeug": lambda code: WERKZEUGS[code],
    "guard": lambda code: GUARDS[code],
    "rejected": lambda code: MethodRejected,
    "http": lambda code: werkzeug.HTTPException,
    "exception": lambda code: Exception,
}
WERKZEUGS: dict[int, type[Exception]] = {
    400: werkzeug.BadRequest,
    405: werkzeug.MethodNotAllowed,
    501: werkzeug.NotImplemented,
}
GUARDS: dict[int, type[Exception]] = {
    400: InvalidMethod,
    405: MethodNotAllowed,
    501: MethodNotImplemented,
}
#: Where a handler can be, and the URL whose rejections it gets there.
PLACES = {"app": "/items", "api": "/api/items", "api.v1": "/api/v1/items"}
TRAPS = (None, "TRAP_HTTP_EXCEPTIONS", "TRAP_BAD_REQUEST_ERRORS")

Handlers = tuple[tuple[str, str], ...]
Asked = tuple[str, str]


class Own405(werkzeug.MethodNotAllowed):
    """A 405 of the app, with a body of its own."""

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """Return a text with the path."""
        return f"own {environ['PATH_INFO']}"


class OwnGuards405(MethodNotAllowed):
    """The same, made of the guard's."""

    get_body = Own405.get_body


def add_data() -> None:
    """Put an attribute on the error, as flask-smorest does."""
    try:
        abort(405)
    except werkzeug.HTTPException as error:
        error.data = {"why": "closed"}  # type: ignore[attr-defined]
        raise


def reraise(error: Exception) -> None:
    """Raise an exception from an expression."""
    raise error


#: How a view may say 405.
VIEWS: dict[str, Callable[[], Any]] = {
    "abort": lambda: abort(405),
    "response": lambda: abort(405, response=Response("own response", 405)),
    "description": lambda: abort(405, description="own description"),
    "methods": lambda: abort(405, valid_methods=["X"], description="own methods"),
    "class": lambda: reraise(Own405()),
    "guards-class": lambda: reraise(OwnGuards405()),
    "attribute": add_data,
    "returned": lambda: ("own 405", 405),
}


@deprecated_methods("POST", sunset="2020-01-01")
def items() -> str:
    """Serve, unless the method is retired."""
    return "items"


def handler(name: str) -> Callable[[Any], tuple[str, int]]:
    """Make a handler that says who it is, and what it sees."""

    def handle(error: Any) -> tuple[str, int]:
        seen = [name, request.blueprint, getattr(error, "data", None)]
        response = getattr(error, "response", None)
        seen += [response and response.get_data(as_text=True)]
        text = getattr(error, "description", "")
        seen += [text if text.startswith("own") else None]
        return f"handler {seen}", getattr(error, "code", 500)

    return handle


def register(app: Flask, handlers: Handlers, *views: str) -> None:
    """Register the handlers, each for every status, and the views of each place."""
    nested = Blueprint("v1", __name__, url_prefix="/v1")
    api = Blueprint("api", __name__, url_prefix="/api")
    scopes: dict[str, Flask | Blueprint] = {"api.v1": nested, "api": api, "app": app}
    for place, scope in scopes.items():
        scope.add_url_rule(
            "/items", "items", items, methods=["GET", "POST", "FOO", "GLASSY"]
        )
        for name in views:
            scope.add_url_rule(f"/{name}", f"view-{name}", VIEWS[name])
        for key, where in handlers:
            if where == place and key != "none":
                for each in {KEYS[key](code) for code in WERKZEUGS}:
                    scope.register_error_handler(each, handler(f"{where} {key}"))
    api.register_blueprint(nested)
    app.register_blueprint(api)


def make_app(trap: str | None) -> Flask:
    """Make an app in which an exception that nobody handles is a 500."""
    app = Flask(__name__, static_folder=None)
    app.logger.disabled = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if trap is not None:
        app.config[trap] = True
    return app


def guarded(
    handlers: Handlers, trap: str | None, early: bool, first: bool, *views: str
) -> Flask:
    """Make an app whose guard rejects."""
    app = make_app(trap)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["default", "GLASSY"]
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.config["METHOD_GUARD_REJECT_EARLY"] = early
    if first:
        MethodGuard(app)
    register(app, handlers, *views)
    if not first:
        MethodGuard(app)
    return app


@cache
def bare(handlers: Handlers, trap: str | None) -> Flask:
    """Make an app that raises by itself what the guard would raise.

    No handler for a class of the guard gets an exception of Werkzeug, so where there is
    one, the guard's is raised.
    """
    app = make_app(trap)
    register(app, handlers, "abort")
    is_guards = any(key in ("guard", "rejected") for key, _ in handlers)

    def fail(code: int) -> None:
        if is_guards:
            raise GUARDS[code]
        abort(code)

    @app.before_request
    def reject() -> None:
        if "reject" in request.args:
            fail(int(request.args["reject"]))

    def view() -> str:
        fail(405)
        return ""

    for endpoint in app.view_functions:
        if endpoint.endswith("view-abort"):
            app.view_functions[endpoint] = view
    return app


def rejections(url: str) -> Iterator[tuple[Asked, Asked]]:
    """Yield each request that the guard rejects, and that to which the oracle says so.

    For a 501 and a 400, a route matched or not: a 405 always belongs to its URL.
    """
    aborts = ("GET", url.replace("items", "abort"))
    yield ("PUT", url), aborts
    yield ("POST", url), aborts
    yield ("FOO", url), ("GET", f"{url}?reject=501")
    yield ("BAR", url), ("GET", "/nowhere?reject=501")
    yield ("GLA\xdfY", url), ("GET", f"{url}?reject=400")
    yield ("<b>", url), ("GET", "/nowhere?reject=400")


def said(answer: Answer) -> tuple[int, str]:
    """Return the status, and what the handler said; empty if there was none."""
    return answer.status, answer.text if answer.text.startswith("handler") else ""


ALONE = [((key, place),) for key, place in product(KEYS, PLACES)]
PAIRS = [
    ((one, inner), (other, outer))
    for inner, outer in [("api", "app"), ("api.v1", "api"), ("api.v1", "app")]
    for one, other in product(KEYS, KEYS)
]
EVERY_TRAP = pytest.mark.parametrize("trap", TRAPS, ids=str)


def check(app: Flask, oracle: Flask, url: str) -> None:
    """Compare every rejection at a URL with the oracle."""
    is_trap = app.config["TRAP_BAD_REQUEST_ERRORS"]
    for rejected, aborted in rejections(url):
        path, _, query = aborted[1].partition("?")
        expected = said(ask(oracle, aborted[0], path, query=query))
        if is_trap and expected == (500, ""):
            expected = 400, ""  # The guard's is no bad request that a view made.
        if rejected[0] == "PUT":  # no route matched, so the app's handlers see none
            seen = re.sub(r"(\['app \w+'), '[a-z0-9.]+'", r"\1, None", expected[1])
            expected = expected[0], seen
        answer = ask(app, *rejected)
        assert said(answer) == expected, rejected
        assert (answer.get("Allow") is None) == (answer.status != 405)


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@EVERY_TRAP
def test_the_handler_is_the_one_that_flask_chooses(
    trap: str | None, early: bool
) -> None:
    """One handler, for anything, anywhere, registered before or after the guard."""
    for handlers, first in product(ALONE, (True, False)):
        app = guarded(handlers, trap, early, first)
        for url in PLACES.values():
            check(app, bare(handlers, trap), url)


def test_two_handlers_have_flasks_precedence() -> None:
    """Each pair of handlers, in a blueprint and around it."""
    for handlers in PAIRS:
        app = guarded(handlers, None, early=False, first=True)
        check(app, bare(handlers, None), PLACES[handlers[0][1]])


@EVERY_TRAP
def test_what_a_view_says_reaches_the_same_handler(trap: str | None) -> None:
    """However a view says 405, its handler sees what the view gave."""
    for handlers in ALONE:
        # Bare Flask raises Werkzeug's class, which is none of the guard's.
        if handlers[0][0] in ("guard", "rejected"):
            continue
        app = guarded(handlers, trap, False, False, *VIEWS)
        oracle = make_app(trap)
        register(oracle, handlers, *VIEWS)
        for url, view in product(PLACES.values(), VIEWS):
            path = url.replace("items", view)
            before, after = ask(oracle, "GET", path), ask(app, "GET", path)
            assert said(after) == said(before), (handlers, trap, path)
            if before.text.startswith("own"):
                assert after.body == before.body
            if after.status == 405:
                assert after.get("Allow")


@pytest.mark.parametrize("key", [405, werkzeug.HTTPException, Exception], ids=str)
@pytest.mark.parametrize("place", PLACES)
def test_a_handler_sees_the_same_of_a_route_and_of_a_view(key: Any, place: str) -> None:
    """The reason, the methods and the words; what the view gave stays."""
    seen: list[Any] = []
    app = guarded((), None, False, False, *VIEWS)

    def handle(error: Any) -> tuple[str, int]:
        seen.append(error)
        return "no", 405

    spec = app.error_handler_spec[None if place == "app" else place]
    code, kind = (405, werkzeug.MethodNotAllowed) if key == 405 else (None, key)
    spec[code][kind] = handle
    ask(app, "DELETE", PLACES[place].replace("items", "abort"))
    for view in ("abort", "description", "methods", "attribute"):
        ask(app, "GET", PLACES[place].replace("items", view))
    facts = [(str(e.reason), e.allowed_methods, e.description) for e in seen]
    others = ("HEAD", "OPTIONS")
    words = "GET is not allowed here. Allowed: HEAD, OPTIONS."
    assert facts == [
        (
            "not-allowed",
            ("GET", *others),
            "DELETE is not allowed here. Allowed: GET, HEAD, OPTIONS.",
        ),
        ("not-allowed", others, words),
        ("not-allowed", others, "own description"),
        ("not-allowed", ("X",), "own methods"),
        ("not-allowed", others, words),
    ]


@pytest.mark.parametrize("code", [405, 501, 400])
@pytest.mark.parametrize("place", ["app", "api"])
def test_an_async_handler_for_every_exception(place: str, code: int) -> None:
    """It is awaited, on the app and on a blueprint."""
    pytest.importorskip("asgiref")
    app = guarded((), None, early=False, first=True)

    async def handle(error: Exception) -> tuple[str, int]:
        return f"handler for {type(error).__name__}", 418

    app.error_handler_spec[None if place == "app" else place][None][Exception] = handle
    method = {405: "PUT", 501: "FOO", 400: "GLA\xdfY"}[code]
    answer = ask(app, method, PLACES[place])
    assert said(answer) == (418, f"handler for {GUARDS[code].__name__}")


# -- what a handler gets, and what is done to its answer --------------------------


@EVERY_REJECTION
def test_a_handler_that_returns_the_exception_keeps_the_answer(code: int) -> None:
    """``return e`` gives the very answer of an app without a handler."""
    plain = ask(items_app(), REJECTED[code], "/items")
    app = items_app()
    app.register_error_handler(werkzeug.HTTPException, lambda error: error)
    answer = ask(app, REJECTED[code], "/items")
    assert answer.status == code
    assert answer.body == plain.body
    assert sorted(answer.headers) == sorted(plain.headers)


def test_the_handler_gets_every_fact() -> None:
    """A user's own handler has all that the guard's has."""
    error = caught_by_signal(items_app(DOCS_URL="https://docs.example.com/"), "PUT")
    assert error.reason.value == "not-allowed"
    assert error.method == "PUT"
    assert tuple(error.allowed_methods) == ("GET", "HEAD", "OPTIONS", "POST")
    assert list(error.valid_methods) == ["GET", "HEAD", "OPTIONS", "POST"]
    assert error.docs_url == "https://docs.example.com/"

    error = caught_by_signal(items_app(), "FOO")
    assert error.reason.value == "not-implemented"
    assert error.method == "FOO"
    assert set(error.supported_methods) == set(DEFAULT_METHODS)

    error = caught_by_signal(items_app(), "G ET")
    assert error.reason.value == "invalid-token"
    assert error.method is None


@pytest.mark.parametrize(
    ("result", "status", "allow"),
    [
        pytest.param(("gone", 410), 410, None, id="another-status"),
        pytest.param(({"a": 1}, 405), 405, ALLOW, id="json"),
        pytest.param(("", 405, {"Allow": "MINE"}), 405, "MINE", id="own-allow"),
        pytest.param(Response("x", 405), 405, ALLOW, id="response"),
    ],
)
def test_allow_is_added_to_a_405_only(
    result: Any, status: int, allow: str | None
) -> None:
    """What a handler makes of a 405 gets an Allow only where it is one without."""
    app = items_app()
    app.register_error_handler(405, lambda error: result)
    answer = ask(app, "PUT", "/items")
    assert (answer.status, answer.get("Allow")) == (status, allow)


@EVERY_REJECTION
@EARLY_OR_NOT
def test_no_cache_keeps_what_a_handler_makes_of_a_rejection(
    code: int, early: bool
) -> None:
    """A cache may keep a 405 and a 501, so Cache-Control is added where it lacks."""
    app = items_app(REJECT_EARLY=early)
    app.register_error_handler(code, lambda error: ("mine", error.code))
    answer = ask(app, REJECTED[code], "/items")
    assert (answer.text, answer.get("Cache-Control")) == ("mine", "no-store")


@EVERY_REJECTION
def test_the_cache_control_of_a_handler_stays(code: int) -> None:
    """A handler may let caches keep its answer."""
    app = items_app()
    kept = {"Cache-Control": "max-age=60"}
    app.register_error_handler(code, lambda error: ("mine", error.code, kept))
    assert ask(app, REJECTED[code], "/items").get("Cache-Control") == "max-age=60"
