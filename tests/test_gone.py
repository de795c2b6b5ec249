"""410 Gone: nothing of a resource is left.

A resource is gone if every supported method that reaches a route at its URL is past an
enforced sunset. Flask's automatic OPTIONS does not count.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, request
from flask_cors import CORS
from werkzeug.exceptions import Gone, HTTPException
from werkzeug.routing import BaseConverter, MapAdapter, Rule, ValidationError

from flask_method_guard import (
    Deprecation,
    MethodRejected,
    Phase,
    Reason,
    ResourceGone,
    deprecated_method_called,
    deprecated_methods,
    method_rejected,
)
from flask_method_guard.report import inventory
from tests.deprecations import LINK, SECOND, SUNSET, Clock, announced, make_app
from tests.raw_wsgi import Answer, ask

PAST = {"since": "2026-01-01", "sunset": "2026-03-01T12:00:00Z"}
MARK = {**PAST, "link": LINK, "notice": "Use /v2"}
FUTURE = {"sunset": "2027-01-01"}
OUT = {"brownouts": ["2026-03-01T12:00Z/PT1H"]}
EVERY = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")
MODES = pytest.mark.parametrize("early", [False, True], ids=["late", "early"])


def retired(**marks: dict[str, Any]) -> Callable[..., Any]:
    """Make a view with marks."""

    def view(**_: object) -> str:
        return f"{request.method} is served"

    for method, mark in marks.items():
        deprecated_methods(method, **mark)(view)
    return view


def make_gone(clock: Clock | None = None, **config: Any) -> Flask:
    """Make an app whose ``/item`` has lost GET and PUT, and so everything."""
    app = make_app(clock or Clock(SUNSET), **{"ENFORCE_SUNSET": True, **config})
    view = retired(GET=MARK, PUT=MARK)
    app.add_url_rule("/item", "item", view, methods=["GET", "PUT"])
    app.add_url_rule("/other", "other", lambda: "other", methods=["GET", "POST"])
    return app


def said(answer: Answer) -> tuple[int, str | None]:
    """Return the status and Allow."""
    return answer.status, answer.get("Allow")


# -- where it decides -----------------------------------------------------------


@pytest.mark.parametrize("method", EVERY)
@MODES
def test_every_method_gets_410(method: str, early: bool) -> None:
    """Also one that was never routed there; the second before, nothing is gone."""
    clock = Clock(SUNSET)
    app = make_gone(clock, REJECT_EARLY=early)
    for _ in range(2):
        answer = ask(app, method, "/item")
        assert said(answer) == (410, None)
        assert answer.get("Cache-Control") == "no-store"
        assert answer.get("Retry-After") is None
    clock.now -= SECOND
    is_served = method in ("GET", "HEAD", "PUT")
    assert ask(app, method, "/item").status == (200 if is_served else 405)


def test_the_other_rows_stay() -> None:
    """400, 501, 404, and everything at other URLs, are as they were."""
    app = make_gone()
    assert ask(app, "<>", "/item").status == 400
    assert said(ask(app, "BREW", "/item")) == (501, None)
    assert ask(app, "GET", "/nowhere").status == 404
    assert said(ask(app, "PUT", "/other")) == (405, "GET, HEAD, OPTIONS, POST")
    assert ask(app, "GET", "/other").status == 200
    assert ask(app, "OPTIONS", "*").status == 200


#: What keeps a resource alive: another rule at the URL, or another mark on its GET.
ALIVE: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "another method": ({"methods": ["POST"]}, {}),
    "a sunset in the future": ({"methods": ["POST"]}, {"POST": FUTURE}),
    "no sunset": ({"methods": ["POST"]}, {"POST": {"since": "2026-01-01"}}),
    "a brownout": ({"methods": ["POST"]}, {"POST": OUT}),
    "OPTIONS of a view": (
        {"methods": ["OPTIONS"], "provide_automatic_options": False},
        {},
    ),
}


@pytest.mark.parametrize(("rule", "marks"), ALIVE.values(), ids=ALIVE)
def test_what_keeps_a_resource_alive(
    rule: dict[str, Any], marks: dict[str, dict[str, Any]]
) -> None:
    """A method that works now, or will again, has the last word: 405."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    options: dict[str, Any] = {"methods": ["GET"], "provide_automatic_options": False}
    app.add_url_rule("/item", "item", retired(GET=PAST), **options)
    app.add_url_rule("/more", "more", retired(GET=PAST), **options)
    app.add_url_rule("/more", "kept", retired(**marks), **rule)
    for method in ("GET", "HEAD", "PATCH"):
        assert ask(app, method, "/more").status == 405
    assert ask(app, "GET", "/item").status == 410


def test_a_retired_options_keeps_nothing_alive() -> None:
    """An OPTIONS that a view answers counts like any other method."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    view = retired(GET=PAST, OPTIONS=PAST)
    app.add_url_rule(
        "/hand",
        "hand",
        view,
        methods=["GET", "OPTIONS"],
        provide_automatic_options=False,
    )
    app.add_url_rule("/flask", "flask", view, methods=["GET"])
    for method in ("GET", "OPTIONS", "PUT"):
        assert said(ask(app, method, "/hand")) == (410, None)
    # Flask's own is never 410, even if somebody retired it by its name.
    assert said(ask(app, "GET", "/flask")) == (410, None)
    assert said(ask(app, "OPTIONS", "/flask")) == (405, "")


def test_only_options_is_not_gone() -> None:
    """A URL where nothing but Flask's OPTIONS was ever there is 405, as before."""
    app = make_gone()
    app.add_url_rule("/none", "none", lambda: "none", methods=[])
    assert said(ask(app, "GET", "/none")) == (405, "OPTIONS")


def test_a_redirect_keeps_a_resource_alive() -> None:
    """A method that redirects here leads somewhere, whatever is there."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    marks = retired(GET=PAST, POST=PAST)
    app.add_url_rule("/dir/", "dir", marks)
    app.add_url_rule("/dir", "post", marks, methods=["POST"])
    assert ask(app, "GET", "/dir").status == 308
    assert said(ask(app, "POST", "/dir")) == (405, "GET, HEAD, OPTIONS")
    assert said(ask(app, "PUT", "/dir")) == (405, "GET, HEAD, OPTIONS")
    assert ask(app, "PUT", "/dir/").status == 410


def test_a_rule_for_every_method() -> None:
    """It serves what has no name, too, until each method that it takes is retired."""
    app = make_app(
        Clock(SUNSET),
        ENFORCE_SUNSET=True,
        DEPRECATED_METHODS=dict.fromkeys((*EVERY, "OPTIONS"), PAST),
    )
    app.url_map.add(Rule("/any", endpoint="any", methods=None))
    app.view_functions["any"] = lambda: "any"
    assert ask(app, "BREW", "/any").status == 200
    assert said(ask(app, "GET", "/any")) == (405, "")


def test_an_unsupported_method_keeps_nothing_alive() -> None:
    """A routed method that is 501 works nowhere."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True, SUPPORTED_METHODS=["GET", "PUT"])
    app.add_url_rule("/item", "item", retired(GET=PAST), methods=["GET", "POST"])
    assert [ask(app, m, "/item").status for m in ("POST", "PUT")] == [501, 410]


def test_in_another_case() -> None:
    """Where every method is known, Flask serves ``put`` as PUT; both are gone."""
    app = make_gone(SUPPORTED_METHODS="*")
    for method in ("put", "BREW"):
        assert ask(app, method, "/item").status == 410
    answer = ask(make_gone(CASE_SENSITIVE=False), "put", "/item")
    assert (answer.status, answer.json["method"]) == (410, "put")


# -- what the client reads ----------------------------------------------------------

DETAIL = "This resource was retired on 1 March 2026. Use /v2."


@pytest.mark.parametrize("kind", ["application/problem+json", "application/json"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_json_body(kind: str, method: str) -> None:
    """JSON has the facts of the deprecation, and no methods: none is left."""
    app = make_gone(DOCS_URL="/docs/{endpoint}/{reason}/{status}")
    answer = ask(app, method, "/item", headers={"Accept": kind})
    assert answer.get("Content-Type") == kind
    assert answer.json == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": DETAIL,
        "method": method,
        "docs": "/docs/item/gone/410",
        "deprecation": {
            "since": "2026-01-01T00:00:00Z",
            "sunset": "2026-03-01T12:00:00Z",
            "link": LINK,
            "notice": "Use /v2",
        },
    }
    assert answer.all("Link") == [
        '</docs/item/gone/410>; rel="help"',
        f'<{LINK}>; rel="deprecation"',
    ]
    assert announced(answer)[:2] == ([], [])


def test_page_and_plain_text() -> None:
    """Both say when, and link to the guide."""
    page = ask(make_gone(), "GET", "/item", headers={"Accept": "text/html"}).text
    assert "<h1><span>410 </span>Gone</h1>" in page
    assert f'<p>{DETAIL} <a href="{LINK}">Migration guide</a></p>' in page
    text = ask(make_gone(), "GET", "/item", headers={"Accept": "text/plain"}).text
    assert text == f"410 Gone\n\n{DETAIL}\nMigration guide: {LINK}\n"
    assert ask(make_gone(), "HEAD", "/item").body == b""


@pytest.mark.parametrize("first", ["GET", "PUT"])
def test_the_latest_sunset_speaks(first: str) -> None:
    """The resource is gone since its last method is."""
    earlier = {"sunset": "2026-02-01", "notice": "Too early."}
    marks = {"GET": PAST, "PUT": PAST, first: earlier}
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    view = retired(**marks)
    app.add_url_rule("/item", "item", view, methods=["GET", "PUT"])
    for method in ("GET", "PUT", "PATCH"):
        document = ask(app, method, "/item").json
        assert document["detail"] == "This resource was retired on 1 March 2026."
        assert document["deprecation"]["sunset"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("successor", "method", "expected"),
    [
        ("/v2/books/{number}", "PUT", ("PUT", "/v2/books/3")),
        ("/v2/books/{number}", "HEAD", ("HEAD", "/v2/books/3")),
        ("/v2/books/{number}", "PATCH", ("GET", "/v2/books/3")),
        ("POST /v2/books/{number}", "PATCH", ("POST", "/v2/books/3")),
        (("/v1/", "/v2/"), "PUT", ("PUT", "/v2/books/3")),
        # Nothing is left here, so no other method replaces anything.
        ("PATCH", "PUT", None),
        ("/v2/books/{other}", "PUT", None),
    ],
)
def test_the_successor(
    successor: Any, method: str, expected: tuple[str, str] | None
) -> None:
    """It is filled also for a method that was never routed here."""
    mark = {**PAST, "successor": successor}
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    view = retired(GET=mark, PUT=mark)
    app.add_url_rule("/v1/books/<int:number>", "v", view, methods=["GET", "PUT"])
    answer = ask(app, method, "/v1/books/3")
    links = [f'<{expected[1]}>; rel="successor-version"'] if expected else []
    assert (answer.status, answer.all("Link")) == (410, links)
    if method != "HEAD":
        found = (
            dict(zip(("method", "url"), expected, strict=True)) if expected else None
        )
        assert answer.json.get("successor") == found
        detail = "This resource was retired on 1 March 2026."
        more = f" Use {' '.join(expected)} instead." if expected else ""
        assert answer.json["detail"] == detail + more


# -- the exception ------------------------------------------------------------------


def test_the_exception() -> None:
    """It is Werkzeug's, carries the facts, and pickles."""
    seen: list[Any] = []
    app = make_gone()

    def receive(_: Flask, exception: MethodRejected, enforced: bool) -> None:
        seen.append((exception, enforced))

    with method_rejected.connected_to(receive, app):
        ask(app, "PATCH", "/item")
    ((error, enforced),) = seen
    assert enforced
    assert type(error) is ResourceGone
    assert isinstance(error, Gone)
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert (each.code, each.reason, each.method) == (410, Reason.GONE, "PATCH")
        assert (each.endpoint, each.allowed_methods) == ("item", ())
        assert each.deprecation == Deprecation.from_mapping(MARK)
        assert str(each.description) == DETAIL


def test_the_exception_without_facts() -> None:
    """Raised by hand, it says what is known."""
    assert ResourceGone().description == "This resource was retired."
    assert ResourceGone().code == 410
    assert ResourceGone("No more books.").description == "No more books."


def test_the_signal_of_a_deprecated_method() -> None:
    """It is sent where a route matched, and not for a method that was never there."""
    seen: list[Any] = []
    app = make_gone(DEPRECATED_METHODS={"DELETE": PAST})

    def receive(_: Flask, **facts: Any) -> None:
        seen.append((facts["method"], facts["phase"], facts["response"].status_code))

    with deprecated_method_called.connected_to(receive, app):
        for method in ("PUT", "DELETE", "OPTIONS"):
            ask(app, method, "/item")
    assert seen == [("PUT", Phase.RETIRED, 410)]


# -- handlers -----------------------------------------------------------------------

Key = int | type[Exception]
KEYS: dict[str, Key | None] = {
    "none": None,
    "410": 410,
    "werkzeug": Gone,
    "guard": ResourceGone,
    "rejected": MethodRejected,
    "http": HTTPException,
}


def handle(scope: Any, key: Key | None, name: str) -> None:
    """Register an error handler that says who it is and what it sees."""

    def handler(error: Any) -> tuple[str, int]:
        return f"{name} {request.blueprint} {request.endpoint}", error.code

    if key is not None:
        scope.register_error_handler(key, handler)


def give_up() -> str:
    """Raise by hand what the guard raises."""
    raise ResourceGone


@MODES
@pytest.mark.parametrize(("inner", "outer"), list(product(KEYS, repeat=2)))
def test_the_handlers_of_a_blueprint(inner: str, outer: str, early: bool) -> None:
    """Who answers a view that raises a 410 answers for its URL, routed or not."""
    for of_app in KEYS.values():
        app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True, REJECT_EARLY=early)
        api, v1 = Blueprint("api", __name__), Blueprint("v1", __name__)
        v1.add_url_rule("/item", "item", retired(GET=PAST))
        v1.add_url_rule("/give-up", "give_up", give_up)
        handle(v1, KEYS[inner], "inner")
        handle(api, KEYS[outer], "outer")
        handle(app, of_app, "app")
        api.register_blueprint(v1)
        app.register_blueprint(api)
        raised = ask(app, "GET", "/give-up").text
        for method in ("GET", "PUT"):
            answer = ask(app, method, "/item")
            assert answer.status == 410
            if raised.startswith("{"):
                assert answer.json["title"] == "Gone"
            else:
                expected = raised.replace("give_up", "item")
                if method == "PUT" and raised.startswith("app"):
                    expected = "app None None"  # as in Flask where no route matched
                assert answer.text == expected


@MODES
def test_the_hooks_of_the_blueprint_stay_paired(early: bool) -> None:
    """Where no route matched, neither half runs; the handler sees the URL."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True, REJECT_EARLY=early)
    ran: list[str] = []
    v1 = Blueprint("v1", __name__)
    v1.add_url_rule("/item/<int:number>", "item", retired(GET=PAST))
    v1.before_request(lambda: ran.append("before"))

    @v1.after_request
    def after(response: Response) -> Response:
        ran.append("after")
        return response

    @v1.errorhandler(410)
    def own(error: ResourceGone) -> tuple[dict[str, Any], int]:
        return {"args": request.view_args, "date": str(error.deprecation)}, 410

    app.register_blueprint(v1)
    answer = ask(app, "PUT", "/item/3")
    assert (answer.status, answer.json["args"]) == (410, {"number": 3})
    assert ran == []
    assert ask(app, "GET", "/item/3").json["args"] == {"number": 3}
    assert ran == (["after"] if early else ["before", "after"])


def test_the_rule_of_get_owns_a_url_also_when_it_is_retired() -> None:
    """A 405 goes to the blueprint of GET's rule, whether GET still works or not."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    for name, method, mark in (("a", "DELETE", {}), ("b", "GET", {"GET": PAST})):
        blueprint = Blueprint(name, __name__)
        blueprint.add_url_rule(
            "/url",
            "v",
            retired(**mark),
            methods=[method],
            provide_automatic_options=False,
        )
        handle(blueprint, 405, name)
        app.register_blueprint(blueprint)
    assert ask(app, "PUT", "/url").text == "b b b.v"


# -- what it costs ------------------------------------------------------------------


def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the questions to the router."""
    asked: list[str] = []
    match = MapAdapter.match

    def counted(self: MapAdapter, *args: Any, **kwargs: Any) -> Any:
        asked.append(self.path_info)
        return match(self, *args, **kwargs)

    monkeypatch.setattr(MapAdapter, "match", counted)
    return asked


REQUESTS = [("GET", "/"), ("PUT", "/"), ("OPTIONS", "/"), ("GET", "/x"), ("BREW", "/")]


def test_the_row_costs_nothing_without_an_enforced_sunset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No look-up and no clock more than in an app without deprecations."""
    clock = Clock()
    apps = [
        make_app(clock, DEPRECATED_METHODS=marks, ENFORCE_SUNSET=enforce)
        for marks, enforce in [
            ({}, True),
            ({"DELETE": PAST}, False),
            ({"DELETE": {"since": "2026-01-01"}}, True),
        ]
    ]
    asked = count(monkeypatch)
    found = []
    for app in apps:
        app.add_url_rule("/", "index", lambda: "index", methods=["GET", "DELETE"])
        asked.clear()
        for method, path in (*REQUESTS, *REQUESTS):
            ask(app, method, path)
        found.append(list(asked))
    assert found[1] == found[2] == found[0]
    assert clock.looks == len(apps)  # each when its guard was made


# -- everything that looks ----------------------------------------------------------


def test_the_list_asks_about_a_retired_method() -> None:
    """The OPTIONS that Flask answers says nothing about the others."""

    class NoValue(BaseConverter):
        """Accepts nothing, so that no URL can be asked about."""

        def to_python(self, value: str) -> str:
            raise ValidationError

    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)
    app.url_map.converters["none"] = NoValue
    view = retired(POST=PAST)
    app.add_url_rule("/<uuid:x>", "post", view, methods=["POST"])
    app.add_url_rule("/<none:x>", "none", view, methods=["POST"])
    routes = inventory(app).routes
    assert [dict(route.refused) for route in routes] == [{"POST": 405}, {"POST": 410}]


def test_the_list_agrees_where_rules_overlap() -> None:
    """A catch-all that takes another method keeps a URL alive, so it lists 405."""
    app = make_gone()
    routes = {route.rule: route for route in inventory(app).routes}
    assert routes["/item"].methods == ("OPTIONS",)
    assert routes["/other"].refused == ()
    app.add_url_rule("/<path:rest>", "rest", str, methods=["POST"])
    routes = {route.rule: route for route in inventory(app).routes}
    assert dict(routes["/item"].refused) == {"GET": 405, "HEAD": 405, "PUT": 405}
    assert ask(app, "PUT", "/item").status == 405


def test_a_browser_reads_the_410() -> None:
    """The preflight succeeds, and the answer carries what Flask-CORS adds."""
    app = make_gone()
    CORS(app)
    origin = {"Origin": "https://shop.example"}
    fields = {**origin, "Access-Control-Request-Method": "PUT"}
    assert said(ask(app, "OPTIONS", "/item", headers=fields)) == (200, "OPTIONS")
    put = ask(app, "PUT", "/item", headers=origin)
    assert put.status == 410
    assert put.get("Access-Control-Allow-Origin") == "https://shop.example"
