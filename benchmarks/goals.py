"""The goals: which ratio may be how large."""

from __future__ import annotations

from dataclasses import dataclass

from .cases import NOT_ALLOWED, NOT_FOUND, NOT_IMPLEMENTED, SERVED
from .results import Results
from .timing import Spread


@dataclass(frozen=True)
class Goal:
    """A limit for the guard's time in relation to another's."""

    text: str
    limit: float


TO_BARE = Goal("served, beside bare Flask", 1.05)
TO_HOOKS = Goal("served, beside two empty hooks", 1.02)
HOOK = Goal("the hook alone, beside the naive hook", 0.35)
REFUSED = {
    501: Goal("501, beside bare Flask's answer", 0.85),
    405: Goal("405, beside bare Flask's own", 1.0),
    404: Goal("404, beside bare Flask's", 1.08),
}
GROWTH = Goal("5,000 routes, beside the same with 10", 1.1)


@dataclass(frozen=True)
class Outcome:
    """A goal, and what was measured."""

    goal: Goal
    case: str
    measured: Spread

    def is_met(self, margin: float = 0) -> bool:
        """Tell whether the median is within the limit, or the margin above it."""
        return self.measured.median <= self.goal.limit + margin


def outcomes(results: Results) -> list[Outcome]:
    """Compare a run with the goals; those of requests hold for every app size."""
    found = [Outcome(HOOK, "GET", results.hook.to_naive)]
    refused = {
        case.name: REFUSED[case.status]
        for case in (*NOT_ALLOWED, *NOT_IMPLEMENTED, *NOT_FOUND)
    }
    served = {case.name for case in SERVED}
    for result in results.requests:
        name = f"{result.case}, {result.routes:,} routes"
        to_bare = result.ratios["guard"]
        if result.case in served:
            found.append(Outcome(TO_BARE, name, to_bare))
            found.append(Outcome(TO_HOOKS, name, result.to_hooks))
        elif result.case in refused:
            found.append(Outcome(refused[result.case], name, to_bare))
    found += [Outcome(GROWTH, g.case, g.ratios["guard"]) for g in results.growth]
    return sorted(found, key=lambda outcome: _ORDER.index(outcome.goal))


_ORDER = [TO_BARE, TO_HOOKS, HOOK, *REFUSED.values(), GROWTH]
