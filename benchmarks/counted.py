"""The work whose instructions are counted; ``instructions`` runs it in Valgrind.

Every piece of work is done by children of one process, forked when all is
imported and warm: one child does it some times, another twice as many times. The
difference is the work alone, without start-up. Prints a line for each child:
its process id, the times, the name.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

from flask import Flask

from .apps import Kind, build, paths
from .cases import (
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    OPTIONS,
    SERVED,
    Case,
    verify,
)
from .requests import hooks, start_response

#: How often work is done; twice as often by the second child.
HOOK_TIMES = 300
REQUEST_TIMES = 20
#: How often it was done before.
WARM_UP = 20

#: A small map, and one that is no longer small.
FEW, MANY = 10, 200

_CASES = {
    "served": SERVED[0],
    "405": NOT_ALLOWED[0],
    "501": NOT_IMPLEMENTED[0],
    "404": NOT_FOUND[0],
    "OPTIONS": OPTIONS,
}


def main() -> None:
    """Do all the work."""
    # What the collector does depends on all that was allocated before.
    gc.disable()
    for name, (app, hook) in hooks(FEW).items():
        with app.test_request_context(paths(FEW)[0]):
            _fork_twice(name, hook, HOOK_TIMES)
    count_requests(FEW, ("bare", "hooks", "guard"))
    count_requests(MANY, ("guard",))


def count_requests(routes: int, kinds: tuple[Kind, ...]) -> None:
    """Let each kind of app answer; two empty hooks matter to what is served."""
    apps = {kind: build(kind, routes) for kind in kinds}
    for name, case in _CASES.items():
        verify(case, apps, routes)
        for kind, app in apps.items():
            if kind != "hooks" or name == "served":
                request = _request(app, case, routes)
                _fork_twice(f"{name}, {kind}, {routes} routes", request, REQUEST_TIMES)


def _request(app: Flask, case: Case, routes: int) -> Callable[[], None]:
    # Made beforehand, for the making is no work of the app. A child that takes
    # fewer of them leaves the others; the parent needs its own for warming up.
    rest = iter([case.environ(routes) for _ in range(WARM_UP + 2 * REQUEST_TIMES)])

    def request() -> None:
        body = app(next(rest), start_response)
        for _ in body:
            pass
        body.close()  # type: ignore[attr-defined]

    return request


def _fork_twice(name: str, work: Callable[[], object], times: int) -> None:
    for _ in range(WARM_UP):
        work()
    for factor in (1, 2):
        child = os.fork()
        if not child:
            for _ in range(factor * times):
                work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"{name}: the child ended with status {status}")
        print(child, factor * times, name, flush=True)


if __name__ == "__main__":
    main()
