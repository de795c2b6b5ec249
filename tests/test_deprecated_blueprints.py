"""Blueprints that are deprecated as a whole, by the code and by the operator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, request
from werkzeug.routing import Rule

from flask_method_guard import (
    ConfigError,
    MethodGuard,
    Phase,
    deprecate_blueprint,
    deprecated_method_called,
    deprecated_methods,
)
from flask_method_guard.report import deprecations, explain, inventory
from flask_method_guard.testing import assert_method_contract
from tests.deprecations import LINK, SECOND, SUNSET, Clock, make_app
from tests.raw_wsgi import Answer, ask

PAST: dict[str, Any] = {"since": "2026-01-01", "sunset": "2026-03-01T12:00:00Z"}
#: What each of several marks announces.
YEARS = {str(year): {"since": f"{year}-01-01"} for year in range(2010, 2026)}


def year(answer: Answer) -> str | None:
    """Return the mark that an answer announces."""
    found = answer.get("Deprecation")
    return found and str(1970 + round(int(found[1:]) / 31_556_952))


def served(**_: object) -> str:
    """Stand for a view."""
    return f"{request.method} is served"


def make_blueprint(name: str = "v1", **options: Any) -> Blueprint:
    """Make a blueprint with a view for two methods, and one that is its docs."""
    blueprint = Blueprint(name, __name__, url_prefix=f"/{name}", **options)
    blueprint.add_url_rule("/books", "books", served, methods=["GET", "PUT"])
    blueprint.add_url_rule("/docs", "docs", served)
    return blueprint


def guarded(*blueprints: Blueprint, clock: Clock | None = None, **config: Any) -> Flask:
    """Make a guarded app with blueprints; its sunsets are enforced."""
    app = make_app(clock or Clock(), **{"ENFORCE_SUNSET": True, **config})
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


# -- what is marked -----------------------------------------------------------------


@pytest.mark.parametrize("how", ["code", "configuration"])
@pytest.mark.parametrize("methods", [[], ["PUT"], ["get"]], ids=str)
def test_methods(how: str, methods: list[str]) -> None:
    """Every method that the routes declare is marked, or only the named ones."""
    v1 = make_blueprint()
    config: dict[str, Any] = {}
    if how == "code":
        assert deprecate_blueprint(v1, *methods, **PAST) is v1
    else:
        mark = {**PAST, "methods": methods} if methods else PAST
        config = {"DEPRECATED_BLUEPRINTS": {"v1": mark}}
    clock = Clock()
    app = guarded(v1, clock=clock, **config)
    app.add_url_rule("/site", "site", served)
    marked = {"GET", "PUT"} if not methods else {methods[0].upper()}
    for method in ("GET", "PUT", "HEAD", "OPTIONS", "POST"):
        is_marked = (method if method != "HEAD" else "GET") in marked
        announced = ask(app, method, "/v1/books").get("Deprecation")
        assert announced == ("@1767225600" if is_marked else None)
    assert ask(app, "GET", "/site").get("Deprecation") is None
    clock.now = SUNSET
    statuses = {m: ask(app, m, "/v1/books").status for m in ("GET", "PUT", "POST")}
    if not methods:
        assert set(statuses.values()) == {410}
    else:
        assert [m for m, s in statuses.items() if s == 405] == [*sorted(marked), "POST"]
    assert ask(app, "GET", "/site").status == 200


def test_what_stays() -> None:
    """Automatic OPTIONS, static files and excluded endpoints, at any depth."""
    files = {"static_folder": ".", "static_url_path": "/static"}
    v1 = make_blueprint(**files)
    inner = make_blueprint("inner", **files)
    v1.register_blueprint(inner)
    v1.add_url_rule(
        "/hand",
        "hand",
        served,
        methods=["OPTIONS"],
        provide_automatic_options=False,
    )
    named = Blueprint("named", __name__)
    named.add_url_rule("/static", "static", served)
    v1.register_blueprint(named)
    deprecate_blueprint(v1, exclude=["docs", "inner.docs"], **PAST)
    app = guarded(v1, clock=Clock(SUNSET))
    statuses = {
        "/v1/books": 410,
        "/v1/docs": 200,
        "/v1/static/raw_wsgi.py": 200,
        "/v1/inner/books": 410,
        "/v1/inner/docs": 200,
        "/v1/inner/static/raw_wsgi.py": 200,
        "/v1/static": 410,  # a view of that name
    }
    assert {path: ask(app, "GET", path).status for path in statuses} == statuses
    options = ask(app, "OPTIONS", "/v1/books")
    assert (options.status, options.get("Allow")) == (200, "OPTIONS")
    assert ask(app, "OPTIONS", "/v1/hand").status == 410


def test_a_named_options_is_not_flasks() -> None:
    """Automatic OPTIONS stays, even if a mark names it."""
    v1 = deprecate_blueprint(make_blueprint(), "OPTIONS", "GET", **PAST)
    app = guarded(v1, clock=Clock(SUNSET))
    assert ask(app, "OPTIONS", "/v1/docs").get("Allow") == "OPTIONS"


def test_an_endpoint_with_both_kinds_of_options() -> None:
    """Where Flask answers OPTIONS for one rule of an endpoint, none of it is marked."""
    v1 = make_blueprint()
    for path, methods in (("/one", ["GET", "OPTIONS"]), ("/two", ["GET"])):
        v1.add_url_rule(path, "both", served, methods=methods)
    app = guarded(deprecate_blueprint(v1, **PAST), clock=Clock(SUNSET))
    assert ask(app, "OPTIONS", "/v1/two").get("Allow") == "OPTIONS"
    assert ask(app, "OPTIONS", "/v1/one").status == 200
    assert ask(app, "GET", "/v1/two").status == 410
    assert ask(app, "GET", "/v1/one").status == 405  # OPTIONS of the view is left


@pytest.mark.parametrize(("endpoint", "status"), [("v1.docs", 200), ("v1.any", 410)])
def test_options_of_a_rule_for_every_method(endpoint: str, status: int) -> None:
    """OPTIONS is kept if Flask itself responds to it elsewhere on the endpoint."""
    v1 = deprecate_blueprint(make_blueprint(), **PAST)
    app = guarded(v1, clock=Clock(SUNSET))
    app.url_map.add(Rule("/v1/any", endpoint=endpoint))
    app.view_functions["v1.any"] = served
    assert ask(app, "OPTIONS", "/v1/any").status == status
    for method in ("GET", "FOO"):
        assert ask(app, method, "/v1/any").status == (410 if status == 410 else 405)


@pytest.mark.parametrize("order", ["mark", "register"])
def test_registered_more_than_once(order: str) -> None:
    """The mark belongs to the blueprint, under each of its names, at any time."""
    v1 = make_blueprint()
    if order == "mark":
        deprecate_blueprint(v1, **PAST)
    app = guarded(v1)
    app.register_blueprint(v1, name="old", url_prefix="/old")
    outer = Blueprint("outer", __name__, url_prefix="/outer")
    outer.register_blueprint(v1)
    app.register_blueprint(outer)
    if order == "register":
        deprecate_blueprint(v1, **PAST)
    for prefix in ("/v1", "/old", "/outer/v1"):
        assert ask(app, "GET", f"{prefix}/books").get("Deprecation") == "@1767225600"


def test_a_second_call() -> None:
    """It replaces the marks of the methods that it names, with what they exclude."""
    v1 = deprecate_blueprint(make_blueprint(), exclude=["docs"], **YEARS["2020"])
    deprecate_blueprint(v1, "PUT", **YEARS["2021"])
    app = guarded(v1)
    assert year(ask(app, "GET", "/v1/books")) == "2020"
    assert year(ask(app, "PUT", "/v1/books")) == "2021"
    assert year(ask(app, "GET", "/v1/docs")) is None
    deprecate_blueprint(v1, "GET", **YEARS["2022"])
    app.view_functions["more"] = served
    assert year(ask(app, "GET", "/v1/docs")) == "2022"
    assert year(ask(app, "HEAD", "/v1/docs")) == "2022"
    assert year(ask(app, "PUT", "/v1/books")) == "2021"


def test_a_rule_for_every_method() -> None:
    """It declares every method, one without a name, too, and all are retired."""
    v1 = deprecate_blueprint(make_blueprint(), **PAST)
    clock = Clock()
    app = guarded(v1, clock=clock)
    for endpoint in ("v1.any", "any"):
        app.url_map.add(Rule(f"/{endpoint}", endpoint=endpoint, methods=None))
        app.view_functions[endpoint] = served
    for method in ("GET", "BREW", "OPTIONS"):
        answer = ask(app, method, "/v1.any")
        assert (answer.status, answer.get("Deprecation")) == (200, "@1767225600")
    clock.now = SUNSET
    for method in ("GET", "BREW", "OPTIONS"):
        assert ask(app, method, "/v1.any").status == 410
        assert ask(app, method, "/any").status == 200


@pytest.mark.parametrize("scope", ["app", "outer", "inner"])
def test_a_name_that_only_a_mark_knows(scope: str) -> None:
    """Next to a rule for every method, a method that is only named somewhere counts."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    deprecate_blueprint(inner, **YEARS["2020"])
    named = YEARS["2021"]
    config: dict[str, Any] = {}
    if scope == "app":
        config = {"DEPRECATED_METHODS": {"BREW": named}}
    if scope != "app":
        where = {"outer": outer, "inner": inner}[scope]
        deprecate_blueprint(where, "BREW", **named)
    outer.register_blueprint(inner)
    app = guarded(outer, **config)
    app.url_map.add(Rule("/any", endpoint="outer.inner.any", methods=None))
    app.view_functions["outer.inner.any"] = served
    expected = "2021" if scope == "inner" else "2020"
    assert year(ask(app, "BREW", "/any")) == expected
    assert year(ask(app, "MILL", "/any")) == "2020"


# -- precedence ---------------------------------------------------------------------

#: From the strongest mark on HEAD to the weakest, by where it is and what it names.
PLACES = [
    (where, what)
    for where, kinds in [
        ("view", ["HEAD", "GET"]),
        ("inner", ["HEAD", "GET", ""]),
        ("outer", ["HEAD", "GET", ""]),
        ("app", ["HEAD", "GET"]),
    ]
    for what in kinds
]


@pytest.mark.parametrize("kept", range(len(PLACES)))
@pytest.mark.parametrize("how", ["code", "configuration"])
def test_precedence(how: str, kept: int) -> None:
    """View, inner, outer, app; a named method before every one; HEAD before GET."""
    places = dict(zip(PLACES[kept:], YEARS, strict=False))
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    view: Any = lambda: "ok"  # noqa: E731
    config: dict[str, Any] = {"METHODS": {}, "BLUEPRINTS": {}}
    for (where, what), mark in places.items():
        names, said = ([what] if what else []), YEARS[mark]
        if where == "view":
            deprecated_methods(*names, **said)(view)
        elif where == "app":
            config["METHODS"][what] = said
        elif how == "code":
            deprecate_blueprint({"inner": inner, "outer": outer}[where], *names, **said)
        else:
            name = {"inner": "outer.inner", "outer": "outer"}[where]
            # One entry says one thing, so the strongest is the only one.
            entry = {**said, "methods": names} if names else said
            config["BLUEPRINTS"].setdefault(name, entry)
    inner.add_url_rule("/", "index", view)
    outer.register_blueprint(inner)
    app = guarded(
        outer, **{f"DEPRECATED_{key}": value for key, value in config.items()}
    )
    expected = next(mark for place, mark in places.items())
    for_get = [mark for (_, what), mark in places.items() if what != "HEAD"]
    if how == "code":
        assert year(ask(app, "GET")) == (for_get[0] if for_get else None)
    assert year(ask(app, "HEAD")) == expected


def test_a_mark_replaces_the_outer_one_as_a_whole() -> None:
    """No value of an outer mark shines through."""
    v1 = deprecate_blueprint(make_blueprint(), link="/outer", **PAST)
    v1.add_url_rule("/own", "own", deprecated_methods("GET", notice="Own.")(lambda: ""))
    app = guarded(v1, clock=Clock(SUNSET))
    answer = ask(app, "GET", "/v1/own")
    assert (answer.status, answer.all("Link")) == (200, [])


# -- the operator -------------------------------------------------------------------


def overridden(code: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return what is left of two sets of values."""
    v1 = deprecate_blueprint(make_blueprint(), **code)
    app = guarded(v1, DEPRECATED_BLUEPRINTS={"v1": given})
    (row,) = [
        r for r in deprecations(app) if (r.endpoint, r.method) == ("v1.docs", "GET")
    ]
    return row.deprecation.as_json()


CODE: dict[str, Any] = {
    "since": "2026-01-01",
    "sunset": "2026-03-01",
    "brownouts": ["2026-02-01/P1D", "2026-02-27/P1D"],
    "notice": "Use v2.",
    "successor": ("/v1/", "/v2/"),
}
OVERRIDES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "one date": (
        {"sunset": "2027-01-01"},
        {"sunset": "2027-01-01T00:00:00Z"},
        "",
    ),
    "nothing": ({"exclude": ["books"]}, {}, ""),
    "an empty value": ({"notice": None, "link": "/x"}, {"link": "/x"}, ""),
    "since after the sunset": (
        {"since": "2026-04-01"},
        {"since": "2026-04-01T00:00:00Z", "sunset": None},
        "sunset 2026-03-01T00:00:00Z",
    ),
    "a sunset before since": (
        {"sunset": "2025-12-01", "brownouts": ["2025-11-01/P1D"]},
        {
            "sunset": "2025-12-01T00:00:00Z",
            "since": None,
            "brownouts": ["2025-11-01T00:00:00Z/2025-11-02T00:00:00Z"],
        },
        "since 2026-01-01T00:00:00Z",
    ),
    "a sunset before a window": (
        {"sunset": "2026-02-15"},
        {
            "sunset": "2026-02-15T00:00:00Z",
            "brownouts": ["2026-02-01T00:00:00Z/2026-02-02T00:00:00Z"],
        },
        "brownout 2026-02-27T00:00:00Z/2026-02-28T00:00:00Z",
    ),
    "a window after the sunset": (
        {"brownouts": ["2026-05-01/P1D"]},
        {
            "sunset": None,
            "brownouts": ["2026-05-01T00:00:00Z/2026-05-02T00:00:00Z"],
        },
        "sunset 2026-03-01T00:00:00Z",
    ),
}


@pytest.mark.parametrize(
    ("given", "changed", "lost"), OVERRIDES.values(), ids=OVERRIDES
)
def test_value_by_value(
    given: dict[str, Any],
    changed: dict[str, Any],
    lost: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who moves one date keeps the rest, less what contradicts it; that is logged."""
    written = {
        "since": "2026-01-01T00:00:00Z",
        "sunset": "2026-03-01T00:00:00Z",
        "brownouts": [
            "2026-02-01T00:00:00Z/2026-02-02T00:00:00Z",
            "2026-02-27T00:00:00Z/2026-02-28T00:00:00Z",
        ],
        "notice": "Use v2.",
        "successor": ["/v1/", "/v2/"],
    }
    with caplog.at_level(logging.WARNING):
        found = overridden(CODE, given)
    assert found == {k: v for k, v in {**written, **changed}.items() if v}
    start = "METHOD_GUARD_DEPRECATED_BLUEPRINTS contradicts the code: "
    end = " of every method of blueprint 'v1' is left out"
    assert caplog.messages == ([f"{start}{lost}{end}"] if lost else [])


def test_what_is_left_out_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The app is read again, and nothing is logged again."""
    v1 = deprecate_blueprint(make_blueprint(), **CODE)
    app = guarded(v1, DEPRECATED_BLUEPRINTS={"v1": {"sunset": "2025-12-01"}})
    with caplog.at_level(logging.WARNING):
        for name in ("one", "two"):
            ask(app, "GET", "/v1/books")
            app.view_functions[name] = served
    assert len(caplog.messages) == 3  # since, and two windows


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        # With methods, only these change.
        ([()], {"methods": ["PUT"]}, {"GET": "2020", "PUT": "2021"}),
        ([("GET",)], {"methods": ["GET"]}, {"GET": "2021", "HEAD": "2021"}),
        # A method without a mark gets a new one only if it is named.
        ([("GET",)], {"methods": ["PUT"]}, {"GET": "2020", "PUT": "2021"}),
        ([("GET",)], {}, {"GET": "2021", "PUT": None}),
        ([("GET",)], {"methods": "HEAD"}, {"GET": "2020", "HEAD": "2021"}),
        # Where the code has no mark, every method gets one, or the named ones.
        ([], {}, {"GET": "2021", "PUT": "2021"}),
        ([], {"methods": ["PUT"]}, {"GET": None, "PUT": "2021"}),
        ([], {"methods": "PUT, GET"}, {"HEAD": "2021", "PUT": "2021"}),
        # Upper case, as environment variables have it.
        ([], {"METHODS": "put"}, {"GET": None, "PUT": "2021"}),
    ],
)
def test_methods_of_the_configuration(
    code: list[tuple[str, ...]], given: dict[str, Any], expected: dict[str, str | None]
) -> None:
    """``methods`` chooses which marks the operator changes or adds."""
    v1 = make_blueprint()
    for methods in code:
        deprecate_blueprint(v1, *methods, notice="Kept.", **YEARS["2020"])
    given = {**given, **YEARS["2021"]}
    app = guarded(v1, DEPRECATED_BLUEPRINTS={"v1": given})
    assert {m: year(ask(app, m, "/v1/books")) for m in expected} == expected
    notices = {r.deprecation.notice for r in deprecations(app) if r.endpoint}
    assert ("Kept." in notices) is bool(code)


def test_exclude_of_the_configuration() -> None:
    """It replaces the code's."""
    v1 = deprecate_blueprint(make_blueprint(), exclude=["docs"], **YEARS["2020"])
    app = guarded(v1, DEPRECATED_BLUEPRINTS={"v1": {"exclude": "books"}})
    assert year(ask(app, "GET", "/v1/docs")) == "2020"
    assert year(ask(app, "GET", "/v1/books")) is None


def test_only_exclude_without_a_mark_in_the_code() -> None:
    """There is nothing to say about the other endpoints."""
    app = guarded(make_blueprint(), DEPRECATED_BLUEPRINTS={"v1": {"exclude": ["docs"]}})
    assert deprecations(app) == ()


def test_a_file_of_the_operator() -> None:
    """TOML alone deprecates a nested blueprint by its quoted name."""
    tomllib = pytest.importorskip("tomllib")  # new in Python 3.11
    api = Blueprint("api", __name__, url_prefix="/api")
    api.register_blueprint(make_blueprint())
    app = Flask(__name__)
    app.config.from_mapping(
        tomllib.loads(
            """
            METHOD_GUARD_ENFORCE_SUNSET = true
            [METHOD_GUARD_DEPRECATED_BLUEPRINTS."api.v1"]
            since = 2026-01-01
            sunset = 2026-03-01
            successor = ["/api/v1/", "/api/v2/"]
            exclude = ["docs"]
            """
        )
    )
    clock = Clock()
    MethodGuard(app, clock=clock)
    app.register_blueprint(api)
    answer = ask(app, "GET", "/api/v1/books")
    assert answer.get("Link") == '</api/v2/books>; rel="successor-version"'
    clock.now = SUNSET
    assert ask(app, "GET", "/api/v1/books").status == 410
    assert ask(app, "GET", "/api/v1/docs").status == 200


# -- wrong values -------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, ValueError, "it is empty. Set since, sunset, brownouts, link, notice or"),
    ({"since": "2026-02-01", "sunset": "2026-01-01"}, ValueError, "earlier than since"),
    ({"successor": ("/v1", "/v2/")}, ValueError, "both prefixes end with '/'"),
    ({"methods": ["P UT"], **PAST}, ValueError, "methods: 'P UT' is not a method."),
    ({"methods": [7], **PAST}, TypeError, "methods: 7 is not a string."),
    ({"methods": ["PUT"]}, ValueError, "it is empty."),
    ({"exclude": 7, **PAST}, TypeError, "exclude: 7 is not a list."),
    ({"exclude": [7], **PAST}, TypeError, "exclude: 7 is not a string."),
]
IDS = [", ".join(values) or "nothing" for values, _, _ in WRONG]


@pytest.mark.parametrize(("values", "kind", "message"), WRONG, ids=IDS)
def test_wrong_values(
    values: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """Both ways to write a mark reject them at once, and name the blueprint."""
    v1 = make_blueprint()
    named = {key: value for key, value in values.items() if key != "methods"}
    with pytest.raises(kind) as raised:
        deprecate_blueprint(v1, *values.get("methods", ()), **named)
    assert message in str(raised.value)
    assert str(raised.value).startswith("deprecate_blueprint of 'v1': ")
    with pytest.raises(ConfigError) as refused:
        make_app(DEPRECATED_BLUEPRINTS={"v1": values})
    assert message in str(refused.value)
    assert "METHOD_GUARD_DEPRECATED_BLUEPRINTS: v1: " in str(refused.value)
    assert deprecations(guarded(v1)) == ()  # nothing was marked


def test_only_exclude_in_the_code() -> None:
    """Without a value, there is nothing that the others would get."""
    with pytest.raises(ValueError, match="it is empty"):
        deprecate_blueprint(make_blueprint(), exclude=["docs"])


CONFIGURED: list[tuple[Any, str]] = [
    (7, "is 7. Use a mapping of blueprints' names to mappings."),
    ({"v1": 7}, "v1: 7 is not a mapping. Set since, sunset,"),
    (
        {"v1": {"sunst": "2026"}},
        "v1: 'sunst' is not one of since, sunset, ",
    ),
    ({"v1": {"method": "PUT"}}, "Did you mean 'methods'?"),
    ({"v1": {"since": "2026-01-01", "SINCE": "2026-01-02"}}, "'SINCE' is given twice"),
    ({"api": {"v1": PAST}}, "api: 'v1' is a table in a table."),
    ({"api": {"v1": PAST, **PAST}}, 'write its whole name in quotes: "api.v1".'),
]


@pytest.mark.parametrize(
    ("value", "message"), CONFIGURED, ids=[m for _, m in CONFIGURED]
)
def test_wrong_configuration(value: Any, message: str) -> None:
    """What only a configuration can get wrong is reported with the other problems."""
    with pytest.raises(ConfigError) as refused:
        make_app(DEPRECATED_BLUEPRINTS=value, DRAIN_LIMIT=-1)
    assert message in str(refused.value)
    assert len(refused.value.problems) == 2


class Namespace:
    """Stands for a namespace of Flask-RESTX."""


@pytest.mark.parametrize("thing", [Namespace(), Flask("x"), "v1", Blueprint])
def test_something_that_is_not_a_blueprint(thing: Any) -> None:
    """The message says what to pass."""
    with pytest.raises(TypeError) as raised:
        deprecate_blueprint(thing, **PAST)
    assert str(raised.value).startswith("deprecate_blueprint needs a blueprint, not ")
    assert "namespace of Flask-RESTX, that of its Api" in str(raised.value)


# -- everything else that a mark does -----------------------------------------------


def brownout(app: Flask, clock: Clock) -> None:
    """Look into a brownout: every method is 405, and the client knows until when."""
    clock.now = SUNSET - SECOND
    for method in ("GET", "HEAD", "PUT", "POST"):
        answer = ask(app, method, "/v1/books")
        assert (answer.status, answer.get("Allow")) == (405, "OPTIONS")
    assert ask(app, "PUT", "/v1/books").get("Retry-After") == "1"


def signal(app: Flask, clock: Clock) -> None:
    """Hear each call of a method that was routed, before and after the sunset."""
    heard: list[tuple[str, str, Phase]] = []

    def receive(_: Flask, **facts: Any) -> None:
        heard.append((facts["method"], facts["endpoint"], facts["phase"]))

    with deprecated_method_called.connected_to(receive, app):
        for now in (SUNSET - SECOND, SUNSET):
            clock.now = now
            ask(app, "PUT", "/v1/books")
            ask(app, "POST", "/v1/books")
    assert heard == [
        ("PUT", "v1.books", Phase.BROWNOUT),
        ("PUT", "v1.books", Phase.RETIRED),
    ]


def reports(app: Flask, clock: Clock) -> None:
    """List a row for each route and method, at any day."""
    rows = deprecations(app, "2026-03-02")
    assert [(r.method, r.rule, r.endpoint, str(r.phase)) for r in rows] == [
        ("GET", "/v1/books", "v1.books", "retired"),
        ("PUT", "/v1/books", "v1.books", "retired"),
        ("GET", "/v1/docs", "v1.docs", "retired"),
    ]
    assert explain(app, "POST", "/v1/books", at="2026-03-02").status == 410
    routes = {route.rule: route for route in inventory(app).routes}
    assert routes["/v1/books"].deprecated == ("GET", "HEAD", "PUT")
    clock.now = SUNSET
    routes = {route.rule: route for route in inventory(app).routes}
    assert dict(routes["/v1/docs"].refused) == {"GET": 410, "HEAD": 410}


def contract(app: Flask, clock: Clock) -> None:
    """Send every method on the day after the sunset."""
    report = assert_method_contract(app, at="2026-03-02")
    found = {r.status for r in report.answers if r.sample.path == "/v1/books"}
    assert found == {400, 410, 501}


@pytest.mark.parametrize("check", [brownout, signal, reports, contract])
@pytest.mark.parametrize("how", ["code", "configuration"])
def test_everything_that_a_mark_does(
    check: Callable[[Flask, Clock], None], how: str
) -> None:
    """A mark of a blueprint does what one on a view does."""
    mark = {**PAST, "link": LINK, "brownouts": ["2026-03-01T11:00Z/PT1H"]}
    v1, clock = make_blueprint(), Clock()
    if how == "code":
        check(guarded(deprecate_blueprint(v1, **mark), clock=clock), clock)
    else:
        app = guarded(v1, clock=clock, DEPRECATED_BLUEPRINTS={"v1": mark})
        check(app, clock)
