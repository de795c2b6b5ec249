"""The schedule: deprecated methods in a list, and every report on another day."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from click import unstyle
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from werkzeug.routing import Rule

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.cli import methods
from flask_method_guard.report import deprecations, explain
from flask_method_guard.testing import assert_method_contract
from tests.deprecations import Clock, make_app
from tests.routed_apps import duplicates_allowed

NOW = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
PUT: dict[str, Any] = {
    "since": "2026-01-01",
    "sunset": "2026-07-01",
    "brownouts": ["2026-05-05T14:00Z/PT1H", "2026-05-12T14:00Z/PT1H"],
    "link": "/docs/put",
    "notice": "Use PATCH.",
}
#: Names the methods that a handler was asked about.
METHODS = ["GET", "PUT", "PATCH", "DELETE"]


def make_shop(**config: Any) -> Flask:
    """Make an app that deprecates PUT of a book, and two methods everywhere."""
    marks = {
        "DELETE": {"since": "2026-05-05", "sunset": "2026-05-20T06:30Z"},
        "PURGE": {"since": "2026-01-01"},
    }
    app = make_app(Clock(NOW), DEPRECATED_METHODS=marks, **config)
    view = deprecated_methods("PUT", **PUT)(lambda number: "ok")
    app.add_url_rule("/books/<int:number>", "book", view, methods=METHODS)
    app.add_url_rule("/orders", "orders", lambda: "ok", methods=["GET", "DELETE"])
    return app


def run(app: Flask, *args: str, columns: int | None = 80) -> Result:
    """Run `flask methods deprecations`, as wide as a terminal or as a pipe."""
    env = {"COLUMNS": str(columns) if columns else "", "NO_COLOR": None}
    info = ScriptInfo(create_app=lambda: app)
    return CliRunner().invoke(methods, ["deprecations", *args], obj=info, env=env)


def rows(app: Flask, at: Any = None) -> list[tuple[str, str | None, str]]:
    """List method, endpoint and phase."""
    return [(r.method, r.endpoint, str(r.phase)) for r in deprecations(app, at)]


# -- the list --------------------------------------------------------------------


def test_a_row_for_each_method_and_route() -> None:
    """The app's marks are expanded to routes; the earliest sunset comes first."""
    assert rows(make_shop()) == [
        ("DELETE", "book", "scheduled"),
        ("DELETE", "orders", "scheduled"),
        ("PUT", "book", "deprecated"),
        ("PURGE", None, "deprecated"),
    ]


@pytest.mark.parametrize(
    ("at", "phase", "days", "following"),
    [
        ("2025-12-31", "scheduled", 182, "2026-05-05T14:00:00Z/2026-05-05T15:00:00Z"),
        ("2026-05-05", "deprecated", 57, "2026-05-05T14:00:00Z/2026-05-05T15:00:00Z"),
        (
            "2026-05-05T14:00Z",
            "brownout",
            56,
            "2026-05-12T14:00:00Z/2026-05-12T15:00:00Z",
        ),
        ("2026-05-12T14:00Z", "brownout", 49, None),
        (date(2026, 6, 30), "deprecated", 1, None),
        ("2026-06-30T00:00:01Z", "deprecated", 0, None),
        ("2026-07-01", "overdue", 0, None),
        ("2026-07-01T00:00:01Z", "overdue", -1, None),
        ("2026-07-03", "overdue", -2, None),
        (
            datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=9))),
            "overdue",
            0,
            None,
        ),
    ],
    ids=str,
)
def test_another_day(at: Any, phase: str, days: int, following: str | None) -> None:
    """Days are whole and rounded down; a brownout that runs is not the next one."""
    (row,) = (row for row in deprecations(make_shop(), at) if row.method == "PUT")
    found = row.as_json()
    assert (found["phase"], found["days_left"]) == (phase, days)
    assert found["next_brownout"] == following


@pytest.mark.parametrize(
    ("at", "kind"), [("soon", ValueError), ("", ValueError), (7, TypeError)], ids=repr
)
def test_what_is_not_a_day(at: Any, kind: type[Exception]) -> None:
    """Every report refuses it in the same words."""
    app = make_shop()
    for report in (
        lambda: deprecations(app, at),
        lambda: explain(app, "PUT", "/books/1", at=at),
        lambda: assert_method_contract(app, at=at),
    ):
        with pytest.raises(kind, match=rf"at: {at!r} is not a date"):
            report()


def test_a_mark_on_get_covers_head() -> None:
    """HEAD has a row only if it has a mark; a view's GET beats the app's HEAD."""
    view = deprecated_methods("GET", since="2026-01-01")(lambda: "ok")
    app = make_app(Clock(NOW))
    app.add_url_rule("/", "index", view)
    assert rows(app) == [("GET", "index", "deprecated")]
    app = make_app(Clock(NOW), DEPRECATED_METHODS={"HEAD": {"since": "2030-01-01"}})
    app.add_url_rule("/", "index", view)
    app.add_url_rule("/other", "other", lambda: "ok")
    assert rows(app) == [
        ("GET", "index", "deprecated"),
        ("HEAD", "other", "scheduled"),
    ]


def test_a_view_without_the_method() -> None:
    """A mark that no route of its view has is shown without one."""
    view = deprecated_methods("PATCH", since="2026-01-01")(lambda: "ok")
    app = make_app(Clock(NOW))
    app.add_url_rule("/", "index", view, methods=["PUT"])
    app.add_url_rule("/other", "other", lambda: "ok", methods=["PATCH"])
    assert rows(app) == [("PATCH", None, "deprecated")]


def test_a_rule_that_takes_every_method() -> None:
    """A rule without methods has each deprecated method."""
    app = make_app(Clock(NOW), DEPRECATED_METHODS={"PURGE": {"since": "2026-01-01"}})
    app.view_functions["any"] = lambda: "ok"
    app.url_map.add(Rule("/any", endpoint="any"))
    assert rows(app) == [("PURGE", "any", "deprecated")]


def test_two_rules_of_one_view() -> None:
    """A view at two URLs has two rows, and equal rules have one."""
    app = make_app(Clock(NOW), DEPRECATED_METHODS={"PUT": {"since": "2026-01-01"}})
    for rule in ("/a", "/b", "/b"):
        with duplicates_allowed():
            app.add_url_rule(rule, "index", str, methods=["PUT"])
    assert [row.rule for row in deprecations(app)] == ["/a", "/b"]


# -- the command -----------------------------------------------------------------


def test_json_keys() -> None:
    """JSON is an array of objects with exactly these keys."""
    result = run(make_shop(), "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert found[2] == {
        "method": "PUT",
        "rule": "/books/<int:number>",
        "endpoint": "book",
        "phase": "deprecated",
        "since": "2026-01-01T00:00:00Z",
        "sunset": "2026-07-01T00:00:00Z",
        "days_left": 57,
        "next_brownout": "2026-05-05T14:00:00Z/2026-05-05T15:00:00Z",
        "link": "/docs/put",
        "notice": "Use PATCH.",
        "successor": None,
    }
    assert found[3] == {
        **dict.fromkeys(found[2]),
        "method": "PURGE",
        "phase": "deprecated",
        "since": "2026-01-01T00:00:00Z",
    }


def test_json_without_a_since() -> None:
    """A date that is not known is null."""
    app = make_app(Clock(NOW), DEPRECATED_METHODS={"PURGE": {"sunset": "2026-07-01"}})
    [found] = [row.as_json() for row in deprecations(app)]
    assert (found["since"], found["sunset"]) == (None, "2026-07-01T00:00:00Z")


def test_entries_in_80_columns() -> None:
    """Where a table does not fit, each method has an entry; no URL is cut."""
    result = run(make_shop())
    assert result.exit_code == 0
    assert (
        result.output
        == """\
DELETE /books/<int:number>
    scheduled, since 2026-05-05, sunset 2026-05-20T06:30Z, days left 15
DELETE /orders
    scheduled, since 2026-05-05, sunset 2026-05-20T06:30Z, days left 15
PUT /books/<int:number>
    deprecated, since 2026-01-01, sunset 2026-07-01, days left 57, next brownout
    2026-05-05T14:00Z
PURGE (no route accepts it)
    deprecated, since 2026-01-01
"""
    )


def test_a_table() -> None:
    """Where it fits, and in a pipe, there is a table without empty columns."""
    lines = run(make_shop(), "--at", "2026-06-01", columns=None).output.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        *("Method", "DELETE", "DELETE", "PUT", "PURGE")
    ]
    assert lines[3].split() == [
        *("PUT", "/books/<int:number>", "deprecated", "2026-01-01", "2026-07-01", "30")
    ]
    assert "Next brownout" not in lines[0]
    app = make_app(Clock(NOW), DEPRECATED_METHODS={"PUT": {"notice": "Use PATCH."}})
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    assert run(app).output == "Method  URL  Phase\nPUT     /    deprecated\n"


@pytest.mark.parametrize("at", ["2026-01-01", "2026-05-05", "2026-05-05T14:30Z"])
def test_it_fits(at: str) -> None:
    """No line is longer than 80 columns, and none is folded within a URL."""
    result = run(make_shop(), "--at", at, "--within", "3650")
    assert max(map(len, unstyle(result.output).splitlines())) <= 80
    assert "/books/<int:number>" in result.output


@pytest.mark.parametrize(
    ("at", "days", "exit_code", "last"),
    [
        (
            "2026-05-04",
            "15",
            0,
            "No sunset is due within 15 days, and none is overdue.",
        ),
        ("2026-05-04", "16", 1, "  DELETE /orders"),
        ("2026-05-04", "58", 1, "  PUT /books/<int:number>"),
        ("2026-05-19", "1", 1, "  DELETE /orders"),
        ("2026-05-20T07:00Z", "0", 1, "  DELETE /orders"),
        ("2026-05-01", "1", 0, "No sunset is due within 1 day, and none is overdue."),
    ],
)
def test_within(at: str, days: str, exit_code: int, last: str) -> None:
    """A sunset that is close, or overdue, fails a scheduled job and is named."""
    result = run(make_shop(), "--at", at, "--within", days)
    assert result.exit_code == exit_code
    assert result.output.splitlines()[-1] == last
    json_result = run(make_shop(), "--at", at, "--within", days, "--format", "json")
    assert json_result.exit_code == exit_code
    assert len(json.loads(json_result.output)) == 4


@pytest.mark.parametrize(
    ("marks", "enforce"),
    [
        ({"PUT": {"sunset": "2026-01-01"}}, True),
        ({"PURGE": {"sunset": "2026-01-01"}}, False),
        ({"PUT": {"since": "2026-01-01"}}, False),
    ],
    ids=["retired", "without a route", "without a sunset"],
)
def test_nothing_is_due(marks: Any, enforce: bool) -> None:
    """What is gone already, or has no end, is not due."""
    app = make_app(Clock(NOW), DEPRECATED_METHODS=marks, ENFORCE_SUNSET=enforce)
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    assert run(app, "--within", "9999").exit_code == 0


def test_nothing_is_deprecated() -> None:
    """An empty list says so."""
    assert run(make_app()).output == "No method is deprecated.\n"
    assert run(make_app(), "--within", "1").exit_code == 0
    assert run(make_app(), "--format", "json").output == "[]\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--at", "soon"], "Invalid value for '--at': 'soon' is not a date."),
        (["--within", "-1"], "-1 is not in the range x>=0"),
        (["--within", "x"], "'x' is not a valid integer range"),
    ],
    ids=["day", "negative", "word"],
)
def test_wrong_options(args: list[str], message: str) -> None:
    """A wrong value is named, without a traceback."""
    result = run(make_shop(), *args)
    assert result.exit_code != 0
    assert message in result.output


# -- the contract test -----------------------------------------------------------


def test_a_contract_test_finds_what_breaks_on_that_day() -> None:
    """A handler that cannot show a sunset fails today's test of that day."""
    app = make_shop(ENFORCE_SUNSET=True)

    @app.errorhandler(405)
    def own(error: Any) -> Any:
        if error.deprecation is not None:
            raise LookupError("nobody has tried this")
        return "no", 405

    assert_method_contract(app)
    assert_method_contract(app, at="2026-05-19")
    for at in ("2026-05-05T14:00Z", "2026-05-20T06:30Z", date(2026, 7, 1)):
        with pytest.raises(AssertionError) as raised:
            assert_method_contract(app, at=at)
        assert "/books/1" in str(raised.value)


def test_the_clocks_go_on_afterwards() -> None:
    """The guard has its own clock back, even after a failure."""
    clock = Clock(NOW)
    app = Flask(__name__, static_folder=None)
    MethodGuard(app, clock=clock)
    guard = app.extensions["method_guard"]
    assert_method_contract(app, at="2030-01-01")
    assert guard.clock is clock
    app.register_error_handler(405, lambda _: str(1 / 0))
    app.add_url_rule("/", "index", lambda: "ok")
    with pytest.raises(AssertionError):
        assert_method_contract(app, at="2030-01-01")
    assert guard.clock is clock


def test_one_moment_for_the_whole_test() -> None:
    """A sunset in the middle of the test is not a wrong answer."""

    class Running(Clock):
        def __call__(self) -> datetime:
            self.now += timedelta(minutes=1)
            return super().__call__()

    marks = {"PUT": {"sunset": "2026-05-04T12:10Z"}}
    app = make_app(Running(NOW), DEPRECATED_METHODS=marks, ENFORCE_SUNSET=True)
    for name in "abcdefgh":
        app.add_url_rule(f"/{name}", name, lambda: "ok", methods=["PUT", "POST"])
    assert_method_contract(app)
