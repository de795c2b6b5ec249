"""The timetable: deprecated methods, laid out for the width of a terminal.

This module draws; what it draws are the plain values of the schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from ..moments import iso
from .schedule import DeprecatedMethod
from .text import columns, counted, wrapped

#: Stands for the URL of a deprecation that no route has.
_NO_ROUTE = "(no route accepts it)"


def timetable(
    found: Sequence[DeprecatedMethod], width: int | None, within: int | None
) -> Iterator[str]:
    """Lay out deprecated methods, and name those whose sunset is due.

    :param width: the length of a line; ``None`` for a table of any width.
    :param within: the number of days in which a sunset is due; ``None`` to name none.
    :return: the lines, with styles for a terminal.
    """
    if not found:
        yield "No method is deprecated."
        return
    yield from _table([_cells(row) for row in found], width)
    if within is None:
        return
    yield ""
    late = [row for row in found if row.ends_within(within)]
    days = counted(within, "day")
    if late:
        yield f"Due within {days}, or overdue:"
    else:
        yield f"No sunset is due within {days}, and none is overdue."
    for row in late:
        yield f"  {row.method} {row.rule}"


def _table(rows: Sequence[dict[str, str]], width: int | None) -> Iterator[str]:
    """Draw a table if it fits, otherwise one entry for each row."""
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    header, *lines = columns([names, *([row[name] for name in names] for row in rows)])
    if width is None or max(len(line) for line in (header, *lines)) <= width:
        yield click.style(header, bold=True)
        yield from lines
        return
    for row in rows:
        yield f"{row['Method']} {row['URL']}"
        facts = [row["Phase"], *_named(row, "Since", "Sunset", "Days left")]
        facts += _named(row, "Next brownout", "Successor")
        yield wrapped(", ".join(facts), width, "    ", "    ")


def _named(row: dict[str, str], *names: str) -> list[str]:
    """Write the cells that are not empty, each with its name."""
    return [f"{name.lower()} {row[name]}" for name in names if row[name]]


def _cells(row: DeprecatedMethod) -> dict[str, str]:
    value = row.deprecation
    following = row.next_brownout
    return {
        "Method": row.method,
        "URL": row.rule or _NO_ROUTE,
        "Phase": str(row.phase),
        "Since": _short(value.since),
        "Sunset": _short(value.sunset),
        "Days left": "" if row.days_left is None else str(row.days_left),
        "Next brownout": _short(following.start if following else None),
        "Successor": str(value.successor or ""),
    }


def _short(moment: datetime | None) -> str:
    """Write a time in UTC as short as it is exact: ``2026-07-01``, if it is a day."""
    if moment is None:
        return ""
    if not (moment.hour or moment.minute or moment.second):
        return moment.date().isoformat()
    return iso(moment).replace(":00Z", "Z")
