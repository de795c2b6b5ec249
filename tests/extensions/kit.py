"""What the tests of all extensions share: apps, with the guard and without it."""

from __future__ import annotations

import importlib
import os
import typing as t
from dataclasses import dataclass

import pytest
from flask.app import Flask

from flask_method_guard import MethodGuard

#: Where the guard stands: nowhere, before everything else, or after it.
PLACES = ("none", "first", "last")
each_place = pytest.mark.parametrize("place", PLACES)
guarded = pytest.mark.parametrize("place", PLACES[1:])


def need(module: str, package: str) -> t.Any:
    """Import a module of an extension; skip the test by its name if there is none."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if not module.startswith(str(error.name)):
            raise
        reason = f"{package} is not installed"
        if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def plain() -> Flask:
    """Make an app of Flask's own class."""
    return Flask("shop", static_folder=None)


def around(app: Flask, place: str, set_up: t.Callable[[], object]) -> Flask:
    """Set an app up with the guard at a place."""
    if place == "first":
        MethodGuard(app)
    set_up()
    if place == "last":
        MethodGuard(app)
    return app


@dataclass(frozen=True)
class Extension:
    """An app with one extension: a GET route at ``/items``, and little else."""

    #: The name under which it is installed.
    package: str
    #: Registers the extension and the routes.
    set_up: t.Callable[[Flask], None]
    #: Makes the app, where the extension brings a class of its own.
    create: t.Callable[[], Flask] = plain
    #: Whether it renders errors itself, so that a client sees its bodies.
    renders: bool = False
    #: Headers that differ from one answer to the next.
    volatile: frozenset[str] = frozenset()

    def app(self, place: str, **config: t.Any) -> Flask:
        """Make the app with the guard at a place."""
        app = self.create()
        app.testing = True
        app.secret_key = "not a secret"
        app.config.update(config)
        return around(app, place, lambda: self.set_up(app))
