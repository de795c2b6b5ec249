"""Instructions, counted by Valgrind: the same on a busy machine as on a quiet one.

A count does not say how long something takes, but it shows what has grown. It depends a
little on where objects are in memory, up to 1 %. So what is recorded is its ratio to
the count of a baseline in the same process, which moves with it: bare Flask, or for a
served request, counted with several hash seeds, an app with two empty hooks. Each
Python has a record of its own.

``count`` runs this module in Valgrind. There, every request is answered by children of
one process, forked when everything is imported and warm. One child answers it a few
times, another one twice as often. The difference is the request alone, without any
start-up.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

from tests.raw_wsgi import Environ

from .cases import CASES, MAPS, SERVED, App, Case, verify
from .timing import answer, make_apps

RECORD = Path(__file__).parent / "instructions.json"

#: How much a ratio may exceed the recorded one. Two runs differ by up to 0.5 %.
TOLERANCE = 1.01
#: How much a Python or a Flask without a record may exceed the largest record.
TOLERANCE_ELSEWHERE = 1.03
#: How much a count may grow when the map grows from 10 routes to 200.
GROWTH = 1.05

#: The hash seeds that served requests are counted with. Where objects are in memory
#: changes their ratio by up to 1 %, so its mean is recorded. The first counts the rest.
SEEDS = range(3)

#: How often a case's requests are answered before they are counted, so that caches are
#: full and the interpreter has specialised its code; and how often by the first child.
WARM_UP, TIMES = 4, 4
GUARDED = ("guard", "many")  # the apps that are compared with a baseline

#: The instructions of a request of each case and map, by app.
Counts = dict[str, dict[str, int]]
Ratios = dict[str, float]


def count() -> Counts:
    """Count the instructions of one request of each case, on each map and app."""
    if shutil.which("valgrind") is None:
        sys.exit("Valgrind is not installed. On Debian: sudo apt install valgrind")
    found: dict[str, dict[str, list[float]]] = {}
    for seed in SEEDS:
        for name, app, counted in _count_with(seed):
            found.setdefault(name, {}).setdefault(app, []).append(counted)
    return {
        name: {app: round(fmean(counted)) for app, counted in apps.items()}
        for name, apps in found.items()
    }


def _count_with(seed: int) -> Iterator[tuple[str, str, float]]:
    """Yield case and map, app and count for each case that a hash seed counts."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--quiet", "--tool=callgrind"]
        command += [f"--callgrind-out-file={folder}/%p"]
        command += [sys.executable, "-m", "benchmarks.instructions"]
        output = subprocess.check_output(
            command if seed == SEEDS[0] else [*command, SERVED.name],
            cwd=RECORD.parent.parent,
            # Sets and dicts of strings have the same order in every run.
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            text=True,
            timeout=1800,
        )
        for line in output.splitlines():
            once, twice, requests, app, name = line.split(" ", 4)
            more = _total(Path(folder, twice)) - _total(Path(folder, once))
            yield name, app, more / int(requests)


def _total(path: Path) -> int:
    return int(re.findall(r"^totals: (\d+)", path.read_text("utf-8"), re.MULTILINE)[0])


def answer_all(only: str | None = None) -> None:
    """Answer every case, or one, on every map, and print a line for each app."""
    # What the collector does depends on everything that was allocated before.
    gc.disable()
    for name in MAPS:
        apps = make_apps(name, many=200)
        for case in CASES:
            if only not in (None, case.name):
                continue
            verify(case, apps)
            baseline = apps["hooks" if case == SERVED else "bare"]
            compared = {"baseline": baseline} | {key: apps[key] for key in GUARDED}
            for key, app in compared.items():
                once, twice = _fork_twice(app, case)
                requests = TIMES * len(app.environs(case))
                print(once, twice, requests, key, f"{case.name}, {name}", flush=True)


def _fork_twice(app: App, case: Case) -> list[int]:
    requests = [app.environs(case) for _ in range(WARM_UP + 2 * TIMES)]
    _answer(app, requests[2 * TIMES :])
    children = []
    for times in (TIMES, 2 * TIMES):
        child = os.fork()
        if not child:
            _answer(app, requests[:times])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"{case.name}: the child ended with status {status}")
        children.append(child)
    return children


def _answer(app: App, requests: list[list[Environ]]) -> None:
    for environs in requests:
        for environ in environs:
            answer(app, environ)


def environment() -> str:
    """Name what a count depends on besides the code: Python's build and Flask."""
    build = f"{platform.python_compiler()} {sysconfig.get_config_var('CONFIG_ARGS')}"
    return (
        f"{platform.python_implementation()} {platform.python_version()},"
        f" {platform.machine()},"
        f" build {hashlib.sha256(build.encode()).hexdigest()[:8]},"
        f" Flask {version('flask')}, Werkzeug {version('werkzeug')}"
    )


def ratios(counts: Counts) -> Ratios:
    """Compare the guard with the baseline, request by request."""
    return {name: apps["guard"] / apps["baseline"] for name, apps in counts.items()}


def read_record() -> dict[str, Ratios]:
    """Return the recorded ratios, by environment."""
    record: dict[str, Ratios] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def write_record(counts: Counts) -> None:
    """Record the ratios of this environment."""
    kept = {name: round(ratio, 4) for name, ratio in ratios(counts).items()}
    record = read_record() | {environment(): kept}
    text = json.dumps(dict(sorted(record.items())), indent=1)
    RECORD.write_text(f"{text}\n", encoding="utf-8")


def problems(counts: Counts, record: dict[str, Ratios], here: str) -> Iterator[str]:
    """Describe every request that takes more instructions than it may.

    :param record: the recorded ratios, by environment.
    :param here: the environment of the counts.
    """
    known = [record[here]] if here in record else [*record.values()]
    tolerance = TOLERANCE if here in record else TOLERANCE_ELSEWHERE
    for name, ratio in ratios(counts).items():
        limit = max(recorded[name] for recorded in known) * tolerance
        if ratio > limit:
            yield f"{name}: {ratio:.3f} of the baseline, at most {limit:.3f} allowed"
        grown = counts[name]["many"] / counts[name]["guard"]
        if grown > GROWTH:
            yield f"{name}: {grown:.3f} with 200 routes, at most {GROWTH} allowed"


if __name__ == "__main__":
    answer_all(*sys.argv[1:])
