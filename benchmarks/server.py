"""A real server: gunicorn, with wrk for its client, guarded and bare in turns.

Both servers run all the while, each one process on a free port of 127.0.0.1; only
one has work at a time. Every load is bounded in time, and each server is stopped by
its process id.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from .apps import KINDS, Kind
from .cases import NOT_ALLOWED, NOT_FOUND, NOT_IMPLEMENTED, SERVED, Case
from .timing import Spread, ratio

ROOT = Path(__file__).parent.parent
SCRIPT = Path(__file__).parent / "method.lua"
ROUTES = 10
CASES = (SERVED[0], NOT_ALLOWED[0], NOT_IMPLEMENTED[0], NOT_FOUND[0])
SERVED_BY: tuple[Kind, Kind] = ("bare", "guard")


class NotAvailableError(Exception):
    """A program that this needs is not installed."""


@dataclass(frozen=True)
class ServerResult:
    """What one request, sent over and over, brought."""

    case: str
    #: Requests a second.
    rates: dict[Kind, float]
    #: The guard's rate in relation to bare Flask's; more is better.
    ratio: Spread


def measure_server(
    rounds: int, seconds: int, say: Callable[[str], None]
) -> list[ServerResult]:
    """Let wrk send each request to both servers in turns.

    :raises NotAvailableError: if wrk or gunicorn is not installed.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise NotAvailableError("wrk is not installed. On Debian: apt install wrk.")
    results = []
    with ExitStack() as stack:
        ports = {kind: stack.enter_context(serving(kind)) for kind in SERVED_BY}
        for case in CASES:
            say(case.name)
            rates: dict[Kind, list[float]] = {kind: [] for kind in SERVED_BY}
            for kind, port in ports.items():
                _check(case, kind, port)
                _load(wrk, case, kind, port, 1)
            for number in range(rounds):
                # Neither is always the first.
                for kind in SERVED_BY[:: -1 if number % 2 else 1]:
                    rates[kind].append(_load(wrk, case, kind, ports[kind], seconds))
            results.append(
                ServerResult(
                    case.name,
                    {kind: median(values) for kind, values in rates.items()},
                    ratio(rates["guard"], rates["bare"]),
                )
            )
    return results


@contextmanager
def serving(kind: Kind) -> Iterator[int]:
    """Run gunicorn with one app; give its port, and stop it in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--bind"]
        command += [f"fd://{listener.fileno()}", "--workers", "1", "--threads", "2"]
        command += ["--worker-class", "gthread", "--log-level", "warning"]
        command.append(f"benchmarks.apps:build({kind!r}, {ROUTES})")
        with subprocess.Popen(
            command, cwd=ROOT, pass_fds=[listener.fileno()]
        ) as process:
            try:
                _wait(process, port)
                yield port
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    # The socket takes connections before gunicorn does, so an answer is waited for.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotAvailableError(
                "gunicorn did not start; its own words stand above. It is in the"
                " dependency group 'bench'."
            )
        try:
            _ask(port, SERVED[0])
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("gunicorn did not answer within 20 seconds")


def _ask(port: int, case: Case) -> tuple[int, str | None]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Accept": case.accept}
        connection.request(case.method, case.path(ROUTES), headers=headers)
        response = connection.getresponse()
        return response.status, response.getheader("Allow")
    finally:
        connection.close()


def _check(case: Case, kind: Kind, port: int) -> None:
    status, allow = _ask(port, case)
    if status != case.expected_status(kind):
        raise RuntimeError(f"{case.name}, {KINDS[kind]}: the status is {status}")
    if (status == 405) != (allow is not None):
        raise RuntimeError(f"{case.name}, {KINDS[kind]}: Allow is {allow!r}")


def _load(wrk: str, case: Case, kind: Kind, port: int, seconds: int) -> float:
    """Send a request over and over from four connections; give the rate."""
    command = [wrk, "--threads", "1", "--connections", "4"]
    command += ["--duration", f"{seconds}s", "--script", str(SCRIPT)]
    command += ["--header", f"Accept: {case.accept}"]
    command += [f"http://127.0.0.1:{port}{case.path(ROUTES)}", "--", case.method]
    said = subprocess.run(
        command,
        capture_output=True,
        check=True,
        text=True,
        timeout=seconds + 30,
    ).stdout
    total = _figure(r"(\d+) requests in ", said)
    refused = _figure(r"Non-2xx or 3xx responses: (\d+)", said)
    wanted = 0 if case.expected_status(kind) == 200 else total
    if refused != wanted or "Socket errors" in said or not total:
        raise RuntimeError(f"{case.name}, {KINDS[kind]}: not all as wanted:\n{said}")
    return _figure(r"Requests/sec:\s+([\d.]+)", said)


def _figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0
