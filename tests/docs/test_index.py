"""The table of the landing page shows what both apps really answer."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from .blocks import DOCS
from .test_readme import ask

PAGE = (DOCS / "index.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\S+ \S+)` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)


def landing_app(*, guarded: bool) -> Flask:
    """Make the app of the page's blocks, with the guard or without."""
    fence = r"^```(?:\{code-block\} )?python\n(?::[^\n]*\n)?(.*?)^```"
    source = "\n".join(re.findall(fence, PAGE, re.DOTALL | re.MULTILINE))
    assert source.count("MethodGuard(app)") == 1
    if not guarded:
        source = source.replace("MethodGuard(app)", "")
    namespace = {"__name__": "the_page"}
    exec(source, namespace)  # noqa: S102 -- the page's own code
    app = namespace["app"]
    assert isinstance(app, Flask)
    return app


def test_the_table_is_found() -> None:
    """The rows that the next test sends are all that the page has."""
    assert len(ROWS) == PAGE.count("\n| `") == 3


@pytest.mark.parametrize("guarded", [False, True], ids=["bare", "guarded"])
@pytest.mark.parametrize(("request_line", "bare", "with_guard"), ROWS)
def test_before_and_after(
    request_line: str, bare: str, with_guard: str, guarded: bool
) -> None:
    """Each request gets the status, the ``Allow`` and the words of its cell."""
    cell = with_guard if guarded else bare
    status, allow, body = ask(landing_app(guarded=guarded), *request_line.split())
    assert status == int(cell[:3])
    shown = re.search(r"`Allow: (.*?)`", cell)
    # Without the guard, the order differs from process to process.
    order = list if guarded else sorted
    assert order((allow or "").split(", ")) == order(
        shown[1].split(", ") if shown else [""]
    )
    for quoted in re.findall(r'"([^"]*)"', cell):
        assert quoted in body
