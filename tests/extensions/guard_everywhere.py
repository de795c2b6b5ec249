"""A pytest plugin that guards every app a test suite makes: ``-p guard_everywhere``.

Test tooling, and the one place where a class of Flask is changed: the suites of other
projects know nothing of the guard. It guards where ``METHOD_GUARD_EVERYWHERE`` is 1, so
that both runs of a suite load the same plugins.
"""

from __future__ import annotations

import functools
import os
import typing as t

from flask.app import Flask

from flask_method_guard import MethodGuard


def guard_every_app() -> None:
    """Install a guard at the end of the constructor of Flask's class."""
    make = Flask.__init__

    @functools.wraps(make)
    def make_and_guard(self: Flask, *args: t.Any, **kwargs: t.Any) -> None:
        make(self, *args, **kwargs)
        MethodGuard(self)

    Flask.__init__ = make_and_guard  # type: ignore[method-assign]


if os.environ.get("METHOD_GUARD_EVERYWHERE") == "1":
    guard_every_app()
