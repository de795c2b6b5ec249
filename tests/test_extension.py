"""The guard on an app: the table through real requests, links, bodies, draining."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, request
from flask.views import MethodView
from werkzeug.exceptions import ClientDisconnected, NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Rule
from werkzeug.test import Client

from flask_method_guard import (
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    deprecated_methods,
    method_rejected,
)
from flask_method_guard.bodies import CONTENT_SECURITY_POLICY
from flask_method_guard.report import inventory
from tests.raw_wsgi import Answer, ask, make_environ, run

SEVEN = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def make_app(**config: Any) -> Flask:
    """Make a guarded app with a route of each kind that routers get wrong."""
    app = Flask(__name__)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    app.add_url_rule("/post", "post", lambda: "post", methods=["POST"])
    app.add_url_rule("/n/<int(max=5):i>", "number", str)
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    app.add_url_rule("/dir/", "dir", lambda: "dir")
    app.add_url_rule("/two/<int(max=5):i>", "two_get", lambda i: "get")
    app.add_url_rule("/two/<int:i>", "two_put", lambda i: "put", methods=["PUT"])
    app.add_url_rule(
        "/manual",
        "manual",
        lambda: "manual",
        methods=["PUT"],
        provide_automatic_options=False,
    )
    return app


def make_plain_app() -> Flask:
    """Make a guarded app whose router hides nothing."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    return app


def outcome(answer: Answer) -> tuple[int, str | None]:
    """Give what matters most of an answer: the status and Allow."""
    return answer.status, answer.get("Allow")


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


@pytest.mark.parametrize("supported", [None, ["POST"], [], "routes", "*"], ids=repr)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_are_never_501(supported: object, method: str) -> None:
    """A server must support GET and HEAD, so they are 405 on a POST-only route."""
    allow = "OPTIONS, POST"
    if supported == ["POST"]:
        allow = "POST"
    answer = ask(make_app(SUPPORTED_METHODS=supported), method, "/post")
    if supported == []:
        assert answer.status == 404
    else:
        assert outcome(answer) == (405, allow)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/n/9", (404, None)),
        ("POST", "/n/3", (405, "GET, HEAD, OPTIONS")),
        ("GET", "/n/9", (404, None)),
        ("DELETE", "/two/9", (405, "PUT")),
        ("DELETE", "/two/3", (405, "GET, HEAD, OPTIONS, PUT")),
        ("POST", "/loose", (405, "GET, HEAD, OPTIONS")),
        ("POST", "/loose/", (405, "GET, HEAD, OPTIONS")),
        ("GET", "/dir", (308, None)),
        ("POST", "/dir", (405, "GET, HEAD, OPTIONS")),
        ("OPTIONS", "/items", (200, "GET, HEAD, OPTIONS, POST")),
        ("OPTIONS", "/manual", (405, "PUT")),
        ("POST", "/static/x.css", (405, "GET, HEAD, OPTIONS")),
        ("PUT", "/nowhere", (404, None)),
        ("POST", "dir", (405, "GET, HEAD, OPTIONS")),
        ("POST", "//dir", (405, "GET, HEAD, OPTIONS")),
        ("POST", "", (405, "GET, HEAD, OPTIONS")),
    ],
)
def test_exact_allow(method: str, path: str, expected: tuple[int, str | None]) -> None:
    """A method is in Allow if and only if sending it gets somewhere."""
    assert outcome(ask(make_app(), method, path)) == expected


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


@pytest.mark.parametrize(
    ("path", "target"),
    [
        pytest.param("*", "*", id="most servers"),
        pytest.param("*", None, id="no target"),
        pytest.param("/*", "*", id="cheroot"),
    ],
)
def test_options_of_the_server(path: str, target: str | None) -> None:
    """OPTIONS * asks the server as a whole, and reaches no catch-all view."""
    app = make_app()
    app.add_url_rule("/<path:rest>", "rest", lambda rest: abort(500))
    environ = {**make_environ("OPTIONS", path), "REQUEST_URI": target}
    answer = run(app, environ)
    assert (answer.status, answer.body, answer.get("Allow")) == (200, b"", None)
    environ = {**make_environ("OPTIONS", "/*"), "REQUEST_URI": "/*"}
    assert run(app, environ).get("Allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/items", 405), ("BREW", "/items", 501), ("OPTIONS", "*", 200)],
)
def test_a_response_class_of_the_apps_own(method: str, path: str, status: int) -> None:
    """Flask gives the body alone by position, and a class may count on that."""

    class OwnResponse(Response):
        def __init__(self, response: Any, **kwargs: Any) -> None:
            super().__init__(response, **kwargs)

    app = make_app()
    app.response_class = OwnResponse
    assert ask(app, method, path).status == status


@pytest.mark.parametrize("path", ["/loose", "/dir", "/a//b", "/x/loose", ""])
def test_a_404_of_the_router_may_hide_methods(path: str) -> None:
    """What the router says of one method is not believed of others, ever."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    app.add_url_rule("/dir/", "dir", lambda: "dir")
    app.add_url_rule("/a/b/", "merged", lambda: "merged")
    app.add_url_rule("/<x>/loose/", "deep", lambda x: x, strict_slashes=False)
    for _ in range(2):
        assert outcome(ask(app, "POST", path)) == (405, "GET, HEAD, OPTIONS")


def test_a_list_beats_the_routes() -> None:
    """A routed method outside the list is 501, and in no Allow."""
    app = make_app(SUPPORTED_METHODS=["PUT", "OPTIONS"])
    assert ask(app, "POST", "/items").status == 501
    assert outcome(ask(app, "PUT", "/items")) == (405, "GET, HEAD, OPTIONS")
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("supported", ["*", None, "routes"], ids=repr)
def test_a_rule_for_every_method(supported: object) -> None:
    """An app with a rule that takes every method never says 501."""
    app = make_app(SUPPORTED_METHODS=supported)
    app.view_functions["any"] = lambda: request.method
    app.url_map.add(Rule("/any", endpoint="any"))
    assert ask(app, "FOO", "/any").text == "FOO"
    assert outcome(ask(app, "FOO", "/items")) == (405, "GET, HEAD, OPTIONS, POST")


def test_options_beside_a_rule_for_every_method() -> None:
    """Flask's own answer to OPTIONS is made exact where the router lists nothing."""
    app = make_app()
    app.url_map.add(Rule("/items", endpoint="items"))
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, SEVEN)


def test_every_method_is_known() -> None:
    """With the asterisk nothing is 501, for load balancers that count 5xx."""
    app = make_app(SUPPORTED_METHODS="*")
    assert outcome(ask(app, "FOO", "/items")) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "FOO", "/nowhere").status == 404


def test_a_rule_added_late() -> None:
    """A rule that is added after the first request counts at once."""
    app = make_app()
    assert ask(app, "PROPFIND", "/items").status == 501
    app.view_functions["dav"] = lambda: "dav"
    app.url_map.add(Rule("/dav", endpoint="dav", methods=["PROPFIND"]))
    assert ask(app, "PROPFIND", "/dav").text == "dav"
    assert ask(app, "PROPFIND", "/items").status == 405


def test_a_rule_added_late_to_a_large_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large map is counted once a second at most, and at once with a new view."""
    now = 100.0
    monkeypatch.setattr("flask_method_guard.extension.monotonic", lambda: now)
    app = make_app()
    for number in range(300):
        app.url_map.add(Rule(f"/more/{number}", endpoint="items", methods=["GET"]))
    assert ask(app, "PROPFIND", "/items").status == 501
    now += 2
    assert ask(app, "PROPFIND", "/items").status == 501
    app.url_map.add(Rule("/dav", endpoint="items", methods=["PROPFIND"]))
    now += 0.9
    assert ask(app, "PROPFIND", "/items").status == 501
    now += 0.2
    assert ask(app, "PROPFIND", "/items").status == 405
    app.view_functions["lock"] = lambda: "lock"
    app.url_map.add(Rule("/lock", endpoint="lock", methods=["LOCK"]))
    assert ask(app, "LOCK", "/items").status == 405


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


def test_nothing_is_decided_for_a_bad_host() -> None:
    """Where the host is refused, not even a 405 of the app's own gets an Allow."""
    app = make_app()
    refuse_host(app)
    app.register_error_handler(400, lambda error: ("no", 405))
    assert ask(app, "BREW", "/items", host="good.example").status == 501
    assert outcome(ask(app, "PUT", "/items", host="bad.example")) == (405, None)


def test_a_number_of_too_many_digits() -> None:
    """A rule that Python refuses a number to does not hide another rule."""
    app = Flask(__name__)
    MethodGuard(app)
    app.add_url_rule("/<int:i>", "number", str)
    app.add_url_rule("/<text>", "text", lambda text: text, methods=["PUT"])
    path = f"/{'9' * 5000}"
    assert ask(app, "PUT", path).status == 200
    got = outcome(ask(app, "GET", path))
    # Older versions of Werkzeug crash on such a number.
    assert got == (405, "PUT") or got[0] == 500


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


def test_a_hook_that_aborts_for_a_bad_host() -> None:
    """A 405 that a hook raises for such a host knows nothing of the URL."""
    app = make_app()
    refuse_host(app)
    app.before_request(lambda: abort(405))
    assert outcome(ask(app, "PUT", "/items", host="good.example"))[0] == 405
    assert outcome(ask(app, "PUT", "/items", host="bad.example")) == (405, None)


def test_nested_blueprints() -> None:
    """Blueprints and a MethodView below one another are one server."""
    outer = Blueprint("outer", __name__, url_prefix="/outer")
    inner = Blueprint("inner", __name__, url_prefix="/inner")

    class Thing(MethodView):
        def get(self) -> str:
            return "got"

        def delete(self) -> str:
            return "gone"

    inner.add_url_rule("/thing", view_func=Thing.as_view("thing"))
    outer.register_blueprint(inner)
    app = make_app(DOCS_URL="https://docs.example.com/{endpoint}")
    app.register_blueprint(outer)
    assert ask(app, "DELETE", "/outer/inner/thing").text == "gone"
    answer = ask(app, "PUT", "/outer/inner/thing")
    assert outcome(answer) == (405, "DELETE, GET, HEAD, OPTIONS")
    assert answer.json["docs"] == "https://docs.example.com/outer.inner.thing"


def test_host_matching() -> None:
    """What dispatches is asked of the host that the request names."""
    app = Flask(__name__, host_matching=True, static_host="static.example")
    MethodGuard(app)
    app.add_url_rule("/", "a", lambda: "a", host="a.example")
    app.add_url_rule("/", "b", lambda: "b", host="b.example", methods=["PUT"])
    assert outcome(ask(app, "POST", "/", host="a.example")) == (
        405,
        "GET, HEAD, OPTIONS",
    )
    assert outcome(ask(app, "POST", "/", host="b.example")) == (405, "OPTIONS, PUT")
    assert ask(app, "POST", "/", host="c.example").status == 404


def test_subdomains() -> None:
    """What dispatches is asked of the subdomain that the request names."""
    app = Flask(__name__, subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.org"
    MethodGuard(app)
    app.add_url_rule("/", "api", lambda: "api", subdomain="api", methods=["PUT"])
    app.add_url_rule("/", "www", lambda: "www")
    assert outcome(ask(app, "POST", "/", host="api.example.org")) == (
        405,
        "OPTIONS, PUT",
    )
    assert outcome(ask(app, "POST", "/", host="example.org")) == (
        405,
        "GET, HEAD, OPTIONS",
    )


def test_websocket_rule() -> None:
    """A rule for WebSocket takes no HTTP method, and its own answer stays."""
    app = make_app()
    app.url_map.add(Rule("/ws", endpoint="ws", websocket=True, methods=["GET"]))
    assert ask(app, "GET", "/ws").status == 400
    assert ask(app, "POST", "/ws").status == 404
    assert ask(app, "FOO", "/ws").status == 501


def test_two_apps_side_by_side() -> None:
    """A mounted app speaks for itself, with its own routes and settings."""
    api = make_app(ERROR_FORMATS=["text/plain"])
    api.add_url_rule("/dav", "dav", lambda: "dav", methods=["PROPFIND"])
    both = Client(DispatcherMiddleware(make_app(), {"/api": api}))
    assert both.open("/items", method="PROPFIND").status_code == 501
    answer = both.open("/api/items", method="PROPFIND")
    assert answer.status_code == 405
    assert answer.content_type == "text/plain; charset=utf-8"
    assert both.open("/api", method="PUT").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_an_own_options_view_keeps_its_words() -> None:
    """Only Flask's automatic answer to OPTIONS is made exact."""
    app = make_app()
    app.add_url_rule(
        "/own",
        "own",
        lambda: Response(headers={"Allow": "OPTIONS,  GET"}),
        methods=["OPTIONS", "GET"],
    )

    @app.before_request
    def preflight() -> Response | None:
        if request.method == "OPTIONS" and request.path == "/items":
            return Response(headers={"Allow": "GET"})
        return None

    assert ask(app, "OPTIONS", "/own").get("Allow") == "OPTIONS,  GET"
    assert ask(app, "OPTIONS", "/items").get("Allow") == "GET"


def test_only_a_405_has_a_rule_early() -> None:
    """Rejected early, a 405 is its blueprint's, with its arguments; a 501 is not."""
    app = make_app(REJECT_EARLY=True)
    shop = Blueprint("shop", __name__)
    shop.add_url_rule("/shop/<int:i>", "item", lambda i: "item")
    seen: list[object] = []

    @shop.after_request
    def look(response: Response) -> Response:
        seen.append(request.view_args)
        return response

    app.register_blueprint(shop)
    assert ask(app, "PUT", "/shop/7").status == 405
    assert seen == [{"i": 7}]
    assert ask(app, "BREW", "/shop/7").status == 501
    assert ask(app, "B W", "/shop/7").status == 400
    assert len(seen) == 1


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


def test_a_deprecated_view_added_late() -> None:
    """What is said of a view counts from its first request on, whenever it came."""
    app = make_app()
    assert ask(app, "PUT", "/items").status == 405
    view = deprecated_methods("GET", since="2026-01-01")(lambda: "late")
    app.view_functions["late"] = view
    app.url_map.add(Rule("/late", endpoint="late", methods=["GET"]))
    assert ask(app, "GET", "/late").get("Deprecation") == "@1767225600"


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


def test_docs_url_quotes_what_clients_send() -> None:
    """A method cannot break out of the part of the URL where it stands."""
    app = make_app(
        DOCS_URL="https://docs.example.com/{method}/x", SUPPORTED_METHODS="*"
    )
    assert ask(app, "A#%&B", "/items").json["docs"].endswith("/A%23%25%26B/x")
    assert ask(app, "A" * 33, "/items").json["docs"].endswith(".com//x")


@pytest.mark.parametrize(
    "bad", [lambda error: 1 / 0, lambda error: 7, lambda error: "a\r\nb"]
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


# -- draining --------------------------------------------------------------------


class Body(io.BytesIO):
    """A request body that tells how it is read."""

    pieces: list[int]

    def __init__(self, size: int, ends_after: int | None = None) -> None:
        super().__init__(b"x" * (size if ends_after is None else ends_after))
        self.pieces = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.pieces.append(-1 if size is None else size)
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        self.pieces.append(len(buffer))
        return super().readinto(buffer)


def put(app: Flask, body: io.BytesIO, length: int | None, **environ: str) -> Answer:
    """Send a PUT with the given stream as its body."""
    request_environ = make_environ("PUT", environ.pop("path", "/items"))
    request_environ["wsgi.input"] = body
    if length is not None:
        request_environ["CONTENT_LENGTH"] = str(length)
    return run(app, {**request_environ, **environ})


MIB = 1024 * 1024


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("size", [1, 1000, 65536, 65537, MIB])
def test_a_body_is_drained(size: int, terminated: bool) -> None:
    """A body up to the limit is read to its end, in bounded pieces, and no further."""
    body = Body(size + 100)
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    assert put(make_app(), body, size, **environ).status == 405
    assert body.tell() == size
    assert 0 < max(body.pieces) <= 65536


@pytest.mark.parametrize(
    ("length", "environ", "limit"),
    [
        (0, {}, MIB),
        (None, {}, MIB),
        (MIB + 1, {}, MIB),
        (1000, {"HTTP_TRANSFER_ENCODING": "chunked"}, MIB),
        (1000, {"HTTP_EXPECT": "100-continue"}, MIB),
        (1000, {}, 0),
        (1000, {}, 999),
        (1000, {"path": "/nowhere"}, MIB),
    ],
    ids=["empty", "no length", "long", "chunked", "expect", "off", "limit", "404"],
)
def test_a_body_is_left_alone(
    length: int | None, environ: dict[str, str], limit: int
) -> None:
    """Nothing is read of a body that is long, endless, or held back."""
    body = Body(MIB + 1)
    put(make_app(DRAIN_LIMIT=limit), body, length, **environ)
    assert body.pieces == []


def test_a_served_body_is_the_views() -> None:
    """The guard reads nothing of a request that is served, or that a view refuses."""
    app = make_app()
    app.add_url_rule("/put", "put", lambda: abort(405), methods=["PUT"])
    body = Body(100)
    assert put(app, body, 100, path="/put").status == 405
    assert body.pieces == []


def test_a_limit_of_the_app_does_not_hinder() -> None:
    """MAX_CONTENT_LENGTH is about what the app reads, not about what is dropped."""
    app = make_app()
    app.config["MAX_CONTENT_LENGTH"] = 10
    body = Body(1000)
    assert put(app, body, 1000).status == 405
    assert body.tell() == 1000


def test_a_body_that_was_read_before() -> None:
    """What a hook has read already is not waited for again."""
    app = make_app()
    app.before_request(lambda: request.get_data() and None)

    class Once(Body):
        def readinto(self, buffer: Any, /) -> int:
            assert self.tell() < 1000, "read behind the end"
            return super().readinto(buffer)

    body = Once(2000)
    assert put(app, body, 1000).status == 405
    assert body.tell() == 1000


@pytest.mark.parametrize("environ", [{}, {"wsgi.input_terminated": "yes"}])
@pytest.mark.parametrize("read", [400, 1000])
def test_a_body_that_was_read_to_the_limit(read: int, environ: dict[str, str]) -> None:
    """A body as long as MAX_CONTENT_LENGTH may have been read by a hook before."""
    app = make_app()
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.before_request(lambda: request.stream.read(read) and None)
    body = Body(1000)
    assert put(app, body, 1000, **environ).status == 405
    assert body.tell() == 1000


@pytest.mark.parametrize("terminated", [True, False])
def test_a_body_that_ends_early(terminated: bool) -> None:
    """A client that sends less than it said gets its answer all the same."""
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    answer = put(make_app(), Body(1000, ends_after=10), 1000, **environ)
    assert answer.status == 405


class Broken(io.BytesIO):
    """A body whose reading fails."""

    error: OSError = TimeoutError("timed out")

    def read(self, size: int | None = -1, /) -> bytes:
        raise self.error

    def readinto(self, buffer: Any, /) -> int:
        raise self.error


class Gone(Broken):
    """A body whose client has hung up."""

    error = ConnectionResetError("reset by peer")


def read_a_little() -> None:
    """Begin to read the body, as a hook may."""
    with suppress(ClientDisconnected):
        request.stream.read(1)


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("terminated", [True, False])
def test_an_error_of_reading_is_not_swallowed(terminated: bool, begun: bool) -> None:
    """A read that fails is seen, and no answer hides it."""
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    assert put(app, Broken(), 1000, **environ).status == 500
    app.testing = True
    with pytest.raises(Exception, match=r"timed out|400 Bad Request"):
        put(app, Broken(), 1000, **environ)


@pytest.mark.parametrize("begun", [True, False])
def test_a_client_that_hangs_up(begun: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A client that is gone is no error of the app's, and logs none."""
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    assert put(app, Gone(), 1000).status == 405
    assert caplog.records == []


def test_a_body_that_a_hook_saw_end_early() -> None:
    """A client that sends less than it said is no error where a hook read, too."""
    app = make_app()
    app.before_request(read_a_little)
    assert put(app, Body(1000, ends_after=10), 1000).status == 405


# -- signal ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "kind"), [("PUT", MethodNotAllowed), ("FOO", MethodNotImplemented)]
)
def test_signal(method: str, kind: type[MethodRejected]) -> None:
    """The signal has the app and the exception, once, when the answer is made."""
    app = make_app()
    heard: list[tuple[Flask, MethodRejected]] = []

    def listen(sender: Flask, exception: MethodRejected) -> None:
        heard.append((sender, exception))

    with method_rejected.connected_to(listen):
        ask(app, method, "/items")
        ask(app, "GET", "/items")
        ask(app, "PUT", "/nowhere")
    ((sender, exception),) = heard
    assert sender is app
    assert isinstance(exception, kind)


def test_a_handler_registered_after_a_look_at_the_app() -> None:
    """An app may look at itself while it is made, and go on to be made."""
    app = make_app()
    inventory(app)
    app.register_error_handler(405, lambda error: ("no", 405))
    heard: list[object] = []
    with method_rejected.connected_to(lambda sender, **given: heard.append(given)):
        assert ask(app, "PUT", "/items").status == 405
    assert len(heard) == 1


def test_no_signal_where_a_handler_crashes() -> None:
    """A rejection whose handler fails is not the answer; 500 is."""
    app = make_app()

    @app.errorhandler(405)
    def crash(error: MethodNotAllowed) -> str:
        raise RuntimeError

    heard: list[object] = []
    with method_rejected.connected_to(lambda sender, **given: heard.append(given)):
        assert ask(app, "PUT", "/items").status == 500
    assert heard == []


def test_a_served_request_costs_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that is settled is not decided again."""
    app = make_app()
    assert ask(app, "GET", "/items").status == 200
    monkeypatch.setattr("flask_method_guard.extension.decide", lambda it: 1 / 0)
    assert ask(app, "GET", "/items").status == 200
    assert ask(app, "POST", "/items").status == 200
    assert ask(app, "FOO", "/items").status == 500


def test_a_settled_method_costs_no_walk_of_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the router says 404 or 405, a settled method leaves two rows."""
    app = make_plain_app()
    assert ask(app, "PUT", "/items").status == 405
    monkeypatch.setattr("flask_method_guard.extension.decide", lambda it: 1 / 0)
    assert outcome(ask(app, "PUT", "/items")) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "PUT", "/nowhere").status == 404
    assert ask(app, "OPTIONS", "/nowhere").status == 500


def test_a_slash_that_joins_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule whose methods the router hides counts after a second, or with its view."""
    now = 100.0
    monkeypatch.setattr("flask_method_guard.extension.monotonic", lambda: now)
    app = make_plain_app()
    assert ask(app, "PUT", "/late").status == 404
    app.url_map.add(Rule("/late/", endpoint="items", methods=["GET"]))
    now += 0.9
    assert ask(app, "PUT", "/late").status == 404
    now += 0.2
    assert outcome(ask(app, "PUT", "/late")) == (405, "GET, HEAD")
    app.view_functions["later"] = lambda: "later"
    app.url_map.add(Rule("/later/", endpoint="later", methods=["GET"]))
    assert outcome(ask(app, "PUT", "/later")) == (405, "GET, HEAD")
