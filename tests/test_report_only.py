"""Report-only mode: every answer is bare Flask's own, and the log says what would be.

The oracle is the same app without the guard, and, for the log, the same app with the
guard enforced: a request is reported if and only if their statuses differ.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache, partial
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Blueprint, Flask, Response, abort, redirect, request
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Rule

from flask_method_guard import (
    MethodGuard,
    MethodRejected,
    deprecated_method_called,
    deprecated_methods,
    method_rejected,
    report,
)
from flask_method_guard.cli import methods
from flask_method_guard.testing import assert_method_contract
from tests.raw_wsgi import Answer, Environ, ask, make_environ, run
from tests.test_properties import MAPS, SEED, Case, add_rule, cases

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
REJECTIONS = (
    "400 invalid-token",
    "501 not-impl",
    "410 gone",
    "405 retired",
    "405 brownout",
    "405 not-allowed",
)

Outcome = Answer | type[Exception]


@contextmanager
def reports(
    app: Flask, any_mode: bool = False
) -> Iterator[tuple[list[str], list[MethodRejected]]]:
    """Collect the log lines, and the exceptions that the signal is sent with."""
    lines: list[str] = []
    sent: list[MethodRejected] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert record.levelno == logging.WARNING
            lines.append(record.getMessage())

    def receive(sender: Flask, exception: MethodRejected, enforced: bool) -> None:
        assert any_mode or not enforced
        sent.append(exception)

    log, handler = logging.getLogger("flask_method_guard"), Keep()
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        with method_rejected.connected_to(receive, app):
            yield lines, sent
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


def outcome(app: Flask, environ: Environ) -> Outcome:
    """Return the answer, or the class of the exception that gets out of the app."""
    try:
        return run(app, environ)
    except Exception as error:  # noqa: BLE001 -- a random converter raises anything
        return type(error)


def check(
    before: Outcome, reporting: Flask, enforcing: Flask, new: Callable[[], Environ]
) -> str:
    """Send a request that bare Flask has answered; return the row that was reported."""
    after = outcome(enforcing, new())
    with reports(reporting) as (lines, sent):
        assert outcome(reporting, new()) == before
    changes = (
        isinstance(before, Answer)
        and isinstance(after, Answer)
        and before.status != after.status
    )
    if not changes:
        check_handled(before, after, lines)
        assert len(sent) == len(lines)
        return "handled" if lines else "the same"
    assert len(lines) == 1
    assert isinstance(before, Answer)
    assert isinstance(after, Answer)
    (line,) = lines
    assert f": answered {before.status}, would be {after.status} " in line
    assert line.isascii()
    assert line.count(" ") == 7
    assert [each.code for each in sent] == (
        [after.status] if line.partition("be ")[2].startswith(REJECTIONS) else []
    )
    return line.rpartition(" ")[2]


def check_handled(before: Outcome, after: Outcome, lines: list[str]) -> None:
    """Require a line where the status stays, and another handler would answer."""
    if not isinstance(before, Answer) or not isinstance(after, Answer):
        assert lines == []
        return
    old, new = before.get("X-Handler"), after.get("X-Handler")
    is_views = before.get("X-Endpoint") is not None
    if not is_views:
        assert len(lines) == (old != new)
    for line in lines:
        owner = line.partition(", would be handled by ")[2]
        owners = {
            "mine": "the app",
            "all of app": "the app",
            "all of bp": "blueprint 'bp'",
            None: "the guard",
        }
        assert owner == owners[new]


# -- random maps --------------------------------------------------------------------


def report_only(case: Case, enforcing: Flask) -> Flask:
    """Make the app of a case with the settings of the enforcing one, not enforced."""
    app = case.app(guarded=False)
    keys = [key for key in enforcing.config if key.startswith("METHOD_GUARD_")]
    app.config.update({key: enforcing.config[key] for key in keys})
    app.config["METHOD_GUARD_REPORT_ONLY"] = True
    MethodGuard(app, clock=lambda: NOW)
    if case.guard_first:
        hooks = app.before_request_funcs[None]
        hooks.insert(0, hooks.pop())
    return app


def check_case(case: Case) -> Iterator[str]:
    """Send each method to each URL, before and after a rule is added."""
    bare, enforcing = case.app(guarded=False), case.app(guarded=True)
    reporting = report_only(case, enforcing)
    for later in ((), case.later):
        for number, spec in enumerate(later):
            for app in (bare, reporting, enforcing):
                add_rule(app, f"later{number}", spec)
        for url in case.asks:
            for method in (*METHODS, *url.odd):
                new = partial(url.environ, method)
                yield check(outcome(bare, new()), reporting, enforcing, new)


def test_bare_flask_answers_over_random_maps() -> None:
    """Every byte is bare Flask's; the log has what the enforcing app answers."""
    seen: set[str] = set()

    @seed(SEED)
    @settings(
        max_examples=MAPS // 6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(cases())
    def check_all(case: Case) -> None:
        seen.update(check_case(case))

    check_all()
    # The other rows are too rare for few maps; each has a line in test_lines.
    assert seen >= {"the same", "not-implemented", "invalid-token"}


# -- hooks and handlers -------------------------------------------------------------


def log_in() -> tuple[str, int]:
    """Let nobody in."""
    return "Log in.", 401


def crash(*error: object) -> str:
    """Fail, as a hook, a handler or a view."""
    raise ZeroDivisionError


def refuse_unknown() -> None:
    """Answer as the router would: in both modes, this is the answer."""
    if isinstance(request.routing_exception, HTTPException):
        raise request.routing_exception


def add_nothing(app: Flask) -> None:
    """Leave the app as it is."""


HOOKS: dict[str, Callable[[Flask], object]] = {
    "nothing": add_nothing,
    "login": lambda app: app.before_request(log_in),
    "crashing-hook": lambda app: app.before_request(crash),
    "abort-in-a-hook": lambda app: app.before_request(lambda: abort(403)),
    "hook-that-raises-the-router's": lambda app: app.before_request(refuse_unknown),
}
HANDLERS: dict[str, Callable[[Flask], object]] = {
    "404-is-a-page": lambda app: app.register_error_handler(404, lambda e: "page"),
    "405-is-404": lambda app: app.register_error_handler(405, lambda e: ("no", 404)),
    "404-redirects": lambda app: app.register_error_handler(
        404, lambda e: redirect("/")
    ),
    "crashing-handler": lambda app: app.register_error_handler(405, crash),
    "trap": lambda app: app.config.update(TRAP_HTTP_EXCEPTIONS=True),
}


def set_up_shop(app: Flask) -> None:
    """Add routes of each kind that the table tells apart."""
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/dir/", "dir", lambda: "dir")
    app.add_url_rule("/loose/", "loose", lambda: "loose", strict_slashes=False)
    app.add_url_rule("/n/<int(max=5):number>", "number", str)
    app.add_url_rule("/abort", "abort", lambda: abort(405))
    app.add_url_rule("/dav", "dav", lambda: "dav", methods=["PROPFIND", "OPTIONS"])
    app.add_url_rule("/old", "old", retired, methods=["GET", "PUT"])
    app.add_url_rule("/broken", "broken", crash)


@deprecated_methods("PUT", sunset="2026-01-01", link="/why")
def retired() -> str:
    """Serve what is past its sunset."""
    return "old"


def make_app(set_up: Callable[[Flask], object], place: str, **config: Any) -> Flask:
    """Make an app with the guard before or after its hooks, or without it."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["default"]
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.config["METHOD_GUARD_DOCS_URL"] = "/docs"
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    guard = MethodGuard(clock=lambda: NOW)
    if place == "first":
        guard.init_app(app)
    set_up(app)
    set_up_shop(app)
    if place == "last":
        guard.init_app(app)
    return app


PATHS = ("/", "/dir", "/n/3", "/n/9", "/abort", "/dav", "/old", "/broken", "/no", "*")
ODD = ("FOO", "get", "put", "options", "<b>", "")
USUAL = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND")
ASKED = [(method, path) for path in PATHS for method in (*USUAL, *ODD)]


@cache
def bare_answers(set_up: Callable[[Flask], object]) -> dict[tuple[str, str], Outcome]:
    """Return what the app answers without the guard."""
    app = make_app(set_up, "none")
    return {asked: outcome(app, make_environ(*asked)) for asked in ASKED}


def two_apps(
    set_up: Callable[[Flask], object], place: str, early: bool
) -> tuple[Flask, Flask]:
    """Make the app in report-only mode, and enforced."""
    reporting = make_app(set_up, place, REJECT_EARLY=early, REPORT_ONLY=True)
    return reporting, make_app(set_up, place, REJECT_EARLY=early)


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("name", HOOKS)
def test_hooks(
    name: str, place: str, early: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What answers first is not reported, unless the guard would reject early."""
    caplog.set_level(logging.CRITICAL, "tests.test_report_only")
    apps = two_apps(HOOKS[name], place, early)
    seen = {
        check(before, *apps, partial(make_environ, *asked))
        for asked, before in bare_answers(HOOKS[name]).items()
    }
    hook = name in ("login", "crashing-hook", "abort-in-a-hook")
    is_first = hook and not (early and place == "first")
    assert (seen == {"the same"}) == is_first


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("name", HANDLERS)
def test_error_handlers(
    name: str, place: str, early: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a handler makes of an error, the same error is not reported."""
    caplog.set_level(logging.CRITICAL, "tests.test_report_only")
    reporting, enforcing = two_apps(HANDLERS[name], place, early)
    with reports(reporting) as (lines, _):
        for (method, path), before in bare_answers(HANDLERS[name]).items():
            lines.clear()
            assert ask(reporting, method, path) == before
            after = ask(enforcing, method, path)
            assert isinstance(before, Answer)
            assert len(lines) >= (before.status != after.status)
    for method, path in [("PUT", "/"), ("GET", "/no"), ("GET", "/n/9"), ("GET", "/")]:
        with reports(reporting) as (lines, _):
            ask(reporting, method, path)
        assert lines == []


# -- what is logged -----------------------------------------------------------------


def shop(**config: Any) -> Flask:
    """Make an app in report-only mode."""
    return make_app(add_nothing, "first", **{"REPORT_ONLY": True, **config})


@pytest.mark.parametrize(
    ("method", "path", "line"),
    [
        ("FOO", "/", "FOO /: answered 405, would be 501 not-implemented"),
        ("get", "/", "get /: answered 200, would be 501 not-implemented"),
        ("PROPFIND", "/dav", "PROPFIND /dav: answered 200, would be 501 not-impl…"),
        ("POST", "/n/9", "POST /n/9: answered 405, would be 404 not-found"),
        ("POST", "/loose", "POST /loose: answered 404, would be 405 not-allowed"),
        ("PUT", "/old", "PUT /old: answered 200, would be 405 retired"),
        ("OPTIONS", "*", "OPTIONS /*: answered 404, would be 200 server-options"),
        ("", "/", "'' /: answered 405, would be 400 invalid-token"),
        ("A B", "/", "A\\x20B /: answered 405, would be 400 invalid-token"),
        ("X\n", "/", "X\\n /: answered 405, would be 400 invalid-token"),
        ("FOO", "/a b\x1b[1mü\r\n", "FOO /a\\x20b\\x1b[1m\\xfc\\r\\n: answered 404, …"),
        ("F" * 40, "/", "F" * 32 + "... /: answered 405, …"),
        ("FOO", "/" + "a" * 300, "FOO /" + "a" * 199 + "...: answered 404, …"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_lines(method: str, path: str, line: str) -> None:
    """One line has the request, the status and the row; client input is harmless."""
    with reports(app := shop()) as (lines, _):
        ask(app, method, path)
    (found,) = lines
    if line.endswith("…"):
        found, line = found[: len(line) - 1], line[:-1]
    assert found == line


def test_what_is_no_rejection_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    """The signal is of rejections; another difference is only logged."""
    with reports(app := shop()) as (lines, sent):
        ask(app, "OPTIONS", "*")
    assert (len(lines), sent, caplog.messages) == (1, [], [])


def test_the_same_status_is_not_reported() -> None:
    """A view may answer with the status that the guard would answer with."""
    app = shop()
    app.add_url_rule("/same", "same", lambda: ("no", 501), methods=["PROPFIND"])
    with reports(app) as (lines, sent):
        assert ask(app, "PROPFIND", "/same").text == "no"
    assert (lines, sent) == ([], [])


def test_the_log_is_quiet_where_nobody_listens() -> None:
    """Without a receiver of the signal, the rejection is not made."""
    asked: list[object] = []
    app = shop(DOCS_URL=asked.append)
    assert ask(app, "FOO", "/").status == 405
    assert asked == []
    with reports(app) as (_, sent):
        ask(app, "FOO", "/")
    assert asked == sent
    assert str(sent[0].reason) == "not-implemented"


def test_a_response_that_is_never_finished_is_not_reported() -> None:
    """An ``after_request`` function that always crashes also crashes the error page."""
    app = shop()
    app.after_request(lambda response: 1 / 0)
    with reports(app) as (lines, sent):
        assert ask(app, "FOO", "/").status == 500
    assert (lines, sent) == ([], [])


@pytest.mark.parametrize(
    ("crashes", "line"),
    [
        (False, "FOO /: answered 405, would be 501 not-implemented (sent as 200)"),
        (True, "FOO /: answered 405, would be 501 not-implemented (sent as 500)"),
    ],
    ids=["changes", "crashes"],
)
def test_the_line_says_what_is_sent(crashes: bool, line: str) -> None:
    """An ``after_request`` function may send another status, or crash once."""
    app = shop()

    @app.after_request
    def change(response: Response) -> Response:
        if crashes and response.status_code != 500:
            raise ZeroDivisionError
        response.status_code = 500 if crashes else 200
        return response

    with reports(app) as (lines, sent):
        ask(app, "FOO", "/")
    assert (lines, len(sent)) == ([line], 1)


@pytest.mark.parametrize("signal", [method_rejected, deprecated_method_called])
def test_a_receiver_that_raises(
    signal: NamedSignal, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged in report-only mode, and raises where the guard is enforced."""

    def fail(sender: Flask, **_: object) -> None:
        raise ZeroDivisionError

    for is_report, status in ((True, 200), (False, 500)):
        app = shop(REPORT_ONLY=is_report)
        with signal.connected_to(fail, app):
            assert ask(app, "PUT", "/old").status == status
        assert f"A receiver of {signal.name} failed" in caplog.text or not is_report


# -- random apps: bytes, statuses, handlers -------------------------------------------

PLACES = {"app": "/", "api": "/api/", "api.v1": "/api/v1/"}
KEYS: tuple[Any, ...] = (405, 501, 400, 404, HTTPException, Exception, MethodRejected)


@dataclass(frozen=True)
class Spec:
    """A random app: its handlers, its hook, and what is done to a response."""

    handlers: tuple[tuple[str, Any, int | None], ...]
    hook: str
    after: str
    early: bool
    guard: str
    trap: bool

    def app(self, mode: str) -> tuple[Flask, list[Any]]:
        """Make the app; what happens in it is appended to the list."""
        app, ran = Flask("spec", static_folder=None), list[Any]()
        app.logger.disabled = True
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.config["TRAP_HTTP_EXCEPTIONS"] = self.trap
        app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["default"]
        app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
        app.config["METHOD_GUARD_REJECT_EARLY"] = self.early
        app.config["METHOD_GUARD_REPORT_ONLY"] = mode == "report"
        guard = MethodGuard(clock=lambda: NOW)
        if mode != "bare" and self.guard == "first":
            guard.init_app(app)
        self.fill(app, ran)
        if mode != "bare" and self.guard == "last":
            guard.init_app(app)

        # Registered last, it runs first.
        @app.after_request
        def note(response: Response) -> Response:
            ran.append(response.status_code)
            return response

        return app, ran

    def fill(self, app: Flask, ran: list[Any]) -> None:
        """Add the views, the hook and the handlers."""
        api = Blueprint("api", __name__, url_prefix="/api")
        nested = Blueprint("v1", __name__, url_prefix="/v1")
        scopes: dict[str, Flask | Blueprint] = {
            "app": app,
            "api": api,
            "api.v1": nested,
        }
        for scope in scopes.values():
            scope.add_url_rule("/few/<int(max=5):n>", "few", lambda n: "few")
            for name, view in VIEWS.items():
                scope.add_url_rule(f"/{name}", name, view, methods=["GET", "PUT", "X"])
        for number, (place, key, status) in enumerate(self.handlers):
            handle = partial(self.handle, ran, f"{place} {number}", status)
            scopes[place].register_error_handler(key, handle)
        if self.hook:
            app.before_request(HOOKS_OF_SPECS[self.hook])
        if self.after:
            app.after_request(AFTERS[self.after])
        api.register_blueprint(nested)
        app.register_blueprint(api)

    def handle(
        self, ran: list[Any], name: str, status: int | None, error: Any
    ) -> tuple[str, Any]:
        """Say which handler it is."""
        ran.append(name)
        return name, status or getattr(error, "code", 500)


VIEWS: dict[str, Any] = {
    "ok": lambda: "ok",
    "own": lambda: ("own", 405),
    "abort": lambda: abort(405),
    "later": lambda: ("later", 501),
}
for _view in VIEWS.values():
    deprecated_methods("PUT", sunset="2026-01-01")(_view)


def read_rule() -> str | None:
    """Read what Flask reads right before it calls the view, and answer."""
    rule = request.url_rule
    return "read" if rule and getattr(rule, "provide_automatic_options", None) else None


def set_200(response: Response) -> Response:
    """Send 200 for everything."""
    response.status_code = 200
    return response


def crash_once(response: Response) -> Response:
    """Fail, but not on the error page."""
    if response.status_code == 405:
        raise ZeroDivisionError
    return response


HOOKS_OF_SPECS: dict[str, Any] = {
    "login": lambda: ("Log in.", 401),
    "no": lambda: ("No.", 405),
    "read": read_rule,
    "raise": refuse_unknown,
}
AFTERS = {"200": set_200, "crash": crash_once}

SPECS = st.builds(
    Spec,
    handlers=st.lists(
        st.tuples(
            st.sampled_from(tuple(PLACES)),
            st.sampled_from(KEYS),
            st.sampled_from((None, None, 200, 405, 501)),
        ),
        max_size=4,
        unique_by=lambda handler: handler[:2],
    ).map(tuple),
    hook=st.sampled_from(("", "", "", *HOOKS_OF_SPECS)),
    after=st.sampled_from(("", "", *AFTERS)),
    early=st.booleans(),
    guard=st.sampled_from(("first", "last")),
    trap=st.sampled_from((False, False, False, True)),
)
SENT = tuple(
    (method, f"{prefix}{name}")
    for prefix in PLACES.values()
    for name in (*VIEWS, "few/9", "nowhere")
    for method in ("GET", "PUT", "POST", "X", "FOO", "<b>")
)


def happened(ran: list[Any]) -> tuple[str, int | None]:
    """Return the handler that made the first response, and the status of that."""
    status = next((each for each in ran if isinstance(each, int)), None)
    first = ran[: ran.index(status)] if status is not None else ran
    return next((each for each in reversed(first) if isinstance(each, str)), ""), status


def check_spec(spec: Spec, seen: set[str]) -> None:
    """Send every request to the app without the guard, reported, and enforced."""
    apps = [spec.app(mode) for mode in ("bare", "report", "guard")]
    for method, path in SENT:
        answers, lines = [], list[str]()
        for app, ran in apps:
            ran.clear()
            with reports(app, any_mode=True) as (logged, sent):
                answers.append(ask(app, method, path))
            lines += logged
            if app is apps[1][0]:
                reported = [each.code for each in sent]
        assert answers[0] == answers[1]
        assert apps[0][1] == apps[1][1]
        before, after = happened(apps[0][1]), happened(apps[2][1])
        what = (spec, method, path, before, after, lines)
        # Two things are unknown: whether a view or a handler made a status that the
        # guard would send, too; and what a handler for the guard's own class makes of a
        # view's abort(405).
        is_view = method in ("GET", "PUT", "X") and path.rpartition("/")[2] in VIEWS
        is_unknown = is_view and (
            (before[1] == after[1] and not after[0])
            or (path.endswith("abort") and method == "GET")
        )
        # A response that is sent though the function crashes on it was never finished.
        is_finished = spec.after != "crash" or answers[0].status != 405
        if before != after and not is_unknown:
            assert len(lines) == is_finished, what
        assert len(lines) <= is_finished, what
        if lines:
            check_line(lines[0], answers[0], before[1], after[0], what)
            found = report.explain(apps[2][0], method, path)
            word = lines[0].partition("would be ")[2].split()
            if word[0] == "handled":
                seen.add("handled")
            else:
                assert (int(word[0]), word[1]) == (found.status, str(found.reason))
                seen.add(word[1])
            assert reported == ([found.status] if found.status != 404 else [])
        else:
            assert reported == []


def check_line(
    line: str, answer: Answer, status: int | None, handler: str, what: object
) -> None:
    """Compare a line with what was answered and sent, and who handled it."""
    assert f": answered {status}, " in line, what
    is_sent = f" (sent as {answer.status})" in line
    assert is_sent == (answer.status != status), what
    if "handled by" in line:
        owner = line.partition("handled by ")[2].partition(" (")[0]
        place = handler.partition(" ")[0]
        owners = {"": ("the guard", "Flask"), "app": ("the app",)}
        assert owner in owners.get(place, (f"blueprint {place!r}",)), what


def test_every_change_has_a_line_and_every_line_is_true() -> None:
    """Over random apps, the log says what enforcement does to status and handler."""
    seen: set[str] = set()

    @seed(SEED)
    @settings(
        max_examples=MAPS // 3,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(SPECS)
    def check_all(spec: Spec) -> None:
        check_spec(spec, seen)

    check_all()
    assert seen >= {"handled", "not-implemented", "invalid-token", "retired"}


def test_nothing_else_of_the_guard_is_seen() -> None:
    """No Allow is added or repaired, no body is read, and abort() is Werkzeug's."""
    app = shop()

    @app.get("/raised")
    def raised() -> str:
        try:
            abort(405)
        except MethodNotAllowed as error:
            return type(error).__module__

    @app.get("/own")
    def own() -> Response:
        return Response(status=405)

    class Unread:
        def read(self, *args: object) -> bytes:
            raise AssertionError

    assert ask(app, "GET", "/raised").text == "werkzeug.exceptions"
    assert ask(app, "GET", "/own").get("Allow") is None
    environ = make_environ("FOO", body=b"body") | {"wsgi.input": Unread()}
    assert run(app, environ).status == 405


# -- what looks at the app ----------------------------------------------------------


def test_explain_says_what_would_be_answered() -> None:
    """The explanation is the enforcing app's, and says that clients get another."""
    for mode in (True, False):
        app = shop(REPORT_ONLY=mode)
        found = report.explain(app, "FOO", "/")
        assert (found.status, str(found.reason)) == (501, "not-implemented")
        assert ("METHOD_GUARD_REPORT_ONLY is on" in found.unknown[0]) == mode
        output = app.test_cli_runner().invoke(methods, ["explain", "FOO", "/"]).output
        assert ("METHOD_GUARD_REPORT_ONLY is on" in output) == mode


def test_the_contract_cannot_be_tested() -> None:
    """The contract test says why it refuses to run, instead of passing or failing."""
    with pytest.raises(RuntimeError, match="METHOD_GUARD_REPORT_ONLY is on"):
        assert_method_contract(shop())


# -- the rule that a view sees ------------------------------------------------------


class SlowRule(Rule):
    """A rule with an attribute of its class, and a slot."""

    __slots__ = ("note",)
    provide_automatic_options = True
    note: str


@pytest.mark.parametrize("rule_class", [Rule, Flask.url_rule_class])
def test_a_view_that_answers_options(rule_class: type[Rule]) -> None:
    """A rule that the app made itself has no automatic OPTIONS: its view answers."""
    app = shop(SUPPORTED_METHODS=["POST"])
    app.url_map.add(rule_class("/own", endpoint="own", methods=["OPTIONS"]))
    app.view_functions["own"] = lambda: "the view's answer"
    with reports(app) as (lines, _):
        answer = ask(app, "OPTIONS", "/own")
    assert (answer.status, answer.text) == (200, "the view's answer")
    assert lines == ["OPTIONS /own: answered 200, would be 501 not-implemented"]


def test_a_view_sees_its_rule() -> None:
    """The rule in the request equals the one in the map, with all that it has."""
    app = shop(SUPPORTED_METHODS=["POST"])
    seen: list[Any] = []
    rule = SlowRule("/slow/<x>", endpoint="slow", methods=["GET", "PUT", "OPTIONS"])
    rule.note = "slow"
    app.url_map.add(rule)

    def slow(x: str) -> str:
        seen.append(request.url_rule)
        return x

    app.view_functions["slow"] = slow
    with reports(app) as (lines, _):
        assert ask(app, "PUT", "/slow/1").status == 200
        options = ask(app, "OPTIONS", "/slow/1")
    assert len(lines) == 2
    assert set((options.get("Allow") or "").split(", ")) == {
        "GET",
        "PUT",
        "OPTIONS",
    } | {"HEAD"}
    (shown,) = seen
    assert shown == rule
    assert rule == shown
    assert shown != SlowRule("/fast", endpoint="slow")
    assert shown in list(app.url_map.iter_rules())
    assert isinstance(shown, SlowRule)
    assert (repr(shown), shown.note) == (repr(rule), "slow")
    with pytest.raises(TypeError):
        hash(shown)


class HashableRule(Rule):
    """A rule that can be a key."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class OwnRule(HashableRule):
    """A rule that equals only itself."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@pytest.mark.parametrize("kind", [Rule, HashableRule, OwnRule])
def test_a_hook_and_a_view_work_with_the_rule(kind: type[Rule]) -> None:
    """It compares, hashes and copies like the rule; the view gets the rule itself."""
    app = shop(SUPPORTED_METHODS=["POST"])
    rule = kind("/x", endpoint="x", methods=["PUT"])
    app.url_map.add(rule)
    seen: list[bool] = []

    @app.before_request
    def look() -> None:
        shown: Any = request.url_rule
        seen.extend([rule == shown, shown == rule, isinstance(shown, kind)])
        seen.append(copy.copy(shown).rule == "/x")
        seen.append(shown.empty() != rule)
        if kind is not Rule:
            seen.append({rule: True}[shown])

    app.view_functions["x"] = lambda: str(request.url_rule is rule)
    with reports(app) as (lines, _):
        assert ask(app, "PUT", "/x").text == "True"
    assert all(seen), seen
    assert lines == ["PUT /x: answered 200, would be 501 not-implemented"]


def test_a_log_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What the report itself runs into is logged, and the answer stays."""

    def fail(record: logging.LogRecord) -> bool:
        raise ZeroDivisionError

    log = logging.getLogger("flask_method_guard")
    log.addFilter(fail)
    try:
        assert ask(shop(), "FOO", "/").status == 405
    finally:
        log.removeFilter(fail)
    assert "the response stays as it is" in caplog.text


def test_a_blueprint_that_would_handle_it() -> None:
    """The status may stay, and the body come from another handler."""
    app = shop()
    api = Blueprint("api", __name__, url_prefix="/api")
    api.add_url_rule("/items", "items", lambda: "items")
    api.register_error_handler(405, lambda error: ("no", 405))
    app.register_blueprint(api)
    with reports(app) as (lines, sent):
        ask(app, "POST", "/api/items")
    assert lines == [
        "POST /api/items: answered 405, would be handled by blueprint 'api'"
    ]
    assert [str(error.reason) for error in sent] == ["not-allowed"]
