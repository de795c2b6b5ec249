"""The decision table as a drawing: rows in, SVG text out.

This module knows neither Sphinx nor the package: it takes plain rows. The words
are drawn in the text colour of wherever the drawing stands and the boxes carry
a light tint of it, so one drawing reads on a light and on a dark page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

WIDTH = 600
MARGIN = 10
QUESTION_WIDTH = 316
ANSWER_X = 390
ANSWER_WIDTH = WIDTH - MARGIN - ANSWER_X
LINE = 18
PADDING = 12
GAP = 30
#: Characters that fit on a line: the widths above, at about 7.6 units each.
QUESTION_CHARS = 38
ANSWER_CHARS = 22
START_HEIGHT = 34
SPINE = MARGIN + QUESTION_WIDTH // 2

#: The drawing alone, opened as a file, has no page to take its colours from.
STANDALONE = (
    ".decision{color:#1b1b1f;background:#fff}"
    "@media(prefers-color-scheme:dark){.decision{color:#e6e6ea;background:#131416}}"
)
STYLE = (
    ".decision text{fill:currentColor;font:14px system-ui,sans-serif}"
    ".decision .name{font-weight:700;font-family:ui-monospace,monospace}"
    ".decision .box{fill:currentColor;fill-opacity:.06;stroke:currentColor}"
    ".decision .refusal{fill:#d9822b;fill-opacity:.22}"
    ".decision .pass{fill:#2f9e5f;fill-opacity:.2}"
    ".decision .arrow{stroke:currentColor;stroke-width:1.5;fill:none;"
    "marker-end:url(#decision-tip)}"
    ".decision #decision-tip path{fill:currentColor}"
)

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" class="decision" role="img"
 viewBox="0 0 {width} {height}" width="{width}" height="{height}"
 aria-labelledby="decision-title decision-desc">
<title id="decision-title">How a request is answered</title>
<desc id="decision-desc">{description}</desc>
<style>{style}</style>
<defs>
<marker id="decision-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"
 markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>
</defs>"""


@dataclass(frozen=True)
class Step:
    """One row of the table, as it is drawn."""

    name: str
    condition: str
    answer: str
    status: int | None

    @property
    def question_lines(self) -> list[str]:
        """The condition, broken to fit its box."""
        return textwrap.wrap(self.condition, QUESTION_CHARS)

    @property
    def answer_lines(self) -> list[str]:
        """The answer, broken to fit its box."""
        return textwrap.wrap(self.answer, ANSWER_CHARS)

    @property
    def height(self) -> int:
        """The height of the row's boxes."""
        lines = max(1 + len(self.question_lines), len(self.answer_lines))
        return lines * LINE + 2 * PADDING


def draw(steps: Sequence[Step], *, standalone: bool = False) -> str:
    """Draw the table as a flow from the top.

    :param steps: the rows in order; the last one always holds.
    :param standalone: whether the drawing is a file of its own, not part of a page.
    :return: the SVG.
    """
    tops = list(
        accumulate((step.height + GAP for step in steps), initial=START_HEIGHT + GAP)
    )
    height = tops[-1] - GAP + MARGIN
    style = STANDALONE + STYLE if standalone else STYLE
    parts = [
        _HEAD.format(
            width=WIDTH,
            height=height,
            style=style,
            description=escape(_description(steps)),
        ),
        _box(SPINE - 60, 2, (120, START_HEIGHT - 4), "box", radius=15),
        _text(SPINE, 22, "a request", anchor="middle"),
        _arrow(SPINE, START_HEIGHT - 2, SPINE, tops[0]),
    ]
    for number, (step, top) in enumerate(zip(steps, tops, strict=False), 1):
        parts += _row(number, step, top, last=number == len(steps))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _description(steps: Sequence[Step]) -> str:
    questions = (f"{s.name}: if {s.condition}, {s.answer}." for s in steps[:-1])
    return f"Asked from the top. {' '.join(questions)} Else {steps[-1].answer}."


def _row(number: int, step: Step, top: int, *, last: bool) -> list[str]:
    middle = top + step.height // 2
    left, first = MARGIN + PADDING, top + PADDING + 13
    right = ANSWER_X + PADDING
    tint = "refusal" if step.status and step.status >= 400 else "pass"
    answer = (ANSWER_WIDTH, step.height)
    parts = [
        _box(MARGIN, top, (QUESTION_WIDTH, step.height), "box"),
        _text(left, first, f"{number} {step.name}", kind="name"),
        *_lines(left, first + LINE, step.question_lines),
        _box(ANSWER_X, top, answer, "box"),
        _box(ANSWER_X, top, answer, tint),
        *_lines(right, _centred(middle, step.answer_lines), step.answer_lines),
        _arrow(MARGIN + QUESTION_WIDTH, middle, ANSWER_X, middle),
    ]
    if not last:
        bottom = top + step.height
        between = (MARGIN + QUESTION_WIDTH + ANSWER_X) // 2
        parts += [
            _text(between, middle - 6, "yes", anchor="middle"),
            _arrow(SPINE, bottom, SPINE, bottom + GAP),
            _text(SPINE + 8, bottom + 20, "no"),
        ]
    return parts


def _centred(middle: int, lines: Sequence[str]) -> int:
    return middle - (len(lines) - 1) * LINE // 2 + 5


def _lines(x: int, y: int, lines: Sequence[str]) -> list[str]:
    return [_text(x, y + i * LINE, line) for i, line in enumerate(lines)]


def _text(x: int, y: int, text: str, *, anchor: str = "", kind: str = "") -> str:
    attributes = f' class="{kind}"' if kind else ""
    attributes += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x}" y="{y}"{attributes}>{escape(text)}</text>'


def _box(x: int, y: int, size: tuple[int, int], kind: str, *, radius: int = 6) -> str:
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{size[0]}" height="{size[1]}"'
        f' rx="{radius}"/>'
    )


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<path class="arrow" d="M{x1} {y1}L{x2} {y2}"/>'
