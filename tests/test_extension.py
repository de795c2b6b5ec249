"""The guard on an app: the table through real requests, hooks, links, signals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask
import pytest
from flask import Blueprint, Flask, Response, abort, request, send_file
from flask.views import MethodView
from flask.wrappers import Request
from werkzeug import exceptions as werkzeug
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, MapAdapter, Rule

from flask_method_guard import (
    InvalidMethod,
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    Phase,
    deprecated_method_called,
    method_rejected,
)
from flask_method_guard.page import CONTENT_SECURITY_POLICY
from flask_method_guard.report import explain, inventory
from tests.raw_wsgi import ask, make_environ, run
from tests.rejecting import (
    EARLY_OR_NOT,
    EVERY_REJECTION,
    OURS,
    REJECTED,
    heard,
    items_app,
)
from tests.routed_apps import call_with_context, make_app, outcome
from tests.test_properties import OverridingRequest


@pytest.mark.parametrize("path", ["/items", "/nowhere", "/dir", "/static/x", "*"])
@pytest.mark.parametrize(
    "method",
    ["FOO", "PROPFIND", "TRACE", "CONNECT", "QUERY", "--", "A" * 1000],
    ids=lambda name: name[:8],
)
def test_501_on_every_path(method: str, path: str) -> None:
    """A method that the app supports nowhere is 501 wherever it is sent."""
    answer = ask(make_app(), method, path)
    assert outcome(answer) == (501, None)
    assert (method in answer.text) is (len(method) <= 32)


@pytest.mark.parametrize(
    "method", ["FOO", "PROPFIND", "TRACE", "CONNECT", "QUERY", "--"]
)
def test_a_routed_method_is_known_everywhere(method: str) -> None:
    """The twin: routed anywhere, the same method is served there and 405 elsewhere."""
    app = make_app()
    app.add_url_rule("/own", "own", lambda: "own", methods=[method])
    assert ask(app, method, "/own").text == "own"
    assert outcome(ask(app, method, "/items")) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, method, "/nowhere").status == 404


@pytest.mark.parametrize("method", ["get", "Get", "patch", "head"])
def test_case(method: str) -> None:
    """A method in another case is another method, unless the app says otherwise."""
    answer = ask(make_app(), method, "/items")
    assert answer.status == 501
    assert f"did you mean {method.upper()}?" in answer.json["detail"]
    lenient = ask(make_app(CASE_SENSITIVE=False), method, "/items")
    assert lenient.status == (405 if method == "patch" else 200)


@pytest.mark.parametrize(
    "method",
    [
        "",
        "\0",
        "A\r\nX-Evil: 1",
        "A\n",
        "A\tB",
        "A B",
        "<script>",
        "A/B",
        "\xc9",
        "GLA\xdfY",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "text/plain"])
@pytest.mark.parametrize("path", ["/items", "/nowhere", "/glassy"])
def test_400_for_no_token(method: str, accept: str, path: str) -> None:
    """A method that is no token is rejected and never shown."""
    app = make_app()
    app.add_url_rule("/glassy", "glassy", lambda: "no", methods=["GLASSY"])
    answer = ask(app, method, path, headers={"Accept": accept})
    assert outcome(answer) == (400, None)
    assert not method or method not in answer.text
    assert "GET" not in answer.text
    assert answer.get("X-Evil") is None
    assert ask(app, "GLASSY", "/glassy").text == "no"


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("method", ["PUT", "FOO", "A/B"])
def test_policy_of_the_app(method: str, is_first: bool) -> None:
    """The page has a policy of its own, which the app's own policy replaces."""
    mine = "default-src 'self'"
    page = {"Accept": "text/html"}
    policies = []
    for sends_one in (False, True):
        app = Flask(__name__)
        guard = MethodGuard(app if is_first else None)
        if sends_one:

            @app.after_request
            def set_policy(response: Response) -> Response:
                response.headers["Content-Security-Policy"] = mine
                return response

        if not is_first:
            guard.init_app(app)
        app.add_url_rule("/items", "items", lambda: "items")
        policies += ask(app, method, "/items", headers=page).all(
            "Content-Security-Policy"
        )
    assert policies == [CONTENT_SECURITY_POLICY, mine]


def trust_one_host(app: Flask) -> None:
    """Trust one host alone, as TRUSTED_HOSTS does from Flask 3.1 on."""
    trusting = type(
        "Request", (app.request_class,), {"trusted_hosts": ["good.example"]}
    )
    app.request_class = trusting
    bind = app.create_url_adapter

    def create_url_adapter(request: Any) -> Any:
        return request and request.host and bind(request)

    app.create_url_adapter = create_url_adapter  # type: ignore[method-assign]


@pytest.mark.parametrize("by", ["handler", "hook"])
def test_nothing_is_decided_for_a_bad_host(by: str) -> None:
    """Where the host is rejected, not even a 405 of the app's own gets an Allow."""
    app = make_app()
    trust_one_host(app)
    if by == "handler":
        app.register_error_handler(400, lambda error: ("no", 405))
    else:
        app.before_request(lambda: abort(405))
    good = ask(app, "PUT", "/items", host="good.example")
    assert outcome(good)[0] == 405
    assert "POST" in (good.get("Allow") or "")
    for method in ("PUT", "BREW", "A B"):
        assert outcome(ask(app, method, "/items", host="bad.example")) == (405, None)


@pytest.mark.parametrize("path", ["/items", "/n/3", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "PUT", "BREW"])
def test_nothing_is_decided_without_a_url_map(method: str, path: str) -> None:
    """Where the app binds no URL map to the request, its own answer stays."""
    app = make_app()
    bind = app.create_url_adapter

    def create_url_adapter(request: Any) -> Any:
        if request and request.host == "unknown.example":
            raise NotFound("no such tenant")
        return bind(request)

    app.create_url_adapter = create_url_adapter  # type: ignore[method-assign]
    answer = ask(app, method, path, host="unknown.example")
    assert (answer.status, "no such tenant" in answer.text) == (404, True)


def test_a_response_class_of_the_apps_own() -> None:
    """It gets the body alone by position, and the fields as those of a file."""
    kinds = []

    class Own(Response):
        def __init__(self, response: Any, *, headers: Any = None, **more: Any) -> None:
            super().__init__(response, headers=headers, **more)
            kinds.append(type(headers))
            self.headers.add("X-Own", "yes")

    app = make_app()
    app.response_class = Own
    app.add_url_rule("/file", "file", lambda: send_file(__file__))
    for method, path, status in (
        ("GET", "/file", 200),
        ("PUT", "/items", 405),
        ("BREW", "/items", 501),
        ("OPTIONS", "*", 200),
    ):
        answer = ask(app, method, path)
        assert (answer.status, answer.get("X-Own")) == (status, "yes")
    assert kinds == [Headers, Headers, Headers, type(None)]


def test_an_early_405_keeps_the_rule_of_a_retired_method() -> None:
    """Of a route that takes the method, no other rule is named than its own."""
    retired = {"PUT": {"sunset": "2020-01-01"}}
    app = make_app(REJECT_EARLY=True, ENFORCE_SUNSET=True, DEPRECATED_METHODS=retired)
    app.add_url_rule("/two", "get", lambda: "get")
    app.add_url_rule("/two", "put", lambda: "put", methods=["PUT"])
    seen: list[str | None] = []

    @app.errorhandler(405)
    def see(error: MethodNotAllowed) -> MethodNotAllowed:
        seen.append(request.endpoint)
        return error

    assert outcome(ask(app, "PUT", "/two")) == (405, "GET, HEAD, OPTIONS")
    assert seen == ["put"]


@pytest.mark.parametrize("accept", ["*/*", "text/html", "text/plain"])
@pytest.mark.parametrize("handler", [False, True], ids=["guards", "users"])
def test_head_has_headers_and_no_body(accept: str, handler: bool) -> None:
    """HEAD on a POST-only route is a 405 with all its headers and no byte more."""
    app = Flask(__name__)
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


def test_async_views_hooks_handlers_and_listeners() -> None:
    """Async code is served, rejected and asked for its own words like any other."""
    app = Flask(__name__)
    app.testing = True
    MethodGuard(app)
    ran: list[str] = []

    @app.errorhandler(501)
    async def handle(error: Exception) -> tuple[str, int]:
        return "mine", 501

    async def hear(sender: Flask, **facts: object) -> None:
        ran.append("listener")

    @app.before_request
    async def hook() -> None:
        ran.append("hook")

    @app.get("/async")
    async def view() -> str:
        return "async"

    @app.get("/rejects")
    async def rejects() -> str:
        abort(405)

    assert ask(app, "GET", "/async").text == "async"
    answer = ask(app, "POST", "/async")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    with method_rejected.connected_to(hear, sender=app):
        answer = ask(app, "FOO", "/async")
    assert (answer.status, answer.text) == (501, "mine")
    answer = ask(app, "GET", "/rejects")
    assert (answer.status, answer.get("Allow")) == (405, "HEAD, OPTIONS")
    assert ran == ["hook", "hook", "hook", "listener", "hook"]


# -- setting an app up ------------------------------------------------------------


@pytest.mark.parametrize(
    "thing", [object(), flask, Flask, None, "app", Blueprint("b", __name__)]
)
def test_what_is_no_app_is_rejected(thing: Any) -> None:
    """An object that is no Flask app gets an error that says what is wanted."""
    with pytest.raises(TypeError, match="Flask"):
        MethodGuard().init_app(thing)


def test_an_app_is_known_by_its_real_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instrumentation that rebinds ``Flask`` does not make an app a stranger."""

    class Instrumented(Flask):
        pass

    app = Flask(__name__)
    monkeypatch.setattr(flask, "Flask", Instrumented)
    MethodGuard(app)
    assert ask(app, "FOO").status == 501


@pytest.mark.parametrize("same", [True, False], ids=["same-guard", "another-guard"])
def test_a_second_init_app_is_rejected(same: bool) -> None:
    """One app is guarded once, and the error leaves the first guard at work."""
    app = items_app()
    guard = MethodGuard()
    other = Flask(__name__)
    guard.init_app(other)
    with pytest.raises(RuntimeError, match="already"):
        (guard if same else MethodGuard()).init_app(other if same else app)
    for each in (app, other):
        assert ask(each, "FOO").status == 501


def test_one_guard_serves_two_apps() -> None:
    """Settings belong to the app, never to the extension object."""
    guard = MethodGuard()
    before = dict(vars(guard))
    strict, lax = Flask("strict"), Flask("lax")
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
    bare, app = items_app(guarded=False), items_app()
    assert type(app) is Flask
    assert sorted(vars(app)) == sorted(vars(bare))
    assert [name for name in vars(app) if callable(getattr(Flask, name, 0))] == [
        name for name in vars(bare) if callable(getattr(Flask, name, 0))
    ]
    assert type(app.url_map) is type(bare.url_map)
    assert app.wsgi_app.__func__ is Flask.wsgi_app  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "guard",
    [
        lambda app, clock: MethodGuard(app, clock=clock),
        lambda app, clock: MethodGuard(clock=clock).init_app(app),
    ],
    ids=["at once", "init_app"],
)
@pytest.mark.parametrize(
    "time",
    [datetime(2026, 1, 1), None, 0],  # noqa: DTZ001 -- it is rejected
    ids=str,
)
def test_a_clock_without_a_time_zone_is_rejected(
    guard: Callable[..., object], time: Any
) -> None:
    """A clock that names no time zone is rejected at start, with the fix."""
    app = Flask(__name__)
    with pytest.raises(ValueError, match=r"timezone\.utc"):
        guard(app, lambda: time)
    assert not app.extensions
    assert not app.before_request_funcs


# -- among the hooks of the app ---------------------------------------------------


@EVERY_REJECTION
def test_later_hooks_still_run(code: int) -> None:
    """A hook registered after the guard sees the rejection, and the view never runs."""
    app = items_app()
    seen: list[Exception | None] = []

    @app.before_request
    def look() -> None:
        seen.append(request.routing_exception)

    assert ask(app, REJECTED[code], "/items").status == code
    (exception,) = seen
    assert isinstance(exception, OURS[code])


def test_earlier_hooks_still_run_when_early() -> None:
    """What is registered before the guard runs before it, whatever the settings."""
    app = Flask(__name__)
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
@EVERY_REJECTION
def test_authentication_comes_first_unless_early(
    code: int, early: bool, status: int | None
) -> None:
    """A 401 of a later hook wins by default, and the rejection with REJECT_EARLY."""
    app = items_app(REJECT_EARLY=early)

    @app.before_request
    def authenticate() -> None:
        abort(401)

    assert ask(app, REJECTED[code], "/items").status == (status or code)
    assert ask(app, "GET", "/items").status == 401


@EARLY_OR_NOT
def test_a_hook_that_answers_by_itself_keeps_its_request(early: bool) -> None:
    """A hook that serves PROPFIND gets the body whole, and no signal is sent."""
    app = items_app(REJECT_EARLY=early)

    @app.before_request
    def webdav() -> Response | None:
        if request.method != "PROPFIND":
            return None
        return Response(request.get_data(), 207)

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
    app = items_app(SUPPORTED_METHODS=["GET"])

    @app.before_request
    def overrule() -> None:
        request.routing_exception = None

    assert ask(app, "POST", "/items").status == 201


@EVERY_REJECTION
@EARLY_OR_NOT
def test_teardown_and_after_request_run(code: int, early: bool) -> None:
    """A rejected request is torn down like any other."""
    app = items_app(REJECT_EARLY=early)
    ran: list[str] = []

    @app.after_request
    def after(response: Response) -> Response:
        ran.append(f"after {response.status_code}")
        return response

    app.teardown_request(lambda error: ran.append("teardown"))
    ask(app, REJECTED[code], "/items")
    assert ran == [f"after {code}", "teardown"]


@EVERY_REJECTION
@EARLY_OR_NOT
def test_trapped_exceptions_are_raised(code: int, early: bool) -> None:
    """TRAP_HTTP_EXCEPTIONS shows a rejection to the developer as any other error."""
    app = items_app(REJECT_EARLY=early)
    app.config["TRAP_HTTP_EXCEPTIONS"] = True
    with pytest.raises(OURS[code]):
        ask(app, REJECTED[code], "/items")
    assert ask(app, "GET", "/items").text == "items"


@EARLY_OR_NOT
def test_trapped_bad_requests_are_those_of_views(early: bool) -> None:
    """TRAP_BAD_REQUEST_ERRORS is about views, so it traps no method."""
    app = items_app(REJECT_EARLY=early)
    app.config["TRAP_BAD_REQUEST_ERRORS"] = True
    app.add_url_rule("/form", "form", lambda: request.args["missing"])
    answer = ask(app, "G ET", "/items")
    assert (answer.status, answer.json["status"]) == (400, 400)
    assert ask(app, "<b>", "/items").status == 400
    assert ask(app, "FOO", "/items").status == 501
    with pytest.raises(werkzeug.BadRequestKeyError):
        ask(app, "GET", "/form")


# -- documentation links ----------------------------------------------------------


@pytest.mark.parametrize(
    ("docs_url", "link"),
    [
        ("https://docs.example.com/http", "https://docs.example.com/http"),
        ("/docs/{endpoint}#{method}", "/docs/items#PUT"),
        ("/docs?r={reason}&s={status}", "/docs?r=not-allowed&s=405"),
        (
            'https://docs.example.com/a b/é<>"',
            "https://docs.example.com/a%20b/%C3%A9%3C%3E%22",
        ),
        (lambda error: f"/docs/{error.endpoint}/{error.method}", "/docs/items/PUT"),
        (lambda error: " /docs/é>", "/docs/%C3%A9%3E"),
        (lambda error: None, None),
        (None, None),
    ],
    ids=[
        *("url", "template", "facts", "encoded", "callable", "encoded result"),
        *("no link", "unset"),
    ],
)
def test_docs_url(
    docs_url: object, link: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The link is in the body and in a Link header, or in neither."""
    answer = ask(make_app(DOCS_URL=docs_url), "PUT", "/items")
    assert answer.json.get("docs") == link
    assert answer.get("Link") == (link and f'<{link}>; rel="help"')
    assert caplog.records == []


@pytest.mark.parametrize(
    ("path", "link"), [("/post", "/docs/post"), ("/nowhere", "/docs/")]
)
def test_docs_of_a_method_that_is_not_supported(path: str, link: str) -> None:
    """A 501 names the endpoint that its URL would have had, if there is one."""
    app = make_app(DOCS_URL="/docs/{endpoint}", SUPPORTED_METHODS=["GET"])
    answer = ask(app, "POST", path)
    assert (answer.status, answer.get("Link")) == (501, f'<{link}>; rel="help"')


def test_docs_url_quotes_what_clients_send() -> None:
    """A method cannot break out of the part of the URL where it is."""
    app = make_app(
        DOCS_URL="https://docs.example.com/{method}/x", SUPPORTED_METHODS="*"
    )
    assert ask(app, "A#%&B", "/items").json["docs"].endswith("/A%23%25%26B/x")
    assert ask(app, "A" * 33, "/items").json["docs"].endswith(".com//x")


@pytest.mark.parametrize(
    "bad",
    [
        lambda error: 1 / 0,
        lambda error: 7,
        lambda error: "a\r\nb",
        lambda error: "/\ud800",
    ],
    ids=["crash", "number", "line break", "surrogate"],
)
def test_a_failing_docs_url_costs_the_link_alone(
    bad: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A callable that fails is logged, and the answer has no link."""
    answer = ask(make_app(DOCS_URL=bad), "PUT", "/items")
    assert outcome(answer) == (405, "GET, HEAD, OPTIONS, POST")
    assert answer.get("Link") is None
    assert "docs" not in answer.json
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "METHOD_GUARD_DOCS_URL" in record.getMessage()
    assert record.exc_info


def test_links_stand_beside_others() -> None:
    """A handler's own Link stays, and its answer gets the documentation's, too."""
    app = make_app(DOCS_URL="/docs")

    @app.errorhandler(405)
    def own(error: MethodNotAllowed) -> tuple[str, int, dict[str, str]]:
        return "no", 405, {"Link": '</>; rel="home"'}

    answer = ask(app, "PUT", "/items")
    assert answer.all("Link") == ['</>; rel="home"', '</docs>; rel="help"']
    assert answer.get("Allow") == "GET, HEAD, OPTIONS, POST"


def test_links_of_redirect_only_urls() -> None:
    """Where every method redirects, no endpoint is known."""
    app = make_app(DOCS_URL="/docs/{endpoint}")
    assert ask(app, "PUT", "/dir").json["docs"] == "/docs/"
    assert ask(app, "PUT", "/dir/").json["docs"] == "/docs/dir"


# -- signal -----------------------------------------------------------------------


def test_the_signals_have_names() -> None:
    """The name is what a namespace and a log show of a signal."""
    names = (method_rejected.name, deprecated_method_called.name)
    assert names == ("method-rejected", "deprecated-method-called")


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
def test_the_signal_is_sent_once_for_a_rejection(
    method: str, path: str, expected: list[type[Exception]], early: bool, other: bool
) -> None:
    """Listeners hear of each rejection that became the answer, and of nothing else."""
    app = items_app(REJECT_EARLY=early)
    if other:
        app.register_error_handler(404, lambda error: ("mine", 404))
    with heard(app) as caught:
        ask(app, method, path)
    assert [type(error) for error in caught] == expected


def test_a_rejection_holds_no_frames() -> None:
    """What is kept of a rejection does not keep the request and the app alive."""
    kept: list[MethodRejected] = []

    def keep(sender: Flask, exception: MethodRejected, **_: object) -> None:
        kept.append(exception)

    with method_rejected.connected_to(keep):
        assert ask(make_app(), "PUT", "/items").status == 405
    assert [error.__traceback__ for error in kept] == [None]


def test_a_handler_registered_after_the_hooks_ran() -> None:
    """A handler counts whenever Flask takes it, even after a hook was run by hand."""
    app = make_app(DOCS_URL="/docs")
    inventory(app)
    with app.test_request_context("/items", method="PUT"):
        call_with_context(app.preprocess_request)
    app.register_error_handler(405, lambda error: ("mine", 405))
    heard: list[object] = []
    with method_rejected.connected_to(lambda sender, **given: heard.append(given)):
        answer = ask(app, "PUT", "/items", body=b"data")
    assert answer.text == "mine"
    assert answer.get("Link") == '</docs>; rel="help"'
    assert len(heard) == 1


# -- the method that the app chooses ----------------------------------------------


class OverridingFlask(Flask):
    """An app that looks for the method of a header."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Bind the map to the method of the header."""
        adapter = super().create_url_adapter(request)
        if adapter is not None and request is not None:
            method = request.headers.get("X-Method")
            adapter.default_method = method or adapter.default_method
        return adapter


class Books(MethodView):
    """A view with a retired method."""

    def get(self, number: int = 0) -> str:
        """Serve."""
        return "get"

    post = put = get


def overridden(how: str) -> Flask:
    """Make an app that reads the method from a header."""
    app = (OverridingFlask if how == "router" else Flask)(__name__)
    if how == "request":
        app.request_class = OverridingRequest
    app.config["METHOD_GUARD_DEPRECATED_METHODS"] = {"PUT": {"sunset": "2020-01-01"}}
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app)
    app.add_url_rule("/books", view_func=Books.as_view("books"))
    app.add_url_rule("/limited/<int(max=5):number>", view_func=Books.as_view("one"))
    app.add_url_rule("/get", "get", lambda: abort(405))
    app.add_url_rule("/few/<int(max=5):number>", "few", lambda number: "few")
    return app


@pytest.mark.parametrize("how", ["request", "router"])
@pytest.mark.parametrize("path", ["/books", "/limited/3"])
def test_a_retired_method_cannot_be_reached_by_an_override(path: str, how: str) -> None:
    """What is decided is the method that the app dispatches."""
    app = overridden(how)
    put = {"X-Method": "PUT"}
    for _ in range(2):
        assert outcome(ask(app, "POST", path)) == (200, None)
        rejected = ask(app, "POST", path, headers=put)
        assert outcome(rejected) == (405, "GET, HEAD, OPTIONS, POST")
        assert rejected.json["detail"].startswith("PUT was retired on")
    sent: list[tuple[str, str]] = []

    def hear(sender: Flask, method: str, phase: Phase, **_: object) -> None:
        sent.append((method, str(phase)))

    with deprecated_method_called.connected_to(hear, app):
        ask(app, "POST", path, headers=put)
        ask(app, "POST", path)
    assert sent == [("PUT", "retired")]


@pytest.mark.parametrize("how", ["request", "router"])
def test_an_override_where_the_router_finds_no_route(how: str) -> None:
    """The router says 405 of the method that it looked for, and so does the guard."""
    app = overridden(how)
    override = {"X-Method": "DELETE"}
    rejected = ask(app, "POST", "/get", headers=override)
    assert outcome(rejected) == (405, "GET, HEAD, OPTIONS")
    looked_for = "POST" if how == "request" else "DELETE"
    assert rejected.json["method"] == looked_for
    assert ask(app, "POST", "/limited/9", headers=override).status == 404
    few = ask(app, "POST", "/few/3", headers={"X-Method": "GET"})
    assert few.status == (405 if how == "request" else 200)
    # A view's own 405 leaves out the method that the view was called with.
    aborted = ask(app, "POST", "/get", headers={"X-Method": "GET"})
    assert aborted.get("Allow") == (
        "GET, HEAD, OPTIONS" if how == "request" else "HEAD, OPTIONS"
    )


def test_another_map_than_the_apps() -> None:
    """A request that the app binds to a map of its own making is left alone."""
    tenant = Map([Rule("/", endpoint="index", methods=["GET", "LOCK"])])

    class Tenants(Flask):
        def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
            """Bind the tenant's own map."""
            if request is None:
                return super().create_url_adapter(None)
            return tenant.bind_to_environ(request.environ)

    app = Tenants(__name__)
    MethodGuard(app)
    app.view_functions["index"] = lambda: "ok"
    assert ask(app, "LOCK", "/").text == "ok"
    assert ask(app, "PUT", "/").status == 405
    found = explain(app, "LOCK", "/")
    assert (found.reason, found.status) == (None, None)
    assert "another URL map" in found.condition


@pytest.mark.parametrize("status", [200, 500])
def test_a_catch_all_that_sends_a_500(status: int) -> None:
    """The body of the request is read, and nobody may store the response."""
    app = items_app()
    app.register_error_handler(Exception, lambda error: ("sorry", status))
    environ = make_environ("PUT", "/items", body=b"x" * 100)
    answer = run(app, environ)
    assert (answer.status, answer.get("Cache-Control")) == (status, "no-store")
    assert environ["wsgi.input"].read() == b""
