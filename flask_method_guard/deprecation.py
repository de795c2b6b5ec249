"""Deprecated methods: the value, its two headers, the mark on a view.

This module knows no request and no app. The headers are those of RFC 9745
(``Deprecation``) and RFC 8594 (``Sunset``).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timezone
from email.utils import format_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from .decision import is_token

_View = TypeVar("_View", bound=Callable[..., Any])

#: The attribute of a view, function or class, that carries its marks.
_MARK = "__method_guard_deprecations__"

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

    Follows RFC 3986 §2; what is percent-encoded already stays as it is.

    :param value: a URL, or what a person would write for one.
    :return: a URL of printable ASCII characters that is safe in a header field.
    """
    return quote(value, safe="!#$%&'()*+,/:;=?@[]~")


def check_url(value: object) -> str:
    """Give ``value`` back if it can serve as a link.

    :param value: an absolute ``http`` or ``https`` URL, or a relative one.
    :return: the same text.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is empty, has a control character, or another scheme.
    """
    if not isinstance(value, str):
        raise TypeError(f"a link is a string, not {type(value).__name__}")
    if not value or any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise ValueError("a link is not empty and has no line break or control code")
    if urlsplit(value).scheme not in ("", "http", "https"):
        raise ValueError("a link is an http or https URL, or a relative one")
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
    def from_mapping(cls, values: Mapping[str, object]) -> Deprecation:
        """Read ``since``, ``sunset``, ``link`` and ``notice``.

        Times are a :class:`~datetime.date`, a :class:`~datetime.datetime` or an
        ISO 8601 string, in UTC unless they say otherwise.

        :param values: the four, each of which may be missing or ``None``.
        :return: the value.
        :raises TypeError: for a value of another type.
        :raises ValueError: for an unknown key, a text that is no date or link,
            or a sunset before ``since`` (RFC 9745 §4).
        """
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, 1)
                hint = f"Did you mean {close[0]!r}?" if close else "Remove it."
                raise ValueError(f"{key!r} is not one of {', '.join(known)}. {hint}")
        since = _moment("since", values.get("since"))
        sunset = _moment("sunset", values.get("sunset"))
        if since and sunset and sunset < since:
            raise ValueError(
                f"sunset {sunset.isoformat()} is earlier than since"
                f" {since.isoformat()}. Give a sunset on or after since."
            )
        link, notice = values.get("link"), values.get("notice")
        if notice is not None and not isinstance(notice, str):
            raise TypeError(f"notice is {notice!r}. Give a sentence as a string.")
        try:
            link = None if link is None else as_url(check_url(link))
        except (TypeError, ValueError) as error:
            raise type(error)(f"link is {link!r}: {error}.") from None
        return cls(since, sunset, link, notice)

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


def _moment(name: str, value: object) -> datetime | None:
    """Read one time, in UTC unless it says otherwise."""
    if value is None:
        return None
    given = value
    if isinstance(value, str):
        try:
            # Python 3.10 does not read the "Z" that JSON and TOML write.
            value = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(
                f"{name} is {given!r}, which is no date."
                " Write it as 2026-03-01 or 2026-03-01T12:00:00Z."
            ) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=timezone.utc)
        # Both headers count whole seconds.
        return value.astimezone(timezone.utc).replace(microsecond=0)
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc)
    raise TypeError(f"{name} is {given!r}. Give a date, a datetime or an ISO string.")


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
        try:
            value = Deprecation.from_mapping(values)
            marks = {check_method(method): value for method in methods}
        except (TypeError, ValueError) as error:
            name = getattr(view, "__qualname__", repr(view))
            raise type(error)(f"deprecated_methods on {name}: {error}") from None
        for layer in _layers(view):
            # A new mapping each time: one that is inherited or copied by
            # functools.wraps belongs to another view, too.
            setattr(layer, _MARK, {**getattr(layer, _MARK, {}), **marks})
        return view

    return mark


def marked_deprecations(view: Callable[..., Any]) -> Mapping[str, Deprecation]:
    """Find what :func:`deprecated_methods` said of a view.

    :param view: a view function, as :attr:`flask.Flask.view_functions` has it.
    :return: method to value; empty if nothing was said.
    """
    found: dict[str, Deprecation] = {}
    view_class = getattr(view, "view_class", None)
    for layer in [view_class, *reversed(_layers(view))]:
        found.update(getattr(layer, _MARK, {}))
    return found


def _layers(view: Callable[..., Any]) -> list[Any]:
    """List a view and the functions that it wraps, outermost first."""
    found: list[Any] = []
    layer: Any = view
    while layer is not None and layer not in found:
        found.append(layer)
        layer = getattr(layer, "__wrapped__", None)
    return found
