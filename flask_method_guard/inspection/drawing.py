"""The drawing of an explanation: what ``flask methods explain`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask import Flask

from ..deprecation import Phase
from .advice import advice, view_of
from .explanation import Explanation
from .text import printable, status_text, wrapped


def drawing(app: Flask, found: Explanation, width: int | None) -> Iterator[str]:
    """Draw an explanation: the outcome, the facts, and what to do.

    :param app: the app that was asked.
    :param found: its explanation.
    :param width: the length of a line; ``None`` for lines of any length.
    """
    request = f"{printable(found.method)} {printable(found.url)}"
    # Without a status, the view runs, which is good.
    outcome, kind = "the view runs", 2
    if found.status is not None:
        outcome, kind = status_text(found.status), found.status // 100
    colour = {3: "cyan", 4: "yellow", 5: "red"}.get(kind, "green")
    yield f"{request}: {click.style(outcome, fg=colour)}\n"
    facts = _facts(found)
    indent = max(map(len, facts)) + 2
    for name, value in facts.items():
        yield wrapped(value, width, name.ljust(indent), " " * indent)
    if next_step := advice(app, found):
        yield "\nWhat to do:"
        yield wrapped(next_step, width, "- ", "  ")
    if found.unknown:
        yield "\nNot checked:"
    for sentence in found.unknown:
        yield wrapped(sentence, width, "- ", "  ")


def _facts(found: Explanation) -> dict[str, str]:
    """Name what is known, one fact a line."""
    is_overdue = found.phase is Phase.OVERDUE
    known: dict[str, Any] = {
        "Reason": found.reason,
        "When": found.condition,
        "Response": found.answer,
        "Spec": found.rfc,
        "Rule": found.rule,
        "Endpoint": found.endpoint,
        "View": view_of(found),
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
    return {name: str(value) for name, value in known.items() if value}
