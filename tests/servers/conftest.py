"""Each server runs once for all tests, with the guard and without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from .harness import SERVERS, Running, Server, running


class Pair(NamedTuple):
    """One server twice: the application with the guard, and bare Flask."""

    server: Server
    on: Running
    off: Running


#: For tests of what does not depend on the methods that a server takes.
each_distinct_server = pytest.mark.parametrize(
    "pair",
    [server for server in SERVERS if not server.twin],
    indirect=True,
    ids=lambda server: server.name,
)


def require(server: Server) -> None:
    """Skip the tests of a server that is not here, or fail where all must be."""
    if missing := server.missing():
        reason = f"{server.name} needs {', '.join(missing)}, which is not installed"
        if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session", params=SERVERS, ids=lambda server: server.name)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Serve the application twice by one server."""
    server: Server = request.param
    require(server)
    with running(server, guard=True) as on, running(server, guard=False) as off:
        yield Pair(server, on, off)
