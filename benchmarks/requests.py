"""Requests and hooks, timed in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from time import thread_time_ns
from typing import Any

from flask import Flask

from .apps import KINDS, Kind, build, paths
from .cases import CASES, Case, verify
from .results import GrowthResult, HookResult, RequestResult
from .timing import Block, Spread, in_turns, ratio, repeated

Apps = dict[int, dict[Kind, Flask]]


def make_apps(sizes: Iterable[int]) -> Apps:
    """Make an app of each kind for each number of routes."""
    return {size: {kind: build(kind, size) for kind in KINDS} for size in sizes}


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
    apps: Apps, rounds: int, calls: int, say: Callable[[str], None]
) -> tuple[list[RequestResult], list[GrowthResult]]:
    """Measure every case on every app; apps of all sizes take turns, too."""
    results, growth = [], []
    for case in CASES:
        say(case.name)
        for routes, of_size in apps.items():
            verify(case, of_size, routes)
        taken = in_turns(
            {
                (routes, kind): requests_block(app, case, routes, calls)
                for routes, of_size in apps.items()
                for kind, app in of_size.items()
            },
            rounds,
        )
        for routes, of_size in apps.items():
            verify(case, of_size, routes)
        results += [_result(case, routes, taken, calls) for routes in apps]
        growth.append(_growth(case, taken))
    return results, growth


_Taken = dict[tuple[int, Kind], list[float]]


def _result(case: Case, routes: int, taken: _Taken, calls: int) -> RequestResult:
    times = {kind: taken[routes, kind] for kind in KINDS}
    return RequestResult(
        case=case.name,
        routes=routes,
        microseconds={
            kind: median(values) / calls / 1000 for kind, values in times.items()
        },
        ratios={
            kind: ratio(values, times["bare"])
            for kind, values in times.items()
            if kind != "bare"
        },
        to_hooks=ratio(times["guard"], times["hooks"]),
    )


def _growth(case: Case, taken: _Taken) -> GrowthResult:
    sizes = sorted({routes for routes, _ in taken})
    few, many = sizes[0], sizes[-1]
    ratios: dict[Kind, Spread] = {
        kind: ratio(taken[many, kind], taken[few, kind]) for kind in KINDS
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
    apps = make_apps([routes])[routes]
    for kind in ("hooks", "naive", "guard"):
        app = apps[kind]
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
