"""The extension: looks up the facts of a request, asks the table, translates.

Here the project meets Flask, and only here and in the command line. No method
of the app is replaced. What is kept of an app is one object in its
``extensions``, which refers to the app in no way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from blinker import Namespace
from flask import after_this_request, current_app, has_request_context, request
from flask import globals as flask_globals
from flask.app import Flask  # flask.Flask is rebound by some instrumentation
from flask.wrappers import Request, Response
from werkzeug import exceptions as werkzeug
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from . import bodies
from .config import Settings
from .decision import Reason, Verdict, decide
from .deprecation import Deprecation, utc_now
from .drain import drain
from .exceptions import BY_REASON, MethodNotAllowed, MethodRejected, Rejection
from .links import as_url, check_url
from .state import AppState
from .target import Target, is_automatic

EXTENSION_KEY = "method_guard"

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
        # A served request pays for no more than this, which is why the guard asks
        # itself here, and not in a method.
        if not (
            req.environ["REQUEST_METHOD"] in guard.settled
            and len(guard.view_functions) == guard.view_count
            and (found is None or guard.is_plain_404(found, req.path))
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
    # What Werkzeug's send_file hands over, too. A slice of it is set at once; its
    # constructor adds one field after the other.
    headers = Headers()
    headers[:] = rejection.get_headers()
    # By name, as Flask does, for a class of the app's own may know no positions.
    response = app.response_class(
        rejection.get_body(), status=rejection.code, headers=headers
    )
    req = _request()
    if rejection is req.routing_exception:
        app.extensions[EXTENSION_KEY].conclude(app, req, rejection)
    return response


class AppGuard(AppState):
    """What is done for one app: the glue between its requests and the core."""

    #: Tells those who know the guard but do not import it; see there.
    rejected = method_rejected

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        super().__init__(settings, clock)
        self._has_other_handlers: bool | None = None

    def decide(self, app: Flask, req: Request) -> None:
        """Ask the table about a request, and do what it says."""
        found = req.routing_exception
        adapter = _adapter()
        if adapter is None:
            return
        target = Target(self, self.recent_index(app), req, adapter)
        reason = target.reason()
        if reason in BY_REASON:
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
        self, app: Flask, target: Target, req: Request, rejection: Rejection
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

    def _follow_up(self, target: Target, req: Request) -> None:
        """See to what a served request still needs, if it needs anything."""
        deprecation = self.deprecation(req.endpoint, req.method)
        if deprecation is not None:

            @after_this_request
            def announce(response: Response) -> Response:
                _announce(deprecation, response)
                return response

        if is_automatic(req):

            @after_this_request
            def make_exact(response: Response) -> Response:
                # A hook may have answered in Flask's place, in its own words.
                said = response.headers.get("Allow", "").split(",")
                if {name.strip(' "') for name in said} == (target.declared or {""}):
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
            target = Target(self, self.index(app), req, context.url_adapter)
            verdict = decide(target)
            if verdict.reason not in BY_REASON:
                allow = target.allowed_methods if is_automatic(req) else None
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
        drain(req, self.settings.drain_limit)
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
            methods = Target(self, self.recent_index(app), req, adapter).other_methods()
            response.headers["Allow"] = ", ".join(methods)

    # -- the rejection ----------------------------------------------------------

    def _rejection(self, app: Flask, target: Target, reason: Reason) -> Rejection:
        return self._with_docs_url(app, BY_REASON[reason](facts=target.facts(reason)))

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
        target = Target(self, self.recent_index(app), req, adapter)
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


def _has_other_handlers(app: Flask) -> bool:
    """Tell whether the app has any error handler beside the guard's."""
    return any(
        handler is not _answer
        for by_code in app.error_handler_spec.values()
        for by_class in by_code.values()
        for handler in by_class.values()
    )


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
