"""What is served, on one Python after the other.

What two empty hooks cost beside bare Flask is Python's and Flask's matter, and no
Python's figure is another's. Here bare Flask is measured beside itself, too: what
comes of that, for two equal apps, is what the measurement can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable

from .cases import SERVED
from .requests import Plan, measure_requests
from .results import Made, PythonResult

PLAN = Plan(
    (10,), processes=40, rounds=20, calls=40, kinds=("bare", "again", "hooks", "guard")
)


def measure_python(plan: Plan, say: Callable[[str], None]) -> PythonResult:
    """Measure what is served on this Python."""
    requests, _ = measure_requests(plan, SERVED, say)
    return PythonResult(Made.now(plan.processes, plan.rounds, plan.calls), requests)
