"""The site builds without a warning, stands on its own, and says what the code says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree import ElementTree

import pytest

import flask_method_guard
from flask_method_guard.config import PREFIX, Settings
from flask_method_guard.decision import TABLE, Reason

from .blocks import DOCS

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
        """Keep what an element has to say."""
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
    """Build the site as the README says, with every warning an error."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-E"]
    build = subprocess.run(
        [*command, "-d", str(out / "doctrees"), str(DOCS), str(out / "html")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    return out / "html"


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
    """The site works offline: whatever a page or a style loads is part of the site."""
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
    for field in fields(Settings):
        assert f"confval-{PREFIX}{field.name.upper()}" in page.ids
        assert plain(field.metadata["type"]) in plain(page.text)
        assert plain(field.metadata["doc"]) in plain(page.text)


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
    """The drawing is well-formed SVG with a title, a description and all the words."""
    svg = ElementTree.parse(site / "_static" / "decision.svg").getroot()  # noqa: S314
    name = "{http://www.w3.org/2000/svg}"
    assert svg.get("role") == "img"
    parts = {part.get("id"): part for part in svg.iter() if part.get("id")}
    for label in (svg.get("aria-labelledby") or "").split():
        assert (parts[label].text or "").strip()
    drawn = " ".join(text.text or "" for text in svg.iter(f"{name}text"))
    for row in TABLE:
        assert row.reason.value in drawn
        assert row.condition in drawn
        assert row.answer in drawn
    box = [float(number) for number in (svg.get("viewBox") or "").split()]
    for text in svg.iter(f"{name}text"):
        assert float(text.get("x", 0)) + 7.6 * len(text.text or "") <= box[2]
    for rect in svg.iter(f"{name}rect"):
        assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= box[2]
        assert float(rect.get("y", 0)) + float(rect.get("height", 0)) <= box[3]


def test_decision_drawing_in_the_dark(site: Path) -> None:
    """The words take the page's colour; the drawing alone has one for each scheme."""
    alone = (site / "_static" / "decision.svg").read_text("utf-8")
    inline = (site / "explanation" / "decision.html").read_text("utf-8")
    assert "prefers-color-scheme:dark" in alone
    assert "text{fill:currentColor" in alone
    assert "text{fill:currentColor" in inline
    # Its own colours would stand against those of the page's theme.
    assert ".decision{color" not in inline
