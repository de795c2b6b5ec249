"""What the times say: a table with the project's limits, and the figures of a page."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from statistics import median
from textwrap import fill
from typing import NamedTuple

from .cases import CASES, DOUBTFUL_RULE, MAPS, MapName
from .timing import MANY, ROUTES, Plan, Spread, Taken


class Row(NamedTuple):
    """Two apps to compare, and how large the ratio may be on each of the maps."""

    text: str
    case: str
    app: str
    to: str
    limits: tuple[float | None, float | None]


#: Every ratio that is measured, with the project's goals. What two empty hooks cost is
#: up to Flask and Python, so a served request next to bare Flask has no limit.
ROWS = (
    Row("served ÷ two empty hooks", "served", "guard", "hooks", (1.02, 1.02)),
    Row("served ÷ bare Flask", "served", "guard", "bare", (None, None)),
    Row("two empty hooks ÷ bare Flask", "served", "hooks", "bare", (None, None)),
    Row("OPTIONS ÷ bare Flask", "OPTIONS", "guard", "bare", (1.25, 1.50)),
    Row("405 ÷ bare Flask", "405", "guard", "bare", (1.0, 1.25)),
    Row("501 ÷ bare Flask", "501", "guard", "bare", (0.85, 0.85)),
    Row("404 ÷ bare Flask", "404", "guard", "bare", (1.08, 1.30)),
    *(
        Row(
            f"{case.name}, {MANY:,} ÷ {ROUTES} routes", case.name, "many", "guard", each
        )
        for case in CASES
        for each in [(1.1, 1.1)]
    ),
)
IMPORT_LIMIT = 0.05

#: The cases in the words of the page.
PAGE_ROWS = {
    "served": "a view's answer",
    "OPTIONS": "automatic OPTIONS",
    "405": "405",
    "501": "501 (bare Flask: 405)",
    "404": "404",
}


@dataclass(frozen=True)
class Figures:
    """Everything that one run found."""

    plan: Plan
    taken: dict[MapName, list[Taken]]
    imports: Spread

    def ratio(self, url_map: MapName, case: str, app: str, to: str = "bare") -> Spread:
        """Compare two apps. Each process gives one value, the median of its rounds."""
        return Spread.of(
            [
                median(a / b for a, b in zip(of[case][app], of[case][to], strict=True))
                for of in self.taken[url_map]
            ]
        )

    def microseconds(self, case: str, app: str) -> str:
        """Return what one request takes on the plain map."""
        taken = [median(process[case][app]) for process in self.taken["plain"]]
        return f"{median(taken) / 1000:.0f} µs"


def table(figures: Figures) -> Iterator[str]:
    """Yield the lines of the table with every ratio and its limit."""
    yield f"{'':30}" + "".join(f"{name + ' map':30}" for name in MAPS)
    for text, *apps, limits in ROWS:
        cells = [
            _cell(figures.ratio(name, *apps), limit)
            for name, limit in zip(MAPS, limits, strict=True)
        ]
        yield f"{text:30}" + "".join(f"{cell:30}" for cell in cells).rstrip()
    yield f"{'import ÷ import of Flask':30}{_cell(figures.imports, IMPORT_LIMIT)}"


def _cell(spread: Spread, limit: float | None) -> str:
    if limit is None:
        return str(spread)
    # The limit is kept if this run cannot tell that it is not.
    verdict = "ok" if spread.lower <= limit else "MISSED"
    return f"{spread} ≤ {limit:.2f} {verdict}"


def markdown(figures: Figures) -> Iterator[str]:
    """Yield the paragraphs of the speed page that contain figures."""
    plain, doubtful = (
        {case: f"{figures.ratio(name, case, 'guard').median:.2f}" for case in PAGE_ROWS}
        for name in MAPS
    )
    hooks = figures.ratio("plain", "served", "hooks").median
    served = (
        f"* A request that a view answers takes **{plain['served']}** times as long as"
        f" on bare Flask: {figures.microseconds('served', 'guard')} instead of"
        f" {figures.microseconds('served', 'bare')}. Two empty hooks alone take"
        f" {hooks:.2f}."
    )
    refused = (
        f"* A 405 takes **{plain['405']}** times as long as bare Flask's own answer,"
        f" a 501 {plain['501']}, a 404 {plain['404']} and an automatic OPTIONS answer"
        f" {plain['OPTIONS']}."
    )
    careful = (
        f"* If one route of the app can refuse a value, as `{DOUBTFUL_RULE}` does,"
        f" these are {doubtful['405']}, {doubtful['501']}, {doubtful['404']} and"
        f" {doubtful['OPTIONS']}, and a view's answer takes {doubtful['served']}."
    )
    yield "\n".join(
        fill(text, 88, subsequent_indent="  ", break_on_hyphens=False)
        for text in (served, refused, careful)
    )
    yield "\n".join(_page_table(figures))
    names = ("flask-method-guard", "Flask", "Werkzeug")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    yield fill(
        f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} with"
        f" {platform.python_implementation()} {platform.python_version()}, {packages},"
        f" on {_processor()}, {os.cpu_count()} cores, in {figures.plan.processes}"
        " processes for each kind of app.",
        88,
    )


def _page_table(figures: Figures) -> Iterator[str]:
    yield f"| Request | Bare Flask | Guard | One route can refuse | {MANY:,} routes |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for case, text in PAGE_ROWS.items():
        cells = [
            figures.microseconds(case, "bare"),
            *(str(figures.ratio(name, case, "guard")) for name in MAPS),
            str(figures.ratio("plain", case, "many", "guard")),
        ]
        # No-break spaces keep a cell on one line.
        cells = [cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in cells]
        yield f"| {' | '.join([text, *cells])} |"


def _processor() -> str:
    cpu = Path("/proc/cpuinfo")
    found = cpu.exists() and re.search(r"model name\s*: (.*)", cpu.read_text("utf-8"))
    return found[1] if found else platform.machine()
