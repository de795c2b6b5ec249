"""The harness itself: what is missing is named, and a dead server is no silence."""

from __future__ import annotations

import os

import pytest

from .conftest import require
from .harness import Server, running

ABSENT = Server(
    "absent",
    "{python} -m absent",
    packages=("no-such-package",),
    behind=Server("behind", "no-such-program", programs=("no-such-program",)),
)


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        pytest.param("", pytest.skip.Exception, id="skipped"),
        pytest.param("1", pytest.fail.Exception, id="failed where all must be"),
    ],
)
def test_a_missing_server_is_named(
    monkeypatch: pytest.MonkeyPatch, setting: str, outcome: type[BaseException]
) -> None:
    """A server is missing if anything is that it needs, or the one behind it."""
    monkeypatch.setenv("METHOD_GUARD_REQUIRE_ALL", setting)
    with pytest.raises(outcome, match="absent needs no-such-program, no-such-package"):
        require(ABSENT)


def test_a_server_that_dies_is_told_of() -> None:
    """What a server said before it ended stands in the error."""
    dead = Server("dead", "{python} -m no_such_module")
    with (
        pytest.raises(RuntimeError, match=r"dead does not answer.*no_such_module"),
        running(dead, guard=False),
    ):
        pass


def test_a_server_is_stopped() -> None:
    """No process is left when the block ends."""
    plain = Server("plain", "{python} -m flask --app app run --port {port}")
    with running(plain, guard=False) as server:
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
