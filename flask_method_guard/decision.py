"""The decision: one ordered table from the facts of a request to a response.

RFC 9110 defines when a method gets 400, 405 or 501. The rules are
data, :data:`TABLE`. The hook, ``flask methods explain`` and the documentation
read the same rows, and :func:`is_settled` computes from them which requests the
hook may let pass without a second look. This module uses only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum
from typing import NamedTuple, Protocol

#: The methods that every app supports by default: the group ``default`` of
#: ``METHOD_GUARD_SUPPORTED_METHODS``. RFC 9110 §9.3, without TRACE and CONNECT, and
#: PATCH (RFC 5789).
DEFAULT_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: The standard methods, the group ``standard``: RFC 9110 §9.3, PATCH (RFC 5789) and
#: QUERY (RFC 10008).
STANDARD_METHODS = (*DEFAULT_METHODS, "CONNECT", "TRACE", "QUERY")

#: A server MUST support these two (RFC 9110 §9.1).
REQUIRED_METHODS = frozenset({"GET", "HEAD"})

# RFC 9110 §5.6.2: 1*tchar. re.ASCII is not needed, the class names each character.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def is_token(text: str) -> bool:
    """Return whether ``text`` is a token, the grammar of a method.

    See RFC 9110 §5.6.2 and §9.1.

    :param text: any text.
    :return: ``True`` if it is one or more token characters and nothing else.
    """
    return _TOKEN.fullmatch(text) is not None


class Reason(str, Enum):
    """The name of the row that decided."""

    INVALID_TOKEN = "invalid-token"
    NOT_IMPLEMENTED = "not-implemented"
    SERVER_OPTIONS = "server-options"
    REDIRECT = "redirect"
    GONE = "gone"
    RETIRED = "retired"
    BROWNOUT = "brownout"
    ALLOWED = "allowed"
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"

    __str__ = str.__str__
    # A reason equals its text, so both need the same hash.
    __hash__ = str.__hash__


class Routing(Enum):
    """What the router made of the request."""

    #: A route takes this method at this URL.
    MATCHED = "matched"
    #: The router responds by itself, usually with a redirect.
    ANSWERED = "answered"
    #: The router said 404 or 405: no route takes this method at this URL.
    UNMATCHED = "unmatched"


# Python 3.11 takes long to look up a member of an Enum.
MATCHED, ANSWERED, UNMATCHED = Routing


class Situation(Protocol):
    """The facts of one request. A row reads only the facts that it needs."""

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
    def gone(self) -> bool:
        """Whether each method of the target resource is past an enforced sunset."""

    @property
    def retired(self) -> bool:
        """Whether the matched method is past an enforced sunset."""

    @property
    def brownout(self) -> bool:
        """Whether the matched method is inside a brownout window."""

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The supported methods that dispatch at this URL, sorted."""


class Row(NamedTuple):
    """One row of the table."""

    reason: Reason
    #: When the row holds, in words.
    condition: str
    #: What the client gets, in words.
    answer: str
    #: The status code; ``None`` where the router or the view decides.
    status: int | None
    #: The section of the RFC that the row follows.
    rfc: str
    #: When the row holds, in code.
    holds: Callable[[Situation], bool]


#: Checked from top to bottom; the first row that holds decides.
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
        "no URL of the app supports the method",
        "501 Not Implemented, on every path",
        501,
        "RFC 9110 §15.6.2",
        lambda it: not it.supported,
    ),
    Row(
        Reason.SERVER_OPTIONS,
        "the method is OPTIONS and the request target is *, the server as a whole",
        "200 OK, with an empty body",
        200,
        "RFC 9110 §9.3.7",
        lambda it: it.method == "OPTIONS" and it.asterisk,
    ),
    Row(
        Reason.REDIRECT,
        "the router responds by itself, usually with a redirect",
        "the router's response, unchanged",
        None,
        "RFC 9110 §15.4",
        lambda it: it.routing is ANSWERED,
    ),
    Row(
        Reason.GONE,
        "every method that a route accepts at this URL is past its enforced sunset",
        "410 Gone, also for methods that were never routed here",
        410,
        "RFC 9110 §15.5.11, RFC 8594 §3",
        lambda it: it.gone,
    ),
    Row(
        Reason.RETIRED,
        "a route matched, but the method is past its enforced sunset",
        "405 Method Not Allowed; Allow does not list the method",
        405,
        "RFC 9110 §15.5.6, RFC 8594 §3",
        lambda it: it.routing is MATCHED and it.retired,
    ),
    Row(
        Reason.BROWNOUT,
        "a route matched, but the method is inside a brownout window",
        "405 Method Not Allowed with Retry-After; Allow does not list the method",
        405,
        "RFC 9110 §15.5.6, §10.2.3",
        lambda it: it.routing is MATCHED and it.brownout,
    ),
    Row(
        Reason.ALLOWED,
        "a route matched",
        "the view runs",
        None,
        "RFC 9110 §9.1",
        lambda it: it.routing is MATCHED,
    ),
    Row(
        Reason.NOT_ALLOWED,
        "no route accepts the method at this URL, but one accepts another method",
        "405 Method Not Allowed, with a complete Allow",
        405,
        "RFC 9110 §15.5.6",
        lambda it: bool(it.allowed_methods),
    ),
    Row(
        Reason.NOT_FOUND,
        "no route accepts any supported method at this URL",
        "404 Not Found, from Werkzeug",
        404,
        "RFC 9110 §15.5.5",
        lambda it: True,
    ),
)


def decide(situation: Situation) -> Row:
    """Return the first row of :data:`TABLE` that holds.

    See RFC 9110 §9.1, §15.5.6 and §15.6.2.

    :param situation: the facts of one request.
    :return: the row that decides.
    :raises LookupError: if no row holds. The last one always does.
    """
    for row in TABLE:
        if row.holds(situation):
            return row
    raise LookupError("no row of the table holds")


class _DependsOnUrlError(Exception):
    """A row asked for a fact that differs from URL to URL."""


class _AnyUrl:
    """A request whose method is supported and not deprecated, at an unknown URL."""

    supported = True
    gone = retired = brownout = False

    def __init__(self, method: str, routing: Routing, *, asterisk: bool) -> None:
        self.raw_method = self.method = method
        self.routing = routing
        self.asterisk = asterisk

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """Empty if no route matched: only a URL without any method may pass."""
        if self.routing is UNMATCHED:
            return ()
        raise _DependsOnUrlError


def is_settled(method: str, asterisk: Collection[bool] = (False, True)) -> bool:
    """Return whether the table lets a method pass at every URL.

    A request with a settled method can skip the table. If a route matched, its view
    runs. If no method dispatches at the URL, the router's 404 is the response.
    The caller makes sure that the method is supported and is not deprecated.

    :param method: the method, as the client sends it and as it is compared.
    :param asterisk: whether the request target may be ``*``, and something else.
    :return: ``True`` if :func:`decide` says ``allowed`` for every matched request
        and ``not-found`` for every URL where no method dispatches.
    :raises AttributeError: if a row of the table reads an unknown fact.
    """
    passes = {MATCHED: Reason.ALLOWED, UNMATCHED: Reason.NOT_FOUND}
    try:
        return all(
            decide(_AnyUrl(method, routing, asterisk=it)).reason is reason
            for it in asterisk
            for routing, reason in passes.items()
        )
    except _DependsOnUrlError:
        return False
