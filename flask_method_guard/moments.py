"""Moments: how times and intervals are read and written.

This module uses only the standard library.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from .messages import Problem, joined

# strftime("%B") depends on the locale of the process.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def utc_now() -> datetime:
    """Return the current time: the default clock of the guard."""
    return datetime.now(timezone.utc)


class Window(NamedTuple):
    """A brownout: an interval in UTC, as a pair of its start and its end."""

    #: The first second of the interval.
    start: datetime
    #: The first second after it.
    end: datetime

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"


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


def read_windows(value: object) -> tuple[Window, ...]:
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
    first, _, second = value.strip().partition("/")
    duration = re.fullmatch(_DURATION, second.strip())
    try:
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
