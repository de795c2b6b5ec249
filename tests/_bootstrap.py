"""The virtual environment of a checkout: created when absent, updated when outdated.

This file runs before anything is installed, so it uses only the standard library, and
only syntax that an old Python can read, to report that it is too old. The commands of
the README start here, so that Python alone is enough to run them.
"""

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "constraints.txt"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"

#: The first pip that installs dependency groups (PEP 735).
PIP = "pip>=25.1"


def run(group: str, *arguments: str) -> NoReturn:
    """Become the checkout's own Python, with a dependency group installed.

    :param group: a name below ``[dependency-groups]`` in ``pyproject.toml``.
    :param arguments: the arguments of that Python, such as ``-m`` and a module.
    """
    check_python()
    try:
        create_environment()
        install(group)
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the command again to finish the installation.")
    command = [str(environment_python()), *arguments]
    sys.stdout.flush()
    if WINDOWS:  # where exec returns to the shell at once
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)  # noqa: S606 -- no shell is wanted


def check_python() -> None:
    """Stop with a sentence when this Python is older than the package supports."""
    match = re.search(r'requires-python = ">=(\d+)\.(\d+)"', PYPROJECT.read_text())
    if match is None:
        sys.exit(f"No requires-python of the form >=X.Y in {PYPROJECT}.")
    oldest = (int(match[1]), int(match[2]))
    if sys.version_info[:2] < oldest:
        sys.exit(
            "flask-method-guard needs Python {}.{} or newer; this is {}.{}, at {}. "
            "Start the command with a newer one, such as python3.13 -m ….".format(
                *oldest, *sys.version_info[:2], sys.executable
            )
        )


def environment_python() -> Path:
    """Return where the environment's interpreter is, or will be."""
    if WINDOWS:
        return VENV / "Scripts" / "python.exe"
    return VENV / "bin" / "python"


def create_environment() -> None:
    """Create ``.venv`` with the standard library's venv, unless a whole one exists."""
    python = environment_python()
    if python.exists() and is_whole(python):
        name_another_python()
        return
    if importlib.util.find_spec("venv") is None or (
        importlib.util.find_spec("ensurepip") is None
    ):
        sys.exit(
            "This Python comes without venv or ensurepip, which create the virtual "
            "environment. On Debian and Ubuntu: sudo apt install python3-venv."
        )
    say(f"Creating the virtual environment {VENV.name} …")
    if start(sys.executable, "-m", "venv", "--clear", str(VENV)) != 0:
        sys.exit(
            f"{VENV} could not be created; the reason is above. If it is left over "
            "from an earlier attempt, remove it and run the command again."
        )


def is_whole(python: Path) -> bool:
    """Return whether an environment has its pip, the last thing that it gets."""
    command = [str(python), "-c", "import pip"]
    return subprocess.call(command, stderr=subprocess.DEVNULL) == 0


def name_another_python() -> None:
    """Say so if the environment belongs to another Python than the one that runs."""
    found = re.search(r"^version = (\d+\.\d+)", read(VENV / "pyvenv.cfg"), re.MULTILINE)
    own = "{}.{}".format(*sys.version_info)
    if found and found[1] != own:
        say(
            f"This runs on Python {found[1]}, for which {VENV.name} was made. To use "
            f"Python {own}, remove {VENV.name}."
        )


def read(file: Path) -> str:
    """Return the text of a file; of none, an empty one."""
    return file.read_text() if file.exists() else ""


def install(group: str) -> None:
    """Install the package, editable, and a dependency group, unless that was done."""
    stamp = VENV / f"installed-{group}.txt"
    wanted = fingerprint()
    if read(stamp) == wanted:
        return
    say(
        f"Installing flask-method-guard and its {group!r} tools into {VENV.name}. This "
        "needs a package index, and takes about a minute the first time:"
    )
    started = time.monotonic()
    for what in (
        [PIP],
        ["--editable", str(ROOT), "--group", f"{PYPROJECT}:{group}"],
    ):
        if not pip_install("--constraint", str(CONSTRAINTS), *what):
            sys.exit(
                "pip could not install that; the reason is above. If it could not "
                "connect or find a version, check the network: PyPI, or the package "
                "index in pip's configuration, must be reachable. Then run the command "
                "again."
            )
    stamp.write_text(wanted)
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def pip_install(*arguments: str) -> bool:
    """Let the environment's pip install something, and name each package meanwhile.

    :return: whether pip succeeded. It writes errors to the terminal itself.
    """
    options = ("--disable-pip-version-check", "--no-input", "--progress-bar=off")
    quick = ("--retries=1",)  # without a network, the reason comes at once
    command = ("-m", "pip", "install", *options, *quick, *arguments)
    return start(str(environment_python()), *command) == 0


def start(*command: str) -> int:
    """Run a command to its end, and name each package that it collects.

    Ctrl-C reaches this process alone, which then stops the command, so that nobody
    sees where in its own code the command was.
    """
    # Its warnings are for the authors of packages.
    env = dict(os.environ, PYTHONWARNINGS="ignore")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
        start_new_session=not WINDOWS,
    ) as process:
        try:
            for line in process.stdout or ():
                if line.startswith("Collecting "):
                    # A version would be what is asked for, not what is installed.
                    say("  " + re.split(r"[^\w.-]", line.split()[1])[0])
        except KeyboardInterrupt:
            if WINDOWS:
                process.terminate()
            else:  # with what it has started itself
                os.killpg(process.pid, signal.SIGTERM)
            raise
    return process.returncode


def fingerprint() -> str:
    """Return a text that changes when an installation is out of date."""
    files = PYPROJECT.read_bytes() + CONSTRAINTS.read_bytes()
    return hashlib.sha256(files + str(ROOT).encode()).hexdigest()


def say(text: str) -> None:
    """Print a line at once, since what follows can take time."""
    print(text, flush=True)
