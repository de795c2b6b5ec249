"""The page of the checks and the catalogue in the code say the same."""

from __future__ import annotations

import re

from flask_method_guard.report import CHECKS

from .blocks import DOCS


def test_checks_page() -> None:
    """The page has each id in order, as a row and as a section with a paragraph."""
    page = (DOCS / "reference" / "checks.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[(MG.*)\]\(#(.*)\) \| (.*) \| (.*) \|$", page, re.MULTILINE
    )
    assert rows == [
        (entry.id, entry.id.lower(), str(entry.severity), entry.title)
        for entry in CHECKS
    ]
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    titles = [part.splitlines()[0] for part in parts]
    assert titles == [f"{entry.id}: {entry.title}" for entry in CHECKS]
    for part, entry in zip(parts, CHECKS, strict=True):
        text = part.partition("\n\n")[2]
        assert text.startswith(f"*{str(entry.severity).capitalize()}.* ")
        assert len(text.split()) > 24
