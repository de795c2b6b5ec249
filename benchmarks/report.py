"""The words and tables: what a run found, for the terminal and for the docs.

This module measures nothing: all figures are those of the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .apps import COMPARED, KINDS, Kind
from .goals import Outcome, outcomes
from .results import Made, PythonResult, RequestResult, Results
from .server import ServerResult
from .timing import Spread

_KB = 1024


def ratio(spread: Spread) -> str:
    """Write a ratio, and half of what lies between its bounds."""
    return f"{spread.median:.2f} ± {(spread.upper - spread.lower) / 2:.2f}"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1
) -> list[str]:
    """Write a Markdown table.

    :param words: how many columns hold words; the others hold numbers.
    """
    rule = [*("---" for _ in heads[:words]), *("---:" for _ in heads[words:])]
    return [f"| {' | '.join(row)} |" for row in (heads, rule, *rows)]


def request_table(results: Results, routes: int) -> list[str]:
    """Write the times of every request to apps of one size."""
    heads = ["Request", *(f"{KINDS[kind]}, µs" for kind in COMPARED)]
    heads += ["guard ÷ bare", "guard ÷ hooks"]
    return table(
        heads,
        (
            [
                result.case,
                *(f"{result.microseconds[kind]:.1f}" for kind in COMPARED),
                ratio(result.ratios["guard"]),
                ratio(result.to_hooks),
            ]
            for result in results.requests
            if result.routes == routes
        ),
    )


def growth_table(results: Results) -> list[str]:
    """Write what many routes cost."""
    shown: tuple[Kind, ...] = ("bare", "guard")
    return table(
        ["Request", *(KINDS[kind] for kind in shown)],
        (
            [growth.case, *(ratio(growth.ratios[kind]) for kind in shown)]
            for growth in results.growth
        ),
    )


def hook_table(results: Results) -> list[str]:
    """Write what the hooks alone cost."""
    times = results.hook.nanoseconds.items()
    return table(["Hook", "ns"], ([name, f"{value:.0f}"] for name, value in times))


def start_table(results: Results) -> list[str]:
    """Write what is paid once."""
    heads = ["Routes", "`Flask()`, µs", "`MethodGuard(app)`, µs"]
    firsts = [name for name in results.start[0].bare if name != "start-up"]
    heads += [f"{name}, ms, bare → guard" for name in firsts]
    heads.append("memory, KiB, bare → guard")
    rows = []
    for start in results.start:
        row = [f"{start.routes:,}"]
        row += [f"{start.bare['start-up']:.0f}", f"{start.guard['start-up']:.0f}"]
        for name in firsts:
            bare, guard = start.bare[name] / 1000, start.guard[name] / 1000
            row.append(f"{bare:.2f} → {guard:.2f}")
        bare_kb, guard_kb = start.bare_bytes / _KB, start.guard_bytes / _KB
        row.append(f"{bare_kb:,.0f} → {guard_kb:,.0f}")
        rows.append(row)
    return table(heads, rows)


def server_table(results: Iterable[ServerResult]) -> list[str]:
    """Write the rates behind a real server."""
    kinds: tuple[Kind, ...] = ("bare", "guard")
    return table(
        ["Request", *(f"{KINDS[kind]}, requests/s" for kind in kinds), "guard ÷ bare"],
        (
            [
                result.case,
                *(f"{result.rates[kind]:,.0f}" for kind in kinds),
                ratio(result.ratio),
            ]
            for result in results
        ),
    )


def goal_table(found: Sequence[Outcome], margin: float = 0) -> list[str]:
    """Write each goal, with its worst case."""
    rows = []
    for goal in dict.fromkeys(outcome.goal for outcome in found):
        of_goal = [outcome for outcome in found if outcome.goal == goal]
        met = [outcome for outcome in of_goal if outcome.is_met(margin)]
        worst = max(of_goal, key=lambda outcome: outcome.measured.median)
        verdict = "met" if len(met) == len(of_goal) else "missed"
        rows.append(
            [
                goal.text,
                f"≤ {goal.limit}",
                f"{verdict}, {len(met)} of {len(of_goal)}",
                ratio(worst.measured),
                worst.case,
            ]
        )
    return table(["Goal", "limit", "outcome", "worst", "where"], rows)


def python_table(results: Iterable[PythonResult]) -> list[str]:
    """Write what is served on each Python, beside bare Flask."""
    kinds: tuple[Kind, ...] = ("again", "hooks", "guard")
    return table(
        ["Python", "Request", *(KINDS[kind] for kind in kinds), "guard ÷ hooks"],
        (
            [
                result.made.python,
                request.case,
                *(ratio(request.ratios[kind]) for kind in kinds),
                ratio(request.to_hooks),
            ]
            for result in results
            for request in result.requests
        ),
        words=2,
    )


def slower(results: Results, routes: int) -> list[RequestResult]:
    """List the requests that the guard answers later than bare Flask does.

    A difference within the bounds of the measurement is none.
    """
    found = [
        result
        for result in results.requests
        if result.routes == routes and result.ratios["guard"].lower > 1
    ]
    return sorted(found, key=lambda result: -result.ratios["guard"].median)


def made(run: Made) -> str:
    """Say when and with what figures were made."""
    packages = ", ".join(f"{name} {number}" for name, number in run.packages.items())
    return (
        f"Measured on {run.date} with {run.python}, {packages}, on {run.machine}:"
        f" {run.processes} processes for each number of routes, in each {run.rounds}"
        f" rounds of {run.calls} requests."
    )


def text(results: Results, margin: float = 0) -> str:
    """Write the whole report for a terminal."""
    sizes = sorted({result.routes for result in results.requests})
    parts = [made(results.made)]
    for routes in sizes:
        parts += ["", f"## {routes:,} routes", "", *request_table(results, routes)]
    parts += ["", f"## {results.growth[0].sizes}", "", *growth_table(results)]
    parts += ["", "## The hooks alone", "", *hook_table(results)]
    parts += ["", "## Paid once", "", *start_table(results)]
    parts.append(f"\nImporting: {results.import_milliseconds:.1f} ms beside Flask.")
    parts += ["", "## Goals", "", *goal_table(outcomes(results), margin)]
    return "\n".join(parts)
