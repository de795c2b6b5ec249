"""What a run found: plain values that go into a file and come back.

This module measures nothing and draws nothing.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .apps import Kind
from .timing import Spread

FILE = Path(__file__).parent / "results.json"
PYTHONS = Path(__file__).parent / "pythons.json"


@dataclass(frozen=True)
class Made:
    """When, where and with what a run was made."""

    date: str
    python: str
    packages: dict[str, str]
    machine: str
    processes: int
    rounds: int
    calls: int

    @classmethod
    def now(cls, processes: int, rounds: int, calls: int) -> Made:
        """Describe a run on this machine."""
        names = ("flask-method-guard", "Flask", "Werkzeug")
        return cls(
            date=datetime.now(timezone.utc).strftime("%Y-%m-%d"),
            python=f"{platform.python_implementation()} {platform.python_version()}",
            packages={name: version(name) for name in names},
            machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
            processes=processes,
            rounds=rounds,
            calls=calls,
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(models, platform.machine()).strip()


@dataclass(frozen=True)
class RequestResult:
    """One request to apps of one size."""

    case: str
    routes: int
    microseconds: dict[Kind, float]
    #: Each other kind in relation to bare Flask.
    ratios: dict[Kind, Spread]
    #: The guard in relation to two empty hooks.
    to_hooks: Spread

    @classmethod
    def load(cls, found: dict[str, Any]) -> RequestResult:
        """Read what was kept of a result."""
        ratios, to_hooks = _spreads(found["ratios"]), Spread(**found["to_hooks"])
        return cls(**{**found, "ratios": ratios, "to_hooks": to_hooks})


@dataclass(frozen=True)
class GrowthResult:
    """One request to the largest apps in relation to the smallest."""

    case: str
    #: How many times the routes, in words.
    sizes: str
    ratios: dict[Kind, Spread]


@dataclass(frozen=True)
class HookResult:
    """The hooks alone, on a request that a route matched."""

    nanoseconds: dict[str, float]
    to_naive: Spread


@dataclass(frozen=True)
class StartResult:
    """What is paid once, by apps of one size, in microseconds and bytes."""

    routes: int
    #: Start-up, and the first requests to a new app, of bare Flask.
    bare: dict[str, float]
    guard: dict[str, float]
    bare_bytes: int
    guard_bytes: int


@dataclass(frozen=True)
class Results:
    """All that one run found."""

    made: Made
    requests: list[RequestResult]
    growth: list[GrowthResult]
    hook: HookResult
    start: list[StartResult]
    #: Beside importing Flask, in milliseconds.
    import_milliseconds: float

    def save(self, path: Path = FILE) -> None:
        """Write the results to a file."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path = FILE) -> Results:
        """Read the results of an earlier run."""
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            made=Made(**found["made"]),
            requests=[RequestResult.load(item) for item in found["requests"]],
            growth=[
                GrowthResult(**{**item, "ratios": _spreads(item["ratios"])})
                for item in found["growth"]
            ],
            hook=HookResult(
                found["hook"]["nanoseconds"], Spread(**found["hook"]["to_naive"])
            ),
            start=[StartResult(**item) for item in found["start"]],
            import_milliseconds=found["import_milliseconds"],
        )


@dataclass(frozen=True)
class PythonResult:
    """What is served on one Python."""

    made: Made
    requests: list[RequestResult]

    def save(self, path: Path = PYTHONS) -> None:
        """Add this to a file, in place of an earlier one of the same Python."""
        kept = PythonResult.load_all(path) if path.exists() else []
        others = [other for other in kept if other.python() != self.python()]
        found = sorted([*others, self], key=PythonResult.python)
        text = json.dumps([asdict(each) for each in found], indent=1)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load_all(cls, path: Path = PYTHONS) -> list[PythonResult]:
        """Read the results that were kept, the oldest Python first."""
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return [
            cls(Made(**item["made"]), [RequestResult.load(r) for r in item["requests"]])
            for item in found
        ]

    def python(self) -> tuple[str, list[int]]:
        """Tell the implementation and its version, as ``(CPython, [3, 13])``."""
        name, version = self.made.python.split()
        return name, [int(part) for part in version.split(".")[:2]]


def _spreads(found: dict[Kind, dict[str, float]]) -> dict[Kind, Spread]:
    return {kind: Spread(**values) for kind, values in found.items()}
