"""The clock: apps in turns, in one process after the other, and their ratios.

pyperf, the usual tool, gives every benchmark processes of its own. Processes differ in
their hash seed, in where their memory is, and in what else the machine did meanwhile,
by more than the few per cent that matter here. So apps that are compared share a
process. In each round every app has a turn, in random order, and the round gives one
ratio: what slows a round down slows both sides of the ratio. The clock is the processor
time of the thread, which does not run while the machine does other work.

A process still favours one app or another by where each one's memory is: two equal apps
differ by a per cent or two for as long as it runs. So there are many processes. Each
one gives a single value, the median of its rounds.
"""

from __future__ import annotations

import gc
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from time import thread_time_ns
from typing import Any

from .cases import CASES, App, Case, MapName, verify

#: The nanoseconds of a request in each turn, by case and app.
Taken = dict[str, dict[str, list[float]]]

#: How many routes the apps have, and how many the guarded app "many" has.
ROUTES, MANY = 10, 5000


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    processes: int
    rounds: int
    #: How often an app answers a case's requests in a turn: often enough to collect
    #: its own garbage meanwhile.
    calls: int


FULL = Plan(processes=20, rounds=20, calls=7)
#: Too little for figures, and enough to see that everything works.
QUICK = Plan(processes=1, rounds=3, calls=1)


@dataclass(frozen=True)
class Spread:
    """A median, and bounds that contain the true one in 95 of 100 such runs."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Summarise some values.

        The bounds are two of the values. How many values are below the true median is
        a matter of tossing a coin, whatever their distribution is.
        """
        values = sorted(values)
        reach = 0.98 * len(values) ** 0.5
        lower = max(math.floor(len(values) / 2 - reach), 0)
        return cls(median(values), values[lower], values[-1 - lower])

    def __str__(self) -> str:
        return f"{self.median:.2f} ± {(self.upper - self.lower) / 2:.2f}"


def measure(plan: Plan, url_map: MapName) -> list[Taken]:
    """Measure every case on every app, in several processes."""
    # A spawned process, unlike a forked one, has a hash seed and a memory of its own.
    context = get_context("spawn")
    found = []
    for number in range(plan.processes):
        text = f"{url_map} map, process {number + 1} of {plan.processes}"
        print(text, file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, context) as process:
            found.append(process.submit(measure_here, plan, url_map, number).result())
    return found


def measure_here(plan: Plan, url_map: MapName, number: int) -> Taken:
    """Measure in this process.

    :param number: the number of the process, by which its random order differs.
    """
    chance = random.Random(number)  # noqa: S311 -- nothing is kept secret
    apps = make_apps(url_map, MANY)
    return {case.name: in_turns(case, apps, plan, chance) for case in CASES}


def make_apps(url_map: MapName, many: int) -> dict[str, App]:
    """Make the apps that share a process."""
    return {
        "bare": App("bare", url_map, ROUTES),
        "hooks": App("hooks", url_map, ROUTES),
        "guard": App("guard", url_map, ROUTES),
        "many": App("guard", url_map, many),
    }


def in_turns(
    case: Case, apps: dict[str, App], plan: Plan, chance: random.Random
) -> dict[str, list[float]]:
    """Give every app a turn in every round.

    :raises WrongAnswerError: if an app answers wrongly, before the turns or after.
    """
    verify(case, apps)
    order = list(apps)
    taken: dict[str, list[float]] = {name: [] for name in order}
    for app in apps.values():
        turn(app, case, plan.calls)  # fills caches and warms the interpreter
    # A full collection would be charged to the app whose turn it is. Without what
    # exists already, each app pays only for the garbage that it makes.
    gc.collect()
    gc.freeze()
    try:
        for _ in range(plan.rounds):
            chance.shuffle(order)
            for name in order:
                gc.collect()
                taken[name].append(turn(apps[name], case, plan.calls))
    finally:
        gc.unfreeze()
    verify(case, apps)
    return taken


def turn(app: App, case: Case, calls: int) -> float:
    """Answer a case's requests, and return the nanoseconds that one takes."""
    environs = [environ for _ in range(calls) for environ in app.environs(case)]
    start = thread_time_ns()
    for environ in environs:
        answer(app, environ)
    return (thread_time_ns() - start) / len(environs)


def answer(app: App, environ: dict[str, Any]) -> None:
    """Do what a server does with a request."""
    body: Any = app.flask(environ, _start_response)
    for _ in body:
        pass
    body.close()


def _start_response(*_: object) -> Callable[[bytes], object]:
    return lambda data: None


_IMPORT = """
from time import thread_time_ns as now
start = now()
import flask
between = now()
import flask_method_guard
print((now() - between) / (between - start))
"""


def measure_import(times: int) -> Spread:
    """Compare the time to import the package with the time to import Flask before."""
    with tempfile.TemporaryDirectory() as folder:
        # Both are compiled once, even where the environment forbids it.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", _IMPORT]
        ratios = [
            float(subprocess.check_output(command, env=environment))
            for _ in range(1 + times)
        ]
    return Spread.of(ratios[1:])
