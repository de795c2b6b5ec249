"""The contract test: every method that must be refused, sent through the whole app.

The guard is asked first what must be refused, so no method is sent that would reach a
view.
"""

from __future__ import annotations

import difflib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask import Flask, got_request_exception
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from .guard import AppGuard
from .inspection.apps import Environ, guard_of, hooks_before, name_of
from .inspection.explanation import (
    REFUSED,
    Explanation,
    default_host,
    explain_request,
    make_environ,
)
from .inspection.first import find_first
from .inspection.places import place_raised
from .inspection.rules import url_rules
from .inspection.samples import NoSampleError, SampleUrl, sample_url
from .inspection.schedule import clock_at
from .inspection.text import counted, wrapped
from .signals import method_rejected

#: Methods that no app knows: a plain one, one that HTML must escape, and one that is
#: not a token. None differs from a known method by its case alone, because some servers
#: and middleware change the case.
UNKNOWN_METHODS = ("BREW", "B&Q'S", "<b>m</b>")

#: How much of each kind a report shows: groups, and examples of each.
_GROUPS, _EXAMPLES = 5, 3
_WIDTH = 88
#: Names what answered first where no function and no middleware did.
_UNKNOWN = "something that is neither a hook nor a middleware"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """One answer of the app to a method that must be refused."""

    sample: SampleUrl
    method: str
    #: What the table says.
    expected: Explanation
    #: The status code of the response; 500 for an exception that left the app.
    status: int
    #: What is wrong with it, as ``"kind"`` or ``"kind: detail"``; empty if nothing is.
    faults: tuple[str, ...] = ()
    #: Whether the guard made the decision that became the answer.
    from_guard: bool = False
    #: Whether a hook or a middleware answered before the guard.
    came_first: bool = False
    #: The name of what answered first, if it is known.
    first: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.sample} ({self.sample.endpoint})"


@dataclass(frozen=True)
class ContractReport:
    """What :func:`assert_method_contract` saw."""

    answers: tuple[Answer, ...]
    #: The rules that nothing could be sent to: each text names its rule, and why.
    left_out: tuple[str, ...] = ()
    #: What to do about answers that came first, a sentence each.
    hints: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Answer, ...]:
        """The answers that differ from the table."""
        return tuple(answer for answer in self.answers if answer.faults)

    @property
    def answered_first(self) -> tuple[Answer, ...]:
        """The answers that a hook or a middleware gave first, such as 401 or 302.

        They are neither right nor wrong: what is behind them was not tested.
        """
        return tuple(answer for answer in self.answers if answer.came_first)

    @property
    def is_hollow(self) -> bool:
        """Whether fewer than one in ten answers came from the guard.

        Wrong answers do not count: they are a failure of another kind.
        """
        guards = sum(answer.from_guard for answer in self.answers)
        return guards * 10 < len(self.answers) - len(self.wrong)

    def __str__(self) -> str:
        urls = {(answer.sample.host, answer.sample.path) for answer in self.answers}
        sent = counted(len(self.answers), "request")
        parts = [
            f"Sent {sent} to {counted(len(urls), 'URL')}.",
            *_wrong_part(self.wrong),
            *_left_out_part(self.left_out),
            *_first_part(self),
        ]
        return "\n".join(parts)


class MethodContractError(AssertionError):
    """The app breaks the contract; the message is the report, shortened.

    :param report: what was seen.
    """

    def __init__(self, report: ContractReport) -> None:
        super().__init__(str(report))
        #: All that was seen.
        self.report = report


def _wrong_part(wrong: Sequence[Answer]) -> Iterator[str]:
    """List the wrong answers by what is wrong, the most frequent first."""
    if wrong:
        yield f"\n{counted(len(wrong), 'wrong answer')}:"
    kinds: dict[str, list[tuple[str, Answer]]] = {}
    for answer in wrong:
        for fault in answer.faults:
            kind, _, detail = fault.partition(": ")
            kinds.setdefault(kind, []).append((detail, answer))
    largest = sorted(kinds, key=lambda kind: -len(kinds[kind]))
    for kind in largest[:_GROUPS]:
        yield f"\n  {counted(len(kinds[kind]), 'answer')}: {kind}"
        details = {detail for detail, _ in kinds[kind]}
        if len(details) == 1:
            yield from (f"      {detail}" for detail in details if detail)
            examples = [str(answer) for _, answer in kinds[kind]]
        else:
            examples = [f"{answer}: {detail}" for detail, answer in kinds[kind]]
        yield from (f"      {line}" for line in _few(examples))
    if len(kinds) > _GROUPS:
        yield f"\n  … and {len(kinds) - _GROUPS} more kinds"


def _left_out_part(left_out: Sequence[str]) -> Iterator[str]:
    """List the rules that nothing was sent to."""
    if left_out:
        yield f"\n{counted(len(left_out), 'rule')} without a request:\n"
    for line in _few(left_out):
        yield wrapped(line, _WIDTH, "  ", "      ")


def _first_part(report: ContractReport) -> Iterator[str]:
    """List the answers that came before the guard's, by status and by who gave them."""
    first = report.answered_first
    if report.is_hollow:
        yield "\nAlmost nothing was tested: fewer than 1 in 10 answers are the guard's."
    if first:
        total = counted(len(report.answers), "answer")
        yield f"\n{len(first):,} of {total} came before the guard's:\n"
    groups = Counter((answer.status, answer.first or _UNKNOWN) for answer in first)
    lines = [
        f"{counted(count, 'answer')}: {status} from {name}"
        for (status, name), count in groups.most_common()
    ]
    yield from (f"  {line}" for line in _few(lines, _GROUPS))
    if first and report.hints:
        yield ""
    yield from (wrapped(hint, _WIDTH) for hint in report.hints)


def _few(lines: Sequence[str], limit: int = _EXAMPLES) -> list[str]:
    """Keep a few lines, and count the others."""
    rest = len(lines) - limit
    return [*lines[:limit], *([f"… and {rest:,} more"] if rest > 0 else [])]


def assert_method_contract(
    app: Flask,
    *,
    samples: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    at: date | str | None = None,
    thorough: bool = False,
) -> ContractReport:
    """Check that the whole app refuses methods as the decision table says.

    A URL of every rule gets every method that must be refused there, through the
    middleware, the hooks and the error handlers. One URL of each blueprint and host
    gets three methods that no app knows, too. No method is sent that would reach a
    view, a redirect or the automatic answer to OPTIONS.

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
    :param thorough: whether the three unknown methods are sent to every URL.
    :return: what was seen. The answers that a hook gave first are in it, and are
        logged as a warning.
    :raises MethodContractError: if an answer is wrong, if nothing could be sent to a
        rule, or if fewer than one in ten answers came from the guard.
    :raises NoGuardError: if the app has no guard.
    :raises RuntimeError: if the guard only reports.
    :raises ValueError: if ``samples`` names something that no rule has, or ``at`` is
        not a date.
    """
    __tracebackhide__ = True  # pytest then points at the caller's line
    guard = guard_of(app)
    if guard.settings.report_only:
        raise RuntimeError(
            "METHOD_GUARD_REPORT_ONLY is on, so every answer is Flask's own, and there"
            " is nothing to test. Turn it off in the configuration of your tests."
        )
    with clock_at(guard, at):
        return _check_contract(app, guard, samples, headers, thorough=thorough)


def _check_contract(
    app: Flask,
    guard: AppGuard,
    samples: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    *,
    thorough: bool,
) -> ContractReport:
    """Check the contract at the moment that the guard's clock shows."""
    __tracebackhide__ = True
    targets, left_out = _targets(app, samples or {})
    requests: list[_Request] = []
    known = _known_methods(app, guard)
    visited: set[tuple[str, str]] = set()
    for target in targets:
        part = (target.host, target.endpoint.rpartition(".")[0])
        unknown = () if part in visited and not thorough else UNKNOWN_METHODS
        try:
            requests += _requests(app, target, [*known, *unknown], headers or {})
        except NoSampleError as error:
            left_out.append(str(error))
        else:
            visited.add(part)
    # Nothing was sent until here, so no answer can change what is expected.
    exchange = _Exchange(app, guard)
    with exchange.listening():
        answers = tuple(exchange.send(*request) for request in requests)
    report = ContractReport(answers, tuple(left_out), tuple(exchange.hints(answers)))
    if report.wrong or report.left_out or report.is_hollow:
        raise MethodContractError(report)
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


def _known_methods(app: Flask, guard: AppGuard) -> list[str]:
    """List the methods that the app has something to say about."""
    snapshot = guard.refresh(app)
    marked = guard.settings.deprecated_methods
    return sorted({*snapshot.supported_methods, *snapshot.rules.declared, *marked})


_Request = tuple[SampleUrl, Explanation, Environ]


def _requests(
    app: Flask, target: SampleUrl, methods: Iterable[str], headers: Mapping[str, str]
) -> list[_Request]:
    """Make the requests to one URL that the table refuses."""
    found = []
    allowed: Collection[str] = ()
    for method in methods:
        if method in allowed:
            continue  # Allow is exact, so there is no need to ask
        fields = dict(headers)
        if _needs_escape(method):
            fields.setdefault("Accept", "text/html")
        environ = make_environ(app, method, target.path, target.host, fields)
        expected = explain_request(
            app, environ, method, str(target), guard_of(app).clock()
        )
        if expected.reason is None:
            raise NoSampleError(
                f"{target.rule} (endpoint {target.endpoint!r}): {target} is answered"
                f" with {expected.answer}, because {expected.condition}."
            )
        if expected.status in REFUSED:
            found.append((target, expected, environ))
            allowed = expected.allowed_methods or allowed
    return found


@cache
def _needs_escape(method: str) -> bool:
    return str(escape(method)) != method


# -- what comes back --------------------------------------------------------------


class _Exchange:
    """Sends requests to an app and listens to what happens inside."""

    def __init__(self, app: Flask, guard: AppGuard) -> None:
        self._app = app
        self._guard = guard
        self._rejections: list[object] = []
        self._errors: list[BaseException] = []
        self._told: set[str] = set()
        #: Who answered first, for each status, method and blueprint.
        self._first: dict[tuple[int, str, str], Callable[..., Any] | None] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear rejections and exceptions, and keep tracebacks out of the log."""

        def reject(_: object, exception: object, **_more: object) -> None:
            self._rejections.append(exception)

        def fail(_: object, exception: BaseException) -> None:
            self._errors.append(exception)

        logger = self._app.logger
        logger.addFilter(self._is_news)
        try:
            with (
                method_rejected.connected_to(reject, sender=self._app),
                got_request_exception.connected_to(fail, sender=self._app),
            ):
                yield
        finally:
            logger.removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Drop what Flask logs of the exceptions that the report names."""
        return not (record.exc_info and record.exc_info[1] in self._errors)

    def send(
        self, target: SampleUrl, expected: Explanation, environ: Environ
    ) -> Answer:
        """Send one request and look at the answer."""
        self._rejections.clear()
        self._errors.clear()
        again = dict(environ)
        try:
            body, line, headers = run_wsgi_app(self._app, environ, buffered=True)
        except Exception as error:  # noqa: BLE001 -- a server makes it a 500
            fault = self._crash(error)
            return Answer(target, expected.method, expected, 500, (fault,))
        status = int(line.split()[0])
        if status == 500 and self._errors:
            fault = self._crash(self._errors[-1])
            return Answer(target, expected.method, expected, status, (fault,))
        heard = bool(self._rejections)
        # The guard was not heard, and what came is a refusal of another kind.
        if not heard and status != expected.status and _refuses(status):
            return Answer(
                target,
                expected.method,
                expected,
                status,
                came_first=True,
                first=self._name_first(status, target, expected.method, again),
            )
        faults = tuple(_faults(expected, status, headers, b"".join(body)))
        return Answer(target, expected.method, expected, status, faults, heard)

    def _crash(self, error: BaseException) -> str:
        """Name an exception and its place; log its traceback once, for debugging."""
        kind = type(error).__name__
        if found := place_raised(error):
            kind += f" in {found[0]}, {found[1]}"
        if kind not in self._told:
            self._told.add(kind)
            _log.debug("%s", kind, exc_info=error)
        text = " ".join(str(error).split())
        return f"{kind}: {text[:200]}" if text else kind

    def _name_first(
        self, status: int, target: SampleUrl, method: str, environ: Environ
    ) -> str | None:
        key = (status, method, target.endpoint.rpartition(".")[0])
        if key not in self._first:
            self._first[key] = find_first(self._app, environ)
        function = self._first[key]
        return None if function is None else name_of(function)

    def hints(self, answers: Iterable[Answer]) -> Iterator[str]:
        """Say what to do about answers that came first."""
        statuses = {answer.status for answer in answers if answer.came_first}
        if any(300 <= status < 400 or status in (401, 403) for status in statuses):
            yield (
                "If that is a login, log in with headers=…, for example"
                ' headers={"Cookie": "session=…"}.'
            )
        hooks = [f for found in self._app.before_request_funcs.values() for f in found]
        found = [f for f in self._first.values() if f in hooks]
        if not found or self._guard.settings.reject_early:
            return
        move = ""
        if any(f in hooks_before(self._app) for f in found):
            move = "call MethodGuard(app) before they are registered, and "
        yield (
            f"To let the guard answer before these functions, {move}set"
            " METHOD_GUARD_REJECT_EARLY = True."
        )


def _refuses(status: int) -> bool:
    return 300 <= status < 500 or status == 503


def _faults(
    expected: Explanation, status: int, headers: Headers, body: bytes
) -> Iterator[str]:
    """Say what is wrong with an answer."""
    if status != expected.status:
        yield f"{status} instead of {expected.status} {expected.reason}"
    elif status == 405:
        yield from _allow_faults(expected.allowed_methods, headers.getlist("Allow"))
    if expected.method == "HEAD" and body:
        yield f"a body after HEAD: {counted(len(body), 'byte')}"
    markup = headers.get("Content-Type", "text/html").partition(";")[0]
    is_risky = _needs_escape(expected.method) and markup.endswith(("html", "xml"))
    # Flask gives handlers the method in upper case.
    if is_risky and expected.method.encode().upper() in body.upper():
        yield "the method is in the page, and is not escaped"


def _allow_faults(expected: Iterable[str], found: list[str]) -> Iterator[str]:
    methods = {m.strip() for value in found for m in value.split(",") if m.strip()}
    if not found:
        yield "no Allow"
    elif methods != set(expected):
        yield f"wrong Allow: {', '.join(found)!r} instead of {', '.join(expected)!r}"
