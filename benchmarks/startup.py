"""What is paid once: start-up, the first requests to a new app, and memory."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from statistics import median
from time import thread_time_ns

from flask import Flask

from flask_method_guard import MethodGuard

from .apps import Kind, build
from .cases import HEAD, NOT_ALLOWED, NOT_FOUND, NOT_IMPLEMENTED, OPTIONS, SERVED
from .requests import requests_block
from .results import StartResult
from .timing import Block, in_turns

_FIRST = {
    "first GET": SERVED[0],
    "first 405": NOT_ALLOWED[0],
    "first 501": NOT_IMPLEMENTED[0],
}
_KINDS: tuple[Kind, Kind] = ("bare", "guard")


def measure_start(
    sizes: Iterable[int], rounds: int, say: Callable[[str], None]
) -> list[StartResult]:
    """Measure what is paid once by apps of each size."""
    results = []
    for routes in sizes:
        say(f"start-up, {routes} routes")
        # To build a large app takes long, and it is built anew for each value.
        some = max(3, rounds // (1 + routes // 100))
        blocks: dict[tuple[Kind, str], Block] = {
            (kind, name): _first(kind, routes, name)
            for kind in _KINDS
            for name in _FIRST
        }
        blocks["bare", "start-up"] = _flask
        blocks["guard", "start-up"] = _init_app
        taken = in_turns(blocks, some)
        times: dict[Kind, dict[str, float]] = {kind: {} for kind in _KINDS}
        for (kind, name), values in taken.items():
            times[kind][name] = median(values) / 1000
        results.append(
            StartResult(
                routes=routes,
                bare=times["bare"],
                guard=times["guard"],
                bare_bytes=_memory("bare", routes),
                guard_bytes=_memory("guard", routes),
            )
        )
    return results


def _flask() -> int:
    start = thread_time_ns()
    Flask(__name__)
    return thread_time_ns() - start


def _init_app() -> int:
    app = Flask(__name__)
    start = thread_time_ns()
    MethodGuard(app)
    return thread_time_ns() - start


def _first(kind: Kind, routes: int, name: str) -> Block:
    def block() -> int:
        return requests_block(build(kind, routes), _FIRST[name], routes, 1)()

    return block


def _memory(kind: Kind, routes: int) -> int:
    """Tell the bytes that an app holds after it has answered every sort of request."""

    def use() -> Flask:
        app = build(kind, routes)
        for case in (SERVED[0], HEAD, OPTIONS, *NOT_ALLOWED, *NOT_IMPLEMENTED):
            requests_block(app, case, routes, 1)()
        requests_block(app, NOT_FOUND[0], routes, 1)()
        return app

    use()  # fills the caches that all apps share
    gc.collect()
    tracemalloc.start()
    try:
        app = use()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        del app
    finally:
        tracemalloc.stop()
    return held


_IMPORT = """
import time, flask
start = time.perf_counter()
import flask_method_guard
print(time.perf_counter() - start)
"""


def measure_import(rounds: int) -> float:
    """Tell the milliseconds that importing the package takes beside Flask."""
    command = [sys.executable, "-c", _IMPORT]
    taken = [
        float(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(rounds)
    ]
    return median(taken) * 1000
