"""The drawing of an explanation: what ``flask methods explain`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask import Flask

from ..deprecation import Phase
from .advice import advice, view_of
from .explanation import Explanation
from .text import printable, status_text, two_columns, wrapped


def drawing(app: Flask, found: Explanation, width: int | None) -> Iterator[str]:
    """Draw an explanation: the outcome, the facts, and what to do.

    :param app: the app that was asked.
    :param found: its explanation.
    :param width: the length of a line; ``None`` for lines of any length.
    """
    request = f"{printable(found.method)} {printable(found.url)}"
    outcome = "the view runs"
    if found.status is not None:
        outcome = status_text(found.status)
    yield f"{request}: {_coloured(outcome, found.status)}\n"
    yield from two_columns(list(_rows(found, view_of(found))), width)
    if next_step := advice(app, found):
        yield "\nWhat to do:"
        yield wrapped(next_step, width, "- ", "  ")
    if found.unknown:
        yield "\nNot checked:"
    for sentence in found.unknown:
        yield wrapped(sentence, width, "- ", "  ")


def _rows(found: Explanation, view: str | None) -> Iterator[tuple[str, str]]:
    """Name what is known, one fact a line."""
    is_overdue = found.phase is Phase.OVERDUE
    known: dict[str, Any] = {
        "Reason": found.reason,
        "When": found.condition,
        "Response": found.answer,
        "Spec": found.rfc,
        "Rule": found.rule,
        "Endpoint": found.endpoint,
        "View": view,
        "Allow": ", ".join(found.allowed_methods),
        "Location": found.location,
        "Detail": found.detail,
        "Docs": found.docs,
        "Handler": found.handler,
        "Phase": f"{found.phase} (not enforced)" if is_overdue else found.phase,
    }
    deprecation = found.deprecation.as_json() if found.deprecation else {}
    for name, value in deprecation.items():
        known[name.title()] = ", ".join(value) if isinstance(value, list) else value
    if found.deprecation and found.deprecation.successor:
        known["Successor"] = found.deprecation.successor
    yield from ((name, str(value)) for name, value in known.items() if value)


def _coloured(text: str, status: int | None) -> str:
    """Colour a text by a status code; a view that runs is good."""
    colours = {3: "cyan", 4: "yellow", 5: "red"}
    return click.style(text, fg=colours.get((status or 200) // 100, "green"))
