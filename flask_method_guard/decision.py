"""The decision: one ordered table from a request's plain facts to a verdict.

This module knows neither Flask nor Werkzeug, and no request: only values. The
rules are data, :data:`TABLE`; the code, ``flask methods explain`` and the
documentation read the same rows. The law behind it is RFC 9110.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Literal, NamedTuple, Protocol

#: The methods that an app supports when nothing else is said. A list given as
#: ``METHOD_GUARD_SUPPORTED_METHODS`` can extend them:
#: ``[*DEFAULT_METHODS, "PURGE"]``.
DEFAULT_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: A server MUST support these two (RFC 9110 §9.1), whatever it is told.
REQUIRED_METHODS = frozenset({"GET", "HEAD"})

#: How an app says what it supports. ``None``: the default methods and those that
#: a route declares; ``"routes"``: these alone; ``"*"``: every one; a set: exactly
#: these.
SupportedSetting = frozenset[str] | Literal["routes", "*"] | None

# RFC 9110 §5.6.2: 1*tchar. re.ASCII is not needed, the class names each character.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def is_token(text: str) -> bool:
    """Tell whether ``text`` is a token, the grammar of a method.

    Follows RFC 9110 §5.6.2 and §9.1.

    :param text: the text as it came.
    :return: ``True`` if it is one or more token characters and nothing else.
    """
    return _TOKEN.fullmatch(text) is not None


class Reason(str, Enum):
    """The name of the row that decided."""

    INVALID_TOKEN = "invalid-token"
    NOT_IMPLEMENTED = "not-implemented"
    SERVER_OPTIONS = "server-options"
    REDIRECT = "redirect"
    RETIRED = "retired"
    ALLOWED = "allowed"
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"

    __str__ = str.__str__
    # What is equal has the same hash, and a reason is equal to its text.
    __hash__ = str.__hash__


class Routing(Enum):
    """What the router made of the request."""

    #: A route takes this method at this URL.
    MATCHED = "matched"
    #: The router answers by itself, most often with a redirect.
    ANSWERED = "answered"
    #: The router said 404 or 405: no route takes this method at this URL.
    UNMATCHED = "unmatched"


class Situation(Protocol):
    """The facts that the table asks for, each only by the rows that need it."""

    @property
    def raw_method(self) -> str:
        """The method as the client sent it."""

    @property
    def method(self) -> str:
        """The method as it is compared: the raw one, or the upper-cased one."""

    @property
    def supported(self) -> bool:
        """Whether the app supports :attr:`method` on any resource."""

    @property
    def asterisk(self) -> bool:
        """Whether the request target is ``*`` (RFC 9110 §7.1, asterisk-form)."""

    @property
    def routing(self) -> Routing:
        """What the router made of the request."""

    @property
    def retired(self) -> bool:
        """Whether the matched method is past an enforced sunset."""

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The methods that do dispatch at this URL, sorted."""


class Row(NamedTuple):
    """One row of the table."""

    reason: Reason
    #: When the row holds, in words.
    condition: str
    #: What the client gets, in words.
    answer: str
    #: The status code; ``None`` where the router or the view decides.
    status: int | None
    #: The section of the law that the row follows.
    rfc: str
    #: When the row holds, in code.
    holds: Callable[[Situation], bool]


#: Asked from the top; the first row that holds decides.
TABLE = (
    Row(
        Reason.INVALID_TOKEN,
        "the method is empty, or is not a token",
        "400 Bad Request",
        400,
        "RFC 9110 §5.6.2",
        lambda it: not is_token(it.raw_method),
    ),
    Row(
        Reason.NOT_IMPLEMENTED,
        "the app supports the method on no resource at all",
        "501 Not Implemented, on every path",
        501,
        "RFC 9110 §15.6.2",
        lambda it: not it.supported,
    ),
    Row(
        Reason.SERVER_OPTIONS,
        "OPTIONS is asked of the server as a whole: the request target is *",
        "200 OK, with an empty body",
        200,
        "RFC 9110 §9.3.7",
        lambda it: it.method == "OPTIONS" and it.asterisk,
    ),
    Row(
        Reason.REDIRECT,
        "the router answers by itself, most often with a redirect",
        "the router's answer, untouched",
        None,
        "RFC 9110 §15.4",
        lambda it: it.routing is Routing.ANSWERED,
    ),
    Row(
        Reason.RETIRED,
        "a route matched, but the method is past its enforced sunset",
        "405 Method Not Allowed, with an Allow that leaves the method out",
        405,
        "RFC 9110 §15.5.6, RFC 8594 §3",
        lambda it: it.routing is Routing.MATCHED and it.retired,
    ),
    Row(
        Reason.ALLOWED,
        "a route matched",
        "the view's answer",
        None,
        "RFC 9110 §9.1",
        lambda it: it.routing is Routing.MATCHED,
    ),
    Row(
        Reason.NOT_ALLOWED,
        "no route takes the method at this URL, but one takes another method",
        "405 Method Not Allowed, with the exact Allow",
        405,
        "RFC 9110 §15.5.6",
        lambda it: bool(it.allowed_methods),
    ),
    Row(
        Reason.NOT_FOUND,
        "no route takes any supported method at this URL",
        "404 Not Found, the router's own",
        404,
        "RFC 9110 §15.5.5",
        lambda it: True,
    ),
)


class Verdict(NamedTuple):
    """What the table decided."""

    row: Row
    #: The value of ``Allow``; empty unless the status is 405.
    allowed_methods: tuple[str, ...]

    @property
    def reason(self) -> Reason:
        """The name of the row."""
        return self.row.reason

    @property
    def status(self) -> int | None:
        """The status code; ``None`` where the router or the view decides."""
        return self.row.status


def decide(situation: Situation) -> Verdict:
    """Ask the table.

    Follows RFC 9110 §9.1, §15.5.6 and §15.6.2.

    :param situation: the facts of one request.
    :return: the verdict of the first row that holds; the last row always does.
    """
    for row in TABLE:  # pragma: no branch -- the last row always holds
        if row.holds(situation):
            break
    return Verdict(row, situation.allowed_methods if row.status == 405 else ())
