"""The listing: URLs and their methods, laid out for the width of a terminal.

This module draws; what it draws are the plain values of an inventory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
    lines = [_Line(r.rule, r.endpoint, _methods(r, show_all)) for r in found.routes]
    if width is None:
        for line in lines:
            yield f"{line.url}  {_compact(line.methods)}  {line.endpoint}"
        return
    yield from _table(lines, width)
    yield ""
    yield from _footer(found, lines, width)


def _footer(found: Inventory, lines: Sequence[_Line], width: int) -> Iterator[str]:
    """Count, explain the signs, and say what is supported."""
    urls = len({line.url for line in lines})
    count = counted(urls, "URL")
    if urls != len(lines):
        count += f", {counted(len(lines), 'route')}"
    hidden = {
        method
        for route, line in zip(found.routes, lines, strict=True)
        for method in _methods(route, True).keys() - line.methods
    }
    if hidden:
        verb = "is" if len(hidden) == 1 else "are"
        names = " and ".join(sorted(hidden))
        count += f". Automatic {names} {verb} left out; see --all"
    yield wrapped(f"{count}.", width)
    used = {sign for line in lines for sign in line.methods.values()}
    for sign, meaning in _LEGEND.items():
        if sign in used:
            yield wrapped(meaning, width, f"{sign.ljust(3)}  ", " " * 5)
    yield ""
    yield wrapped(f"Supported: {', '.join(found.supported_methods)}", width, "", "  ")
    yield wrapped(f"({found.why})", width, "  ", "  ")
    if "*" not in found.supported_methods:
        yield wrapped("Every other method gets 501 Not Implemented.", width)


# -- methods -------------------------------------------------------------------------


def _methods(route: Route, show_all: bool) -> dict[str, str]:
    """Return the methods to show of a route, each with its sign, or with ""."""
    found = {method: str(status) for method, status in route.refused}
    found |= dict.fromkeys(route.methods, "")
    found |= dict.fromkeys(route.deprecated, "*")
    written = {m: sign for m, sign in found.items() if m not in route.automatic}
    return found if show_all or not written else written


def _name(method: str) -> str:
    if method == "*":
        return "every method"
    return method if is_token(method) else ascii(method)


def _in_order(methods: Collection[str]) -> list[str]:
    """Sort methods: the common ones in their usual order, then the others."""
    usual = [method for method in ("*", *DEFAULT_METHODS) if method in methods]
    return usual + sorted(set(methods).difference(usual))


#: Writes methods with their signs.
_Write = Callable[[Mapping[str, str]], str]


def _compact(methods: Mapping[str, str]) -> str:
    """Write methods one after the other: ``GET PUT* POST:405``."""
    signs = {m: f":{s}" if s.isdigit() else s for m, s in methods.items()}
    return " ".join(_name(method) + signs[method] for method in _in_order(signs))


def _matrix(lines: Iterable[_Line]) -> tuple[_Write, str]:
    """Make a function that writes each method in a place of its own.

    :return: the function, and the heading of what it writes.
    """
    signs = {item for line in lines for item in line.methods.items()}
    names = {method for method, _ in signs} - {"*"}
    room = {m: len(_name(m)) + ((m, "*") in signs) for m in _in_order(names)}

    def write(methods: Mapping[str, str]) -> str:
        if "*" in methods:
            return _compact(methods)
        slots = {m: s if s.isdigit() else _name(m) + s for m, s in methods.items()}
        texts = (slots.get(method, "").ljust(size) for method, size in room.items())
        return " ".join(texts).rstrip()

    return write, write(dict.fromkeys(room, ""))


# -- the layout ----------------------------------------------------------------------


class _Layout(NamedTuple):
    """How lines are drawn."""

    write: _Write
    #: What is written above the methods.
    heading: str
    url_width: int
    methods_width: int
    has_endpoint: bool

    def header(self) -> str:
        """Draw the names of the columns."""
        return self._row("URL", self.heading.ljust(self.methods_width), "Endpoint")

    def draw(self, line: _Line) -> Iterator[str]:
        """Draw a line of the listing, on more than one line if it has to be."""
        text, url = self.write(line.methods), line.url
        # The methods are in their column in any case: a matrix is never folded, and
        # a URL that is too long has a line of its own.
        if self.write is _compact:
            text = wrapped(text, self.methods_width)
        if text and len(url) > self.url_width:
            yield url
            url = ""
        for part in text.split("\n"):
            methods = _styled(part.ljust(self.methods_width))
            yield self._row(url, methods, line.endpoint)
            url = ""

    def _row(self, url: str, methods: str, endpoint: str) -> str:
        cells = [url.ljust(self.url_width), methods]
        if self.has_endpoint:
            cells.append(endpoint)
        return "  ".join(cells).rstrip()


def _layout(lines: Sequence[_Line], width: int) -> _Layout:
    """Choose a layout: a matrix if it fits, and endpoints only if all of it fits."""
    merged = _by_url(lines)
    urls = max(len(line.url) for line in lines)
    endpoints = max(len("Endpoint"), *(len(line.endpoint) for line in lines))
    for write, heading in (_matrix(lines), (_compact, "Methods")):
        methods = max(len(heading), *(len(write(line.methods)) for line in lines))
        if urls + methods + endpoints + 4 <= width:
            return _Layout(write, heading, urls, methods, True)
        room = width - methods - 2
        too_long = sum(len(line.url) > room for line in merged)
        if write is not _compact and too_long * _FEW <= len(merged):
            return _Layout(write, heading, min(urls, room), methods, False)
    url_width = _url_width(merged, width)
    return _Layout(_compact, "Methods", url_width, width - url_width - 2, False)


def _url_width(lines: Sequence[_Line], width: int) -> int:
    """Choose the width of URLs next to compact methods: four in five fit, if they can.

    The methods of four in five URLs fit, too, unless that takes half of the line.
    """
    texts = [_compact(line.methods) for line in lines]
    word = max(len(word) for text in texts for word in text.split(" "))
    room = max(word, min(_usual(map(len, texts)), width // 2))
    return max(min(_usual(len(line.url) for line in lines), width - 2 - room), 2)


def _usual(lengths: Iterable[int]) -> int:
    """Return a length that four in five do not exceed."""
    found = sorted(lengths)
    return found[len(found) * 4 // 5]


def _table(lines: Sequence[_Line], width: int) -> Iterator[str]:
    """Draw the URLs, below the blueprints that they are in."""
    blueprints = _by_blueprint(lines)
    indent = "  " if len(blueprints) > 1 else ""
    layout = _layout(lines, width - len(indent))
    yield _heading(f"{indent}{layout.header()}")
    for name, members in blueprints.items():
        if indent:
            yield ""
            yield _heading(f"Blueprint {name}" if name else "No blueprint")
        for line in members if layout.has_endpoint else _by_url(members):
            yield from (f"{indent}{text}" for text in layout.draw(line))


def _by_url(lines: Iterable[_Line]) -> list[_Line]:
    """Put the routes of a URL on one line."""
    found: dict[str, _Line] = {}
    for line in lines:
        merged = found.setdefault(line.url, _Line(line.url, "", {}))
        merged.methods.update(line.methods)
    return list(found.values())


def _by_blueprint(lines: Sequence[_Line]) -> Mapping[str, Sequence[_Line]]:
    """Sort routes by blueprint, in the order of their first URLs, if that helps."""
    found: dict[str, list[_Line]] = {}
    for line in lines:
        found.setdefault(line.endpoint.rpartition(".")[0], []).append(line)
    if len(lines) > _MANY and len(found) * _MEMBERS <= len(lines):
        return found
    return {"": lines}


def _heading(text: str) -> str:
    return click.style(text, bold=True)


def _styled(text: str) -> str:
    """Colour what carries a sign."""
    return _SIGN.sub(
        lambda found: click.style(found[0], fg=_COLOURS[found[1] or found[2]]), text
    )
