"""The extension: looks up the facts of a request, asks the table, translates.

Here the project meets Flask, and only here and in the command line. No method
of the app is replaced. What is kept of an app is one object in its
``extensions``, which refers to the app in no way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

from blinker import Namespace
from flask import after_this_request, current_app, has_request_context, request
from flask import globals as flask_globals
from flask.app import Flask  # flask.Flask is rebound by some instrumentation
from flask.wrappers import Request, Response
from werkzeug import exceptions as werkzeug
from werkzeug.exceptions import (
    BadHost,
    ClientDisconnected,
    HTTPException,
    SecurityError,
)
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wsgi import get_input_stream

from . import bodies
from .bodies import Facts
from .config import Settings
from .decision import DEFAULT_METHODS, Reason, Routing, Situation, Verdict, decide
from .deprecation import Deprecation, as_url, check_url, marked_deprecations, utc_now
from .exceptions import (
    InvalidMethod,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    Rejection,
)
from .urlmap import MethodIndex, dispatching_methods, preferred_rule

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

EXTENSION_KEY = "method_guard"

_EXCEPTIONS: Mapping[Reason, type[Rejection]] = {
    Reason.INVALID_TOKEN: InvalidMethod,
    Reason.NOT_IMPLEMENTED: MethodNotImplemented,
    Reason.RETIRED: MethodNotAllowed,
    Reason.NOT_ALLOWED: MethodNotAllowed,
}

_Response = TypeVar("_Response", bound=Response)
_R = TypeVar("_R", bound=Rejection)

#: Sent with ``exception=`` when a rejection of the guard becomes the answer.
method_rejected = Namespace().signal("method-rejected")


class MethodGuard:
    """Answers every method on every URL of an app as RFC 9110 has it.

    One guard can serve several apps, each with its own settings.

    :param app: an app to set up at once; see :meth:`init_app`.
    :param clock: tells the time, as an aware :class:`~datetime.datetime`; used
        for the sunset of deprecated methods.
    """

    def __init__(
        self, app: Flask | None = None, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set up an app: read its settings, register the hooks and the handler.

        :param app: the app; its ``METHOD_GUARD_*`` keys are read now.
        :raises TypeError: if it is no Flask app.
        :raises RuntimeError: if it has a guard already.
        :raises ConfigError: if its settings are refused; then nothing was
            registered.
        """
        if not isinstance(app, Flask):
            raise TypeError(
                f"A method guard needs a Flask app, not {app!r}."
                " Pass the app itself to MethodGuard(…) or to init_app(…)."
            )
        if EXTENSION_KEY in app.extensions:
            raise RuntimeError(
                f"The app {app.name!r} has a method guard already."
                " Call MethodGuard(app) or guard.init_app(app) once for each app."
            )
        guard = AppGuard(Settings.from_mapping(app.config), self._clock)
        app.before_request(guard.before_request)
        app.after_request(guard.after_request)
        # What the app has registered for the base class before stays.
        if MethodRejected not in app.error_handler_spec[None][None]:
            app.register_error_handler(MethodRejected, _answer)
        # An aborter of the app's own may know 405 in its own way.
        mapping = getattr(app.aborter, "mapping", {})
        if mapping.get(405) is werkzeug.MethodNotAllowed:
            mapping[405] = guard.aborted
        app.extensions[EXTENSION_KEY] = guard


def _answer(rejection: Rejection) -> Response:
    """Answer with a response at once, which spares Flask to run a WSGI app."""
    if current_app.trap_http_exception(rejection):
        raise rejection
    if rejection.response is not None:
        return cast("Response", rejection.response)
    return current_app.response_class(
        rejection.get_body(), rejection.code, rejection.get_headers()
    )


# Public, in spite of the name: Werkzeug documents it for just this, to pay for
# the context variable once and not at every attribute.
_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001


# The request's binding to the URL map. Flask 3.2 merges the two contexts, and warns
# where its module is asked for the old name.
_context: Any = vars(flask_globals).get("request_ctx", flask_globals.app_ctx)

#: A map of up to so many rules is counted whenever it is used …
_SMALL_MAP = 250
#: … and a larger one at most once in so many seconds.
_COUNT_EVERY = 1.0


class AppGuard:
    """What the guard knows of one app, and its hooks.

    It holds no reference to the app: an app is freed as soon as it is dropped.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._index: MethodIndex | None = None
        self._counted_at = 0.0
        self._marks: Mapping[str, Mapping[str, Deprecation]] = {}
        self._view_functions: Mapping[str, Callable[..., Any]] = {}
        self._view_count = -1
        # The raw methods that need no second look when a route matched them.
        self._settled: frozenset[str] = frozenset()

    # -- what is known of the app ---------------------------------------------

    def index(self, app: Flask) -> MethodIndex:
        """Give the index of the app's URL map, read anew if the map has changed."""
        index = self._index
        if index is None or not self._is_current(index, app.url_map):
            index = MethodIndex.read(app.url_map, self.settings.supported_methods)
            self._index = index
        if not self._views_are_known():
            self._read_views(app)
        return index

    def _is_current(self, index: MethodIndex, url_map: Map) -> bool:
        if index.size > _SMALL_MAP and self._views_are_known():
            now = monotonic()
            if now - self._counted_at < _COUNT_EVERY:
                return index.url_map is url_map
            self._counted_at = now
        return index.is_current(url_map)

    def _views_are_known(self) -> bool:
        return len(self._view_functions) == self._view_count

    def _read_views(self, app: Flask) -> None:
        marks = {
            endpoint: found
            for endpoint, view in app.view_functions.items()
            if (found := marked_deprecations(view))
        }
        deprecated = set(self.settings.deprecated_methods).union(*marks.values())
        supported = self.settings.supported_methods
        settled = frozenset(DEFAULT_METHODS)
        if isinstance(supported, frozenset):
            settled &= supported
        self._marks = marks
        # OPTIONS has a row of its own.
        self._settled = settled - deprecated - {"OPTIONS"}
        self._view_functions = app.view_functions
        self._view_count = len(app.view_functions)

    def deprecation(self, endpoint: str | None, method: str) -> Deprecation | None:
        """Find what is said of a method: the view's word, else the app's.

        :param endpoint: the endpoint; ``None`` to ask for the app's word alone.
        :param method: the method, in upper case.
        :return: the deprecation, if there is one.
        """
        marks = self._marks.get(endpoint or "", {})
        return marks.get(method) or self.settings.deprecated_methods.get(method)

    def is_retired(self, rule: Rule | None, method: str) -> bool:
        """Tell whether a method of a rule is past an enforced sunset (RFC 8594)."""
        if not self.settings.enforce_sunset or rule is None:
            return False
        deprecation = self.deprecation(rule.endpoint, method)
        return deprecation is not None and deprecation.has_ended(self.clock())

    # -- the request ------------------------------------------------------------

    def before_request(self) -> None:
        """Decide, and leave the raising to Flask.

        Flask raises ``routing_exception`` after all ``before_request`` functions,
        so those that come in pairs with others stay paired.
        """
        req = _request()
        if (
            req.environ["REQUEST_METHOD"] in self._settled
            and req.routing_exception is None
            and self._views_are_known()
        ):
            return
        self._decide(_app(), req)

    def _decide(self, app: Flask, req: Request) -> None:
        found = req.routing_exception
        if _is_bad_host(found):
            return
        target, verdict = self._ask(app, req)
        if verdict.reason is Reason.ALLOWED:
            self._follow_up(target, req)
        elif verdict.reason is Reason.SERVER_OPTIONS:
            req.routing_exception = HTTPException(response=app.response_class())
        elif verdict.reason is Reason.NOT_FOUND:
            # The router's 405 promises a method whose value it would refuse.
            if not isinstance(found, werkzeug.NotFound):
                req.routing_exception = werkzeug.NotFound()
        elif verdict.reason in _EXCEPTIONS:
            self._reject(target, req, self._rejection(app, target, verdict.reason))

    def _reject(self, target: _Target, req: Request, rejection: Rejection) -> None:
        req.routing_exception = rejection
        after_this_request(partial(self._conclude, rejection))
        if self.settings.reject_early:
            if req.url_rule is None:
                # The rule's blueprint then handles what is its own.
                req.url_rule = target.rule
            raise rejection

    def _follow_up(self, target: _Target, req: Request) -> None:
        """See to what a served request still needs, if it needs anything."""
        if _is_automatic(req):
            after_this_request(partial(_make_exact, target))
        deprecation = self.deprecation(req.endpoint, req.method)
        if deprecation is not None:
            after_this_request(partial(_announce, deprecation))

    def _ask(
        self, app: Flask, req: Request, adapter: MapAdapter | None = None
    ) -> tuple[_Target, Verdict]:
        target = _Target(self, app, req, adapter)
        return target, decide(target.situation())

    def examine(self, app: Flask, environ: WSGIEnvironment) -> Examination:
        """Tell what would become of a request, and do nothing about it.

        The router is asked, and no function of the app is called but the URL
        converters and a callable ``METHOD_GUARD_DOCS_URL``.

        :param environ: the request, as the app would get it from the server.
        """
        context = app.request_context(environ)
        req = context.request
        with app.app_context():
            if context.url_adapter is not None:
                context.match_request()
            found = req.routing_exception
            if _is_bad_host(found):
                return Examination(None, found)
            target, verdict = self._ask(app, req, context.url_adapter)
            if verdict.reason not in _EXCEPTIONS:
                allow = target.allowed_methods() if _is_automatic(req) else None
                return Examination(verdict, found, req.url_rule, allow)
            # A callable may well call url_for, which asks for the request.
            calls = callable(self.settings.docs_url)
            with context if calls else nullcontext():
                rejection = self._rejection(app, target, verdict.reason)
            rule = target.rule if rejection.code == 405 else req.url_rule
            allow = rejection.facts.allowed_methods
            return Examination(verdict, rejection, rule, allow)

    def _conclude(self, rejection: Rejection, response: _Response) -> _Response:
        """Do what is left if a rejection has become the answer.

        It has not if a later hook answered in its place, for then Flask did not
        raise it, nor if an error handler crashed on it.
        """
        if rejection.__traceback__ is None or response.status_code == 500:
            return response
        # The frames that it holds would keep the app until the next run of the
        # garbage collector.
        rejection.__traceback__ = None
        app = _app()
        _drain(_request(), self.settings.drain_limit)
        _add_links(response, bodies.links(rejection.facts))
        method_rejected.send(app, _async_wrapper=app.ensure_sync, exception=rejection)
        return response

    def after_request(self, response: _Response) -> _Response:
        """See that no 405 is without ``Allow`` (RFC 9110 §15.5.6)."""
        if response.status_code == 405 and "Allow" not in response.headers:
            self._repair_allow(_app(), _request(), response)
        return response

    def _repair_allow(self, app: Flask, req: Request, response: Response) -> None:
        found = req.routing_exception
        if isinstance(found, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(found.allowed_methods)
        elif not _is_bad_host(found):
            methods = _Target(self, app, req).other_methods()
            response.headers["Allow"] = ", ".join(methods)

    # -- the rejection ----------------------------------------------------------

    def _rejection(self, app: Flask, target: _Target, reason: Reason) -> Rejection:
        return self._with_docs_url(app, _EXCEPTIONS[reason](facts=target.facts(reason)))

    def aborted(
        self, valid_methods: Any = None, *args: Any, **kwargs: Any
    ) -> MethodNotAllowed:
        """Make the exception of ``abort(405)``, whose arguments these are.

        :return: the guard's exception, with the exact ``Allow`` less the refused
            method unless methods are given.
        """
        if not has_request_context():
            return MethodNotAllowed(valid_methods, *args, **kwargs)
        app = _app()
        req = _request()
        target = _Target(self, app, req)
        facts = target.facts(Reason.NOT_ALLOWED)
        if valid_methods is None:
            valid_methods = target.other_methods()
        rejection = MethodNotAllowed(valid_methods, *args, facts=facts, **kwargs)
        return self._with_docs_url(app, rejection)

    def _with_docs_url(self, app: Flask, rejection: _R) -> _R:
        try:
            url = self._docs_url(rejection)
        except Exception:
            # The link is missed, not the answer.
            app.logger.exception("METHOD_GUARD_DOCS_URL failed; no link is given")
            url = None
        if url is not None:
            rejection.facts = rejection.facts._replace(docs_url=url)
        return rejection

    def _docs_url(self, rejection: Rejection) -> str | None:
        docs_url = self.settings.docs_url
        if callable(docs_url):
            given = docs_url(rejection)
            return None if given is None else as_url(check_url(given))
        if docs_url is None:
            return None
        facts = rejection.facts
        return bodies.fill_docs_url(
            docs_url, facts.endpoint, facts.method, facts.reason, facts.status
        )


@dataclass(frozen=True)
class Examination:
    """What would become of a request."""

    #: ``None`` if nothing is decided, for the host is refused.
    verdict: Verdict | None
    #: What Flask would raise: the guard's exception, or the router's own.
    exception: HTTPException | None
    #: The rule that stands for the target resource, as far as it is known.
    rule: Rule | None = None
    #: What ``Allow`` would say; ``None`` where the guard says nothing there.
    allowed_methods: tuple[str, ...] | None = None


class _Target:
    """One request's target resource: the glue between the request and the core."""

    def __init__(
        self,
        guard: AppGuard,
        app: Flask,
        req: Request,
        adapter: MapAdapter | None = None,
    ) -> None:
        self._guard = guard
        self._req = req
        self._index = guard.index(app)
        self._adapter = adapter

    @property
    def adapter(self) -> MapAdapter:
        """The app's map, bound to the request."""
        return self._adapter or cast("MapAdapter", _context.url_adapter)

    @property
    def raw_method(self) -> str:
        return cast("str", self._req.environ["REQUEST_METHOD"])

    @property
    def method(self) -> str:
        """The method as it is compared with others (RFC 9110 §9.1)."""
        if self._guard.settings.case_sensitive:
            return self.raw_method
        return self.raw_method.upper()

    @property
    def rule(self) -> Rule | None:
        """The rule that stands for the resource."""
        return self._req.url_rule or preferred_rule(self._dispatching)

    def situation(self) -> Situation:
        return Situation(
            raw_method=self.raw_method,
            method=self.method,
            supported=self._index.supports(self.method),
            asterisk=self._req.environ.get("PATH_INFO") == "*",
            routing=_routing(self._req.routing_exception),
            retired=self._guard.is_retired(self._req.url_rule, self._req.method),
            allowed_methods=self.allowed_methods,
        )

    @cached_property
    def _dispatching(self) -> dict[str, Rule | None]:
        found = self._req.routing_exception
        if isinstance(found, werkzeug.NotFound) and not self._index.may_hide:
            return {}
        refused = self._req.method if self._req.url_rule is None else None
        methods = dispatching_methods(self._index, self.adapter, refused)
        is_retired = self._guard.is_retired
        return {m: rule for m, rule in methods.items() if not is_retired(rule, m)}

    def allowed_methods(self) -> tuple[str, ...]:
        """List the exact ``Allow`` (RFC 9110 §10.2.1)."""
        return tuple(self._dispatching)

    def other_methods(self) -> tuple[str, ...]:
        """List the exact ``Allow`` less the method that a view has refused."""
        return tuple(m for m in self._dispatching if m != self._req.method)

    def facts(self, reason: Reason) -> Facts:
        """Gather the plain values that the answer is made of."""
        guard, req = self._guard, self._req
        is_405 = _EXCEPTIONS[reason] is MethodNotAllowed
        rule = self.rule if is_405 else req.url_rule
        endpoint = None if rule is None else rule.endpoint
        known = reason in (Reason.RETIRED, Reason.NOT_IMPLEMENTED)
        return Facts(
            reason=reason,
            status=_EXCEPTIONS[reason].code,
            media_type=bodies.negotiate(
                req.environ.get("HTTP_ACCEPT"), guard.settings.error_formats
            ),
            method=bodies.echoable(self.raw_method),
            allowed_methods=self.allowed_methods() if is_405 else None,
            supported_methods=self._index.supported_names,
            endpoint=endpoint,
            deprecation=guard.deprecation(endpoint, self.method) if known else None,
        )


def _is_bad_host(found: HTTPException | None) -> bool:
    """Tell whether the request has a host for which nothing is decided."""
    return isinstance(found, (BadHost, SecurityError))


def _is_automatic(req: Request) -> bool:
    """Tell whether Flask itself answers an OPTIONS that a rule has matched."""
    automatic = getattr(req.url_rule, "provide_automatic_options", False)
    return req.method == "OPTIONS" and automatic


def _routing(found: HTTPException | None) -> Routing:
    if found is None:
        return Routing.MATCHED
    if isinstance(found, (werkzeug.NotFound, werkzeug.MethodNotAllowed)):
        return Routing.UNMATCHED
    return Routing.ANSWERED


def _make_exact(target: _Target, response: _Response) -> _Response:
    """Make Flask's own answer to OPTIONS name just what dispatches."""
    # A hook may have answered in Flask's place, in its own words.
    if set(response.allow) == set(target.adapter.allowed_methods()):
        response.headers["Allow"] = ", ".join(target.allowed_methods())
    return response


def _announce(deprecation: Deprecation, response: _Response) -> _Response:
    """Add the headers of a deprecated method (RFC 9745, RFC 8594)."""
    for name, value in deprecation.headers():
        if name != "Link":
            response.headers.setdefault(name, value)
    _add_links(response, [("Link", f) for n, f in deprecation.headers() if n == "Link"])
    return response


def _add_links(response: Response, links: Iterable[tuple[str, str]]) -> None:
    """Add links beside those that the response has, none of them twice."""
    for name, value in links:
        if value not in response.headers.getlist(name):
            response.headers.add(name, value)


def _drain(req: Request, limit: int) -> None:
    """Read and drop the request's body, so that the answer arrives.

    Nothing is read of a body without a length, of one that is longer than the
    limit, or of one that the client holds back until it is told to continue
    (RFC 9110 §10.1.1). An error of reading is not swallowed: the server must
    close a connection whose state nobody knows.
    """
    remaining = req.content_length or 0
    if not 0 < remaining <= limit or req.headers.get("Expect"):
        return
    # The stream that a hook may have read from already counts what is left. A new
    # one is not made by the request, which would check its own limit and raise.
    stream = vars(req).get("stream") or get_input_stream(req.environ)
    try:
        while remaining > 0 and (piece := stream.read(min(remaining, 65536))):
            remaining -= len(piece)
    except ClientDisconnected as error:
        # Werkzeug says this for an early end, too, after which there is nothing
        # left to read; an error of reading is the context.
        if error.__context__ is not None:
            raise
