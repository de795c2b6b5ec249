"""The site builds without a warning, works offline, and agrees with the code."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree import ElementTree

import pytest

import flask_method_guard
from flask_method_guard.config import PREFIX, described_keys
from flask_method_guard.decision import TABLE, Reason

from .blocks import DOCS
from .build import build

#: Attributes by which a page loads something, as opposed to leading somewhere.
LOADS = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
}
#: Relations of a ``link`` that load nothing.
LEADS = {"next", "prev", "index", "search", "author", "copyright", "canonical"}


class HtmlPage(HTMLParser):
    """The ids, the links, the loaded resources and the text of one HTML page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element's id, link or resource."""
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if values.get(LOADS.get(tag, "")) and values.get("rel") not in LEADS:
            self.loads.append(values[LOADS[tag]])

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site."""
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, HtmlPage]:
    """Read every page of the site."""
    return {path: HtmlPage(path) for path in sorted(site.rglob("*.html"))}


def test_no_link_is_broken(site: Path, pages: dict[Path, HtmlPage]) -> None:
    """Each link among the site's own pages leads to a page, and to a place on it."""
    broken, checked = [], 0
    for page in pages.values():
        for link in page.links:
            if urlsplit(link).scheme or not link.strip("#"):
                continue
            url, fragment = urldefrag(link)
            target = (page.path.parent / unquote(url)).resolve() if url else page.path
            known = pages.get(target)
            checked += 1
            if not target.exists() or (
                fragment and known and unquote(fragment) not in known.ids
            ):
                broken.append(f"{page.path.relative_to(site)}: {link}")
    assert broken == []
    assert checked > 100


def test_nothing_is_loaded_from_elsewhere(
    site: Path, pages: dict[Path, HtmlPage]
) -> None:
    """The site works offline: everything that a page or a style loads is part of it."""
    outside = [
        f"{page.path.relative_to(site)}: {load}"
        for page in pages.values()
        for load in page.loads
        if urlsplit(load).scheme not in ("", "data") or load.startswith("//")
    ]
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        outside += [
            f"{style.name}: {part[:60]}"
            for sign in ("url(", "@import")
            for part in text.split(sign)[1:]
            if part.lstrip("\"' ").startswith(("http", "//"))
        ]
    assert outside == []
    assert sum(len(page.loads) for page in pages.values()) > 100


def test_every_page_is_in_the_contents(site: Path) -> None:
    """No page is an orphan, and none is left out of the build."""
    built = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    written = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")}
    assert written - built == set()
    assert not any(":orphan:" in page.read_text("utf-8") for page in DOCS.rglob("*.md"))


def test_configuration_page(site: Path) -> None:
    """The configuration page has each key of the settings, its type and default."""
    page = HtmlPage(site / "reference" / "configuration.html")
    for name, (_, kind, text) in described_keys().items():
        assert f"confval-{PREFIX}{name.upper()}" in page.ids
        assert plain(kind) in plain(page.text)
        assert plain(text) in plain(page.text)


def test_api_page(site: Path) -> None:
    """The API page has each name that the package exports."""
    page = HtmlPage(site / "reference" / "api.html")
    names = {
        name
        for name, value in vars(flask_method_guard).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert len(names) > 10
    assert {name for name in names if name not in page.text} == set()
    signal = HtmlPage(site / "reference" / "signal.html")
    documented = page.ids | signal.ids
    assert {f"flask_method_guard.{name}" for name in names} - documented == set()


def plain(text: str) -> str:
    """Drop what only the mark-up or its typography makes different."""
    typography = {"`": "", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."}
    for sign, same in typography.items():
        text = text.replace(sign, same)
    return " ".join(text.split())


def test_decision_page(site: Path) -> None:
    """The table and the drawing on the decision page have every row of the code's."""
    page = HtmlPage(site / "explanation" / "decision.html")
    for row in TABLE:
        assert f"row-{row.reason.value}" in page.ids
        for text in (row.condition, row.answer, row.rfc):
            assert plain(text) in plain(page.text)
    assert {row.reason for row in TABLE} == set(Reason)


def test_decision_drawing(site: Path) -> None:
    """The drawing has the rows in order, and says which of them reject a request."""
    html = (site / "explanation" / "decision.html").read_text(encoding="utf-8")
    found = re.search(r'<ol class="decision".*?</ol>', html, re.DOTALL)
    assert found is not None
    steps = ElementTree.fromstring(found[0])  # noqa: S314 -- our own page
    assert len(steps) == len(TABLE)
    for number, (step, row) in enumerate(zip(steps, TABLE, strict=True), 1):
        question, answer = step
        assert "".join(question.itertext()) == (
            f"{number} {row.reason.value} {row.condition}"
        )
        assert answer.text == row.answer
        rejects = row.status is not None and row.status >= 400
        assert ("rejection" in answer.attrib["class"]) is rejects
