"""The listing: URLs and their methods, laid out for the width of a terminal.

This module draws; what it draws are the plain values of an inventory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import click

from ..decision import DEFAULT_METHODS, is_token
from .inventory import Inventory, Route
from .text import columns, counted, wrapped

#: The signs, with what each says.
_LEGEND = {
    "*": "deprecated, and still served; see flask methods deprecations",
    "400": "not a token: 400 Bad Request",
    "405": "retired, or in a brownout: 405 Method Not Allowed",
    "410": "retired, and nothing is left at this URL: 410 Gone",
    "501": "routed, but not supported: 501 Not Implemented",
}
_COLOURS = {**dict.fromkeys(("*", "400", "405", "410"), "yellow"), "501": "red"}
_SIGN = re.compile(r"\S+(\*)(?!\S)|(?:(?<=:)|(?<!\S))(400|405|410|501)(?!\S)")

#: From this many routes on, headings help more than they take.
_MANY = 20
#: Smaller blueprints than this, on average, would be mostly headings.
_MEMBERS = 5
#: One URL in this many may be too long for its column.
_FEW = 10
#: A line out of its column is as bad as this part of a line more.
_RAGGED = 0.25


class _Line(NamedTuple):
    """One URL, or one of its routes."""

    url: str
    endpoint: str
    #: Each method with its sign, or with "".
    methods: dict[str, str]


def listing(found: Inventory, width: int | None, *, show_all: bool) -> Iterator[str]:
    """Lay out an inventory.

    :param width: the length of a line; ``None`` for one line a route, of any length.
    :param show_all: whether to show automatic HEAD and OPTIONS.
    :return: the lines, with styles for a terminal.
    """
    if width is None:
        yield from _unfolded(_lines(found.routes, show_all))
    else:
        yield from _folded(found.routes, width, show_all)
    yield ""
    yield from _footer(found, width, show_all)


def _footer(found: Inventory, width: int | None, show_all: bool) -> Iterator[str]:
    """Count, explain the signs, and say what is supported."""
    urls = len({route.rule for route in found.routes})
    count = counted(urls, "URL")
    if urls != len(found.routes):
        count += f", {counted(len(found.routes), 'route')}"
    shown = [_methods(route, show_all) for route in found.routes]
    hidden = {
        method
        for route, methods in zip(found.routes, shown, strict=True)
        for method in _methods(route, True).keys() - methods
    }
    if hidden:
        verb = "is" if len(hidden) == 1 else "are"
        names = " and ".join(sorted(hidden))
        count += f". Automatic {names} {verb} left out; see --all"
    yield wrapped(f"{count}.", width)
    used = {sign for methods in shown for sign in methods.values()}
    for sign, meaning in _LEGEND.items():
        if sign in used:
            yield wrapped(meaning, width, f"{sign.ljust(3)}  ", " " * 5)
    yield ""
    yield wrapped(f"Supported: {', '.join(found.supported_methods)}", width, "", "  ")
    yield wrapped(f"({found.why})", width, "  ", "  ")
    if "*" not in found.supported_methods:
        yield "Every other method gets 501 Not Implemented."


# -- what is shown of a route --------------------------------------------------------


def _lines(
    routes: Iterable[Route], show_all: bool, by_url: bool = False
) -> list[_Line]:
    """Make a line for each route, or one for each URL."""
    found: dict[tuple[str, str], _Line] = {}
    for route in routes:
        key = (route.rule, "" if by_url else route.endpoint)
        line = found.setdefault(key, _Line(*key, {}))
        line.methods.update(_methods(route, show_all))
    return list(found.values())


def _methods(route: Route, show_all: bool) -> dict[str, str]:
    found = {method: str(status) for method, status in route.refused}
    found |= dict.fromkeys(route.methods, "")
    found |= dict.fromkeys(route.deprecated, "*")
    written = {m: sign for m, sign in found.items() if m not in route.automatic}
    return found if show_all or not written else written


def _name(method: str) -> str:
    if method == "*":
        return "every method"
    return method if is_token(method) else ascii(method)


def _in_order(methods: Iterable[str]) -> list[str]:
    """Sort methods: the common ones in their usual order, then the others."""
    usual = ("*", *DEFAULT_METHODS)
    return sorted(
        methods, key=lambda m: (usual.index(m) if m in usual else len(usual), m)
    )


#: Writes the methods of a line; of none, their heading.
_Write = Callable[[_Line | None], str]


def _compact(line: _Line | None) -> str:
    """Write methods one after the other: ``GET PUT* POST:405``."""
    if line is None:
        return "Methods"
    signs = {m: f":{s}" if s.isdigit() else s for m, s in line.methods.items()}
    return " ".join(_name(method) + signs[method] for method in _in_order(signs))


def _matrix(lines: Sequence[_Line]) -> _Write:
    """Make a function that writes each method in a place of its own."""
    names = {m for line in lines for m in line.methods} - {"*"}
    room = {
        method: max(
            len(_name(method)) + (line.methods.get(method) == "*") for line in lines
        )
        for method in _in_order(names)
    }

    def write(line: _Line | None) -> str:
        if line is None:
            return " ".join(_name(method).ljust(room[method]) for method in room)
        if "*" in line.methods:
            return _compact(line)
        slots = []
        for method, size in room.items():
            sign = line.methods.get(method)
            text = "" if sign is None else _name(method) + sign
            slots.append((sign if sign and sign.isdigit() else text).ljust(size))
        return " ".join(slots).rstrip()

    return write


# -- the layout ----------------------------------------------------------------------


class _Layout(NamedTuple):
    """How lines are drawn."""

    write: _Write
    url_width: int
    methods_width: int
    has_endpoint: bool

    def header(self) -> str:
        """Draw the names of the columns."""
        cells = ["URL".ljust(self.url_width), self.write(None)]
        if self.has_endpoint:
            cells = [cells[0], cells[1].ljust(self.methods_width), "Endpoint"]
        return "  ".join(cells).rstrip()

    def draw(self, line: _Line) -> list[str]:
        """Draw a line of the listing, on more than one line if it has to be."""
        text = self.write(line)
        cells = [line.url.ljust(self.url_width), _styled(text)]
        if self.has_endpoint:
            gap = " " * (self.methods_width - len(text))
            cells = [cells[0], f"{cells[1]}{gap}", line.endpoint]
        elif self.write is not _compact and len(line.url) > self.url_width:
            return [line.url, f"{' ' * self.url_width}  {_styled(text)}"]
        elif len(cells[0]) + 2 + len(text) > self.url_width + 2 + self.methods_width:
            width = self.url_width + 2 + self.methods_width
            return [line.url, *map(_styled, _below(text, width))]
        return ["  ".join(cells).rstrip()]


def _layout(lines: Sequence[_Line], merged: Sequence[_Line], width: int) -> _Layout:
    """Choose a layout: a matrix if it fits, and endpoints only if all of it fits.

    :param lines: one for each route.
    :param merged: one for each URL.
    """
    urls = max(len(line.url) for line in lines)
    endpoints = max(len(line.endpoint) for line in lines)
    matrix = _matrix(lines)
    for write in (matrix, _compact):
        methods = max(len(write(line)) for line in (*lines, None))
        if urls + methods + max(endpoints, len("Endpoint")) + 4 <= width:
            return _Layout(write, urls, methods, True)
        room = width - methods - 2
        too_long = sum(len(line.url) > room for line in merged)
        if write is matrix and too_long * _FEW <= len(merged):
            return _Layout(write, min(urls, room), methods, False)
    url_width = _url_width(merged, width)
    return _Layout(_compact, url_width, width - url_width - 2, False)


def _url_width(lines: Sequence[_Line], width: int) -> int:
    """Choose the width of compact entries' URLs: few lines, in columns if possible."""
    entries = Counter((len(line.url), _compact(line)) for line in lines)

    def cost(url_width: int) -> float:
        total = 0.0
        for (length, text), count in entries.items():
            if max(length, url_width) + 2 + len(text) > width:
                total += count * len(_below(text, width))
            elif length > url_width:
                total += count * _RAGGED
        return total

    choices = sorted({min(length, width) for length, _ in entries}, reverse=True)
    return min(choices, key=cost)


@lru_cache(maxsize=4096)
def _below(text: str, width: int) -> tuple[str, ...]:
    """Fold methods that have no room next to their URL."""
    return tuple(wrapped(text, width, "    ", "    ").splitlines())


def _folded(routes: Sequence[Route], width: int, show_all: bool) -> Iterator[str]:
    groups = _groups(routes)
    indent = "  " if len(groups) > 1 else ""
    layout = _layout(
        _lines(routes, show_all),
        _lines(routes, show_all, by_url=True),
        width - len(indent),
    )
    yield _heading(f"{indent}{layout.header()}")
    for name, members in groups.items():
        if indent:
            yield ""
            yield _heading(f"Blueprint {name}" if name else "No blueprint")
        for line in _lines(members, show_all, by_url=not layout.has_endpoint):
            yield from (f"{indent}{text}" for text in layout.draw(line))


def _groups(routes: Sequence[Route]) -> dict[str, list[Route]]:
    """Group routes by blueprint, in the order of their first URLs, if that helps."""
    groups: dict[str, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.endpoint.rpartition(".")[0], []).append(route)
    if len(routes) > _MANY and len(groups) * _MEMBERS <= len(routes):
        return groups
    return {"": list(routes)}


def _unfolded(lines: Sequence[_Line]) -> Iterator[str]:
    """Draw one line for each route, for files and other programs."""
    write = _matrix(lines)
    rows = [(line.url, write(line), line.endpoint) for line in lines]
    header, *texts = columns([("URL", write(None), "Endpoint"), *rows])
    yield _heading(header)
    yield from texts


def _heading(text: str) -> str:
    return click.style(text, bold=True)


def _styled(text: str) -> str:
    """Colour what carries a sign."""
    return _SIGN.sub(
        lambda found: click.style(found[0], fg=_COLOURS[found[1] or found[2]]), text
    )
