"""Deprecated methods: the value, its two headers, the mark on a view.

This module knows no request and no app. The headers are those of RFC 9745
(``Deprecation``) and RFC 8594 (``Sunset``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timezone
from email.utils import format_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit
from weakref import ref

from .decision import is_token

_View = TypeVar("_View", bound=Callable[..., Any])

#: What is wrong with a value: its type, or what it says.
Problem = TypeError | ValueError

#: The attribute of a view, function or class, that carries its marks.
_MARK = "__method_guard_deprecations__"
#: The attribute of a function that carries the marks of its wrappers.
_ABOVE = "__method_guard_deprecations_above__"

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


def as_url(value: str) -> str:
    """Percent-encode what may not stand in a URL, and nothing else.

    Follows RFC 3986 §2; what is percent-encoded already stays as it is. White space
    at the ends is dropped: encoded, it would make another URL.

    :param value: a URL, or what a person would write for one.
    :return: a URL of printable ASCII characters that is safe in a header field.
    """
    return quote(value.strip(), safe="!#$%&'()*+,/:;=?@[]~")


def check_url(value: object) -> str:
    """Give ``value`` back if it can serve as a link.

    :param value: an absolute ``http`` or ``https`` URL, or a relative one.
    :return: the same text.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is empty, or has a control character, another scheme,
        or a scheme and no host.
    """
    if not isinstance(value, str):
        raise TypeError(f"a link is a string, not {type(value).__name__}")
    text = value.strip()
    if not text or any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise ValueError("a link is not empty and has no line break or control code")
    parts = urlsplit(text)
    if parts.scheme not in ("", "http", "https"):
        raise ValueError("a link is an http or https URL, or a relative one")
    if parts.scheme and not parts.netloc:
        raise ValueError("a link with a scheme names a host, as in https://example.com")
    return value


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
            raise _joined(problems)
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


def _joined(problems: Sequence[Problem], where: str = "") -> Problem:
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


def deprecated_methods(
    *methods: str,
    since: date | str | None = None,
    sunset: date | str | None = None,
    link: str | None = None,
    notice: str | None = None,
) -> Callable[[_View], _View]:
    """Mark methods of one view as deprecated (RFC 9745, RFC 8594).

    The view, a function or a :class:`~flask.views.MethodView`, stays the very
    object that it was. What is said here beats
    ``METHOD_GUARD_DEPRECATED_METHODS`` for these methods of this view. The
    order of decorators does not matter, as long as those between this one and
    ``@app.route`` use :func:`functools.wraps`.

    :param methods: the methods' names.
    :param since: from when on they are deprecated.
    :param sunset: from when on they may stop to work.
    :param link: where the deprecation is explained.
    :param notice: a sentence for people.
    :return: the decorator.
    :raises TypeError: for no method, or a value of the wrong type.
    :raises ValueError: for a method, a time or a link that is none, or a sunset
        before ``since``; the message names the view.
    """
    if not methods or callable(methods[0]):
        raise TypeError(
            "deprecated_methods needs the methods' names:"
            ' write @deprecated_methods("PUT", since=…) above the view.'
        )
    values = {"since": since, "sunset": sunset, "link": link, "notice": notice}

    def mark(view: _View) -> _View:
        value, problems = read_deprecation(values)
        marks = {}
        for method in methods:
            try:
                marks[check_method(method)] = value
            except (TypeError, ValueError) as error:
                problems.append(error)
        if not problems and not _put(view, marks):
            problems.append(TypeError("it takes no mark. Mark a function or a class."))
        if problems:
            raise _joined(problems, f"deprecated_methods on {_name(view)}: ")
        return view

    return mark


def _name(view: Callable[..., Any]) -> str:
    """Name a view: the endpoint's name even where ``as_view()`` has made it."""
    name = getattr(view, "__name__", None)
    return f"{view.__module__}.{name}" if name else repr(view)


def _put(view: Callable[..., Any], marks: Mapping[str, Deprecation]) -> bool:
    """Leave marks on a view, and on what it wraps, as far as they take any."""
    outer, *inner = _layers(view)
    try:
        # A new mapping each time: one that functools.wraps has copied is another
        # view's, too.
        setattr(outer, _MARK, {**_own(outer, _MARK, {}), **marks})
    except (AttributeError, TypeError):
        return False
    for layer in inner:
        with suppress(AttributeError, TypeError):
            # Weak, for a function that refers to itself is freed late.
            mark = (ref(layer), ref(outer), marks)
            setattr(layer, _ABOVE, (*_own(layer, _ABOVE, ()), mark))
    return True


def marked_deprecations(
    views: Mapping[str, Callable[..., Any]],
) -> dict[str, Mapping[str, Deprecation]]:
    """Find what :func:`deprecated_methods` said of the views of an app.

    A mark counts for the view that it was put on and for every one that wraps it.
    Put on a wrapper of a view, above ``@app.route``, it counts for the view, unless
    that wrapper is registered itself: then it is the one that is meant.

    :param views: endpoint to view, as :attr:`flask.Flask.view_functions` has it.
    :return: endpoint to method to value, for endpoints of which something is said.
    """
    registered = {id(layer) for view in views.values() for layer in _layers(view)}
    found = {name: _marks(view, registered) for name, view in views.items()}
    return {name: marks for name, marks in found.items() if marks}


def _marks(view: Callable[..., Any], registered: Container[int]) -> dict[str, Any]:
    found: dict[str, Deprecation] = {}
    inner_first = _layers(view)[::-1]
    view_class = getattr(view, "view_class", type(view))
    parents = getattr(view_class, "__mro__", ())[::-1]
    for bearer in (*parents, *inner_first):
        found.update(_own(bearer, _MARK, {}))
    for owner, outer, marks in _own(inner_first[-1], _ABOVE, ()):
        # functools.wraps copies what stands on a function to its wrappers.
        if owner() is inner_first[-1] and id(outer()) not in registered:
            found.update(marks)
    return found


def _own(bearer: object, name: str, default: Any) -> Any:
    """Get an attribute that stands on the object itself, not on its class."""
    return getattr(bearer, "__dict__", {}).get(name, default)


def _layers(view: Callable[..., Any]) -> list[Any]:
    """List a view and the functions that it wraps, outermost first."""
    found: list[Any] = []
    layer: Any = view
    while layer is not None:
        # A method is made anew wherever it is looked up; its function is not.
        layer = getattr(layer, "__func__", layer)
        if any(layer is known for known in found):
            break
        found.append(layer)
        layer = getattr(layer, "__wrapped__", None)
    return found
