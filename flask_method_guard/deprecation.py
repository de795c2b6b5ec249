"""Deprecated methods: the value, how it is read, and its headers.

This module knows no request and no app. The headers are those of RFC 9745
(``Deprecation``) and RFC 8594 (``Sunset``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timezone
from email.utils import format_datetime
from typing import Any

from .decision import is_token
from .links import as_url, check_url

#: What is wrong with a value: its type, or what it says.
Problem = TypeError | ValueError

#: The mend where nothing, or nothing useful, is said.
GIVE = "Give since, sunset, link or notice."

# strftime("%B") would speak the language of the process's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def utc_now() -> datetime:
    """Tell the time: the default clock of the guard."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Deprecation:
    """What clients are told of a deprecated method.

    Built by :meth:`from_mapping`; the times are aware and in UTC.
    """

    #: From when on the method is deprecated (RFC 9745).
    since: datetime | None = None
    #: From when on the method may stop to work (RFC 8594).
    sunset: datetime | None = None
    #: Where the deprecation is explained.
    link: str | None = None
    #: A sentence for people.
    notice: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[Any, object]) -> Deprecation:
        """Read ``since``, ``sunset``, ``link`` and ``notice``.

        Times are a :class:`~datetime.date`, a :class:`~datetime.datetime` or an
        ISO 8601 string, in UTC unless they say otherwise; a date is its first
        second, and parts of a second are dropped. The keys may be in upper case,
        as environment variables have them.

        :param values: the four, some of which may be missing or ``None``.
        :return: the value.
        :raises TypeError: for a value of another type.
        :raises ValueError: for an unknown key, a text that is no date or link, a
            sunset before ``since`` (RFC 9745 §4), or nothing at all.
        """
        value, problems = read_deprecation(values)
        if problems:
            raise joined(problems)
        return value

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the sunset has come (RFC 8594 §3).

        :param now: an aware time.
        :return: ``True`` from the very second of the sunset on.
        """
        return self.sunset is not None and now >= self.sunset

    def headers(self) -> list[tuple[str, str]]:
        """Give the header fields that announce the deprecation.

        Follows RFC 9745 §2 and §3, and RFC 8594 §3. RFC 9745 demands a date, so
        there is no ``Deprecation`` where :attr:`since` is not known.

        :return: pairs of name and value.
        """
        found = []
        if self.since is not None:
            found.append(("Deprecation", f"@{int(self.since.timestamp())}"))
        if self.sunset is not None:
            found.append(("Sunset", format_datetime(self.sunset, usegmt=True)))
        if self.link is not None:
            found.append(("Link", f'<{self.link}>; rel="deprecation"'))
        return found

    def as_json(self) -> dict[str, str]:
        """Give the value as JSON has it, without what is not known."""
        found = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                value = value.isoformat().replace("+00:00", "Z")
            if value is not None:
                found[field.name] = value
        return found


def spoken_date(moment: datetime) -> str:
    """Write a date as people read it: ``1 March 2026``."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def read_deprecation(
    values: Mapping[Any, object],
) -> tuple[Deprecation, list[Problem]]:
    """Read what :meth:`Deprecation.from_mapping` reads, and stop at no problem.

    :param values: the four, some of which may be missing or ``None``.
    :return: the value, less what could not be read; and the problems.
    """
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for key, given in values.items():
        try:
            name = _key(key, found)
            found[name] = None if given is None else _READERS[name](name, given)
        except (TypeError, ValueError) as error:
            problems.append(error)
    value = Deprecation(**found)
    since, sunset = value.since, value.sunset
    if since and sunset and sunset < since:
        problems.append(
            ValueError(
                f"sunset {sunset.isoformat()} is earlier than since"
                f" {since.isoformat()}. Give a sunset on or after since."
            )
        )
    if not problems and value == Deprecation():
        problems.append(ValueError(f"nothing is said of it. {GIVE}"))
    return value, problems


def _key(key: object, found: Container[str]) -> str:
    """Read a key, in whatever case: on Windows, variables are in upper case."""
    name = str(key).lower()
    if name in found:
        raise ValueError(given_twice(key))
    if name not in _READERS:
        close = difflib.get_close_matches(name, _READERS, 1)
        hint = f"Did you mean {close[0]!r}?" if close else "Remove it."
        raise ValueError(f"{key!r} is not one of {', '.join(_READERS)}. {hint}")
    return name


def _moment(name: str, value: object) -> datetime:
    """Read one time, in UTC unless it says otherwise."""
    given = value
    try:
        if isinstance(value, str):
            # Python 3.10 does not read the "Z" that JSON and TOML write.
            text = re.sub("[Zz]$", "+00:00", value.strip())
            value = datetime.fromisoformat(text)
        if isinstance(value, datetime):
            if value.utcoffset() is None:
                value = value.replace(tzinfo=timezone.utc)
            value = value.astimezone(timezone.utc)
            # A plain datetime, even of a library that has its own; and no parts of
            # a second, for both headers count whole ones.
            return datetime(*value.timetuple()[:6], tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{name} is {given!r}, which is no date."
            " Write it as 2026-03-01 or 2026-03-01T12:00:00Z."
        ) from None
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc)
    raise TypeError(f"{name} is {given!r}. Give a date, a datetime or an ISO string.")


def _link(name: str, value: object) -> str:
    """Read a link."""
    try:
        return as_url(check_url(value))
    except TypeError as error:
        raise TypeError(f"{name} is {value!r}: {error}.") from None
    except ValueError as error:
        raise ValueError(f"{name} is {value!r}: {error}.") from None


def _notice(name: str, value: object) -> str:
    """Read a sentence for people."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}. Give a sentence as a string.")
    if not value.strip():
        raise ValueError(f"{name} is {value!r}. Give a sentence, or leave it out.")
    return value.strip()


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "since": _moment,
    "sunset": _moment,
    "link": _link,
    "notice": _notice,
}


def given_twice(name: object) -> str:
    """Tell that two names are the same but for their case."""
    return f"{name!r} is given twice, in another case. Give it once."


def joined(problems: Sequence[Problem], where: str = "") -> Problem:
    """Make one error of several; the first decides upon the type."""
    return type(problems[0])(where + " ".join(str(problem) for problem in problems))


def check_method(value: object) -> str:
    """Give a method's name, upper-cased as Werkzeug does with a rule's.

    :param value: the name.
    :return: the name in upper case.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is not a token (RFC 9110 §9.1).
    """
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no method. Give its name as a string.")
    if not is_token(value):
        raise ValueError(f"{value!r} is no method. Give a token such as 'PUT'.")
    return value.upper()
