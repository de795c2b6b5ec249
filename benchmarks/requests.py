"""Requests and hooks, timed in turns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from time import thread_time_ns
from typing import Any

from flask import Flask

from .apps import COMPARED, KINDS, Kind, build, paths
from .cases import Case, verify
from .results import GrowthResult, HookResult, RequestResult
from .timing import Block, Spread, in_turns, ratio, repeated

#: The nanoseconds of each app of a process, one value a round.
Taken = dict[Kind, list[float]]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    #: The numbers of routes.
    sizes: tuple[int, ...]
    #: Processes for each of them.
    processes: int
    #: Rounds in each process, and calls of each app in a round.
    rounds: int
    calls: int
    kinds: tuple[Kind, ...] = COMPARED


def make_apps(kinds: Iterable[Kind], routes: int, seed: int = 0) -> dict[Kind, Flask]:
    """Make an app of each kind.

    :param seed: in which order they are made, which moves them in memory.
    """
    order = list(kinds)
    random.Random(seed).shuffle(order)  # noqa: S311 -- it guards nothing
    return {kind: build(kind, routes) for kind in order}


def start_response(*_: object) -> Callable[[bytes], object]:
    """Take the status and the headers as a server does."""
    return lambda data: None


def requests_block(app: Flask, case: Case, routes: int, calls: int) -> Block:
    """Make a block of requests, each run to the end of its body."""

    def block() -> int:
        environs = [case.environ(routes) for _ in range(calls)]
        start = thread_time_ns()
        for environ in environs:
            body: Any = app(environ, start_response)
            for _ in body:
                pass
            body.close()
        return thread_time_ns() - start

    return block


def measure_requests(
    plan: Plan, cases: Sequence[Case], say: Callable[[str], None]
) -> tuple[list[RequestResult], list[GrowthResult]]:
    """Measure cases on every app, in several processes one after the other.

    A process has apps of one size. The more apps there are, the more of the
    machine's caches each finds taken by the others at its turn; a server has one.
    """
    found: dict[int, list[dict[Case, Taken]]] = {size: [] for size in plan.sizes}
    # Started anew, and not forked, each has a hash seed and a memory of its own.
    context = get_context("spawn")
    for number in range(plan.processes):
        for size, of_size in found.items():
            say(f"process {number + 1} of {plan.processes}, {size:,} routes")
            with ProcessPoolExecutor(1, context) as process:
                job = process.submit(measure_process, plan, cases, size, number)
                of_size.append(job.result())
    return (
        [compare(case, size, found[size], plan) for case in cases for size in found],
        [growth(case, found) for case in cases],
    )


def measure_process(
    plan: Plan, cases: Sequence[Case], routes: int, number: int
) -> dict[Case, Taken]:
    """Measure cases on apps of one size.

    :param number: the number of the process, by which its random orders differ.
    """
    apps = make_apps(plan.kinds, routes, number)
    taken = {}
    for case in cases:
        verify(case, apps, routes)
        blocks = {
            kind: requests_block(app, case, routes, plan.calls)
            for kind, app in apps.items()
        }
        taken[case] = in_turns(blocks, plan.rounds, number)
        verify(case, apps, routes)
    return taken


def compare(
    case: Case, routes: int, processes: Sequence[Mapping[Case, Taken]], plan: Plan
) -> RequestResult:
    """Put together what the processes found for a case and apps of one size."""
    taken = [process[case] for process in processes]

    def to(other: Kind, kind: Kind) -> Spread:
        # Each process gives one value, the median of its rounds.
        return Spread.of([ratio(t[kind], t[other]).median for t in taken])

    def microseconds(kind: Kind) -> float:
        return median(median(t[kind]) for t in taken) / plan.calls / 1000

    return RequestResult(
        case=case.name,
        routes=routes,
        microseconds={kind: microseconds(kind) for kind in plan.kinds},
        ratios={kind: to("bare", kind) for kind in plan.kinds if kind != "bare"},
        to_hooks=to("hooks", "guard"),
    )


def growth(
    case: Case, found: Mapping[int, Sequence[Mapping[Case, Taken]]]
) -> GrowthResult:
    """Compare the largest apps with the smallest, process by process."""
    few, many = min(found), max(found)
    pairs = [
        (small[case], large[case])
        for small, large in zip(found[few], found[many], strict=True)
    ]
    ratios = {
        kind: Spread.of(
            [median(large[kind]) / median(small[kind]) for small, large in pairs]
        )
        for kind in pairs[0][0]
    }
    return GrowthResult(case.name, f"{many:,} routes instead of {few}", ratios)


def measure_hooks(rounds: int, calls: int) -> HookResult:
    """Measure the hooks alone, on a request that a route matched."""
    taken = in_turns(
        {
            name: _in_request(app, hook, calls)
            for name, (app, hook) in hooks(10).items()
        },
        rounds,
    )
    return HookResult(
        nanoseconds={name: median(values) / calls for name, values in taken.items()},
        to_naive=ratio(taken["the guard, before"], taken["the naive hook, before"]),
    )


def hooks(routes: int) -> dict[str, tuple[Flask, Callable[[], object]]]:
    """Give the hooks of the apps as calls that need only a request."""
    found: dict[str, tuple[Flask, Callable[[], object]]] = {}
    kinds: tuple[Kind, ...] = ("hooks", "naive", "guard")
    for kind in kinds:
        app = build(kind, routes)
        name = "an empty hook" if kind == "hooks" else KINDS[kind]
        (before,) = app.before_request_funcs[None]
        found[f"{name}, before"] = app, before
        if after := app.after_request_funcs.get(None):
            found[f"{name}, after"] = app, _after(app, after[0])
    return found


def _after(app: Flask, hook: Callable[..., object]) -> Callable[[], object]:
    response = app.response_class("ok")
    return lambda: hook(response)


def _in_request(app: Flask, hook: Callable[[], object], calls: int) -> Block:
    block = repeated(hook, calls)

    def in_request() -> int:
        with app.test_request_context(paths(10)[0]):
            hook()
            return block()

    return in_request
