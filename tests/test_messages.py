"""Messages: what several kinds of configuration error have in common."""

from __future__ import annotations

import pytest

from flask_method_guard.messages import closest, given_twice, read_method


@pytest.mark.parametrize(
    ("name", "cutoff", "found"),
    [
        ("sunest", 0.6, "sunset"),
        ("since", 0.6, "since"),
        ("xyzzy", 0.6, None),
        ("sun", 0.6, "sunset"),
        ("sun", 0.9, None),
        (7, 0.6, None),
    ],
)
def test_the_closest_name(name: object, cutoff: float, found: str | None) -> None:
    """A misspelt name is recognized, unless it resembles none."""
    assert closest(name, iter(["since", "sunset", "link"]), cutoff) == found


def test_a_name_given_twice() -> None:
    """The message says why two names are one."""
    assert given_twice("put") == (
        "'put' is given twice, in different case. Use it once."
    )


@pytest.mark.parametrize(
    ("value", "method"),
    [("PUT", "PUT"), ("put", "PUT"), ("Version-Control", "VERSION-CONTROL")],
)
def test_methods(value: str, method: str) -> None:
    """A method is upper-cased, as the router has it."""
    assert read_method(value) == method


@pytest.mark.parametrize(
    ("value", "kind", "fix"),
    [
        *[
            (value, ValueError, "Use letters, digits and !#$%&'*+-.^_`|~ only.")
            for value in ("", "P T", "PUT\n", "ÜT")
        ],
        (7, TypeError, "Use a string such as 'PUT'."),
        (["PUT"], TypeError, "Use a string such as 'PUT'."),
    ],
    ids=ascii,
)
def test_bad_methods(value: object, kind: type[Exception], fix: str) -> None:
    """A name that is not a token is reported with the fix."""
    with pytest.raises(kind) as caught:
        read_method(value)
    assert str(caught.value) == f"{value!r} is not a method. {fix}"
