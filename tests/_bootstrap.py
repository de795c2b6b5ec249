"""The virtual environment of a checkout: made when absent, filled when out of date.

This file knows only the standard library, and no more of Python than lets an old one
read it and say that it is too old: it runs before anything is installed. Both commands
of the README come through here, so that Python alone is enough to start.
"""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"

#: The first pip that installs dependency groups (PEP 735).
PIP = "pip>=25.1"


def run(group: str, *arguments: str) -> NoReturn:
    """Become the checkout's own Python, with a dependency group installed.

    :param group: a name below ``[dependency-groups]`` in ``pyproject.toml``.
    :param arguments: what that Python is given, ``-m`` and a module first.
    """
    check_python()
    create_environment()
    install(group)
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
    """Make ``.venv`` with the standard library's venv, unless a whole one is there."""
    python = environment_python()
    if python.exists() and succeeds(python, "-c", "import pip"):
        return
    if importlib.util.find_spec("venv") is None or (
        importlib.util.find_spec("ensurepip") is None
    ):
        sys.exit(
            "This Python comes without venv or ensurepip, which make the virtual "
            "environment. On Debian and Ubuntu: sudo apt install python3-venv."
        )
    say(f"Creating the virtual environment {VENV.name} …")
    if not succeeds(Path(sys.executable), "-m", "venv", str(VENV)):
        sys.exit(
            f"{VENV} could not be made; the reason stands above. If it is a leftover "
            "of an earlier attempt, remove it and run the command again."
        )


def install(group: str) -> None:
    """Install the package, editable, and a dependency group, unless that was done."""
    stamp = VENV / f"installed-{group}.txt"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing the package and its {group!r} group (this needs the network) …")
    pip = ("-m", "pip", "-qq", "--disable-pip-version-check", "--no-input")
    for what in (
        [PIP],
        ["--editable", str(ROOT), "--group", f"{PYPROJECT}:{group}"],
    ):
        if not succeeds(environment_python(), *pip, "install", *what):
            sys.exit("pip could not install that; its own words stand above.")
    stamp.write_text(wanted)


def fingerprint() -> str:
    """Return what changes when an installation is out of date."""
    content = PYPROJECT.read_bytes() + str(ROOT).encode()
    return hashlib.sha256(content).hexdigest()


def succeeds(python: Path, *arguments: str) -> bool:
    """Run an interpreter to its end and return whether it ended well."""
    return subprocess.call([str(python), *arguments]) == 0


def say(text: str) -> None:
    """Tell the user what takes time, before it does."""
    print(text, flush=True)
