"""The subject of a report: an app and the guard that serves it.

This module knows no framework: an app is whatever has a Flask app's attributes,
and only what is asked of it stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol, cast

from ..config import Settings
from ..deprecation import Deprecation
from ..urlmap import MethodIndex

Environ = dict[str, Any]
Functions = Sequence[Callable[..., Any]]


class App(Protocol):
    """What is asked of a :class:`flask.Flask`."""

    @property
    def name(self) -> str: ...
    @property
    def config(self) -> Mapping[Any, Any]: ...
    @property
    def extensions(self) -> Mapping[str, Any]: ...
    @property
    def url_map(self) -> Any: ...
    @property
    def view_functions(self) -> Mapping[str, Callable[..., Any]]: ...
    @property
    def before_request_funcs(self) -> Mapping[Any, Functions]: ...
    @property
    def after_request_funcs(self) -> Mapping[Any, Functions]: ...
    def app_context(self) -> Any: ...
    def __call__(self, environ: Environ, start_response: Any) -> Any: ...


class Guard(Protocol):
    """What is asked of the guard of one app."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def rejected(self) -> Any: ...
    def index(self, app: Any) -> MethodIndex: ...
    def is_retired(self, rule: Any, method: str) -> bool: ...
    def deprecation(self, endpoint: str | None, method: str) -> Deprecation | None: ...
    def examine(self, app: Any, environ: Environ) -> Any: ...


class NoGuardError(RuntimeError):
    """The app has no method guard; the message says what to add."""


def guard_of(app: App) -> Guard:
    """Find the guard of an app.

    :raises NoGuardError: if there is none.
    """
    if "method_guard" not in app.extensions:
        raise NoGuardError(
            f"The app {app.name!r} has no method guard. Add it where the app is made:\n"
            "\n    from flask_method_guard import MethodGuard\n\n    MethodGuard(app)\n"
        )
    return cast("Guard", app.extensions["method_guard"])


def is_own(hook: Callable[..., Any]) -> bool:
    """Tell whether a hook is the guard's own."""
    package = __name__.partition(".")[0]
    return name_of(hook).startswith(f"{package}.")


def hooks_before(app: App) -> list[Callable[..., Any]]:
    """List the app's ``before_request`` functions that run before the guard's."""
    hooks = app.before_request_funcs.get(None, ())
    return list(takewhile(lambda hook: not is_own(hook), hooks))


def name_of(thing: object) -> str:
    """Name a function or a class; of any other object, its class."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}"
