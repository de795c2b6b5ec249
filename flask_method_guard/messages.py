"""Messages: what several kinds of configuration error have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .decision import is_token

#: What can be wrong with a value: its type, or its content.
Problem = TypeError | ValueError


def closest(name: object, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that a misspelt one most resembles.

    :param name: the name as it was given.
    :param known: the names to choose from.
    :param cutoff: how similar they must be, from 0 to 1.
    :return: a known name, or ``None`` if none is similar enough.
    """
    import difflib  # noqa: PLC0415 -- slow to import, and needed for errors only

    return next(
        iter(difflib.get_close_matches(str(name), list(known), 1, cutoff)), None
    )


def given_twice(name: object) -> str:
    """Return the message for a name that appears twice, in different case."""
    return f"{name!r} is given twice, in different case. Use it once."


def read_method(value: object) -> str:
    """Return a method's name in upper case, as Werkzeug stores a rule's methods.

    :param value: the name.
    :return: the name in upper case.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is not a token (RFC 9110 §9.1).
    """
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a method. Use a string such as 'PUT'.")
    if not is_token(value):
        raise ValueError(
            f"{value!r} is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only."
        )
    return str(value.upper())


def joined(problems: Sequence[Problem], where: str = "") -> Problem:
    """Return one error for several; its type is that of the first."""
    return type(problems[0])(where + " ".join(str(problem) for problem in problems))
