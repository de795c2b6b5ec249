"""The checks: each finds what it is for, and nothing in an app that is well."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial, wraps
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView, View
from flask_cors import CORS, cross_origin
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WerkzeugNotAllowed
from werkzeug.exceptions import NotImplemented as WerkzeugNotImplemented
from werkzeug.routing import Rule

from flask_method_guard import (
    DEFAULT_METHODS,
    MethodGuard,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    deprecate_blueprint,
    deprecated_methods,
)
from flask_method_guard.report import (
    CHECKS,
    Finding,
    Severity,
    check,
)

#: Makes the app of a case.
Build = Callable[[], Flask]


def app_with(**config: object) -> Flask:
    """Make an app with a guard whose clock stands still."""
    app = Flask(__name__)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app, clock=lambda: datetime(2026, 6, 1, tzinfo=timezone.utc))
    return app


def view(**_: object) -> str:
    """Serve."""
    return ""


class Item(MethodView):
    """A class that is as it should be."""

    def get(self, id: int) -> str:  # noqa: A002 -- the rule's name for it
        """Serve GET."""
        return str(id)

    def put(self, id: int) -> str:  # noqa: A002
        """Serve PUT."""
        return str(id)

    def search(self, text: str) -> str:
        """Help; no rule gives a text."""
        return text


class Purging(Item):
    """A class with one more method."""

    def purge(self, id: int) -> str:  # noqa: A002
        """Serve PURGE."""
        return str(id)


class Marked(MethodView):
    """A class whose functions are marked, and serve what the marks name."""

    @deprecated_methods("PUT", "PATCH", since="2025-01-01")
    def _save(self, id: int) -> str:  # noqa: A002
        return str(id)

    @deprecated_methods("GET", "HEAD", since="2025-01-01")
    def get(self, id: int) -> str:  # noqa: A002
        """Serve GET and HEAD."""
        return str(id)

    put = patch = _save


class Mismarked(Marked):
    """A class with marks that have no effect."""

    @deprecated_methods("DELETE", since="2025-01-01")
    def get(self, id: int) -> str:  # noqa: A002
        """Serve GET."""
        return str(id)


# -- the twins: what is found, and what is much the same and well -----------------


def routed(*methods: str, **config: object) -> Build:
    """Route methods to a view."""

    def build() -> Flask:
        app = app_with(**config)
        app.add_url_rule("/cache", "purge", view, methods=methods)
        return app

    return build


def classy(**attributes: Any) -> Build:
    """Route a class that has more than ``Item``, at two URLs."""

    def build() -> Flask:
        app = app_with()
        rule = attributes.pop("rule", {})
        view_class = type("Changed", (Item,), {"__module__": "shop", **attributes})
        view = view_class.as_view("item")  # type: ignore[attr-defined]
        app.add_url_rule("/items/<int:id>", view_func=view, **rule)
        app.add_url_rule("/things/<int:id>", view_func=view, **rule)
        return app

    return build


def registered(view_class: type[MethodView]) -> Build:
    """Route a class."""

    def build() -> Flask:
        app = app_with()
        app.add_url_rule("/<int:id>", view_func=view_class.as_view("item"))
        return app

    return build


def deprecated(
    *, marked: str = "PUT", since: str | None = "2025-01-01", **config: object
) -> Build:
    """Deprecate a method of one view, and whatever the configuration names."""

    def build() -> Flask:
        app = app_with(**config)
        mark = deprecated_methods(marked, since=since, sunset="2026-01-01")
        view_func = mark(Item.as_view("item"))
        app.add_url_rule("/items/<int:id>", view_func=view_func)
        late = deprecated_methods("PUT", since="2026-01-01", sunset="2027-01-01")
        app.view_functions["late"] = late(lambda: "")
        app.add_url_rule("/late", "late", methods=["PUT"])
        app.add_url_rule("/other", "other", view, methods=["PATCH"])
        return app

    return build


def versioned(
    *methods: str, code: Any = None, by: Any = None, **config: object
) -> Build:
    """Deprecate a blueprint by the code and the configuration."""

    def build() -> Flask:
        blueprints = {"DEPRECATED_BLUEPRINTS": by} if by else {}
        app = app_with(**blueprints, **config)
        v1 = Blueprint("v1", __name__, url_prefix="/v1")
        v1.add_url_rule("/books/<int:number>", "book", view, methods=["PUT"])
        v1.add_url_rule("/docs", "docs", view)
        if code is not None:
            deprecate_blueprint(v1, *methods, **code)
        app.register_blueprint(v1)
        app.add_url_rule("/v2/books/<int:number>", "v2", view, methods=["PUT"])
        return app

    return build


def cors(*, decorated: bool = False, used: bool = True, **config: object) -> Build:
    """Use Flask-CORS, or something of another name."""

    def build() -> Flask:
        app = app_with(**config)
        app.after_request(lambda response: response)
        index = lambda: ""  # noqa: E731 -- Flask-CORS marks what it decorates
        app.add_url_rule("/", "index", cross_origin()(index) if decorated else index)
        if used and not decorated:
            CORS(app)
        return app

    return build


def unbounded(**options: Any) -> Build:
    """Add a rule without methods."""

    def build() -> Flask:
        app = app_with()
        app.view_functions["any"] = Purging.as_view("any")
        app.url_map.add(Rule("/any/<int:id>", endpoint="any", **options))
        return app

    return build


def login() -> None:
    """Do nothing."""


def hooked(*, before: bool, early: bool) -> Build:
    """Register a function before or after the guard."""

    def build() -> Flask:
        app = Flask(__name__)
        app.config["METHOD_GUARD_REJECT_EARLY"] = early
        if before:
            app.before_request(login)
        MethodGuard(app)
        app.before_request(login)
        return app

    return build


def rejected(error: HTTPException) -> Any:
    """Handle an error."""
    return "", error.code


def handling(*errors: Any, **config: object) -> Build:
    """Register a handler for errors, of a blueprint for what is in a list."""

    def build() -> Flask:
        app = app_with(**config)
        blueprint = Blueprint("shop", __name__)
        for error in errors:
            if isinstance(error, list):
                blueprint.register_error_handler(error[0], rejected)
            else:
                app.register_error_handler(error, rejected)
        app.register_blueprint(blueprint)
        return app

    return build


def dispatching(self: Any, **kwargs: Any) -> str:
    """Serve whatever comes."""
    return repr((self, kwargs))


def function(name: str) -> dict[str, Any]:
    """Give a class one more function that serves requests."""
    return {name: lambda self, id: f"{self} {id}"}  # noqa: A006


CHANGED = "/items/<int:id>, /things/<int:id>: shop.Changed"
PREFLIGHT = (
    "Flask-CORS is in use, but OPTIONS is not supported; browsers' preflight requests"
    " get 501."
)
EARLY = "runs before the guard, in spite of METHOD_GUARD_REJECT_EARLY."
REPORTING = (
    "METHOD_GUARD_REPORT_ONLY is on, so clients still get Flask's own responses."
)

DATED = {"since": "2025-01-01", "sunset": "2026-01-01"}
SUNSET = {"PUT": {"sunset": "2026-06-01"}}
LEFT = f"{__name__}.rejected: handles 405, but no error handler of the app gets"
HALF = f"{LEFT} 501."

#: What each check finds: the app, the endpoint and the message of the finding.
FOUND: dict[str, list[tuple[Build, str | None, str]]] = {
    "MG101": [
        (
            routed("PURGE", "PUT", SUPPORTED_METHODS=["OPTIONS"]),
            "purge",
            "PURGE, PUT /cache: routed, but not supported; clients get 501.",
        ),
        (
            routed("OPTIONS", SUPPORTED_METHODS=["PUT"]),
            "purge",
            "OPTIONS /cache: routed, but not supported; clients get 501.",
        ),
    ],
    "MG102": [
        (
            classy(methods=["GET", "PUT", "DELETE"]),
            "item",
            f"DELETE {CHANGED} does not implement it; clients get 500.",
        ),
        (
            classy(rule={"methods": ["POST", "PUT", "GET"]}),
            "item",
            f"POST {CHANGED} does not implement it; clients get 500.",
        ),
        (
            classy(get=None, methods=["HEAD", "PUT"]),
            "item",
            f"HEAD {CHANGED} does not implement it; clients get 500.",
        ),
    ],
    "MG103": [
        (
            classy(**function("purge")),
            "item",
            f"PURGE {CHANGED} implements it, but no route declares it.",
        ),
        (
            classy(rule={"methods": ["GET"]}),
            "item",
            f"PUT {CHANGED} implements it, but no route declares it.",
        ),
        (
            classy(methods=["GET", "PUT"], delete=dispatching),
            "item",
            f"DELETE {CHANGED} implements it, but no route declares it.",
        ),
    ],
    "MG104": [
        (routed("TRACE"), "purge", "TRACE /cache: routed to a view."),
        (routed("CONNECT"), "purge", "CONNECT /cache: routed to a view."),
    ],
    "MG106": [
        (
            deprecated(marked="PATCH"),
            "item",
            "PATCH is deprecated, but no route of this view has it.",
        ),
        (
            deprecated(DEPRECATED_METHODS={"PRUGE": {"notice": "Use DELETE."}}),
            None,
            "PRUGE is deprecated, but no route of the app has it.",
        ),
        (
            versioned(by={"v11": DATED}),
            None,
            "blueprint 'v11' is deprecated, but no route is in it. Did you mean 'v1'?",
        ),
        (
            versioned(by={"v1": {"exclude": ["docs"]}}),
            None,
            "blueprint 'v1' has endpoints to exclude, but is not deprecated.",
        ),
        (
            versioned("PUT", "PATCH", "OPTIONS", code=DATED),
            None,
            (
                "blueprint 'v1' is deprecated for OPTIONS, PATCH, but no route in it"
                " declares that."
            ),
        ),
        (
            versioned(code={**DATED, "exclude": ["docs", "dosc"]}),
            None,
            "blueprint 'v1' excludes 'dosc', but has no such endpoint.",
        ),
        (
            registered(Mismarked),
            "item",
            (
                f"DELETE is deprecated on {__name__}.Mismarked.get, which does not"
                " serve DELETE."
            ),
        ),
    ],
    "MG107": [
        (cors(SUPPORTED_METHODS=["PUT"]), None, PREFLIGHT),
        (cors(decorated=True, SUPPORTED_METHODS=["PUT"]), None, PREFLIGHT),
    ],
    "MG108": [
        (
            unbounded(),
            "any",
            "/any/<int:id>: the rule has no methods of its own and takes every one.",
        )
    ],
    "MG109": [
        (routed("AB"), "purge", "AB /cache: gunicorn rejects it by default."),
        (
            routed("A" * 21, "A#B"),
            "purge",
            f"A#B, {'A' * 21} /cache: gunicorn rejects it by default.",
        ),
    ],
    "MG110": [(hooked(before=True, early=True), None, f"{__name__}.login: {EARLY}")],
    "MG111": [
        (
            routed("GET POST", "PUT\n"),
            "purge",
            "'GET POST', 'PUT\\n' /cache: not a token; clients get 400.",
        )
    ],
    "MG112": [(routed(REPORT_ONLY=True), None, REPORTING)],
    "MG113": [
        (
            deprecated(DEPRECATED_METHODS={"GET": {"sunset": "2026-01-01"}}),
            None,
            "GET: its sunset is 1 January 2026, but since is not set.",
        ),
        (
            deprecated(since=None),
            "item",
            "PUT: its sunset is 1 January 2026, but since is not set.",
        ),
    ],
    "MG114": [
        (
            deprecated(
                DEPRECATED_METHODS={
                    "GET": {
                        "since": "2026-02-01T00:00:01Z",
                        "brownouts": ["2026-03-01/P1D", "2026-02-01/P1D"],
                    }
                }
            ),
            None,
            (
                "GET: a brownout starts on 1 February 2026, 00:00 UTC, before since,"
                " 1 February 2026, 00:00:01 UTC."
            ),
        ),
    ],
    "MG115": [
        (
            # Of the pair's routes, /v1/docs has no partner; /v1/books/… has one.
            versioned(code={"successor": ("/v1/", "/v2/")}),
            "v1.docs",
            "GET /v1/docs: its successor GET /v2/docs gets 404 Not Found.",
        ),
        (
            versioned("PUT", by={"v1": {"successor": ["/v3/", "/v2/"]}}),
            "v1.book",
            "GET, PUT /v1/books/<int:number>, /v1/docs: no path starts with /v3/.",
        ),
        (
            deprecated(DEPRECATED_METHODS={"PATCH": {"successor": "/nowhere"}}),
            "other",
            "PATCH /other: its successor PATCH /nowhere gets 404 Not Found.",
        ),
    ],
    "MG116": [
        (
            versioned(by={"v1": DATED}, MINIMUM_NOTICE=366),
            None,
            (
                "every method of blueprint 'v1': its sunset is 365 days after since,"
                " and not 366 or more."
            ),
        ),
        (
            deprecated(since="2025-12-31", MINIMUM_NOTICE=2),
            "item",
            "PUT: its sunset is 1 day after since, and not 2 or more.",
        ),
        (
            deprecated(
                MINIMUM_NOTICE=365,
                DEPRECATED_METHODS={
                    "PATCH": {"since": "2025-01-01T12:00Z", "sunset": "2026-01-01"}
                },
            ),
            None,
            "PATCH: its sunset is 364 days after since, and not 365 or more.",
        ),
    ],
    "MG117": [
        (
            handling(405, SUPPORTED_METHODS="*", DEPRECATED_BLUEPRINTS={"shop": DATED}),
            None,
            f"{LEFT} 410.",
        ),
        (handling(405), None, HALF),
        (handling(405, 404, 400), None, HALF),
        (handling(WerkzeugNotAllowed), None, HALF),
        (handling(MethodNotAllowed), None, HALF),
        (handling(405, [501], [HTTPException]), None, HALF),
        (handling(405, DEPRECATED_METHODS=SUNSET), None, f"{LEFT} 410 or 501."),
        (handling(405, 501, DEPRECATED_METHODS=SUNSET), None, f"{LEFT} 410."),
        (
            handling(405, SUPPORTED_METHODS="*", DEPRECATED_METHODS=SUNSET),
            None,
            f"{LEFT} 410.",
        ),
    ],
    "MG118": [
        (
            versioned(code=DATED, by={"v1": {"sunset": "2024-01-01"}}),
            None,
            (
                "since 2025-01-01T00:00:00Z of every method of blueprint 'v1'"
                " contradicts the configuration, and is left out."
            ),
        ),
        (
            versioned("PUT", code=DATED, by={"v1": {"since": "2027-01-01"}}),
            None,
            (
                "sunset 2026-01-01T00:00:00Z of PUT of blueprint 'v1' contradicts the"
                " configuration, and is left out."
            ),
        ),
    ],
}

#: What is much the same, and well.
WELL: dict[str, list[Build]] = {
    "MG101": [
        routed("PURGE", "PUT"),
        routed("PURGE", SUPPORTED_METHODS=["PURGE"]),
        routed("PURGE", SUPPORTED_METHODS="routes"),
        routed("GET POST", SUPPORTED_METHODS=["PUT"]),
    ],
    "MG102": [
        classy(),
        classy(methods=["GET", "HEAD", "PUT"]),
        classy(methods=["DELETE"], dispatch_request=dispatching),
        routed("DELETE"),
    ],
    "MG103": [
        classy(),
        classy(methods=["GET", "PUT", "PURGE"], **function("purge")),
        classy(purge="no function"),
        classy(delete=None),
        classy(dispatch_request=dispatching, **function("purge")),
        classy(helper=lambda self, id: (self, id)),  # noqa: A006
        unbounded(),
    ],
    "MG104": [routed("PUT")],
    "MG106": [
        deprecated(),
        deprecated(DEPRECATED_METHODS={"GET": {"notice": "Ask less."}}),
        registered(Marked),
        versioned("PUT", code=DATED, by={"v1": {"exclude": ["docs"]}}),
        versioned(by={"v1": {**DATED, "methods": ["put"]}}),
        versioned(),
    ],
    "MG107": [
        cors(),
        cors(SUPPORTED_METHODS=["OPTIONS"]),
        cors(decorated=True),
        cors(used=False, SUPPORTED_METHODS=["PUT"]),
    ],
    "MG108": [
        unbounded(methods=["PUT"]),
        unbounded(build_only=True),
        unbounded(websocket=True),
    ],
    "MG109": [routed("PUT", "VERSION-CONTROL", "A" * 20, "ABC"), routed("A B", "@")],
    "MG110": [
        hooked(before=True, early=False),
        hooked(before=False, early=True),
    ],
    "MG111": [routed(*DEFAULT_METHODS, "A!#$%&'*+-.^_`|~1")],
    "MG112": [routed(), routed(REPORT_ONLY=False)],
    "MG113": [
        deprecated(),
        deprecated(DEPRECATED_METHODS={"GET": {"since": "2026-01-01"}}),
        deprecated(DEPRECATED_METHODS={"GET": {"notice": "Soon."}}),
    ],
    "MG114": [
        deprecated(DEPRECATED_METHODS={"GET": {"brownouts": ["2026-02-01/P1D"]}}),
        deprecated(
            DEPRECATED_METHODS={
                "GET": {"since": "2026-02-01", "brownouts": ["2026-02-01/P1D"]}
            }
        ),
    ],
    "MG115": [
        deprecated(DEPRECATED_METHODS={"PATCH": {"successor": "PUT /late"}}),
        deprecated(DEPRECATED_METHODS={"PATCH": {"successor": "GET /static/x"}}),
    ],
    "MG116": [
        deprecated(since="2025-12-31"),
        deprecated(since="2025-12-31", MINIMUM_NOTICE=1),
        deprecated(since="2026-01-01", MINIMUM_NOTICE=0),
        deprecated(since=None, MINIMUM_NOTICE=365),
        deprecated(
            MINIMUM_NOTICE=365, DEPRECATED_METHODS={"PATCH": {"since": "2026-01-01"}}
        ),
    ],
    "MG117": [
        handling(),
        handling(501),
        handling(405, 501),
        handling(405, WerkzeugNotImplemented),
        handling(MethodNotAllowed, MethodNotImplemented),
        handling(MethodRejected),
        handling(405, MethodRejected),
        handling(405, HTTPException),
        handling(405, Exception),
        handling(HTTPException),
        handling(Exception),
        handling([405]),
        handling(405, SUPPORTED_METHODS="*"),
        handling(405, 410, 501, DEPRECATED_METHODS=SUNSET),
        handling(405, MethodRejected, DEPRECATED_METHODS=SUNSET),
        handling(405, 501, DEPRECATED_METHODS={"PUT": {"since": "2026-01-01"}}),
    ],
    "MG118": [
        versioned(code=DATED, by={"v1": {"sunset": "2027-01-01"}}),
        versioned(by={"v1": DATED}),
    ],
}


def found_by(check_id: str, app: Flask) -> list[Finding]:
    """Run one check."""
    return list(check(app, {entry.id for entry in CHECKS} - {check_id}))


@pytest.mark.parametrize(
    ("check_id", "build", "endpoint", "message"),
    [
        pytest.param(check_id, *case, id=f"{check_id}-{number}")
        for check_id, cases in FOUND.items()
        for number, case in enumerate(cases)
    ],
)
def test_found(check_id: str, build: Build, endpoint: str | None, message: str) -> None:
    """A check finds what it is for, says where, and what to do."""
    [finding] = found_by(check_id, build())
    assert (finding.endpoint, finding.message) == (endpoint, message)
    [entry] = [entry for entry in CHECKS if entry.id == check_id]
    assert (finding.severity, finding.hint) == (entry.severity, entry.hint)


@pytest.mark.parametrize(
    ("check_id", "build"),
    [
        pytest.param(check_id, build, id=f"{check_id}-{number}")
        for check_id, builds in WELL.items()
        for number, build in enumerate(builds)
    ],
)
def test_well(check_id: str, build: Build) -> None:
    """A check leaves alone what is much the same and well."""
    assert found_by(check_id, build()) == []


def test_every_check_has_its_twins() -> None:
    """No check goes without a case that it finds and one that it does not."""
    ids = [entry.id for entry in CHECKS]
    assert list(FOUND) == list(WELL) == ids


def test_what_a_missing_method_answers() -> None:
    """What MG102 promises is what Flask does."""
    app = classy(methods=["GET", "DELETE"])()
    assert found_by("MG102", app)
    assert app.test_client().get("/items/1").status_code == 200
    assert app.test_client().delete("/items/1").status_code == 500


def test_what_gunicorn_refuses_is_not_refused_by_the_app() -> None:
    """A method that MG109 finds is served as far as the app goes."""
    assert routed("AB")().test_client().open("/cache", method="AB").status_code == 200


def test_a_view_class_that_is_no_method_view() -> None:
    """A plain ``View`` dispatches by itself: nothing is known of its methods."""

    class Plain(View):
        methods = ("GET", "DELETE")

        def dispatch_request(self) -> str:
            """Serve."""
            return ""

    app = app_with()
    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))
    assert check(app) == ()


def test_a_decorated_class_is_still_known() -> None:
    """A decorator that uses ``functools.wraps`` does not hide the class."""
    app = app_with()

    class Decorated(Item):
        methods = ("GET", "PUT", "DELETE")
        decorators = [passed_on]  # noqa: RUF012 -- as in Flask's documentation

    app.add_url_rule("/items/<int:id>", view_func=Decorated.as_view("item"))
    assert [finding.id for finding in check(app)] == ["MG102"]


def test_an_app_that_is_well() -> None:
    """The usual app has no finding."""
    app = app_with()
    CORS(app)
    app.before_request(login)
    app.add_url_rule("/items/<int:id>", view_func=Item.as_view("item"))
    app.add_url_rule("/", "index", view, methods=["GET", "POST"])
    app.add_url_rule("/cache", "purge", view, methods=["PURGE"])
    assert check(app) == ()


def test_order_and_number_of_places() -> None:
    """Findings are sorted by id and endpoint; of many URLs a few are named."""
    app = app_with(SUPPORTED_METHODS=["OPTIONS"])
    for number in range(5):
        app.add_url_rule(f"/{number}", "many", view, methods=["TRACE"])
    app.add_url_rule("/z", "a", view, methods=["PUT"])
    assert [(f.id, f.endpoint) for f in check(app)] == [
        ("MG101", "a"),
        ("MG101", "many"),
        ("MG104", "many"),
    ]
    assert check(app)[2].message == "TRACE /0, /1, /2, … and 2 more: routed to a view."


def test_ignore() -> None:
    """What is ignored is left out, and what is no id is refused."""
    app = routed("TRACE", "AB")()
    assert [finding.id for finding in check(app)] == ["MG104", "MG109"]
    assert [finding.id for finding in check(app, ["MG104"])] == ["MG109"]
    assert [f.id for f in check(app, ["MG104:purge"])] == ["MG109"]
    assert [f.id for f in check(app, ["MG104:other"])] == ["MG104", "MG109"]
    with pytest.raises(
        ValueError, match=r"^No check named 'MG1', 'mg104'\. Checks: MG101,"
    ):
        check(app, ["mg104", "MG1"])


def test_select() -> None:
    """Only what is selected runs; what is ignored as well does not."""
    app = routed("TRACE", "AB")()
    assert [finding.id for finding in check(app, select=["MG109"])] == ["MG109"]
    assert check(app, ["MG109"], select=["MG109"]) == ()
    assert check(app, select=[]) == ()
    with pytest.raises(ValueError, match="No check named 'MG104:purge'"):
        check(app, select=["MG104:purge"])


def place(function: Any) -> tuple[str, int]:
    """Return where a function of this file is."""
    return "tests/test_checks.py", inspect.unwrap(function).__code__.co_firstlineno


def passed_on(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a view."""

    @wraps(function)
    def wrapper(**kwargs: Any) -> Any:
        return function(**kwargs)

    return wrapper


class Served:
    """An object that can be called."""

    def __call__(self) -> str:
        """Serve."""
        return ""

    def method(self) -> str:
        """Serve."""
        return ""


@pytest.mark.parametrize(
    ("view_func", "wanted"),
    [
        pytest.param(view, place(view), id="function"),
        pytest.param(passed_on(view), place(view), id="decorated"),
        pytest.param(partial(view, a=1), place(view), id="partial"),
        pytest.param(Served().method, place(Served.method), id="method"),
        pytest.param(
            Served(),
            ("tests/test_checks.py", inspect.getsourcelines(Served)[1]),
            id="object",
        ),
        pytest.param(len, (None, None), id="C"),
        pytest.param(type("Made", (Served,), {})(), (None, None), id="made"),
    ],
)
def test_the_place_of_a_finding(view_func: Any, wanted: tuple[Any, Any]) -> None:
    """A finding leads to what a person wrote, if that is in a file."""
    app = app_with()
    app.add_url_rule("/", "odd", view_func, methods=["TRACE"])
    [finding] = found_by("MG104", app)
    assert (finding.file, finding.line) == wanted


def test_the_place_of_a_class() -> None:
    """A class view leads to the class, or to the function in it that is meant."""
    app = app_with()
    app.add_url_rule("/<int:id>", view_func=Purging.as_view("purge"))
    [finding] = found_by("MG103", app)
    assert (finding.file, finding.line) == place(Purging.purge)
    app = app_with()
    app.add_url_rule("/<int:id>", view_func=Purging.as_view("p"), methods=["TRACE"])
    [finding] = found_by("MG104", app)
    assert finding.line == inspect.getsourcelines(Purging)[1]


def test_the_place_of_a_mark_without_effect() -> None:
    """MG106 leads to the marked function of a class."""
    [finding] = found_by("MG106", registered(Mismarked)())
    assert (finding.file, finding.line) == place(Mismarked.get)


def test_the_place_of_a_hook() -> None:
    """MG110 leads to each function that runs too early."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    app.before_request(login)
    app.before_request(view)
    MethodGuard(app)
    found = [(finding.file, finding.line) for finding in found_by("MG110", app)]
    assert found == [place(login), place(view)]


def test_the_place_of_a_handler() -> None:
    """MG117 leads to the handler."""
    [finding] = found_by("MG117", handling(405)())
    assert (finding.file, finding.line) == place(rejected)


def test_json() -> None:
    """The JSON has the documented keys and no other."""
    [finding] = check(routed("TRACE")())
    assert json.loads(json.dumps(finding.as_json())) == {
        "id": "MG104",
        "severity": "warning",
        "message": "TRACE /cache: routed to a view.",
        "hint": "Remove it from the route: TRACE echoes requests with their cookies,"
        " and CONNECT is for proxies.",
        "endpoint": "purge",
        "file": "tests/test_checks.py",
        "line": view.__code__.co_firstlineno,
    }


def test_catalogue() -> None:
    """Ids are in order and each is there once; every text is a sentence or a name."""
    ids = [entry.id for entry in CHECKS]
    assert ids == sorted(set(ids))
    assert {entry.severity for entry in CHECKS} == set(Severity)
    assert all(entry.hint.endswith(".") for entry in CHECKS)
    assert not any(entry.title.endswith(".") for entry in CHECKS)
