"""What the README shows is true, its links work, and its first part is short."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tomllib
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_method_guard.config import PREFIX, Settings

from .blocks import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """Read the rows of the table below a heading of the README."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [
        line.strip("|").split("|") for line in section.splitlines() if line[:1] == "|"
    ]
    return [[cell.strip() for cell in row] for row in rows[2:]]


ANSWERS = table("Before and after")


def readme_app(*, guarded: bool) -> Flask:
    """Make the app of the README's first two blocks, with the guard or without."""
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    source = "\n".join(blocks[:2])
    assert source.count("MethodGuard(app)") == 1
    if not guarded:
        source = source.replace("MethodGuard(app)", "")
    namespace = {"__name__": "the_readme"}
    exec(source, namespace)  # noqa: S102 -- the README's own code
    app = namespace["app"]
    assert isinstance(app, Flask)
    return app


def ask(app: Flask, method: str, target: str) -> tuple[int, str | None, str]:
    """Send one request as it is written: status, ``Allow`` and body."""
    environ = EnvironBuilder().get_environ()
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": target}
    chunks, status, headers = run_wsgi_app(app.wsgi_app, environ)
    return int(status[:3]), headers.get("Allow"), b"".join(chunks).decode()


@pytest.mark.parametrize("row", ANSWERS, ids=[row[0] for row in ANSWERS])
@pytest.mark.parametrize("guarded", [False, True], ids=["bare", "guarded"])
def test_what_a_client_gets(row: list[str], guarded: bool) -> None:
    """Each request of the table gets the status and the ``Allow`` that it shows."""
    found = re.match(r"`(\S+) (\S+)`", row[0])
    assert found is not None
    cell = row[2 if guarded else 1]
    status, allow, body = ask(readme_app(guarded=guarded), *found.groups())
    assert status == int(cell[:3])
    shown = re.search(r"`Allow: ([^`]*)`", cell)
    if shown is None:
        assert allow is None
    elif guarded:
        assert allow == shown[1]
    else:
        assert sorted((allow or "").split(", ")) == sorted(shown[1].split(", "))
    for quoted in re.findall(r'"([^"]*)"', cell):
        assert quoted in body


def test_all_rows_are_sent() -> None:
    """The rows that the test above sends are all that the table has."""
    section = README.partition("\n## Before and after\n")[2].partition("\n## ")[0]
    assert len(ANSWERS) == section.count("\n| `") == 4


def default_text(value: Any) -> str:
    """Write a default as the table does."""
    return f"`{json.dumps(sorted(value)) if isinstance(value, frozenset) else value}`"


def test_the_useful_keys() -> None:
    """The README has three keys of the settings, with their defaults."""
    defaults = {PREFIX + name.upper(): name for name in Settings._fields}
    shown = [(row[0].strip("`"), row[1]) for row in table("Use")]
    assert len(shown) == 3
    for key, default in shown:
        assert default == default_text(getattr(Settings(), defaults[key]))


def words(text: str) -> int:
    """Count the words outside of code, comments and addresses."""
    prose = re.sub(r"^```.*?^```", " ", text, flags=re.DOTALL | re.MULTILINE)
    return len(re.sub(r"<!--.*?-->|\]\([^)]*\)|[|`]", " ", prose).split())


def test_it_is_short() -> None:
    """A stranger reads the README in three minutes, and why in a quarter of one."""
    assert words(README) <= 750
    assert words(README.partition("\n## ")[0]) <= 160


def test_the_commands_for_contributors() -> None:
    """Each command is a package that starts itself."""
    commands = [row[0].strip("`").split() for row in table("For contributors")]
    assert len(commands) == 4
    for command in commands:
        assert command[:2] == ["python3", "-m"]
        assert (ROOT / command[2] / "__main__.py").is_file()


def source_of(link: str) -> Path:
    """Return the file of the project that a link of the README leads to."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    source, docs = project["urls"]["Source"], project["urls"]["Documentation"]
    if link == project["urls"]["Issues"]:
        return ROOT / "pyproject.toml"
    raw = source.replace("github.com", "raw.githubusercontent.com")
    for prefix in (f"{source}/blob/main/", f"{raw}/main/"):
        if link.startswith(prefix):
            return ROOT / link.removeprefix(prefix)
    page = link.removeprefix(docs).removeprefix("/en/latest/") or "index.html"
    return (ROOT / "docs" / page).with_suffix(".md")


def test_its_links() -> None:
    """Each link works outside the repository, and leads to a file of the project."""
    links = re.findall(r"\]\(([^)#]+)", README)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert [link for link in links if not source_of(link).is_file()] == []
