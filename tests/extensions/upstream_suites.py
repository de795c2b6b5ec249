"""Run the extensions' own test suites, without the guard and with it in every app.

    python3 -m tests.extensions.upstream_suites [--keep FOLDER] [NAME …]

Not part of any other run. It downloads the source distributions from PyPI, gives each
suite an environment of its own, and lists every test whose outcome changes, with the
first line of the reason. ``--keep`` leaves environments and reports in a folder, where
another run finds them again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import typing as t
import venv
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent


@dataclass(frozen=True)
class Suite:
    """The test suite of one extension."""

    name: str
    #: What its tests need beside the extension.
    needs: tuple[str, ...] = ()
    #: What pytest is given: the tests, and options.
    arguments: tuple[str, ...] = ("tests",)


#: Left out: Flask-RESTful, whose tests import what Flask has dropped; Flask-RESTX and
#: prometheus-flask-exporter, whose distributions lack files that their tests need.
SUITES = (
    Suite("flask-cors", ("packaging",)),
    Suite("flask-login", ("semantic-version",)),
    Suite("flask-wtf", ("flask-babel", "email-validator")),
    Suite("flask-httpauth"),
    Suite(
        "flask-caching",
        ("pytest-xprocess", "python-memcached", "redis"),
        # These start servers.
        ("tests", "--deselect=tests/test_backend_cache.py", "-k", "not redis"),
    ),
    Suite("flask-compress", ("flask-caching",)),
    Suite("flask-smorest", ("pyyaml", "packaging")),
    Suite("apiflask", ("openapi-spec-validator", "pydantic[email]", "pyyaml")),
    Suite("flask-openapi3", ("pyyaml", "email-validator")),
    Suite("flask-socketio", ("redis",), ("test_socketio.py",)),
    Suite("opentelemetry-instrumentation-flask", ("opentelemetry-test-utils",)),
)


class Outcome(t.NamedTuple):
    """How one test ended."""

    word: str
    reason: str


def python_of(folder: Path) -> str:
    """Return an environment's interpreter."""
    return str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")


def source_of(suite: Suite, place: Path) -> Path:
    """Download and unpack the source distribution, once."""
    source = place / "source"
    if not source.exists():
        pip = (sys.executable, "-m", "pip", "-q", "download", "--no-deps")
        call(*pip, "--no-binary", suite.name, "-d", str(place), suite.name)
        (archive,) = place.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(source, filter="data")
    (folder,) = source.iterdir()
    return folder


def environment_of(suite: Suite, source: Path, place: Path) -> str:
    """Make an environment with the extension, what its tests need, and the guard."""
    folder = place / "environment"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        pip = (python_of(folder), "-m", "pip", "-q", "install")
        call(*pip, "pytest", "flask[async]", str(source), *suite.needs)
        call(*pip, "--editable", str(CHECKOUT))
    return python_of(folder)


def call(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, timeout=600)


def outcomes(
    suite: Suite, python: str, source: Path, place: Path, on: bool
) -> dict[str, Outcome]:
    """Run a suite once and return how each test ended."""
    report = place / ("guarded.xml" if on else "bare.xml")
    report.unlink(missing_ok=True)
    paths = [str(HERE), str(source), str(source / "tests")]
    run = subprocess.run(
        [
            *(python, "-m", "pytest", "-q", "-p", "guard_everywhere"),
            *("-o", "addopts=", f"--junitxml={report}", *suite.arguments),
        ],
        cwd=source,
        env={
            **os.environ,
            "METHOD_GUARD_EVERYWHERE": "1" if on else "0",
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONHASHSEED": "0",
        },
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    report.with_suffix(".log").write_text(run.stdout)
    if not report.exists():
        raise SystemExit(f"{suite.name}: pytest did not run.\n{run.stdout}")
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314
        found[f"{case.get('classname')}::{case.get('name')}"] = outcome_of(case)
    return found


def outcome_of(case: ET.Element) -> Outcome:
    """Read one test of a report."""
    for word in ("failure", "error", "skipped"):
        element = case.find(word)
        if element is not None:
            reason = (element.get("message") or element.text or "").strip()
            return Outcome(word, (reason.splitlines() or [""])[0])
    return Outcome("passed", "")


def compare(suite: Suite, place: Path) -> list[str]:
    """Run a suite without the guard and with it; return its part of the report.

    A test that measures time may end otherwise by chance, so a suite with a change runs
    twice more, and what counts is what changed both times.
    """
    place.mkdir(parents=True, exist_ok=True)
    source = source_of(suite, place)
    python = environment_of(suite, source, place)

    def run(on: bool) -> dict[str, Outcome]:
        return outcomes(suite, python, source, place, on)

    bare, guarded = run(False), run(True)
    words = [outcome.word for outcome in bare.values()]
    if "passed" not in words:
        raise SystemExit(f"{suite.name}: no test passed; see {place / 'bare.log'}")
    changed = differences(bare, guarded)
    if changed:
        changed &= differences(run(False), run(True))
    counts = ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words)))
    lines = [f"{source.name}: {counts}; {len(changed)} changed"]
    for name in sorted(changed):
        lines.append(f"  {name}")
        lines.append(f"    {word_of(bare, name)} -> {word_of(guarded, name)}")
        if name in guarded and guarded[name].reason:
            lines.append(f"    {guarded[name].reason}")
    return lines


def differences(bare: dict[str, Outcome], guarded: dict[str, Outcome]) -> set[str]:
    """Return the tests that ended one way without the guard and another with it."""
    names = bare.keys() | guarded.keys()
    return {name for name in names if word_of(bare, name) != word_of(guarded, name)}


def word_of(found: dict[str, Outcome], name: str) -> str:
    """Return how a test ended, or that it did not run."""
    return found[name].word if name in found else "absent"


def main(arguments: list[str]) -> int:
    """Compare the suites that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="upstream_suites")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    known = {suite.name: suite for suite in SUITES}
    if unknown := set(options.names) - set(known):
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(known)}")
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.keep or Path(temporary)).resolve()
        for name in options.names or known:
            print("\n".join(compare(known[name], place / name)), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
