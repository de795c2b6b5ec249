"""Deprecations: the value, how it is read, its header fields and its phases.

The header fields are ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594). This
module uses only the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from typing import Any

from .links import as_url, link_field, read_url
from .messages import Problem, closest, given_twice, joined
from .moments import Window, iso, read_moment, read_windows
from .successor import Successor, read_successor

#: The advice where a deprecation says nothing.
SAY_SOMETHING = "Set since, sunset, brownouts, link, notice or successor."

#: What is wrong with a deprecation without values.
EMPTY = f"it is empty. {SAY_SOMETHING}"


class Phase(str, Enum):
    """The stage of a deprecated method at a given time."""

    #: ``since`` is in the future.
    SCHEDULED = "scheduled"
    #: The method works, and clients are told that it is deprecated.
    DEPRECATED = "deprecated"
    #: The method is rejected for a while, inside a brownout window.
    BROWNOUT = "brownout"
    #: The sunset has passed, and is not enforced.
    OVERDUE = "overdue"
    #: The sunset has passed, and is enforced.
    RETIRED = "retired"

    __str__ = str.__str__
    # A phase equals its text, so both need the same hash.
    __hash__ = str.__hash__

    @property
    def is_rejected(self) -> bool:
        """Whether the method gets 405."""
        return self in (Phase.BROWNOUT, Phase.RETIRED)


@dataclass(frozen=True)
class Deprecation:
    """What clients learn about a deprecated method.

    Built by :meth:`from_mapping`; the times are aware and in UTC.
    """

    #: When the method becomes deprecated (RFC 9745).
    since: datetime | None = None
    #: When the method may stop working (RFC 8594).
    sunset: datetime | None = None
    #: A page that explains the deprecation.
    link: str | None = None
    #: A sentence for people.
    notice: str | None = None
    #: When the method is rejected for a while before the sunset; sorted.
    brownouts: tuple[Window, ...] = ()
    #: What replaces the method.
    successor: Successor | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[Any, object]) -> Deprecation:
        """Read the values of one deprecation, by the names of the attributes.

        A time is a :class:`~datetime.date`, a :class:`~datetime.datetime` or an
        ISO 8601 string, in UTC unless it says otherwise. A date means its first
        second, and fractions of a second are dropped. Keys may be in upper case,
        as in environment variables.

        A brownout is an ISO 8601 interval, ``start/end`` or ``start/duration``, such
        as ``2026-05-05T14:00Z/PT1H``. Its end does not belong to it.

        A successor is a method, a URL, both (``PATCH /v2/books/{number}``), or a pair
        of prefixes (``["/v1/", "/v2/"]``).

        :param values: a mapping with any of these keys; ``None`` counts as missing.
        :return: the value.
        :raises TypeError: for a value of another type.
        :raises ValueError: for an unknown key, a text that is not a date, an interval,
            a link or a successor, a sunset before ``since`` (RFC 9745 §4), brownouts
            that overlap or end after the sunset, or no value at all.
        """
        value, problems = read_deprecation(values)
        if problems:
            raise joined(problems)
        return value

    def overridden(self, by: Deprecation) -> tuple[Deprecation, list[str]]:
        """Return the deprecation with the values of another one, value by value.

        :param by: the other one, which is free of contradictions.
        :return: the deprecation, and a text for each own value that contradicts the
            other one and is left out.
        """
        given = {f.name: getattr(by, f.name) for f in fields(by)}
        new = replace(self, **{name: value for name, value in given.items() if value})
        lost = []
        since, sunset = new.since, new.sunset
        if since and sunset and sunset < since:
            lost = [f"since {iso(since)}" if by.sunset else f"sunset {iso(sunset)}"]
            new = replace(new, since=None) if by.sunset else replace(new, sunset=None)
        sunset = new.sunset
        late = [window for window in new.brownouts if sunset and window.end > sunset]
        if late and sunset and by.brownouts:
            lost.append(f"sunset {iso(sunset)}")
            new = replace(new, sunset=None)
        elif late:
            lost += [f"brownout {window}" for window in late]
            kept = tuple(window for window in new.brownouts if window not in late)
            new = replace(new, brownouts=kept)
        return new, lost

    def phase(self, now: datetime, *, enforced: bool) -> Phase:
        """Return the phase at a moment.

        The sunset and the first second of a brownout belong to the new phase, the
        end of a brownout does not.

        :param now: an aware time.
        :param enforced: whether the sunset is enforced.
        """
        if self.sunset is not None and now >= self.sunset:
            return Phase.RETIRED if enforced else Phase.OVERDUE
        if self.brownout_end(now) is not None:
            return Phase.BROWNOUT
        if self.since is not None and now < self.since:
            return Phase.SCHEDULED
        return Phase.DEPRECATED

    def brownout_end(self, now: datetime) -> datetime | None:
        """Return when the current brownout ends; ``None`` outside of brownouts.

        Windows that touch count as one.
        """
        end = None
        for window in self.brownouts:
            if window.start <= (now if end is None else end) < window.end:
                end = window.end
        return end

    def next_brownout(self, now: datetime) -> Window | None:
        """Return the first brownout that starts after ``now``."""
        return next((window for window in self.brownouts if window.start > now), None)

    def headers(self) -> list[tuple[str, str]]:
        """Return the header fields that announce the deprecation.

        See RFC 9745 §2 and §3, and RFC 8594 §3. ``Deprecation`` requires a date, so
        it is left out when :attr:`since` is not known.

        :return: pairs of name and value.
        """
        found = []
        if self.since is not None:
            found.append(("Deprecation", f"@{int(self.since.timestamp())}"))
        if self.sunset is not None:
            found.append(("Sunset", format_datetime(self.sunset, usegmt=True)))
        if self.link is not None:
            found.append(link_field(self.link, "deprecation"))
        return found

    def as_json(self) -> dict[str, str | list[str]]:
        """Return the known values, with times as ISO 8601 text."""
        found: dict[str, str | list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                value = iso(value)
            elif isinstance(value, tuple):
                value = [str(window) for window in value]
            elif isinstance(value, Successor):
                value = value.as_written()
            if value:
                found[field.name] = value
        return found


def read_deprecation(
    values: Mapping[Any, object],
) -> tuple[Deprecation, list[Problem]]:
    """Read what :meth:`Deprecation.from_mapping` reads, and collect all problems.

    :param values: a mapping with any of its keys; ``None`` counts as missing.
    :return: what could be read, and the problems.
    """
    found, problems = read_values(values, READERS)
    value = build_deprecation(found, problems)
    if not problems and value == Deprecation():
        problems.append(ValueError(EMPTY))
    return value, problems


def read_values(
    values: Mapping[Any, object], readers: Mapping[str, Callable[[object], object]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Read each value by the reader of its key, and collect all problems.

    :return: what could be read, without ``None``, and the problems.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, given in values.items():
        try:
            name = _key(key, found, readers)
            found[name] = None if given is None else _read(name, given, readers)
        except (TypeError, ValueError) as error:
            problems.append(error)
    return {k: v for k, v in found.items() if v is not None}, problems


def build_deprecation(found: Mapping[str, Any], problems: list[Problem]) -> Deprecation:
    """Make a deprecation of values that were read, and add what contradicts."""
    value = Deprecation(**found)
    since, sunset = value.since, value.sunset
    if since and sunset and sunset < since:
        problems.append(
            ValueError(
                f"sunset {sunset.isoformat()} is earlier than since"
                f" {since.isoformat()}. Use a sunset on or after since."
            )
        )
    if value.brownouts and sunset and value.brownouts[-1].end > sunset:
        problems.append(
            ValueError(
                f"brownouts: {value.brownouts[-1]} ends after the sunset"
                f" {iso(sunset)}. End it at the sunset or before."
            )
        )
    return value


def _key(key: object, found: Container[str], known: Collection[str]) -> str:
    """Read a key in any case: on Windows, environment variables are in upper case."""
    name = str(key).lower()
    if name in found:
        raise ValueError(given_twice(key))
    if name not in known:
        meant = closest(name, known)
        hint = f"Did you mean {meant!r}?" if meant else "Remove it."
        raise ValueError(f"{key!r} is not one of {', '.join(known)}. {hint}")
    return name


def _read(
    name: str, value: object, readers: Mapping[str, Callable[[object], object]]
) -> object:
    try:
        return readers[name](value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


def _link(value: object) -> str:
    try:
        return as_url(read_url(value))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{value!r}: {error}.") from None


def _notice(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string. Write a sentence.")
    if not value.strip():
        raise ValueError(f"{value!r} is empty. Write a sentence, or leave it out.")
    # Plain text, even if it was markup: it is escaped where it is shown in HTML.
    return str(value.strip())


#: How the values of a deprecation are read.
READERS: Mapping[str, Callable[[object], object]] = {
    "since": read_moment,
    "sunset": read_moment,
    "brownouts": read_windows,
    "link": _link,
    "notice": _notice,
    "successor": read_successor,
}
