"""The table of the documentation, held to what is tried here."""

from __future__ import annotations

import re
from pathlib import Path

from .apps import EXTENSIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "extensions.md"


def test_the_table_names_each_extension_and_whose_body_it_is() -> None:
    """A line for each app of this folder, and the body that its tests require."""
    rows = re.findall(
        r"^\| ([\w-]+) \| (the guard's|its own) \|", PAGE.read_text(), re.M
    )
    assert dict(rows) == {
        each.package: "its own" if each.renders else "the guard's"
        for each in EXTENSIONS
    }
    assert len(rows) == len(EXTENSIONS)
