"""The contract test: every method that must be refused, sent through the stack.

This module knows no framework. What must be refused is asked of the guard first,
so no method is sent that would reach a view.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from .extension import AppGuard, method_rejected
from .inspection.apps import Environ, guard_of
from .inspection.explanation import (
    REFUSED,
    Explanation,
    default_host,
    explain_request,
    make_environ,
)
from .inspection.samples import NoSampleError, SampleUrl, sample_url
from .inspection.schedule import clock_at
from .inspection.text import columns, counted
from .urlmap import url_rules

#: Methods that no app knows: a plain one, one that HTML must escape, and one that
#: is no token. None differs from a known method by its case alone, for there are
#: servers and middleware that mend the case.
UNKNOWN_METHODS = ("BREW", "B&Q'S", "<b>m</b>")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """One answer of the app to a method that must be refused."""

    sample: SampleUrl
    method: str
    #: What the table says.
    expected: Explanation
    #: The status code that came; 500 for an exception that got out of the app.
    status: int
    #: What is wrong with it, in words; empty if nothing is.
    faults: tuple[str, ...] = ()
    #: Whether a hook or a middleware answered before the guard was heard.
    came_first: bool = False


@dataclass(frozen=True)
class ContractReport:
    """What :func:`assert_method_contract` saw."""

    answers: tuple[Answer, ...]
    #: The rules that nothing could be sent to: each text names its rule, and why.
    left_out: tuple[str, ...]

    @property
    def wrong(self) -> tuple[Answer, ...]:
        """The answers that are not the table's."""
        return tuple(answer for answer in self.answers if answer.faults)

    @property
    def answered_first(self) -> tuple[Answer, ...]:
        """The answers that a hook or a middleware gave first, such as 401 or 302.

        They are neither right nor wrong. Give ``headers`` that log in to see what
        is behind them.
        """
        return tuple(answer for answer in self.answers if answer.came_first)

    def __str__(self) -> str:
        urls = {(answer.sample.host, answer.sample.path) for answer in self.answers}
        lines = [
            f"{len(self.answers)} methods were sent to {counted(len(urls), 'URL')}."
        ]
        if wrong := self.wrong:
            lines.append(f"\nWrong answers ({len(wrong)}):\n")
            lines += columns([_HEADER, *map(_row, wrong)])
        if self.left_out:
            lines.append(f"\nRules that nothing was sent to ({len(self.left_out)}):\n")
            lines += self.left_out
        if first := self.answered_first:
            lines.append(f"\n{_FIRST}\n")
            rows = [(str(a.sample), a.sample.endpoint, str(a.status)) for a in first]
            lines += columns([("URL", "ENDPOINT", "GOT"), *dict.fromkeys(rows)])
        return "\n".join(lines)


_HEADER = ("METHOD", "URL", "ENDPOINT", "EXPECTED", "GOT", "WHAT IS WRONG")
_FIRST = "A hook or a middleware answered first; headers=… can log in:"


def _row(answer: Answer) -> tuple[str, ...]:
    return (
        answer.method,
        str(answer.sample),
        answer.sample.endpoint,
        f"{answer.expected.status} {answer.expected.reason}",
        str(answer.status),
        "; ".join(answer.faults),
    )


def assert_method_contract(
    app: Flask,
    *,
    samples: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    at: date | str | None = None,
) -> ContractReport:
    """Check that the whole app refuses methods as the decision table says.

    To a URL of every rule goes every method that must be refused there, and three
    that nobody knows, through the middleware, the hooks and the error handlers.
    No method is sent that would reach a view, a redirect or the automatic answer
    to OPTIONS.

    Follows RFC 9110 §9.1, §9.3.2, §10.2.1 and §15.5.6.

    :param app: a Flask app with a guard.
    :param samples: values for arguments of rules, as :func:`flask.url_for` takes
        them: ``{"name": value}`` for every rule, ``{"endpoint": {"name": value}}``
        for one endpoint.
    :param headers: header fields of every request, such as those that log in.
    :param at: the moment of every request, as a date, a datetime or an ISO 8601
        string, in UTC unless it says otherwise; by default now. What that day
        refuses is sent, too. Only the guard's own clock is set to it, so do not
        serve other requests meanwhile.
    :return: what was seen. The answers that a hook gave first are in it, and are
        logged.
    :raises AssertionError: that lists every wrong answer, and every rule that
        nothing could be sent to.
    :raises NoGuardError: if the app has no guard.
    :raises RuntimeError: if the guard only reports.
    :raises ValueError: if ``samples`` names what no rule has, or ``at`` is not a
        date.
    """
    __tracebackhide__ = True  # pytest then points at the caller's line
    guard = guard_of(app)
    if guard.settings.report_only:
        raise RuntimeError(
            "METHOD_GUARD_REPORT_ONLY is on, so every answer is Flask's own, and there"
            " is nothing to test. Turn it off in the configuration of your tests."
        )
    with clock_at(guard, at):
        return _check_contract(app, guard, samples, headers)


def _check_contract(
    app: Flask,
    guard: AppGuard,
    samples: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
) -> ContractReport:
    """Check the contract at the moment that the guard's clock shows."""
    __tracebackhide__ = True
    targets, left_out = _targets(app, samples or {})
    requests: list[_Request] = []
    for target in targets:
        try:
            requests += _requests(app, guard, target, headers or {})
        except NoSampleError as error:
            left_out.append(str(error))
    # Nothing was sent so far: what is asked first can't be changed by an answer.
    answers = tuple(_send(app, guard, *request) for request in requests)
    report = ContractReport(answers, tuple(left_out))
    if report.wrong or report.left_out:
        raise AssertionError(str(report))
    if report.answered_first:
        _log.warning("%s", report)
    return report


# -- what is sent -----------------------------------------------------------------


def _targets(
    app: Flask, samples: Mapping[str, Any]
) -> tuple[list[SampleUrl], list[str]]:
    """Make a URL for each rule; each URL is used once."""
    rules = url_rules(app.url_map)
    _check_names(samples, rules)
    general = {k: v for k, v in samples.items() if not isinstance(v, Mapping)}
    targets: dict[tuple[str, str], SampleUrl] = {}
    left_out = []
    # A converter may ask the app for something.
    with app.app_context():
        for rule in rules:
            given = {**general, **samples.get(rule.endpoint, {})}
            try:
                sample = sample_url(rule, default_host(app.config), given)
            except NoSampleError as error:
                left_out.append(str(error))
            else:
                targets.setdefault((sample.host, sample.path), sample)
    return list(targets.values()), left_out


def _check_names(samples: Mapping[str, Any], rules: Iterable[Any]) -> None:
    arguments = {name for rule in rules for name in rule.arguments}
    endpoints = {rule.endpoint for rule in rules}
    for name, value in samples.items():
        known = endpoints if isinstance(value, Mapping) else arguments
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), 1)
            hint = f"Did you mean {close[0]!r}?" if close else "Remove it."
            kind = "endpoint" if isinstance(value, Mapping) else "argument"
            raise ValueError(f"samples names {name!r}, no {kind} of any rule. {hint}")


_Request = tuple[SampleUrl, Explanation, Environ]


def _requests(
    app: Flask, guard: AppGuard, target: SampleUrl, headers: Mapping[str, str]
) -> list[_Request]:
    """Make the requests to one URL that the table refuses."""
    snapshot = guard.refresh(app)
    known = {*snapshot.supported_methods, *snapshot.rules.declared, *snapshot.app_marks}
    found = []
    for method in [*sorted(known), *UNKNOWN_METHODS]:
        fields = dict(headers)
        if escape(method) != method:
            # Where markup must be escaped.
            fields.setdefault("Accept", "text/html")
        environ = make_environ(app, method, target.path, target.host, fields)
        expected = explain_request(app, environ, method, str(target), guard.clock())
        if expected.reason is None:
            raise NoSampleError(
                f"{target.rule} (endpoint {target.endpoint!r}): {target} is answered"
                f" with {expected.answer}, for {expected.condition}."
            )
        if expected.status in REFUSED:
            found.append((target, expected, environ))
    return found


# -- what comes back --------------------------------------------------------------


def _send(
    app: Flask,
    guard: AppGuard,
    target: SampleUrl,
    expected: Explanation,
    environ: Environ,
) -> Answer:
    heard: list[object] = []

    def hear(_: object, exception: object, **_more: object) -> None:
        heard.append(exception)

    with method_rejected.connected_to(hear, sender=app):
        try:
            body, line, headers = run_wsgi_app(app, environ, buffered=True)
        except Exception as error:  # noqa: BLE001 -- a server makes it a 500
            fault = f"raised {error!r}"
            return Answer(target, expected.method, expected, 500, (fault,))
    status = int(line.split()[0])
    # The guard was not heard, and what came is a refusal of another kind.
    if not heard and status != expected.status and _refuses(status):
        return Answer(target, expected.method, expected, status, came_first=True)
    faults = tuple(_faults(expected, status, headers, b"".join(body)))
    return Answer(target, expected.method, expected, status, faults)


def _refuses(status: int) -> bool:
    return 300 <= status < 500 or status == 503


def _faults(
    expected: Explanation, status: int, headers: Headers, body: bytes
) -> Iterator[str]:
    """Say what is wrong with an answer."""
    if status != expected.status:
        yield "wrong status"
    elif status == 405:
        yield from _allow_faults(expected.allowed_methods, headers.getlist("Allow"))
    if expected.method == "HEAD" and body:
        yield f"a body of {len(body)} bytes after HEAD"
    markup = headers.get("Content-Type", "text/html").partition(";")[0]
    # Flask gives handlers the method in upper case.
    echoed = expected.method.encode().upper() in body.upper()
    if (
        echoed
        and escape(expected.method) != expected.method
        and markup.endswith(("html", "xml"))
    ):
        yield "the method is echoed unescaped"


def _allow_faults(expected: Iterable[str], found: list[str]) -> Iterator[str]:
    methods = {m.strip() for value in found for m in value.split(",") if m.strip()}
    if not found:
        yield "no Allow"
    elif methods != set(expected):
        yield f"Allow is {', '.join(found)!r}, not {', '.join(expected)!r}"
