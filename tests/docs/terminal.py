"""A terminal for the documentation's ``console`` blocks.

One bash a page, so that ``cd`` and a started server last from block to block, in a
directory of its own. A page writes the port as 5000; a free port is used instead.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

#: The address that pages show.
SHOWN = "127.0.0.1:5000"
#: What pages install, and the folder of the page's directory that has it.
INSTALLED = "git+https://github.com/example/flask-method-guard"
CHECKOUT = "flask-method-guard"
TIMEOUT = 60.0
_SERVER = re.compile(r"\bflask .*\brun\b")


class Mismatch(AssertionError):
    """A command's output or exit status is not what the page shows."""


class Terminal:
    """Run commands as a reader would, in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.address = f"127.0.0.1:{_free_port()}"
        self._directory = directory
        self._env = _environment(self.address) | {"CURL_HOME": str(directory)}
        # As in a real terminal, where curl shows no progress of what it prints.
        (directory / ".curlrc").write_text("no-progress-meter\n", encoding="utf-8")
        self._servers: list[subprocess.Popen[bytes]] = []
        self._bash = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc"],
            cwd=directory,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def close(self) -> None:
        """End what was started, each process by itself."""
        for process in [*self._servers, self._bash]:
            process.terminate()
            process.communicate(timeout=TIMEOUT)

    def check(self, block: str) -> None:
        """Run a block's commands and compare what they print.

        :param block: lines ``$ command``, ``> continuation``, and their output.
        :raises Mismatch: if an output differs, or a command fails and the next
            command is not ``echo $?``, which shows the reader that it does.
        """
        steps = list(_steps(block))
        commands = [command for command, _ in steps]
        for (command, expected), following in zip(
            steps, [*commands[1:], ""], strict=True
        ):
            output, status = self._run(command)
            if status and following != "echo $?":
                raise Mismatch(f"$ {command}\nexit status {status}:\n{output}")
            if expected and not matches(expected, output):
                raise Mismatch(
                    f"$ {command}\n--- the page\n{expected}\n--- the terminal\n{output}"
                )

    def _run(self, command: str) -> tuple[str, int]:
        command = command.replace(SHOWN, self.address)
        # The address is a placeholder, so the checkout is installed in its place.
        command = command.replace(INSTALLED, str(self._directory / CHECKOUT))
        output, status = (
            self._serve(command) if _SERVER.search(command) else self._type(command)
        )
        text = output.decode().replace("\r\n", "\n").replace(self.address, SHOWN)
        return text, status

    def _type(self, command: str) -> tuple[bytes, int]:
        mark = uuid.uuid4().hex
        typed = f"{command}\n__s=$?; printf '\\n{mark} %s\\n' $__s; (exit $__s)\n"
        if self._bash.stdin is None or self._bash.stdout is None:
            raise RuntimeError("the terminal has no pipes")
        self._bash.stdin.write(typed.encode())
        self._bash.stdin.flush()
        pattern = re.compile(rf"\n{mark} (\d+)\n".encode())
        output = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._bash.stdout, selectors.EVENT_READ)
            deadline = time.monotonic() + TIMEOUT
            while (found := pattern.search(output)) is None:
                if not selector.select(deadline - time.monotonic()):
                    raise Mismatch(
                        f"$ {command}\nno end after {TIMEOUT} s:\n{output!r}"
                    )
                chunk = os.read(self._bash.stdout.fileno(), 65536)
                if not chunk:
                    raise Mismatch(f"$ {command}\nended the shell:\n{output!r}")
                output += chunk
        return output[: found.start()], int(found.group(1))

    def _serve(self, command: str) -> tuple[bytes, int]:
        log = self._directory / f"server-{len(self._servers)}.log"
        for server in self._servers:  # a reader stops the old one first
            server.terminate()
            server.wait(TIMEOUT)
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {command}"],
                cwd=self._type("pwd")[0].decode().strip(),
                env=self._env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._servers.append(server)
        deadline = time.monotonic() + TIMEOUT
        while b"CTRL+C" not in log.read_bytes():
            if server.poll() is not None or time.monotonic() > deadline:
                raise Mismatch(f"$ {command}\ndid not start:\n{log.read_text()}")
            time.sleep(0.02)
        return log.read_bytes(), 0


def matches(expected: str, output: str) -> bool:
    """Compare an output with a page's: ``...`` matches anything.

    Ends of lines and the end of the output may have more or less white space.
    """
    pattern = "".join(
        ".*" if part == "..." else re.escape(part)
        for part in re.split(r"(\.\.\.)", _tidy(expected))
    )
    return re.fullmatch(pattern, _tidy(output), re.DOTALL) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).rstrip()


def _steps(block: str) -> Iterator[tuple[str, str]]:
    command, output = "", ""
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:], ""
        elif line.startswith("> ") and not output:
            command += "\n" + line[2:]
        elif command:
            output += line + "\n"
        else:
            raise Mismatch(f"a console block begins with '$ ', not {line!r}")
    yield command, output


def _environment(address: str) -> dict[str, str]:
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FLASK_", "METHOD_GUARD_", "PYTEST_", "COV", "COLUMNS"))
    }
    installed = [path for path in sys.path if path and Path(path).is_dir()]
    return env | {
        # What is installed here counts as installed in the reader's environment.
        # pip says what it would do; it downloads and changes nothing.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]]),
        "PYTHONPATH": os.pathsep.join(installed),
        "PIP_DRY_RUN": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one backwards
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "FLASK_RUN_PORT": address.rpartition(":")[2],
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        # As on a terminal of this width; a pipe alone would get other lists.
        "COLUMNS": "80",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
