"""The signals: what an app can be told about methods, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blinker import NamedSignal, Namespace
from flask import Flask, after_this_request
from flask.wrappers import Response

#: Sent with ``exception`` and ``enforced=True`` when a rejection becomes the response.
#: In report-only mode: with ``enforced=False``, when it would have.
method_rejected: NamedSignal = Namespace().signal("method-rejected")

#: Sent once for every request that a route matched with a deprecated method, served or
#: rejected, with ``method``, ``endpoint``, ``deprecation``, ``phase`` and ``response``.
deprecated_method_called: NamedSignal = Namespace().signal("deprecated-method-called")


def send(
    signal: NamedSignal, app: Flask, *, is_report: bool = False, **facts: Any
) -> None:
    """Send one of them, to coroutine functions, too.

    :param is_report: whether the response may not depend on the receivers.
    """
    try:
        signal.send(app, _async_wrapper=app.ensure_sync, **facts)
    except Exception:
        if not is_report:
            raise
        app.logger.exception("A receiver of %s failed", signal.name)


class _Once:
    """Passes a request's first response on, and no other."""

    def __init__(self, act: Callable[[Response], None]) -> None:
        self._act: Callable[[Response], None] | None = act

    def __call__(self, response: Response) -> Response:
        act, self._act = self._act, None
        if act is not None:
            act(response)
        return response


def with_first_response(act: Callable[[Response], None]) -> None:
    """Call a function once, with the first response of the current request.

    There is another one if an ``after_request`` function raises: the error page.
    """
    after_this_request(_Once(act))
