"""The documentation's page on speed: its figures and its chart.

The words of the page are written by hand; what stands between the two markers is
written here, from the results of one run, and is never edited.
"""

from __future__ import annotations

from pathlib import Path

from . import chart, report
from .cases import SERVED
from .goals import TO_BARE, outcomes
from .results import PythonResult, RequestResult, Results

FOLDER = Path(__file__).parent.parent / "docs" / "explanation"
PAGE = FOLDER / "speed.md"
CHART = FOLDER / "speed.svg"

BEGIN = "<!-- figures: written by python3 -m benchmarks --write-docs -->"
END = "<!-- end of the figures -->"

_HOOKS = (
    "On a request that a route matched, in nanoseconds, in one process. The guard's"
    " `before` takes {} of the naive hook's time."
)
_FLOOR = (
    "On {python}, two empty hooks take {low:.2f} to {high:.2f} of bare Flask for a"
    " served request. No guard that is called before and after a request can take less."
)
_GROWTH = (
    "{}: the time of the same request, as a ratio. Each size has processes of its own,"
    " so the bounds are wider."
)
_GOALS = (
    "The project holds itself to these: the median of a ratio is not to exceed its"
    " limit. The worst case of each is shown."
)
_PYTHONS = (
    "What a hook costs is a matter of Python's: Flask asks at each call whether it is"
    " a coroutine function. Ratios to bare Flask, 10 routes; bare Flask beside itself"
    " is what the measurement can tell apart."
)
_ONCE = (
    "Memory is what an app holds after a request of every sort. To import the package"
    " takes {:.0f} ms beside Flask."
)


def write(results: Results, pythons: list[PythonResult]) -> None:
    """Write the figures into the page, and the chart beside it."""
    old = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(old, results, pythons), encoding="utf-8")
    CHART.write_text(chart.draw(_smallest(results)), encoding="utf-8")


def renewed(old: str, results: Results, pythons: list[PythonResult]) -> str:
    """Give the page with its figures replaced.

    :raises ValueError: if the page lacks a marker.
    """
    if BEGIN not in old or END not in old:
        raise ValueError(f"The page has no line {BEGIN!r} or no line {END!r}.")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{figures(results, pythons)}\n\n{END}{after}"


def _smallest(results: Results) -> list[RequestResult]:
    fewest = min(result.routes for result in results.requests)
    return [result for result in results.requests if result.routes == fewest]


def figures(results: Results, pythons: list[PythonResult]) -> str:
    """Write the part of the page that is measured."""
    fewest = results.requests[0].routes
    parts = [
        report.made(results.made),
        "",
        "```{raw} html",
        ":file: speed.svg",
        "```",
        "",
        f"Each request to an app with {fewest} routes, in microseconds and as ratios:",
        "",
        *report.request_table(results, fewest),
        "",
        "### Where the guard is slower",
        "",
        _slower(results, fewest),
        "",
        "### Many routes",
        "",
        _GROWTH.format(results.growth[0].sizes),
        "",
        *report.growth_table(results),
        "",
        "### The hooks alone",
        "",
        _HOOKS.format(report.ratio(results.hook.to_naive)),
        "",
        *report.hook_table(results),
        "",
        "### What is paid once",
        "",
        *report.start_table(results),
        "",
        _ONCE.format(results.import_milliseconds),
        "",
        "### The goals",
        "",
        _GOALS,
        "",
        *report.goal_table(outcomes(results)),
        "",
        _floor(results),
        "",
        "### Each Python",
        "",
        _PYTHONS,
        "",
        *report.python_table(pythons),
        "",
        *(f"* {report.made(result.made)}" for result in pythons),
        "",
        _out_of_reach(pythons),
    ]
    return "\n".join(parts)


def _floor(results: Results) -> str:
    """Say what Flask itself takes for two hooks."""
    served = {case.name for case in SERVED}
    ratios = [r.ratios["hooks"].median for r in results.requests if r.case in served]
    return _FLOOR.format(python=results.made.python, low=min(ratios), high=max(ratios))


def _out_of_reach(pythons: list[PythonResult]) -> str:
    """Say where two hooks that do nothing exceed what the guard is to take."""
    names = [
        result.made.python
        for result in pythons
        if all(r.ratios["hooks"].lower > TO_BARE.limit for r in result.requests)
    ]
    if not names:
        return f"Nowhere do two empty hooks alone take over {TO_BARE.limit}."
    return (
        f"On {', '.join(names)}, two empty hooks alone take over {TO_BARE.limit}: the"
        " first goal is out of reach there, and the second is what counts."
    )


def _slower(results: Results, routes: int) -> str:
    slower = report.slower(results, routes)
    if not slower:
        return "Nowhere by more than the measurement can tell."
    lines = [f"* {result.case}: {_excess(result)}." for result in slower]
    return "\n".join([f"With {routes} routes, beside bare Flask:", "", *lines])


def _excess(result: RequestResult) -> str:
    """Say how much longer an answer takes, in per cent and microseconds."""
    share = result.ratios["guard"].median - 1
    return f"{share * 100:.0f} % longer, {share * result.microseconds['bare']:.1f} µs"
