"""Check that the last commit can be released, build it, and say what to do next.

Run ``python3 .ci/release.py`` in the checkout; it needs git and a package index, and
publishes nothing. With ``--check`` it builds nothing, either, and needs no index.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from datetime import date, datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NEXT = """
{files}

Everything is ready. Now:

  1. git tag -s -m {tag} {tag}
  2. git push origin {tag}

The release workflow builds the same files from the tag, and publishes them on PyPI once
somebody approves. Then add a section for the next version to CHANGELOG.md.
"""


def git(*arguments: str) -> str:
    """Return what a git command prints."""
    command = ["git", "-C", str(ROOT), *arguments]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return found.stdout.rstrip()


def read_version() -> str:
    """Return the version of ``pyproject.toml``."""
    text = (ROOT / "pyproject.toml").read_text()
    [version] = re.findall(r'^version = "(.*)"$', text, re.MULTILINE)
    return str(version)


def problems(version: str) -> list[str]:
    """List everything that is wrong with a release, each with what to do."""
    found = []
    if changes := git("status", "--porcelain"):
        found.append(f"Not everything is committed. Commit or remove:\n{changes}")
    if not re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", version):
        found.append(
            f"The version in pyproject.toml is {version!r}. Use 1.2.3 or 1.2.3rc1."
        )
    elif is_elsewhere(f"v{version}"):
        found.append(
            f"The tag v{version} is on another commit. Raise the version in "
            "pyproject.toml."
        )
    if "github.com/example/" in (ROOT / "pyproject.toml").read_text():
        found.append(
            "[project.urls] in pyproject.toml still has the placeholder. Write the "
            "repository's address."
        )
    return found + changelog_problems(version)


def is_elsewhere(tag: str) -> bool:
    """Return whether a tag exists, and on another commit than the last one."""
    if tag not in git("tag").split():
        return False
    return git("rev-parse", f"{tag}^{{commit}}") != git("rev-parse", "HEAD")


def changelog_problems(version: str) -> list[str]:
    """List what is wrong with the first section of the changelog."""
    sections = re.split("^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    today = datetime.now(timezone.utc).date()
    if len(sections) == 1:
        return [f"CHANGELOG.md has no section. Begin one: ## {version} - {today}"]
    title, _, content = sections[1].partition("\n")
    name, _, day = title.partition(" - ")
    if name != version:
        begins = f"CHANGELOG.md begins with {name}"
        return [f"{begins}, pyproject.toml has {version}. Make them the same."]
    try:
        if date.fromisoformat(day) > today:
            return [f"CHANGELOG.md dates {version} to {day}, which is in the future."]
    except ValueError:
        return [f"CHANGELOG.md dates {version} to {day!r}. Write {today}."]
    if not re.search("^- ", content, re.MULTILINE):
        return [f"CHANGELOG.md lists no change in {version}."]
    return []


def build(folder: Path) -> None:
    """Build and check the wheel and the sdist, with the pinned tools."""
    with tempfile.TemporaryDirectory() as place:
        print("Installing the build tools …", flush=True)
        venv.create(place, with_pip=True)
        python = Path(place, "bin", "python")
        constraints = ROOT / "constraints.txt"
        pip = (python, "-m", "pip", "install", "-qq", "--constraint", constraints)
        for what in (["pip"], ["--group", f"{ROOT / 'pyproject.toml'}:build"]):
            subprocess.run([*pip, *what], check=True)
        print("Building twice, and checking …", flush=True)
        command = [ROOT / ".ci" / "build", python, folder]
        built = subprocess.run(command, check=False, capture_output=True, text=True)
    if built.returncode != 0:
        sys.exit(
            f"{built.stdout}{built.stderr}\nThe build failed; nothing is released."
        )


def main() -> None:
    """Check, build, and say what comes next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="build nothing")
    only_check = parser.parse_args().check
    version = read_version()
    if found := problems(version):
        sys.exit("\n\n".join([*found, f"{version} is not ready to be released."]))
    if only_check:
        return
    folder = ROOT / "dist"
    build(folder)
    files = "\n".join(str(path) for path in sorted(folder.glob(f"*-{version}*")))
    print(NEXT.format(files=files, tag=f"v{version}"))


if __name__ == "__main__":
    main()
