"""Brownouts: short planned outages of a deprecated method before its sunset."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, request
from flask_cors import CORS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from flask_method_guard import (
    Deprecation,
    MethodNotAllowed,
    MethodRejected,
    Phase,
    Reason,
    deprecated_methods,
    method_rejected,
)
from flask_method_guard.config import ConfigError
from flask_method_guard.moments import Window, iso
from flask_method_guard.report import deprecations, explain
from tests.deprecations import (
    ANNOUNCED,
    LINK,
    SAID,
    SECOND,
    SILENT,
    SINCE,
    SUNSET,
    Clock,
    announced,
    make_app,
    make_put_app,
)
from tests.raw_wsgi import Answer, ask
from tests.routed_apps import duplicates_allowed

START = datetime(2026, 2, 10, 14, tzinfo=timezone.utc)
END = START + timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
MARK: dict[str, Any] = {**SAID, "brownouts": ["2026-02-10T14:00Z/PT1H"]}
#: What is left to announce of a retired method.
RETIRED: tuple[list[str], ...] = ([], [], ANNOUNCED[2])
WITH_PUT, WITHOUT_PUT = "GET, HEAD, OPTIONS, PATCH, PUT", "GET, HEAD, OPTIONS, PATCH"


def make_shop(clock: Clock | None = None, **config: Any) -> Flask:
    """Make an app whose PUT has a brownout."""
    return make_put_app(clock or Clock(START), MARK, **config)


def brownouts(*intervals: str) -> tuple[Window, ...]:
    """Read brownouts as the decorator and the configuration do."""
    return Deprecation.from_mapping({"brownouts": list(intervals)}).brownouts


# -- how a window is read --------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        ("2026-05-05T14:00Z/PT1H", "2026-05-05T14:00:00Z", "2026-05-05T15:00:00Z"),
        ("2026-05-05T14:00Z/PT90M", "2026-05-05T14:00:00Z", "2026-05-05T15:30:00Z"),
        ("2026-05-05T14:00Z/PT1S", "2026-05-05T14:00:00Z", "2026-05-05T14:00:01Z"),
        ("2026-05-05/P1DT2H3M4S", "2026-05-05T00:00:00Z", "2026-05-06T02:03:04Z"),
        ("2026-05-05T14:00/2026-05-06", "2026-05-05T14:00:00Z", "2026-05-06T00:00:00Z"),
        (
            "2026-05-05T14:00:30+02:00/2026-05-05T14:00-01:00",
            "2026-05-05T12:00:30Z",
            "2026-05-05T15:00:00Z",
        ),
        (
            " 2026-05-05T00:00+09:00 / PT1H ",
            "2026-05-04T15:00:00Z",
            "2026-05-04T16:00:00Z",
        ),
        ("2028-02-28T12:00Z/P1D", "2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z"),
        ("2028-02-29/P1D", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
        ("2027-02-28T12:00Z/P1D", "2027-02-28T12:00:00Z", "2027-03-01T12:00:00Z"),
        ("2026-12-31T23:59:59Z/PT2S", "2026-12-31T23:59:59Z", "2027-01-01T00:00:01Z"),
    ],
)
def test_intervals(interval: str, start: str, end: str) -> None:
    """An interval has a start, and an end or a duration; UTC unless it says so."""
    (window,) = brownouts(interval)
    assert (iso(window.start), iso(window.end)) == (start, end)
    assert str(window) == f"{start}/{end}"


def test_windows_are_sorted() -> None:
    """The order in which they are written does not matter."""
    first, second = "2026-05-05T14:00Z/PT1H", "2026-05-12T14:00Z/PT1H"
    assert brownouts(second, first) == brownouts(first, second)
    text = f"{first}, {second}"
    assert Deprecation.from_mapping({"brownouts": text}).brownouts == brownouts(
        first, second
    )
    assert [window.start.day for window in brownouts(second, first)] == [5, 12]


NOT_INTERVALS = (
    "/PT1H",
    "soon/PT1H",
    "2026-05-05/P",
    "2026-05-05/PT",
    "2026-05-05/P1DT",
    "2026-05-05/P1M",
    "2026-02-29/P1D",
    "2026-05-05/P99999999999D",
    "9999-12-31/P2D",
    "2026-05-05T14:00Z",
)
BAD: list[tuple[Any, type[Exception], str]] = [
    *(
        (
            [text],
            ValueError,
            f"{text!r} is not an ISO 8601 interval. Write 2026-05-05T14:00Z/PT1H",
        )
        for text in NOT_INTERVALS
    ),
    (
        ["2026-05-05T14:00Z/PT0S"],
        ValueError,
        "'2026-05-05T14:00Z/PT0S' is empty: it ends at 2026-05-05T14:00:00Z.",
    ),
    (
        ["2026-05-05T14:00Z/2026-05-05T13:00Z"],
        ValueError,
        "is empty: it ends at 2026-05-05T13:00:00Z.",
    ),
    (
        ["2026-05-05T14:00Z/PT2H", "2026-05-05T15:59:59Z/PT1H"],
        ValueError,
        "2026-05-05T15:59:59Z/2026-05-05T16:59:59Z overlap. Make them one.",
    ),
    (
        ["one", "two"],
        ValueError,
        "or 2026-05-05T14:00Z/2026-05-05T15:00Z. 'two' is not an ISO 8601 interval.",
    ),
    ([7], TypeError, "brownouts: 7 is not a string. Write 2026-05-05T14:00Z/PT1H"),
    (7, TypeError, "brownouts: 7 is not a list. Write ['2026-05-05T14:00Z/PT1H']."),
]


@pytest.mark.parametrize(
    ("value", "kind", "message"), BAD, ids=[str(value) for value, _, _ in BAD]
)
def test_bad_windows_are_refused_at_start(
    value: Any, kind: type[Exception], message: str
) -> None:
    """The decorator and the configuration name the value and say what to write."""
    with pytest.raises(kind) as raised:
        deprecated_methods("PUT", brownouts=value)(lambda: "ok")
    assert message in str(raised.value)
    with pytest.raises(ConfigError) as refused:
        make_app(DEPRECATED_METHODS={"PUT": {"brownouts": value}})
    assert message in str(refused.value)
    assert "METHOD_GUARD_DEPRECATED_METHODS: PUT: brownouts: " in str(refused.value)


def test_no_window_ends_after_the_sunset() -> None:
    """A window may end at the sunset, but not a second later."""
    mark = {"sunset": SUNSET, "brownouts": ["2026-03-01T11:00Z/PT1H"]}
    assert Deprecation.from_mapping(mark).brownouts[0].end == SUNSET
    mark["brownouts"] = ["2026-03-01T11:00Z/PT1H1S"]
    with pytest.raises(ValueError, match="End it at the sunset or before") as raised:
        Deprecation.from_mapping(mark)
    assert "2026-03-01T11:00:00Z/2026-03-01T12:00:01Z ends after" in str(raised.value)


@pytest.mark.parametrize("value", [[], (), "", " , "], ids=repr)
def test_no_windows_say_nothing(value: Any) -> None:
    """Brownouts without a window are like none, so there is nothing in the mark."""
    with pytest.raises(ValueError, match="it is empty"):
        Deprecation.from_mapping({"brownouts": value})
    mark = Deprecation.from_mapping({"brownouts": value, "since": SINCE})
    assert mark == Deprecation(SINCE)


# -- the phases ------------------------------------------------------------------


@pytest.mark.parametrize("enforced", [False, True], ids=["not enforced", "enforced"])
@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (SINCE - MICROSECOND, Phase.SCHEDULED),
        (SINCE, Phase.DEPRECATED),
        (START - MICROSECOND, Phase.DEPRECATED),
        (START, Phase.BROWNOUT),
        (START.astimezone(timezone(timedelta(hours=-9))), Phase.BROWNOUT),
        (END - MICROSECOND, Phase.BROWNOUT),
        (END, Phase.DEPRECATED),
        (SUNSET - MICROSECOND, Phase.DEPRECATED),
        (SUNSET, None),
    ],
    ids=lambda value: value.isoformat() if isinstance(value, datetime) else str(value),
)
def test_phases(now: datetime, phase: Phase | None, enforced: bool) -> None:
    """Each phase begins with its first second."""
    end = Phase.RETIRED if enforced else Phase.OVERDUE
    value = Deprecation.from_mapping(MARK)
    assert value.phase(now, enforced=enforced) is (phase or end)


def test_refused_phases() -> None:
    """Two phases are answered with 405, and a phase equals its text."""
    assert {phase for phase in Phase if phase.is_rejected} == {"brownout", "retired"}
    assert str(Phase.OVERDUE) == "overdue"


# -- the answer ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "status", "left"),
    [
        (SUNSET - timedelta(days=4000), 200, None),
        (START - SECOND, 200, None),
        (START - MICROSECOND, 200, None),
        (START, 405, "3600"),
        (START + MICROSECOND, 405, "3600"),
        (START + SECOND, 405, "3599"),
        (START.astimezone(timezone(timedelta(hours=14))), 405, "3600"),
        (END - SECOND, 405, "1"),
        (END - MICROSECOND, 405, "1"),
        (END, 200, None),
        (END + SECOND, 200, None),
        (SUNSET - MICROSECOND, 200, None),
        (SUNSET, 405, None),
        (SUNSET.astimezone(timezone(timedelta(hours=-9))), 405, None),
        (SUNSET + timedelta(days=4000), 405, None),
    ],
    ids=lambda value: value.isoformat() if isinstance(value, datetime) else str(value),
)
@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
def test_the_seconds(now: datetime, status: int, left: str | None, early: bool) -> None:
    """A brownout and a sunset count to the second, in every Allow of the URL."""
    app = make_shop(Clock(now), REJECT_EARLY=early, ENFORCE_SUNSET=True)
    put = ask(app, "PUT", "/item")
    allow = WITHOUT_PUT if status == 405 else WITH_PUT
    assert put.status == status
    assert put.get("Retry-After") == left
    assert put.get("Allow") == (allow if status == 405 else None)
    assert announced(put) == (RETIRED if now >= SUNSET else ANNOUNCED)
    options = ask(app, "OPTIONS", "/item")
    assert (options.status, options.get("Allow")) == (200, allow)
    post = ask(app, "POST", "/item")
    assert (post.status, post.get("Allow")) == (405, allow)
    assert (post.get("Retry-After"), announced(post)) == (None, SILENT)
    for method in ("GET", "HEAD", "PATCH"):
        answer = ask(app, method, "/item")
        assert (answer.status, announced(answer)) == (200, SILENT)


def test_windows_that_touch_are_one() -> None:
    """Retry-After and the body say when the last of them ends; a gap ends it."""
    intervals = [
        "2026-02-10T14:00Z/PT1H",
        "2026-02-10T15:00Z/PT1H",
        "2026-02-10T16:00Z/PT1H",
        "2026-02-10T17:00:01Z/PT1H",
    ]
    clock = Clock(START)
    app = make_app(clock, DEPRECATED_METHODS={"PUT": {"brownouts": intervals}})
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])

    def left() -> str | None:
        return ask(app, "PUT").get("Retry-After")

    assert left() == "10800"
    clock.now = START + timedelta(hours=2)
    assert left() == "3600"
    assert ask(app, "PUT").json["until"] == "2026-02-10T17:00:00Z"
    clock.now = START + timedelta(hours=3)
    assert (ask(app, "PUT").status, left()) == (200, None)
    clock.now += SECOND
    assert left() == "3600"


DETAIL = (
    "PUT is deprecated and is not available until 10 February 2026, 15:00 UTC."
    " It may stop working for good on 1 March 2026. Use PATCH."
    " Allowed: GET, HEAD, OPTIONS, PATCH."
)


@pytest.mark.parametrize("kind", ["application/problem+json", "application/json"])
def test_json_body(kind: str) -> None:
    """JSON says until when, and all that is known of the deprecation."""
    answer = ask(make_shop(), "PUT", "/item", headers={"Accept": kind})
    assert answer.get("Content-Type") == kind
    assert answer.json == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": DETAIL,
        "method": "PUT",
        "allowed_methods": ["GET", "HEAD", "OPTIONS", "PATCH"],
        "until": "2026-02-10T15:00:00Z",
        "deprecation": {
            "since": "2026-01-01T00:00:00Z",
            "sunset": "2026-03-01T12:00:00Z",
            "link": LINK,
            "notice": "Use PATCH.",
            "brownouts": ["2026-02-10T14:00:00Z/2026-02-10T15:00:00Z"],
        },
    }


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (
            {"brownouts": ["2026-02-10T14:00Z/PT1H"]},
            "until 10 February 2026, 15:00 UTC. Allowed: OPTIONS.",
        ),
        (
            {"brownouts": ["2026-02-10T14:00Z/PT1H5S"], "notice": "Wait"},
            "until 10 February 2026, 15:00:05 UTC. Wait. Allowed: OPTIONS.",
        ),
    ],
    ids=["no sunset", "seconds, and a notice without a full stop"],
)
def test_without_a_sunset(mark: dict[str, Any], text: str) -> None:
    """A sunset is optional: without one, nothing is said about the future."""
    app = make_app(Clock(START), DEPRECATED_METHODS={"PUT": mark})
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    answer = ask(app, "PUT")
    assert answer.json["detail"] == f"PUT is deprecated and is not available {text}"
    assert announced(answer) == SILENT


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("place", ["app", "blueprint", "nested blueprint"])
@pytest.mark.parametrize(
    ("now", "reason", "left"),
    [(START, Reason.BROWNOUT, 3600), (SUNSET, Reason.RETIRED, None)],
    ids=["brownout", "retired"],
)
def test_error_handlers_keep_the_fields(
    now: datetime, reason: Reason, left: int | None, place: str, early: bool
) -> None:
    """A handler learns all facts, and its answer says when to try again."""
    app = make_app(Clock(now), REJECT_EARLY=early, ENFORCE_SUNSET=True)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    owner: Any
    owner, owner_name = {
        "app": (app, ""),
        "blueprint": (outer, "outer."),
        "nested blueprint": (inner, "outer.inner."),
    }[place]

    seen: list[MethodRejected] = []

    def own(error: MethodRejected) -> tuple[str, int]:
        seen.append(error)
        return f"{place}'s own", 405

    owner.register_error_handler(405, own)
    view = deprecated_methods("PUT", **MARK)(lambda: "served")
    owner.add_url_rule("/item", "item", view, methods=["GET", "PUT", "PATCH"])
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    answer = ask(app, "PUT", "/item")
    assert (answer.status, answer.text) == (405, f"{place}'s own")
    assert answer.get("Retry-After") == (left and str(left))
    assert answer.get("Allow") == WITHOUT_PUT
    assert announced(answer) == (ANNOUNCED if left else RETIRED)
    (error,) = seen
    assert isinstance(error, MethodNotAllowed)
    assert error.reason is reason
    assert error.endpoint == owner_name + "item"
    assert (error.facts.until, error.facts.retry_after) == (left and END, left)
    assert error.deprecation == Deprecation.from_mapping(MARK)


def test_a_preflight_succeeds_during_a_brownout() -> None:
    """Flask-CORS answers it from its settings; only Allow leaves the method out."""
    app = make_shop()
    CORS(app, expose_headers=["Allow", "Retry-After"])
    origin = {"Origin": "https://shop.example"}
    fields = {**origin, "Access-Control-Request-Method": "PUT"}
    preflight = ask(app, "OPTIONS", "/item", headers=fields)
    assert (preflight.status, preflight.get("Allow")) == (200, WITHOUT_PUT)
    assert "PUT" in (preflight.get("Access-Control-Allow-Methods") or "")
    put = ask(app, "PUT", "/item", headers=origin)
    assert (put.status, put.get("Retry-After")) == (405, "3600")
    assert put.get("Access-Control-Allow-Origin") == "https://shop.example"
    assert put.get("Access-Control-Expose-Headers") == "Allow, Retry-After"


def test_report_only_reports(caplog: pytest.LogCaptureFixture) -> None:
    """The view answers, and the log says what the client would have got."""
    app = make_shop(REPORT_ONLY=True)
    seen: list[tuple[Reason, bool]] = []

    def hear(_: Flask, exception: MethodRejected, enforced: bool) -> None:
        seen.append((exception.reason, enforced))

    with (
        caplog.at_level(logging.WARNING, "flask_method_guard"),
        method_rejected.connected_to(hear, app),
    ):
        answer = ask(app, "PUT", "/item")
    assert (answer.status, answer.text) == (200, "PUT is served")
    assert (answer.get("Retry-After"), announced(answer)) == (None, SILENT)
    assert caplog.messages == ["PUT /item: answered 200, would be 405 brownout"]
    assert seen == [(Reason.BROWNOUT, False)]


# -- one instant -----------------------------------------------------------------


class Running(Clock):
    """A clock that advances by a second each time that it is read."""

    def __call__(self) -> datetime:
        """Return the time."""
        self.now += SECOND
        return super().__call__()


@pytest.mark.parametrize("offset", range(-5, 1))
@pytest.mark.parametrize("boundary", [START, END, SUNSET], ids=["start", "end", "sun"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "OPTIONS"])
def test_no_answer_contradicts_its_own_allow(
    method: str, boundary: datetime, offset: int
) -> None:
    """One instant for the decision, the exception, the body, Allow and the headers."""
    clock = Running(boundary + offset * SECOND)
    app = make_app(clock, ENFORCE_SUNSET=True)
    clock.looks = 0
    shown: list[tuple[str, ...]] = []

    @app.route("/item", methods=["PUT", "PATCH"])
    @deprecated_methods("PUT", **MARK)
    def item() -> str:
        return abort(405) if request.method == "PATCH" else "served"

    @app.errorhandler(405)
    def own(error: MethodNotAllowed) -> Any:
        shown.append(error.allowed_methods)
        return ", ".join(error.allowed_methods), 405  # the guard adds Allow

    answer = ask(app, method, "/item")
    allow = (answer.get("Allow") or "").split(", ")
    if method == "PUT":
        assert (answer.status == 405) is ("PUT" not in allow and allow != [""])
    if answer.status == 405:
        assert method not in allow
        assert answer.text.split(", ") == allow == list(shown[0])
    left = answer.get("Retry-After")
    assert left is None or int(left) * SECOND == END - clock.now
    assert clock.looks == 1


# -- properties ------------------------------------------------------------------

METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST")
PATHS = ("/a", "/c/1")
RULES = ("/a", "/<name>", "/c/<int:name>")
#: Around a leap day.
ORIGIN = datetime(2028, 2, 28, 22, tzinfo=timezone.utc)
#: So many different seconds are used that boundaries are met all the time.
SECONDS = st.integers(0, 12)
ZONES = st.integers(-14 * 4, 14 * 4).map(lambda n: timezone(timedelta(minutes=15 * n)))


def second(number: int) -> datetime:
    """Return a moment; the last ones are on the leap day and after it."""
    days = timedelta(days=1) if number > 8 else timedelta()
    return ORIGIN + timedelta(hours=1, minutes=59, seconds=55 + number) + days


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    """Make the arguments of a mark, in random time zones."""
    points = sorted(draw(st.sets(SECONDS, min_size=1, max_size=6)))

    def text(number: int) -> str:
        return second(number).astimezone(draw(ZONES)).isoformat()

    mark: dict[str, Any] = {"notice": "Use another."}
    if draw(st.booleans()):
        mark["since"] = text(points[0])
    if draw(st.booleans()):
        mark["sunset"] = text(points[-1])
    windows = []
    for first, last in pairwise(points):
        kind = draw(st.sampled_from(["none", "end", "duration"]))
        if kind == "end":
            windows.append(f"{text(first)}/{text(last)}")
        elif kind == "duration":
            length = int((second(last) - second(first)).total_seconds())
            windows.append(f"{text(first)}/PT{length}S")
    mark["brownouts"] = draw(st.permutations(windows))
    return mark


maps = st.lists(
    st.tuples(
        st.sampled_from(RULES),
        st.lists(st.sampled_from(METHODS), min_size=1, max_size=4),
        st.dictionaries(st.sampled_from(METHODS), schedules(), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


def build(
    rules: list[Any], marks: dict[str, Any], clock: Clock, *, enforce: bool
) -> Flask:
    """Make an app of the rules and marks."""
    app = make_app(clock, DEPRECATED_METHODS=marks, ENFORCE_SUNSET=enforce)
    for number, (rule, methods, own) in enumerate(rules):

        def view(name: object = "") -> str:
            return "ok"

        for method, mark in own.items():
            view = deprecated_methods(method, **mark)(view)
        with duplicates_allowed():
            app.add_url_rule(rule, str(number), view, methods=methods)
    return app


def effective(own: dict[str, Any], marks: dict[str, Any], method: str) -> Any:
    """Return the mark that applies, in other words than the package's."""
    chain = [(own, method), (own, "GET"), (marks, method), (marks, "GET")]
    if method != "HEAD":
        chain = chain[::2]
    return next((where[name] for where, name in chain if name in where), None)


def instant(text: str) -> float:
    """Return seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def windows_of(mark: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the windows as seconds since 1970."""
    found = []
    for start, end in (window.split("/") for window in mark["brownouts"]):
        first = instant(start)
        last = first + int(end[2:-1]) if end.startswith("PT") else instant(end)
        found.append((first, last))
    return found


def expected_phase(mark: dict[str, Any], now: datetime, *, enforce: bool) -> str:
    """Return the phase, in other words than the package's."""
    time = now.timestamp()
    if "sunset" in mark and time >= instant(mark["sunset"]):
        return "retired" if enforce else "overdue"
    if any(start <= time < end for start, end in windows_of(mark)):
        return "brownout"
    return (
        "scheduled"
        if "since" in mark and time < instant(mark["since"])
        else "deprecated"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rules=maps,
    marks=st.dictionaries(st.sampled_from(METHODS), schedules(), max_size=2),
    number=SECONDS,
    shift=st.sampled_from([0, 0, 1, -1]),
    zone=ZONES,
    enforce=st.booleans(),
)
def test_everything_agrees_at_every_instant(  # noqa: PLR0917
    rules: list[Any],
    marks: dict[str, Any],
    number: int,
    shift: int,
    zone: timezone,
    enforce: bool,
) -> None:
    """Answers, Allow, OPTIONS, explain(at) and deprecations(at) are one story."""
    now = second(number).astimezone(zone) + shift * MICROSECOND
    at = second(number).astimezone(zone)  # reports count whole seconds
    clock = Clock(now)
    app = build(rules, marks, clock, enforce=enforce)
    # The report's app has a clock that never comes near.
    looked_at = build(
        rules, marks, Clock(datetime(2001, 1, 1, tzinfo=timezone.utc)), enforce=enforce
    )
    rows = {(row.endpoint, row.method): row for row in deprecations(looked_at, at)}
    adapter = app.url_map.bind("localhost")
    for path in PATHS:
        alive: set[str] = set()
        phases: set[str | None] = set()
        automatic: set[str] = set()
        answers: dict[str, Answer] = {}
        for method in METHODS:
            answers[method] = answer = ask(app, method, path)
            try:
                rule, _ = adapter.match(path, method, return_rule=True)
            except HTTPException:
                continue
            endpoint = rule.endpoint
            mark = effective(rules[int(endpoint)][2], marks, method)
            phase = mark and expected_phase(mark, now, enforce=enforce)
            refused = phase in ("brownout", "retired")
            alive |= set() if refused else {method}
            if method == "OPTIONS" and rule.provide_automatic_options:  # type: ignore[attr-defined]
                automatic = {"OPTIONS"}
            else:
                phases.add(phase)
            assert answer.status in ((405, 410) if refused else (200,))
            check_retry(app, clock, method, path, answer, phase == "brownout")
            row = rows.get((endpoint, method))
            if row is not None and shift == 0:
                assert row.phase == phase
            assert row is not None or mark is None or method == "HEAD"
        gone = {m for m, a in answers.items() if a.status == 410}
        assert gone == ({*METHODS} - automatic if phases == {"retired"} else set())
        allow = {a.get("Allow") for m, a in answers.items() if a.status == 405}
        if "OPTIONS" in alive:  # no Allow, if a view answers
            allow.add(answers["OPTIONS"].get("Allow"))
        assert allow <= {", ".join(sorted(alive)), None}
        if shift == 0:
            check_explained(looked_at, path, at, answers)


def check_retry(  # noqa: PLR0917
    app: Flask, clock: Clock, method: str, path: str, answer: Answer, browned: bool
) -> None:
    """Check that Retry-After is neither a second too short nor one too long."""
    left = answer.get("Retry-After")
    assert (left is not None) is browned
    if left is None:
        return
    now = clock.now
    clock.now = now + int(left) * SECOND
    assert ask(app, method, path).get("Retry-After") is None
    clock.now = now + (int(left) - 1) * SECOND
    assert ask(app, method, path).get("Retry-After") == "1"
    clock.now = now


def check_explained(
    app: Flask, path: str, at: datetime, answers: dict[str, Answer]
) -> None:
    """Compare what explain says of that moment with what clients get then."""
    for method, answer in answers.items():
        found = explain(app, method, path, at=at)
        assert (found.status or 200) == answer.status
        if answer.status == 405:
            assert ", ".join(found.allowed_methods) == answer.get("Allow")
        if answer.status == 405 and method != "HEAD":
            assert found.detail == answer.json["detail"]
