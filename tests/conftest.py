"""What all tests share."""

import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from hypothesis import settings

from flask_method_guard import ruleset

# How long an example takes says more of the machine than of the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# Where nothing is known about any rule, every answer must still be right. CI runs the
# tests this way, too.
if os.environ.get("METHOD_GUARD_DOUBT") == "1":
    ruleset._may_reject = lambda rule: True  # noqa: SLF001


def lacks(owner: type, name: str, what: str) -> None:
    """Skip each test that calls a method which needs what this platform lacks."""

    def skip(*_: object, **__: object) -> NoReturn:
        pytest.skip(f"{sys.platform} has no {what}")

    setattr(owner, name, skip)


if sys.platform == "emscripten":  # WebAssembly, as in a browser
    lacks(threading.Thread, "start", "threads")
    lacks(subprocess.Popen, "__init__", "processes")
    lacks(socket.socket, "__init__", "sockets")
    lacks(Flask, "async_to_sync", "event loop that Flask could start")


@pytest.fixture(autouse=True, scope="session")
def _work_in_the_root() -> Iterator[None]:
    """Run the tests in the project's root, wherever they are started.

    Places that are shown to people are relative to the working directory.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parent.parent)
        yield


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collections.

    It lives until the tests end, and a full collection would look through all of it.
    """
    gc.collect()
    gc.freeze()
