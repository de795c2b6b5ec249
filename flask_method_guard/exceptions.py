"""The exceptions: facts and bodies, as Werkzeug exceptions that render themselves.

This module knows no request and no app. An exception holds plain values, so it
pickles, and renders again wherever it is unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug import exceptions as werkzeug

from . import bodies
from .bodies import Facts
from .decision import Reason
from .deprecation import Deprecation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.sansio.response import Response


class MethodRejected(Exception):
    """The guard refused the request's method.

    The base of :exc:`InvalidMethod`, :exc:`MethodNotImplemented` and
    :exc:`MethodNotAllowed`, each of which is a Werkzeug exception, too. It stands
    behind :exc:`~werkzeug.exceptions.HTTPException` in the order of resolution,
    so that an app's own error handlers come first.
    """

    code: int | None
    #: What the answer is made of.
    facts: Facts

    @property
    def reason(self) -> Reason:
        """The row of the decision table that decided."""
        return self.facts.reason

    @property
    def method(self) -> str | None:
        """The method as the client sent it.

        ``None`` if it is no token or longer than 32 characters, and so must not
        be shown. The raw text is in ``request.environ["REQUEST_METHOD"]``.
        """
        return self.facts.method

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """What ``Allow`` says (RFC 9110 §10.2.1); empty unless the code is 405."""
        return self.facts.allowed_methods or ()

    @property
    def supported_methods(self) -> tuple[str, ...]:
        """The methods that the app supports, by name, sorted."""
        return self.facts.supported_methods

    @property
    def endpoint(self) -> str | None:
        """The endpoint of the target resource, as far as it is known."""
        return self.facts.endpoint

    @property
    def docs_url(self) -> str | None:
        """The documentation link; see ``METHOD_GUARD_DOCS_URL``."""
        return self.facts.docs_url

    @property
    def deprecation(self) -> Deprecation | None:
        """What is known of the method's deprecation."""
        return self.facts.deprecation


class _SelfRendering(werkzeug.HTTPException):
    """Renders the facts; stands before Werkzeug's class in the order of resolution."""

    code: int
    _reason: Reason

    def __init__(
        self,
        description: str | None = None,
        response: Response | None = None,
        *,
        facts: Facts | None = None,
    ) -> None:
        super().__init__(description, response)
        self._set_facts(facts or Facts(self._reason, self.code), description)

    def _set_facts(self, facts: Facts, description: str | None) -> None:
        self.facts = facts
        if description is None:
            self.description = bodies.detail(facts)

    def get_body(
        self,
        environ: WSGIEnvironment | None = None,
        scope: dict[str, Any] | None = None,
    ) -> str:
        """Get the body in the negotiated format."""
        text: object = "" if self.description is None else self.description
        # An app may describe with what becomes text only when it is shown, such as
        # a translation, or with what is for an error handler's eyes.
        return bodies.render(self.facts, text if isinstance(text, str) else str(text))

    def get_headers(
        self,
        environ: WSGIEnvironment | None = None,
        scope: dict[str, Any] | None = None,
    ) -> list[tuple[str, str]]:
        """Get the header fields that go with the body."""
        return [*bodies.headers(self.facts)]


class InvalidMethod(_SelfRendering, werkzeug.BadRequest, MethodRejected):
    """*400*: the method is not a token (RFC 9110 §5.6.2)."""

    code = 400
    _reason = Reason.INVALID_TOKEN


class MethodNotImplemented(_SelfRendering, werkzeug.NotImplemented, MethodRejected):
    """*501*: the app supports the method on no resource (RFC 9110 §15.6.2)."""

    code = 501
    _reason = Reason.NOT_IMPLEMENTED


class MethodNotAllowed(_SelfRendering, werkzeug.MethodNotAllowed, MethodRejected):
    """*405*: the target resource does not take the method (RFC 9110 §15.5.6).

    :param valid_methods: what ``Allow`` says, in this order; it beats the facts.
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
            facts = facts._replace(allowed_methods=tuple(valid_methods))
        # A list, as Werkzeug's router gives it.
        methods = list(facts.allowed_methods or ())
        werkzeug.MethodNotAllowed.__init__(self, methods, description, response)
        self._set_facts(facts, description)


#: Any of the three, with what each has from Werkzeug and from the guard.
Rejection = InvalidMethod | MethodNotImplemented | MethodNotAllowed

#: The exception of each row that rejects.
BY_REASON: Mapping[Reason, type[Rejection]] = {
    Reason.INVALID_TOKEN: InvalidMethod,
    Reason.NOT_IMPLEMENTED: MethodNotImplemented,
    Reason.RETIRED: MethodNotAllowed,
    Reason.NOT_ALLOWED: MethodNotAllowed,
}
