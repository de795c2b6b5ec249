"""A real server: gunicorn, with wrk as its client, with and without the guard in turns.

Both servers run all the time, each with one process on a free port of 127.0.0.1, and
one at a time has work. Every load is bounded in time, and each server is stopped by its
process id.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from .cases import CASES, App, Case, Kind, WrongAnswerError
from .timing import ROUTES, Spread

SCRIPT = Path(__file__).parent / "method.lua"
KINDS: tuple[Kind, Kind] = ("bare", "guard")


def measure_server(rounds: int, seconds: int) -> Iterator[str]:
    """Let wrk send each case to both servers in turns, and yield a line for it."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed. On Debian and Ubuntu: sudo apt install wrk")
    with ExitStack() as stack:
        ports = {kind: stack.enter_context(serving(kind)) for kind in KINDS}
        for case in CASES:
            ratios = []
            for number in range(rounds):
                # Neither is always the first.
                order = KINDS[:: -1 if number % 2 else 1]
                rates = {kind: load(case, kind, ports[kind], seconds) for kind in order}
                ratios.append(rates["bare"] / rates["guard"])
            yield f"{case.name + ' ÷ bare Flask':30}{Spread.of(ratios)}"


@contextmanager
def serving(kind: Kind) -> Iterator[int]:
    """Run gunicorn with one app, yield its port, and stop it in the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "gunicorn", "--bind"]
        command += [f"fd://{listener.fileno()}", "--workers", "1", "--threads", "2"]
        command += ["--worker-class", "gthread", "--log-level", "warning"]
        command += ["--no-control-socket"]  # the two would share one in the home folder
        command.append(f"benchmarks.cases:build({kind!r}, 'plain', {ROUTES})")
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as process:
            try:
                port: int = listener.getsockname()[1]
                yield port
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def load(case: Case, kind: Kind, port: int, seconds: int) -> float:
    """Send a request over and over from four connections, and return the rate.

    :raises WrongAnswerError: if an answer has another status than expected.
    """
    path = App("bare", "plain", ROUTES).environs(case)[0]["PATH_INFO"]
    # The socket accepts this before gunicorn is ready, and gunicorn answers it then.
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(case.method, path)
    status = connection.getresponse().status
    connection.close()
    command = ["wrk", "--threads", "1", "--connections", "4", "--script", str(SCRIPT)]
    command += [f"--duration={seconds}s", f"http://127.0.0.1:{port}{path}"]
    command += ["--", case.method]
    output = subprocess.check_output(command, text=True, timeout=seconds + 30)
    total, refused, rate = (
        float(found[1]) if (found := re.search(pattern, output)) else 0
        for pattern in (
            r"(\d+) requests in ",
            r"Non-2xx or 3xx responses: (\d+)",
            r"Requests/sec:\s+([\d.]+)",
        )
    )
    expected = 0 if case.status == 200 else total
    wrong = status != case.status_of(kind) or refused != expected
    if wrong or "Socket errors" in output or not total:
        raise WrongAnswerError(f"{kind}: {case.method} {path}: {status}\n{output}")
    return rate
