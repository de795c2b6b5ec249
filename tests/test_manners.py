"""How the guard behaves among the hooks, handlers and views of an app.

Each test goes through the whole WSGI stack and knows only what is documented.
"""

from __future__ import annotations

import gc
import typing as t
import weakref
from contextlib import contextmanager

import flask
import pytest
from werkzeug import exceptions as wz
from werkzeug.exceptions import Aborter
from werkzeug.routing import BaseConverter

from flask_method_guard import (
    DEFAULT_METHODS,
    InvalidMethod,
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    deprecated_method_called,
    method_rejected,
)
from tests.raw_wsgi import ask

#: A method that no app supports, one that the route refuses, one that is no token.
REFUSED = {405: "PUT", 501: "FOO", 400: "GLA\xdfY"}
OURS: dict[int, type[Exception]] = {
    405: MethodNotAllowed,
    501: MethodNotImplemented,
    400: InvalidMethod,
}
EVERY_REFUSAL = pytest.mark.parametrize("code", [405, 501, 400])
EARLY_OR_NOT = pytest.mark.parametrize("early", [False, True], ids=["late", "early"])


def make_app(*, guarded: bool = True, **config: t.Any) -> flask.Flask:
    """Make an app with GET and POST on ``/items``, guarded first of all."""
    app = flask.Flask(__name__, static_folder=None)
    app.testing = True
    app.config.update(
        {f"METHOD_GUARD_{key}": value for key, value in config.items() if guarded}
    )
    if guarded:
        MethodGuard(app)

    @app.get("/items")
    def items() -> str:
        return "items"

    @app.post("/items")
    def add() -> tuple[str, int]:
        return "added", 201

    return app


ALLOW = "GET, HEAD, OPTIONS, POST"


@contextmanager
def heard(app: flask.Flask) -> t.Iterator[list[Exception]]:
    """Collect what the signal sends for an app."""
    caught: list[Exception] = []

    def hear(sender: flask.Flask, exception: Exception, **_: object) -> None:
        assert sender is app
        caught.append(exception)

    with method_rejected.connected_to(hear, sender=app):
        yield caught


def caught_by_signal(app: flask.Flask, method: str, path: str = "/items") -> t.Any:
    """Return the exception of a refusal as its listeners get it."""
    with heard(app) as caught:
        ask(app, method, path)
    (exception,) = caught
    return exception


# The hook decides, and Flask raises.


@EVERY_REFUSAL
def test_later_hooks_still_run(code: int) -> None:
    """A hook registered after the guard sees the refusal, and the view never runs."""
    app = make_app()
    seen: list[Exception | None] = []

    @app.before_request
    def look() -> None:
        seen.append(flask.request.routing_exception)

    assert ask(app, REFUSED[code], "/items").status == code
    (exception,) = seen
    assert isinstance(exception, OURS[code])


def test_earlier_hooks_still_run_when_early() -> None:
    """What is registered before the guard runs before it, whatever the settings."""
    app = flask.Flask(__name__)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    ran: list[str] = []
    app.before_request(lambda: ran.append("before"))
    MethodGuard(app)
    app.before_request(lambda: ran.append("after"))
    assert ask(app, "FOO").status == 501
    assert ran == ["before"]


@pytest.mark.parametrize(
    ("early", "status"), [(False, 401), (True, None)], ids=["late", "early"]
)
@EVERY_REFUSAL
def test_authentication_comes_first_unless_early(
    code: int, early: bool, status: int | None
) -> None:
    """A 401 of a later hook wins by default, and the refusal with REJECT_EARLY."""
    app = make_app(REJECT_EARLY=early)

    @app.before_request
    def authenticate() -> None:
        flask.abort(401)

    assert ask(app, REFUSED[code], "/items").status == (status or code)
    assert ask(app, "GET", "/items").status == 401


@EARLY_OR_NOT
def test_a_hook_that_answers_by_itself_keeps_its_request(early: bool) -> None:
    """A hook that serves PROPFIND gets the body whole, and no signal is sent."""
    app = make_app(REJECT_EARLY=early)

    @app.before_request
    def webdav() -> flask.Response | None:
        if flask.request.method != "PROPFIND":
            return None
        return flask.Response(flask.request.get_data(), 207)

    with heard(app) as caught:
        answer = ask(app, "PROPFIND", "/items", body=b"<propfind/>")
    if early:
        assert answer.status == 501
        assert len(caught) == 1
    else:
        assert (answer.status, answer.body) == (207, b"<propfind/>")
        assert caught == []


def test_a_hook_may_overrule_the_guard() -> None:
    """A hook that clears the routing exception of a matched request lets it in."""
    app = make_app(SUPPORTED_METHODS=["GET"])

    @app.before_request
    def overrule() -> None:
        flask.request.routing_exception = None

    assert ask(app, "POST", "/items").status == 201


@EVERY_REFUSAL
@EARLY_OR_NOT
def test_teardown_and_after_request_run(code: int, early: bool) -> None:
    """A refused request is torn down like any other."""
    app = make_app(REJECT_EARLY=early)
    ran: list[str] = []

    @app.after_request
    def after(response: flask.Response) -> flask.Response:
        ran.append(f"after {response.status_code}")
        return response

    app.teardown_request(lambda error: ran.append("teardown"))
    ask(app, REFUSED[code], "/items")
    assert ran == [f"after {code}", "teardown"]


# Users' own error handlers.


def blueprint_app(
    register: t.Callable[[flask.Flask, flask.Blueprint], None], **config: t.Any
) -> flask.Flask:
    """Make an app whose routes are all on a nested blueprint."""
    app = flask.Flask(__name__, static_folder=None)
    app.testing = True
    app.config.update({f"METHOD_GUARD_{k}": v for k, v in config.items()})
    inner = flask.Blueprint("inner", __name__)
    outer = flask.Blueprint("outer", __name__, url_prefix="/api")

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

    def register(app: flask.Flask, blueprint: flask.Blueprint) -> None:
        def handle(error: wz.HTTPException) -> tuple[dict[str, t.Any], int]:
            return {"mine": error.code}, t.cast("int", error.code)

        @blueprint.after_request
        def after(response: flask.Response) -> flask.Response:
            ran.append(response.status_code)
            return response

        MethodGuard(app)
        blueprint.register_error_handler(code, handle)

    supported = [*DEFAULT_METHODS, "GLASSY"]
    app = blueprint_app(register, REJECT_EARLY=early, SUPPORTED_METHODS=supported)
    answer = ask(app, REFUSED[code], "/api/items")
    assert (answer.status, answer.json) == (code, {"mine": code})
    assert ran == [code]


@EVERY_REFUSAL
def test_a_handler_that_returns_the_exception_keeps_the_answer(code: int) -> None:
    """``return e`` gives the very answer of an app without a handler."""
    plain = ask(make_app(), REFUSED[code], "/items")
    app = make_app()
    app.register_error_handler(wz.HTTPException, lambda error: error)
    answer = ask(app, REFUSED[code], "/items")
    assert answer.status == code
    assert answer.body == plain.body
    assert sorted(answer.headers) == sorted(plain.headers)


def test_the_handler_gets_every_fact() -> None:
    """A user's own handler has all that the guard's has."""
    error = caught_by_signal(make_app(DOCS_URL="https://docs.example.com/"), "PUT")
    assert error.reason.value == "not-allowed"
    assert error.method == "PUT"
    assert tuple(error.allowed_methods) == ("GET", "HEAD", "OPTIONS", "POST")
    assert list(error.valid_methods) == ["GET", "HEAD", "OPTIONS", "POST"]
    assert error.docs_url == "https://docs.example.com/"

    error = caught_by_signal(make_app(), "FOO")
    assert error.reason.value == "not-implemented"
    assert error.method == "FOO"
    assert set(error.supported_methods) == set(DEFAULT_METHODS)

    error = caught_by_signal(make_app(), "G ET")
    assert error.reason.value == "invalid-token"
    assert error.method is None


@pytest.mark.parametrize(
    ("result", "status", "allow"),
    [
        pytest.param(("gone", 410), 410, None, id="another-status"),
        pytest.param(({"a": 1}, 405), 405, ALLOW, id="json"),
        pytest.param(("", 405, {"Allow": "MINE"}), 405, "MINE", id="own-allow"),
        pytest.param(flask.Response("x", 405), 405, ALLOW, id="response"),
    ],
)
def test_allow_is_mended_on_a_405_only(
    result: t.Any, status: int, allow: str | None
) -> None:
    """What a handler makes of a 405 gets an Allow only where it is one without."""
    app = make_app()
    app.register_error_handler(405, lambda error: result)
    answer = ask(app, "PUT", "/items")
    assert (answer.status, answer.get("Allow")) == (status, allow)


@EVERY_REFUSAL
@EARLY_OR_NOT
def test_no_cache_keeps_what_a_handler_makes_of_a_refusal(
    code: int, early: bool
) -> None:
    """A cache may keep a 405 and a 501, so Cache-Control is added where it lacks."""
    app = make_app(REJECT_EARLY=early)
    app.register_error_handler(code, lambda error: ("mine", error.code))
    answer = ask(app, REFUSED[code], "/items")
    assert (answer.text, answer.get("Cache-Control")) == ("mine", "no-store")


@EVERY_REFUSAL
def test_the_cache_control_of_a_handler_stays(code: int) -> None:
    """A handler may let caches keep its answer."""
    app = make_app()
    kept = {"Cache-Control": "max-age=60"}
    app.register_error_handler(code, lambda error: ("mine", error.code, kept))
    assert ask(app, REFUSED[code], "/items").get("Cache-Control") == "max-age=60"


# What views say by themselves.


def app_of(view: t.Callable[[], t.Any], *, guarded: bool = True) -> flask.Flask:
    """Make an app with one view on GET and another, that works, on PUT."""
    app = flask.Flask(__name__, static_folder=None)
    app.testing = True
    if guarded:
        MethodGuard(app)
    app.add_url_rule("/", "get", view, methods=["GET"])
    app.add_url_rule("/", "put", lambda: "ok", methods=["PUT"])
    return app


def raises(error: Exception) -> t.Callable[[], t.Any]:
    """Make a view that raises."""

    def view() -> t.Any:
        raise error

    return view


def aborts(*args: t.Any, **kwargs: t.Any) -> t.Callable[[], t.Any]:
    """Make a view that aborts."""
    return lambda: flask.abort(*args, **kwargs)


WITHOUT_GET = "HEAD, OPTIONS, PUT"


CLOSED = "Closed on Sunday."
#: What a view says, its Allow, and a text in its answer.
OWN_405: dict[str, tuple[t.Callable[[], t.Any], str, str]] = {
    "abort": (aborts(405), WITHOUT_GET, ""),
    "abort-description": (aborts(405, description=CLOSED), WITHOUT_GET, CLOSED),
    "abort-description-instead-of-methods": (aborts(405, CLOSED), WITHOUT_GET, CLOSED),
    "abort-both-by-position": (aborts(405, "A", CLOSED), "A", CLOSED),
    "methods": (aborts(405, ["PUT", "DELETE"]), "PUT, DELETE", ""),
    "no-methods": (aborts(405, []), "", ""),
    "both": (aborts(405, valid_methods=["PUT"], description="No."), "PUT", "No."),
    "raised": (raises(wz.MethodNotAllowed()), WITHOUT_GET, ""),
    "raised-both": (raises(wz.MethodNotAllowed(["PUT"], "No.")), "PUT", "No."),
    "returned": (lambda: ("no", 405), WITHOUT_GET, "no"),
    "own-allow": (lambda: ("no", 405, {"Allow": "B, A"}), "B, A", "no"),
    "response": (lambda: flask.Response("no", 405), WITHOUT_GET, "no"),
}


@pytest.mark.parametrize(("view", "allow", "text"), OWN_405.values(), ids=OWN_405)
def test_a_405_of_a_view_has_an_allow(
    view: t.Callable[[], t.Any], allow: str, text: str
) -> None:
    """A view's own 405 stays what it is, and gets the Allow that it lacks."""
    answer = ask(app_of(view), "GET")
    assert (answer.status, answer.get("Allow")) == (405, allow)
    assert text in answer.text


def test_abort_405_answers_as_the_guard_does() -> None:
    """``abort(405)`` has the guard's document, with the methods that are left."""
    answer = ask(app_of(aborts(405)), "GET")
    assert answer.get("Content-Type") == "application/problem+json"
    assert answer.json["status"] == 405
    assert answer.json["method"] == "GET"
    assert answer.json["allowed_methods"] == WITHOUT_GET.split(", ")
    assert answer.get("Cache-Control") == "no-store"


def test_abort_405_leaves_out_the_method_in_any_case() -> None:
    """Where the case does not matter, the refused method is the upper-cased one."""
    app = make_app(CASE_SENSITIVE=False)
    app.add_url_rule("/no", "no", aborts(405))
    assert ask(app, "get", "/no").get("Allow") == "HEAD, OPTIONS"


def test_abort_405_has_the_link_of_a_callable() -> None:
    """The documentation of a view's own 405 is asked for, too."""
    app = make_app(DOCS_URL=lambda error: f"/docs/{error.endpoint}")
    app.add_url_rule("/no", "no", aborts(405))
    assert ask(app, "GET", "/no").all("Link") == ['</docs/no>; rel="help"']


def test_abort_405_with_a_response_is_that_response() -> None:
    """A response given to ``abort`` is sent, and a missing Allow added."""
    response = flask.Response("mine", 405)
    answer = ask(app_of(aborts(405, response=response)), "GET")
    assert (answer.status, answer.text) == (405, "mine")
    assert answer.get("Allow") == WITHOUT_GET


def test_abort_405_in_a_hook_has_an_allow() -> None:
    """A hook may refuse a method that the route takes."""
    app = make_app()
    app.before_request(lambda: flask.abort(405))
    answer = ask(app, "POST", "/items")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")


def test_abort_405_works_where_there_is_no_request() -> None:
    """Outside a request it raises, as it does in bare Flask."""
    app = make_app()
    with app.app_context(), pytest.raises(wz.MethodNotAllowed) as caught:
        flask.abort(405, description="No.")
    assert "No." in str(caught.value)


def test_an_own_class_for_405_stays() -> None:
    """An aborter in which the app has put a class of its own is left alone."""

    class Mine(wz.MethodNotAllowed):
        pass

    app = flask.Flask(__name__)
    app.aborter.mapping[405] = Mine
    MethodGuard(app)
    with app.app_context(), pytest.raises(Mine):
        flask.abort(405)


def test_the_aborters_of_other_apps_are_left_alone() -> None:
    """The mapping that is changed is the app's own."""
    make_app()
    other = flask.Flask(__name__)
    assert other.aborter.mapping[405] is wz.MethodNotAllowed
    with pytest.raises(wz.MethodNotAllowed) as caught:
        wz.abort(405)
    assert type(caught.value) is wz.MethodNotAllowed


@pytest.mark.parametrize("report_only", [False, True], ids=["guard", "report-only"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "last"])
def test_a_shared_aborter_speaks_for_the_app_of_the_request(
    order: tuple[int, int], report_only: bool
) -> None:
    """An extension may give each app the same aborter."""
    aborter = Aborter()

    class Sharing(flask.Flask):
        def make_aborter(self) -> Aborter:
            return aborter

    apps = [Sharing(name, static_folder=None) for name in ("one", "two", "bare")]
    for app in apps:
        app.add_url_rule("/no", "no", aborts(405), methods=["GET", "PUT"])
        app.config["METHOD_GUARD_DOCS_URL"] = f"/{app.name}"
    apps[1].config["METHOD_GUARD_REPORT_ONLY"] = report_only
    for number in order:
        MethodGuard(apps[number])
    one, two, bare = (ask(app, "GET", "/no") for app in apps)
    assert (one.json["docs"], one.get("Allow")) == ("/one", "HEAD, OPTIONS, PUT")
    assert (bare.get("Allow"), "<title>405" in bare.text) == (None, True)
    if report_only:
        assert two == bare
    else:
        assert (two.json["docs"], two.get("Allow")) == ("/two", "HEAD, OPTIONS, PUT")


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(aborts(501), id="abort-501"),
        pytest.param(aborts(501, description="Soon."), id="abort-501-description"),
        pytest.param(raises(wz.NotImplemented()), id="raise-501"),
        pytest.param(lambda: ("later", 501), id="return-501"),
        pytest.param(aborts(404), id="abort-404"),
        pytest.param(lambda: ("none", 404), id="return-404"),
        pytest.param(aborts(400), id="abort-400"),
        pytest.param(lambda: ("", 200, {"Allow": "B, A"}), id="allow-on-200"),
    ],
)
def test_other_answers_of_a_view_are_untouched(view: t.Callable[[], t.Any]) -> None:
    """A 404, 400 or 501 that a view says is sent as without the guard."""
    app = app_of(view)
    with heard(app) as caught:
        assert ask(app, "GET") == ask(app_of(view, guarded=False), "GET")
    assert caught == []


def test_a_404_of_a_converter_is_untouched() -> None:
    """A 404 in which a URL converter says why is not replaced by another."""

    class Order(BaseConverter):
        def to_python(self, value: str) -> str:
            raise wz.NotFound(f"no order {value}")

    app = make_app()
    app.url_map.converters["order"] = Order
    app.add_url_rule("/orders/<order:o>", "order", str)
    answer = ask(app, "GET", "/orders/7")
    assert (answer.status, "no order 7" in answer.text) == (404, True)


# Traps, pickles, memory.


@EVERY_REFUSAL
@EARLY_OR_NOT
def test_trapped_exceptions_are_raised(code: int, early: bool) -> None:
    """TRAP_HTTP_EXCEPTIONS shows a refusal to the developer as any other error."""
    app = make_app(REJECT_EARLY=early)
    app.config["TRAP_HTTP_EXCEPTIONS"] = True
    with pytest.raises(OURS[code]):
        ask(app, REFUSED[code], "/items")
    assert ask(app, "GET", "/items").text == "items"


@EARLY_OR_NOT
def test_trapped_bad_requests_are_those_of_views(early: bool) -> None:
    """TRAP_BAD_REQUEST_ERRORS is about views, so it traps no method."""
    app = make_app(REJECT_EARLY=early)
    app.config["TRAP_BAD_REQUEST_ERRORS"] = True
    app.add_url_rule("/form", "form", lambda: flask.request.args["missing"])
    answer = ask(app, "G ET", "/items")
    assert (answer.status, answer.json["status"]) == (400, 400)
    assert ask(app, "<b>", "/items").status == 400
    assert ask(app, "FOO", "/items").status == 501
    with pytest.raises(wz.BadRequestKeyError):
        ask(app, "GET", "/form")


@pytest.mark.parametrize("trap", ["HTTP_EXCEPTIONS", "BAD_REQUEST_ERRORS", None])
@pytest.mark.parametrize("handled", [Exception, wz.HTTPException, 404, None])
@EARLY_OR_NOT
def test_no_handler_sees_the_options_of_the_server(
    trap: str | None, handled: type[Exception] | int | None, early: bool
) -> None:
    """OPTIONS * is 200 and empty, whatever the app traps or handles."""
    app = make_app(REJECT_EARLY=early)
    if trap:
        app.config[f"TRAP_{trap}"] = True
    if handled:
        app.register_error_handler(handled, lambda error: ("handled", 418))
    answer = ask(app, "OPTIONS", "*")
    assert (answer.line, answer.body, answer.all("Allow")) == ("200 OK", b"", [])


@pytest.mark.parametrize("guarded", [False, True], ids=["bare", "guarded"])
def test_an_app_is_freed_by_reference_counting(guarded: bool) -> None:
    """The guard holds no app, so the last name that goes takes the app along."""
    app = flask.Flask(__name__, static_folder=None)
    if guarded:
        MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items")
    for method in ("GET", "FOO", "PUT", "OPTIONS", "G ET"):
        ask(app, method, "/items")
    ghost = weakref.ref(app)
    gc.collect()
    gc.disable()
    try:
        del app
        assert ghost() is None
    finally:
        gc.enable()


# Starting up.


@pytest.mark.parametrize(
    "thing", [object(), flask, flask.Flask, None, "app", flask.Blueprint("b", __name__)]
)
def test_what_is_no_app_is_refused(thing: t.Any) -> None:
    """An object that is no Flask app gets an error that says what is wanted."""
    with pytest.raises(TypeError, match="Flask"):
        MethodGuard().init_app(thing)


def test_an_app_is_known_by_its_real_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instrumentation that rebinds ``flask.Flask`` does not make an app a stranger."""

    class Instrumented(flask.Flask):
        pass

    app = flask.Flask(__name__)
    monkeypatch.setattr(flask, "Flask", Instrumented)
    MethodGuard(app)
    assert ask(app, "FOO").status == 501


@pytest.mark.parametrize("same", [True, False], ids=["same-guard", "another-guard"])
def test_a_second_init_app_is_refused(same: bool) -> None:
    """One app is guarded once, and the error leaves the first guard at work."""
    app = make_app()
    guard = MethodGuard()
    other = flask.Flask(__name__)
    guard.init_app(other)
    with pytest.raises(RuntimeError, match="already"):
        (guard if same else MethodGuard()).init_app(other if same else app)
    for each in (app, other):
        assert ask(each, "FOO").status == 501


def test_one_guard_serves_two_apps() -> None:
    """Settings belong to the app, never to the extension object."""
    guard = MethodGuard()
    before = dict(vars(guard))
    strict, lax = flask.Flask("strict"), flask.Flask("lax")
    strict.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["GET"]
    lax.config["METHOD_GUARD_SUPPORTED_METHODS"] = "*"
    lax.config["METHOD_GUARD_DOCS_URL"] = "https://docs.example.com/"
    for app in (strict, lax):
        guard.init_app(app)
        app.add_url_rule("/", "home", lambda: "home")
    assert vars(guard) == before
    assert ask(strict, "POST").status == 501
    assert ask(lax, "FOO").status == 405
    assert "Link" not in dict(ask(strict, "POST").headers)
    assert "Link" in dict(ask(lax, "FOO").headers)
    assert strict.extensions["method_guard"] is not lax.extensions["method_guard"]


def test_no_method_of_the_app_is_replaced() -> None:
    """Whatever the guard does, it does by Flask's own registrations."""
    bare, app = make_app(guarded=False), make_app()
    assert type(app) is flask.Flask
    assert sorted(vars(app)) == sorted(vars(bare))
    assert [name for name in vars(app) if callable(getattr(flask.Flask, name, 0))] == [
        name for name in vars(bare) if callable(getattr(flask.Flask, name, 0))
    ]
    assert type(app.url_map) is type(bare.url_map)
    assert app.wsgi_app.__func__ is flask.Flask.wsgi_app  # type: ignore[attr-defined]


# The signal.


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("FOO", "/items", [MethodNotImplemented], id="501"),
        pytest.param("FOO", "/nowhere", [MethodNotImplemented], id="501-nowhere"),
        pytest.param("PUT", "/items", [MethodNotAllowed], id="405"),
        pytest.param("G ET", "/items", [InvalidMethod], id="400"),
        pytest.param("GET", "/items", [], id="served"),
        pytest.param("OPTIONS", "/items", [], id="automatic-options"),
        pytest.param("OPTIONS", "*", [], id="server-options"),
        pytest.param("GET", "/nowhere", [], id="404"),
    ],
)
@EARLY_OR_NOT
@pytest.mark.parametrize("other", [False, True], ids=["alone", "other-handler"])
def test_the_signal_is_sent_once_for_a_refusal(
    method: str, path: str, expected: list[type[Exception]], early: bool, other: bool
) -> None:
    """Listeners hear of each rejection that became the answer, and of nothing else."""
    app = make_app(REJECT_EARLY=early)
    if other:
        app.register_error_handler(404, lambda error: ("mine", 404))
    with heard(app) as caught:
        ask(app, method, path)
    assert [type(error) for error in caught] == expected


def test_the_signals_have_names() -> None:
    """The name is what a namespace and a log show of a signal."""
    names = (method_rejected.name, deprecated_method_called.name)
    assert names == ("method-rejected", "deprecated-method-called")


@pytest.mark.parametrize("handler", [False, True], ids=["no handler", "handler"])
def test_no_signal_when_another_hook_answers(handler: bool) -> None:
    """A rejection that an authentication hook pre-empted is not reported."""
    app = make_app()
    if handler:
        app.register_error_handler(501, lambda error: ("own", 501))
    app.before_request(lambda: ("who?", 401))
    with heard(app) as caught:
        assert ask(app, "FOO", "/items").status == 401
    assert caught == []


# Other kinds of views.


def test_async_views_hooks_handlers_and_listeners() -> None:
    """Async code is served, refused and asked for its own words like any other."""
    app = flask.Flask(__name__)
    app.testing = True
    MethodGuard(app)
    ran: list[str] = []

    @app.errorhandler(501)
    async def handle(error: Exception) -> tuple[str, int]:
        return "mine", 501

    async def hear(sender: flask.Flask, **facts: object) -> None:
        ran.append("listener")

    @app.before_request
    async def hook() -> None:
        ran.append("hook")

    @app.get("/async")
    async def view() -> str:
        return "async"

    @app.get("/refuses")
    async def refuses() -> str:
        flask.abort(405)

    assert ask(app, "GET", "/async").text == "async"
    answer = ask(app, "POST", "/async")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    with method_rejected.connected_to(hear, sender=app):
        answer = ask(app, "FOO", "/async")
    assert (answer.status, answer.text) == (501, "mine")
    answer = ask(app, "GET", "/refuses")
    assert (answer.status, answer.get("Allow")) == (405, "HEAD, OPTIONS")
    assert ran == ["hook", "hook", "hook", "listener", "hook"]


@pytest.mark.parametrize("accept", ["*/*", "text/html", "text/plain"])
@pytest.mark.parametrize("handler", [False, True], ids=["guards", "users"])
def test_head_has_headers_and_no_body(accept: str, handler: bool) -> None:
    """HEAD on a POST-only route is a 405 with all its headers and no byte more."""
    app = flask.Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/", "post", lambda: "ok", methods=["POST"])
    if handler:
        app.register_error_handler(405, lambda error: error)
    headers = {"Accept": accept}
    head = ask(app, "HEAD", headers=headers)
    assert (head.status, head.body) == (405, b"")
    assert head.get("Allow") == "OPTIONS, POST"
    get = ask(app, "GET", headers=headers)
    assert get.body
    assert {k for k, _ in head.headers} == {k for k, _ in get.headers}
