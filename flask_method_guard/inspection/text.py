"""Text for people: widths, columns, the order of URLs, numbers of things."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from http.client import responses


def terminal_width() -> int | None:
    """Return how many characters fit on a line of standard output.

    ``COLUMNS`` decides where it is set, also for a pipe.

    :return: the width; ``None`` for a pipe or a file, where any length does.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, width: int | None, first: str = "", rest: str = "") -> str:
    """Wrap a text between words only, so that URLs and names stay whole.

    :param width: the length of a line; ``None`` for one line.
    :param first: what the first line begins with.
    :param rest: what every other line begins with.
    """
    if width is None:
        return f"{first}{text}"
    return "\n".join(
        textwrap.wrap(
            text,
            max(width, 1),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Line up cells in columns.

    A cell that is much longer than the others pushes the rest of its own row only.

    :param rows: the cells, the same number in each row.
    :return: a line for each row.
    """
    widths = [_width(list(map(len, column))) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(lengths: list[int]) -> int:
    """Choose a width for cells: all fit, except a few that are very long."""
    usual = sorted(lengths)[int(0.97 * (len(lengths) - 1))]
    return max(length for length in lengths if length <= max(usual, 40))


def url_order(rule: str) -> tuple[object, ...]:
    """Return a sort key for URL rules: segment by segment, as people look for them.

    A URL comes before those below it, fixed segments come before variables, case
    does not matter, and rules with a host come after those without.
    """
    host, slash, path = rule.partition("/")
    segments = re.split(r"/(?![^<]*>)", slash + path)
    return host, [("<" in part, part.casefold()) for part in segments], rule


def status_text(status: int) -> str:
    """Write a status code with its phrase."""
    return f"{status} {responses.get(status, '')}".rstrip()


def few(texts: Sequence[str], limit: int) -> list[str]:
    """Keep a few texts, and count the others."""
    rest = len(texts) - limit
    return [*texts[:limit], *([f"… and {rest:,} more"] if rest > 0 else [])]


def counted(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Keep what may be anything, a control code too, on one line."""
    return text if text and text.isprintable() and " " not in text else ascii(text)
