"""Text: columns, numbers of things, status codes."""

from __future__ import annotations

from collections.abc import Sequence
from http.client import responses


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
    """Choose a width for cells: all fit, but for a few that are long."""
    usual = sorted(lengths)[int(0.97 * (len(lengths) - 1))]
    return max(length for length in lengths if length <= max(usual, 40))


def status_text(status: int) -> str:
    """Write a status code with its phrase."""
    return f"{status} {responses.get(status, '')}".rstrip()


def counted(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
