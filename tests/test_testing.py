"""The contract test: it finds what is wrong, sends nothing else, and says so well."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, g, has_request_context, redirect, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Rule

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.report import NoGuardError
from flask_method_guard.testing import (
    UNKNOWN_METHODS,
    ContractReport,
    assert_method_contract,
)

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


def wrong(text: str) -> list[str]:
    """Take the rows of the table of wrong answers, with single spaces."""
    table = text.split("Wrong answers (")[1].split("\n\n")[1]
    return [" ".join(line.split()) for line in table.splitlines()[1:]]


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
        """Give the known methods that were sent to a path."""
        sent = {m for h, m, p in self.seen if (h, p) == (host, path)}
        assert sent >= set(UNKNOWN_METHODS)
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
    assert_method_contract(app)
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
    assert len(report.answers) == 15
    assert set(runs.values()) == {15}


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
    """List the rows of an app that answers everything wrongly."""
    rows = [f"{m} / index 405 not-allowed" for m in ("DELETE", "PATCH", "POST", "PUT")]
    rows += [f"{m} / index {why}" for m, why in UNKNOWN.items()]
    rows += [
        f"{m} /orders orders 405 not-allowed"
        for m in ("DELETE", "GET", "HEAD", "PATCH", "PUT")
    ]
    rows += [f"{m} /orders orders {why}" for m, why in UNKNOWN.items()]
    return [f"{row} {status} {fault}" for row in rows]


UNKNOWN = {
    "BREW": "501 not-implemented",
    "B&Q'S": "501 not-implemented",
    "<b>m</b>": "400 invalid-token",
}
RAISED = "raised AttributeError(\"'NoneType' object has no attribute 'rule'\")"


@pytest.mark.parametrize("testing", [False, True], ids=["live", "testing"])
@pytest.mark.parametrize(
    ("breaking", "raised"),
    [(catch_http, None), (crash_before, RAISED), (crash_after, RAISED)],
    ids=["handler", "before", "after"],
)
def test_a_500_everywhere(breaking: Break, raised: str | None, testing: bool) -> None:
    """A handler or a hook that makes every refusal a 500 is found in every answer."""
    app = small_app()
    app.testing = testing
    breaking(app)
    fault = raised if raised and testing else "wrong status"
    text = failure(app)
    assert wrong(text) == every_answer_is(500, fault)
    assert text.startswith("15 methods were sent to 2 URLs.\n\nWrong answers (15):\n\n")


def test_a_handler_for_405_that_fails() -> None:
    """A handler for 405 that fails is found where there is a 405."""
    app = small_app()
    catch_405(app)
    rows = [r for r in every_answer_is(500, "wrong status") if "405" in r]
    assert wrong(failure(app)) == rows


def test_a_blueprints_handler_that_swallows_early_rejections() -> None:
    """A catch-all on a blueprint is found, for the early 405 is the blueprint's."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_REJECT_EARLY"] = True
    MethodGuard(app)
    shop = Blueprint("shop", __name__)
    shop.register_error_handler(HTTPException, lambda e: ("oops", 500))
    shop.add_url_rule("/", "index", unreachable)
    app.register_blueprint(shop)
    rows = wrong(failure(app))
    assert "PUT / shop.index 405 not-allowed 500 wrong status" in rows


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
        ("", "Allow is '', not 'GET, HEAD, OPTIONS'"),
        ("GET", "Allow is 'GET', not 'GET, HEAD, OPTIONS'"),
        ("GET, HEAD, PUT, OPTIONS", "Allow is 'GET, HEAD, PUT, OPTIONS', not 'GET,"),
    ],
    ids=["lost", "empty", "short", "long"],
)
def test_allow(value: str | None, fault: str) -> None:
    """A middleware that drops or changes ``Allow`` is found."""
    app = small_app()
    DropAllow(app, value)
    rows = [row for row in wrong(failure(app)) if " / index " in row]
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
    """A resource that is left with no method has an ``Allow`` that is empty."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    MethodGuard(app, clock=lambda: RETIRED)
    options: dict[str, Any] = {"provide_automatic_options": False}
    app.add_url_rule("/", "old", retired, methods=["DELETE"], **options)
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
    assert wrong(failure(app)) == [
        "HEAD /orders orders 405 not-allowed 405 a body of 3 bytes after HEAD"
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
    ],
    ids=["raw", "escaped", "json"],
)
def test_echo(write: Callable[[str], Any], found: bool) -> None:
    """A method that is echoed as markup is found, one that is escaped is not."""
    app = small_app()
    echo(app, write)
    if not found:
        assert_method_contract(app)
        return
    rows = wrong(failure(app))
    assert {row.split()[0] for row in rows} == {"B&Q'S", "<b>m</b>"}
    assert all(row.endswith("the method is echoed unescaped") for row in rows)


def test_several_faults_in_one_answer() -> None:
    """All that is wrong with an answer stands in its row."""
    app = small_app()
    AddBody(app)
    DropAllow(app, None)
    [head] = [row for row in wrong(failure(app)) if row.startswith("HEAD")]
    assert head.endswith("405 no Allow; a body of 3 bytes after HEAD")


def test_an_answer_that_is_a_success() -> None:
    """A refused method that gets 200 is a fault, whoever answered."""
    app = small_app()
    app.before_request(lambda: "all is well" if request.method == "BREW" else None)
    assert wrong(failure(app)) == [
        "BREW / index 501 not-implemented 200 wrong status",
        "BREW /orders orders 501 not-implemented 200 wrong status",
    ]


def test_a_handler_that_redirects() -> None:
    """A refusal that a handler turns into a redirect is no hook that came first."""
    app = small_app()
    app.register_error_handler(405, lambda e: redirect("/", 302))
    rows = wrong(failure(app))
    assert "PUT / index 405 not-allowed 302 wrong status" in rows
    assert not any("BREW" in row for row in rows)


def test_the_table_is_readable() -> None:
    """The columns of the table stand one below the other."""
    app = small_app()
    catch_405(app)
    table = failure(app).split("\n\n")[2].splitlines()
    header = table[0]
    for name in ("METHOD", "URL", "ENDPOINT", "EXPECTED", "GOT", "WHAT IS WRONG"):
        start = header.index(name)
        assert all(re.match(r"^\S", line[start:]) for line in table), name
        assert all(start == 0 or line[start - 1] == " " for line in table)


# -- a hook answers first ---------------------------------------------------------


def login(app: Flask, answer: Callable[[], Any]) -> None:
    """Let in only those who log in, save to the first page."""

    @app.before_request
    def check_login() -> Any:
        if request.path == "/" or request.headers.get("Authorization") == "Bearer me":
            return None
        return answer()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: ("Log in.", 401), 401),
        (lambda: ("No.", 403), 403),
        (lambda: redirect("/login", 302), 302),
        (lambda: ("Later.", 503), 503),
    ],
    ids=["401", "403", "302", "503"],
)
def test_a_hook_that_answers_first(
    answer: Callable[[], Any], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal of another kind, by a hook, is reported and is no failure."""
    app = small_app()
    login(app, answer)
    report = assert_method_contract(app)
    assert {a.sample.path for a in report.answered_first} == {"/orders"}
    assert {a.status for a in report.answered_first} == {status}
    assert len(report.answered_first) == 8
    assert report.wrong == ()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "15 methods were sent to 2 URLs.\n\n"
        "A hook or a middleware answered first; headers=… can log in:\n\n"
        f"URL      ENDPOINT  GOT\n/orders  orders    {status}"
    )


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
    assert "PUT /orders orders 405" in " ".join(wrong(failure(app, headers=headers)))


def test_an_early_rejection_comes_before_the_login() -> None:
    """With ``REJECT_EARLY`` there is no need to log in."""
    app = small_app(REJECT_EARLY=True)
    login(app, lambda: ("Log in.", 401))
    assert assert_method_contract(app).answered_first == ()


def test_what_came_first_is_told_beside_what_is_wrong() -> None:
    """A failure tells of the hook, too."""
    app = small_app()
    login(app, lambda: ("Log in.", 401))
    catch_405(app)
    text = failure(app)
    assert len(wrong(text)) == 4
    assert text.endswith("URL      ENDPOINT  GOT\n/orders  orders    401")


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
    assert "Rules that nothing was sent to (2):" in text
    assert (
        "/s/<secret:key> (endpoint 'secret'): no value was found for <key>, which"
        " Secret reads. Give samples={'key': …}." in text
    )
    assert len(wrong(text)) == 9


def test_samples() -> None:
    """A sample serves every rule, and one endpoint's own comes first."""
    app = secret_app()
    recorder = Recorder(app)
    samples = {"key": "s3cr3t-001", "other": {"key": "s3cr3t-002", "id": 77}}
    assert_method_contract(app, samples=samples)
    recorder.methods("/s/s3cr3t-001", "localhost")
    recorder.methods("/t/s3cr3t-002/77", "localhost")


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
    app.add_url_rule("/m/<moody:x>", "moody", unreachable)
    text = failure(app, samples={"x": "here"})
    assert (
        "/m/<moody:x> (endpoint 'moody'): /m/here is answered with 500 Internal Server"
        " Error, by Flask, before the table is asked, for a URL converter"
        " raised KeyError('here'), asked outside of a request." in text
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
    """An app without a guard is told what to add."""
    with pytest.raises(NoGuardError, match="has no method guard"):
        assert_method_contract(Flask(__name__))


def test_the_report_in_words() -> None:
    """What was seen can be printed."""
    report = assert_method_contract(small_app())
    assert str(report) == "15 methods were sent to 2 URLs."
    assert str(ContractReport((), ())) == "0 methods were sent to 0 URLs."


def test_an_app_that_serves_other_requests_meanwhile() -> None:
    """A rejection of another app is not taken for one of this."""
    other = small_app()
    app = small_app()

    @app.before_request
    def forward() -> Any:
        assert other.test_client().put("/").status_code == 405
        return "Log in.", 401

    report = assert_method_contract(app)
    assert len(report.answered_first) == 15
