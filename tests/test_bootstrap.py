"""The commands' set-up: what it says when it can't, and when it does nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import _bootstrap


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what would be run, in a checkout that is empty but for its metadata."""
    run: list[list[str]] = []

    def note(command: list[str]) -> int:
        run.append(command[1:])
        return 0

    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('requires-python = ">=3.10"\n')
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(_bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(_bootstrap, "PYPROJECT", pyproject)
    monkeypatch.setattr(_bootstrap, "VENV", venv)
    monkeypatch.setattr(subprocess, "call", note)
    return run


def test_an_old_python_is_refused(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python that is too old is told so before anything is run."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.10 or newer; this is 3\.9"):
        _bootstrap.run("test", "-m", "pytest")
    assert commands == []


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_named(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """A Python without venv or ensurepip, as Debian has it, is told the package."""
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == missing else name
    )
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        _bootstrap.create_environment()
    assert commands == []


def test_an_environment_is_made_once(commands: list[list[str]]) -> None:
    """The environment is made with venv when it is absent, and left alone then."""
    _bootstrap.create_environment()
    assert commands == [["-m", "venv", str(_bootstrap.VENV)]]
    python = _bootstrap.environment_python()
    python.parent.mkdir()
    python.touch()
    commands.clear()
    _bootstrap.create_environment()
    assert commands == [["-c", "import pip"]]


def test_a_group_is_installed_once(commands: list[list[str]]) -> None:
    """A group is installed when it never was, or when the metadata changed since."""
    _bootstrap.install("test")
    pip, package = commands
    assert pip[-1] == "pip>=25.1"
    assert package[-2:] == ["--group", f"{_bootstrap.PYPROJECT}:test"]
    commands.clear()
    _bootstrap.install("test")
    assert commands == []
    _bootstrap.install("examples")
    assert len(commands) == 2
    commands.clear()
    _bootstrap.PYPROJECT.write_text("# another\n")
    _bootstrap.install("test")
    assert len(commands) == 2


def test_a_failed_installation_is_tried_again(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed counts as not done."""

    def fail(command: list[str]) -> int:
        return 1

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "call", fail)
        with pytest.raises(SystemExit, match="pip could not install"):
            _bootstrap.install("test")
        with pytest.raises(SystemExit, match="could not be made"):
            _bootstrap.create_environment()
    _bootstrap.install("test")
    assert len(commands) == 2


@pytest.mark.parametrize(
    ("windows", "python"),
    [(False, "bin/python"), (True, "Scripts/python.exe")],
    ids=["posix", "windows"],
)
def test_run_hands_over(
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    windows: bool,
    python: str,
) -> None:
    """The environment's Python gets the arguments, on each kind of system."""
    started: list[list[str]] = []

    def start(command: list[str]) -> int:
        started.append(command)
        return 0

    def execute(path: str, command: list[str]) -> None:
        assert path == command[0]
        sys.exit(start(command))

    monkeypatch.setattr(os, "execv", execute)
    monkeypatch.setattr(subprocess, "call", start)
    monkeypatch.setattr(_bootstrap, "WINDOWS", windows)
    with pytest.raises(SystemExit) as stopped:
        _bootstrap.run("test", "-m", "pytest", "-x")
    assert stopped.value.code == 0
    assert started[-1] == [str(_bootstrap.VENV / python), "-m", "pytest", "-x"]
