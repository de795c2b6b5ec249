"""Deprecations: the value, how it is read, its header fields and its dates.

The header fields are ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594). This
module uses only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, timezone
from email.utils import format_datetime
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

from .links import as_url, check_url, link_field
from .messages import closest, given_twice

#: What can be wrong with a value: its type, or its content.
Problem = TypeError | ValueError

#: The advice where a deprecation says nothing.
SAY_SOMETHING = "Set since, sunset, brownouts, link or notice."

# strftime("%B") depends on the locale of the process.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def utc_now() -> datetime:
    """Return the current time: the default clock of the guard."""
    return datetime.now(timezone.utc)


class Phase(str, Enum):
    """The stage of a deprecated method at a given time."""

    #: ``since`` is in the future.
    SCHEDULED = "scheduled"
    #: The method works, and clients are told that it is deprecated.
    DEPRECATED = "deprecated"
    #: The method is refused for a while, inside a brownout window.
    BROWNOUT = "brownout"
    #: The sunset has passed, and is not enforced.
    OVERDUE = "overdue"
    #: The sunset has passed, and is enforced.
    RETIRED = "retired"

    __str__ = str.__str__
    # A phase equals its text, so both need the same hash.
    __hash__ = str.__hash__

    @property
    def is_refused(self) -> bool:
        """Whether the method is answered with 405."""
        return self in (Phase.BROWNOUT, Phase.RETIRED)


class Window(NamedTuple):
    """A brownout: an interval in UTC, as a pair of its start and its end."""

    #: The first second of the interval.
    start: datetime
    #: The first second after it.
    end: datetime

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"


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
    #: When the method is refused for a while before the sunset; sorted.
    brownouts: tuple[Window, ...] = ()

    @classmethod
    def from_mapping(cls, values: Mapping[Any, object]) -> Deprecation:
        """Read ``since``, ``sunset``, ``brownouts``, ``link`` and ``notice``.

        A time is a :class:`~datetime.date`, a :class:`~datetime.datetime` or an
        ISO 8601 string, in UTC unless it says otherwise. A date means its first
        second, and fractions of a second are dropped. Keys may be in upper case,
        as in environment variables.

        A brownout is an ISO 8601 interval, ``start/end`` or ``start/duration``, such
        as ``2026-05-05T14:00Z/PT1H``. Its end does not belong to it.

        :param values: a mapping with any of the five keys; ``None`` counts as missing.
        :return: the value.
        :raises TypeError: for a value of another type.
        :raises ValueError: for an unknown key, a text that is not a date, an interval
            or a link, a sunset before ``since`` (RFC 9745 §4), brownouts that overlap
            or end after the sunset, or no value at all.
        """
        value, problems = read_deprecation(values)
        if problems:
            raise joined(problems)
        return value

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
            if value:
                found[field.name] = value
        return found


def iso(moment: datetime) -> str:
    """Return a time in UTC as ISO 8601 text, with ``Z``."""
    return moment.isoformat().replace("+00:00", "Z")


def spoken_date(moment: datetime) -> str:
    """Return a date as people write it: ``1 March 2026``."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def spoken_time(moment: datetime) -> str:
    """Return a time as people write it: ``5 May 2026, 15:00 UTC``."""
    clock = f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    return f"{spoken_date(moment)}, {clock} UTC"


def read_deprecation(
    values: Mapping[Any, object],
) -> tuple[Deprecation, list[Problem]]:
    """Read what :meth:`Deprecation.from_mapping` reads, and collect all problems.

    :param values: a mapping with any of the five keys; ``None`` counts as missing.
    :return: what could be read, and the problems.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, given in values.items():
        try:
            name = _key(key, found)
            found[name] = None if given is None else _read(name, given)
        except (TypeError, ValueError) as error:
            problems.append(error)
    # What is None keeps its default, which is () for brownouts.
    value = Deprecation(**{k: v for k, v in found.items() if v is not None})
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
    if not problems and value == Deprecation():
        problems.append(ValueError(f"it is empty. {SAY_SOMETHING}"))
    return value, problems


def _key(key: object, found: Container[str]) -> str:
    """Read a key in any case: on Windows, environment variables are in upper case."""
    name = str(key).lower()
    if name in found:
        raise ValueError(given_twice(key))
    if name not in _READERS:
        meant = closest(name, _READERS)
        hint = f"Did you mean {meant!r}?" if meant else "Remove it."
        raise ValueError(f"{key!r} is not one of {', '.join(_READERS)}. {hint}")
    return name


def _read(name: str, value: object) -> object:
    try:
        return _READERS[name](value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


# A date, alone or with a time. Python 3.11 would read the offset of
# "2026-01-01+05:00" as a time of day.
_ISO = r"\d{4}-\d\d-\d\d([Tt ].+)?"


def read_moment(value: object) -> datetime:
    """Read one time, in UTC unless it says otherwise.

    :param value: a date, a datetime or an ISO 8601 string.
    :return: an aware datetime in UTC, without fractions of a second.
    :raises TypeError: if it is none of these.
    :raises ValueError: if it is not a date, or is out of range.
    """
    given = value
    try:
        if isinstance(value, str):
            if not re.fullmatch(_ISO, value.strip()):
                raise ValueError
            # Python 3.10 does not read the "Z" that JSON and TOML write.
            text = re.sub("[Zz]$", "+00:00", value.strip())
            value = datetime.fromisoformat(text)
        if isinstance(value, datetime):
            if value.utcoffset() is None:
                value = value.replace(tzinfo=timezone.utc)
            value = value.astimezone(timezone.utc)
            # A plain datetime, even for a library's subclass, and whole seconds,
            # since both header fields count seconds.
            return datetime(*value.timetuple()[:6], tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{given!r} is not a date. Write 2026-03-01 or 2026-03-01T12:00:00Z."
        ) from None
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc)
    raise TypeError(f"{given!r} is not a date, a datetime or an ISO 8601 string.")


# The ISO 8601 durations of a fixed length.
_DURATION = (
    r"P(?=.)(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def _brownouts(value: object) -> tuple[Window, ...]:
    """Read brownouts: a list of intervals, or several of them in one string."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{value!r} is not a list. Write ['2026-05-05T14:00Z/PT1H'].")
    windows: list[Window] = []
    problems: list[Problem] = []
    for item in value:
        try:
            windows.append(_window(item))
        except (TypeError, ValueError) as error:
            problems.append(error)
    if problems:
        raise joined(problems)
    windows.sort()
    for first, second in pairwise(windows):
        if second.start < first.end:
            raise ValueError(f"{first} and {second} overlap. Make them one.")
    return tuple(windows)


def _window(value: object) -> Window:
    advice = "Write 2026-05-05T14:00Z/PT1H or 2026-05-05T14:00Z/2026-05-05T15:00Z."
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string. {advice}")
    first, slash, second = value.strip().partition("/")
    duration = re.fullmatch(_DURATION, second.strip())
    try:
        if not slash:
            raise ValueError
        start = read_moment(first)
        if duration is None:
            end = read_moment(second)
        else:
            parts = {name: int(n or 0) for name, n in duration.groupdict().items()}
            end = start + timedelta(**parts)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not an ISO 8601 interval. {advice}") from None
    if end <= start:
        raise ValueError(f"{value!r} is empty: it ends at {iso(end)}. {advice}")
    return Window(start, end)


def _link(value: object) -> str:
    try:
        return as_url(check_url(value))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{value!r}: {error}.") from None


def _notice(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string. Write a sentence.")
    if not value.strip():
        raise ValueError(f"{value!r} is empty. Write a sentence, or leave it out.")
    # Plain text, even if it was markup: it is escaped where it is shown in HTML.
    return str(value.strip())


_READERS: Mapping[str, Callable[[object], object]] = {
    "since": read_moment,
    "sunset": read_moment,
    "brownouts": _brownouts,
    "link": _link,
    "notice": _notice,
}


def joined(problems: Sequence[Problem], where: str = "") -> Problem:
    """Return one error for several; its type is that of the first."""
    return type(problems[0])(where + " ".join(str(problem) for problem in problems))
