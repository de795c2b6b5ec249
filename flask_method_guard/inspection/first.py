"""Who answered first: the function whose answer came instead of the guard's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import CodeType, FrameType
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

from .apps import is_own

Function = Callable[..., Any]


def find_first(app: Flask, environ: dict[str, Any]) -> Function | None:
    """Find the function that answers a request before the guard does.

    The request is sent under a profiler, which sees the ``before_request`` functions
    that run: the last of them is the one that answered. Nothing of the app is replaced
    or wrapped.

    :param app: the app.
    :param environ: the request.
    :return: the function; the middleware around the app if no function ran; ``None``
        if it was neither of them.
    """
    hooks = {
        _code(hook): hook
        for found in app.before_request_funcs.values()
        for hook in found
    }
    ran: list[Function] = []

    # A tracer, such as that of a coverage measurement, does not see a profiler.
    def note(frame: FrameType, event: str, _: object) -> None:  # pragma: no cover
        if event == "call" and frame.f_code in hooks:
            ran.append(hooks[frame.f_code])

    with _profiled(note), suppress(Exception):
        run_wsgi_app(app, environ, buffered=True)
    if ran:
        return None if is_own(ran[-1]) else ran[-1]
    wsgi_app: Any = app.wsgi_app
    return None if getattr(wsgi_app, "__self__", None) is app else wsgi_app


def _code(hook: Any) -> CodeType | None:
    """Return the code that runs when a function is called."""
    while isinstance(hook, partial):
        hook = hook.func
    if not hasattr(hook, "__code__"):
        hook = type(hook).__call__
    return getattr(hook, "__code__", None)


@contextmanager
def _profiled(note: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    """Call a function for every call in this thread and in those that it starts.

    Flask runs an async function in a thread of its own.
    """
    before = sys.getprofile(), getattr(threading, "_profile_hook", None)
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])
