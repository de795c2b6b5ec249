"""Report-only mode: log what the guard would change, and change nothing.

The row of the decision table is compared with Flask's own response: the status, and
the error handler that makes it. A hook that responds first would also respond first
with the guard enforced. So the guard checks whether Flask raised the router's error or
called the view.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, request, request_finished
from flask.wrappers import Request, Response
from werkzeug.exceptions import NotFound
from werkzeug.local import LocalProxy
from werkzeug.routing import Rule

from .blueprints import Handler, handlers_of
from .bodies import ECHO_LIMIT
from .decision import Reason, Row
from .exceptions import BY_REASON, OF_A_RESOURCE
from .guard import rejection_of
from .signals import method_rejected, send, with_first_response

if TYPE_CHECKING:
    from .guard import AppGuard, RequestSituation

log: logging.Logger = logging.getLogger("flask_method_guard")

#: A longer path is cut in the log.
_PATH_LIMIT = 200

#: The attribute of a request that keeps its report until the response is finished.
_REPORT = "__method_guard_report__"


def follow(app: Flask) -> None:
    """Log each report of an app when the response is finished."""
    request_finished.connect(_finish, app)


def _finish(app: Flask, response: Response, **_: object) -> None:
    report = vars(request._get_current_object()).pop(_REPORT, None)  # type: ignore[attr-defined]  # noqa: SLF001
    if report is not None:
        with _harmless(app):
            report(response.status_code)


@contextmanager
def _harmless(app: Flask) -> Iterator[None]:
    """Log what fails here, since no response may depend on it."""
    try:
        yield
    except Exception:
        app.logger.exception("Report-only mode failed; the response stays as it is")


def watch(guard: AppGuard, app: Flask, situation: RequestSituation, row: Row) -> None:
    """Report a request if enforcement would change its status or its handler."""
    if row.status is None:
        return
    req, error = situation.req, situation.req.routing_exception
    # Enforced, the guard responds before a later hook only if it rejects early.
    early = row.reason in BY_REASON and guard.settings.reject_early
    is_dispatched = _dispatch_watch(app, req)

    @with_first_response
    def compare(response: Response) -> None:
        with _harmless(app):
            dispatched, status = is_dispatched(), response.status_code
            if not dispatched and not early:
                return
            raised = error if dispatched else None
            change = _change(app, situation, row, raised, status)
            if change is None:
                return

            def report(sent: int) -> None:
                _warn(req, status, change, sent)
                if row.reason in BY_REASON and method_rejected.receivers:
                    rejection = rejection_of(app, situation, row.reason)
                    send(
                        method_rejected,
                        app,
                        is_report=True,
                        exception=rejection,
                        enforced=False,
                    )

            vars(req)[_REPORT] = report


def _change(
    app: Flask,
    situation: RequestSituation,
    row: Row,
    error: Exception | None,
    status: int,
) -> str | None:
    """Return what enforcement would change, in words.

    :param error: the router's, if Flask raised it.
    :param status: the status of Flask's response.
    """
    would_be, owner = _would_handle(app, situation, row)
    # The same error reaches the same handler, whatever that makes of it.
    is_same_error = getattr(error, "code", None) == row.status
    status_then = row.status
    if would_be is None and row.reason is not Reason.SERVER_OPTIONS:
        # Without a handler, a trapped error leaves the app.
        status_then = 500 if app.config["TRAP_HTTP_EXCEPTIONS"] else row.status
    if not is_same_error and status != status_then:
        return f"{row.status} {row.reason}"
    handler = None
    if error is not None:
        handler, _ = _find_handler(app, type(error))
    return None if would_be is handler else f"handled by {owner}"


def _would_handle(
    app: Flask, situation: RequestSituation, row: Row
) -> tuple[Handler | None, str]:
    """Return the handler of the app that would make the response, and whose it is."""
    req = situation.req
    if row.reason is Reason.SERVER_OPTIONS:
        return None, "the guard"
    if row.reason not in BY_REASON:
        return _find_handler(app, NotFound)
    rule = req.url_rule
    if row.status in OF_A_RESOURCE:
        rule = situation.target_rule(row.status)
    endpoint = None if rule is None else rule.endpoint
    return _find_handler(app, BY_REASON[row.reason], endpoint)


def _find_handler(
    app: Flask, kind: type[Exception], endpoint: str | None = None
) -> tuple[Handler | None, str]:
    """Return the handler that Flask chooses for a class, and whose it is."""
    for handler, scope in handlers_of(app, kind, endpoint):
        return handler, "the app" if scope is None else f"blueprint {scope!r}"
    is_guards = issubclass(kind, tuple(BY_REASON.values()))
    return None, "the guard" if is_guards else "Flask"


def _warn(req: Request, status: int, change: str, sent: int) -> None:
    log.warning(
        "%s %s: answered %d, would be %s%s",
        _shown(req.environ["REQUEST_METHOD"], ECHO_LIMIT),
        _shown(req.path, _PATH_LIMIT),
        status,
        change,
        "" if sent == status else f" (sent as {sent})",
    )


def _shown(text: str, limit: int) -> str:
    """Return client input for a log line: ASCII, without spaces, and not too long."""
    shown = ascii(text[:limit])[1:-1].replace(" ", "\\x20") or "''"
    return f"{shown}..." if len(text) > limit else shown


def _dispatch_watch(app: Flask, req: Request) -> Callable[[], bool]:
    """Return a function that returns whether Flask got past the hooks.

    Where that cannot be observed, it is assumed.
    """
    error, rule = req.routing_exception, req.url_rule
    if getattr(app.dispatch_request, "__func__", None) is not Flask.dispatch_request:
        return lambda: True
    if error is not None:
        # The router raised it, and Flask raises it again after the hooks.
        before = error.__traceback__
        return lambda: error.__traceback__ is not before
    if type(rule).__eq__ is not Rule.__eq__ or not _READS_RULE:
        return lambda: True
    seen: list[bool] = []

    def stop() -> None:
        if req.url_rule is watched:
            req.url_rule = rule

    def dispatch() -> None:
        stop()  # so that the view sees the rule itself
        seen.append(True)

    def is_dispatched() -> bool:
        stop()
        return bool(seen)

    watched = cast("Rule", _WatchedRule(rule, dispatch))
    req.url_rule = watched
    return is_dispatched


#: Whether Flask reads an attribute of the rule right before it calls the view.
_READS_RULE = "provide_automatic_options" in getattr(
    getattr(Flask.dispatch_request, "__code__", None), "co_consts", ()
)


class _WatchedRule(LocalProxy[Any]):
    """Stands for a rule, and notices when Flask dispatches to it."""

    _on_dispatch: Callable[[], None]

    def __init__(self, rule: Rule | None, on_dispatch: Callable[[], None]) -> None:
        super().__init__(lambda: rule)
        object.__setattr__(self, "_on_dispatch", on_dispatch)

    @property
    def provide_automatic_options(self) -> Any:
        """Flask's own attribute, which hooks can read, too."""
        if sys._getframe(1).f_code.co_name == "dispatch_request":  # noqa: SLF001
            self._on_dispatch()
        return self._get_current_object().provide_automatic_options
