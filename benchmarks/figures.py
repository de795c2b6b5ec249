"""What the times say: a table with the project's limits, and the figures of a page."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from statistics import median
from textwrap import fill
from typing import Any, NamedTuple

from .cases import CASES, CATCH_ALL_RULE, GOALS, MAPS, MapName
from .timing import MANY, ROUTES, Plan, Spread, Taken


class Row(NamedTuple):
    """Two apps to compare, and how large the ratio may be on each map with a goal."""

    text: str
    case: str
    app: str
    to: str
    limits: tuple[float, ...] = ()


#: Every ratio that is measured, with the project's goals. What two empty hooks cost is
#: up to Flask and Python, so a served request next to bare Flask has no limit.
ROWS = (
    Row("served ÷ two hooks", "served", "guard", "hooks", (1.02, 1.02, 1.02, 1.03)),
    Row("served ÷ bare Flask", "served", "guard", "bare"),
    Row("two hooks ÷ bare Flask", "served", "hooks", "bare"),
    Row("OPTIONS ÷ bare Flask", "OPTIONS", "guard", "bare", (1.20, 1.20, 1.35, 1.25)),
    Row("405 ÷ bare Flask", "405", "guard", "bare", (1.0, 1.02, 1.25, 1.02)),
    Row("501 ÷ bare Flask", "501", "guard", "bare", (0.85, 0.85, 0.85, 0.85)),
    Row("404 ÷ bare Flask", "404", "guard", "bare", (1.06, 1.06, 1.30, 1.06)),
    *(
        Row(
            f"{case.name}, {MANY:,} ÷ {ROUTES} routes",
            *(case.name, "many", "guard"),
            (1.1, 1.1, 1.1, 1.1),
        )
        for case in CASES
    ),
)
IMPORT_LIMIT = 0.07

#: The cases in the words of the page.
PAGE_ROWS = {
    "served": "a request to a view",
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
    yield f"{'':25}" + "".join(f"{name:25}" for name in MAPS).rstrip()
    for text, case, app, to, limits in ROWS:
        cells = [
            _cell(figures.ratio(name, case, app, to), limit)
            for name, limit in zip_longest(MAPS, limits)
        ]
        yield f"{text:25}" + "".join(f"{cell:25}" for cell in cells).rstrip()
    yield f"{'import ÷ Flask':25}{_cell(figures.imports, IMPORT_LIMIT)}"


def _cell(spread: Spread, limit: float | None) -> str:
    if limit is None:
        return str(spread)
    # The limit is kept if this run cannot tell that it is not.
    verdict = "ok" if spread.lower <= limit else "MISSED"
    return f"{spread} ≤ {limit:.2f} {verdict}"


def percent(ratio: float) -> str:
    """Write a ratio as what is more or less than the whole, such as ``+5 %``."""
    return f"{ratio * 100 - 100:+.0f} %".replace("-", "\N{MINUS SIGN}")


def _percent(spread: Spread) -> str:
    reach = (spread.upper - spread.lower) / 2 * 100
    return f"{percent(spread.median)} ± {reach:.0f}"


def markdown(figures: Figures) -> Iterator[str]:
    """Yield the paragraphs of the speed page that contain figures."""
    guard, hooks = (
        percent(figures.ratio("plain", "served", app).median)
        for app in ("guard", "hooks")
    )
    yield fill(
        f"A request that a view answers takes **{guard}** of bare Flask's time with the"
        f" guard. Two empty hooks alone take {hooks}.",
        **_PARAGRAPH,
    )
    yield "\n".join(_page_table(figures))
    growth = max(
        figures.ratio(name, case, "many", "guard").median
        for name in GOALS
        for case in PAGE_ROWS
    )
    yield fill(
        f"With {MANY:,} routes instead of {ROUTES}, the guard's requests take at most"
        f" {percent(growth)} of their time. To import the package takes"
        f" {figures.imports.median * 100:.1f} % of the time to import Flask.",
        **_PARAGRAPH,
    )
    names = ("flask-method-guard", "Flask", "Werkzeug")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    yield fill(
        f"Measured on {datetime.now(timezone.utc):%Y-%m-%d} with"
        f" {platform.python_implementation()} {platform.python_version()}, {packages},"
        f" on {_processor()}, {os.cpu_count()} cores, in {figures.plan.processes}"
        " processes for each kind of app, each with a hash seed of its own.",
        **_PARAGRAPH,
    )


_PARAGRAPH: dict[str, Any] = {"width": 88, "break_on_hyphens": False}

#: The columns of the page, which explains them; short, so that the table fits.
MAP_TEXTS = {
    "plain": "ordinary",
    "limited": "limited",
    "catch-all": f"`{CATCH_ALL_RULE}`",
    "marked": "deprecated",
    "below": "below",
}


def _page_table(figures: Figures) -> Iterator[str]:
    yield f"| Request | Bare Flask | {' | '.join(MAP_TEXTS[name] for name in MAPS)} |"
    yield "| --- " + "| ---: " * (1 + len(MAPS)) + "|"
    for case, text in PAGE_ROWS.items():
        cells = [
            figures.microseconds(case, "bare"),
            *(_percent(figures.ratio(name, case, "guard")) for name in MAPS),
        ]
        # A narrow cell has its spread on a line of its own.
        cells = [
            cell.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}±", " ±")
            for cell in cells
        ]
        yield f"| {' | '.join([text, *cells])} |"


def _processor() -> str:
    cpu = Path("/proc/cpuinfo")
    found = cpu.exists() and re.search(r"model name\s*: (.*)", cpu.read_text("utf-8"))
    return found[1] if found else platform.machine()
