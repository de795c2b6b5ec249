"""One request, as the decision table asks about it.

Each fact is looked up when a row asks for it, in one :class:`~.snapshot.Snapshot`
and at one instant.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask.wrappers import Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, Rule

from .config import Settings
from .decision import Routing
from .deprecation import Phase
from .snapshot import Snapshot
from .urlmap import Answer, Resource, answers_options, refusal

#: The attribute of a request that keeps its instant.
_INSTANT = "__method_guard_instant__"


class RequestSituation:
    """The facts of one request; see :class:`~.decision.Situation`.

    :param snapshot: the app.
    :param settings: the app's settings.
    :param clock: returns the time, as an aware datetime; called once at most.
    :param req: the request, after routing.
    :param adapter: the app's URL map, bound to the request.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings,
        clock: Callable[[], datetime],
        req: Request,
        adapter: MapAdapter,
    ) -> None:
        self.snapshot = snapshot
        self.req = req
        self._clock = clock
        self._adapter = adapter
        self.raw_method: str = req.environ["REQUEST_METHOD"]
        #: The method as it is compared (RFC 9110 §9.1).
        self.method: str = self.raw_method
        if not settings.case_sensitive:
            self.method = self.raw_method.upper()
        #: What the router made of the request.
        self.routing: Routing = _routing(req.routing_exception)
        #: The phase of the matched method, if its date can make it unavailable.
        self._phase: Phase | None = None
        if req.url_rule is not None and req.method in snapshot.closing:
            self._phase = snapshot.phase(req.url_rule, req.method, self.now)
        # functools.cached_property takes a lock before Python 3.12.
        self._resource: Resource | None = None
        self._allowed_methods: tuple[str, ...] | None = None

    @property
    def now(self) -> datetime:
        """The time of the request: read once and used for all of its facts."""
        known = vars(self.req)
        # A view's own 405 is a second situation of the same request.
        if _INSTANT not in known:
            known[_INSTANT] = self._clock()
        return cast("datetime", known[_INSTANT])

    @property
    def supported(self) -> bool:
        """Whether the app supports the method on any resource."""
        return self.snapshot.supports(self.method)

    @property
    def asterisk(self) -> bool:
        """Whether the request target is ``*`` (RFC 9112 §3.2.4)."""
        environ = self.req.environ
        # cheroot turns it into a path, but keeps the original target.
        return "*" in (environ.get("PATH_INFO"), environ.get("REQUEST_URI"))

    @property
    def retired(self) -> bool:
        """Whether the matched method is past an enforced sunset."""
        return self._phase is Phase.RETIRED

    @property
    def brownout(self) -> bool:
        """Whether the matched method is inside a brownout window."""
        return self._phase is Phase.BROWNOUT

    @property
    def resource(self) -> Resource:
        """The target resource, as the router sees it."""
        if self._resource is None:
            req, error = self.req, self.req.routing_exception
            answer = (
                Answer(True, req.url_rule, req.view_args)
                if error is None
                else refusal(error)
            )
            rules = self.snapshot.rules
            self._resource = Resource(rules, self._adapter, req.method, answer)
        return self._resource

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The exact ``Allow`` (RFC 9110 §10.2.1)."""
        if self._allowed_methods is None:
            snapshot, resource = self.snapshot, self.resource
            found = resource.methods(snapshot.supported_methods)
            for method in snapshot.closing.intersection(found):
                rule = resource.answer(method).rule
                if snapshot.is_closed(rule, method, self.now):
                    found.remove(method)
            self._allowed_methods = tuple(found)
        return self._allowed_methods

    @property
    def other_methods(self) -> tuple[str, ...]:
        """The exact ``Allow`` for a method that a view refuses."""
        return tuple(m for m in self.allowed_methods if m != self.req.method)

    def exact_options(self, allow: str) -> tuple[str, ...] | None:
        """Return the exact ``Allow`` of Flask's automatic answer to OPTIONS.

        :param allow: the value of the answer's ``Allow``.
        :return: the methods, or ``None`` if a hook gave another answer.
        """
        rule = self.req.url_rule
        methods = (rule and rule.methods) or ()
        names = allow.replace('"', "").replace(", ", ",").split(",")
        listed = frozenset(names if allow else ())
        if len(methods) > 1 and listed.issuperset(methods):
            # Flask asked the router for the methods of all rules at the URL. A rule for
            # OPTIONS alone does not show that, since a hook can list that much.
            self.resource.listed_here = listed
        elif listed != (self.resource.list_here() or frozenset()):
            return None
        return self.allowed_methods

    def rule(self) -> Rule | None:
        """Return the rule that represents the resource of a 405, if one is known."""
        if self.req.url_rule is not None:
            return self.req.url_rule
        return self.resource.owner(self.allowed_methods).rule


def _routing(found: HTTPException | None) -> Routing:
    if found is None:
        return Routing.MATCHED
    if isinstance(found, (NotFound, MethodNotAllowed)):
        return Routing.UNMATCHED
    return Routing.ANSWERED


def is_automatic_options(req: Request) -> bool:
    """Return whether Flask itself answers a matched OPTIONS request."""
    rule = req.url_rule
    return req.method == "OPTIONS" and rule is not None and answers_options(rule)
