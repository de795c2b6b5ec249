"""An app to look at, its guard, and its hooks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any, cast

from flask import Flask

from ..blueprints import Handler, handlers_of
from ..config import Settings
from ..guard import EXTENSION_KEY, AppGuard
from ..messages import closest
from ..moments import utc_now

Environ = dict[str, Any]


class NoGuardError(RuntimeError):
    """The app has no method guard; the message says what to add."""


def has_guard(app: Flask) -> bool:
    """Return whether a guard is installed in an app."""
    return EXTENSION_KEY in app.extensions


def installed_guard(app: Flask) -> AppGuard:
    """Return the guard that is installed in an app.

    :raises NoGuardError: if there is none.
    """
    if not has_guard(app):
        raise NoGuardError(
            f"The app {app.name!r} has no method guard. Add it where the app is made:\n"
            "\n    from flask_method_guard import MethodGuard\n\n    MethodGuard(app)\n"
        )
    return cast("AppGuard", app.extensions[EXTENSION_KEY])


def guard_of(app: Flask) -> AppGuard:
    """Return the guard of an app, or the one that ``MethodGuard(app)`` would install.

    The latter is new each time, and is not registered on the app.

    :raises ConfigError: if no guard is installed and the app's keys have errors.
    """
    if has_guard(app):
        return installed_guard(app)
    return AppGuard(Settings.from_mapping(app.config), utc_now)


def check_blueprint(app: Flask, name: str) -> None:
    """Check that an app has a blueprint.

    :raises ValueError: if it has none of that name.
    """
    if name in app.blueprints:
        return
    names = sorted(app.blueprints)
    hint = f"Blueprints: {', '.join(names)}." if names else "The app has none."
    if meant := closest(name, names):
        hint = f"Did you mean {meant!r}?"
    raise ValueError(f"No blueprint named {name!r}. {hint}")


def is_own(hook: Callable[..., Any]) -> bool:
    """Return whether a hook is the guard's own."""
    package = __name__.partition(".")[0]
    return name_of(hook).startswith(f"{package}.")


def hooks_before(app: Flask) -> list[Callable[..., Any]]:
    """Return the app's ``before_request`` functions that run before the guard's.

    They are not known if no guard is installed.
    """
    hooks = app.before_request_funcs.get(None, ()) if has_guard(app) else ()
    return list(takewhile(lambda hook: not is_own(hook), hooks))


def error_handler(
    app: Flask, kind: type[Exception], endpoint: str | None = None
) -> Handler | None:
    """Return the app's own error handler that gets an exception, if it has one.

    :param kind: the class of the exception.
    :param endpoint: the endpoint of the target resource, if it is known.
    """
    found = (handler for handler, _ in handlers_of(app, kind, endpoint))
    return next((handler for handler in found if not is_own(handler)), None)


def name_of(thing: object) -> str:
    """Return the name of a function or a class; for any other object, of its class."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}.{named.__qualname__}"
