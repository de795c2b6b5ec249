"""Marks: how a view says that some of its methods are deprecated."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar
from weakref import ref

from .deprecation import Deprecation, check_method, joined, read_deprecation

_View = TypeVar("_View", bound=Callable[..., Any])

#: The attribute of a view, function or class, that carries its marks.
_MARK = "__method_guard_deprecations__"
#: The attribute of a function that carries the marks of its wrappers.
_ABOVE = "__method_guard_deprecations_above__"


def deprecated_methods(
    *methods: str,
    since: date | str | None = None,
    sunset: date | str | None = None,
    link: str | None = None,
    notice: str | None = None,
) -> Callable[[_View], _View]:
    """Mark methods of one view as deprecated (RFC 9745, RFC 8594).

    The view, a function or a :class:`~flask.views.MethodView`, stays the very
    object that it was. What is said here beats
    ``METHOD_GUARD_DEPRECATED_METHODS`` for these methods of this view. The
    order of decorators does not matter, as long as those between this one and
    ``@app.route`` use :func:`functools.wraps`.

    :param methods: the methods' names.
    :param since: from when on they are deprecated.
    :param sunset: from when on they may stop to work.
    :param link: where the deprecation is explained.
    :param notice: a sentence for people.
    :return: the decorator.
    :raises TypeError: for no method, or a value of the wrong type.
    :raises ValueError: for a method, a time or a link that is none, or a sunset
        before ``since``; the message names the view.
    """
    if not methods or callable(methods[0]):
        raise TypeError(
            "deprecated_methods needs the methods' names:"
            ' write @deprecated_methods("PUT", since=…) above the view.'
        )
    values = {"since": since, "sunset": sunset, "link": link, "notice": notice}

    def mark(view: _View) -> _View:
        value, problems = read_deprecation(values)
        marks = {}
        for method in methods:
            try:
                marks[check_method(method)] = value
            except (TypeError, ValueError) as error:
                problems.append(error)
        if not problems and not _put(view, marks):
            problems.append(TypeError("it takes no mark. Mark a function or a class."))
        if problems:
            raise joined(problems, f"deprecated_methods on {_name(view)}: ")
        return view

    return mark


def _name(view: Callable[..., Any]) -> str:
    """Name a view: the endpoint's name even where ``as_view()`` has made it."""
    name = getattr(view, "__name__", None)
    return f"{view.__module__}.{name}" if name else repr(view)


def _put(view: Callable[..., Any], marks: Mapping[str, Deprecation]) -> bool:
    """Leave marks on a view, and on what it wraps, as far as they take any."""
    outer, *inner = _layers(view)
    try:
        # A new mapping each time: one that functools.wraps has copied is another
        # view's, too.
        setattr(outer, _MARK, {**_own(outer, _MARK, {}), **marks})
    except (AttributeError, TypeError):
        return False
    for layer in inner:
        with suppress(AttributeError, TypeError):
            # Weak, for a function that refers to itself is freed late.
            mark = (ref(layer), ref(outer), marks)
            setattr(layer, _ABOVE, (*_own(layer, _ABOVE, ()), mark))
    return True


def marked_deprecations(
    views: Mapping[str, Callable[..., Any]],
) -> dict[str, Mapping[str, Deprecation]]:
    """Find what :func:`deprecated_methods` said of the views of an app.

    A mark counts for the view that it was put on and for every one that wraps it.
    Put on a wrapper of a view, above ``@app.route``, it counts for the view, unless
    that wrapper is registered itself: then it is the one that is meant.

    :param views: endpoint to view, as :attr:`flask.Flask.view_functions` has it.
    :return: endpoint to method to value, for endpoints of which something is said.
    """
    registered = {id(layer) for view in views.values() for layer in _layers(view)}
    found = {name: _marks(view, registered) for name, view in views.items()}
    return {name: marks for name, marks in found.items() if marks}


def _marks(view: Callable[..., Any], registered: Container[int]) -> dict[str, Any]:
    found: dict[str, Deprecation] = {}
    inner_first = _layers(view)[::-1]
    view_class = getattr(view, "view_class", type(view))
    parents = getattr(view_class, "__mro__", ())[::-1]
    for bearer in (*parents, *inner_first):
        found.update(_own(bearer, _MARK, {}))
    for owner, outer, marks in _own(inner_first[-1], _ABOVE, ()):
        # functools.wraps copies what stands on a function to its wrappers.
        if owner() is inner_first[-1] and id(outer()) not in registered:
            found.update(marks)
    return found


def _own(bearer: object, name: str, default: Any) -> Any:
    """Get an attribute that stands on the object itself, not on its class."""
    return getattr(bearer, "__dict__", {}).get(name, default)


def _layers(view: Callable[..., Any]) -> list[Any]:
    """List a view and the functions that it wraps, outermost first."""
    found: list[Any] = []
    layer: Any = view
    while layer is not None:
        # A method is made anew wherever it is looked up; its function is not.
        layer = getattr(layer, "__func__", layer)
        if any(layer is known for known in found):
            break
        found.append(layer)
        layer = getattr(layer, "__wrapped__", None)
    return found
