"""Instructions, counted by Valgrind: the same on a busy machine as on a quiet one.

A count does not say how long something takes, but it shows what has grown. It is
compared with the figure on record for the same Python and the same Flask, and,
which needs no record, with the counts of bare Flask and of the naive hook.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORD = Path(__file__).parent / "instructions.json"

#: How much a count may exceed the one on record.
TOLERANCE = 1.10
#: How much a ratio may exceed the largest on record, whatever its Python: another
#: Python has other counts, but the guard's and bare Flask's both.
RATIO_TOLERANCE = 1.20
#: How much a count may grow with the number of routes.
GROWTH = 1.10

#: What may not grow, each with the count that it is put in relation to where there
#: is no record. The first two are what a matched request costs.
GUARDED = {
    "the guard, before": "the naive hook, before",
    "the guard, after": "the naive hook, before",
    "served, guard, 10 routes": "served, bare, 10 routes",
    "405, guard, 10 routes": "405, bare, 10 routes",
    "501, guard, 10 routes": "501, bare, 10 routes",
    "404, guard, 10 routes": "404, bare, 10 routes",
    "OPTIONS, guard, 10 routes": "OPTIONS, bare, 10 routes",
}


class NotAvailableError(Exception):
    """Instructions cannot be counted on this machine."""


def environment() -> str:
    """Name what a count depends on beside the code: Python's build and Flask."""
    build = f"{platform.python_compiler()} {sysconfig.get_config_var('CONFIG_ARGS')}"
    parts = (
        f"{platform.python_implementation()} {platform.python_version()}",
        platform.machine(),
        f"build {hashlib.sha256(build.encode()).hexdigest()[:8]}",
        f"Flask {version('flask')}",
        f"Werkzeug {version('werkzeug')}",
    )
    return ", ".join(parts)


def count() -> dict[str, int]:
    """Count the instructions of each piece of work, for doing it once.

    :raises NotAvailableError: if there is no Valgrind, or no fork.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None or not hasattr(os, "fork"):
        raise NotAvailableError(
            "Valgrind is not installed. On Debian: sudo apt install valgrind."
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [
            valgrind,
            "--quiet",
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/%p",
            sys.executable,
            "-m",
            "benchmarks.counted",
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            # Sets and dicts of strings are walked alike in every run.
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            timeout=600,
        )
        return dict(_differences(Path(folder), done.stdout.splitlines()))


def _differences(folder: Path, lines: list[str]) -> Iterator[tuple[str, int]]:
    for once, twice in zip(lines[::2], lines[1::2], strict=True):
        (process, times, name), (second, _, _) = once.split(" ", 2), twice.split(" ", 2)
        more = _total(folder / second) - _total(folder / process)
        yield name, round(more / int(times))


def _total(path: Path) -> int:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("totals: "):
            return int(line.split()[1])
    raise ValueError(f"{path} holds no totals; has callgrind ended well?")


def on_record() -> dict[str, dict[str, int]]:
    """Read the counts on record, by what they depend on."""
    found: dict[str, dict[str, int]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def record(counts: dict[str, int]) -> None:
    """Put counts on record for this Python and this Flask."""
    all_counts = on_record() if RECORD.exists() else {}
    all_counts[environment()] = counts
    text = json.dumps(dict(sorted(all_counts.items())), indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")


def problems(
    counts: dict[str, int], recorded: dict[str, dict[str, int]], key: str
) -> list[str]:
    """Say what has grown.

    :param recorded: the counts on record, by what they depend on.
    :param key: what these counts depend on.
    """
    if key in recorded:
        found = _grown(counts, recorded[key])
    else:
        found = _grown_ratios(counts, list(recorded.values()))
    return found + _grown_with_routes(counts)


def _grown(counts: dict[str, int], recorded: dict[str, int]) -> list[str]:
    return [
        f"{name}: {counts[name]:,} instructions, {recorded[name]:,} on record,"
        f" at most {round(recorded[name] * TOLERANCE):,} allowed"
        for name in GUARDED
        if counts[name] > recorded[name] * TOLERANCE
    ]


def _grown_ratios(counts: dict[str, int], recorded: list[dict[str, int]]) -> list[str]:
    found = []
    for name, other in GUARDED.items():
        limit = max(old[name] / old[other] for old in recorded) * RATIO_TOLERANCE
        ratio = counts[name] / counts[other]
        if ratio > limit:
            found.append(
                f"{name}: {ratio:.3f} times {other}, at most {limit:.3f} allowed"
            )
    return found


def _grown_with_routes(counts: dict[str, int]) -> list[str]:
    found = []
    for more, value in counts.items():
        name = more.replace("200 routes", "10 routes")
        ratio = value / counts[name]
        if ratio > GROWTH:
            found.append(f"{more}: {ratio:.3f} times {name}, at most {GROWTH} allowed")
    return found
