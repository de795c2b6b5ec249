"""Error handlers: which function of an app writes the body of an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from ..snapshot import blueprints_of
from .apps import is_own


def error_handler(
    app: Flask, kind: type[HTTPException], endpoint: str | None = None
) -> Callable[..., Any] | None:
    """Return the app's own error handler that gets an exception.

    Flask prefers a handler for the code to one for the class, then one of the blueprint
    to one of the app, then one for the more specific class.

    :param kind: the class of the exception.
    :param endpoint: the endpoint of the target resource, if it is known.
    :return: the handler; ``None`` if the exception renders itself.
    """
    found = (
        handler
        for code in (kind.code, None)
        for scope in (*reversed(blueprints_of(endpoint)), None)
        for handler in _handlers(app, scope, code, kind)
        if not is_own(handler)
    )
    return next(found, None)


def _handlers(
    app: Flask, scope: str | None, code: int | None, kind: type[HTTPException]
) -> Iterator[Callable[..., Any]]:
    """List the handlers of one scope for a class or its bases."""
    known: Any = app.error_handler_spec.get(scope, {}).get(code, {})
    return (known[each] for each in kind.__mro__ if each in known)
