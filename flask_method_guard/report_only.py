"""Report-only mode: log what the guard would change, and change nothing.

The status in the decision table is compared with that of the final response. A hook
that answers first would also have answered first with the guard enforced, so it must
be known whether Flask got as far as raising the router's error or calling the view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from flask import after_this_request
from flask.wrappers import Request, Response
from werkzeug.routing import Rule

from .bodies import echoable
from .decision import Row

log = logging.getLogger("flask_method_guard")

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
    is_dispatched = _dispatch_watch(req)

    @after_this_request
    def compare(response: Response) -> Response:
        if response.status_code != row.status and (early or is_dispatched()):
            log.warning(
                "%s %s: answered %d, would be %d %s",
                _bounded(req.environ["REQUEST_METHOD"]),
                _shown(req.path, _PATH_LIMIT),
                response.status_code,
                row.status,
                row.reason,
            )
            report()
        return response


def _bounded(method: str) -> str:
    return echoable(method) or _shown(method, 32)


def _shown(text: str, limit: int) -> str:
    """Return client input for a log line: ASCII, without spaces, and not too long."""
    shown = ascii(text[:limit])[1:-1].replace(" ", "\\x20")
    return f"{shown}…" if len(text) > limit else shown


def _dispatch_watch(req: Request) -> Callable[[], bool]:
    """Return a function that tells whether Flask got past the hooks."""
    error = req.routing_exception
    if error is not None:
        # The router raised it, and Flask raises it again after the hooks.
        error.__traceback__ = None
        return lambda: error.__traceback__ is not None
    rule = cast("Rule", req.url_rule)
    watched: Any = object.__new__(_watched_class(cast("Any", type(rule))))
    vars(watched).update(vars(rule))
    req.url_rule = watched
    return lambda: watched.is_dispatched


class _Watched:
    """A rule that notices when Flask dispatches to it."""

    is_dispatched = False

    @property
    def provide_automatic_options(self) -> Any:
        """Flask's own attribute; Flask reads it right before it calls the view."""
        self.is_dispatched = True
        return vars(self).get("provide_automatic_options", False)


@lru_cache(maxsize=16)
def _watched_class(rule_class: Any) -> type:
    return type(rule_class.__name__, (_Watched, rule_class), {})
