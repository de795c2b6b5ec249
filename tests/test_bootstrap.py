"""The commands' set-up: what it installs, what it prints, and how it fails."""

import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import _bootstrap

#: Takes the place of the environment's Python: it notes its arguments, prints what pip
#: prints, and fails while a file is there.
INTERPRETER = """\
#!/bin/sh
echo "$@" >> "{calls}"
echo "Collecting flask>=2.3 (from flask-method-guard==0.1.0)"
echo "  Downloading flask-3.1.3-py3-none-any.whl (103 kB)"
[ ! -e "{broken}" ]
"""

posix_only = pytest.mark.skipif(_bootstrap.WINDOWS, reason="runs a shell script")
needs_ensurepip = pytest.mark.skipif(
    find_spec("ensurepip") is None, reason="this Python comes without ensurepip"
)


class Checkout:
    """An empty checkout, with an interpreter that only notes what it is asked."""

    def __init__(self, root: Path) -> None:
        self.pyproject = root / "pyproject.toml"
        self.pyproject.write_text('requires-python = ">=3.10"\n')
        self.constraints = root / "constraints.txt"
        self.constraints.write_text("flask==3.1.3\n")
        self.venv = root / ".venv"
        self.broken = root / "broken"
        self._calls = root / "calls"

    def create_interpreter(self) -> None:
        """Put the interpreter where the environment's is."""
        python = _bootstrap.environment_python()
        python.parent.mkdir(parents=True)
        script = INTERPRETER.format(calls=self._calls, broken=self.broken)
        python.write_text(script)
        python.chmod(0o755)

    def calls(self) -> list[str]:
        """Return what was run since the last call."""
        if not self._calls.exists():
            return []
        found = self._calls.read_text().splitlines()
        self._calls.unlink()
        return found


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Let the set-up work on an empty checkout."""
    made = Checkout(tmp_path)
    monkeypatch.setattr(_bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(_bootstrap, "PYPROJECT", made.pyproject)
    monkeypatch.setattr(_bootstrap, "CONSTRAINTS", made.constraints)
    monkeypatch.setattr(_bootstrap, "VENV", made.venv)
    return made


@pytest.mark.usefixtures("checkout")
def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that is too old is refused before anything is run."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.10 or newer; this is 3\.9"):
        _bootstrap.run("test", "-m", "pytest")
    assert not _bootstrap.VENV.exists()


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Debian packages venv and ensurepip separately; the message names the package."""
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == missing else name
    )
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        _bootstrap.create_environment()
    assert not _bootstrap.VENV.exists()


@posix_only
def test_an_environment_is_created_once(checkout: Checkout) -> None:
    """A whole environment is left alone."""
    checkout.create_interpreter()
    _bootstrap.create_environment()
    assert checkout.calls() == ["-c import pip"]


@needs_ensurepip
def test_an_environment_that_cannot_be_created(
    checkout: Checkout, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message names the folder, which may be left over."""
    checkout.venv.write_text("a file where a folder should be")
    with pytest.raises(SystemExit, match=r"\.venv could not be created"):
        _bootstrap.create_environment()
    assert "Creating the virtual environment .venv" in capfd.readouterr().out


@posix_only
def test_an_environment_that_lacks_pip_is_made_anew(
    checkout: Checkout, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that was not finished is replaced, and nothing is said about its pip."""
    checkout.create_interpreter()
    checkout.broken.touch()
    _bootstrap.create_environment()
    assert _bootstrap.is_whole(_bootstrap.environment_python())
    shown = capfd.readouterr()
    assert shown.out.endswith("\nCreating the virtual environment .venv …\n")
    assert shown.err == ""


@posix_only
@pytest.mark.parametrize("version", ["3.8.2", "{}.{}.0".format(*sys.version_info)])
def test_the_python_of_an_environment_is_named(
    checkout: Checkout, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    """Whoever starts a command with another Python learns which one runs it."""
    checkout.create_interpreter()
    (checkout.venv / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    _bootstrap.create_environment()
    shown = capsys.readouterr().out
    own = "{}.{}".format(*sys.version_info)
    if version == "3.8.2":
        assert shown == (
            "This runs on Python 3.8, for which .venv was made. To use Python"
            f" {own}, remove .venv.\n"
        )
    else:
        assert shown == ""


@posix_only
def test_ctrl_c(checkout: Checkout) -> None:
    """A command that is stopped shows one sentence, and no traceback of any program."""
    checkout.create_interpreter()
    python = _bootstrap.environment_python()
    python.write_text("#!/bin/sh\necho Collecting flask\nexec sleep 60\n")
    # A shell starts a program in the background with the signal ignored.
    program = (
        "import pathlib, signal, sys; from tests import _bootstrap as b;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "b.ROOT, b.VENV = map(pathlib.Path, sys.argv[1:3]);"
        "b.PYPROJECT = b.CONSTRAINTS = b.ROOT / 'pyproject.toml';"
        "b.create_environment = lambda: None; b.run('test')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(checkout.pyproject.parent), checkout.venv],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if "flask" in line and "Installing" not in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
        assert process.stderr.read() == (
            "\nStopped. Run the command again to finish the installation.\n"
        )


@posix_only
def test_what_is_installed(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    """The versions are pinned; the user sees each package, and the time it took."""
    checkout.create_interpreter()
    _bootstrap.install("test")
    for call in checkout.calls():
        assert f"--constraint {checkout.constraints}" in call
    shown = capsys.readouterr().out.splitlines()
    assert "needs a package index, and takes about a minute" in shown[0]
    assert shown[1:-1] == ["  flask"] * 2
    assert re.fullmatch(r"Installed in \d+ s\.", shown[-1])


@posix_only
def test_a_group_is_installed_once(checkout: Checkout) -> None:
    """A group is installed when it never was, or when a version or its list changed."""
    checkout.create_interpreter()
    _bootstrap.install("test")
    pip, package = checkout.calls()
    assert pip.endswith("pip>=25.1")
    assert package.endswith(f"--group {checkout.pyproject}:test")
    _bootstrap.install("test")
    assert checkout.calls() == []
    _bootstrap.install("examples")
    assert len(checkout.calls()) == 2
    for changed in (checkout.pyproject, checkout.constraints):
        changed.write_text("# another\n")
        _bootstrap.install("test")
        assert len(checkout.calls()) == 2


@posix_only
def test_a_failed_installation_is_tried_again(checkout: Checkout) -> None:
    """The message mentions the network, and the next run installs again."""
    checkout.create_interpreter()
    checkout.broken.touch()
    with pytest.raises(SystemExit, match=r"pip could not install that.*the network"):
        _bootstrap.install("test")
    assert len(checkout.calls()) == 1
    checkout.broken.unlink()
    _bootstrap.install("test")
    assert len(checkout.calls()) == 2


@needs_ensurepip
@pytest.mark.parametrize(
    ("windows", "python"),
    [(False, "bin/python"), (True, "Scripts/python.exe")],
    ids=["posix", "windows"],
)
def test_run_hands_over(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, windows: bool, python: str
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
    monkeypatch.setattr(_bootstrap, "create_environment", lambda: None)
    monkeypatch.setattr(_bootstrap, "WINDOWS", windows)
    checkout.venv.mkdir()
    stamp = checkout.venv / "installed-test.txt"
    stamp.write_text(_bootstrap.fingerprint())
    with pytest.raises(SystemExit) as stopped:
        _bootstrap.run("test", "-m", "pytest", "-x")
    assert stopped.value.code == 0
    assert started[-1] == [str(_bootstrap.VENV / python), "-m", "pytest", "-x"]
