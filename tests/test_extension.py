"""The guard on an app: the table through real requests, links, the signal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from flask import Flask, Response, abort, request, send_file
from flask.views import MethodView
from flask.wrappers import Request
from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, MapAdapter, Rule

from flask_method_guard import (
    MethodGuard,
    MethodNotAllowed,
    MethodRejected,
    Phase,
    deprecated_method_called,
    method_rejected,
)
from flask_method_guard.page import CONTENT_SECURITY_POLICY
from flask_method_guard.report import inventory
from tests.raw_wsgi import ask
from tests.routed_apps import (
    call_with_context,
    make_app,
    make_plain_app,
    outcome,
)


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
    """A method that is no token is refused and never shown."""
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


def refuse_host(app: Flask) -> None:
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
    """Where the host is refused, not even a 405 of the app's own gets an Allow."""
    app = make_app()
    refuse_host(app)
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


def test_deprecated_options_where_the_router_lists_nothing() -> None:
    """What announces the deprecation does not hide that Flask gave the answer."""
    app = Flask(__name__)
    deprecated = {"OPTIONS": {"since": "2020-01-01"}}
    app.config["METHOD_GUARD_DEPRECATED_METHODS"] = deprecated
    MethodGuard(app)
    app.url_map.strict_slashes = False
    app.add_url_rule("/", "index", lambda: "ok")
    app.before_request(lambda: None)
    answer = ask(app, "OPTIONS", "")
    assert outcome(answer) == (200, "GET, HEAD, OPTIONS")
    assert answer.get("Deprecation")


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


def test_markup_in_an_allow_makes_no_other_text_markup() -> None:
    """Names that are equal are escaped unless they themselves are markup."""
    app = make_app()
    names = iter([Markup("<i>x</i>"), "<i>x</i>"])
    app.add_url_rule("/odd", "odd", lambda: abort(405, valid_methods=[next(names)]))
    pages = [ask(app, "GET", "/odd", headers={"Accept": "text/html"}) for _ in range(2)]
    assert "<li>&lt;i&gt;x&lt;/i&gt;</li>" in pages[1].text


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


# -- documentation links ---------------------------------------------------------


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


# -- signal ----------------------------------------------------------------------


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


# -- the method that the app chooses -------------------------------------------------


class Override(Request):
    """A request whose method is that of a header, as in many recipes."""

    @property
    def method(self) -> str:
        """Return the method of the header, or the client's."""
        method = self.environ.get("HTTP_X_METHOD", self.environ["REQUEST_METHOD"])
        return str(method).upper()

    @method.setter
    def method(self, value: str) -> None:
        """Leave the method to the environ."""


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
        app.request_class = Override
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
