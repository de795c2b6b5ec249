"""Many requests: every answer is right, and nothing is kept of any of them."""

from __future__ import annotations

import gc
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product
from pathlib import Path
from string import ascii_uppercase

import pytest

from tests.raw_wsgi import ask

from . import wire
from .app import create_app
from .conftest import Pair
from .harness import SERVERS
from .methods import Answer, faults

CONNECTIONS = 8
REQUESTS = 2_000

MIX = {
    (b"GET", b"/items/3"): 200,
    (b"PUT", b"/items/3"): 405,
    (b"FOO", b"/items/3"): 501,
    (b"GET", b"/nowhere"): 404,
}

loaded_servers = pytest.mark.parametrize(
    "pair",
    [s for s in SERVERS if s.name in ("gunicorn gthread", "gunicorn gevent")],
    indirect=True,
    ids=lambda server: server.name,
)


def converse(port: int) -> list[str]:
    """Send one connection's share of the requests; tell what was wrong."""
    wrong = []
    mix = list(MIX.items()) * (REQUESTS // CONNECTIONS // len(MIX))
    connection = wire.connect(port)
    try:
        for (method, target), status in mix:
            wire.send(connection, wire.request(method, target, close=False))
            received = wire.read(connection, finals=1)
            replies = wire.replies(received)
            wrong += faults(Answer(method, received, replies[0] if replies else None))
            if [reply.status for reply in replies] != [status]:
                wrong.append(f"{method!r} {target!r} got {received!r}")
            if wire.says_close(replies):
                connection.close()
                connection = wire.connect(port)
    finally:
        connection.close()
    return wrong


@loaded_servers
def test_every_answer_under_load_is_right(pair: Pair) -> None:
    """A mix of 200, 405, 501 and 404 is answered right on all of eight connections."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        found = list(pool.map(converse, [pair.on.port] * CONNECTIONS))
    assert found == [[]] * CONNECTIONS


#: Enough to fill each bounded cache.
WARM_UP = 10_000
DISTINCT = 100_000


def footprint() -> tuple[int, int]:
    """Count the blocks that Python holds, and the process's resident kilobytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return sys.getallocatedblocks(), pages * resource.getpagesize() // 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_distinct_methods_leave_nothing_behind() -> None:
    """100,000 unknown methods, each with an Accept and a path of its own, cost nothing.

    What is bounded is filled first: after that, memory is flat.
    """
    app = create_app(guard=True)
    names = ("".join(letters) for letters in product(ascii_uppercase, repeat=4))

    def send(count: int) -> set[int]:
        return {
            ask(app, f"X{name}", f"/{name}", headers={"Accept": f"text/{name}"}).status
            for name in islice(names, count)
        }

    assert send(WARM_UP) == {501}
    blocks, kilobytes = footprint()
    assert send(DISTINCT) == {501}
    more_blocks, more_kilobytes = footprint()
    assert more_blocks - blocks < WARM_UP // 10
    assert more_kilobytes - kilobytes < 2_048
