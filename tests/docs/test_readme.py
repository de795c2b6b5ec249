"""The README's tables say what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
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


ANSWERS = table("What a client gets")


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


def test_bare_flask_contradicts_itself() -> None:
    """The GET that bare Flask's ``Allow`` promises for /pages/9 is 404."""
    assert ask(readme_app(guarded=False), "GET", "/pages/9")[0] == 404


def test_configuration_in_short() -> None:
    """The short table has every key of the settings, in order, with its default."""
    defaults = Settings()
    shown = [(row[0].strip("`"), row[1]) for row in table("Configuration in short")]
    expected = []
    for field in fields(Settings):
        value = getattr(defaults, field.name)
        text = f"`{dict(value) if field.name == 'deprecated_methods' else value}`"
        if field.name == "error_formats":
            text = "all four"
            assert len(value) == 4
        expected.append((PREFIX + field.name.upper(), text))
    assert shown == expected


def test_its_links() -> None:
    """Each link to a file of the project leads to one."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not Path(ROOT, link).exists()] == []
