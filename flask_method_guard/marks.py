"""Marks: how a view or a blueprint says that some of its methods are deprecated.

:func:`deprecated_methods` puts a mark on a view; :func:`find_marks` finds the marks
of all views of an app. :func:`mark_blueprint` puts marks on a blueprint, and
:func:`with_configuration` changes them as the operator says. This module uses only the
standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar

from .deprecation import (
    EMPTY,
    READERS,
    Deprecation,
    build_deprecation,
    read_deprecation,
    read_values,
)
from .messages import Problem, joined, read_method

_View = TypeVar("_View", bound=Callable[..., Any])

#: The attribute of a view, function or class, that carries its marks.
_MARK = "__method_guard_deprecations__"


#: As the name of a method: every method that has no mark of its own.
EVERY_OTHER = "EVERY OTHER METHOD"


def deprecated_methods(  # noqa: PLR0913 -- each has a name
    *methods: str,
    since: date | str | None = None,
    sunset: date | str | None = None,
    brownouts: Sequence[str] | None = None,
    link: str | None = None,
    notice: str | None = None,
    successor: str | Sequence[str] | None = None,
) -> Callable[[_View], _View]:
    """Deprecate methods of one view (RFC 9745, RFC 8594).

    The decorator returns the view itself: a function, a class view such as
    :class:`~flask.views.MethodView`, or a function of one, for the method that it
    serves. For these methods of this view, it overrides
    ``METHOD_GUARD_DEPRECATED_METHODS``. Put it below ``@app.route``, or directly above
    it. Decorators between the two must use :func:`functools.wraps` or
    :func:`functools.partial`.

    :param methods: the methods' names.
    :param since: when they become deprecated.
    :param sunset: when they may stop working.
    :param brownouts: when they are rejected for a while before the sunset: ISO 8601
        intervals, such as ``2026-05-05T14:00Z/PT1H``.
    :param link: a page that explains the deprecation.
    :param notice: a sentence for people.
    :param successor: what replaces them: a method, a URL, both, such as
        ``PATCH /v2/books/{number}``, or a pair of prefixes, ``("/v1/", "/v2/")``.
    :return: the decorator.
    :raises TypeError: if no method is named, or for a value of the wrong type.
    :raises ValueError: for a value that is not a method, a time, a link or a
        successor, or a sunset before ``since``; the message names the view.
    """
    if not methods or callable(methods[0]):
        raise TypeError(
            "deprecated_methods needs the methods' names:"
            ' write @deprecated_methods("PUT", since=…) above the view.'
        )
    values = {
        "since": since,
        "sunset": sunset,
        "brownouts": brownouts,
        "link": link,
        "notice": notice,
        "successor": successor,
    }
    return lambda view: _mark(view, methods, values)


def _mark(view: _View, methods: Sequence[str], values: Mapping[str, object]) -> _View:
    value, problems = read_deprecation(values)
    marks = {}
    for method in methods:
        try:
            marks[read_method(method)] = value
        except (TypeError, ValueError) as error:
            problems.append(error)
    if not problems and not _put(view, marks):
        text = "it cannot be deprecated. Use a function or a class."
        problems.append(TypeError(text))
    if problems:
        raise joined(problems, f"deprecated_methods on {_name(view)}: ")
    return view


def _name(view: Callable[..., Any]) -> str:
    """Return a view's name, also for a view that ``as_view()`` made."""
    name = getattr(view, "__name__", None)
    return f"{view.__module__}.{name}" if name else repr(view)


def _put(view: Callable[..., Any], marks: Mapping[str, Deprecation]) -> bool:
    """Put marks on a view; return whether it takes them."""
    outer = getattr(view, "__func__", view)
    try:
        # A new mapping each time, since functools.wraps copies the reference: the
        # old mapping may belong to another view, too.
        setattr(outer, _MARK, {**_own(outer), **marks})
    except (AttributeError, TypeError):
        return False
    return True


def find_marks(
    views: Mapping[str, Callable[..., Any]],
) -> dict[str, Mapping[str, Deprecation]]:
    """Find the marks that :func:`deprecated_methods` left on the views of an app.

    A mark applies to the view that it was put on and to every wrapper of it. On a
    function of a class, it applies to the methods that the function serves.

    :param views: endpoint to view, as in :attr:`flask.Flask.view_functions`.
    :return: endpoint to method to value, for the endpoints that have marks.
    """
    marks = {name: _marks(_layers(view)) for name, view in views.items()}
    return {name: found for name, found in marks.items() if found}


class FunctionMark(NamedTuple):
    """A mark for one method on a function of a class."""

    #: The function, or the outermost wrapper of it.
    function: Any
    method: str
    value: Deprecation
    #: Whether the function serves the method.
    has_effect: bool


def find_lost_marks(view: object) -> list[FunctionMark]:
    """Find the marks on functions of a view's class that do not serve the method."""
    marks = [mark for _, found in _class_marks(_layers(view)) for mark in found]
    # A function can have several names: put = _save.
    used = {(mark.method, id(mark.value)) for mark in marks if mark.has_effect}
    return [mark for mark in marks if (mark.method, id(mark.value)) not in used]


def _marks(layers: list[Any]) -> dict[str, Deprecation]:
    """Collect the marks of one view.

    Those of a subclass override its parents', those of a function its class's, and
    those of a view all of these, the outermost layer first.
    """
    found: dict[str, Deprecation] = {}
    for owner, functions in _class_marks(layers):
        found.update(_own(owner))
        found.update((mark.method, mark.value) for mark in functions if mark.has_effect)
    for layer in reversed(layers):
        found.update(_own(layer))
    return found


def _class_marks(layers: list[Any]) -> list[tuple[type, list[FunctionMark]]]:
    """List the classes of a view, parents first, and the marks on their functions."""
    found = []
    with suppress(Exception):  # a class can be of any kind
        for view_class in dict.fromkeys(_class_of(layer) for layer in reversed(layers)):
            # Most views are functions, and Python's own classes have no marks.
            owners = [c for c in view_class.__mro__[::-1] if c.__module__ != "builtins"]
            members = {k: it for owner in owners for k, it in vars(owner).items()}
            for owner in owners:
                marks = [
                    FunctionMark(member, *mark, _serves(name, mark[0], members))
                    for name, member in vars(owner).items()
                    if members[name] is member  # no subclass overrides it
                    for layer in reversed(_layers(member))
                    for mark in _own(layer).items()
                ]
                found.append((owner, marks))
    return found


def _class_of(view: object) -> type:
    """Return the class that ``as_view()`` made a view of, or an object's class."""
    view_class = _attributes(view).get("view_class")
    return view_class if isinstance(view_class, type) else type(view)


def _serves(name: str, method: str, members: Mapping[str, object]) -> bool:
    """Return whether a function of a class serves a method, as Flask dispatches it."""
    if method == "HEAD" and name == "get":
        return members.get("head") is None
    return name in (method.lower(), "dispatch_request", "__call__")


def _own(owner: object) -> Mapping[str, Deprecation]:
    """Return the marks of the object itself, not of its class."""
    found: Mapping[str, Deprecation] = _attributes(owner).get(_MARK, {})
    return found


def _attributes(owner: object) -> Mapping[str, Any]:
    """Return what is stored on an object itself; nothing if that cannot be read."""
    with suppress(Exception):  # a view may be any object, such as a proxy
        found = owner.__dict__
        if isinstance(found, Mapping):
            return found
    return {}


#: An object that has every attribute would be unwrapped for ever.
_MAX_LAYERS = 100


def _layers(view: object) -> list[Any]:
    """Return a view and what it wraps, outermost first, as far as it can be read."""
    found: list[Any] = []
    layer: Any = view
    with suppress(Exception):  # a view may be any object, such as a proxy
        while layer is not None and len(found) < _MAX_LAYERS:
            # A method is a new object each time it is looked up, its function is not.
            layer = getattr(layer, "__func__", layer)
            if any(layer is known for known in found):
                break
            found.append(layer)
            inner = layer.func if isinstance(layer, partial) else None
            layer = getattr(layer, "__wrapped__", inner)
    return found


# -- marks of blueprints -------------------------------------------------------------


class BlueprintMark(NamedTuple):
    """The deprecation of a method, or of every other one, in a whole blueprint."""

    value: Deprecation
    #: The endpoints that keep working, by their names inside the blueprint; ``None``
    #: if nothing is said about that.
    exclude: frozenset[str] | None = None


BlueprintMarks = Mapping[str, BlueprintMark]


def read_blueprint_marks(
    values: Mapping[Any, object],
) -> tuple[BlueprintMarks, list[Problem]]:
    """Read the values of a deprecation, ``methods`` and ``exclude``.

    :return: what could be read, and the problems.
    """
    readers = {**READERS, "methods": _read_methods, "exclude": _read_names}
    found, problems = read_values(values, readers)
    methods, exclude = found.pop("methods", None), found.pop("exclude", None)
    value = build_deprecation(found, problems)
    if not problems and value == Deprecation() and (methods or not exclude):
        problems.append(ValueError(EMPTY))
    mark = BlueprintMark(value, exclude)
    return dict.fromkeys(methods or (EVERY_OTHER,), mark), problems


def _read_methods(value: object) -> frozenset[str]:
    return frozenset(map(read_method, _read_names(value)))


def _read_names(value: object) -> frozenset[str]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set, frozenset)):
        raise TypeError(f"{value!r} is not a list. Write a list of names.")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is not a string. Write a list of names.")
    return frozenset(name.strip() for name in names) - {""}


def mark_blueprint(blueprint: object, values: Mapping[str, object]) -> list[Problem]:
    """Put marks on a blueprint, next to those of other methods.

    :return: the problems; if there are any, nothing is marked.
    """
    marks, problems = read_blueprint_marks(values)
    if not problems and any(mark.value == Deprecation() for mark in marks.values()):
        problems.append(ValueError(EMPTY))
    if not problems:
        setattr(blueprint, _MARK, {**marks_of_blueprint(blueprint), **marks})
    return problems


def marks_of_blueprint(blueprint: object) -> BlueprintMarks:
    """Return the marks that :func:`mark_blueprint` put on a blueprint."""
    found: BlueprintMarks = _attributes(blueprint).get(_MARK, {})
    return found


def with_configuration(
    code: BlueprintMarks, configured: BlueprintMarks
) -> tuple[BlueprintMarks, list[str]]:
    """Change the marks of a blueprint, value by value, as the configuration says.

    It adds a mark only where there is none: for every method, if the code has no mark
    at all, or for a method that the configuration names.

    :param code: the marks of :func:`mark_blueprint`.
    :param configured: the marks of ``METHOD_GUARD_DEPRECATED_BLUEPRINTS``.
    :return: the marks, and a text for each value of the code that contradicts the
        configuration and is left out.
    """
    marks, lost = dict(code), []
    for named, (given, exclude) in configured.items():
        for method in code if code and named == EVERY_OTHER else (named,):
            value, excluded = _covering(code, method) or (given, None)
            value, contradictions = value.overridden(given)
            excluded = excluded if exclude is None else exclude
            if value != Deprecation():
                marks[method] = BlueprintMark(value, excluded)
            lost += [f"{text} of {in_words(method)}" for text in contradictions]
    return marks, lost


def in_words(method: str) -> str:
    """Return the name of a method in a blueprint's marks as people read it."""
    return "every method" if method == EVERY_OTHER else method


def _covering(marks: BlueprintMarks, method: str) -> BlueprintMark | None:
    """Return the mark that applies to a method."""
    names = (method, "GET", EVERY_OTHER) if method == "HEAD" else (method, EVERY_OTHER)
    return next((marks[name] for name in names if name in marks), None)


def marks_for(
    marks: BlueprintMarks, endpoint: str, methods: Collection[str]
) -> dict[str, Deprecation]:
    """Return the deprecations of one endpoint of a blueprint.

    :param endpoint: the name of the endpoint inside the blueprint.
    :param methods: the methods that its routes declare.
    """
    marks = {m: mark for m, mark in marks.items() if endpoint not in (mark[1] or ())}
    found = {method: _covering(marks, method) for method in methods}
    return {method: mark.value for method, mark in found.items() if mark is not None}
