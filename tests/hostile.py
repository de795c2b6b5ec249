"""Measure what hostile requests cost, as CPU time beside bare Flask.

Two apps with the same 300 routes get the same requests, one after the other. Each
request differs from the one before it, so that no cache helps. The command exits with 1
if the guard takes more than three times as long as bare Flask for any kind of request,
those apart that SECURITY.md names.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from time import process_time

from flask import Flask

from flask_method_guard import MethodGuard
from tests.raw_wsgi import Environ, make_environ, run

#: How many times as long as bare Flask a request may take with the guard.
LIMIT = 3.0

#: The same for the long paths that SECURITY.md names. The guard asks the router about
#: them once for each group of methods that the routes tell apart.
LIMIT_OF_NAMED = 8.0

#: About as much as servers take for the head of a request.
SIZE = 8_000

ROUTES = 300


@dataclass(frozen=True)
class Kind:
    """A kind of request; each field is made from a number that never comes twice."""

    method: Callable[[int], str] = lambda n: "PUT"
    path: Callable[[int], str] = lambda n: "/page-50"
    headers: Callable[[int], dict[str, str]] = lambda n: {}
    host: Callable[[int], str] = lambda n: "localhost"
    query: Callable[[int], str] = lambda n: ""
    limit: float = LIMIT
    numbers: Iterator[int] = field(default_factory=count, compare=False)

    def environs(self, size: int) -> list[Environ]:
        """Make requests that nobody has sent before."""
        return [
            make_environ(
                self.method(n),
                self.path(n),
                host=self.host(n),
                headers=self.headers(n),
                query=self.query(n),
            )
            for n in islice(self.numbers, size)
        ]


def unknown(n: int) -> str:
    """Make a method that no app supports, and that resembles one."""
    return f"GETT{n:X}"


def accept(size: int) -> Callable[[int], dict[str, str]]:
    """Make values of ``Accept`` of a size, as expensive to read as possible."""

    def headers(n: int) -> dict[str, str]:
        return {"Accept": (f"a/{n}" + ",*/*;q=1" * (size // 8))[:size]}

    return headers


KINDS = {
    "405": Kind(),
    "404": Kind(path=lambda n: f"/nothing-{n}"),
    "OPTIONS": Kind(method=lambda n: "OPTIONS"),
    "method, unknown": Kind(method=unknown),
    "method, 32 characters": Kind(method=lambda n: f"{n:A>32}"),
    "method, long": Kind(method=lambda n: f"{n:A>{SIZE}}"),
    "method, no token": Kind(method=lambda n: f"{n:/>{SIZE}}"),
    "method, lower case": Kind(method=lambda n: f"options{n}"),
    "Accept, the longest that is read": Kind(headers=accept(1024)),
    "Accept, long": Kind(headers=accept(SIZE)),
    "Accept, very long": Kind(headers=accept(8 * SIZE)),
    "Accept, many types": Kind(headers=lambda n: {"Accept": f"{n}" + ",a" * 500}),
    "Accept, many wildcards": Kind(headers=lambda n: {"Accept": f"{n}" + ",*/*" * 250}),
    "Accept, parameters": Kind(headers=lambda n: {"Accept": f"a/{n}" + ";q=1" * 250}),
    "Accept, quoted": Kind(headers=lambda n: {"Accept": f'a/{n};b="' + "\\" * 1000}),
    "Accept and method": Kind(method=unknown, headers=accept(1024)),
    "another header, long": Kind(headers=lambda n: {"X-Any": f"{n:x>{SIZE}}"}),
    "path, long": Kind(path=lambda n: f"/{n:a>{SIZE}}"),
    "path, many segments": Kind(path=lambda n: f"/{n}" + "/a" * (SIZE // 2)),
    "path, many slashes": Kind(
        path=lambda n: f"/{n}" + "/" * SIZE, limit=LIMIT_OF_NAMED
    ),
    "path, many double slashes": Kind(
        path=lambda n: f"/{n}" + "//a" * (SIZE // 3), limit=LIMIT_OF_NAMED
    ),
    "path, double slash": Kind(path=lambda n: f"//nothing-{n}"),
    "path, double slash before a route": Kind(path=lambda n: f"//item-50/{n}"),
    "path, long below a route": Kind(path=lambda n: f"/tree/{n}" + "/a" * (SIZE // 2)),
    "path, double slashes below a route": Kind(
        path=lambda n: f"/tree/{n}" + "//a" * (SIZE // 3), limit=LIMIT_OF_NAMED
    ),
    "path, digits": Kind(path=lambda n: f"/item-50/{n + 1:1>{SIZE // 2}}"),
    "path, refused": Kind(path=lambda n: f"/limited/{n + 1_000}"),
    "path, not ASCII": Kind(
        path=lambda n: f"/{n}" + "é" * (SIZE // 2), limit=LIMIT_OF_NAMED
    ),
    "path, missing slash": Kind(path=lambda n: f"/folder-50/{n}"),
    "host, long": Kind(host=lambda n: f"{n:a>{SIZE}}"),
    "host, many labels": Kind(host=lambda n: f"{n}" + ".a" * (SIZE // 2)),
    "host, not valid": Kind(host=lambda n: f"{n}" + "<" * SIZE),
    "query, long": Kind(query=lambda n: f"{n:a>{SIZE}}"),
    "query, many fields": Kind(query=lambda n: f"{n}" + "&a=b" * (SIZE // 4)),
    "handshake": Kind(
        headers=lambda n: {"Upgrade": "websocket", "Connection": "Upgrade"}
    ),
}


def build(*, guard: bool) -> Flask:
    """Make an app with routes of each kind."""
    app = Flask(__name__, static_folder=None)
    rules = (
        ("/page-{}", ["GET"]),
        ("/item-{}/<int:number>", ["GET", "DELETE"]),
        ("/folder-{}/", ["GET", "POST"]),
    )
    for number in range((ROUTES - 3) // len(rules)):
        for text, methods in rules:
            rule = text.format(number)
            app.add_url_rule(rule, rule, lambda **_: "ok", methods=methods)
    app.add_url_rule("/limited/<int(max=5):n>", "limited", str, methods=["PATCH"])
    app.add_url_rule("/tree/<path:rest>", "tree", str)
    app.add_url_rule("/<name>/", "name", str)
    if guard:
        MethodGuard(app)
    return app


def seconds(app: Flask, environs: list[Environ]) -> float:
    """Return how long an app computes for some requests."""
    start = process_time()
    for environ in environs:
        run(app, environ)
    return process_time() - start


def ratio(bare: Flask, guarded: Flask, kind: Kind, rounds: int, size: int) -> float:
    """Return how many times as long as bare Flask the guard takes, at best."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        times.append(
            (seconds(bare, kind.environs(size)), seconds(guarded, kind.environs(size)))
        )
    return min(b for _, b in times) / min(a for a, _ in times)


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each kind of request, and fail if one is too expensive."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("--rounds", type=int, default=10, help="the best one counts")
    parser.add_argument("--size", type=int, default=20, help="requests in a round")
    given = parser.parse_args(arguments)
    bare, guarded = build(guard=False), build(guard=True)
    found = {}
    for name, kind in KINDS.items():
        seconds(bare, kind.environs(1))
        seconds(guarded, kind.environs(1))
        found[name] = ratio(bare, guarded, kind, given.rounds, given.size)
        print(f"{found[name]:6.2f}  {name}", flush=True)
    expensive = [name for name, times in found.items() if times > KINDS[name].limit]
    if expensive:
        raise SystemExit(f"Too expensive beside bare Flask: {', '.join(expensive)}")


if __name__ == "__main__":
    main()
