"""One request and its target resource: the facts of it, looked up when asked for.

These are the facts that the table asks for, and those that a rejection is made of.
Of a request this module knows what the router left on it, and answers nothing.
"""

from __future__ import annotations

from typing import Any, Protocol

from werkzeug import exceptions as werkzeug
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from . import bodies
from .bodies import Facts
from .decision import Reason, Routing, decide
from .exceptions import BY_REASON, MethodNotAllowed
from .state import AppState
from .urlmap import (
    MethodIndex,
    declared_methods,
    dispatching_methods,
    find_rule,
    route,
)


class RoutedRequest(Protocol):
    """What is asked of a request, once the router has seen it."""

    environ: dict[str, Any]
    url_rule: Rule | None
    view_args: dict[str, Any] | None
    routing_exception: HTTPException | None

    @property
    def method(self) -> str:
        """The method, in upper case."""


#: Stands for what the router was not asked yet.
_UNASKED: set[str] = set()


class Target:
    """One request and its target resource, as :class:`~.decision.Situation` has it."""

    def __init__(
        self,
        state: AppState,
        index: MethodIndex,
        req: RoutedRequest,
        adapter: MapAdapter,
    ) -> None:
        self._state = state
        self._req = req
        self._index = index
        #: The app's map, bound to the request.
        self.adapter = adapter
        self._declared: set[str] | None = _UNASKED
        self._allowed: tuple[str, ...] | None = None
        self.raw_method: str = req.environ["REQUEST_METHOD"]
        #: The method as it is compared with others (RFC 9110 §9.1).
        self.method = self.raw_method
        if not state.settings.case_sensitive:
            self.method = self.raw_method.upper()

    @property
    def supported(self) -> bool:
        """Whether the app supports the method on any resource."""
        return self._index.supports(self.method)

    @property
    def asterisk(self) -> bool:
        """Whether the request target is ``*`` (RFC 9112 §3.2.4)."""
        environ = self._req.environ
        # cheroot makes a path of it, but keeps the target as it came.
        return "*" in (environ.get("PATH_INFO"), environ.get("REQUEST_URI"))

    @property
    def routing(self) -> Routing:
        """What the router made of the request."""
        found = self._req.routing_exception
        if found is None:
            return Routing.MATCHED
        if isinstance(found, (werkzeug.NotFound, werkzeug.MethodNotAllowed)):
            return Routing.UNMATCHED
        return Routing.ANSWERED

    @property
    def retired(self) -> bool:
        """Whether the matched method is past an enforced sunset."""
        return self._state.is_retired(self._req.url_rule, self._req.method)

    @property
    def rule(self) -> Rule | None:
        """The rule that stands for the resource."""
        if self._req.url_rule is not None:
            return self._req.url_rule
        return find_rule(self.adapter, self.allowed_methods)[0]

    def name_rule(self) -> None:
        """Make the request one of the rule that stands for the resource."""
        found = find_rule(self.adapter, self.allowed_methods)
        self._req.url_rule, self._req.view_args = found

    def reason(self) -> Reason:
        """Name the row that decides, of the table's last two if it can be no other."""
        if self.raw_method in self._state.settled and isinstance(
            self._req.routing_exception, werkzeug.MethodNotAllowed
        ):
            return Reason.NOT_ALLOWED if self.allowed_methods else Reason.NOT_FOUND
        return decide(self).reason

    @property
    def declared(self) -> set[str] | None:
        """What the rules at the URL declare, if the router comes to list it."""
        if self._declared is _UNASKED:
            self._declared = self._find_declared()
        return self._declared

    def _find_declared(self) -> set[str] | None:
        found = self._req.routing_exception
        if type(found) is werkzeug.MethodNotAllowed and found.valid_methods:
            return set(found.valid_methods)
        if type(found) is werkzeug.NotFound and self._index.is_plain_at(
            self.adapter.path_info
        ):
            return set()
        return declared_methods(self.adapter)

    def _find_allowed(self) -> tuple[str, ...]:
        adapter = self.adapter
        methods = dispatching_methods(self._index, adapter, self.declared)
        if not self._state.settings.enforce_sunset:
            return methods
        is_retired = self._state.is_retired
        return tuple(m for m in methods if not is_retired(route(adapter, m)[1], m))

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The exact ``Allow`` (RFC 9110 §10.2.1)."""
        if self._allowed is None:
            self._allowed = self._find_allowed()
        return self._allowed

    def other_methods(self) -> tuple[str, ...]:
        """List the exact ``Allow`` less the method that a view has refused."""
        return tuple(m for m in self.allowed_methods if m != self._req.method)

    def facts(self, reason: Reason) -> Facts:
        """Gather the plain values that the answer is made of."""
        state, req = self._state, self._req
        is_405 = BY_REASON[reason] is MethodNotAllowed
        rule = self.rule if is_405 else req.url_rule
        endpoint = None if rule is None else rule.endpoint
        known = reason in (Reason.RETIRED, Reason.NOT_IMPLEMENTED)
        # What is retired is what Flask would have served: the upper-cased method.
        method = req.method if reason is Reason.RETIRED else self.method
        return state.make_facts(
            reason,
            bodies.negotiate(
                req.environ.get("HTTP_ACCEPT"), state.settings.error_formats
            ),
            bodies.echoable(self.raw_method),
            self.allowed_methods if is_405 else None,
            endpoint,
            state.deprecation(endpoint, method) if known else None,
        )


def is_automatic(req: RoutedRequest) -> bool:
    """Tell whether Flask itself answers an OPTIONS that a rule has matched."""
    automatic = getattr(req.url_rule, "provide_automatic_options", False)
    return req.method == "OPTIONS" and automatic
