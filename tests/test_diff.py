"""``flask methods diff`` and ``assert_openapi_agrees``: what is said, and the exit."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from flask import Flask, redirect
from flask.cli import FlaskGroup, ScriptInfo
from werkzeug.routing import BaseConverter

from flask_method_guard import MethodGuard
from flask_method_guard.inspection.findings import DIFFERENCES_PAGE
from flask_method_guard.report import DIFFERENCES
from flask_method_guard.testing import assert_openapi_agrees
from tests.command_line import OPTIONS

DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/items": {"get": {}, "put": {}},
        "/items/{id}": {"get": {"deprecated": True}},
    },
}

PUT = (
    "PUT /items: documented, but /items responds with 405 Method Not Allowed; allowed:"
    " GET, HEAD, OPTIONS, POST."
)


class Odd(BaseConverter):
    """Reads what nobody guesses."""

    regex = "T-[0-9]{4}"


def items(**_: object) -> str:
    """Stand for a view that must not run."""
    raise AssertionError


def shop(*, guarded: bool = True) -> Flask:
    """Make a shop that serves its document."""
    app = Flask("shop", static_folder=None)
    app.url_map.converters["odd"] = Odd
    if guarded:
        MethodGuard(app)
    app.add_url_rule("/items", "items", items, methods=["GET", "POST"])
    app.add_url_rule("/items/<int:number>", "item", items)
    app.add_url_rule("/openapi.json", "spec", lambda: DOCUMENT)
    app.add_url_rule("/spec", "old_spec", lambda: redirect("/openapi.json"))
    app.add_url_rule("/text", "text", lambda: "openapi: 3.1.0")
    app.add_url_rule("/list", "list", lambda: "[]")
    app.add_url_rule("/gone", "gone", lambda: (DOCUMENT, 500))
    return app


def run(*args: str, app: Flask | None = None, stdin: str | bytes = "") -> Result:
    """Run ``flask methods diff``."""
    made = app or shop()
    info = ScriptInfo(create_app=lambda: made)
    return CliRunner(**OPTIONS).invoke(
        FlaskGroup(create_app=lambda: made),
        ["methods", "diff", *args],
        obj=info,
        input=stdin,
    )


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write the document."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


def found_ids(result: Result) -> list[str]:
    """Return what was found, in JSON's words."""
    return [f"{each['id']} {each['path']}" for each in json.loads(result.stdout)]


ALL = ["MG204 /items", "MG202 /items", "MG206 /items/{id}"]
PAGES = ("--exclude", "spec,old_*,/text", "--exclude", "list,gone")


def test_text(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference is printed as a check's finding is."""
    monkeypatch.setenv("COLUMNS", "80")
    result = run(file, *PAGES)
    line = items.__code__.co_firstlineno
    place = f"tests/test_diff.py:{line}"
    assert result.exit_code == 1
    assert (
        result.output
        == f"""\
{place}: MG204 in items: POST /items: served, but not documented.
    Fix: Document the method, remove it from the route, or exclude the route.

{place}: MG202 in items: PUT /items: documented, but /items
    responds with 405 Method Not Allowed; allowed: GET, HEAD, OPTIONS, POST.
    Fix: Add the method to the route, or remove it from the document.

{place}: MG206 in item: GET /items/{{id}}: deprecated in the
    document, but not in the app.
    Fix: Deprecate the method in the app, so that a header tells clients, or
    remove deprecated from the document.

See {DIFFERENCES_PAGE}
3 differences.
"""
    )


def test_json(file: str) -> None:
    """JSON is a list of objects."""
    result = run(file, *PAGES, "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert found_ids(result) == ALL
    assert json.loads(result.stdout)[1] == {
        "id": "MG202",
        "method": "PUT",
        "path": "/items",
        "message": PUT,
        "hint": DIFFERENCES["MG202"].hint,
        "endpoint": "items",
        "file": "tests/test_diff.py",
        "line": items.__code__.co_firstlineno,
    }


def test_github(file: str) -> None:
    """Each difference is an error at the line of the view, and nothing else is said."""
    result = run(file, *PAGES, "--format", "github")
    line = items.__code__.co_firstlineno
    assert result.exit_code == 1
    assert result.output.splitlines()[1] == (
        f"::error file=tests/test_diff.py,line={line},title=MG202::{PUT}"
        f" Fix: {DIFFERENCES['MG202'].hint}"
    )
    assert len(result.output.splitlines()) == 3


@pytest.mark.parametrize(
    ("ignore", "found"),
    [
        (["MG204,MG206"], ALL[1:2]),
        (["MG204", "--ignore", "MG202:/items"], ALL[2:]),
        (["MG206:/items/{id}"], ALL[:2]),
        (["MG206:/other"], ALL),
        (["MG201,MG202,MG203,MG204,MG205,MG206,MG207"], []),
    ],
)
def test_what_is_ignored(ignore: list[str], found: list[str], file: str) -> None:
    """An id is left out everywhere, or at one path."""
    result = run(file, *PAGES, "--format", "json", "--ignore", *ignore)
    assert found_ids(result) == found
    assert result.exit_code == (1 if found else 0)


def test_no_difference() -> None:
    """The command exits with 0."""
    document = {"openapi": "3.1.0", "paths": {"/items/{id}": {"get": {}}}}
    result = run("-", "--under", "/items/{x}", stdin=json.dumps(document))
    assert (result.exit_code, result.output) == (0, "0 differences.\n")


def test_standard_input_in_yaml() -> None:
    """What a framework's command prints can be piped in."""
    pytest.importorskip("yaml")
    text = "openapi: 3.1.0\npaths:\n  /items:\n    get:\n    post:\n"
    result = run("-", *PAGES, "--exclude", "item", "--format", "json", stdin=text)
    assert json.loads(result.stdout) == []
    result = run("-", "--prefix", "/v1", "--format", "json", stdin=text)
    assert found_ids(result) == ["MG201 /items"] * 2


def test_a_day(file: str) -> None:
    """``--at`` reaches the comparison."""
    app = shop()
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.config["METHOD_GUARD_DEPRECATED_METHODS"] = {"GET": {"sunset": "2026-07-01"}}
    del app.extensions["method_guard"]
    for at, found in (([], "MG205"), (["--at", "2026-07-01"], "MG203")):
        result = run(file, *at, "--format", "json", app=app)
        assert f"{found} /items" in found_ids(result)


@pytest.mark.parametrize("url", ["/openapi.json", "/spec"])
def test_the_app_is_asked(url: str) -> None:
    """With ``--url``, the URL itself is left out."""
    result = run("--url", url, "--format", "json")
    everything = {*ALL, "MG204 /gone", "MG204 /list", "MG204 /text"}
    other = {"/openapi.json", "/spec"} - {url}
    assert {*found_ids(result)} == everything | {f"MG204 {path}" for path in other}


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ([], "Name one document"),
        (["FILE", "--url", "/openapi.json"], "Name one document"),
        (["nowhere.json"], "nowhere.json can't be read. Is it there?"),
        (["-"], "standard input"),
        (["--url", "/text"], "GET /text responds with 200 OK, and not with a document"),
        (["--url", "/list"], "GET /list responds with 200 OK, and not with a document"),
        (["--url", "/gone"], "responds with 500 INTERNAL SERVER ERROR"),
        (["--url", "/nowhere"], "GET /nowhere responds with 404 NOT FOUND"),
        (["FILE", "--at", "soon"], "Invalid value for '--at'"),
        (
            ["FILE", "--ignore", "MG101"],
            "No difference named 'MG101'. Differences: MG2",
        ),
    ],
    ids=" ".join,
)
def test_wrong_calls(args: list[str], problem: str, file: str) -> None:
    """The command exits with 2, and says what is wrong."""
    result = run(*(file if arg == "FILE" else arg for arg in args))
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stdout == ""


def test_too_much_on_standard_input() -> None:
    """It is not read to its end."""
    result = run("-", stdin=b"x" * (11 * 2**20))
    assert result.exit_code == 2
    assert "standard input is larger than 10 MB" in result.stderr


def odd_shop() -> tuple[Flask, dict[str, Any]]:
    """Make an app with a rule that nothing can be compared with."""
    app = Flask("odd", static_folder=None)
    app.url_map.converters["odd"] = Odd
    MethodGuard(app)
    app.add_url_rule("/t/<odd:code>", "ticket", items)
    return app, {"openapi": "3.1.0", "paths": {"/t/{code}": {"get": {}}}}


@pytest.mark.parametrize("style", ["text", "json", "github"])
def test_what_could_not_be_compared(style: str) -> None:
    """It is listed; programs find it on standard error."""
    app, document = odd_shop()
    result = run("-", "--format", style, app=app, stdin=json.dumps(document))
    assert result.exit_code == 0
    stream = result.stdout if style == "text" else result.stderr
    assert "Not compared:" in stream
    assert "/t/<odd:code> (endpoint 'ticket'): no value was found" in stream
    assert (result.stderr == "") == (style == "text")


def test_an_app_without_a_guard(file: str) -> None:
    """It is compared all the same."""
    result = run(file, *PAGES, "--format", "json", app=shop(guarded=False))
    assert found_ids(result) == ALL
    assert "No guard is installed" in result.stderr


def test_completion() -> None:
    """A shell completes the ids of differences, not those of checks."""
    app = shop()
    shell = ShellComplete(
        FlaskGroup(create_app=lambda: app),
        {"obj": ScriptInfo(create_app=lambda: app)},
        "flask",
        "_FLASK_COMPLETE",
    )
    found = shell.get_completions(["methods", "diff", "--ignore"], "MG201,mg20")
    assert [item.value for item in found] == [f"MG201,{name}" for name in DIFFERENCES]


# -- the assertion ---------------------------------------------------------------------


def test_the_assertion() -> None:
    """It lists every difference, in plain text."""
    assert_openapi_agrees(shop(), {"openapi": "3.1.0", "paths": {}}, under="/nowhere")
    with pytest.raises(AssertionError) as caught:
        assert_openapi_agrees(shop(), DOCUMENT, under="/items")
    text = str(caught.value)
    assert [name for name in DIFFERENCES if name in text] == ["MG202", "MG204", "MG206"]
    assert PUT in text
    assert text.endswith(f"See {DIFFERENCES_PAGE}\n3 differences.")
    assert "\x1b" not in text


def test_the_assertion_warns(caplog: pytest.LogCaptureFixture) -> None:
    """What could not be compared is logged and returned."""
    app, document = odd_shop()
    with caplog.at_level(logging.WARNING, "flask_method_guard"):
        found = assert_openapi_agrees(app, document)
    [record] = caplog.records
    assert found.not_compared[0] in record.getMessage().replace("\n", " ")
