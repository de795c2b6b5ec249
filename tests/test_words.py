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
    # One vocabulary: the guard rejects, the app responds.
    r"\b(refuses?|refusals?|refusing|(is|are|was|be) refused)\b": "reject, rejection",
    r"\b(an?|the|each|every|own|wrong|automatic|other|no) answers?\b": "response",
    r"\banswers? (first|with [45]|[45]\d\d|an? (405|501|404)|OPTIONS)\b": "respond",
    r"\b(is|are) answered with\b": "gets",
}
PATTERNS = {re.compile(p, re.IGNORECASE): better for p, better in ARCHAIC.items()}

#: What users read has one more word less: ``marks.py`` is a name of the code.
FOR_USERS = {re.compile(r"(?<![`/])\bmarks?\b(?!`|\.py)", re.IGNORECASE): "deprecation"}

#: Everything that people read.
FILES = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "pyproject.toml",
    *sorted((ROOT / ".github").rglob("*.yml")),
    *sorted((ROOT / "flask_method_guard").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
    *sorted(f for f in (ROOT / "docs").rglob("*.md") if "_build" not in f.parts),
]
# A wheel's tests lack some.
FILES = [file for file in FILES if file.exists()]
INSIDE = ROOT / "docs" / "explanation" / "architecture.md"


def archaic(text: str, patterns: dict[re.Pattern[str], str] = PATTERNS) -> list[str]:
    """Find old words, with what is around them and what to write instead."""
    # A sentence can continue on the next line of a comment.
    flat = re.sub(r"\s+[#:*> -]*", " ", text)
    return [
        f"{flat[max(0, hit.start() - 30) : hit.end() + 30]!r}: write {better!r}"
        for pattern, better in patterns.items()
        for hit in pattern.finditer(flat)
    ]


@pytest.mark.parametrize(
    "file", FILES, ids=[f.relative_to(ROOT).as_posix() for f in FILES]
)
def test_no_archaic_words(file: Path) -> None:
    """A text has none of the listed words."""
    text = file.read_text(encoding="utf-8")
    assert archaic(text) == []
    if file.suffix == ".md" and file != INSIDE:
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        assert archaic(prose, FOR_USERS) == []


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
        "The guard refuses it.",
        "A refusal of the guard.",
        "Clients get the answer.",
        "A hook may answer first.",
        "Servers answer 400 to it.",
        "It is answered with 405.",
    ],
)
def test_archaic_words_are_found(text: str) -> None:
    """Each kind of old word is found, also across lines."""
    assert archaic(text)


def test_words_for_users_are_found() -> None:
    """A mark is found in prose, and not as the name of a module."""
    assert archaic("A mark on GET covers HEAD.", FOR_USERS)
    assert archaic("| `marks` | in marks.py", FOR_USERS) == []
