"""The project's own files agree with each other: pins, versions, addresses."""

import re
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flask_method_guard.inspection.findings import CHECKS_PAGE

ROOT = Path(__file__).parent.parent
OLDEST = ROOT / ".ci" / "oldest.txt"


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    """Return the content of ``pyproject.toml``."""
    tomllib = pytest.importorskip("tomllib")  # new in Python 3.11
    content: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return content


def pins(path: Path) -> list[Requirement]:
    """Return the lines of a file of versions."""
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    return [Requirement(line) for line in filter(None, lines)]


def test_every_tool_is_pinned(pyproject: dict[str, Any]) -> None:
    """Whatever a group asks for is in the lock; ``.ci/lock`` adds what is missing."""
    pinned = {canonicalize_name(pin.name) for pin in pins(ROOT / "constraints.txt")}
    wanted = {
        canonicalize_name(Requirement(item).name)
        for group in pyproject["dependency-groups"].values()
        for item in group
        if isinstance(item, str)
    }
    assert wanted - pinned == set()


def test_the_lock_names_versions_only() -> None:
    """It has exact versions, and no address or path of the machine that wrote it."""
    for pin in pins(ROOT / "constraints.txt"):
        assert pin.url is None
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier))


@pytest.mark.parametrize("minor", range(10, 15))
def test_the_lock_is_for_each_python(minor: int) -> None:
    """A Python finds one version of each package, and one of pytest."""
    environment = {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
    }
    found = [
        canonicalize_name(pin.name)
        for pin in pins(ROOT / "constraints.txt")
        if pin.marker is None or pin.marker.evaluate(environment)
    ]
    assert "pytest" in found
    assert len(found) == len(set(found))


@pytest.mark.skipif(not OLDEST.exists(), reason="only the checkout has it")
def test_the_lowest_versions_are_tested(pyproject: dict[str, Any]) -> None:
    """``.ci/oldest.txt`` has the lower bound of each dependency."""
    oldest = {pin.name: str(pin.specifier)[2:] for pin in pins(OLDEST)}
    for item in pyproject["project"]["dependencies"]:
        requirement = Requirement(item)
        assert oldest[requirement.name] == f"{str(requirement.specifier)[2:]}.0"


def test_the_pythons_agree(pyproject: dict[str, Any]) -> None:
    """The classifiers begin with the oldest Python that can install the package."""
    minors = [
        int(match[1])
        for classifier in pyproject["project"]["classifiers"]
        if (match := re.fullmatch(r".*Python :: 3\.(\d+)", classifier))
    ]
    assert pyproject["project"]["requires-python"] == f">=3.{minors[0]}"
    assert minors == list(range(minors[0], minors[0] + len(minors)))


def test_one_address(pyproject: dict[str, Any]) -> None:
    """The addresses on the forge begin with that of the repository."""
    urls = dict(pyproject["project"]["urls"])
    source, _ = urls.pop("Source"), urls.pop("Documentation")
    assert all(url.startswith(f"{source}/") for url in urls.values())


def test_the_page_of_the_checks(pyproject: dict[str, Any]) -> None:
    """The commands name the page at the address of the documentation."""
    documentation = pyproject["project"]["urls"]["Documentation"]
    assert f"{documentation}/en/latest/reference/checks.html" == CHECKS_PAGE
    assert (ROOT / "docs" / "reference" / "checks.md").exists()
