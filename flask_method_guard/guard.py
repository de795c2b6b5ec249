"""What the guard of an app knows about a request, and how it would respond.

The guard changes nothing about a request: :mod:`.extension` does that, and the
inspection wing only shows what is known. Each fact is looked up when a row of
the table asks for it, in one :class:`~.snapshot.Snapshot` and at one instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask
from flask.wrappers import Request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, Rule

from .bodies import Facts, echoable, fill_docs_url
from .config import Settings
from .decision import ANSWERED, MATCHED, UNMATCHED, Reason, Routing
from .deprecation import Deprecation, Phase
from .exceptions import BY_REASON, OF_A_RESOURCE, Rejection
from .links import as_url, read_url
from .marks import EVERY_OTHER
from .negotiation import negotiate
from .snapshot import Snapshot
from .successor import Successor
from .urlmap import Match, Resource, answers_options, match_of, url_values

if TYPE_CHECKING:
    from flask.ctx import RequestContext

EXTENSION_KEY = "method_guard"

#: Begins what is logged of a value of the code that is left out.
CONTRADICTS = "METHOD_GUARD_DEPRECATED_BLUEPRINTS contradicts the code"

_R = TypeVar("_R", bound=Rejection)

#: The attribute of a request that keeps its instant.
_INSTANT = "__method_guard_instant__"


class AppGuard:
    """The guard of one app: its settings, and what is known about the app.

    It keeps three things, none of which refers to the app:

    * ``snapshot``, the rules and the marks, replaced whole when the app has changed;
    * up to 256 ``Facts``, since rejections repeat: each keeps its words, its header
      fields and its body, about 4 kB;
    * the settings.

    :func:`~.negotiation.negotiate` keeps up to 256 values of ``Accept``, for all apps.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock: Callable[[], datetime] = clock
        self.snapshot: Snapshot | None = None
        link = settings.docs_url if isinstance(settings.docs_url, str) else None
        #: Makes the facts of a rejection, the same object for the same values.
        self.facts: Callable[..., Facts] = lru_cache(256)(partial(_make_facts, link))

    @contextmanager
    def clock_stopped_at(self, now: datetime) -> Iterator[None]:
        """Stop the guard's clock for a while, and no other clock."""
        clock, self.clock = self.clock, lambda: now
        try:
            yield
        finally:
            self.clock = clock

    def refresh(self, app: Flask) -> Snapshot:
        """Read the app, and keep what was read."""
        snapshot = Snapshot.take(
            app.url_map, app.view_functions, app.blueprints, self.settings
        )
        if self.snapshot is None or self.snapshot.left_out != snapshot.left_out:
            for text in snapshot.left_out:
                app.logger.warning("%s: %s is left out", CONTRADICTS, text)
        self.snapshot = snapshot
        return snapshot

    def situation(
        self, ctx: RequestContext, clock: Callable[[], datetime] | None = None
    ) -> RequestSituation | None:
        """Return the situation of a request; ``None`` if nothing is to be decided.

        No map is bound if the host is not trusted. Of another map than the app's, the
        guard knows no rule.
        """
        adapter = ctx.url_adapter
        if adapter is None or adapter.map is not ctx.app.url_map:
            return None
        snapshot, req = self.snapshot, ctx.request
        if (
            snapshot is None
            or snapshot.url_map is not ctx.app.url_map
            or snapshot.view_count != len(ctx.app.view_functions)
            or not snapshot.rules.knows(req.url_rule, req.routing_exception)
        ):
            snapshot = self.refresh(ctx.app)
        clock = clock or self.clock
        return RequestSituation(self, snapshot, clock, req, adapter)


class RequestSituation:
    """The facts of one request; see :class:`~.decision.Situation`.

    :param guard: the guard of the app.
    :param snapshot: the app.
    :param clock: returns the time, as an aware datetime; called once at most.
    :param req: the request, after routing.
    :param adapter: the app's URL map, bound to the request.
    """

    def __init__(
        self,
        guard: AppGuard,
        snapshot: Snapshot,
        clock: Callable[[], datetime],
        req: Request,
        adapter: MapAdapter,
    ) -> None:
        self.snapshot = snapshot
        self.req = req
        self.guard = guard
        self._clock = clock
        self.adapter = adapter
        self.raw_method: str = req.environ["REQUEST_METHOD"]
        #: The method as it is compared (RFC 9110 §9.1).
        self.method: str = self.raw_method
        if not guard.settings.case_sensitive:
            self.method = self.raw_method.upper()
        #: What the router made of the request.
        self.routing: Routing = MATCHED
        if (found := req.routing_exception) is not None:
            is_404_or_405 = isinstance(found, (NotFound, MethodNotAllowed))
            self.routing = UNMATCHED if is_404_or_405 else ANSWERED
        #: The phase of the matched method, if its date can make it unavailable.
        self._phase: Phase | None = None
        if snapshot.rejectable and req.url_rule is not None:
            self._phase = self.phase_of(req.url_rule, self.dispatched_method)
        # functools.cached_property takes a lock before Python 3.12.
        self._resource: Resource | None = None
        self._dispatched_methods: tuple[str, ...] | None = None
        self._allowed_methods: tuple[str, ...] | None = None

    @property
    def now(self) -> datetime:
        """The time of the request: read once and used for all of its facts."""
        known = vars(self.req)
        # A view's own 405 is a second situation of the same request.
        if _INSTANT not in known:
            known[_INSTANT] = self._clock()
        return cast("datetime", known[_INSTANT])

    def phase_of(self, rule: Rule | None, method: str) -> Phase | None:
        """Return the phase of a method, if a date can make it unavailable."""
        return self.snapshot.phase(rule, method, lambda: self.now)

    @property
    def dispatched_method(self) -> str:
        """The method that the router looked for; an app can choose another.

        Where a route matched, it is what the app's Request class made of it.
        """
        shown = self.req.method
        if self.req.url_rule is None or shown == self.raw_method.upper():
            return self.adapter.default_method.upper()
        return shown

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
    def gone(self) -> bool:
        """Whether each method of the resource is past an enforced sunset."""
        return bool(self.snapshot.retirable) and last_retired(self) is not None

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
            match = (
                Match(True, req.url_rule, req.view_args)
                if error is None
                else match_of(error)
            )
            self._resource = Resource(self.snapshot.rules, self.adapter, match)
        return self._resource

    @property
    def dispatched_methods(self) -> tuple[str, ...]:
        """The supported methods that dispatch here, whatever their dates, sorted."""
        if self._dispatched_methods is None:
            found = self.resource.methods(self.snapshot.supported_methods)
            self._dispatched_methods = tuple(found)
        return self._dispatched_methods

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """The exact ``Allow`` (RFC 9110 §10.2.1)."""
        if self._allowed_methods is None:
            self._allowed_methods = self._allowed(self.dispatched_methods)
        return self._allowed_methods

    def _allowed(self, dispatched: Iterable[str]) -> tuple[str, ...]:
        """Leave out the methods that a date makes unavailable."""
        found = list(dispatched)
        for method in self.snapshot.rejectable.intersection(found):
            phase = self.phase_of(self.resource.match(method).rule, method)
            if phase is not None and phase.is_rejected:
                found.remove(method)
        return tuple(found)

    @property
    def is_automatic_options(self) -> bool:
        """Whether Flask itself responds: a route matched an OPTIONS request."""
        rule = self.req.url_rule
        return (
            self.req.method == "OPTIONS" and rule is not None and answers_options(rule)
        )

    @property
    def other_methods(self) -> tuple[str, ...]:
        """The exact ``Allow`` for a method that a view rejects."""
        rejected = self.dispatched_method
        return tuple(m for m in self.allowed_methods if m != rejected)

    def exact_options(self, listed: frozenset[str]) -> tuple[str, ...]:
        """Return the exact ``Allow`` of Flask's automatic response to OPTIONS.

        :param listed: the methods that Flask lists; none if the router cannot.
        """
        snapshot, supported = self.snapshot, self.snapshot.supported_methods
        if (
            listed
            and not snapshot.rejectable
            and snapshot.rules.is_list_complete(self.adapter, "OPTIONS", *listed)
        ):
            return tuple(sorted(listed.intersection(supported)))
        return self._allowed(self.resource.methods(supported, listed or None))

    def target_rule(self, status: int) -> Rule | None:
        """Return the rule that represents the target of a rejection, if one is known.

        :param status: the status of the rejection.
        """
        if self.req.url_rule is not None or status not in OF_A_RESOURCE:
            return self.req.url_rule
        return self.resource.representative(self.dispatched_methods).rule


def last_retired(situation: RequestSituation) -> tuple[str, Deprecation] | None:
    """Return the method that was retired last, if nothing of the resource is left.

    Flask's automatic OPTIONS does not count. What redirects leads somewhere.

    :return: the method, the request's own one of several, and its deprecation.
    """
    is_served = situation.routing is MATCHED and not situation.retired
    if is_served or situation.is_automatic_options:
        return None
    snapshot, resource = situation.snapshot, situation.resource
    found = list[tuple[str, Deprecation]]()
    methods = situation.dispatched_methods
    if snapshot.any_method and resource.match(EVERY_OTHER).dispatches:
        methods = (*methods, EVERY_OTHER)
    if not snapshot.retirable.issuperset({*methods} - {"OPTIONS"}):
        return None  # without asking the router about any of them
    own = situation.dispatched_method
    for method in sorted(methods, key=lambda m: (m != own, m != "GET", m)):
        rule = resource.match(method).rule
        if method == "OPTIONS" and rule is not None and answers_options(rule):
            continue
        deprecation = rule and snapshot.deprecation(rule.endpoint, method)
        if not deprecation or situation.phase_of(rule, method) is not Phase.RETIRED:
            return None
        found.append((method, deprecation))
    # The first of several.
    return max(found, key=lambda item: item[1].sunset or situation.now, default=None)


# -- a rejection, and what is announced ----------------------------------------------


def rejection_of(app: Flask, situation: RequestSituation, reason: Reason) -> Rejection:
    """Return the exception for a row of the table that rejects."""
    rejection = BY_REASON[reason](facts=facts_of(situation, reason))
    return with_docs_url(app, rejection, situation.guard.settings.docs_url)


def facts_of(situation: RequestSituation, reason: Reason) -> Facts:
    """Return the facts of a rejection."""
    req, guard, snapshot = situation.req, situation.guard, situation.snapshot
    status = BY_REASON[reason].code
    rule = situation.target_rule(status)
    endpoint = None if rule is None else rule.endpoint
    deprecation = until = routed = None
    method, shown = situation.method, situation.raw_method
    if status in OF_A_RESOURCE:
        # Flask would have served the upper-cased method, or the one that the app chose.
        method = situation.dispatched_method
        shown = shown if method == shown.upper() else method
    if reason is Reason.GONE:
        routed, deprecation = last_retired(situation) or (None, None)
        method = method if req.url_rule else routed or method
    elif reason is not Reason.NOT_ALLOWED:
        deprecation = snapshot.deprecation(endpoint, method)
    if reason is Reason.BROWNOUT and deprecation is not None:
        until = deprecation.brownout_end(situation.now)
    left = None if until is None else ceil((until - situation.now).total_seconds())
    accept = req.environ.get("HTTP_ACCEPT")
    successor = None
    if deprecation is not None:
        successor = _successor(situation.adapter, deprecation, method, routed)
    # One with a URL can be another one at every URL, so it is not kept.
    is_kept = successor is None or successor.url is None
    # In the order of the class: with names, the memo would compare these, too.
    facts = guard.facts(
        reason,
        status,
        negotiate(accept, guard.settings.error_formats),
        echoable(shown),
        situation.allowed_methods if status == 405 else None,
        snapshot.supported_methods,
        endpoint,
        None,  # the link is made once for these values
        deprecation,
        until,
        left,
        successor if is_kept else None,
    )
    return facts if is_kept else facts._replace(successor=successor)


def announcement(
    situation: RequestSituation, deprecation: Deprecation
) -> list[tuple[str, str]]:
    """Return the header fields that announce a deprecation of the request's method."""
    successor = _successor(situation.adapter, deprecation, situation.dispatched_method)
    fields = deprecation.headers()
    return fields + successor.headers() if successor else fields


def _successor(
    adapter: MapAdapter,
    deprecation: Deprecation,
    method: str,
    routed: str | None = None,
) -> Successor | None:
    """Return what replaces a method at the URL, if that is known.

    :param routed: the method that the deprecation is about, if everything is gone.
    """
    found = deprecation.successor
    if not found or (routed and not found.url):
        return None  # another method of what is gone replaces nothing
    values = url_values(adapter, routed or method) if found.variables else {}
    return found.fill(method, adapter.script_name, adapter.path_info, values)


def _make_facts(template: str | None, *values: Any) -> Facts:
    """Make facts, with the link that a template stands for."""
    facts = Facts(*values)
    if template is None:
        return facts
    return facts._replace(docs_url=fill_docs_url(template, facts))


def with_docs_url(app: Flask, rejection: _R, docs_url: object) -> _R:
    """Add the link that a callable ``METHOD_GUARD_DOCS_URL`` returns."""
    if callable(docs_url):
        try:
            url = docs_url(rejection)
            if url is not None:
                rejection.link_to_docs(as_url(read_url(url)))
        except Exception:
            # The response matters more than its link.
            app.logger.exception("METHOD_GUARD_DOCS_URL failed; no link is sent")
    return rejection
