"""The contract test: every method that must be rejected, sent through the whole app.

It first asks the guard which methods it rejects, and sends only those. So no request
reaches a view.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from time import monotonic
from typing import Any

import click
from flask import Flask

from .decision import Reason
from .guard import AppGuard
from .inspection.agreement import Agreement, agreement
from .inspection.apps import Environ, check_blueprint, installed_guard
from .inspection.contract import ContractReport as ContractReport
from .inspection.contract import MethodContractError as MethodContractError
from .inspection.contract import Reply as Reply
from .inspection.exchange import Exchange, needs_escape
from .inspection.explanation import (
    REJECTED,
    Explanation,
    default_host,
    explain_request,
    make_environ,
)
from .inspection.findings import finding_text, summary_of_differences
from .inspection.openapi import Source
from .inspection.samples import NoSampleError, SampleUrl, sample_url
from .inspection.schedule import read_at
from .inspection.survey import Survey, survey_of
from .messages import closest
from .snapshot import blueprints_of

#: Methods that no app knows: a plain one, one that HTML must escape, and one that is
#: not a token. None differs from a known method by its case alone, because some servers
#: and middleware change the case.
UNKNOWN_METHODS = ("BREW", "B&Q'S", "<b>m</b>")

#: The seconds between two log lines about the progress in a big app.
PROGRESS = 5.0

_log = logging.getLogger(__name__)


def assert_method_contract(  # noqa: PLR0913 -- each is an option
    app: Flask,
    *,
    samples: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    at: date | str | None = None,
    thorough: bool = False,
    blueprint: str | None = None,
) -> ContractReport:
    """Check that the whole app rejects methods as the decision table says.

    A URL of every rule gets every method that must be rejected there, through the
    middleware, the hooks and the error handlers. One URL of each blueprint and host
    gets three methods that no app knows, too. No method is sent that would reach a
    view, a redirect or the automatic response to OPTIONS.

    Follows RFC 9110 §9.1, §9.3.2, §10.2.1 and §15.5.6.

    :param app: a Flask app with a guard.
    :param samples: values for arguments of rules, as :func:`flask.url_for` takes
        them: ``{"name": value}`` for every rule, ``{"endpoint": {"name": value}}``
        for one endpoint.
    :param headers: header fields of every request, such as those that log in.
    :param at: the moment of every request, as a date, a datetime or an ISO 8601
        string, in UTC unless it says otherwise; by default now. What that day
        rejects is sent, too. Only the guard's own clock is set to it, so do not
        serve other requests meanwhile.
    :param thorough: whether the three unknown methods are sent to every URL.
    :param blueprint: the name of the only blueprint to test, with those inside it; by
        default the whole app.
    :return: what was seen. The responses that a hook gave first are in it, and are
        logged as a warning.
    :raises MethodContractError: if a response is wrong, if nothing could be sent to a
        rule, or if fewer than one in ten responses came from the guard.
    :raises NoGuardError: if the app has no guard.
    :raises RuntimeError: if the guard only reports.
    :raises ValueError: if ``samples`` names something that no rule has, if ``at`` is
        not a date, or if there is no such blueprint, or nothing in it.
    """
    __tracebackhide__ = True  # pytest then points at the caller's line
    guard = installed_guard(app)
    if guard.settings.report_only:
        raise RuntimeError(
            "METHOD_GUARD_REPORT_ONLY is on, so every response is Flask's own, and"
            " there is nothing to test. Turn it off in the configuration of your tests."
        )
    with guard.clock_stopped_at(read_at(guard, at)):
        survey = survey_of(app)
        targets, left_out = _targets(survey, samples or {}, blueprint)
        requests, unsent = _plan(survey, targets, headers or {}, thorough=thorough)
        # Nothing was sent until here, so no response can change what is expected.
        return _check_contract(app, guard, requests, (*left_out, *unsent))


def _check_contract(
    app: Flask,
    guard: AppGuard,
    requests: Sequence[_Request],
    left_out: tuple[str, ...],
) -> ContractReport:
    """Send requests, and check the responses."""
    __tracebackhide__ = True
    exchange = Exchange(app, guard)
    with exchange.listening():
        answers = tuple(exchange.send(*request) for request in _counted(requests))
    report = ContractReport(answers, left_out, tuple(exchange.hints(answers)))
    if report.wrong or report.left_out or report.is_hollow:
        raise MethodContractError(report)
    if report.answered_first:
        _log.warning("%s", report)
    return report


def _counted(requests: Sequence[_Request]) -> Iterator[_Request]:
    """Pass requests on, and log every few seconds how many have been sent."""
    due = monotonic() + PROGRESS
    for number, request in enumerate(requests):
        if monotonic() >= due:
            _log.info("%s of %s requests sent", f"{number:,}", f"{len(requests):,}")
            due = monotonic() + PROGRESS
        yield request


def assert_openapi_agrees(  # noqa: PLR0913
    app: Flask,
    document: Source,
    *,
    at: date | str | None = None,
    prefix: str | None = None,
    under: str | None = None,
    exclude: Iterable[str] = (),
) -> Agreement:
    """Check that an OpenAPI document lists the methods that an app serves.

    The arguments are those of :func:`flask_method_guard.report.agreement`.

    :return: what was compared; what could not be is in it, and is logged as a warning.
    :raises AssertionError: if there is a difference; the message lists them all.
    :raises DocumentError: if the document can't be read.
    """
    __tracebackhide__ = True
    found = agreement(app, document, at=at, prefix=prefix, under=under, exclude=exclude)
    if found:
        lines = [finding_text(each, None) for each in found]
        text = "\n".join([*lines, summary_of_differences(found, None)])
        raise AssertionError(click.unstyle(text))
    if found.not_compared:
        _log.warning("%s", summary_of_differences(found, None))
    return found


# -- what is sent -----------------------------------------------------------------


def _targets(
    survey: Survey, samples: Mapping[str, Any], blueprint: str | None
) -> tuple[list[SampleUrl], list[str]]:
    """Make a URL for each rule, of one blueprint if need be; each URL is used once."""
    app, rules = survey.app, survey.rules
    _check_names(samples, rules)
    if blueprint is not None:
        check_blueprint(app, blueprint)
        rules = tuple(r for r in rules if blueprint in blueprints_of(r.endpoint))
        if not rules:
            raise ValueError(
                f"Blueprint {blueprint!r} has no routes, so there is nothing to test."
            )
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
            meant = closest(name, sorted(known))
            hint = f"Did you mean {meant!r}?" if meant else "Remove it."
            kind = "endpoint" if isinstance(value, Mapping) else "argument"
            raise ValueError(f"samples names {name!r}, no {kind} of any rule. {hint}")


def _plan(
    survey: Survey,
    targets: Iterable[SampleUrl],
    headers: Mapping[str, str],
    *,
    thorough: bool,
) -> tuple[list[_Request], list[str]]:
    """Make the requests to all URLs, and name the URLs that get no decision."""
    requests: list[_Request] = []
    left_out = []
    snapshot = survey.snapshot
    marked = survey.guard.settings.deprecated_methods
    known = sorted({*snapshot.supported_methods, *snapshot.rules.declared, *marked})
    visited: set[tuple[str, str]] = set()
    for target in targets:
        part = (target.host, target.endpoint.rpartition(".")[0])
        unknown = () if part in visited and not thorough else UNKNOWN_METHODS
        try:
            methods = [*known, *unknown]
            requests += _requests(survey, target, methods, headers)
        except NoSampleError as error:
            left_out.append(str(error))
        else:
            visited.add(part)
    return requests, left_out


_Request = tuple[SampleUrl, Explanation, Environ]


def _requests(
    survey: Survey,
    target: SampleUrl,
    methods: Iterable[str],
    headers: Mapping[str, str],
) -> list[_Request]:
    """Make the requests to one URL that the table rejects."""
    found = []
    app, guard, snapshot = survey.app, survey.guard, survey.snapshot
    without_dates = frozenset(snapshot.supported_methods) - snapshot.rejectable
    not_allowed: Explanation | None = None
    for method in methods:
        if not_allowed and method in not_allowed.allowed_methods:
            continue  # Allow is exact, so there is no need to ask
        fields = dict(headers)
        if needs_escape(method):
            fields.setdefault("Accept", "text/html")
        environ = make_environ(app, method, target.path, target.host, fields)
        if not_allowed and method in without_dates:
            # Nor is there here, since no date can be the reason for a rejection.
            expected = replace(not_allowed, method=method, detail=None, docs=None)
        else:
            expected = explain_request(
                app, guard, environ, method, str(target), guard.clock()
            )
        if expected.reason is None:
            raise NoSampleError(
                f"{target.rule} (endpoint {target.endpoint!r}): {target} gets"
                f" {expected.answer}, because {expected.condition}."
            )
        if expected.status in REJECTED:
            found.append((target, expected, environ))
        if expected.reason is Reason.NOT_ALLOWED:
            not_allowed = expected
    return found
