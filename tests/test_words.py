"""Words that are hard to read do not come back into the texts that people read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Old words, and what to write instead. They match in any case, also across lines.
ARCHAIC = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\btell whether\b": "return whether",
    r"\bno such one\b": "no X named …",
    r"\bas RFC \d+ has (it|them)\b": "as RFC … requires",
    r"\bgoe?s? on to\b": "keeps …ing",
    r"\bbears? (a|an|the)\b": "has, carries",
    r"\bdear\b": "expensive",
    r"\bis no (method|URL|token|blueprint|date|mapping|known)\b": "is not a …",
    r"\bso many\b": "n",
    r"(?<!by )\blaw\b": "spec, RFC",
    r"\bin the place of\b": "instead of",
    r"\bsave (with|where|for)\b": "except",
    r", for (it|they|there) ": "because",
    r", for (a|an|the|no|each|both|most) \w+ (is|are|has|may|can|does) ": "because",
    r"\bstands? beside\b": "appears next to",
    r"\bbeside bare\b": "next to",
}
PATTERNS = {re.compile(p, re.IGNORECASE): better for p, better in ARCHAIC.items()}

#: Everything that people read; no file is exempt.
FILES = [
    *(ROOT / "README.md", ROOT / "CHANGELOG.md"),
    *sorted((ROOT / "flask_method_guard").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
    *sorted(f for f in (ROOT / "docs").rglob("*.md") if "_build" not in f.parts),
]
FILES = [file for file in FILES if file.exists()]  # a wheel's tests lack some


def archaic(text: str) -> list[str]:
    """Find old words, with what is around them and what to write instead."""
    # A sentence can continue on the next line of a comment.
    flat = re.sub(r"\s+[#:*> -]*", " ", text)
    return [
        f"{flat[max(0, hit.start() - 30) : hit.end() + 30]!r}: write {better!r}"
        for pattern, better in PATTERNS.items()
        for hit in pattern.finditer(flat)
    ]


@pytest.mark.parametrize(
    "file", FILES, ids=[f.relative_to(ROOT).as_posix() for f in FILES]
)
def test_no_archaic_words(file: Path) -> None:
    """A text has none of the listed words."""
    assert archaic(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Each with its mend.",
        "Tell whether it is so.",
        "The app has no such one.",
        "Case matters, as RFC 9110 has it.",
        "Everything goes on\n    # to work.",
        "It bears the mark.",
        "Where a check is dear.",
        "'x' is no method.",
        "As so many others.",
        "The law says so.",
        "In the place of a 405.",
        "Save where it redirects.",
        "It is left out, for it is slow.",
        "It is left out, for the\nlist is long.",
    ],
)
def test_archaic_words_are_found(text: str) -> None:
    """Each kind of old word is found, also across lines."""
    assert archaic(text)
