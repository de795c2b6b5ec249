"""The chart of the speed page: figures in, SVG text out.

It is drawn narrow, so that its text is readable on a phone; wide pages enlarge it. Text
and lines have the colour of the page's text and the bars are of a middle tone, so that
one chart is readable on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from .cases import MAPS, MapName
from .figures import PAGE_ROWS, Figures

FILE = Path(__file__).parent.parent / "docs" / "explanation" / "speed.svg"

WIDTH, LEFT, TOP = 360, 10, 88
BAR = 16
#: A line of text, two bars, and a gap.
GROUP = 20 + 2 * BAR + 10
TITLE = "Time with the guard ÷ time of bare Flask"
LEGEND = {"plain": "ordinary routes", "doubtful": "one route can refuse"}

STYLE = """
svg:root{color:#1b1b1f;background:#fff}
@media(prefers-color-scheme:dark){svg:root{color:#e6e6ea;background:#131416}}
.speed{display:block;margin:0 auto;width:100%;max-width:30rem;height:auto}
.speed text{fill:currentColor;font:12.5px system-ui,sans-serif}
.speed .plain{fill:#3b82d0}.speed .doubtful{fill:#d9822b}
.speed path{stroke:currentColor;stroke-opacity:.2}.speed .one{stroke-opacity:1}
"""

Ratios = dict[tuple[str, MapName], float]


def draw(figures: Figures) -> str:
    """Draw the ratio of the guard to bare Flask on both maps, request by request."""
    ratios: Ratios = {
        (case, name): figures.ratio(name, case, "guard").median
        for case in PAGE_ROWS
        for name in MAPS
    }
    halves = int(max(ratios.values()) * 2) + 1
    unit = (WIDTH - LEFT - 40) / halves * 2
    height = TOP + len(PAGE_ROWS) * GROUP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' class="speed" role="img" aria-labelledby="speed-title">',
        f'<title id="speed-title">{TITLE}. The table has the figures.</title>',
        f"<style>{STYLE}</style>",
        *_bars(ratios, unit),
        *_axis(halves, unit),
        "</svg>\n",
    ]
    return "\n".join(lines)


def _axis(halves: int, unit: float) -> Iterator[str]:
    for x, (name, text) in zip((LEFT, WIDTH // 2), LEGEND.items(), strict=True):
        yield f'<rect class="{name}" x="{x}" y="10" width="12" height="12"/>'
        yield _text(x + 18, 21, text)
    yield _text(LEFT, 50, TITLE)
    tops = [TOP + number * GROUP + 20 for number in range(len(PAGE_ROWS))]
    for half in range(halves + 1):
        place = LEFT + half / 2 * unit
        # The lines leave out the text between the bars.
        parts = "".join(f"M{place:.1f} {top}v{2 * BAR}" for top in tops)
        line = "one" if half == 2 else "line"
        yield f'<path class="{line}" d="{parts}"/>'
        yield _text(place, TOP - 8, f"{half / 2:g}", "middle")


def _bars(ratios: Ratios, unit: float) -> Iterator[str]:
    for number, (case, text) in enumerate(PAGE_ROWS.items()):
        top = TOP + number * GROUP
        yield _text(LEFT + 4, top + 14, text)
        for bar, name in enumerate(MAPS):
            width, y = ratios[case, name] * unit, top + 20 + bar * BAR
            box = f'x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}"'
            yield f'<rect class="{name}" {box}/>'
            yield _text(WIDTH - 4, y + 12, f"{ratios[case, name]:.2f}", "end")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}</text>"
