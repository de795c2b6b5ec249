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
from functools import lru_cache, partial
from math import inf
from time import monotonic
from typing import Any, TypeVar, cast

from blinker import Namespace
from flask import after_this_request, current_app, has_request_context, request
from flask import globals as flask_globals
from flask.app import Flask  # flask.Flask is rebound by some instrumentation
from flask.wrappers import Request, Response
from werkzeug import exceptions as werkzeug
from werkzeug.datastructures import Headers
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
)
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wsgi import get_content_length

from . import bodies
from .bodies import Facts
from .config import Settings
from .decision import Reason, Routing, Verdict, decide, is_token
from .deprecation import Deprecation, as_url, check_url, marked_deprecations, utc_now
from .exceptions import (
    InvalidMethod,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    Rejection,
)
from .urlmap import (
    MethodIndex,
    declared_methods,
    dispatching_methods,
    find_rule,
    route,
)

EXTENSION_KEY = "method_guard"

_EXCEPTIONS: Mapping[Reason, type[Rejection]] = {
    Reason.INVALID_TOKEN: InvalidMethod,
    Reason.NOT_IMPLEMENTED: MethodNotImplemented,
    Reason.RETIRED: MethodNotAllowed,
    Reason.NOT_ALLOWED: MethodNotAllowed,
}

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
        _register_hooks(app, guard)
        # What the app has registered for the base class before stays.
        if MethodRejected not in app.error_handler_spec[None][None]:
            app.register_error_handler(MethodRejected, _answer)
        # An aborter of the app's own may know 405 in its own way.
        mapping = getattr(app.aborter, "mapping", {})
        if mapping.get(405) is werkzeug.MethodNotAllowed:
            mapping[405] = guard.aborted
        app.extensions[EXTENSION_KEY] = guard


# Public, in spite of the name: Werkzeug documents it for just this, to pay for
# the context variable once and not at every attribute.
_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001


# The context that binds the URL map to the request. Flask 3.2 merges the two
# contexts, and warns where its module is asked for the old name.
_context: Callable[[], Any] = (
    vars(flask_globals).get("request_ctx", flask_globals.app_ctx)._get_current_object  # noqa: SLF001
)


def _adapter() -> MapAdapter | None:
    """Get the URL map as it is bound to the request.

    There is none where the host is refused, or the app itself refuses to bind its
    map, for a tenant that it does not know: then nothing is decided.
    """
    adapter: MapAdapter | None = _context().url_adapter
    return adapter


#: A map of up to so many rules is counted at every refusal …
_SMALL_MAP = 20
#: … and a larger one, or a map that refused nothing, at most once in so many seconds.
_COUNT_EVERY = 1.0


def _register_hooks(app: Flask, guard: AppGuard) -> None:
    """Register the two hooks of an app.

    They are plain functions, for Flask asks of each at every call whether it is a
    coroutine function, which is slower to find out of a method.
    """

    @app.before_request
    def decide_method() -> None:
        """Decide, and leave the raising to Flask.

        Flask raises ``routing_exception`` after all ``before_request`` functions,
        so those that come in pairs with others stay paired.
        """
        req = _request()
        found = req.routing_exception
        # This is all that a served request takes, so no function is called for it.
        if not (
            req.environ["REQUEST_METHOD"] in guard.settled
            and len(guard.view_functions) == guard.view_count
            and (found is None or guard.is_plain_404(found, req))
        ):
            guard.decide(_app(), req)

    @app.after_request
    def repair_allow(response: Response) -> Response:
        """See that no 405 is without ``Allow`` (RFC 9110 §15.5.6)."""
        if response.status_code == 405 and "Allow" not in response.headers:
            guard.repair_allow(_app(), _request(), response)
        return response


def _answer(rejection: Rejection) -> Response:
    """Answer with a response at once, which spares Flask to run a WSGI app."""
    app = _app()
    if app.trap_http_exception(rejection):
        raise rejection
    if rejection.response is not None:
        return cast("Response", rejection.response)
    # By name, as Flask does, for a class of the app's own may know no positions.
    headers = Headers()
    headers[:] = rejection.get_headers()  # in half the time of Headers(…)
    response = app.response_class(
        rejection.get_body(), status=rejection.code, headers=headers
    )
    req = _request()
    if rejection is req.routing_exception:
        app.extensions[EXTENSION_KEY].conclude(app, req, rejection)
    return response


class AppGuard:
    """What the guard knows of one app, and its hooks.

    It holds no reference to the app: an app is freed as soon as it is dropped.
    """

    #: Tells those who know the guard but do not import it; see there.
    rejected = method_rejected

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._index: MethodIndex | None = None
        self._counted_at = -inf
        self._marks: Mapping[str, Mapping[str, Deprecation]] = {}
        self._has_other_handlers: bool | None = None
        self.view_functions: Mapping[str, Callable[..., Any]] = {}
        self.view_count = -1
        #: Makes facts; refusals repeat, so what was made is kept, up to a bound.
        self.make_facts: Callable[..., Facts]
        #: The raw methods for which the first three rows and ``retired`` never hold:
        #: a match needs no second look, nor a 404 that hides nothing.
        self.settled: frozenset[str] = frozenset()

    # -- what is known of the app ---------------------------------------------

    def index(self, app: Flask) -> MethodIndex:
        """Give the index of the app's URL map, read anew if the map has changed."""
        index = self._index
        if (
            index is None
            or len(self.view_functions) != self.view_count
            or not self._is_current(index, app.url_map)
        ):
            index = self._index = self._read(app)
        return index

    def _is_current(self, index: MethodIndex, url_map: Map) -> bool:
        now = monotonic()
        if index.size > _SMALL_MAP and now - self._counted_at < _COUNT_EVERY:
            return index.url_map is url_map
        self._counted_at = now
        return index.is_current(url_map)

    def _read(self, app: Flask) -> MethodIndex:
        """Read the rules and the marks of the views."""
        self._counted_at = monotonic()
        index = MethodIndex.read(app.url_map, self.settings.supported_methods)
        self._marks = marked_deprecations(app.view_functions)
        deprecated = set(self.settings.deprecated_methods).union(*self._marks.values())
        # OPTIONS has a row of its own.
        settled = index.named - deprecated - {"OPTIONS"}
        self.settled = frozenset(filter(is_token, settled))
        self.view_functions = app.view_functions
        self.view_count = len(app.view_functions)
        self.make_facts = lru_cache(maxsize=256)(
            partial(_make_facts, self.settings.docs_url, index.supported_names)
        )
        return index

    def is_plain_404(self, found: HTTPException, req: Request) -> bool:
        """Tell whether the router's answer is a 404 for every method.

        :param found: the router's answer.
        :param req: the request.
        """
        index = self._index
        return (
            type(found) is werkzeug.NotFound
            # The rules are not counted here, but at the latest when the time is up.
            and index is not None
            and monotonic() - self._counted_at < _COUNT_EVERY
            # This may stand for no path at all, at the root of a mounted app.
            and req.path != "/"
            and index.hides_nothing(req.path)
        )

    def deprecation(self, endpoint: str | None, method: str) -> Deprecation | None:
        """Find what is said of a method: the view's word, else the app's.

        :param endpoint: the endpoint; ``None`` to ask for the app's word alone.
        :param method: the method, in upper case.
        :return: the deprecation, if there is one.
        """
        if endpoint is not None and endpoint in self._marks:
            mark = self._marks[endpoint].get(method)
            if mark is not None:
                return mark
        return self.settings.deprecated_methods.get(method)

    def is_retired(self, rule: Rule | None, method: str) -> bool:
        """Tell whether a method of a rule is past an enforced sunset (RFC 8594)."""
        if not self.settings.enforce_sunset or rule is None:
            return False
        deprecation = self.deprecation(rule.endpoint, method)
        if deprecation is None or deprecation.sunset is None:
            return False
        return deprecation.has_ended(self.clock())

    # -- the request ------------------------------------------------------------

    def decide(self, app: Flask, req: Request) -> None:
        """Ask the table about a request, and do what it says."""
        found = req.routing_exception
        adapter = _adapter()
        if adapter is None:
            return
        target = _Target(self, app, req, adapter)
        reason = target.reason()
        if reason in _EXCEPTIONS:
            rejection = self._rejection(app, target, reason)
            self._reject(app, target, req, rejection)
        elif reason is Reason.ALLOWED:
            self._follow_up(target, req)
        elif reason is Reason.SERVER_OPTIONS:
            req.routing_exception = HTTPException(response=app.response_class(""))
        elif reason is Reason.NOT_FOUND and not isinstance(found, werkzeug.NotFound):
            # The router's 405 promises a method whose value it would refuse.
            req.routing_exception = werkzeug.NotFound()

    def _reject(
        self, app: Flask, target: _Target, req: Request, rejection: Rejection
    ) -> None:
        req.routing_exception = rejection
        if self._has_other_handlers is None:
            # Known now for good: Flask takes no handler after the first request.
            self._has_other_handlers = _has_other_handlers(app)
        if self._has_other_handlers:

            @after_this_request
            def conclude(response: Response) -> Response:
                # It is not the answer if a later hook answered in its place, for
                # then Flask did not raise it, nor if an error handler crashed on it.
                if rejection.__traceback__ is not None and response.status_code != 500:
                    self.conclude(_app(), req, rejection)
                    _add_links(response, bodies.links(rejection.facts))
                return response

        if self.settings.reject_early:
            if rejection.code == 405 and req.url_rule is None:
                # The rule's blueprint then handles what is its own.
                target.name_rule()
            raise rejection

    def _follow_up(self, target: _Target, req: Request) -> None:
        """See to what a served request still needs, if it needs anything."""
        deprecation = self.deprecation(req.endpoint, req.method)
        if deprecation is not None:

            @after_this_request
            def announce(response: Response) -> Response:
                _announce(deprecation, response)
                return response

        if _is_automatic(req):

            @after_this_request
            def make_exact(response: Response) -> Response:
                # A hook may have answered in Flask's place, in its own words.
                if set(response.allow) == (target.declared or set()):
                    response.headers["Allow"] = ", ".join(target.allowed_methods)
                return response

    def examine(self, app: Flask, environ: dict[str, Any]) -> Examination:
        """Tell what would become of a request, and do nothing about it.

        The router is asked, and no function of the app is called but the URL
        converters and a callable ``METHOD_GUARD_DOCS_URL``.

        :param environ: the request, as the app would get it from the server.
        """
        context = app.request_context(environ)
        req = context.request
        with app.app_context():
            try:
                if context.url_adapter is not None:
                    context.match_request()
            except Exception as error:  # noqa: BLE001 -- a converter's, of any kind
                return Examination(None, error)
            found = req.routing_exception
            if context.url_adapter is None:
                return Examination(None, found)
            target = _Target(self, app, req, context.url_adapter)
            verdict = decide(target)
            if verdict.reason not in _EXCEPTIONS:
                allow = target.allowed_methods if _is_automatic(req) else None
                return Examination(verdict, found, req.url_rule, allow)
            # A callable may well call url_for, which asks for the request.
            calls = callable(self.settings.docs_url)
            with context if calls else nullcontext():
                rejection = self._rejection(app, target, verdict.reason)
            rule = target.rule if rejection.code == 405 else req.url_rule
            allow = rejection.facts.allowed_methods
            return Examination(verdict, rejection, rule, allow)

    def conclude(self, app: Flask, req: Request, rejection: Rejection) -> None:
        """Do what is left when a rejection becomes the answer."""
        # The frames that it holds would keep the app until the next run of the
        # garbage collector.
        rejection.__traceback__ = None
        _drain(req, self.settings.drain_limit)
        if method_rejected.receivers:
            method_rejected.send(
                app, _async_wrapper=app.ensure_sync, exception=rejection
            )

    def repair_allow(self, app: Flask, req: Request, response: Response) -> None:
        """Give a 405 the ``Allow`` that it lacks.

        For one that a view made: the exact set without the refused method.
        """
        found = req.routing_exception
        if isinstance(found, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(found.allowed_methods)
        elif adapter := _adapter():
            methods = _Target(self, app, req, adapter).other_methods()
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
        if isinstance(valid_methods, str) and not args:
            # Every other code takes its description there, and a string's letters
            # would make an Allow of no sense.
            kwargs.setdefault("description", valid_methods)
            valid_methods = None
        adapter = _adapter() if has_request_context() else None
        if adapter is None:
            return MethodNotAllowed(valid_methods, *args, **kwargs)
        app = _app()
        req = _request()
        target = _Target(self, app, req, adapter)
        facts = target.facts(Reason.NOT_ALLOWED)
        if valid_methods is None:
            valid_methods = target.other_methods()
        rejection = MethodNotAllowed(valid_methods, *args, facts=facts, **kwargs)
        return self._with_docs_url(app, rejection)

    def _with_docs_url(self, app: Flask, rejection: _R) -> _R:
        docs_url = self.settings.docs_url
        if callable(docs_url):
            try:
                url = docs_url(rejection)
                if url is not None:
                    url = as_url(check_url(url))
                    rejection.facts = rejection.facts._replace(docs_url=url)
            except Exception:
                # The link is missed, not the answer.
                app.logger.exception("METHOD_GUARD_DOCS_URL failed; no link is given")
        return rejection


@dataclass(frozen=True)
class Examination:
    """What would become of a request."""

    #: ``None`` if nothing is decided: no URL map is bound, or a converter crashed.
    verdict: Verdict | None
    #: What Flask would raise: the guard's exception, or the router's own.
    exception: Exception | None
    #: The rule that stands for the target resource, as far as it is known.
    rule: Rule | None = None
    #: What ``Allow`` would say; ``None`` where the guard says nothing there.
    allowed_methods: tuple[str, ...] | None = None


#: Stands for what the router was not asked yet.
_UNASKED: set[str] = set()


class _Target:
    """One request and its target resource, as :class:`~.decision.Situation` has it."""

    def __init__(
        self,
        guard: AppGuard,
        app: Flask,
        req: Request,
        adapter: MapAdapter,
    ) -> None:
        self._guard = guard
        self._req = req
        self._index = guard.index(app)
        #: The app's map, bound to the request.
        self.adapter = adapter
        self._declared: set[str] | None = _UNASKED
        self._allowed: tuple[str, ...] | None = None
        self.raw_method: str = req.environ["REQUEST_METHOD"]
        #: The method as it is compared with others (RFC 9110 §9.1).
        self.method = self.raw_method
        if not guard.settings.case_sensitive:
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
        return self._guard.is_retired(self._req.url_rule, self._req.method)

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
        if self.raw_method in self._guard.settled and isinstance(
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
        if not self._guard.settings.enforce_sunset:
            return methods
        is_retired = self._guard.is_retired
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
        guard, req = self._guard, self._req
        is_405 = _EXCEPTIONS[reason] is MethodNotAllowed
        rule = self.rule if is_405 else req.url_rule
        endpoint = None if rule is None else rule.endpoint
        known = reason in (Reason.RETIRED, Reason.NOT_IMPLEMENTED)
        # What is retired is what Flask would have served: the upper-cased method.
        method = req.method if reason is Reason.RETIRED else self.method
        return guard.make_facts(
            reason,
            bodies.negotiate(
                req.environ.get("HTTP_ACCEPT"), guard.settings.error_formats
            ),
            bodies.echoable(self.raw_method),
            self.allowed_methods if is_405 else None,
            endpoint,
            guard.deprecation(endpoint, method) if known else None,
        )


def _make_facts(  # noqa: PLR0913, PLR0917
    docs_url: str | Callable[..., object] | None,
    supported_methods: tuple[str, ...],
    reason: Reason,
    media_type: str,
    method: str | None,
    allowed_methods: tuple[str, ...] | None,
    endpoint: str | None,
    deprecation: Deprecation | None,
) -> Facts:
    facts = Facts(
        reason=reason,
        status=_EXCEPTIONS[reason].code,
        media_type=media_type,
        method=method,
        allowed_methods=allowed_methods,
        supported_methods=supported_methods,
        endpoint=endpoint,
        deprecation=deprecation,
    )
    if isinstance(docs_url, str):
        return facts._replace(docs_url=bodies.fill_docs_url(docs_url, facts))
    return facts


def _has_other_handlers(app: Flask) -> bool:
    """Tell whether the app has any error handler beside the guard's."""
    return any(
        handler is not _answer
        for by_code in app.error_handler_spec.values()
        for by_class in by_code.values()
        for handler in by_class.values()
    )


def _is_automatic(req: Request) -> bool:
    """Tell whether Flask itself answers an OPTIONS that a rule has matched."""
    automatic = getattr(req.url_rule, "provide_automatic_options", False)
    return req.method == "OPTIONS" and automatic


def _announce(deprecation: Deprecation, response: Response) -> None:
    """Add the headers of a deprecated method (RFC 9745, RFC 8594)."""
    for name, value in deprecation.headers():
        if name != "Link":
            response.headers.setdefault(name, value)
    _add_links(response, [("Link", f) for n, f in deprecation.headers() if n == "Link"])


def _add_links(response: Response, links: Iterable[tuple[str, str]]) -> None:
    """Add links beside those that the response has, none of them twice."""
    for name, value in links:
        if value not in [other for _, other in response.headers]:
            response.headers.add(name, value)


def _drain(req: Request, limit: int) -> None:
    """Read and drop the request's body, so that the answer arrives.

    Nothing is read of a body without a length, of one that is longer than the
    limit, or of one that the client holds back until it is told to continue
    (RFC 9110 §10.1.1). A client that hangs up ends the reading. Any other error is
    not swallowed: the connection lives, and nobody knows what is left on it.
    """
    remaining = get_content_length(req.environ) or 0
    if not 0 < remaining <= limit or "HTTP_EXPECT" in req.environ:
        return
    # The stream that a hook may have read from counts what is left. The request is
    # not asked to make a new one, for it would check a limit of its own and raise.
    stream = vars(req).get("stream") or req.environ["wsgi.input"]
    try:
        while remaining > 0 and (piece := stream.read(min(remaining, 65536))):
            remaining -= len(piece)
    except RequestEntityTooLarge:
        return  # a hook has read as much as MAX_CONTENT_LENGTH allows: all there is
    except ConnectionError:
        return
    except ClientDisconnected as error:
        # Werkzeug says this for an early end, too, after which there is nothing
        # left to read; an error of reading is the context.
        cause = error.__context__
        if isinstance(cause, (OSError, ValueError)) and not isinstance(
            cause, ConnectionError
        ):
            raise
