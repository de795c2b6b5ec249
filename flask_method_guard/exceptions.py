"""The exceptions: facts of a rejection, as Werkzeug exceptions that render themselves.

An exception holds plain values and no request, so it can be pickled, and rendered
again wherever it is unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug import exceptions as werkzeug

from .bodies import Facts, render
from .decision import Reason
from .deprecation import Deprecation
from .successor import Successor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.sansio.response import Response


class MethodRejected(Exception):
    """The guard rejected the request's method.

    The base of :exc:`InvalidMethod`, :exc:`MethodNotImplemented`,
    :exc:`MethodNotAllowed` and :exc:`ResourceGone`, each of which is also a Werkzeug
    exception. It comes after :exc:`~werkzeug.exceptions.HTTPException` in the method
    resolution order, so that an app's own error handlers take precedence.
    """

    code: int | None
    #: The values that the response is made from.
    facts: Facts

    @property
    def reason(self) -> Reason:
        """The row of the decision table that decided."""
        return self.facts.reason

    @property
    def method(self) -> str | None:
        """The method as the client sent it.

        ``None`` if it is not a token, or is longer than 32 characters, and must not
        be shown. The raw text is in ``request.environ["REQUEST_METHOD"]``.
        """
        return self.facts.method

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The methods in ``Allow`` (RFC 9110 §10.2.1); empty unless the code is 405."""
        return self.facts.allowed_methods or ()

    @property
    def supported_methods(self) -> tuple[str, ...]:
        """The names of the methods that the app supports, sorted."""
        return self.facts.supported_methods

    @property
    def endpoint(self) -> str | None:
        """The endpoint of the target resource, if it is known."""
        return self.facts.endpoint

    @property
    def docs_url(self) -> str | None:
        """The documentation link; see ``METHOD_GUARD_DOCS_URL``."""
        return self.facts.docs_url

    @property
    def deprecation(self) -> Deprecation | None:
        """The deprecation of the method, if it has one."""
        return self.facts.deprecation

    @property
    def successor(self) -> Successor | None:
        """What replaces the method: its method, and for this URL its URL, if any."""
        return self.facts.successor


class SelfRendering(werkzeug.HTTPException):
    """Renders the facts; comes before Werkzeug's class in the resolution order."""

    code: int
    #: An app's own description may be a lazy translation.
    description: Any
    facts: Facts
    _reason: Reason

    def __init__(
        self,
        description: str | None = None,
        response: Response | None = None,
        *,
        facts: Facts | None = None,
    ) -> None:
        self.facts = facts or Facts(self._reason, self.code)
        text = self.facts.detail if description is None else description
        super().__init__(text, response)

    def link_to_docs(self, url: str) -> None:
        """Set the documentation link."""
        self.facts = self.facts._replace(docs_url=url)

    def get_body(
        self,
        environ: WSGIEnvironment | None = None,
        scope: dict[str, Any] | None = None,
    ) -> str:
        """Return the body in the negotiated format."""
        if self.description is self.facts.detail:
            return self.facts.body
        text: object = "" if self.description is None else self.description
        # An app's description may be a lazy translation, which becomes text only
        # when it is shown.
        return render(self.facts, text if isinstance(text, str) else str(text))

    def get_headers(
        self,
        environ: WSGIEnvironment | None = None,
        scope: dict[str, Any] | None = None,
    ) -> list[tuple[str, str]]:
        """Return the header fields that belong to the body."""
        return [*self.facts.headers]


class InvalidMethod(SelfRendering, werkzeug.BadRequest, MethodRejected):
    """*400*: the method is not a token (RFC 9110 §5.6.2)."""

    code = 400
    _reason = Reason.INVALID_TOKEN


class MethodNotImplemented(SelfRendering, werkzeug.NotImplemented, MethodRejected):
    """*501*: the app supports the method on no resource (RFC 9110 §15.6.2)."""

    code = 501
    _reason = Reason.NOT_IMPLEMENTED


class MethodNotAllowed(SelfRendering, werkzeug.MethodNotAllowed, MethodRejected):
    """*405*: the target resource does not allow the method (RFC 9110 §15.5.6).

    :param valid_methods: the value of ``Allow``, in this order.
    """

    code = 405
    _reason = Reason.NOT_ALLOWED

    def __init__(
        self,
        valid_methods: Iterable[str] | None = None,
        description: str | None = None,
        response: Response | None = None,
        *,
        facts: Facts | None = None,
    ) -> None:
        facts = facts or Facts(self._reason, self.code)
        if valid_methods is not None:
            # Plain text, even if it was markup: it is escaped where HTML shows it.
            methods = tuple(str.__str__(method) for method in valid_methods)
            facts = facts._replace(allowed_methods=methods)
        self.facts = facts
        # Werkzeug's own attribute valid_methods is a list.
        allowed = list(facts.allowed_methods or ())
        text = facts.detail if description is None else description
        werkzeug.MethodNotAllowed.__init__(self, allowed, text, response)


class ResourceGone(SelfRendering, werkzeug.Gone, MethodRejected):
    """*410*: each method of the target resource is retired (RFC 9110 §15.5.11)."""

    code = 410
    _reason = Reason.GONE


#: Any of the four exceptions.
Rejection = InvalidMethod | MethodNotImplemented | MethodNotAllowed | ResourceGone

#: The exception of each row that rejects.
BY_REASON: Mapping[Reason, type[Rejection]] = {
    Reason.INVALID_TOKEN: InvalidMethod,
    Reason.NOT_IMPLEMENTED: MethodNotImplemented,
    Reason.GONE: ResourceGone,
    Reason.RETIRED: MethodNotAllowed,
    Reason.BROWNOUT: MethodNotAllowed,
    Reason.NOT_ALLOWED: MethodNotAllowed,
}

#: The rejections that are about one resource, and so about one blueprint.
OF_A_RESOURCE = (MethodNotAllowed.code, ResourceGone.code)
