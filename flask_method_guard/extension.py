"""The extension: sets an app up, and then serves its requests.

What happens to a request is here in the order in which it happens:

1. Before the view, ``decide_method`` lets a request pass if its method is settled;
   otherwise :func:`_handle` asks the table. A rejection becomes the request's
   ``routing_exception``, which Flask raises after all hooks.
2. :func:`_render`, the error handler, makes a response of it.
3. What :func:`_handle` left to do is done to the response: a rejection is finished, a
   deprecation announced, the ``Allow`` of OPTIONS corrected.
4. :func:`_add_allow` completes any other 405.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import after_this_request, has_request_context
from flask import globals as flask_globals
from flask.app import Flask  # flask.Flask is rebound by some instrumentation
from flask.typing import ErrorHandlerCallable, ResponseReturnValue
from flask.wrappers import Response
from werkzeug import exceptions as werkzeug
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from .blueprints import ForBlueprint, ask_blueprint, for_blueprint
from .config import Settings
from .decision import MATCHED, Reason, Row, decide, is_settled
from .drain import drain
from .exceptions import BY_REASON, MethodNotAllowed, MethodRejected, Rejection
from .guard import (
    EXTENSION_KEY,
    AppGuard,
    RequestSituation,
    announcement,
    facts_of,
    rejection_of,
    with_docs_url,
)
from .moments import utc_now
from .options import listed_by_flask
from .signals import (
    deprecated_method_called,
    method_rejected,
    send,
    with_first_response,
)

if TYPE_CHECKING:
    from flask.ctx import RequestContext


class MethodGuard:
    """Responds to every method on every URL of an app as RFC 9110 requires.

    One guard can serve several apps, each with its own settings.

    :param app: an app to set up now; see :meth:`init_app`.
    :param clock: returns the time, as an aware :class:`~datetime.datetime`; used
        for the dates of deprecated methods.
    :raises ValueError: if ``clock`` does not return a datetime with a time zone.
    """

    def __init__(
        self, app: Flask | None = None, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        now: object = clock()
        if not isinstance(now, datetime) or now.utcoffset() is None:
            raise ValueError(
                f"The clock returned {now!r}, which is not a datetime with a time zone."
                " Return an aware datetime, such as datetime.now(timezone.utc)."
            )
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set up an app: read its settings, and register the hooks and the handlers.

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
        is_settled("GET")
        guard = AppGuard(Settings.from_mapping(app.config), self._clock)
        act: _Act = _enforce
        if guard.settings.report_only:
            from .report_only import follow, watch  # noqa: PLC0415 -- few apps need it

            act = watch
            follow(app)
        else:
            _register_handlers(app)
        _register_hooks(app, guard, act)
        app.extensions[EXTENSION_KEY] = guard


# One read of a context variable gives the app, the request and the bound URL map.
# The method is public despite its name: Werkzeug documents it for this purpose.
# Flask 3.2 merges its two contexts, and warns about the old name.
_context: Callable[[], RequestContext] = (
    vars(flask_globals).get("request_ctx", flask_globals.app_ctx)._get_current_object  # noqa: SLF001
)


def _register_handlers(app: Flask) -> None:
    """Register the error handlers, and what ``abort(405)`` raises."""
    # Keep a handler that the app registered for this class.
    if MethodRejected not in app.error_handler_spec[None][None]:
        app.register_error_handler(MethodRejected, _render)
    app.register_error_handler(ForBlueprint, _ask_blueprint)
    app.register_error_handler(_ServerOptions, _ServerOptions.get_response)
    # An app's own aborter may have a class of its own for 405.
    mapping = getattr(app.aborter, "mapping", {})
    if mapping.get(405) is werkzeug.MethodNotAllowed:
        mapping[405] = _aborted


def _register_hooks(app: Flask, guard: AppGuard, act: _Act) -> None:
    """Register the two hooks of an app.

    They are functions, since Flask checks at every call whether a hook is a
    coroutine function, and that check is slower for methods.
    """

    @app.before_request
    def decide_method() -> None:
        """Let a request pass, or ask the table about it."""
        ctx = _context()
        req = ctx.request
        method, error = req.environ["REQUEST_METHOD"], req.routing_exception
        snapshot, adapter = guard.snapshot, ctx.url_adapter
        # The fast path, computed from the table; see decision.is_settled.
        deprecated_at = snapshot and snapshot.settled.get(method)
        if (
            snapshot is None
            or deprecated_at is None
            or (deprecated_at and req.endpoint in deprecated_at)
            # The app may look for another method, or show the view another one.
            or method != req.method
            or adapter is None
            or method != adapter.default_method
            or len(ctx.app.view_functions) != snapshot.view_count
            or (
                error is not None
                and not snapshot.is_certain_404(error, method, adapter)
            )
        ):
            _handle(guard, ctx, act)

    if guard.settings.report_only:
        return

    @app.after_request
    def complete_405(response: Response) -> Response:
        """Add ``Allow`` to a 405 that lacks it (RFC 9110 §15.5.6)."""
        if response.status_code == 405 and "Allow" not in response.headers:
            _add_allow(guard, _context(), response)
        return response


_MATCHED = (Reason.GONE, Reason.RETIRED, Reason.BROWNOUT, Reason.ALLOWED)


# -- before the view ---------------------------------------------------------------


#: Acts on the row that decides: enforces it, or in report-only mode reports it.
_Act = Callable[[AppGuard, Flask, RequestSituation, Row], None]


def _handle(guard: AppGuard, ctx: RequestContext, act: _Act) -> None:
    """Ask the table about a request, and act on the row that decides."""
    situation = guard.situation(ctx)
    if situation is None:
        return
    is_certain = situation.routing is MATCHED and _is_certainly_allowed(situation)
    row = None if is_certain else decide(situation)
    is_allowed = row is None or row.reason is Reason.ALLOWED
    if is_allowed and situation.is_automatic_options and not guard.settings.report_only:
        # Before anything else changes the response: it is compared with Flask's.
        _correct_allow(ctx.app, situation)
    if row is None:
        return
    if row.reason in _MATCHED and situation.routing is MATCHED:
        _announce_deprecation(guard, ctx.app, situation, row.reason)
    act(guard, ctx.app, situation, row)


def _is_certainly_allowed(situation: RequestSituation) -> bool:
    """Return whether the table allows a match; see :func:`~.decision.is_settled`."""
    method, req = situation.raw_method, situation.req
    deprecated_at = situation.snapshot.settled_at_paths.get(method)
    return (
        deprecated_at is not None
        and method == situation.dispatched_method
        and req.endpoint not in deprecated_at
        and not situation.asterisk
    )


def _enforce(
    guard: AppGuard, app: Flask, situation: RequestSituation, row: Row
) -> None:
    """Let Flask raise the response that it would not send by itself.

    Flask raises ``routing_exception`` after all ``before_request`` functions, so
    functions that come in pairs stay paired.
    """
    req, reason = situation.req, row.reason
    if reason in BY_REASON:
        _reject(guard, app, situation, rejection_of(app, situation, reason))
    elif reason is Reason.SERVER_OPTIONS:
        req.routing_exception = _ServerOptions(response=app.response_class(""))
    elif reason is Reason.NOT_FOUND and not isinstance(
        req.routing_exception, werkzeug.NotFound
    ):
        # The router's 405 lists a method that would be rejected, too.
        req.routing_exception = werkzeug.NotFound()


#: Caches may store a 405 or a 501 without it (RFC 9110 §15.1).
_NO_STORE = ("Cache-Control", "no-store")


class _ServerOptions(HTTPException):
    """The response to ``OPTIONS *``, on the way that a request without a route takes.

    Flask returns an exception without a code unless it traps exceptions. Then it takes
    the handler of the exception's own class, and so none of the app's.
    """


def _reject(
    guard: AppGuard, app: Flask, situation: RequestSituation, rejection: Rejection
) -> None:
    """Make a rejection the response, and finish it, whoever rendered it."""
    req, settings = situation.req, guard.settings
    raised = for_blueprint(app, rejection, situation)
    req.routing_exception = raised

    @after_this_request
    def finish(response: Response) -> Response:
        # Without a traceback it was not raised, since a later hook responded first.
        if raised.__traceback__ is None:
            return response
        # Its frames would keep the app alive until the garbage collector runs.
        raised.__traceback__ = rejection.__traceback__ = None
        drain(req, settings.drain_limit)
        is_crash = response.status_code == 500  # of its error handler
        fields = rejection.facts.headers
        if (*response.headers,)[: len(fields)] != fields:  # someone else rendered it
            _add_fields(response, [_NO_STORE])
            if not is_crash:
                _add_fields(response, rejection.facts.notices)
        if method_rejected.receivers and not is_crash:
            send(method_rejected, app, exception=rejection, enforced=True)
        return response

    if settings.reject_early:
        raise raised


def _announce_deprecation(
    guard: AppGuard, app: Flask, situation: RequestSituation, reason: Reason
) -> None:
    """If the matched method is deprecated, announce that, and send the signal."""
    req, settings = situation.req, guard.settings
    method = situation.dispatched_method
    deprecation = situation.snapshot.deprecation(req.endpoint, method)
    if deprecation is None:
        return
    is_served = reason is Reason.ALLOWED and not settings.report_only
    # Before the view: after it, a URL may have lost what its converter looks up.
    fields = announcement(situation, deprecation) if is_served else ()

    @with_first_response
    def follow(response: Response) -> None:
        _add_fields(response, fields)
        if deprecated_method_called.has_receivers_for(app):
            send(
                deprecated_method_called,
                app,
                is_report=settings.report_only,
                method=method,
                endpoint=req.endpoint,
                deprecation=deprecation,
                phase=deprecation.phase(
                    situation.now, enforced=settings.enforce_sunset
                ),
                response=response,
            )


def _correct_allow(app: Flask, situation: RequestSituation) -> None:
    """Make the ``Allow`` of Flask's automatic response to OPTIONS exact."""

    @after_this_request
    def correct(response: Response) -> Response:
        if response.status_code < 400:  # otherwise a hook responded
            listed = listed_by_flask(app, situation, response)
            if listed is not None:
                response.headers["Allow"] = ", ".join(situation.exact_options(listed))
        return response


# -- the response --------------------------------------------------------------------


def _render(rejection: Rejection) -> ResponseReturnValue:
    """Render a rejection: the guard's error handler."""
    app = _context().app
    handlers = app.error_handler_spec[None][None]
    is_ours = type(rejection) in _RENDERED
    if Exception in handlers or not is_ours:
        own = _own_handler(handlers, rejection)
        if own is not None:
            response: ResponseReturnValue = app.ensure_sync(own)(rejection)
            return response
    # Not app.trap_http_exception(): a method that is not a token is no bad request that
    # a view could be asked about, which is what TRAP_BAD_REQUEST_ERRORS is for.
    if app.config["TRAP_HTTP_EXCEPTIONS"]:
        raise rejection
    if rejection.response is not None or not is_ours:
        return rejection  # Flask makes a response of it, as of any HTTP exception.
    # Setting a slice is faster than adding one field after the other.
    headers = Headers()
    headers[:] = rejection.get_headers()
    # Keywords, as in Flask itself, since an app's own class may take nothing else.
    return app.response_class(
        rejection.get_body(), status=rejection.code, headers=headers
    )


#: What :func:`_render` renders; a subclass of the app may have its own way.
_RENDERED = frozenset(BY_REASON.values())


def _own_handler(
    handlers: Mapping[type[Exception], ErrorHandlerCallable], rejection: Rejection
) -> ErrorHandlerCallable | None:
    """Return the app's handler for a class that is less specific than the guard's.

    Usually for ``Exception``. Flask takes the handler of the most specific class, and
    without one for :exc:`MethodRejected`, it would have taken that one.
    """
    classes = type(rejection).__mro__
    for each in classes[classes.index(MethodRejected) + 1 :]:
        if each in handlers:
            return handlers[each]
    return None


def _add_allow(guard: AppGuard, ctx: RequestContext, response: Response) -> None:
    """Add ``Allow`` to a 405: to a view's own, the other methods of the URL."""
    found = ctx.request.routing_exception
    if isinstance(found, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(found.allowed_methods)
    elif situation := guard.situation(ctx):
        response.headers["Allow"] = ", ".join(situation.other_methods)


def _add_fields(response: Response, fields: Iterable[tuple[str, str]]) -> None:
    """Add header fields that the response does not have; links next to its own."""
    for name, value in fields:
        if name != "Link":
            response.headers.setdefault(name, value)
        elif value not in [known for _, known in response.headers]:
            response.headers.add(name, value)


def _ask_blueprint(error: ForBlueprint) -> ResponseReturnValue:
    return ask_blueprint(error, _context())


def _aborted(
    valid_methods: Any = None, *args: Any, **kwargs: Any
) -> werkzeug.MethodNotAllowed:
    """Return the exception that ``abort(405)`` raises, from Werkzeug's arguments.

    Unless methods are given, its ``Allow`` has the methods of the URL without the
    rejected one. Apps can share an aborter, so the guard is that of the app that
    handles the request.
    """
    ctx = _context() if has_request_context() else None
    guard = ctx.app.extensions.get(EXTENSION_KEY) if ctx is not None else None
    if ctx is None or guard is None or guard.settings.report_only:
        return werkzeug.MethodNotAllowed(valid_methods, *args, **kwargs)
    if isinstance(valid_methods, str) and not args:
        # Every other status code takes its description as the first argument.
        kwargs.setdefault("description", valid_methods)
        valid_methods = None
    kwargs |= dict(zip(("description", "response"), args))  # noqa: B905
    situation = guard.situation(ctx)
    if situation is None:
        return MethodNotAllowed(valid_methods, **kwargs)
    if valid_methods is None:
        valid_methods = situation.other_methods
    facts = facts_of(situation, Reason.NOT_ALLOWED)
    rejection = MethodNotAllowed(valid_methods, facts=facts, **kwargs)
    return with_docs_url(ctx.app, rejection, guard.settings.docs_url)
