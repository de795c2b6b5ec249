"""The release command: each mistake stops it, before anything is built."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

COMMAND = Path(__file__).parent.parent / ".ci" / "release.py"

pytestmark = pytest.mark.skipif(
    not COMMAND.exists(), reason="only the checkout has the release command"
)

TODAY = datetime.now(timezone.utc).date()
PYPROJECT = """\
[project]
version = "1.2.3"

[project.urls]
Source = "https://github.com/pallets/flask-method-guard"
"""
CHANGELOG = f"""\
# Changelog

## 1.2.3 - {TODAY}

- A change.

## 1.2.2 - 2026-01-01

- Another change.
"""


class Checkout:
    """A repository with one commit, ready for a release."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".ci").mkdir()
        shutil.copy(COMMAND, root / ".ci")
        self.write("pyproject.toml", PYPROJECT)
        self.write("CHANGELOG.md", CHANGELOG)
        self.git("init", "-q")
        self.commit()

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.root / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file, and commit that."""
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))
        self.commit()

    def git(self, *arguments: str) -> None:
        """Run git as somebody."""
        identity = ("-c", "user.name=me", "-c", "user.email=me@example.com")
        command = ["git", "-C", str(self.root), *identity, *arguments]
        subprocess.run(command, check=True)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "a commit")

    def problems(self) -> str:
        """Return what the command says is wrong."""
        command = [sys.executable, "-B", ".ci/release.py", "--check"]
        run = subprocess.run(
            command, cwd=self.root, check=False, capture_output=True, text=True
        )
        assert run.returncode == bool(run.stderr)
        assert run.stdout == ""
        return run.stderr


def changes_uncommitted(checkout: Checkout) -> None:
    """Leave a change and a new file uncommitted."""
    checkout.write("CHANGELOG.md", f"{CHANGELOG}- More.\n")
    checkout.write("new.py", "")


def raises_nothing(checkout: Checkout) -> None:
    """Release a version that an older commit has."""
    checkout.git("tag", "v1.2.3")
    checkout.replace("CHANGELOG.md", "A change.", "One more change.")


def writes_no_version(checkout: Checkout) -> None:
    """Write a version that an index would not sort as meant."""
    checkout.replace("pyproject.toml", "1.2.3", "1.2.3-final")


def keeps_the_placeholder(checkout: Checkout) -> None:
    """Keep the placeholder of the address."""
    checkout.replace("pyproject.toml", "pallets", "example")


def forgets_the_changelog(checkout: Checkout) -> None:
    """Raise the version in one place only."""
    checkout.replace("pyproject.toml", "1.2.3", "1.3.0")


def starts_no_section(checkout: Checkout) -> None:
    """Have a changelog without a version."""
    checkout.write("CHANGELOG.md", "# Changelog\n")
    checkout.commit()


def forgets_the_date(checkout: Checkout) -> None:
    """Leave the version unreleased."""
    checkout.replace("CHANGELOG.md", str(TODAY), "unreleased")


def dates_it_to_the_future(checkout: Checkout) -> None:
    """Date the version to the day after tomorrow."""
    checkout.replace("CHANGELOG.md", str(TODAY), str(TODAY + timedelta(days=2)))


def lists_no_change(checkout: Checkout) -> None:
    """Leave the section empty."""
    checkout.replace("CHANGELOG.md", "- A change.\n", "")


MISTAKES = {
    changes_uncommitted: r"is committed\..*\n M CHANGELOG\.md\n\?\? new\.py",
    raises_nothing: r"The tag v1\.2\.3 is on another commit\.",
    writes_no_version: r"The version in pyproject\.toml is '1\.2\.3-final'\.",
    keeps_the_placeholder: r"still has the placeholder\.",
    forgets_the_changelog: r"begins with 1\.2\.3, pyproject\.toml has 1\.3\.0\.",
    starts_no_section: r"has no section\. Begin one: ## 1\.2\.3 - ",
    forgets_the_date: r"dates 1\.2\.3 to 'unreleased'\.",
    dates_it_to_the_future: r"which is in the future\.",
    lists_no_change: r"lists no change in 1\.2\.3\.",
}


@pytest.mark.parametrize(
    ("make", "message"),
    MISTAKES.items(),
    ids=[make.__name__ for make in MISTAKES],
)
def test_a_mistake(
    tmp_path: Path, make: Callable[[Checkout], None], message: str
) -> None:
    """Each is found, and the message says what to do."""
    checkout = Checkout(tmp_path)
    make(checkout)
    assert re.search(message, checkout.problems())


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    """The command stops with every problem, and has built nothing."""
    checkout = Checkout(tmp_path)
    forgets_the_date(checkout)
    keeps_the_placeholder(checkout)
    command = [sys.executable, "-B", ".ci/release.py"]
    run = subprocess.run(
        command, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "1.2.3 is not ready to be released." in run.stderr
    assert not (tmp_path / "dist").exists()


def test_no_mistake(tmp_path: Path) -> None:
    """A commit is ready, before and after it got its tag."""
    checkout = Checkout(tmp_path)
    assert checkout.problems() == ""
    checkout.git("tag", "v1.2.3")
    assert checkout.problems() == ""
