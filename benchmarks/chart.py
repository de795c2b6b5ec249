"""The chart of the speed page: figures in, SVG text out.

It is drawn narrow, so that its text is readable on a phone; wide pages enlarge it. Text
and lines have the colour of the page's text and the bars are of a middle tone, so that
one chart is readable on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from .cases import GOALS, MapName
from .figures import PAGE_ROWS, Figures, percent

FILE = Path(__file__).parent.parent / "docs" / "explanation" / "speed.svg"

WIDTH, LEFT, TOP = 360, 10, 108
BAR = 11
#: A line of text, the bars, and a gap.
GROUP = 20 + len(GOALS) * BAR + 10
TITLE = "Time with the guard, 100 % = bare Flask"
LEGEND = {
    "plain": "ordinary routes",
    "limited": "/limited/<int(max=5):n>",
    "catch-all": "/<name>/",
    "marked": "a deprecated GET",
}

STYLE = """
svg:root{color:#1b1b1f;background:#fff}
@media(prefers-color-scheme:dark){svg:root{color:#e6e6ea;background:#131416}}
.speed{display:block;margin:0 auto;width:100%;max-width:30rem;height:auto}
.speed text{fill:currentColor;font:12.5px system-ui,sans-serif}
.speed .plain{fill:#3b82d0}.speed .limited{fill:#d9822b}
.speed .catch-all{fill:#3a9a72}.speed .marked{fill:#9a6cc4}
.speed path{stroke:currentColor;stroke-opacity:.2}.speed .one{stroke-opacity:1}
"""

Ratios = dict[tuple[str, MapName], float]


def draw(figures: Figures) -> str:
    """Draw the ratio of the guard to bare Flask on each map, request by request."""
    ratios: Ratios = {
        (case, name): figures.ratio(name, case, "guard").median
        for case in PAGE_ROWS
        for name in GOALS
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
    for number, (name, text) in enumerate(LEGEND.items()):
        x, y = LEFT + number % 2 * WIDTH // 2, 10 + number // 2 * 20
        yield f'<rect class="{name}" x="{x}" y="{y}" width="12" height="12"/>'
        yield _text(x + 18, y + 11, text)
    yield _text(LEFT, 70, TITLE)
    tops = [TOP + number * GROUP + 20 for number in range(len(PAGE_ROWS))]
    for half in range(halves + 1):
        place = LEFT + half / 2 * unit
        # The lines leave out the text between the bars.
        parts = "".join(f"M{place:.1f} {top}v{len(GOALS) * BAR}" for top in tops)
        line = "one" if half == 2 else "line"
        yield f'<path class="{line}" d="{parts}"/>'
        yield _text(place, TOP - 8, f"{half * 50}", "middle")


def _bars(ratios: Ratios, unit: float) -> Iterator[str]:
    for number, (case, text) in enumerate(PAGE_ROWS.items()):
        top = TOP + number * GROUP
        yield _text(LEFT + 4, top + 14, text)
        for bar, name in enumerate(GOALS):
            width, y = ratios[case, name] * unit, top + 20 + bar * BAR
            box = f'x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 1}"'
            yield f'<rect class="{name}" {box}/>'
            yield _text(WIDTH - 4, y + 10, percent(ratios[case, name]), "end")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}</text>"
