"""The contract test: it finds what is wrong, sends nothing else, and says so well."""

from __future__ import annotations

import inspect
import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial, wraps
from typing import Any

import http_sf
import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    has_request_context,
    redirect,
    request,
    url_for,
)
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Rule

from flask_method_guard import MethodGuard, deprecated_methods, testing
from flask_method_guard.report import NoGuardError
from flask_method_guard.testing import (
    UNKNOWN_METHODS,
    ContractReport,
    MethodContractError,
    assert_method_contract,
)
from tests.routed_apps import call_with_context

RETIRED = datetime(2026, 6, 1, tzinfo=timezone.utc)


def unreachable(**_: object) -> str:
    """Stand for a view; no contract test may get here."""
    raise SystemExit("a view was reached")


@deprecated_methods("DELETE", sunset="2026-01-01")
def retired() -> str:
    """Stand for a view that is retired."""
    return unreachable()


class Secret(BaseConverter):
    """Reads a value that nobody guesses."""

    regex = "s3cr3t-[0-9]{3}"


def big_app(**config: object) -> Flask:
    """Make an app with every kind of route; each view ends the whole test run."""
    app = Flask(__name__, subdomain_matching=True)
    app.config.update(
        {f"METHOD_GUARD_{key}": value for key, value in config.items()},
        SERVER_NAME="shop.test",
        METHOD_GUARD_ENFORCE_SUNSET=True,
    )
    MethodGuard(app, clock=lambda: RETIRED)
    add = app.add_url_rule
    add("/", "index", unreachable)
    add("/form", "form", unreachable, methods=["GET", "POST"])
    add("/write", "write", unreachable, methods=["POST"])
    add("/items/<int:id>", "item", unreachable, methods=["GET", "PUT", "DELETE"])
    add("/items/<name>", "named", unreachable, methods=["PATCH"])
    add("/twice", "read", unreachable)
    add("/twice", "append", unreachable, methods=["POST"])
    add("/slash/", "slash", unreachable)
    add("/loose/", "loose", unreachable, strict_slashes=False, methods=["GET", "PUT"])
    add("/pages/", "pages", unreachable, defaults={"page": 1})
    add("/pages/<int:page>", "pages", unreachable)
    add("/moved", "moved", unreachable, redirect_to="/")
    add("/cache", "purge", unreachable, methods=["PURGE"])
    add("/quiet", "quiet", unreachable, provide_automatic_options=False)
    add("/options", "options", unreachable, methods=["OPTIONS"])
    add("/api", "api", unreachable, subdomain="api", methods=["GET", "PUT"])
    add("/<path:rest>", "catch_all", unreachable, methods=["REPORT"])
    add("/old", "old", retired, methods=["GET", "DELETE"])
    app.view_functions["any"] = unreachable
    return app


def small_app(**config: object) -> Flask:
    """Make an app with two routes."""
    app = Flask(__name__, static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app)
    app.add_url_rule("/", "index", unreachable)
    app.add_url_rule("/orders", "orders", unreachable, methods=["POST"])
    return app


def failure(app: Flask, **options: Any) -> str:
    """Run the contract test on an app that breaks it."""
    with pytest.raises(AssertionError) as caught:
        assert_method_contract(app, **options)
    return str(caught.value)


def wrong(app: Flask, **options: Any) -> list[str]:
    """Run the contract test on an app that breaks it, and list the wrong answers."""
    with pytest.raises(MethodContractError) as caught:
        assert_method_contract(app, **options)
    return [
        f"{a.method} {a.sample} {a.sample.endpoint} {a.expected.status}"
        f" {a.expected.reason} {a.status} {'; '.join(a.faults)}"
        for a in caught.value.report.wrong
    ]


# -- what is sent -----------------------------------------------------------------


class Recorder:
    """Notes every request that comes to an app."""

    def __init__(self, app: Flask) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self._wsgi_app = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Note it and pass it on."""
        host = environ["HTTP_HOST"]
        path = environ["PATH_INFO"]
        self.seen.append((host, environ["REQUEST_METHOD"], path))
        return self._wsgi_app(environ, start_response)

    def methods(self, path: str, host: str = "shop.test") -> set[str]:
        """Return the known methods that were sent to a path."""
        sent = {m for h, m, p in self.seen if (h, p) == (host, path)}
        return sent - set(UNKNOWN_METHODS)


CONFIGS: list[dict[str, object]] = [
    {},
    {"REJECT_EARLY": True},
    {"CASE_SENSITIVE": False},
    {"SUPPORTED_METHODS": "routes"},
    {"SUPPORTED_METHODS": ["PUT"]},
    {"SUPPORTED_METHODS": "*"},
    {
        "DEPRECATED_METHODS": {
            "GET": {"sunset": "2026-01-01"},
            "LINK": {"notice": "Use PUT."},
        }
    },
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: " ".join(c) or "default")
def test_no_view_is_reached(config: dict[str, object]) -> None:
    """On an app whose views all end the run, nothing ends, and nothing is wrong."""
    app = big_app(**config)
    report = assert_method_contract(app)
    assert len(report.answers) > 50
    assert not report.answered_first + report.wrong


def test_no_view_is_reached_where_a_rule_takes_every_method() -> None:
    """A rule without methods is sent what is no token, and nothing else."""
    app = big_app()
    app.url_map.add(Rule("/any", endpoint="any"))
    app.url_map.add(Rule("/any/<int:id>", endpoint="any"))
    recorder = Recorder(app)
    assert_method_contract(app, thorough=True)
    assert {m for _, m, path in recorder.seen if path.startswith("/any")} == {
        UNKNOWN_METHODS[-1]
    }


def test_the_views_would_have_ended_the_run() -> None:
    """The tests above would notice a view that is reached."""
    with pytest.raises(SystemExit, match="a view was reached"):
        big_app().test_client().get("http://shop.test/")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/", "DELETE PATCH POST PUT PURGE REPORT"),
        ("/form", "DELETE PATCH PURGE PUT"),
        ("/write", "DELETE GET HEAD PATCH PURGE PUT"),
        ("/items/1", "POST PURGE"),
        ("/items/sample", "DELETE GET HEAD POST PURGE PUT"),
        ("/twice", "DELETE PATCH PUT PURGE"),
        ("/quiet", "DELETE PATCH POST PURGE PUT"),
        ("/options", "DELETE GET HEAD PATCH POST PURGE PUT"),
        ("/old", "DELETE PATCH POST PURGE PUT"),
        ("/cache", "DELETE GET HEAD PATCH POST PUT"),
    ],
)
def test_what_is_sent(path: str, methods: str) -> None:
    """Every method that must be refused is sent, once; none that is served is."""
    app = big_app()
    recorder = Recorder(app)
    assert_method_contract(app)
    assert recorder.methods(path) == set(methods.split())
    assert max(Counter(recorder.seen).values()) == 1


def test_hosts() -> None:
    """A rule of a subdomain is sent to there."""
    app = big_app()
    recorder = Recorder(app)
    assert_method_contract(app)
    sent = recorder.methods("/api", "api.shop.test")
    assert sent == {"DELETE", "PATCH", "POST", "PURGE", "REPORT"}


def test_nothing_runs_before_the_requests_do() -> None:
    """The functions of the app run for the requests that are sent, and no more."""
    app = small_app()
    runs: Counter[str] = Counter()
    app.before_request(lambda: runs.update(["before"]))
    app.teardown_request(lambda _: runs.update(["teardown"]))
    app.url_value_preprocessor(lambda *_: runs.update(["preprocessor"]))
    report = assert_method_contract(app)
    assert len(report.answers) == 12
    assert set(runs.values()) == {12}


def test_each_request_has_a_context_of_its_own() -> None:
    """What a request leaves in ``g`` is gone with it."""
    app = small_app()
    seen = []

    @app.before_request
    def look() -> None:
        seen.append("mark" in g)
        g.mark = True

    assert_method_contract(app)
    assert set(seen) == {False}


# -- what is found ----------------------------------------------------------------

Break = Callable[[Flask], object]


def catch_http(app: Flask) -> None:
    """Turn every error of HTTP into a 500."""
    app.register_error_handler(HTTPException, lambda e: ("oops", 500))


def catch_405(app: Flask) -> None:
    """Fail in a handler for 405."""
    app.register_error_handler(405, lambda e: str(1 // 0))


def crash_before(app: Flask) -> None:
    """Read what only a matched request has, before the view."""

    @app.before_request
    def read() -> None:
        g.rule = request.url_rule.rule  # type: ignore[union-attr]


def crash_after(app: Flask) -> None:
    """Read what only a matched request has, after the view."""

    @app.after_request
    def read(response: Response) -> Response:
        response.headers["X-Rule"] = request.url_rule.rule  # type: ignore[union-attr]
        return response


def every_answer_is(status: int, fault: str) -> list[str]:
    """List the wrong answers of an app that answers everything wrongly."""
    rows = [f"{m} / index 405 not-allowed" for m in ("DELETE", "PATCH", "POST", "PUT")]
    rows += [f"{m} / index {why}" for m, why in UNKNOWN.items()]
    rows += [
        f"{m} /orders orders 405 not-allowed"
        for m in ("DELETE", "GET", "HEAD", "PATCH", "PUT")
    ]
    return [f"{row} {status} {fault}" for row in rows]


UNKNOWN = {
    "BREW": "501 not-implemented",
    "B&Q'S": "501 not-implemented",
    "<b>m</b>": "400 invalid-token",
}
RAISED = "'NoneType' object has no attribute 'rule'"


@pytest.mark.parametrize("testing", [False, True], ids=["live", "testing"])
@pytest.mark.parametrize("breaking", [crash_before, crash_after])
def test_a_500_everywhere(breaking: Break, testing: bool) -> None:
    """A hook that crashes is named once, with its line and what it spoiled."""
    app = small_app()
    app.testing = testing
    breaking(app)
    line = inspect.unwrap(breaking).__code__.co_firstlineno + 5
    place = f"AttributeError in read, tests/test_testing.py:{line}"
    assert wrong(app) == every_answer_is(500, f"{place}: {RAISED}")
    assert failure(app) == (
        f"""\
Sent 12 requests to 2 URLs.

12 wrong responses:

  12 responses: {place}
      {RAISED}
      DELETE / (index)
      PATCH / (index)
      POST / (index)
      … and 9 more"""
    )


def test_the_line_of_the_app_is_named() -> None:
    """An exception out of Python's own code is the app's, which called it."""
    app = small_app()
    app.before_request(lambda: json.loads("{"))
    place = "JSONDecodeError in <lambda>, tests/test_testing.py:"
    assert all(f" 500 {place}" in row for row in wrong(app))


def test_a_500_that_nothing_raised() -> None:
    """A handler that turns every refusal into a 500 is found in every answer."""
    app = small_app()
    catch_http(app)
    rows = wrong(app)
    assert [row.partition(" 500 ")[0] for row in rows] == [
        row.partition(" 500 ")[0] for row in every_answer_is(500, "")
    ]
    assert " 500 500 instead of 405 not-allowed: sent by the error h" in rows[0]
    assert "  9 responses: 500 instead of 405 not-allowed\n" in failure(app)
    assert "  2 responses: 500 instead of 501 not-implemented\n" in failure(app)


def test_a_handler_for_405_that_fails() -> None:
    """A handler for 405 that fails is found where there is a 405."""
    app = small_app()
    catch_405(app)
    line = catch_405.__code__.co_firstlineno + 2
    fault = f"ZeroDivisionError in <lambda>, tests/test_testing.py:{line}"
    rows = [row for row in every_answer_is(500, fault) if " 405 " in row]
    assert [row.rpartition(": ")[0] for row in wrong(app)] == rows


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (
            partial(http_sf.parse, b"!", tltype="item"),
            r"\w+ in \w+, \S+/http_sf/\w+.py:",
        ),
        (partial(url_for, "nowhere"), r"BuildError in build, \S+/werkzeug/\S+.py:\d+"),
    ],
    ids=["package", "framework"],
)
def test_a_500_outside_of_the_app(fail: Callable[[], Any], kind: str) -> None:
    """Where no line of the app is to blame, that of a package is named."""
    app = small_app()
    app.before_request(fail)
    assert re.search(rf"\n  12 responses: {kind}", failure(app))


def test_a_500_by_hand() -> None:
    """An exception that nobody raised has a name and no place."""
    app = small_app()
    app.before_request(
        lambda: call_with_context(app.handle_exception, KeyError("by hand"))
    )
    assert "\n  12 responses: KeyError\n      'by hand'\n" in failure(app)


def test_an_exception_without_words() -> None:
    """An exception that says nothing is named by its class alone."""
    app = small_app()
    app.before_request(lambda: call_with_context(app.handle_exception, KeyError()))
    assert "\n  12 responses: KeyError\n      DELETE / (index)\n" in failure(app)


def test_tracebacks_do_not_flood_the_failure(caplog: pytest.LogCaptureFixture) -> None:
    """What the report names is not logged again, except once for debugging."""
    app = small_app()
    catch_405(app)
    failure(app)
    assert caplog.records == []
    with caplog.at_level("DEBUG"):
        failure(app)
    [record] = caplog.records
    assert (record.name, record.levelname) == ("flask_method_guard.testing", "DEBUG")
    assert "ZeroDivisionError" in caplog.text
    assert app.logger.filters == []
    app.test_client().put("/")  # and afterwards, all is logged as before
    assert "Exception on / [PUT]" in caplog.text


def test_what_the_app_logs_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Only the tracebacks that the report names are kept out of the log."""
    app = small_app()

    @app.before_request
    def complain() -> None:
        try:
            raise KeyError("gone")
        except KeyError:
            app.logger.exception("no cache")

    app.before_request(lambda: app.logger.warning("slow"))
    assert_method_contract(app)
    assert caplog.text.count("no cache") == caplog.text.count("slow") == 12


def test_a_failure_fits_one_screen() -> None:
    """Many kinds of fault, many rules and many hooks are counted, not listed."""
    app = small_app()
    for number in range(60):
        app.add_url_rule(f"/e{number}", f"e{number}", unreachable)

    @app.before_request
    def fail() -> Any:
        if request.method == "POST":
            name = f"Error{int(request.path[2:] or 0) % 20}"
            raise type(name, (Exception,), {})(request.path)
        return ("Later.", 420 + len(request.path) % 9) if "1" in request.path else None

    app.url_map.converters["secret"] = Secret
    for number in range(9):
        app.add_url_rule(f"/s{number}/<secret:key>", f"s{number}", unreachable)
    lines = failure(app).splitlines()
    assert len(lines) < 50
    assert "  … and 15 more kinds" in lines
    assert "  … and 6 more" in lines


def hide(error: HTTPException) -> Any:
    """Turn a rejection into something else."""
    return f"nothing here: {error.code}", 404


def test_a_handler_that_changes_the_status_is_named() -> None:
    """A fault names the error handler that sent another status, with its place."""
    app = small_app()
    app.register_error_handler(405, hide)
    place = f"tests/test_testing.py:{hide.__code__.co_firstlineno}"
    assert failure(app) == (
        f"""\
Sent 12 requests to 2 URLs.

9 wrong responses:

  9 responses: 404 instead of 405 not-allowed
      sent by the error handler {__name__}.hide, {place}
      DELETE / (index)
      PATCH / (index)
      POST / (index)
      … and 6 more"""
    )


def test_a_handler_without_a_place() -> None:
    """A handler that is not in a file is named."""
    app = small_app()
    made = eval("lambda error: ('', 404)", {"__name__": "made"})  # noqa: S307
    app.register_error_handler(405, made)
    text = "404 instead of 405 not-allowed: sent by the error handler made.<lambda>"
    assert f"PUT / index 405 not-allowed 404 {text}" in wrong(app)


@pytest.mark.parametrize("handled", [False, True])
def test_an_after_request_function_that_changes_the_status(handled: bool) -> None:
    """A handler is not blamed for what happens to the response afterwards."""
    app = small_app()
    if handled:
        app.register_error_handler(405, lambda e: ("no", 405))

    @app.after_request
    def succeed(response: Response) -> Response:
        response.status_code = 200
        return response

    fault = "200 instead of 405 not-allowed"
    assert f"PUT / index 405 not-allowed 200 {fault}" in wrong(app)


def test_a_blueprints_handler_that_swallows_early_rejections() -> None:
    """A catch-all on a blueprint is found, for the early 405 is the blueprint's."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    MethodGuard(app)
    shop = Blueprint("shop", __name__)
    shop.register_error_handler(HTTPException, lambda e: ("oops", 500))
    shop.add_url_rule("/", "index", unreachable)
    app.register_blueprint(shop)
    rows = wrong(app)
    [row] = [row for row in rows if row.startswith("PUT /")]
    fault = "PUT / shop.index 405 not-allowed 500 500 instead of 405 not-allowed"
    assert row.startswith(f"{fault}: sent by the error handler {__name__}.test_a_bl")


class DropAllow:
    """A middleware that loses, or spoils, ``Allow``."""

    def __init__(self, app: Flask, value: str | None) -> None:
        self._wsgi_app = app.wsgi_app
        self._value = value
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Drop it, and put another in its place if there is one."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [pair for pair in headers if pair[0] != "Allow"]
            if self._value is not None:
                kept.append(("Allow", self._value))
            return start_response(status, kept, *rest)

        return self._wsgi_app(environ, start)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "no Allow"),
        ("", "wrong Allow: '' instead of 'GET, HEAD, OPTIONS'"),
        ("GET", "wrong Allow: 'GET' instead of 'GET, HEAD, OPTIONS'"),
        ("GET, PUT", "wrong Allow: 'GET, PUT' instead of 'GET, HEAD, OPTIONS'"),
    ],
    ids=["lost", "empty", "short", "long"],
)
def test_allow(value: str | None, fault: str) -> None:
    """A middleware that drops or changes ``Allow`` is found."""
    app = small_app()
    DropAllow(app, value)
    rows = [row for row in wrong(app) if " / index " in row]
    assert [row.split()[0] for row in rows] == ["DELETE", "PATCH", "POST", "PUT"]
    assert all(fault in row for row in rows)


def test_allow_in_another_order() -> None:
    """``Allow`` is a set: its order, and a repetition, are no fault."""
    app = Flask(__name__, static_folder=None)
    MethodGuard(app)
    app.add_url_rule("/", "index", unreachable)
    DropAllow(app, "OPTIONS,HEAD , GET,GET,")
    assert_method_contract(app)


def test_an_empty_allow() -> None:
    """A resource that is left with no method for a while has an empty ``Allow``."""
    app = Flask(__name__, static_folder=None)
    out = {"brownouts": ["2026-06-01/P1D"]}
    app.config["METHOD_GUARD_DEPRECATED_METHODS"] = {"DELETE": out}
    MethodGuard(app, clock=lambda: RETIRED)
    options: dict[str, Any] = {"provide_automatic_options": False}
    app.add_url_rule("/", "old", unreachable, methods=["DELETE"], **options)
    report = assert_method_contract(app)
    [delete] = [answer for answer in report.answers if answer.method == "DELETE"]
    assert (delete.status, delete.expected.allowed_methods) == (405, ())


class AddBody:
    """A middleware that answers HEAD with a body."""

    def __init__(self, app: Flask) -> None:
        self._wsgi_app = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Add three bytes."""
        yield from self._wsgi_app(environ, start_response)
        yield b"..."


def test_head_with_a_body() -> None:
    """A body after HEAD is found; one after another method is well."""
    app = small_app()
    AddBody(app)
    assert wrong(app) == [
        "HEAD /orders orders 405 not-allowed 405 a body after HEAD: 3 bytes"
    ]


def echo(app: Flask, write: Callable[[str], Any]) -> None:
    """Answer errors with the method that the client sent."""

    def handle(error: HTTPException) -> Any:
        body = write(request.method)
        code = error.code or 500
        return body if isinstance(body, tuple) else (body, code)

    app.register_error_handler(HTTPException, handle)


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (lambda method: f"<p>No {method} here", True),
        (lambda method: f"<p>No {escape(method)} here", False),
        (lambda method: {"method": method}, False),
        (
            lambda method: (
                f"<p>No {method} here"
                if request.accept_mimetypes.best == "text/html"
                else {"method": method}
            ),
            True,
        ),
    ],
    ids=["raw", "escaped", "json", "negotiated"],
)
def test_echo(write: Callable[[str], Any], found: bool) -> None:
    """A method that is echoed as markup is found, one that is escaped is not."""
    app = small_app()
    echo(app, write)
    if not found:
        assert_method_contract(app)
        return
    rows = wrong(app)
    assert {row.split()[0] for row in rows} == {"B&Q'S", "<b>m</b>"}
    assert all(row.endswith("in the page, and is not escaped") for row in rows)


def test_a_method_that_needs_no_escape() -> None:
    """A page may name a method with a hyphen, or a digit, as it is."""
    app = small_app()
    app.add_url_rule("/doc", "doc", unreachable, methods=["VERSION-CONTROL", "M2"])
    echo(app, lambda method: f"<p>No {escape(method)} here")
    report = assert_method_contract(app)
    assert {"VERSION-CONTROL", "M2"} <= {answer.method for answer in report.answers}


def test_several_faults_in_one_answer() -> None:
    """All that is wrong with an answer stands in its row."""
    app = small_app()
    AddBody(app)
    DropAllow(app, None)
    [head] = [row for row in wrong(app) if row.startswith("HEAD")]
    assert head.endswith("405 no Allow; a body after HEAD: 3 bytes")


def test_an_answer_that_is_a_success() -> None:
    """A refused method that gets 200 is a fault, whoever answered."""
    app = small_app()
    app.before_request(lambda: "all is well" if request.method == "BREW" else None)
    assert wrong(app, thorough=True) == [
        f"BREW {place} 501 not-implemented 200 200 instead of 501 not-implemented"
        for place in ("/ index", "/orders orders")
    ]


def test_a_hook_that_responds_once() -> None:
    """The guard is heard only where the first response to a request is its own."""
    app, seen = small_app(), list[tuple[str, str]]()

    @app.before_request
    def respond_once() -> str | None:
        seen.append((request.method, request.path))
        return "warm" if seen.count(seen[-1]) == 1 else None

    with pytest.raises(MethodContractError) as caught:
        assert_method_contract(app)
    answers = caught.value.report.answers
    assert {answer.status for answer in answers} == {200}
    assert not any(answer.from_guard for answer in answers)


def test_a_handler_that_redirects() -> None:
    """A refusal that a handler turns into a redirect is no hook that came first."""
    app = small_app()
    app.register_error_handler(405, lambda e: redirect("/", 302))
    rows = wrong(app)
    fault = "302 instead of 405 not-allowed: sent by the error handler "
    assert any(
        row.startswith(f"PUT / index 405 not-allowed 302 {fault}") for row in rows
    )
    assert not any("BREW" in row for row in rows)


def test_faults_are_grouped() -> None:
    """Answers with the same fault are counted; different details are shown."""
    app = small_app()
    DropAllow(app, "GET")
    assert failure(app) == (
        """\
Sent 12 requests to 2 URLs.

9 wrong responses:

  9 responses: wrong Allow
      DELETE / (index): 'GET' instead of 'GET, HEAD, OPTIONS'
      PATCH / (index): 'GET' instead of 'GET, HEAD, OPTIONS'
      POST / (index): 'GET' instead of 'GET, HEAD, OPTIONS'
      … and 6 more"""
    )


# -- a hook answers first ---------------------------------------------------------


def login(app: Flask, answer: Callable[[], Any]) -> None:
    """Let in only those who log in, except to the first page."""

    @app.before_request
    def check_login() -> Any:
        if request.path == "/" or request.headers.get("Authorization") == "Bearer me":
            return None
        return answer()


LOGIN = f"{__name__}.login.<locals>.check_login"
LOG_IN = (
    "If that is a login, log in with headers=…, for example headers="
    '{"Cookie": "session=…"}.\n'
)
EARLY = (
    "To let the guard respond before these functions, set METHOD_GUARD_REJECT_EARLY ="
    " True."
)


@pytest.mark.parametrize(
    ("answer", "status", "hint"),
    [
        (lambda: ("Log in.", 401), 401, LOG_IN),
        (lambda: ("No.", 403), 403, LOG_IN),
        (lambda: redirect("/login", 302), 302, LOG_IN),
        (lambda: ("Choose.", 300), 300, LOG_IN),
        (lambda: ("Later.", 503), 503, ""),
        (lambda: abort(429), 429, ""),
    ],
    ids=["401", "403", "302", "300", "503", "raised"],
)
def test_a_hook_that_answers_first(
    answer: Callable[[], Any],
    status: int,
    hint: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refusal of another kind, by a hook, is reported and is no failure."""
    app = small_app()
    login(app, answer)
    report = assert_method_contract(app)
    assert {a.sample.path for a in report.answered_first} == {"/orders"}
    assert {a.status for a in report.answered_first} == {status}
    assert {a.first for a in report.answered_first} == {LOGIN}
    assert len(report.answered_first) == 5
    assert report.wrong == ()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "Sent 12 requests to 2 URLs.\n\n"
        "5 of 12 responses came before the guard's:\n\n"
        f"  5 responses: {status} from {LOGIN}\n\n{hint}{EARLY}"
    )


def answer_everything(app: Flask, status: int) -> None:
    """Answer every request in a hook."""
    app.before_request(lambda: ("No.", status))


def test_an_app_in_which_nothing_was_tested() -> None:
    """The test fails where almost every answer came before the guard's."""
    app = small_app()
    answer_everything(app, 400)
    text = failure(app)
    hook = f"{__name__}.answer_everything.<locals>.<lambda>"
    assert text == (
        "Sent 12 requests to 2 URLs.\n\n"
        "Almost nothing was tested: fewer than 1 in 10 responses are the guard's.\n\n"
        "11 of 12 responses came before the guard's:\n\n"
        f"  11 responses: 400 from {hook}\n\n{EARLY}"
    )


@pytest.mark.parametrize(("count", "hollow"), [(0, False), (10, False), (11, True)])
def test_fewer_than_one_in_ten(count: int, hollow: bool) -> None:
    """One answer in ten is enough, one in eleven is not."""
    [one, *_] = assert_method_contract(small_app()).answers
    others = (replace(one, from_guard=False),) * (count - 1)
    assert ContractReport((one, *others)[:count]).is_hollow == hollow


def test_hooks_of_every_kind_are_named() -> None:
    """Whatever can be called is found out, and the first that answers is named."""

    class Gate:
        def __call__(self) -> Any:
            return ("No.", 402) if request.method == "PUT" else None

        def check(self) -> Any:
            return ("No.", 403) if request.method == "PATCH" else None

    def wait(status: int) -> Any:
        return ("No.", status) if request.method == "POST" else None

    async def later() -> Any:
        return ("No.", 404) if request.method == "BREW" else None

    @wraps(later)
    def decorated() -> Any:
        return ("No.", 409) if request.method == "DELETE" else None

    app = small_app()
    for hook in (Gate(), Gate().check, partial(wait, 425), later, decorated):
        app.before_request(hook)
    found = {(a.status, a.first) for a in assert_method_contract(app).answered_first}
    here = f"{__name__}.test_hooks_of_every_kind_are_named.<locals>"
    assert found == {
        (402, f"{here}.Gate"),
        (403, f"{here}.Gate.check"),
        (404, f"{here}.later"),
        (409, f"{here}.later"),  # a decorated function has the name of the inner one
        (425, "functools.partial"),
    }


def test_the_preprocessor_of_each_blueprint_is_named() -> None:
    """Functions of blueprints that respond alike are told apart."""

    def first(*_: object) -> None:
        abort(403)

    def second(*_: object) -> None:
        abort(403)

    app = small_app(ENFORCE_SUNSET=True)
    for function in (first, second):
        name = function.__name__
        blueprint = Blueprint(name, __name__)
        blueprint.add_url_rule(f"/{name}", "view", retired, methods=["GET", "DELETE"])
        blueprint.url_value_preprocessor(function)
        app.register_blueprint(blueprint)
    report = assert_method_contract(app)
    here = f"{__name__}.test_the_preprocessor_of_each_blueprint_is_named.<locals>"
    assert {(a.sample.path, a.first) for a in report.answered_first} == {
        ("/first", f"{here}.first"),
        ("/second", f"{here}.second"),
    }


@pytest.mark.parametrize("early", [False, True])
def test_a_preprocessor_that_answers_first(early: bool) -> None:
    """A function that reads URL values runs before every hook, and is named."""
    app = small_app(REJECT_EARLY=early)

    @app.url_value_preprocessor
    def choose_tenant(endpoint: str | None, values: object) -> None:
        if request.path == "/orders":
            abort(404, f"{endpoint} {values}")

    app.before_request(lambda: None)
    report = assert_method_contract(app)
    assert {(a.status, a.first) for a in report.answered_first} == {
        (
            404,
            f"{__name__}.test_a_preprocessor_that_answers_first.<locals>.choose_tenant",
        )
    }
    assert report.hints == ()


class Maintenance:
    """A middleware that answers everything."""

    def __init__(self, app: Flask) -> None:
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer."""
        start_response("503 Service Unavailable", [])
        return [b""]


def test_a_middleware_that_answers_first() -> None:
    """Where no hook ran, the middleware is named."""
    app = small_app()
    Maintenance(app)
    text = failure(app)
    assert f"  12 responses: 503 from {__name__}.Maintenance" in text
    assert "METHOD_GUARD_REJECT_EARLY" not in text
    assert "log in" not in text


def test_something_else_that_answers_first() -> None:
    """What is neither a hook nor a middleware is called that."""
    app = small_app()
    app.preprocess_request = lambda *_: Response("No.", 403)  # type: ignore[method-assign]
    assert "403 from something that is neither a hook nor a mid" in failure(app)


def test_a_hook_that_was_registered_before_the_guard() -> None:
    """The hint says that the order has to change, too."""
    app = Flask(__name__)
    answer_everything(app, 400)
    MethodGuard(app)
    assert failure(app).endswith(
        "To let the guard respond before these functions, call MethodGuard(app) before"
        " they are\nregistered, and set METHOD_GUARD_REJECT_EARLY = True."
    )


def test_no_hint_to_reject_early_where_it_is_on() -> None:
    """With ``REJECT_EARLY``, what still comes first was meant to."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    answer_everything(app, 400)
    MethodGuard(app)
    assert "METHOD_GUARD_REJECT_EARLY" not in failure(app)


def test_the_profiler_of_others_stays() -> None:
    """A profiler that runs, such as a debugger's, is put back."""
    app = small_app()
    login(app, lambda: ("Log in.", 401))

    def profile(*_: object) -> None:
        """Do nothing."""

    sys.setprofile(profile)
    try:
        assert_method_contract(app)
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)


def test_headers_log_in(caplog: pytest.LogCaptureFixture) -> None:
    """With the header fields that log in, what is behind the login is seen."""
    app = small_app()
    login(app, lambda: ("Log in.", 401))
    report = assert_method_contract(app, headers={"Authorization": "Bearer me"})
    assert report.answered_first == ()
    assert caplog.records == []
    app = small_app()
    login(app, lambda: ("Log in.", 401))
    catch_405(app)
    headers = {"Authorization": "Bearer me"}
    assert "PUT /orders orders 405" in " ".join(wrong(app, headers=headers))


def test_an_early_rejection_comes_before_the_login() -> None:
    """With ``REJECT_EARLY`` there is no need to log in."""
    app = small_app(REJECT_EARLY=True)
    login(app, lambda: ("Log in.", 401))
    assert assert_method_contract(app).answered_first == ()


def test_what_came_first_is_reported_next_to_what_is_wrong() -> None:
    """A failure names the hook, too."""
    app = small_app()
    login(app, lambda: ("Log in.", 401))
    catch_405(app)
    text = failure(app)
    assert "\n4 wrong responses:\n" in text
    assert f"  5 responses: 401 from {LOGIN}\n" in text


# -- what is left out by default --------------------------------------------------


def parts() -> Flask:
    """Make an app of two blueprints, with three URLs each."""
    app = small_app()
    for name in ("one", "two"):
        blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")
        for number in range(3):
            blueprint.add_url_rule(f"/{number}", f"e{number}", unreachable)
        app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("thorough", [False, True])
def test_unknown_methods_go_to_each_blueprint(thorough: bool) -> None:
    """One URL of each blueprint gets the unknown methods, or every one does."""
    app = parts()
    recorder = Recorder(app)
    assert_method_contract(app, thorough=thorough)
    seen = {(m, path) for _, m, path in recorder.seen}
    visited = {path for m, path in seen if m == "BREW"}
    every = {rule.rule for rule in app.url_map.iter_rules()}
    assert visited == (every if thorough else {"/", "/one/0", "/two/0"})
    for method in UNKNOWN_METHODS:
        assert {path for m, path in seen if m == method} == visited
    assert {path for m, path in seen if m == "PUT"} == every


def nested() -> Flask:
    """Make an app of a blueprint with another one inside, and two beside them."""
    app = small_app()
    outer = Blueprint("api", __name__, url_prefix="/api")
    inner = Blueprint("v1", __name__, url_prefix="/v1")
    inner.add_url_rule("/<int:id>", "item", unreachable)
    outer.register_blueprint(inner)
    outer.add_url_rule("/", "index", unreachable)
    app.register_blueprint(outer)
    for name in ("apis", "empty"):
        app.register_blueprint(Blueprint(name, __name__))
    app.add_url_rule("/apis", "apis.index", unreachable)
    return app


@pytest.mark.parametrize(
    ("blueprint", "paths"), [("api", {"/api/", "/api/v1/7"}), ("api.v1", {"/api/v1/7"})]
)
def test_one_blueprint(blueprint: str, paths: set[str]) -> None:
    """One blueprint can be tested with those inside it, and nothing else is sent."""
    app = nested()
    recorder = Recorder(app)
    report = assert_method_contract(app, blueprint=blueprint, samples={"id": 7})
    assert {path for _, _, path in recorder.seen} == paths
    assert {answer.sample.path for answer in report.answers} == paths
    assert {"BREW", "PUT"} <= {answer.method for answer in report.answers}


def test_what_is_wrong_elsewhere_does_not_matter_to_one_blueprint() -> None:
    """A rule of the rest of the app needs no sample, and its faults are not found."""
    app = nested()
    app.url_map.converters["secret"] = Secret
    app.add_url_rule("/s/<secret:key>", "secret", unreachable)

    @app.before_request
    def fail() -> None:
        if request.path == "/":
            raise ZeroDivisionError

    assert "ZeroDivisionError" in failure(app)
    assert assert_method_contract(app, blueprint="api", samples={"key": 1}).answers


@pytest.mark.parametrize(
    ("blueprint", "message"),
    [
        ("ap", "No blueprint named 'ap'. Did you mean 'api'?"),
        ("shop", "No blueprint named 'shop'. Blueprints: api, api.v1, apis, empty."),
        ("empty", "Blueprint 'empty' has no routes, so there is nothing to test."),
    ],
)
def test_a_blueprint_that_is_not_there(blueprint: str, message: str) -> None:
    """A misspelt blueprint, or one without routes, does not pass in silence."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assert_method_contract(nested(), blueprint=blueprint)


# -- samples ----------------------------------------------------------------------


def secret_app() -> Flask:
    """Make an app with arguments that nobody guesses."""
    app = small_app()
    app.url_map.converters["secret"] = Secret
    app.add_url_rule("/s/<secret:key>", "secret", unreachable)
    app.add_url_rule("/t/<secret:key>/<int:id>", "other", unreachable)
    return app


def test_a_rule_without_a_sample() -> None:
    """A rule for which no URL can be made is named, beside what is wrong elsewhere."""
    app = secret_app()
    catch_405(app)
    text = failure(app)
    assert "\n2 rules without a request:\n" in text
    assert (
        "/s/<secret:key> (endpoint 'secret'): no value was found for <key>"
        " (converter: Secret). Give samples={'key': …}." in " ".join(text.split())
    )
    assert "\n9 wrong responses:\n" in text


def test_samples() -> None:
    """A sample serves every rule, and one endpoint's own comes first."""
    app = secret_app()
    recorder = Recorder(app)
    samples = {"key": "s3cr3t-001", "other": {"key": "s3cr3t-002", "id": 77}}
    assert_method_contract(app, samples=samples)
    assert "PUT" in recorder.methods("/s/s3cr3t-001", "localhost")
    assert "PUT" in recorder.methods("/t/s3cr3t-002/77", "localhost")


def test_an_endpoint_with_the_name_of_an_argument() -> None:
    """What is given for the endpoint is no value of the argument elsewhere."""
    app = small_app()
    app.url_map.converters["secret"] = Secret
    app.add_url_rule("/s/<secret:key>", "key", unreachable)
    app.add_url_rule("/n/<int:key>", "number", unreachable)
    recorder = Recorder(app)
    assert_method_contract(app, samples={"key": {"key": "s3cr3t-001"}})
    assert "PUT" in recorder.methods("/s/s3cr3t-001", "localhost")
    assert "PUT" in recorder.methods("/n/1", "localhost")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (
            {"kez": 1},
            "samples names 'kez', no argument of any rule. Did you mean 'key'?",
        ),
        ({"zzz": 1}, "samples names 'zzz', no argument of any rule. Remove it."),
        (
            {"others": {}},
            "samples names 'others', no endpoint of any rule. Did you mean 'other'?",
        ),
        ({"key": {}}, "samples names 'key', no endpoint of any rule. Remove it."),
    ],
)
def test_samples_that_name_nothing(samples: dict[str, Any], message: str) -> None:
    """A sample that no rule asks for is a mistake, and is named."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assert_method_contract(secret_app(), samples=samples)


class Moody(BaseConverter):
    """Reads in a request, and crashes elsewhere."""

    def to_python(self, value: str) -> str:
        """Read, or crash."""
        if has_request_context():
            return value
        raise KeyError(value)


def test_a_url_that_the_router_crashes_on() -> None:
    """A rule whose URL gets no decision is left out, and named."""
    app = small_app()
    app.url_map.converters["moody"] = Moody
    app.add_url_rule("/m/<moody:x>", "moody", unreachable, methods=["DELETE"])
    with pytest.raises(MethodContractError) as caught:
        assert_method_contract(app, samples={"x": "here"})
    [text] = caught.value.report.left_out
    assert text == (
        "/m/<moody:x> (endpoint 'moody'): /m/here gets 500 Internal Server"
        " Error, by Flask, before the table is asked, because a URL converter"
        " raised KeyError('here'), asked outside of a request."
    )


def test_a_host_that_is_given() -> None:
    """A header field may name the host."""
    app = Flask(__name__, host_matching=True, static_host="a.test")
    MethodGuard(app)
    app.add_url_rule("/b", "b", unreachable, host="b.test")
    recorder = Recorder(app)
    report = assert_method_contract(app)
    assert {host for host, _, _ in recorder.seen} == {"a.test", "b.test"}
    assert str(report.answers[0].sample) == "a.test/static/1"


# -- the rest ---------------------------------------------------------------------


def test_no_guard() -> None:
    """The contract test needs the guard, and says what to add."""
    with pytest.raises(NoGuardError) as caught:
        assert_method_contract(Flask("bare"))
    assert str(caught.value) == (
        "The app 'bare' has no method guard. Add it where the app is made:\n\n"
        "    from flask_method_guard import MethodGuard\n\n    MethodGuard(app)\n"
    )


def test_progress(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A big app takes long, so the log says every few seconds how far the test is."""
    caplog.set_level(logging.INFO, "flask_method_guard.testing")
    assert_method_contract(small_app())
    assert caplog.messages == []
    monkeypatch.setattr(testing, "PROGRESS", 0.0)
    assert_method_contract(small_app())
    assert caplog.messages[::11] == ["0 of 12 requests sent", "11 of 12 requests sent"]


def test_the_report_in_words() -> None:
    """What was seen can be printed."""
    report = assert_method_contract(small_app())
    assert str(report) == "Sent 12 requests to 2 URLs."
    assert str(ContractReport(())) == "Sent 0 requests to 0 URLs."


def test_an_app_that_serves_other_requests_meanwhile() -> None:
    """A rejection of another app is not taken for one of this."""
    other = small_app()
    app = small_app()

    @app.before_request
    def forward() -> Any:
        assert other.test_client().put("/").status_code == 405
        return "Log in.", 401

    with pytest.raises(MethodContractError) as caught:
        assert_method_contract(app)
    assert len(caught.value.report.answered_first) == 12
