"""The runner of the blocks goes red where a page is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil.example import SybilFailure

from .blocks import Page
from .terminal import Mismatch, Terminal, matches


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Open a terminal, and close it again."""
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("expected", "output", "same"),
    [
        pytest.param("one\ntwo", "one\ntwo\n", True, id="same"),
        pytest.param("one", "one  \n\n", True, id="white space at the ends"),
        pytest.param("one", "two", False, id="other"),
        pytest.param("one", "one\ntwo", False, id="more"),
        pytest.param("one\ntwo", "one", False, id="less"),
        pytest.param("one\n...", "one\ntwo\nthree", True, id="any end"),
        pytest.param("... in ...s", "3 passed in 0.05s", True, id="any part"),
        pytest.param("a.c", "abc", False, id="a dot is a dot"),
    ],
)
def test_matches(expected: str, output: str, same: bool) -> None:
    """An output is the page's, or it is not."""
    assert matches(expected, output) is same


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        pytest.param("$ echo one\ntwo\n", "--- the page", id="output"),
        pytest.param("$ false\n", "exit status 1", id="status"),
        pytest.param("echo one\n", "begins with", id="no prompt"),
        pytest.param("$ exit 3\n", "ended the shell", id="end"),
        pytest.param("$ flask --app nowhere run\n", "did not start", id="server"),
    ],
)
def test_wrong_console_block(terminal: Terminal, block: str, reason: str) -> None:
    """A console block that does not do what it shows is a mismatch."""
    with pytest.raises(Mismatch, match=reason):
        terminal.check(block)


def test_console_block_lasts(terminal: Terminal) -> None:
    """What a command leaves behind is there for the next block."""
    terminal.check("$ mkdir shop && cd shop\n$ word=lamp\n")
    terminal.check("$ basename $PWD; echo $word\nshop\nlamp\n")


def test_a_server_starts_where_the_shell_is(terminal: Terminal, tmp_path: Path) -> None:
    """A reader who has changed to a folder starts the server there."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text(
        "from flask import Flask\napp = Flask('a')"
    )
    terminal.check("$ cd shop\n$ flask --app app run\n...\n")


def test_failure_that_is_shown(terminal: Terminal) -> None:
    """A command may fail where the page shows the reader that it does."""
    terminal.check("$ false\n$ echo $?\n1\n")


def test_a_block_that_names_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block is written to the file that its first line names, or added to it."""
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n# a.py\none = 1\n```\n"
        "```python\n# a.py, further down\ntwo = one + 1\n```\n"
        "```python\n>>> import a\n>>> a.two\n2\n```\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    Page(page, tmp_path).run()
    assert (tmp_path / "a.py").read_text() == (
        "# a.py\none = 1\n# a.py, further down\ntwo = one + 1\n"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("```python\n1 / 0\n```\n", ZeroDivisionError, id="python"),
        pytest.param("```python\n>>> 1 + 1\n3\n```\n", SybilFailure, id="doctest"),
        pytest.param("```console\n$ echo 1\n2\n```\n", SybilFailure, id="console"),
        pytest.param("```json\n{\n```\n", ValueError, id="json"),
        pytest.param("```toml\n=\n```\n", ValueError, id="toml"),
        pytest.param(
            "* in a list:\n\n  ```python\n  1 / 0\n  ```\n",
            ZeroDivisionError,
            id="in a list",
        ),
        pytest.param(
            "```{code-block} python\n:caption: a.py\n\n1 / 0\n```\n",
            ZeroDivisionError,
            id="with a caption",
        ),
    ],
)
def test_wrong_page(tmp_path: Path, text: str, error: type[Exception]) -> None:
    """A page with one block that is wrong is refused."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    (tmp_path / "directory").mkdir()
    with pytest.raises(error):
        Page(page, tmp_path / "directory").run()
