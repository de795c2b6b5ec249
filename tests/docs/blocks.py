"""The code blocks of the documentation, found and run with Sybil."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent

import tomllib
from sybil import Document, Example, Region
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.abstract.lexers import LexerCollection
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer
from sybil.parsers.myst.lexers import DirectiveLexer

from .terminal import CHECKOUT, Mismatch, Terminal

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    + [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
)

#: Languages that run, or are read by what they are for.
RUN = ("python", "console", "json", "toml")
#: Languages that a page only shows. A file with a caption is written all the same.
SHOWN = ("html", "jinja", "nginx", "text", "yaml")

_LEXERS = LexerCollection(
    [
        FencedCodeBlockLexer(
            "[a-z]+", mapping={"language": "arguments", "source": "source"}
        ),
        DirectiveLexer("code-block", "[a-z]+"),
    ]
)
#: The first line of a block that is the text of a file, or continues it.
_FILE = re.compile(r"# (?P<name>\w+\.py)(?P<more>, further down)?\n")
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def copy_checkout(target: Path) -> None:
    """Copy what a reader would clone, as far as an installation needs it."""
    target.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    shutil.copytree(ROOT / "flask_method_guard", target / "flask_method_guard")


class Page:
    """One page: its blocks, run in order in one namespace and one directory."""

    def __init__(self, path: Path, directory: Path) -> None:
        self.directory = directory
        self._terminal: Terminal | None = None
        self.document = Document.parse(str(path), self._regions)
        # A Flask app of this name has its root in the working directory.
        self.document.namespace["__name__"] = "the_page"

    def run(self) -> None:
        """Run all blocks; the first that is wrong raises."""
        try:
            for example in self.document.examples():
                example.evaluate()
        finally:
            self._forget()
            if self._terminal is not None:
                self._terminal.close()

    def _regions(self, document: Document) -> Iterable[Region]:
        evaluators: dict[str, Callable[[Example], str | None]] = {
            "python": self._python,
            "console": self._console,
            "json": self._data(json.loads),
            "toml": self._data(tomllib.loads),
        }
        for region in _LEXERS(document):
            language = region.lexemes["arguments"]
            region.parsed = region.lexemes["source"]
            region.evaluator = evaluators.get(language, self._shown)
            yield region

    def _write(self, example: Example) -> None:
        name = (example.region.lexemes.get("options") or {}).get("caption")
        # A page that is read where no directive is known says it in a comment.
        said = _FILE.match(example.parsed)
        if said:
            name = said["name"]
        if name:
            target = self.directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # A reader who runs the file imports its neighbours.
            if str(target.parent) not in sys.path:
                sys.path.insert(0, str(target.parent))
            mode = "a" if said and said["more"] else "w"
            with target.open(mode, encoding="utf-8") as file:
                file.write(dedent(example.parsed))

    def _shown(self, example: Example) -> None:
        self._write(example)

    def _data(self, read: Callable[[str], object]) -> Callable[[Example], None]:
        def evaluate(example: Example) -> None:
            read(example.parsed)
            self._write(example)

        return evaluate

    def _python(self, example: Example) -> str | None:
        self._write(example)
        self._forget()
        if not example.parsed.lstrip().startswith(">>>"):
            PythonEvaluator()(example)
            return None
        parser = DocTestStringParser(DocTestEvaluator(_OPTIONS))
        for region in parser(example.parsed, example.path):
            inner = Example(
                example.document, example.line, 0, region, example.namespace
            )
            result = DocTestEvaluator(_OPTIONS)(inner)
            if result:
                return str(result)
        return None

    def _console(self, example: Example) -> str | None:
        if self._terminal is None:
            copy_checkout(self.directory / CHECKOUT)
            self._terminal = Terminal(self.directory)
        try:
            self._terminal.check(example.parsed)
        except Mismatch as mismatch:
            return str(mismatch)
        return None

    def _forget(self) -> None:
        # The next block must import the file as it is now.
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and Path(file).is_relative_to(self.directory):
                del sys.modules[name]
