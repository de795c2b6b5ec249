"""The chart: ratios in, SVG text out.

This module measures nothing. Words and lines have the text colour of wherever
the chart stands, and the bars are of a middle tone, so that one chart reads on a
light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .apps import KINDS, Kind
from .results import RequestResult

WIDTH = 640
LABEL_WIDTH = 180
RIGHT = 48
TOP = 54
BAR = 9
GROUP = 3 * BAR + 13
SHOWN: tuple[Kind, ...] = ("hooks", "naive", "guard")

STYLE = (
    # Opened as a file or as an image, the chart has no page to take colours from.
    "svg:root{color:#1b1b1f;background:#fff}"
    "@media(prefers-color-scheme:dark){"
    "svg:root{color:#e6e6ea;background:#131416}}"
    ".speed text{fill:currentColor;font:13px system-ui,sans-serif}"
    ".speed .value{font-size:10px}"
    ".speed .hooks{fill:#8b909a}.speed .naive{fill:#d9822b}.speed .guard{fill:#3b82d0}"
    ".speed .grid{stroke:currentColor;stroke-opacity:.18}"
    ".speed .one{stroke:currentColor;stroke-width:1.5}"
    ".speed .spread{stroke:currentColor;stroke-width:1}"
)

_HEAD = f"""\
<svg xmlns="http://www.w3.org/2000/svg" class="speed" role="img"
 viewBox="0 0 {WIDTH} {{height}}" width="{WIDTH}" height="{{height}}"
 aria-labelledby="speed-title speed-desc">
<title id="speed-title">The time of each request, beside bare Flask</title>
<desc id="speed-desc">{{description}}</desc>
<style>{STYLE.replace("{", "{{").replace("}", "}}")}</style>"""


def draw(results: Sequence[RequestResult]) -> str:
    """Draw the ratio of each kind of app to bare Flask, request by request.

    :param results: the requests, to apps of one size.
    :return: the SVG; it reads as a file of its own, and as part of a page.
    """
    largest = max(r.ratios[kind].upper for r in results for kind in SHOWN)
    scale = _Scale(largest)
    height = TOP + len(results) * GROUP + 8
    parts = [
        _HEAD.format(height=height, description=escape(_description(results))),
        *_legend(),
        *_grid(scale, height),
    ]
    for number, result in enumerate(results):
        parts += _group(result, TOP + number * GROUP, scale)
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Scale:
    def __init__(self, largest: float) -> None:
        step = next(step for step in (0.25, 0.5, 1, 2, 5, 10) if largest / step < 10)
        self.ticks = [number * step for number in range(int(largest / step) + 2)]
        self._unit = (WIDTH - LABEL_WIDTH - RIGHT) / self.ticks[-1]

    def x(self, ratio: float) -> float:
        return round(LABEL_WIDTH + ratio * self._unit, 1)


def _description(results: Sequence[RequestResult]) -> str:
    sentences = (
        f"{result.case}: "
        + ", ".join(f"{KINDS[kind]} {result.ratios[kind].median:.2f}" for kind in SHOWN)
        for result in results
    )
    return f"Bare Flask takes 1. {'; '.join(sentences)}."


def _legend() -> list[str]:
    parts = [_path("one", 12, 6, "V22"), _text(20, 18, "bare Flask = 1")]
    for number, kind in enumerate(SHOWN):
        x = LABEL_WIDTH + 145 * number
        parts += [_rect(kind, x, 8, 12, 12), _text(x + 18, 18, KINDS[kind])]
    return parts


def _grid(scale: _Scale, height: int) -> list[str]:
    parts = []
    for tick in scale.ticks:
        x = scale.x(tick)
        kind = "one" if tick == 1 else "grid"
        parts.append(_path(kind, x, TOP - 10, f"V{height - 6}"))
        parts.append(_text(x, TOP - 15, f"{tick:g}", "middle", "value"))
    return parts


def _group(result: RequestResult, top: int, scale: _Scale) -> list[str]:
    parts = [_text(LABEL_WIDTH - 10, top + 3 * BAR // 2 + 5, result.case, "end")]
    for number, kind in enumerate(SHOWN):
        spread, y = result.ratios[kind], top + number * BAR
        width = scale.x(spread.median) - LABEL_WIDTH
        end = scale.x(spread.upper)
        middle = y + (BAR - 1) / 2
        parts.append(_rect(kind, LABEL_WIDTH, y, width, BAR - 1))
        parts.append(_path("spread", scale.x(spread.lower), middle, f"H{end}"))
        if kind == "guard":
            parts.append(
                _text(end + 5, y + BAR - 1, f"{spread.median:.2f}", "start", "value")
            )
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    attributes = f' class="{kind}"' if kind else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{attributes}>'
        f"{escape(text)}</text>"
    )


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}"'
        f' height="{height:g}"/>'
    )


def _path(kind: str, x: float, y: float, to: str) -> str:
    return f'<path class="{kind}" d="M{x:g} {y:g}{to}"/>'
