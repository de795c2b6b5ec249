"""Findings as text: what GitHub Actions reads of one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_method_guard import deprecated_methods
from flask_method_guard.cli import methods
from flask_method_guard.inspection.findings import workflow_command
from tests.command_line import OPTIONS


def finding(**changes: object) -> dict[str, object]:
    """Make the JSON of a finding with a place."""
    return {
        "id": "MG101",
        "severity": "error",
        "message": "PURGE /cache: routed.",
        "hint": "Add it.",
        "endpoint": "purge",
        "file": "shop/app.py",
        "line": 12,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "level", "expected"),
    [
        (
            {},
            "error",
            (
                "::error file=shop/app.py,line=12,title=MG101::"
                "PURGE /cache: routed. Fix: Add it."
            ),
        ),
        (
            {"file": None, "line": None},
            "warning",
            "::warning title=MG101::PURGE /cache: routed. Fix: Add it.",
        ),
        (
            {"file": "C:\\a,b 100%.py", "message": "100%\r\n::error::x", "hint": ":,"},
            "error",
            (
                "::error file=C%3A\\a%2Cb 100%25.py,line=12,title=MG101::"
                "100%25%0D%0A::error::x Fix: :,"
            ),
        ),
    ],
    ids=["place", "no place", "escaped"],
)
def test_workflow_command(changes: dict[str, Any], level: str, expected: str) -> None:
    """It has the documented syntax, and what could end it is escaped."""
    assert workflow_command(finding(**changes), level) == expected


#: The documented syntax: ``::workflow-command name=value,name=value::message``.
SYNTAX = re.compile(r"::(error|warning) ([^:]*)::(.*)", re.DOTALL)


@given(file=st.text(), message=st.text(), hint=st.text())
def test_any_text_is_read_again(file: str, message: str, hint: str) -> None:
    """One line, from which a runner gets the same texts."""
    line = workflow_command(finding(file=file, message=message, hint=hint), "error")
    assert "\r" not in line
    assert "\n" not in line
    found = SYNTAX.fullmatch(line)
    assert found is not None
    properties = dict(part.split("=", 1) for part in found[2].split(","))
    assert {name: unquote(value) for name, value in properties.items()} == {
        "file": file,
        "line": "12",
        "title": "MG101",
    }
    assert unquote(found[3]) == f"{message} Fix: {hint}"


def make_app() -> Flask:
    """Make an app with an error and a warning, which nobody has guarded."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = ["POST"]

    @app.route("/", methods=["PUT"])
    @deprecated_methods("PUT", sunset="2026-01-01")
    def index() -> str:
        return ""

    return app


def test_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints one line a finding and nothing else; its status stays."""
    monkeypatch.setenv("COLUMNS", "40")
    app = make_app()
    args = ["check", "--format", "github"]
    result = app.test_cli_runner(**OPTIONS).invoke(methods, args)
    assert result.exit_code == 1
    error, warning = result.stdout.splitlines()
    assert re.fullmatch(
        r"::error file=.*test_findings\.py,line=\d+,title=MG101::PUT /: routed, but .*"
        r" Fix: Add the method to .*",
        error,
    )
    assert re.fullmatch(r"::warning file=.*,line=\d+,title=MG113::PUT: .*", warning)
    args += ["--ignore", "MG101,MG113"]
    result = app.test_cli_runner(**OPTIONS).invoke(methods, args)
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("command", ["list", "deprecations", "explain GET /"])
def test_only_findings_have_places(command: str) -> None:
    """What finds nothing has no such format."""
    args = [*command.split(), "--format", "github"]
    result = make_app().test_cli_runner().invoke(methods, args)
    assert result.exit_code == 2
    assert "'github'" in result.output
