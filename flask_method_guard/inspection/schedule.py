"""The schedule: which deprecated method ends when, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timezone

from flask import Flask
from werkzeug.routing import Rule

from ..deprecation import Deprecation, Phase
from ..guard import AppGuard
from ..marks import EVERY_OTHER
from ..moments import Window, read_moment
from ..snapshot import Snapshot, blueprints_of
from .rules import methods_of, rule_text
from .survey import Survey, survey_of

#: Before every date: nothing is retired or in a brownout yet.
BEFORE_EVERY_DATE = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class DeprecatedMethod:
    """One deprecated method of one route."""

    method: str
    #: The URL rule; ``None`` if no route has the method.
    rule: str | None
    endpoint: str | None
    phase: Phase
    #: Whole days until the sunset, rounded down; negative after it.
    days_left: int | None
    #: The next brownout that has not started.
    next_brownout: Window | None
    deprecation: Deprecation

    def ends_within(self, days: int) -> bool:
        """Return whether the sunset is at most that many days away, or is overdue.

        A method that is retired, or that no route has, is gone already.
        """
        if self.days_left is None or self.rule is None or self.phase is Phase.RETIRED:
            return False
        return self.days_left <= days

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        said = self.deprecation.as_json()
        return {
            "method": self.method,
            "rule": self.rule,
            "endpoint": self.endpoint,
            "phase": str(self.phase),
            "since": said.get("since"),
            "sunset": said.get("sunset"),
            "days_left": self.days_left,
            "next_brownout": str(self.next_brownout) if self.next_brownout else None,
            "link": said.get("link"),
            "notice": said.get("notice"),
            "successor": said.get("successor"),
        }


def deprecations(
    app: Flask, at: date | str | None = None
) -> tuple[DeprecatedMethod, ...]:
    """List the deprecated methods of an app, those with the earliest sunset first.

    A method that is deprecated in the whole app appears once for each of its routes.
    A deprecation of GET covers HEAD, which has a row only if its own is another one.

    :param app: a Flask app.
    :param at: the moment to look at, as a date, a datetime or an ISO 8601 string, in
        UTC unless it says otherwise; by default now.
    :raises ConfigError: if no guard is installed and the app's keys have errors.
    :raises TypeError: if ``at`` is something else.
    :raises ValueError: if ``at`` is not a date.
    """
    survey = survey_of(app)
    now = read_at(survey.guard, at)
    rows = [
        DeprecatedMethod(
            method=method,
            rule=rule,
            endpoint=endpoint,
            phase=value.phase(now, enforced=survey.snapshot.enforce_sunset),
            days_left=None if value.sunset is None else (value.sunset - now).days,
            next_brownout=value.next_brownout(now),
            deprecation=value,
        )
        for method, rule, endpoint, value in _marks(survey)
    ]
    return tuple(sorted(rows, key=_order))


def read_at(guard: AppGuard, at: date | str | None) -> datetime:
    """Return the moment to look at: ``at``, or what the guard's clock says."""
    if at is None:
        return guard.clock()
    try:
        return read_moment(at)
    except (TypeError, ValueError) as error:
        raise type(error)(f"at: {error}") from None


_Mark = tuple[str, str | None, str | None, Deprecation]


def _marks(survey: Survey) -> Iterator[_Mark]:
    """Yield method, rule, endpoint and value for each method of each route."""
    found: dict[tuple[str, str, str], Deprecation] = {}
    for rule in survey.rules:
        for method, value in marks_of(survey.snapshot, rule):
            found[method, rule_text(rule), rule.endpoint] = value
    for (method, text, endpoint), value in found.items():
        yield "*" if method == EVERY_OTHER else method, text, endpoint, value
    routed = {
        (name, method)
        for method, _, endpoint in found
        for name in (None, endpoint, *blueprints_of(endpoint))
    }
    written = list(survey.deprecations_of_methods())
    for name, marks in survey.snapshot.blueprint_marks.items():
        written += [(name, method, mark.value) for method, mark in marks.items()]
    for scope, method, value in written:
        if method != EVERY_OTHER and (scope, method) not in routed:
            yield method, None, None, value


def marks_of(snapshot: Snapshot, rule: Rule) -> Iterator[tuple[str, Deprecation]]:
    """Yield the deprecated methods of a rule, each with its value.

    HEAD is left out where GET's applies to it, and so are the methods of a rule for
    every method to which the one of every other method applies.
    """
    marks = snapshot.effective.get(rule.endpoint, snapshot.effective[None])
    methods = methods_of(rule)
    for method, value in marks.items():
        cover = "GET" if method == "HEAD" else EVERY_OTHER if methods is None else ""
        is_covered = method != cover and value is marks.get(cover)
        if not is_covered and (methods is None or method in methods):
            yield method, value


def _order(row: DeprecatedMethod) -> tuple[bool, int, str, str]:
    return row.days_left is None, row.days_left or 0, row.rule or "", row.method
