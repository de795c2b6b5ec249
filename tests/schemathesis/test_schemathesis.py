"""What Schemathesis finds in one API: guarded, guarded by default, and bare."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sysconfig.get_path("scripts"), "schemathesis")

#: The codes of its findings, and the checks that they come from.
SERVER_ERROR = "ST101"  # not_a_server_error
UNDECLARED = "ST204"  # unsupported_method

#: The phase in which it sends methods that the document does not declare.
COVERAGE = "--phases=coverage"


@pytest.fixture(autouse=True)
def schemathesis() -> None:
    """Skip the tests, or fail them where all must run, if it is not installed."""
    if find_spec("schemathesis") is None:
        if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
            pytest.fail("schemathesis is not installed")
        pytest.skip("schemathesis is not installed")


@contextmanager
def served(setting: str) -> Iterator[str]:
    """Serve the API, and stop the server afterwards."""
    command = [sys.executable, "-m", "tests.schemathesis.app", setting]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def findings(setting: str, directory: Path, *options: str) -> set[tuple[str, str]]:
    """Let Schemathesis test the API with all of its checks.

    :param setting: what the API is started with.
    :param directory: where it may write.
    :return: what it finds, as pairs of a code and the method that it sent.
    """
    with served(setting) as url:
        run = subprocess.run(
            [
                *(PROGRAM, "run", f"{url}/openapi.json", "--no-color", "--seed=1"),
                *("--max-examples=10", "--continue-on-failure", *options),
            ],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert "Operations:       4 selected / 4 total" in run.stdout, run.stdout
    assert "Tested: 4" in run.stdout, run.stdout
    found = set()
    for block in re.split(r"^\d+\. Test Case ID", run.stdout, flags=re.M)[1:]:
        (method,) = re.findall(r"^ +curl -X (\w+) ", block, flags=re.M)
        found |= {(code, method) for code in re.findall(r"^- (ST\d+) ", block, re.M)}
    assert run.returncode == bool(found), run.stdout
    return found


def send_only(directory: Path, *methods: str) -> None:
    """Write the configuration that says which undeclared methods are sent."""
    text = f"[phases.coverage]\nunexpected-methods = {list(methods)}\n"
    (directory / "schemathesis.toml").write_text(text)


def test_it_accepts_a_guarded_api(tmp_path: Path) -> None:
    """Every undeclared method is a 405 with Allow, and none of its checks fails."""
    assert findings("standard,routes", tmp_path) == set()


@pytest.mark.parametrize("method", ["TRACE", "QUERY"])
def test_a_501_is_a_server_error_to_it(method: str, tmp_path: Path) -> None:
    """With the default, these are 501, where it expects 405."""
    send_only(tmp_path, method)
    found = findings("default,routes", tmp_path, COVERAGE)
    assert found == {(SERVER_ERROR, method), (UNDECLARED, method)}


def test_it_can_be_told_what_to_send(tmp_path: Path) -> None:
    """The other way: it sends only methods that the app supports by default."""
    send_only(tmp_path, "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    assert findings("default,routes", tmp_path, COVERAGE) == set()


def test_it_finds_the_lost_allow_of_the_bare_api(tmp_path: Path) -> None:
    """The error handler of the same API without the guard loses Allow."""
    checks = "unsupported_method,not_a_server_error,allow_header_conformance"
    found = findings("bare", tmp_path, COVERAGE, f"--checks={checks}")
    assert {code for code, _ in found} == {UNDECLARED}
