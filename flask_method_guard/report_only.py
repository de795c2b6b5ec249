"""Report-only mode: log what the guard would change, and change nothing.

The row of the decision table is compared with what Flask answers by itself. A hook
that answers first would also answer first with the guard enforced. So the guard checks
whether Flask raised the router's error or called the view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from flask.wrappers import Request, Response
from werkzeug.local import LocalProxy
from werkzeug.routing import Rule

from .bodies import ECHO_LIMIT
from .decision import Row
from .exceptions import BY_REASON
from .guard import rejection_of
from .signals import method_rejected, send, with_first_response

if TYPE_CHECKING:
    from .guard import AppGuard, RequestSituation

log: logging.Logger = logging.getLogger("flask_method_guard")

#: A longer path is cut in the log.
_PATH_LIMIT = 200


def watch(guard: AppGuard, app: Flask, situation: RequestSituation, row: Row) -> None:
    """Report a request if the guard would change the status of its answer."""
    if row.status is None:
        return
    req, rejects = situation.req, row.reason in BY_REASON
    # Enforced, the guard answers before a later hook only if it rejects early.
    early = rejects and guard.settings.reject_early
    # The same error reaches the same error handler, whatever that makes of it.
    is_same_error = getattr(req.routing_exception, "code", None) == row.status
    if is_same_error and not early:
        return
    is_dispatched = _dispatch_watch(req)

    @with_first_response
    def compare(response: Response) -> None:
        would_change = not is_same_error if is_dispatched() else early
        if not would_change or response.status_code == row.status:
            return
        _warn(req, response.status_code, row)
        if rejects and method_rejected.receivers:
            rejection = rejection_of(app, situation, row.reason)
            send(method_rejected, app, exception=rejection, enforced=False)


def _warn(req: Request, status: int, row: Row) -> None:
    method = req.environ["REQUEST_METHOD"]
    log.warning(
        "%s %s: answered %d, would be %d %s",
        _shown(method, ECHO_LIMIT),
        _shown(req.path, _PATH_LIMIT),
        status,
        row.status,
        row.reason,
    )


def _shown(text: str, limit: int) -> str:
    """Return client input for a log line: ASCII, without spaces, and not too long."""
    shown = ascii(text[:limit])[1:-1].replace(" ", "\\x20") or "''"
    return f"{shown}..." if len(text) > limit else shown


def _dispatch_watch(req: Request) -> Callable[[], bool]:
    """Return a function that returns whether Flask got past the hooks."""
    error = req.routing_exception
    if error is not None:
        # The router raised it, and Flask raises it again after the hooks.
        error.__traceback__ = None
        return lambda: error.__traceback__ is not None
    rule = req.url_rule
    watched = _WatchedRule(lambda: rule)
    req.url_rule = cast("Rule", watched)
    return lambda: watched.is_dispatched


class _WatchedRule(LocalProxy[Any]):
    """Stands for a rule, and notices when Flask dispatches to it."""

    is_dispatched = False

    @property
    def provide_automatic_options(self) -> Any:
        """Flask's own attribute; Flask reads it right before it calls the view."""
        object.__setattr__(self, "is_dispatched", True)
        return getattr(self._get_current_object(), "provide_automatic_options", False)
