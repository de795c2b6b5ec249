"""What the documentation shows of pages: the picture, and a template of one's own."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from .harness import ROOT, served
from .picture import PICTURE, take
from .test_page import DARK_DESKTOP, PHONE, SCREENSHOTS, View, axe, is_too_wide, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOW_TO = ROOT / "docs" / "howto" / "error-bodies.md"


def width(picture: Path) -> int:
    """Read the width of a PNG."""
    head = picture.read_bytes()[:20]
    assert head.startswith(b"\x89PNG")
    return int(struct.unpack(">I", head[16:])[0])


def test_the_picture(browser: Browser, tmp_path: Path) -> None:
    """The command takes the picture that is there, and a small one."""
    taken = tmp_path / PICTURE.name
    take(browser, taken)
    assert width(taken) == width(PICTURE) == 880
    for picture in (taken, PICTURE):
        assert picture.stat().st_size < 64_000


@pytest.fixture
def own_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the how-to's app with its own template, from the how-to's words."""
    text = HOW_TO.read_text(encoding="utf-8")
    found = re.search(r":caption: (templates/\S+)\n\n(.*?)^```", text, re.M | re.S)
    assert found is not None
    template = tmp_path / found[1]
    template.parent.mkdir()
    template.write_text(found[2], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "the_page"}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        if not block.startswith(">>>"):
            exec(dedent(block), namespace)  # noqa: S102 -- the page's own code
    app = namespace["app"]
    assert isinstance(app, Flask)
    return app


@pytest.mark.parametrize("view", [PHONE, DARK_DESKTOP], ids=str)
@pytest.mark.parametrize(
    ("request_line", "listed"),
    [("PUT /items", 3), ("FOO /items", 0)],
    ids=["405", "501"],
)
def test_own_template(
    browser: Browser, own_app: Flask, view: View, request_line: str, listed: int
) -> None:
    """The how-to's template makes a page that is in order, too."""
    with (
        served(own_app) as url,
        visit(browser, view, url, request_line, bypass_csp=True) as visited,
    ):
        page, _, _, complaints = visited
        page.screenshot(
            path=SCREENSHOTS / f"own-template-{visited.response.status}-{view}.png"
        )
        assert page.title().endswith("Our Shop")
        assert page.get_by_role("listitem").count() == listed
        assert page.get_by_role("link").count() == 1
        assert not is_too_wide(page)
        assert axe(page)["violations"] == set()
        assert complaints == []
