"""Who responded: the function whose response came instead of the guard's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from types import CodeType, FrameType
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

from .apps import is_own

Function = Callable[..., Any]


def find_first(app: Flask, environ: dict[str, Any]) -> Function | None:
    """Find the function that responds to a request before the guard does.

    :param app: the app.
    :param environ: the request.
    :return: the ``url_value_preprocessor`` or ``before_request`` function; the
        middleware around the app if no function ran; ``None`` if it was none of them.
    """
    kinds = (app.url_value_preprocessors, app.before_request_funcs)
    hooks = [hook for kind in kinds for found in kind.values() for hook in found]
    last = _last_to_run(app, environ, hooks)
    if last is not None:
        return None if is_own(last) else last
    wsgi_app: Any = app.wsgi_app
    return None if getattr(wsgi_app, "__self__", None) is app else wsgi_app


def find_error_handler(app: Flask, environ: dict[str, Any]) -> Function | None:
    """Find the app's error handler that responds to a request.

    :param app: the app.
    :param environ: the request.
    :return: the handler; ``None`` if none of the app's own ran.
    """
    handlers = [
        handler
        for codes in app.error_handler_spec.values()
        for classes in codes.values()
        for handler in classes.values()
        if not is_own(handler)
    ]
    return _last_to_run(app, environ, handlers)


def _last_to_run(
    app: Flask, environ: dict[str, Any], functions: Iterable[Function]
) -> Function | None:
    """Send a request, and find the last of some functions to run.

    The request is sent under a profiler. Nothing of the app is replaced or wrapped.
    """
    known = {_code(function): function for function in functions}
    ran: list[Function] = []

    # A tracer, such as that of a coverage measurement, does not see a profiler.
    def note(frame: FrameType, event: str, _: object) -> None:  # pragma: no cover
        if event == "call" and frame.f_code in known:
            ran.append(known[frame.f_code])

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(note)  # Flask runs an async function in a thread of its own
    sys.setprofile(note)
    try:
        with suppress(Exception):
            run_wsgi_app(app, environ, buffered=True)
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)
    return ran[-1] if ran else None


def _code(hook: Any) -> CodeType | None:
    """Return the code that runs when a function is called."""
    while isinstance(hook, partial):
        hook = hook.func
    if not hasattr(hook, "__code__"):
        hook = type(hook).__call__
    return getattr(hook, "__code__", None)
