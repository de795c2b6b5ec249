"""Bodies: the facts of a rejection, in the format that the client asked for.

Turns values into text, and knows no request. All texts that clients read are here.
Problem details follow RFC 9457.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from .decision import Reason, is_token
from .deprecation import Deprecation
from .links import as_url, link_field
from .moments import iso, spoken_date, spoken_time
from .page import CONTENT_SECURITY_POLICY, page
from .successor import Successor

#: A longer method is never echoed: clients can send thousands of characters.
ECHO_LIMIT = 32


class _Values(NamedTuple):
    """The fields of :class:`Facts`."""

    reason: Reason
    status: int
    media_type: str = "application/problem+json"
    #: The method as the client sent it; ``None`` if it must not be echoed.
    method: str | None = None
    #: The value of ``Allow``; ``None`` where it is not known or does not apply.
    allowed_methods: tuple[str, ...] | None = None
    supported_methods: tuple[str, ...] = ()
    endpoint: str | None = None
    docs_url: str | None = None
    deprecation: Deprecation | None = None
    #: When the brownout ends, and the seconds until then.
    until: datetime | None = None
    retry_after: int | None = None
    #: What replaces the method, for this URL.
    successor: Successor | None = None


class Facts(_Values):
    """What is known about one rejection, and what the response says.

    The words, the header fields and the body are made on first use and kept as long
    as the facts are.
    """

    @cached_property
    def detail(self) -> str:
        """What happened, and which methods would work."""
        return f"{summary(self)} {methods_sentence(self)}".rstrip()

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header fields of the response, as pairs of name and value."""
        return _headers(self)

    @cached_property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """The header fields that belong to the response, whoever renders it.

        Links (RFC 8288); for a brownout, ``Retry-After`` and the deprecation, too.
        """
        found = []
        if self.docs_url:
            found.append(link_field(self.docs_url, "help"))
        if self.retry_after is not None:
            found.append(("Retry-After", str(self.retry_after)))
        for name, value in self.deprecation.headers() if self.deprecation else ():
            if name == "Link" or self.reason is Reason.BROWNOUT:
                found.append((name, value))
        if self.successor:
            found += self.successor.headers()
        return tuple(found)

    @cached_property
    def body(self) -> str:
        """The body with :attr:`detail`, in the format :attr:`media_type`."""
        return render(self, self.detail)


def echoable(method: str) -> str | None:
    """Return a method if it is safe to show, else ``None``."""
    return method if len(method) <= ECHO_LIMIT and is_token(method) else None


# -- the words ------------------------------------------------------------------


def summary(facts: Facts) -> str:
    """Return what happened, and what to do instead."""
    text = _what_happened(facts)
    if facts.successor:
        text += f" Use {facts.successor} instead."
    if facts.deprecation and facts.deprecation.notice:
        text += f" {_sentence(facts.deprecation.notice)}"
    return text


def _what_happened(facts: Facts) -> str:
    """Return a sentence or two about what happened."""
    name = facts.method or "The method"
    deprecation = facts.deprecation
    if facts.reason is Reason.INVALID_TOKEN:
        text = "The request method is not a valid HTTP method name."
    elif facts.reason is Reason.NOT_IMPLEMENTED:
        text = f"{name} is not implemented."
        if meant := _meant(facts):
            text += f" Methods are case-sensitive: did you mean {meant}?"
    elif facts.reason in (Reason.GONE, Reason.RETIRED):
        text = "This resource" if facts.reason is Reason.GONE else name
        text += f" was retired{_on_sunset(deprecation)}."
    elif facts.until:  # in a brownout
        until = spoken_time(facts.until)
        text = f"{name} is deprecated and is not available until {until}."
        if on_sunset := _on_sunset(deprecation):
            text += f" It may stop working for good{on_sunset}."
    else:
        text = f"{name} is not allowed here."
    return text


def _on_sunset(deprecation: Deprecation | None) -> str:
    """Return the date of the sunset, as a sentence ends with it."""
    sunset = deprecation and deprecation.sunset
    return f" on {spoken_date(sunset)}" if sunset else ""


def _sentence(text: str) -> str:
    """Return a text with a full stop, since another sentence may follow."""
    return f"{text}." if text[-1:].isalnum() else text


def _meant(facts: Facts) -> str | None:
    """Return the supported method that only differs in case (RFC 9110 §9.1)."""
    upper = (facts.method or "").upper()
    return upper if upper != facts.method and upper in facts.supported_methods else None


def methods_sentence(facts: Facts) -> str:
    """Return the sentence that lists the methods that work; empty if there is none."""
    if facts.status == HTTPStatus.METHOD_NOT_ALLOWED:
        if facts.allowed_methods is None:
            return ""
        return f"Allowed: {', '.join(facts.allowed_methods) or 'no method'}."
    if facts.status == HTTPStatus.NOT_IMPLEMENTED and facts.supported_methods:
        return (
            "" if _meant(facts) else f"Supported: {', '.join(facts.supported_methods)}."
        )
    return ""


#: The text of the link to a deprecation's page.
_GUIDE = "Migration guide"


# -- the formats ----------------------------------------------------------------


def _json(facts: Facts, text: str) -> str:
    status = HTTPStatus(facts.status)
    is_405 = status is HTTPStatus.METHOD_NOT_ALLOWED
    is_501 = status is HTTPStatus.NOT_IMPLEMENTED
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": facts.status,
        "detail": text,
        "method": facts.method,
        "allowed_methods": facts.allowed_methods if is_405 else None,
        "supported_methods": (facts.supported_methods or None) if is_501 else None,
        "docs": facts.docs_url,
        "until": iso(facts.until) if facts.until else None,
        "deprecation": _deprecation(facts.deprecation),
        "successor": _successor(facts.successor),
    }
    known = {name: value for name, value in members.items() if value is not None}
    return json.dumps(known) + "\n"


def _deprecation(value: Deprecation | None) -> dict[str, str | list[str]] | None:
    # Its successor is a template; clients get the one that is filled.
    known = replace(value, successor=None).as_json() if value else None
    return known or None


def _successor(value: Successor | None) -> dict[str, str | None] | None:
    if value is None:
        return None
    return {"method": value.method} | ({"url": value.url} if value.url else {})


def _plain(facts: Facts, text: str) -> str:
    lines = [f"{facts.status} {HTTPStatus(facts.status).phrase}", "", text]
    if facts.docs_url:
        lines.append(f"Documentation: {facts.docs_url}")
    if facts.deprecation and facts.deprecation.link:
        lines.append(f"{_GUIDE}: {facts.deprecation.link}")
    return "\n".join(lines) + "\n"


def _html(facts: Facts, text: str) -> str:
    methods, title = facts.allowed_methods or (), "Allowed methods"
    if facts.status == HTTPStatus.NOT_IMPLEMENTED:
        methods, title = facts.supported_methods, "Supported methods"
    if methods:
        # The page shows the methods as a list, so the sentence would repeat them.
        # A slice keeps the type of an app's own description, which may be Markup.
        sentence = methods_sentence(facts)
        if text.endswith(sentence):
            text = text[: len(text) - len(sentence)].rstrip()
    link = facts.deprecation and facts.deprecation.link
    successor = facts.successor
    following = None
    # A link on a page sends GET, and nothing else.
    if successor and successor.url and successor.method == "GET":
        following = (str(successor), successor.url)
    return page(
        status=facts.status,
        phrase=HTTPStatus(facts.status).phrase,
        text=text,
        title=title,
        methods=methods,
        docs_url=facts.docs_url,
        guide=(_GUIDE, link) if link else None,
        successor=following,
    )


_RENDERERS: dict[str, Callable[[Facts, str], str]] = {
    "application/problem+json": _json,
    "application/json": _json,
    "text/html": _html,
    "text/plain": _plain,
}


def render(facts: Facts, text: str) -> str:
    """Return the body in the format that the facts name.

    :param facts: the facts of the rejection.
    :param text: the text to show, usually ``facts.detail``.
    :return: the body; JSON follows RFC 9457 §3.
    """
    return _RENDERERS[facts.media_type](facts, text)


def _headers(facts: Facts) -> tuple[tuple[str, str], ...]:
    content_type = facts.media_type
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    found = [("Content-Type", content_type)]
    if facts.allowed_methods is not None:  # a 405 MUST have it (RFC 9110 §15.5.6)
        found.append(("Allow", ", ".join(facts.allowed_methods)))
    found += [
        ("Vary", "Accept"),
        # Caches may store a 405 or a 501 without it (RFC 9110 §15.1).
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if facts.media_type == "text/html":
        found.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
    return (*found, *facts.notices)


def fill_docs_url(template: str, facts: Facts) -> str:
    """Return the URL that a template of ``METHOD_GUARD_DOCS_URL`` stands for.

    Values are percent-encoded, so that none can change another part of the URL
    (RFC 3986 §2).

    :param template: the template, checked in ``init_app``.
    :param facts: the values of its fields.
    :return: the URL.
    """
    values = {
        "endpoint": str(facts.endpoint or ""),
        "method": facts.method or "",
        "reason": str(facts.reason),
        "status": str(facts.status),
    }
    quoted = {name: quote(value, safe="") for name, value in values.items()}
    return as_url(template.format(**quoted))
