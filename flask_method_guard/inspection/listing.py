"""The listing: URLs and their methods, laid out for the width of a terminal.

This module draws; what it draws are the plain values of an inventory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import click

from ..decision import DEFAULT_METHODS, is_token
from .inventory import Inventory, Route
from .text import counted, wrapped

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


class _Line(NamedTuple):
    """One URL, or one of its routes."""

    url: str
    endpoint: str
    #: Each method with its sign, or with "".
    methods: dict[str, str]


def listing(found: Inventory, width: int | None, *, show_all: bool) -> Iterator[str]:
    """Lay out an inventory.

    :param width: the length of a line; ``None`` for one line a route, of any length,
        and nothing else, for files and other programs.
    :param show_all: whether to show automatic HEAD and OPTIONS.
    :return: the lines, with styles for a terminal.
    """
    if width is None:
        for line in _lines(found.routes, show_all):
            yield f"{line.url}  {_compact(line)}  {line.endpoint}"
        return
    yield from _folded(found.routes, width, show_all)
    yield ""
    yield from _footer(found, width, show_all)


def _footer(found: Inventory, width: int, show_all: bool) -> Iterator[str]:
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
        yield wrapped("Every other method gets 501 Not Implemented.", width)


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
        text, url = self.write(line), line.url.ljust(self.url_width)
        if self.has_endpoint:
            gap = " " * (self.methods_width - len(text))
            return [f"{url}  {_styled(text)}{gap}  {line.endpoint}".rstrip()]
        # The methods are in their column in any case: a matrix is never folded, and
        # a URL that is too long has a line of its own.
        folded = [text]
        if self.write is _compact:
            folded = wrapped(text, self.methods_width).splitlines()
        rows = [f"{' ' * self.url_width}  {_styled(part)}" for part in folded]
        if len(line.url) > self.url_width:
            return [line.url, *rows]
        return [f"{url}  {_styled(folded[0])}", *rows[1:]]


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
    """Choose the width of URLs next to compact methods: four in five fit, if they can.

    The methods of four in five URLs fit, too, unless that takes half of the line.
    """
    texts = [_compact(line) for line in lines]
    word = max(len(word) for text in texts for word in text.split(" "))
    room = max(word, min(_usual(map(len, texts)), width // 2))
    return max(min(_usual(len(line.url) for line in lines), width - 2 - room), 2)


def _usual(lengths: Iterable[int]) -> int:
    """Return a length that four in five do not exceed."""
    found = sorted(lengths)
    return found[len(found) * 4 // 5]


def _folded(routes: Sequence[Route], width: int, show_all: bool) -> Iterator[str]:
    blueprints = _by_blueprint(routes)
    indent = "  " if len(blueprints) > 1 else ""
    layout = _layout(
        _lines(routes, show_all),
        _lines(routes, show_all, by_url=True),
        width - len(indent),
    )
    yield _heading(f"{indent}{layout.header()}")
    for name, members in blueprints.items():
        if indent:
            yield ""
            yield _heading(f"Blueprint {name}" if name else "No blueprint")
        for line in _lines(members, show_all, by_url=not layout.has_endpoint):
            yield from (f"{indent}{text}" for text in layout.draw(line))


def _by_blueprint(routes: Sequence[Route]) -> dict[str, list[Route]]:
    """Sort routes by blueprint, in the order of their first URLs, if that helps."""
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route.endpoint.rpartition(".")[0], []).append(route)
    if len(routes) > _MANY and len(found) * _MEMBERS <= len(routes):
        return found
    return {"": list(routes)}


def _heading(text: str) -> str:
    return click.style(text, bold=True)


def _styled(text: str) -> str:
    """Colour what carries a sign."""
    return _SIGN.sub(
        lambda found: click.style(found[0], fg=_COLOURS[found[1] or found[2]]), text
    )
