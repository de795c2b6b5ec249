"""Report-only mode: log what the guard would change, and change nothing.

The row of the decision table is compared with what Flask answers by itself. A hook
that answers first would also answer first with the guard enforced. So the guard checks
whether Flask raised the router's error or called the view.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from flask import after_this_request
from flask.wrappers import Request, Response
from werkzeug.routing import Rule

from .bodies import ECHO_LIMIT, echoable
from .decision import Row

log: logging.Logger = logging.getLogger("flask_method_guard")

#: A longer path is cut in the log.
_PATH_LIMIT = 200


def watch(req: Request, row: Row, early: bool, report: Callable[[], None]) -> None:
    """Report a request if the guard would change the status of its answer.

    :param req: the request.
    :param row: the row of the table that decides.
    :param early: whether the guard would answer before later hooks.
    :param report: called after the warning.
    """
    if row.status is None:
        return
    # The same error reaches the same error handler, whatever that makes of it.
    is_same_error = getattr(req.routing_exception, "code", None) == row.status
    if is_same_error and not early:
        return
    is_dispatched = _dispatch_watch(req)
    is_done = False

    @after_this_request
    def compare(response: Response) -> Response:
        nonlocal is_done
        # Flask calls this twice if a later function raises.
        is_first, is_done = not is_done, True
        # Enforced, the guard answers before a later hook only if it rejects early.
        would_change = not is_same_error if is_dispatched() else early
        if is_first and would_change and response.status_code != row.status:
            _warn(req, response.status_code, row)
            report()
        return response


def _warn(req: Request, status: int, row: Row) -> None:
    method = req.environ["REQUEST_METHOD"]
    log.warning(
        "%s %s: answered %d, would be %d %s",
        echoable(method) or _shown(method, ECHO_LIMIT),
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
    rule = cast("Rule", req.url_rule)
    watched: Any = copy.copy(rule)
    watched.__class__ = _watched_class(cast("Any", type(rule)))
    watched.original = rule
    req.url_rule = watched
    return lambda: watched.is_dispatched


class _Watched:
    """A copy of a rule that notices when Flask dispatches to it."""

    is_dispatched = False
    original: Rule

    __hash__ = None  # type: ignore[assignment]  # as Werkzeug's rules

    def __eq__(self, other: object) -> bool:
        return self.original == other

    @property
    def provide_automatic_options(self) -> Any:
        """Flask's own attribute; Flask reads it right before it calls the view."""
        self.is_dispatched = True
        return getattr(self.original, "provide_automatic_options", False)


@lru_cache(maxsize=16)
def _watched_class(rule_class: type) -> type:
    return type(rule_class.__name__, (_Watched, rule_class), {})
