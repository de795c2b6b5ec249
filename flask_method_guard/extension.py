"""The extension: asks the table about each request, and hands the answer to Flask.

The path of a request: the ``before_request`` hook lets it pass if its method is
settled; otherwise the table decides. A rejection becomes the request's
``routing_exception``, which Flask raises after all hooks; the error handler renders
it, and :meth:`AppGuard._finish` does what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from inspect import signature
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar, cast

from blinker import NamedSignal, Namespace
from flask import after_this_request, has_request_context
from flask import globals as flask_globals
from flask.app import Flask  # flask.Flask is rebound by some instrumentation
from flask.typing import ResponseReturnValue
from flask.wrappers import Request, Response
from werkzeug import exceptions as werkzeug
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from . import bodies
from .bodies import Facts
from .config import Settings
from .decision import Reason, Row, decide, is_settled
from .deprecation import Deprecation, utc_now
from .drain import drain
from .exceptions import (
    BY_REASON,
    BlueprintMethodNotAllowed,
    MethodNotAllowed,
    MethodRejected,
    Rejection,
)
from .links import as_url, check_url
from .report_only import watch
from .situation import RequestSituation, is_automatic_options
from .snapshot import Snapshot

if TYPE_CHECKING:
    from flask.ctx import RequestContext

EXTENSION_KEY = "method_guard"

_R = TypeVar("_R", bound=Rejection)

#: Sent with ``exception=`` when a rejection of the guard becomes the answer, and with
#: ``enforced=True``; in report-only mode, when it would have, with ``enforced=False``.
method_rejected: NamedSignal = Namespace().signal("method-rejected")

#: Sent once for every request that a route matched with a deprecated method, served or
#: refused, with ``method``, ``endpoint``, ``deprecation``, ``phase`` and ``response``.
deprecated_method_called: NamedSignal = Namespace().signal("deprecated-method-called")

_DEPRECATED_CALL = (Reason.ALLOWED, Reason.RETIRED, Reason.BROWNOUT)


class MethodGuard:
    """Answers every method on every URL of an app as RFC 9110 requires.

    One guard can serve several apps, each with its own settings.

    :param app: an app to set up now; see :meth:`init_app`.
    :param clock: returns the time, as an aware :class:`~datetime.datetime`; used
        for the dates of deprecated methods.
    :raises ValueError: if ``clock`` returns a datetime without a time zone.
    """

    def __init__(
        self, app: Flask | None = None, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        now = clock()
        if now.utcoffset() is None:
            raise ValueError(
                f"The clock returned {now!r}, which has no time zone."
                " Return an aware datetime, such as datetime.now(timezone.utc)."
            )
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set up an app: read its settings, and register the hooks and the handler.

        :param app: the app; its ``METHOD_GUARD_*`` keys are read now.
        :raises TypeError: if it is not a Flask app.
        :raises RuntimeError: if it has a guard already.
        :raises ConfigError: if its settings have errors; then nothing was
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
        # A row of the table that reads an unknown fact fails here, not in a request.
        is_settled("GET", "GET")
        guard = AppGuard(Settings.from_mapping(app.config), self._clock)
        _register_hooks(app, guard)
        # A handler that the app registered for this class stays.
        if MethodRejected not in app.error_handler_spec[None][None]:
            app.register_error_handler(MethodRejected, _render)
        app.register_error_handler(BlueprintMethodNotAllowed, _ask_blueprint)
        # An app's own aborter may have a class of its own for 405.
        mapping = getattr(app.aborter, "mapping", {})
        is_werkzeugs = mapping.get(405) is werkzeug.MethodNotAllowed
        if is_werkzeugs and not guard.settings.report_only:
            mapping[405] = guard.aborted
        app.extensions[EXTENSION_KEY] = guard


# One read of a context variable gives the app, the request and the bound URL map.
# The method is public despite its name: Werkzeug documents it for this purpose.
# Flask 3.2 merges its two contexts, and warns about the old name.
_context: Callable[[], RequestContext] = (
    vars(flask_globals).get("request_ctx", flask_globals.app_ctx)._get_current_object  # noqa: SLF001
)


def _register_hooks(app: Flask, guard: AppGuard) -> None:
    """Register the two hooks of an app.

    They are functions, since Flask checks at every call whether a hook is a
    coroutine function, and that check is slower for methods.
    """

    @app.before_request
    def decide_method() -> None:
        """Decide, and let Flask raise the rejection.

        Flask raises ``routing_exception`` after all ``before_request`` functions,
        so functions that come in pairs stay paired.
        """
        ctx = _context()
        req = ctx.request
        method, error = req.environ["REQUEST_METHOD"], req.routing_exception
        snapshot = guard.snapshot
        # The fast path, computed from the table; see decision.is_settled.
        if (
            snapshot is None
            or method not in snapshot.settled
            or len(ctx.app.view_functions) != snapshot.view_count
            or (
                error is not None
                and not snapshot.is_certain_404(error, method, ctx.url_adapter)
            )
        ):
            guard.decide(ctx)

    if guard.settings.report_only:
        return

    @app.after_request
    def add_allow(response: Response) -> Response:
        """Add ``Allow`` to a 405 that lacks it (RFC 9110 §15.5.6)."""
        if response.status_code == 405 and "Allow" not in response.headers:
            guard.add_allow(_context(), response)
        return response


def _render(rejection: Rejection) -> Response:
    """Render a rejection: the guard's error handler."""
    app = _context().app
    if app.trap_http_exception(rejection):
        raise rejection
    if rejection.response is not None:
        return cast("Response", rejection.response)
    # Setting a slice is faster than adding one field after the other.
    headers = Headers()
    headers[:] = rejection.get_headers()
    # Keywords, as in Flask itself, since an app's own class may take nothing else.
    return app.response_class(
        rejection.get_body(), status=rejection.code, headers=headers
    )


def _ask_blueprint(error: BlueprintMethodNotAllowed) -> ResponseReturnValue:
    """Let the error handlers of the URL's blueprint answer, as Flask chooses them.

    The rule is set only while the handler runs: the blueprint's ``after_request``
    functions must not run, since its ``before_request`` functions did not.
    """
    ctx = _context()
    req = ctx.request
    req.url_rule, req.view_args = error.rule, error.view_args
    try:
        return _handle_user_exception(ctx, error.rejection)
    finally:
        req.url_rule = req.view_args = None


#: Flask 3.2 passes the context to its methods.
_PASSES_CONTEXT = "ctx" in signature(Flask.handle_user_exception).parameters


def _handle_user_exception(
    ctx: RequestContext, error: Exception
) -> ResponseReturnValue:
    """Let Flask answer an exception, with the handler that it chooses."""
    handle: Callable[..., ResponseReturnValue] = ctx.app.handle_user_exception
    return handle(ctx, error) if _PASSES_CONTEXT else handle(error)


class AppGuard:
    """The guard of one app: its settings, and what is known about the app.

    It keeps three things, none of which refers to the app:

    * ``snapshot``, the rules and the marks, replaced whole when the app has changed;
    * up to 256 ``Facts``, since refusals repeat: each keeps its words, its header
      fields and its body, about 4 kB;
    * the settings.

    :func:`~.bodies.negotiate` keeps up to 256 values of ``Accept``, for all apps.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self.snapshot: Snapshot | None = None
        template = settings.docs_url if isinstance(settings.docs_url, str) else None
        self._facts = lru_cache(maxsize=256)(partial(_make_facts, template))

    def refresh(self, app: Flask) -> Snapshot:
        """Read the app, and keep what was read."""
        snapshot = Snapshot.take(app.url_map, app.view_functions, self.settings)
        self.snapshot = snapshot
        return snapshot

    def situation(
        self, ctx: RequestContext, clock: Callable[[], datetime] | None = None
    ) -> RequestSituation | None:
        """Return the situation of a request; ``None`` if no URL map is bound to it.

        No map is bound if the host is not trusted, or if the app refuses to bind one.
        """
        adapter = ctx.url_adapter
        if adapter is None:
            return None
        snapshot = self.snapshot
        if (
            snapshot is None
            or snapshot.url_map is not ctx.app.url_map
            or snapshot.view_count != len(ctx.app.view_functions)
            or not snapshot.rules.knows(_shown_methods(ctx.request))
        ):
            snapshot = self.refresh(ctx.app)
        return RequestSituation(
            snapshot, self.settings, clock or self.clock, ctx.request, adapter
        )

    def decide(self, ctx: RequestContext) -> None:
        """Ask the table about a request, and act on its answer."""
        situation = self.situation(ctx)
        if situation is None:
            return
        row = decide(situation)
        reason = row.reason
        if reason in _DEPRECATED_CALL:
            self._follow_deprecated(ctx.app, situation, reason)
        if self.settings.report_only:
            self._watch(ctx, situation, row)
        elif reason is not Reason.ALLOWED:
            self._answer(ctx, situation, reason)
        elif is_automatic_options(ctx.request):
            _correct_allow(situation)

    def _answer(
        self, ctx: RequestContext, situation: RequestSituation, reason: Reason
    ) -> None:
        """Let Flask raise the answer, if it differs from Flask's own."""
        req = ctx.request
        if reason in BY_REASON:
            self._reject(ctx, situation, self.rejection(ctx.app, situation, reason))
        elif reason is Reason.SERVER_OPTIONS:
            response = ctx.app.response_class("")
            req.routing_exception = HTTPException(response=response)
        elif reason is Reason.NOT_FOUND and not isinstance(
            req.routing_exception, werkzeug.NotFound
        ):
            # The router's 405 lists a method that would be refused, too.
            req.routing_exception = werkzeug.NotFound()

    def _follow_deprecated(
        self, app: Flask, situation: RequestSituation, reason: Reason
    ) -> None:
        """If the matched method is deprecated, announce that, and send the signal."""
        req = situation.req
        deprecation = situation.snapshot.deprecation(req.endpoint, req.method)
        if deprecation is None:
            return
        is_served = reason is Reason.ALLOWED and not self.settings.report_only
        fields = deprecation.headers() if is_served else []
        enforced = self.settings.enforce_sunset
        sent = False

        @after_this_request
        def follow(response: Response) -> Response:
            nonlocal sent
            _add_fields(response, fields)
            # Flask calls this twice if a later function raises.
            if not sent and deprecated_method_called.has_receivers_for(app):
                sent = True
                deprecated_method_called.send(
                    app,
                    _async_wrapper=app.ensure_sync,
                    method=req.method,
                    endpoint=req.endpoint,
                    deprecation=deprecation,
                    phase=deprecation.phase(situation.now, enforced=enforced),
                    response=response,
                )
            return response

    def _watch(
        self, ctx: RequestContext, situation: RequestSituation, row: Row
    ) -> None:
        """Report what the guard would have changed."""
        app = ctx.app
        rejects = row.reason in BY_REASON

        def report() -> None:
            if rejects and method_rejected.receivers:
                rejection = self.rejection(app, situation, row.reason)
                _send(app, rejection, enforced=False)

        watch(ctx.request, row, rejects and self.settings.reject_early, report)

    # -- a rejection --------------------------------------------------------------

    def rejection(
        self, app: Flask, situation: RequestSituation, reason: Reason
    ) -> Rejection:
        """Return the exception for a row of the table that rejects."""
        rejection = BY_REASON[reason](facts=self._gather(situation, reason))
        return self._with_docs_url(app, rejection)

    def _gather(self, situation: RequestSituation, reason: Reason) -> Facts:
        """Return the facts of a rejection, the same object for the same values."""
        req = situation.req
        is_405 = BY_REASON[reason] is MethodNotAllowed
        rule = situation.rule() if is_405 else req.url_rule
        endpoint = None if rule is None else rule.endpoint
        deprecation = until = None
        if reason is not Reason.NOT_ALLOWED:
            # Where a route matched, Flask would have served the upper-cased method.
            method = req.method if is_405 else situation.method
            deprecation = situation.snapshot.deprecation(endpoint, method)
        if reason is Reason.BROWNOUT and deprecation is not None:
            until = deprecation.brownout_end(situation.now)
        left = None if until is None else ceil((until - situation.now).total_seconds())
        accept = req.environ.get("HTTP_ACCEPT")
        return self._facts(
            reason,
            bodies.negotiate(accept, self.settings.error_formats),
            bodies.echoable(situation.raw_method),
            situation.allowed_methods if is_405 else None,
            situation.snapshot.supported_methods,
            endpoint,
            deprecation,
            until,
            left,
        )

    def _with_docs_url(self, app: Flask, rejection: _R) -> _R:
        """Add the link that a callable ``METHOD_GUARD_DOCS_URL`` returns."""
        docs_url = self.settings.docs_url
        if callable(docs_url):
            try:
                url = docs_url(rejection)
                if url is not None:
                    url = as_url(check_url(url))
                    rejection.facts = replace(rejection.facts, docs_url=url)
            except Exception:
                # The answer matters more than its link.
                app.logger.exception("METHOD_GUARD_DOCS_URL failed; no link is sent")
        return rejection

    def _reject(
        self, ctx: RequestContext, situation: RequestSituation, rejection: Rejection
    ) -> None:
        """Make a rejection the answer."""
        app, req = ctx.app, ctx.request
        raised = _for_blueprint(situation, rejection)
        req.routing_exception = raised

        @after_this_request
        def finish(response: Response) -> Response:
            # Without a traceback it was not raised, since a later hook answered
            # first. After a 500, its error handler crashed.
            if raised.__traceback__ is not None and response.status_code != 500:
                # Its frames would keep the app alive until the garbage collector runs.
                raised.__traceback__ = rejection.__traceback__ = None
                self._finish(app, req, rejection, response)
            return response

        if self.settings.reject_early:
            raise raised

    def _finish(
        self, app: Flask, req: Request, rejection: Rejection, response: Response
    ) -> None:
        """Do what is left once a rejection is the answer, whoever rendered it."""
        drain(req, self.settings.drain_limit)
        _add_fields(response, rejection.facts.notices)
        _send(app, rejection, enforced=True)

    # -- a view's own 405 ----------------------------------------------------------

    def add_allow(self, ctx: RequestContext, response: Response) -> None:
        """Add ``Allow`` to a 405: to a view's own, the other methods of the URL."""
        found = ctx.request.routing_exception
        if isinstance(found, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(found.allowed_methods)
        elif situation := self.situation(ctx):
            response.headers["Allow"] = ", ".join(situation.other_methods)

    def aborted(
        self, valid_methods: Any = None, *args: Any, **kwargs: Any
    ) -> MethodNotAllowed:
        """Return the exception of ``abort(405)``, which has these arguments.

        :return: the guard's exception; unless methods are given, its ``Allow`` has
            the methods of the URL without the refused one.
        """
        if isinstance(valid_methods, str) and not args:
            # Every other status code takes its description as the first argument.
            kwargs.setdefault("description", valid_methods)
            valid_methods = None
        ctx = _context() if has_request_context() else None
        situation = self.situation(ctx) if ctx is not None else None
        if ctx is None or situation is None:
            return MethodNotAllowed(valid_methods, *args, **kwargs)
        facts = self._gather(situation, Reason.NOT_ALLOWED)
        if valid_methods is None:
            valid_methods = situation.other_methods
        rejection = MethodNotAllowed(valid_methods, *args, facts=facts, **kwargs)
        return self._with_docs_url(ctx.app, rejection)


def _send(app: Flask, rejection: Rejection, *, enforced: bool) -> None:
    """Send :data:`method_rejected`."""
    if method_rejected.receivers:
        method_rejected.send(
            app,
            _async_wrapper=app.ensure_sync,
            exception=rejection,
            enforced=enforced,
        )


def _for_blueprint(situation: RequestSituation, rejection: Rejection) -> Rejection:
    """Return the exception that reaches the blueprint of a URL, if it has one."""
    if situation.req.url_rule is not None or rejection.code != 405:
        return rejection  # Flask knows the blueprint, or there is none
    if "." not in (rejection.facts.endpoint or ""):
        return rejection
    owner = situation.resource.owner(situation.allowed_methods)
    return BlueprintMethodNotAllowed(rejection, owner.rule, owner.args)


def _correct_allow(situation: RequestSituation) -> None:
    """Make the ``Allow`` of Flask's automatic answer to OPTIONS exact."""

    @after_this_request
    def correct(response: Response) -> Response:
        if response.status_code < 400:  # otherwise a hook answered
            allow = situation.exact_options(response.headers.get("Allow", ""))
            if allow is not None:
                response.headers["Allow"] = ", ".join(allow)
        return response


def _shown_methods(req: Request) -> Iterable[str] | None:
    """Return the methods that the router showed for a request."""
    found = req.routing_exception
    if isinstance(found, werkzeug.MethodNotAllowed):
        return found.valid_methods or ()
    return () if req.url_rule is None else req.url_rule.methods


def _make_facts(  # noqa: PLR0913, PLR0917
    docs_url: str | None,
    reason: Reason,
    media_type: str,
    method: str | None,
    allowed_methods: tuple[str, ...] | None,
    supported_methods: tuple[str, ...],
    endpoint: str | None,
    deprecation: Deprecation | None,
    until: datetime | None,
    retry_after: int | None,
) -> Facts:
    facts = Facts(
        reason=reason,
        status=BY_REASON[reason].code,
        media_type=media_type,
        method=method,
        allowed_methods=allowed_methods,
        supported_methods=supported_methods,
        endpoint=endpoint,
        deprecation=deprecation,
        until=until,
        retry_after=retry_after,
    )
    if docs_url is None:
        return facts
    return replace(facts, docs_url=bodies.fill_docs_url(docs_url, facts))


def _add_fields(response: Response, fields: Iterable[tuple[str, str]]) -> None:
    """Add header fields that the response does not have; links next to its own."""
    for name, value in fields:
        if name != "Link":
            response.headers.setdefault(name, value)
        elif value not in [known for _, known in response.headers]:
            response.headers.add(name, value)
