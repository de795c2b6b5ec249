"""Places: the file and line of a view, and of an exception."""

from __future__ import annotations

import inspect
import sysconfig
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

import click
import flask
import jinja2
import werkzeug

#: Where packages are installed, and where Python itself is.
_PACKAGES = frozenset(map(sysconfig.get_path, ("purelib", "platlib")))
# In a browser, the standard library is a zip file, which sysconfig does not know.
_PYTHON = frozenset(map(sysconfig.get_path, ("stdlib", "platstdlib"))) | {
    str(Path(inspect.__file__).parent)
}
#: Where the code between the server and an app is, this package's own with it.
_FRAMEWORK = frozenset(
    str(Path(inspect.getfile(module)).parent)
    for module in (click, flask, jinja2, werkzeug)
) | {str(Path(__file__).parents[1])}


class Place(NamedTuple):
    """A line of a file."""

    #: As an editor opens it: relative to the working directory if it is in there.
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def place_of(view: Any) -> Place | None:
    """Find where a view, a hook or a class is written.

    :param view: a function, a class, or anything else that can be called; ``None`` for
        a view that is not there.
    :return: the place; ``None`` if it is not in a file.
    """
    source = source_of(view)
    try:
        file = inspect.getsourcefile(source)
        if inspect.isclass(source):
            # A class has no line of its own before Python 3.13.
            line = inspect.getsourcelines(source)[1]
        else:
            line = source.__code__.co_firstlineno
    except (AttributeError, OSError, TypeError):
        return None  # made by C code, or in an interpreter
    return _place(file, line) if file else None


def source_of(view: Any) -> Any:
    """Find what a person wrote: below decorators, and the class of a class view."""
    if hasattr(view, "view_class"):
        return view.view_class
    view = inspect.unwrap(view)
    while isinstance(view, partial):
        view = view.func
    if inspect.isclass(view) or hasattr(view, "__code__"):
        return view
    return type(view)


def place_raised(error: BaseException) -> tuple[str, Place] | None:
    """Find the line of the app that led to an exception.

    That is the innermost one that is not in an installed package, or, for an app
    that is one itself, in a package that is not part of the framework.

    :return: the function's name and the place; ``None`` if there is no traceback.
    """
    frames = extract_tb(error.__traceback__)
    for is_wanted in (_is_of_app, _is_of_package, lambda file: True):
        for frame in reversed(frames):
            if is_wanted(frame.filename):
                return frame.name, _place(frame.filename, frame.lineno or 0)
    return None


def is_installed(file: str) -> bool:
    """Return whether a file belongs to an installed package."""
    return _is_below(str(Path(file).absolute()), _PACKAGES)


def _is_of_app(file: str) -> bool:
    return not _is_below(file, _PACKAGES | _PYTHON | _FRAMEWORK)


def _is_of_package(file: str) -> bool:
    return _is_below(file, _PACKAGES) and not _is_below(file, _FRAMEWORK)


def _is_below(file: str, folders: Iterable[str]) -> bool:
    return not {str(parent) for parent in Path(file).parents}.isdisjoint(folders)


def _place(file: str, line: int) -> Place:
    path = Path(file)
    here = Path.cwd()
    return Place(str(path.relative_to(here) if here in path.parents else path), line)
