"""The command line: what is printed, and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from click import unstyle
from click.testing import Result
from flask import Blueprint, Flask
from flask.cli import ScriptInfo
from flask.views import MethodView

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.cli import methods
from flask_method_guard.report import CHECKS, check, explain, inventory


class Item(MethodView):
    """A class with a surprise."""

    methods = ("GET", "PUT", "DELETE")

    def get(self, id: int) -> str:  # noqa: A002 -- the rule's name for it
        """Serve GET."""
        raise AssertionError(id)

    put = get


def fail() -> str:
    """Stand for a view that must not run."""
    raise AssertionError


@deprecated_methods("POST", sunset="2026-01-01")
def create() -> str:
    """Stand for a view that is retired."""
    raise AssertionError


def shop(*, guarded: bool = True, **config: object) -> Flask:
    """Make a shop; its views fail if they are called."""
    app = Flask("shop", static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    if guarded:
        MethodGuard(app, clock=lambda: datetime(2026, 6, 1, tzinfo=timezone.utc))
    items = Blueprint("items", "shop", url_prefix="/items")
    items.add_url_rule("/<int:id>", view_func=Item.as_view("item"))
    items.add_url_rule("/", "create", create, methods=["POST"])
    app.register_blueprint(items)
    app.add_url_rule("/", "index", fail)
    app.add_url_rule("/cache", "purge", fail, methods=["PURGE"])
    return app


def run(app: Flask, *args: str, **options: Any) -> Result:
    """Run ``flask methods`` with arguments."""
    return app.test_cli_runner(**options).invoke(methods, args)


def output(app: Flask, *args: str) -> str:
    """Run a command that ends well and give what it prints."""
    result = run(app, *args)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    return result.output


# -- list -------------------------------------------------------------------------

TABLE = """\
URL              Endpoint      DELETE GET HEAD OPTIONS POST PURGE PUT
/                index                GET HEAD OPTIONS
/cache           purge                         OPTIONS      PURGE
/items/          items.create                  OPTIONS 405
/items/<int:id>  items.item    DELETE GET HEAD OPTIONS            PUT

4 routes.
Supported: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PURGE, PUT
  (the default methods, and what the routes declare).
"""


@pytest.mark.parametrize(
    "args", [[], ["list"], ["--format", "text"]], ids=["none", "list", "format"]
)
def test_list(args: list[str]) -> None:
    """Each method has a column of its own, also where ``list`` is not written."""
    assert output(shop(ENFORCE_SUNSET=True), *args) == TABLE


CREATE = "/items/  items.create  OPTIONS POST"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("CREAT", ["URL      Endpoint      OPTIONS POST", CREATE, "", "1 route."]),
        ("ms/", None),
        ("s/item", ["URL  Endpoint", "", "0 routes."]),
    ],
)
def test_filter(text: str, lines: list[str] | None) -> None:
    """A filter looks for a text in URLs and endpoints; only what is left is shown."""
    found = output(shop(), "--filter", text).splitlines()
    if lines is None:
        assert [line[:8].strip() for line in found[1:3]] == ["/items/", "/items/<"]
    else:
        assert found[: len(lines)] == lines


def test_blueprint() -> None:
    """A blueprint's URLs can be listed alone; one that isn't there is an error."""
    found = json.loads(output(shop(), "--blueprint", "items", "--format", "json"))
    endpoints = [route["endpoint"] for route in found["routes"]]
    assert endpoints == ["items.create", "items.item"]
    result = run(shop(), "--blueprint", "itms")
    assert result.exit_code == 2
    assert "'itms' is no blueprint. Did you mean 'items'?" in result.output
    assert "The app has no such one." in run(shop(), "--blueprint", "x").output


def test_nested_blueprints() -> None:
    """The blueprints in a blueprint belong to it; one of a like name does not."""
    app = shop()
    outer, inner, other = (Blueprint(name, "shop") for name in ("a", "b", "ab"))
    for blueprint in (outer, inner, other):
        blueprint.add_url_rule(f"/{blueprint.name}", "view")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.register_blueprint(other)
    found = json.loads(output(app, "--blueprint", "a", "--format", "json"))
    assert [route["endpoint"] for route in found["routes"]] == ["a.view", "a.b.view"]


def test_what_is_supported_and_why() -> None:
    """The last lines say what is supported and where that comes from."""
    assert output(shop(SUPPORTED_METHODS="standard")).endswith(
        "Supported: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY,"
        " TRACE\n"
        "  (METHOD_GUARD_SUPPORTED_METHODS: the standard methods; GET and HEAD are"
        " always supported).\n"
    )


def test_a_rule_that_takes_every_method() -> None:
    """Such a rule is said to, in place of a list of methods."""
    app = shop()
    app.url_map.add(app.url_rule_class("/any", endpoint="any"))
    assert "/any             any           every method\n" in output(app)


def test_methods_that_are_none() -> None:
    """A method that is no token can't break the table."""
    app = shop()
    app.add_url_rule("/odd", "odd", methods=["A\nB"])
    header, *_ = output(app, "--filter", "odd").splitlines()
    assert header == "URL   Endpoint  'A\\nB' OPTIONS"
    assert "/odd  odd       400    OPTIONS\n" in output(app, "--filter", "odd")


def test_three_hundred_routes() -> None:
    """The columns of a big app stand one below the other, and lines stay short."""
    app = shop()
    for number in range(300):
        path = f"/api/v1/{'section/' * (number % 4)}things-{number}/<int:id>"
        app.add_url_rule(path, f"things_{number}", methods=["GET", "PATCH"])
    app.add_url_rule("/" + "very-long-" * 20, "long", methods=["GET", "PATCH"])
    lines = output(app).split("\n\n")[0].splitlines()
    assert len(lines) == 306
    usual = [line for line in lines if "very-long" not in line]
    assert {line.index("GET") for line in usual if "GET" in line} == {
        usual[0].index("GET")
    }
    assert {line.index("PATCH") for line in usual if "PATCH" in line} == {
        usual[0].index("PATCH")
    }
    assert max(map(len, usual)) <= 120


# -- explain ----------------------------------------------------------------------


def test_explain() -> None:
    """All that is known of the answer is named, a line each."""
    app = shop(
        DOCS_URL="https://docs.test/{endpoint}#{method}",
        ENFORCE_SUNSET=True,
        REJECT_EARLY=True,
    )
    assert output(app, "explain", "POST", "/items/") == (
        """\
POST /items/: 405 Method Not Allowed

Reason      retired (row 5 of 8)
When        a route matched, but the method is past its enforced sunset
Answer      405 Method Not Allowed, with an Allow without the method
Law         RFC 9110 §15.5.6, RFC 8594 §3
Rule        /items/
Endpoint    items.create
Allow       OPTIONS
Says        POST was retired on 1 January 2026. Allowed: OPTIONS.
Docs        https://docs.test/items.create#POST
Deprecated  since 2025-01-01T00:00:00Z; sunset 2026-01-01T00:00:00Z

What this cannot know:
- A server or a proxy in front of the app may answer first.
"""
    )


@pytest.mark.parametrize(
    ("args", "first", "contains"),
    [
        (["get", "/"], "get /: 501 Not Implemented", "did you mean GET?"),
        (["<x>", "/"], "<x> /: 400 Bad Request", "invalid-token (row 1 of 8)"),
        (["", "/"], "'' /: 400 Bad Request", "invalid-token"),
        (["A\x1b[31m\n", "/"], "'A\\x1b[31m\\n' /: 400 Bad Request", "invalid-token"),
        (["OPTIONS", "*"], "OPTIONS *: 200 OK", "server-options (row 3 of 8)"),
        (["GET", "/"], "GET /: what the view says", "Answer    the view's answer"),
        (["GET", "/a b"], "GET '/a b': 404 Not Found", "not-found (row 8 of 8)"),
        (
            ["POST", "/items", "--host", "shop.test"],
            "POST /items: 308 Permanent Redirect",
            "Location  http://shop.test/items/\n",
        ),
        (["--", "-x", "/"], "-x /: 501 Not Implemented", "not-implemented"),
    ],
)
def test_explain_what_may_be_typed(args: list[str], first: str, contains: str) -> None:
    """Whatever is typed is explained, and nothing of it reaches the terminal raw."""
    text = output(shop(), "explain", *args)
    assert text.splitlines()[0] == first
    assert contains in text


def test_explain_a_crash() -> None:
    """Where the table is not asked, no row is named."""
    app = shop()
    del app.url_map.converters["int"]

    class Crash(app.url_map.converters["default"]):  # type: ignore[misc, name-defined]
        def to_python(self, value: str) -> object:
            """Crash."""
            raise KeyError(value)

    app.url_map.converters["crash"] = Crash
    app.add_url_rule("/crash/<crash:x>", "crash")
    text = output(app, "explain", "GET", "/crash/x")
    assert text.startswith("GET /crash/x: 500 Internal Server Error\n\nWhen    a URL ")
    assert "Reason" not in text
    assert "What this cannot know" not in text


def test_explain_what_is_no_url() -> None:
    """A URL that is none is an error with a sentence, not a traceback."""
    result = run(shop(), "explain", "GET", "items")
    assert result.exit_code == 1
    assert result.output == (
        "Error: 'items' is no URL of the app. Start it with a slash, or give * for the"
        " server as a whole.\n"
    )


# -- check ------------------------------------------------------------------------


def test_check() -> None:
    """Each finding has its id, its place and its mend; an error fails."""
    result = run(shop(), "check")
    assert result.exit_code == 1
    assert result.output == (
        f"""\
MG102 error: items.item
  DELETE /items/<int:id>: {__name__}.Item does not implement it; clients get
  500.
  Write the function, or take the method out of the route or of the class's
  methods.

MG113 warning: items.create
  POST: its sunset is 1 January 2026, but since is not set.
  Set since, the date from which the method is deprecated: without it, no
  Deprecation header is sent.

1 error, 1 warning
"""
    )


@pytest.mark.parametrize(
    ("args", "exit_code", "last"),
    [
        ([], 1, "1 error, 1 warning"),
        (["--ignore", "MG102"], 0, "1 warning"),
        (["--ignore", "MG102", "--strict"], 1, "1 warning"),
        (["--ignore", "MG113"], 1, "1 error"),
        (["--ignore", "MG102", "--ignore", "MG113"], 0, "Nothing was found."),
        (
            ["--ignore", "MG102", "--ignore", "MG113", "--strict"],
            0,
            "Nothing was found.",
        ),
    ],
    ids=["plain", "ignored", "strict", "errors", "both", "neither"],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_exit_code(args: list[str], exit_code: int, last: str, style: str) -> None:
    """An error fails, a warning only with ``--strict``, in either format."""
    result = run(shop(), "check", *args, "--format", style)
    assert result.exit_code == exit_code
    if style == "text":
        assert result.output.splitlines()[-1] == last


def test_several_warnings() -> None:
    """Findings are counted in words that agree."""
    app = Flask("shop")
    MethodGuard(app)
    app.add_url_rule("/", "index", methods=["TRACE", "AB"])
    app.view_functions["index"] = lambda: ""
    assert output(app, "check").endswith("\n2 warnings\n")


def test_ignore_what_is_no_id() -> None:
    """An id that is none is an error that names those that are."""
    result = run(shop(), "check", "--ignore", "MG999")
    assert result.exit_code == 2
    assert "'MG999' is not one of 'MG101'" in result.output
    assert CHECKS[-1].id in result.output


# -- all of them ------------------------------------------------------------------


def test_json() -> None:
    """The JSON of each is that of the report."""
    app = shop()
    assert json.loads(output(app, "--format", "json")) == inventory(app).as_json()
    args = ["explain", "PUT", "/", "--format", "json"]
    assert json.loads(output(app, *args)) == explain(app, "PUT", "/").as_json()
    result = run(app, "check", "--format", "json")
    assert json.loads(result.output) == [found.as_json() for found in check(app)]
    assert json.loads(output(app, "check", "--ignore", "MG102", "--format", "json"))


@pytest.mark.parametrize(
    "args", [["list"], ["explain", "PUT", "/"], ["check"]], ids=lambda args: args[0]
)
def test_colour_only_on_a_terminal(
    args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is colour on a terminal, and no other difference; NO_COLOR turns it off."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = shop(ENFORCE_SUNSET=True)
    plain = run(app, *args).output
    coloured = app.test_cli_runner().invoke(methods, args, color=True).output
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert unstyle(coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert app.test_cli_runner().invoke(methods, args, color=True).output == plain


@pytest.mark.parametrize(
    "args",
    [[], ["explain", "GET", "/"], ["check"]],
    ids=lambda args: (*args, "list")[0],
)
def test_no_guard(args: list[str]) -> None:
    """Without a guard, each says what to add."""
    result = run(shop(guarded=False), *args)
    assert result.exit_code == 1
    assert result.output == (
        "Error: The app 'shop' has no method guard. Add it where the app is made:\n\n"
        "    from flask_method_guard import MethodGuard\n\n    MethodGuard(app)\n\n"
    )


def test_an_app_that_does_not_load() -> None:
    """What an app raises when it is made is shown as Flask shows it."""

    def create_app() -> Flask:
        raise ValueError("a slip in the app")

    runner = Flask("shop").test_cli_runner()
    info = ScriptInfo(create_app=create_app)
    result = runner.invoke(methods, ["explain", "GET", "/"], obj=info)
    assert isinstance(result.exception, ValueError)
    assert "Error:" not in result.output


def test_help() -> None:
    """Each command explains itself, and a wrong one is named."""
    text = output(shop(), "--help")
    assert all(name in text for name in ("list", "explain", "check"))
    assert "--filter" in output(shop(), "list", "--help")
    assert "No view runs." in output(shop(), "explain", "--help")
    assert "--strict" in output(shop(), "check", "--help")
    result = run(shop(), "chek")
    assert result.exit_code == 2
    assert "No such command 'chek'" in result.output


def test_the_command_is_registered(tmp_path: Path) -> None:
    """``flask methods`` is there as soon as the package is installed."""
    [entry] = entry_points(group="flask.commands", name="methods")
    assert entry.load() is methods
    (tmp_path / "bare.py").write_text("from flask import Flask\napp = Flask('bare')\n")
    command = [sys.executable, "-m", "flask", "--app", "bare", "methods"]
    result = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1
    assert "The app 'bare' has no method guard." in result.stderr
