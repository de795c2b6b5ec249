"""Successors: what replaces a deprecated method, and where a client finds it.

A successor can depend on the URL of the request, and a client chooses that URL. It
must not choose where the link leads: :meth:`Successor.fill` percent-encodes every
value, and returns nothing rather than a link to another host or folder. This module
uses only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from urllib.parse import quote, unquote

from .decision import is_token
from .links import as_url, link_field, read_url
from .messages import read_method

_ADVICE = (
    "Write 'PATCH', '/v2/books/{number}', 'PATCH /v2/books/{number}',"
    " or the pair ('/v1/', '/v2/')."
)

#: What a path contains as it is, slashes included (RFC 3986 §3.3).
_PATH = "!$&'()*+,/:;=@"

#: A longer URL is left out, since proxies reject responses with large headers. The
#: same request may work without it.
_MAX_LENGTH = 2000


@dataclass(frozen=True)
class Successor:
    """What replaces a deprecated method: another method, another URL, or both."""

    #: The method; ``None`` for the same one.
    method: str | None = None
    #: The URL, with ``{name}`` for a variable of the matched rule; ``None`` for the
    #: same one.
    url: str | None = None
    #: The prefix of the request's path that ``url`` replaces, in a pair.
    prefix: str | None = None

    def __str__(self) -> str:
        if self.prefix is not None:
            return f"{self.prefix} -> {self.url}"
        return " ".join(part for part in (self.method, self.url) if part)

    def as_written(self) -> str | list[str]:
        """Return the value as a configuration contains it."""
        if self.prefix is not None and self.url is not None:
            return [self.prefix, self.url]
        return str(self)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the URL."""
        if self.prefix is not None:
            return ()
        return tuple(name for _, name, *_ in Formatter().parse(self.url or "") if name)

    def headers(self) -> list[tuple[str, str]]:
        """Return the header field that leads there (RFC 5829 §3.4), if a URL is known.

        :return: pairs of name and value.
        """
        return [link_field(self.url, "successor-version")] if self.url else []

    def fill(
        self, method: str, mount: str, path: str, values: Mapping[str, str]
    ) -> Successor | None:
        """Return the successor for one request.

        :param method: the method that is deprecated, for a successor without one.
        :param mount: the prefix under which the app is mounted, decoded.
        :param path: the path of the request, without that prefix, decoded.
        :param values: what a URL contains for each variable.
        :return: the method and the URL; ``None`` if a variable has no value, if the
            path does not start with the prefix of a pair, or if a client could choose
            where the link leads.
        """
        if self.url is None:
            return Successor(self.method or method)
        url = self._url(path, values)
        if url is None or url.startswith("//"):
            return None
        if url.startswith("/"):
            url = quote(mount.rstrip("/"), safe=_PATH) + url
            if url[0] != "/":  # a client may have sent the prefix to a proxy
                return None
        if url.startswith("//") or len(url) > _MAX_LENGTH or _has_dots(url):
            return None
        return Successor(self.method or method, url)

    def _url(self, path: str, values: Mapping[str, str]) -> str | None:
        """Return the percent-encoded URL, not yet checked."""
        template = self.url or ""
        if self.prefix is not None:
            path, prefix = f"/{path.lstrip('/')}", unquote(self.prefix)
            if not path.startswith(prefix):
                return None
            return as_url(template) + quote(path[len(prefix) :], safe=_PATH)
        filled = {name: _quoted(values.get(name, "")) for name in self.variables}
        if not all(filled.values()):
            return None
        return as_url(template.format_map(filled))


def _quoted(value: str) -> str:
    """Percent-encode a value that may be encoded already."""
    value = re.sub("%(?![0-9A-Fa-f]{2})", "%25", value)
    return quote(value, safe="/%")


def _has_dots(url: str) -> bool:
    """Return whether a segment is ``.`` or ``..``, which leads to another folder."""
    path = re.split("[?#]", url, maxsplit=1)[0]
    return any(unquote(segment) in (".", "..") for segment in path.split("/"))


def read_successor(value: object) -> Successor:
    """Read a successor.

    :param value: a method, a URL, both with one space between them, or a pair of
        prefixes.
    :raises TypeError: if it is neither a string nor a list or tuple of strings.
    :raises ValueError: if it is something else.
    """
    try:
        if isinstance(value, (list, tuple)):
            return _read_pair(value)
        if not isinstance(value, str):
            raise TypeError("it is not a string or a pair")
        text = str(value.strip())
        if is_token(text):
            return Successor(read_method(text))
        method, space, url = text.partition(" ")
        if not space:
            return Successor(None, _read_template(text))
        if not is_token(method):
            raise ValueError(f"{method!r} is not a method")
        return Successor(read_method(method), _read_template(url))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{value!r}: {error}. {_ADVICE}") from None


def _read_pair(values: list[object] | tuple[object, ...]) -> Successor:
    if len(values) != 2:
        raise ValueError("a pair has two prefixes")
    first, second = map(_read_target, values)
    if not first.startswith("/"):
        raise ValueError("the first prefix is a path of the app and starts with '/'")
    for text in (first, second):
        if not text.endswith("/") or re.search("[?#{}]", text):
            raise ValueError(
                "both prefixes end with '/' and have no query, fragment or variable"
            )
    return Successor(None, second, first)


def _read_template(text: str) -> str:
    text = _read_target(text)
    try:
        fields = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("the braces do not match") from None
    for _, name, spec, conversion in fields:
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise ValueError("between braces is only the name of a variable")
    # Up to the third slash, an absolute URL says which host gets the request.
    if not text.startswith("/") and re.search("[{}]", "/".join(text.split("/")[:3])):
        raise ValueError("a client would choose the host. Use braces in the path only")
    return text


def _read_target(value: object) -> str:
    """Return the URL of another resource: a path, or an absolute URL."""
    text = str(read_url(value))
    if re.search(r"\s", text):
        raise ValueError("there is one space at most, between the method and the URL")
    if not re.match("/(?!/)|https?://", text):
        raise ValueError("a URL starts with one '/', or with https:// or http://")
    if _has_dots(text):
        raise ValueError("'.' and '..' lead to another folder")
    return text
