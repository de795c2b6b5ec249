"""What is served, on one Python after the other.

What two empty hooks cost beside bare Flask is Python's and Flask's matter, and no
Python's figure is another's. Here bare Flask is measured beside itself, too: what
comes of that, for two equal apps, is what the measurement can tell apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .cases import SERVED
from .requests import Plan, measure_requests
from .results import Made, RequestResult

FILE = Path(__file__).parent / "pythons.json"

PLAN = Plan(
    (10,), processes=40, rounds=20, calls=40, kinds=("bare", "again", "hooks", "guard")
)


@dataclass(frozen=True)
class PythonResult:
    """What is served on one Python."""

    made: Made
    requests: list[RequestResult]


def measure_python(plan: Plan, say: Callable[[str], None]) -> PythonResult:
    """Measure what is served on this Python."""
    requests, _ = measure_requests(plan, SERVED, say)
    return PythonResult(Made.now(plan.processes, plan.rounds, plan.calls), requests)


def record(result: PythonResult, path: Path = FILE) -> None:
    """Keep a result, in place of an earlier one of the same Python version."""
    results = load(path) if path.exists() else []
    others = [other for other in results if _version(other) != _version(result)]
    found = [asdict(each) for each in (*others, result)]
    text = json.dumps(found, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def load(path: Path = FILE) -> list[PythonResult]:
    """Read the results that were kept, the oldest Python first."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    results = [
        PythonResult(
            Made(**item["made"]), [RequestResult.load(r) for r in item["requests"]]
        )
        for item in found
    ]
    return sorted(results, key=_version)


def _version(result: PythonResult) -> list[int]:
    _, number = result.made.python.split()
    return [int(part) for part in number.split(".")[:2]]
