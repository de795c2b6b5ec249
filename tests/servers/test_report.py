"""The page of the docs that says what servers do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from . import bodies
from .conftest import require
from .contract import METHODS
from .harness import SERVERS
from .report import FORMS, NBSP, ODD_TARGETS, Findings, _escaped, measure, page
from .write import PAGE, write

DAY = date(2026, 5, 4)
FULL = {
    (form, size): (3, 3)
    for form in FORMS
    for size in bodies.SIZES
    if (form, size) != ("Expect", "0")
}


(WAITRESS,) = (server for server in SERVERS if server.name == "waitress")


def findings(**methods: str) -> Findings:
    """Make up what was seen of a server that does nothing wrong."""
    names = dict.fromkeys((*METHODS, *ODD_TARGETS), "501")
    steps = dict.fromkeys(bodies.FORMS, (0, 0))
    return Findings("some 1.0", {**names, **methods}, dict(FULL), steps)


def test_alike_servers_share_a_row() -> None:
    """A row says what a server answers itself, by status, and what it changes."""
    odd = findings(FOO="server: 400", PUT="server: 400", get="501 as GET")
    found = {"a": findings(), "b_1": findings(), "c": odd}
    text = page(found, DAY, tries=3)
    assert "| a<br>b\\_1 | nothing |" in text
    changed = "**passes on `GET`, which gets 501**: get"
    assert f"| c | **400**: PUT, FOO<br>{changed} |" in text
    assert text.count("\n| ") == 4
    assert "measured on 2026-05-04" in text
    assert "with\nsome 1.0." in text
    assert "lost none:\na, b\\_1, c.\n" in text


def test_a_lost_answer_is_counted() -> None:
    """Only a server that lost an answer has a row, with and without the guard."""
    lossy = findings()
    lossy.arrived["chunked", "5 MB"] = (1, 2)
    text = page({"a": findings(), "b": lossy}, DAY, tries=3)
    assert "| b | 3 → 3 | 3 → 3 | 3 → 3 | 3 → 3 | 1 → 2 |" in text.replace(NBSP, " ")
    assert "| a |" not in text


def test_a_connection_out_of_step_is_named() -> None:
    """The form of the body and the count are told, of a server that loses step."""
    odd = findings()
    odd.lost_step["late"] = (2, 1)
    text = page({"a": findings(), "b": odd}, DAY, tries=3)
    assert "| b | late | 2 → 1 |" in text.replace(NBSP, " ")
    assert "| a |" not in text


def test_the_conclusions_hold() -> None:
    """What the page says first is what its tables say."""
    text = PAGE.read_text().replace(NBSP, " ")
    with_length = text.partition("### With `Content-Length`")[2].partition("### ")[0]
    rows = [line.split(" | ") for line in with_length.splitlines() if "→" in line]
    assert rows
    for row in rows:  # up to 900 kB, which is below the default limit
        assert [cell.partition("→ ")[2] for cell in row[1:5]] == ["30"] * 4
    affected = text.partition("| Connections affected |")[2].partition("\n\n")[0]
    assert affected.splitlines()[2:] == ["| cheroot | chunked | 6 → 6 |"]
    own = dict(
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("|") and "**4" in line
    )
    for servers, cell in own.items():
        for status in cell.split("<br>"):
            methods = set(status.partition(": ")[2].split(", "))
            if "TRACE" in methods:
                assert servers.startswith("nginx")
            if "CONNECT" in methods:
                assert servers.startswith(("nginx", "cheroot"))
            if methods & {"FOO", "PUT", "PROPFIND", "MKCOL", "QUERY"}:
                assert servers == "uvicorn httptools"
                assert "PUT" not in methods


def test_the_page_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command measures a real server and writes what it saw."""
    require(WAITRESS)
    write((WAITRESS,), tmp_path / "servers.md")
    text = (tmp_path / "servers.md").read_text()
    assert "| waitress | **400**: get, Get, patch, head, empty, " in text
    assert "lost none:\nwaitress." in text
    assert capsys.readouterr().out.startswith("waitress …\n")


def test_a_server_is_measured_in_all_its_ways() -> None:
    """Each method, each body and each form of it is there."""
    require(WAITRESS)
    found = measure(WAITRESS, tries=1)
    assert list(found.methods) == [*METHODS, *ODD_TARGETS]
    assert set(found.arrived) == set(FULL)
    assert set(found.arrived.values()) == {(1, 1)}
    assert set(found.lost_step) == set(bodies.FORMS)


@pytest.mark.parametrize(
    "name", [*(server.name for server in SERVERS), *METHODS, *ODD_TARGETS]
)
def test_the_docs_tell_of(name: str) -> None:
    """The page in the docs has each server and each method that is tested."""
    assert _escaped(name) in PAGE.read_text()
