"""Deprecations: the value, how it is read, its header fields and its dates.

The header fields are ``Deprecation`` (RFC 9745) and ``Sunset`` (RFC 8594). This
module uses only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timezone
from email.utils import format_datetime
from typing import Any

from .links import as_url, check_url, link_field
from .messages import closest, given_twice

#: What can be wrong with a value: its type, or its content.
Problem = TypeError | ValueError

#: The advice where a deprecation says nothing.
SAY_SOMETHING = "Set since, sunset, link or notice."

# strftime("%B") depends on the locale of the process.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def utc_now() -> datetime:
    """Return the current time: the default clock of the guard."""
    return datetime.now(timezone.utc)


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

    @classmethod
    def from_mapping(cls, values: Mapping[Any, object]) -> Deprecation:
        """Read ``since``, ``sunset``, ``link`` and ``notice``.

        A time is a :class:`~datetime.date`, a :class:`~datetime.datetime` or an
        ISO 8601 string, in UTC unless it says otherwise. A date means its first
        second, and fractions of a second are dropped. Keys may be in upper case,
        as in environment variables.

        :param values: the four; any of them may be missing or ``None``.
        :return: the value.
        :raises TypeError: for a value of another type.
        :raises ValueError: for an unknown key, a text that is not a date or a link,
            a sunset before ``since`` (RFC 9745 §4), or no value at all.
        """
        value, problems = read_deprecation(values)
        if problems:
            raise joined(problems)
        return value

    def has_ended(self, now: datetime) -> bool:
        """Return whether the sunset has passed (RFC 8594 §3).

        :param now: an aware time.
        :return: ``True`` from the very second of the sunset.
        """
        return self.sunset is not None and now >= self.sunset

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

    def as_json(self) -> dict[str, str]:
        """Return the known values, with times as ISO 8601 text."""
        found = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                value = value.isoformat().replace("+00:00", "Z")
            if value is not None:
                found[field.name] = value
        return found


def spoken_date(moment: datetime) -> str:
    """Return a date as people write it: ``1 March 2026``."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def read_deprecation(
    values: Mapping[Any, object],
) -> tuple[Deprecation, list[Problem]]:
    """Read what :meth:`Deprecation.from_mapping` reads, and collect all problems.

    :param values: the four; any of them may be missing or ``None``.
    :return: the value, without what could not be read, and the problems.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, given in values.items():
        try:
            name = _key(key, found)
            found[name] = None if given is None else _read(name, given)
        except (TypeError, ValueError) as error:
            problems.append(error)
    value = Deprecation(**found)
    since, sunset = value.since, value.sunset
    if since and sunset and sunset < since:
        problems.append(
            ValueError(
                f"sunset {sunset.isoformat()} is earlier than since"
                f" {since.isoformat()}. Use a sunset on or after since."
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
_ISO = re.compile(r"\d{4}-\d\d-\d\d([Tt ].+)?")


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
            if not _ISO.fullmatch(value.strip()):
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
    "link": _link,
    "notice": _notice,
}


def joined(problems: Sequence[Problem], where: str = "") -> Problem:
    """Return one error for several; its type is that of the first."""
    return type(problems[0])(where + " ".join(str(problem) for problem in problems))
