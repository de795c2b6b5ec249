"""The command line: what is printed, and how it exits."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from click import unstyle
from click.shell_completion import ShellComplete
from click.testing import Result
from flask import Blueprint, Flask
from flask.cli import FlaskGroup, ScriptInfo
from flask.views import MethodView

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.cli import methods
from flask_method_guard.inspection.findings import CHECKS_PAGE
from flask_method_guard.inspection.text import terminal_width, url_order
from flask_method_guard.report import CHECKS, check, explain, inventory
from tests.command_line import OPTIONS


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

LISTED = """\
URL              GET POST PUT DELETE PURGE  Endpoint
/                GET                        index
/cache                               PURGE  purge
/items/              410                    items.create
/items/<int:id>  GET      PUT DELETE        items.item

4 URLs. Automatic HEAD and OPTIONS are left out; see --all.
410  retired, and nothing is left at this URL: 410 Gone

Supported: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PURGE, PUT
  (the default methods, and what the routes declare)
Every other method gets 501 Not Implemented.
"""


@pytest.fixture(autouse=True)
def _no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the width to the tests that set it."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.mark.parametrize(
    "args", [[], ["list"], ["--format", "text"]], ids=["none", "list", "format"]
)
def test_list(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each method has a column of its own, also where ``list`` is not written."""
    monkeypatch.setenv("COLUMNS", "80")
    assert output(shop(ENFORCE_SUNSET=True), *args) == LISTED


def test_a_pipe() -> None:
    """Without a width, each route has one line, with its endpoint, and no padding."""
    assert output(shop(ENFORCE_SUNSET=True)) == (
        "/  GET  index\n"
        "/cache  PURGE  purge\n"
        "/items/  POST:410  items.create\n"
        "/items/<int:id>  GET PUT DELETE  items.item\n"
    )


def test_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--all`` shows the HEAD and OPTIONS that nobody wrote down."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = output(shop(), "--all", "--filter", "item").splitlines()
    assert lines[:4] == [
        "URL              GET HEAD POST  PUT DELETE OPTIONS  Endpoint",
        "/items/                   POST*            OPTIONS  items.create",
        "/items/<int:id>  GET HEAD       PUT DELETE OPTIONS  items.item",
        "",
    ]
    assert lines[4] == "2 URLs."


def test_automatic_methods_that_are_not_automatic() -> None:
    """HEAD and OPTIONS are shown if somebody wrote them, or nothing else is there."""
    app = shop()
    app.add_url_rule("/h", "h", fail, methods=["HEAD"])
    app.add_url_rule("/o", "o", fail, methods=["GET", "OPTIONS"])
    app.add_url_rule("/x", "x", fail, methods=[])
    lines = output(app, "--filter", "/").splitlines()
    assert [line.split() for line in lines if line[:2] in {"/h", "/o", "/x"}] == [
        ["/h", "HEAD", "h"],
        ["/o", "GET", "OPTIONS", "o"],
        ["/x", "OPTIONS", "x"],
    ]


def test_a_head_that_is_treated_differently_from_get() -> None:
    """HEAD is shown where GET does not say what becomes of it."""
    app = shop()
    view = deprecated_methods("HEAD", since="2026-01-01")(lambda **_: fail())
    app.add_url_rule("/h", "h", view)
    assert "/h  GET HEAD*  h\n" in output(app, "--filter", "/h")


def test_deprecated_methods_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deprecated method that is served has a sign, and a legend explains it."""
    monkeypatch.setenv("COLUMNS", "80")
    text = output(shop(), "--filter", "create")
    assert "/items/  POST*  items.create\n" in text
    assert (
        "\n*    deprecated, and still served; see flask methods deprecations\n" in text
    )
    app_wide = output(shop(DEPRECATED_METHODS={"PURGE": {"since": "2026-01-01"}}))
    assert "PURGE*  purge\n" in app_wide
    assert "deprecated" not in output(shop(), "--filter", "purge")


@pytest.mark.parametrize(
    ("options", "contains"),
    [
        (["--filter", "CREAT"], ["/items/  POST*  items.create", "1 URL. Auto"]),
        (["--filter", "ms/"], ["/items/ ", "/items/<int:id>", "2 URLs. Auto"]),
    ],
    ids=["endpoint", "URL"],
)
def test_filter(
    options: list[str], contains: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter looks for a text in URLs and endpoints; only what is left is shown."""
    monkeypatch.setenv("COLUMNS", "80")
    found = output(shop(), *options)
    assert all(text in found for text in contains)
    assert "/cache" not in found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--filter", "zzz"], "No URL or endpoint of the app contains 'zzz'.\n"),
        (
            ["--filter", "cache", "--blueprint", "items"],
            "No URL or endpoint of blueprint 'items' contains 'cache'.\n",
        ),
        (["--blueprint", "empty"], "No URLs in blueprint 'empty'.\n"),
    ],
    ids=["filter", "both", "blueprint"],
)
def test_nothing_found(options: list[str], message: str) -> None:
    """A list of nothing says so, and JSON stays JSON."""
    app = shop()
    app.register_blueprint(Blueprint("empty", "shop"))
    assert output(app, *options) == message
    assert json.loads(output(app, *options, "--format", "json"))["routes"] == []


def test_an_app_without_urls() -> None:
    """An app without routes is not an empty table."""
    app = Flask("shop", static_folder=None)
    MethodGuard(app)
    assert output(app) == "No URLs in the app.\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("itms", "No blueprint named 'itms'. Did you mean 'items'?"),
        ("nope", "No blueprint named 'nope'. Blueprints: admin, items."),
    ],
)
def test_a_blueprint_that_is_not_there(name: str, message: str) -> None:
    """A typo in a blueprint's name is an error that helps."""
    app = shop()
    app.register_blueprint(Blueprint("admin", "shop"))
    result = run(app, "--blueprint", name)
    assert result.exit_code == 2
    assert result.output.endswith(f"\nError: {message}\n")


def test_no_blueprint_at_all() -> None:
    """An app without blueprints says so."""
    app = Flask("shop")
    MethodGuard(app)
    result = run(app, "--blueprint", "x")
    assert result.output.endswith("No blueprint named 'x'. The app has none.\n")


def test_blueprint() -> None:
    """A blueprint's URLs can be listed alone."""
    found = json.loads(output(shop(), "--blueprint", "items", "--format", "json"))
    endpoints = [route["endpoint"] for route in found["routes"]]
    assert endpoints == ["items.create", "items.item"]


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


def test_what_is_supported_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines say what is supported and where that comes from."""
    monkeypatch.setenv("COLUMNS", "100")
    assert output(shop(SUPPORTED_METHODS="standard")).endswith(
        "Supported: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY,"
        " TRACE\n"
        "  (METHOD_GUARD_SUPPORTED_METHODS: the standard methods; GET and HEAD are"
        " always supported)\n"
        "Every other method gets 501 Not Implemented.\n"
    )


@pytest.mark.parametrize("width", ["", "80"], ids=["pipe", "terminal"])
def test_a_rule_that_takes_every_method(
    width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a rule is named as one, and so is what is deprecated of it."""
    monkeypatch.setenv("COLUMNS", width)
    app = shop(DEPRECATED_METHODS={"PUT": {"since": "2026-01-01"}})
    app.url_map.add(app.url_rule_class("/any", endpoint="any"))
    [line] = [line for line in output(app).splitlines() if line.startswith("/any")]
    assert line.split() == ["/any", "every", "method", "PUT*", "any"]


def test_methods_that_are_not_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that is not a token can't break the table."""
    monkeypatch.setenv("COLUMNS", "80")
    app = shop()
    app.add_url_rule("/odd", "odd", methods=["A\nB"])
    text = output(app, "--filter", "odd")
    assert text.startswith("URL   'A\\nB'  Endpoint\n/odd  400     odd\n")
    assert "\n400  not a token: 400 Bad Request\n" in text


# -- list: the layout -------------------------------------------------------------


def listed(app: Flask, width: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List an app's URLs at a width; nothing but a URL is longer than a line."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = output(app).splitlines()
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert all(len(line) <= width or line.strip() in rules for line in lines)
    return lines


def webdav() -> Flask:
    """Make an app with ten methods of WebDAV."""
    app = Flask("files")
    MethodGuard(app)
    names = "PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT"
    every = ["GET", "PUT", *names.split(), "VERSION-CONTROL"]
    app.add_url_rule("/dav/<path:file>", "file", fail, methods=every)
    app.add_url_rule("/dav/", "root", fail, methods=["GET", "PROPFIND"])
    return app


@pytest.mark.parametrize("width", range(1, 12))
def test_a_very_narrow_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word has a line of its own, however narrow the terminal is."""
    monkeypatch.setenv("COLUMNS", str(width))
    assert {"/dav/", "PROPFIND", "VERSION-CONTROL"} <= set(output(webdav()).split())


#: The first lines of an app with many methods, by width.
WIDTHS = {
    80: """\
URL                      Methods
/dav/                    GET PROPFIND
/dav/<path:file>         GET PUT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH REPORT
                         SEARCH UNLOCK VERSION-CONTROL
/static/<path:filename>  GET
""",
    # A matrix, from here on.
    109: """\
URL                      GET PUT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH REPORT SEARCH\
 UNLOCK VERSION-CONTROL
/dav/                    GET                          PROPFIND
/dav/<path:file>         GET PUT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH REPORT SEARCH\
 UNLOCK VERSION-CONTROL
/static/<path:filename>  GET
""",
    # With endpoints, from here on.
    119: """\
URL                      GET PUT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH REPORT SEARCH\
 UNLOCK VERSION-CONTROL  Endpoint
/dav/                    GET                          PROPFIND\
                                                 root
/dav/<path:file>         GET PUT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH REPORT SEARCH\
 UNLOCK VERSION-CONTROL  file
/static/<path:filename>  GET\
                                                                                   static
""",
}


@pytest.mark.parametrize(
    ("width", "layout"),
    [(80, 80), (81, 80), (109, 109), (118, 109), (119, 119), (200, 119)],
)
def test_layout(width: int, layout: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint is left out first, then the matrix."""
    text = "\n".join(listed(webdav(), width, monkeypatch))
    assert text.startswith(WIDTHS[layout] + "\n")


def test_compact_entries_with_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many methods make a matrix too wide, short entries keep their endpoints."""
    app = Flask("files", static_folder=None)
    MethodGuard(app)
    for number in range(20):
        methods = [f"METHOD{number}"]
        app.add_url_rule(f"/{number}", f"e{number}", fail, methods=methods)
    assert listed(app, 80, monkeypatch)[:3] == [
        "URL  Methods   Endpoint",
        "/0   METHOD0   e0",
        "/1   METHOD1   e1",
    ]


@pytest.mark.parametrize(
    ("width", "words"), [(24, ["/none"]), (45, ["/none"]), (80, ["/none", "none"])]
)
def test_a_route_without_methods(
    width: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A URL that no method reaches is listed in every layout."""
    app = shop()
    app.add_url_rule("/none", "none", fail, methods=[], provide_automatic_options=False)
    lines = listed(app, width, monkeypatch)
    assert [line.split() for line in lines if line.startswith("/none")] == [words]


def test_a_long_url_in_a_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single long URL keeps the columns; its methods are in the line below."""
    app = Flask("files", static_folder=None)
    MethodGuard(app)
    for number in range(20):
        app.add_url_rule(f"/{number}", f"e{number}", fail, methods=["PUT", "PATCH"])
    path = "/a" + "-long" * 15
    app.add_url_rule(path, "long", fail, methods=["PATCH"])
    lines = listed(app, 80, monkeypatch)
    column = lines[0].index("PATCH")
    assert lines[lines.index(path) + 1] == " " * column + "PATCH"
    assert lines[1] == "/0".ljust(column - 4) + "PUT PATCH"


def test_routes_of_one_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without endpoints, the routes of one URL share an entry."""
    app = Flask("files", static_folder=None)
    MethodGuard(app)
    path = "/" + "long-" * 12
    app.add_url_rule(path, "read_everything", fail)
    app.add_url_rule(path, "append_to_it", fail, methods=["POST"])
    lines = listed(app, 80, monkeypatch)
    assert lines[1:4] == [
        f"{path}  GET POST",
        "",
        "1 URL, 2 routes. Automatic HEAD and OPTIONS are left out; see --all.",
    ]
    assert len(listed(app, 120, monkeypatch)[1:4]) == 3
    assert "append_to_it" in listed(app, 120, monkeypatch)[1]


@cache
def big(*, blueprints: int = 8, routes: int = 30, dav: bool = False) -> Flask:
    """Make an app of many blueprints, with URLs of every length."""
    app = Flask("big", static_folder=None)
    MethodGuard(app)
    app.add_url_rule("/", "index", fail)
    sets = (["GET"], ["GET", "POST"], ["GET", "PUT", "DELETE"], ["POST"], ["PATCH"])
    more = ["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"]
    for outer in range(blueprints):
        blueprint = Blueprint(f"part{outer}", "big", url_prefix=f"/api/part{outer}")
        for number in range(routes):
            deep = "".join(f"/sections/<uuid:in_{n}>" for n in range(number % 4))
            methods = sets[number % 5] + (more if dav and number % 9 == 0 else [])
            path = f"{deep}/things-{number}/<int:thing_id>"
            blueprint.add_url_rule(path, f"thing_{number}", fail, methods=methods)
        app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("dav", [False, True], ids=["plain", "WebDAV"])
@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 200])
def test_big_apps(width: int, dav: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every URL is shown, once and whole, and no line is longer than the terminal."""
    app = big(dav=dav)
    lines = listed(app, width, monkeypatch)
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    shown = [word for line in lines for word in line.split() if word.startswith("/")]
    assert sorted(shown) == sorted(rules)
    assert lines[1:3] == ["", "No blueprint"]
    assert lines[3].split()[:2] == ["/", "GET"]
    headings = [line for line in lines if line.startswith("Blueprint ")]
    assert headings == [f"Blueprint part{number}" for number in range(8)]
    assert ("part7.thing_0" in "\n".join(lines)) == (width == 200)


def test_headings_of_a_single_blueprint(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in no blueprint is told apart from what is in the only one."""
    lines = listed(big(blueprints=1, routes=30), 80, monkeypatch)
    assert lines[1:3] == ["", "No blueprint"]
    assert "Blueprint part0" in lines


def test_compact_entries_are_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Methods begin in one column, in the line of their URL if there is room."""
    lines = listed(big(dav=True), 98, monkeypatch)
    column = lines[0].index("Methods")
    entries = [line for line in lines if line.startswith("  /") and " " in line[2:]]
    assert len(entries) > 140
    below = [line for line in lines if line.startswith("   ")]
    assert len(below) > 20
    assert all(line[column - 1] == " " < line[column] for line in entries + below)


@pytest.mark.parametrize(
    ("blueprints", "routes"), [(2, 9), (20, 3)], ids=["short", "tiny"]
)
def test_headings_only_where_they_help(
    blueprints: int, routes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short list has no headings, nor has one of tiny blueprints."""
    app = big(blueprints=blueprints, routes=routes)
    lines = listed(app, 80, monkeypatch)
    assert not any(line.startswith("Blueprint") for line in lines)


def test_piped_output_has_one_route_a_line() -> None:
    """Without a width, nothing is folded, grouped or left out."""
    app = big(dav=True)
    lines = output(app).splitlines()
    fields = [line.split("  ") for line in lines]
    assert {(url, endpoint) for url, _, endpoint in fields} == {
        (rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()
    }
    assert len(lines) == len(list(app.url_map.iter_rules()))


@pytest.mark.parametrize("value", ["", "0", "wide", "-3"])
def test_a_width_that_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``COLUMNS`` that is not a number sets no width."""
    plain = output(webdav())
    monkeypatch.setenv("COLUMNS", value)
    assert output(webdav()) == plain


def test_the_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``COLUMNS``, a terminal says how wide it is."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((97, 9)))
    assert terminal_width() == 97


def test_the_order_of_urls() -> None:
    """URLs are in the order of their segments: fixed ones first, any case alike."""
    wanted = [
        "/",
        "/Account",
        "/items",
        "/items/",
        "/items/new",
        "/items/<int:id>",
        "/items/<int:id>/edit",
        "/items-old",
        "/<path:rest>",
        "api.*/",
    ]
    mixed = sorted(wanted, key=lambda rule: rule[::-1])
    assert mixed != wanted
    assert sorted(mixed, key=url_order) == wanted


# -- explain ----------------------------------------------------------------------


def test_explain() -> None:
    """All that is known of the answer is named, a line each."""
    app = shop(
        DOCS_URL="https://docs.test/{endpoint}#{method}",
        ENFORCE_SUNSET=True,
        REJECT_EARLY=True,
    )
    view = f"{__name__}.create (tests/test_cli.py:{create.__code__.co_firstlineno})"
    assert output(app, "explain", "POST", "/items/") == (
        f"""\
POST /items/: 410 Gone

Reason    gone
When      every method that a route accepts at this URL is past its enforced sunset
Response  410 Gone, also for methods that were never routed here
Spec      RFC 9110 §15.5.11, RFC 8594 §3
Rule      /items/
Endpoint  items.create
View      {view}
Detail    This resource was retired on 1 January 2026.
Docs      https://docs.test/items.create#POST
Phase     retired
Sunset    2026-01-01T00:00:00Z

What to do:
- To serve this URL again, give a method a later sunset, or do not enforce sunsets.

Not checked:
- A server or a proxy in front of the app may respond first.
"""
    )


def test_explain_an_overdue_method() -> None:
    """The phase is named, with what makes the date count, one fact a line."""
    app = shop(
        DEPRECATED_METHODS={
            "PURGE": {
                "since": "2026-01-01",
                "sunset": "2026-06-01",
                "brownouts": ["2026-02-01T00:00Z/PT1H", "2026-03-01T00:00Z/PT1H"],
                "notice": "Use DELETE.",
            }
        }
    )
    text = output(app, "explain", "PURGE", "/cache")
    assert text.startswith("PURGE /cache: the view runs\n")
    assert (
        """
Phase      overdue (not enforced)
Since      2026-01-01T00:00:00Z
Sunset     2026-06-01T00:00:00Z
Notice     Use DELETE.
Brownouts  2026-02-01T00:00:00Z/2026-02-01T01:00:00Z, """
        """2026-03-01T00:00:00Z/2026-03-01T01:00:00Z

What to do:
- To retire PURGE, set METHOD_GUARD_ENFORCE_SUNSET = True.
""" in text
    )
    text = output(app, "explain", "PURGE", "/cache", "--at", "2026-05-31")
    assert "Phase      deprecated\n" in text
    assert "What to do" not in text


def test_explain_a_view_of_a_package() -> None:
    """The path of an installed package is left to the JSON."""
    app = Flask("shop")
    MethodGuard(app)
    text = output(app, "explain", "GET", "/static/x")
    assert "\nView      flask.app.Flask.__init__.<locals>.<lambda>\n" in text
    found = json.loads(output(app, "explain", "GET", "/static/x", "--format", "json"))
    assert found["view"] == "flask.app.Flask.__init__.<locals>.<lambda>"
    assert found["file"].endswith("flask/app.py")
    assert found["line"] > 0


@pytest.mark.parametrize(
    ("args", "first", "contains"),
    [
        (["get", "/"], "get /: 501 Not Implemented", "did you mean GET?"),
        (["<x>", "/"], "<x> /: 400 Bad Request", "Reason    invalid-token"),
        (["", "/"], "'' /: 400 Bad Request", "invalid-token"),
        (["A\x1b[31m\n", "/"], "'A\\x1b[31m\\n' /: 400 Bad Request", "invalid-token"),
        (["OPTIONS", "*"], "OPTIONS *: 200 OK", "server-options"),
        (["GET", "/"], "GET /: the view runs", "Response  the view runs"),
        (["GET", "/a b"], "GET '/a b': 404 Not Found", "not-found"),
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
    assert text.startswith(
        "GET /crash/x: 500 Internal Server Error\n\nWhen      a URL "
    )
    assert "Reason" not in text
    assert "Not checked" not in text


ITEM = f"{__name__}.Item (tests/test_cli.py:"
INDEX = f"{__name__}.fail (tests/test_cli.py:"


@pytest.mark.parametrize(
    ("args", "config", "advice"),
    [
        ("POST /items/3", {}, f"To accept POST here, define post() in {ITEM}"),
        (
            "DELETE /items/3",
            {
                "ENFORCE_SUNSET": True,
                "DEPRECATED_METHODS": {"DELETE": {"sunset": "2026-01-01"}},
            },
            "To serve DELETE again, give it a later sunset, or do not enforce sunsets.",
        ),
        (
            "PUT /",
            {},
            f"To accept PUT here, add it to the methods of the route of {INDEX}",
        ),
        (
            "PURGE /items/3",
            {},
            f"To accept PURGE here, define purge() in {ITEM}",
        ),
        (
            "PUT /gone",
            {},
            "To accept PUT here, add it to the methods of one of its routes.",
        ),
        ("put /", {"SUPPORTED_METHODS": "*"}, "To accept PUT here, add it to the"),
        (
            "get /",
            {},
            "Send GET in upper case. To accept any case, set METHOD_GUARD_CAS",
        ),
        (
            "BREW /",
            {},
            "To accept BREW, add it to a route. To send 405 instead of 501,",
        ),
        (
            "PURGE /",
            {"SUPPORTED_METHODS": ["PUT"]},
            "To accept PURGE, add it to a route and to METHOD_GUARD_SUPPORTED_METHODS.",
        ),
        ("<x> /", {}, "There is nothing to fix in the app: the client sent something"),
        (
            "GET /nowhere",
            {},
            "No URL rule matches. See the URLs of the app with: flask",
        ),
        ("GET /", {}, None),
        ("POST /items", {}, None),
    ],
    ids=lambda value: value if isinstance(value, str) and " /" in value else "",
)
def test_explain_says_what_to_do(
    args: str, config: dict[str, Any], advice: str | None
) -> None:
    """A refusal comes with the next step, and nothing else does."""
    app = shop(**config)
    app.add_url_rule("/gone", "gone")
    text = output(app, "explain", *args.split())
    if advice is None:
        assert "What to do" not in text
    else:
        assert f"\n\nWhat to do:\n- {advice}" in text


@pytest.mark.parametrize(
    ("method", "advice"),
    [
        (
            "POST",
            (
                "define post() in {item}. If the class or the route lists its methods,"
                " add POST to the list."
            ),
        ),
        (
            "PURGE",
            (
                "define purge() in {item}, and add PURGE to the methods of the class or"
                " of the route."
            ),
        ),
        (
            "PATCH",
            (
                "add it to the methods of the class or of the route. {item} already has"
                " patch()."
            ),
        ),
    ],
    ids=["default", "custom", "defined"],
)
def test_the_advice_for_a_class_names_its_list(
    monkeypatch: pytest.MonkeyPatch, method: str, advice: str
) -> None:
    """A function alone is not enough if the methods are listed."""
    monkeypatch.setattr(Item, "patch", Item.get, raising=False)
    text = " ".join(output(shop(), "explain", method, "/items/3").split())
    item = f"{ITEM}{inspect.getsourcelines(Item)[1]})"
    assert f"To accept {method} here, {advice.format(item=item)}" in text


def test_explain_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long values wrap in their column, between words."""
    monkeypatch.setenv("COLUMNS", "60")
    app = shop()
    app.before_request(fail)
    lines = output(app, "explain", "PURGE", "/items/3").splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[3:5] == [
        "When      no route accepts the method at this URL, but one",
        "          accepts another method",
    ]


def test_explain_with_swapped_arguments() -> None:
    """The corrected command is printed, to be pasted."""
    result = run(shop(), "explain", "/items/<id>", "PUT", "--host", "shop.test")
    assert result.exit_code == 2
    assert result.output.endswith(
        "\nError: METHOD comes first, and URL second. Run:\n\n"
        "    methods explain --host shop.test PUT '/items/<id>'\n"
    )
    assert output(shop(), "explain", "/a", "/b").startswith("/a /b: 400 Bad Request")
    result = run(shop(), "explain", "*", "OPTIONS")
    assert result.output.endswith("\n    methods explain OPTIONS '*'\n")


def test_the_corrected_command_names_the_app() -> None:
    """What was said with ``--app`` is said again."""
    info = ScriptInfo(app_import_path="shop:make()", create_app=shop)
    runner = Flask("shop").test_cli_runner()
    args = ["methods", "explain", "https://shop.test/", "GET"]
    result = runner.invoke(FlaskGroup(name="flask"), args, obj=info)
    assert result.exit_code == 2
    assert result.output.endswith(
        "\n    flask --app 'shop:make()' methods explain GET https://shop.test/\n"
    )


def test_explain_what_is_not_a_url() -> None:
    """A URL that is none is an error with a sentence, not a traceback."""
    result = run(shop(), "explain", "GET", "items")
    assert result.exit_code == 2
    assert "Error: 'items' is " in result.output
    assert "Start it with a slash" in result.output


# -- check ------------------------------------------------------------------------


def test_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding has a place that editors open, an id, what is wrong and the fix."""
    monkeypatch.setenv("COLUMNS", "80")
    result = run(shop(), "check")
    assert result.exit_code == 1
    item = inspect.getsourcelines(Item)[1]
    line = create.__code__.co_firstlineno
    assert result.output == (
        f"""\
tests/test_cli.py:{item}: MG102 error in items.item: DELETE /items/<int:id>:
    {__name__}.Item does not implement it; clients get 500.
    Fix: Write the function, or take the method out of the route or of the
    class's methods.

tests/test_cli.py:{line}: MG113 warning in items.create: POST: its sunset is 1
    January 2026, but since is not set.
    Fix: Set since, the date from which the method is deprecated: without it, no
    Deprecation header is sent.

See {CHECKS_PAGE}
1 error, 1 warning.
"""
    )


def test_a_finding_about_the_app() -> None:
    """A finding without a place and an endpoint begins with its id."""
    app = shop(DEPRECATED_METHODS={"LINK": {"notice": "Use PUT."}})
    text = output(app, "check", "--select", "MG106")
    assert text.startswith("MG106 warning: LINK is deprecated, but no route of the app")


def test_the_file_of_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is relative to the working directory, or absolute outside of it."""
    monkeypatch.chdir(tmp_path)
    assert run(shop(), "check").output.startswith(f"{__file__}:")
    monkeypatch.chdir(Path(__file__).parent)
    assert run(shop(), "check").output.startswith("test_cli.py:")


@pytest.mark.parametrize(
    ("args", "exit_code", "last"),
    [
        ("", 1, "1 error, 1 warning."),
        ("--ignore MG102", 0, "1 warning."),
        ("--ignore MG102 --strict", 1, "1 warning."),
        ("--ignore MG113", 1, "1 error."),
        ("--ignore MG102 --ignore MG113", 0, "No problems found."),
        ("--ignore MG102,MG113 --strict", 0, "No problems found."),
        ("--select MG113", 0, "1 warning."),
        ("--select MG102,MG113 --select MG103", 1, "1 error, 1 warning."),
        ("--select MG102,MG113 --ignore MG102", 0, "1 warning."),
        ("--ignore MG102:items.item", 0, "1 warning."),
        ("--ignore MG102:items.create,MG113:items.create", 1, "1 error."),
    ],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_exit_code(args: str, exit_code: int, last: str, style: str) -> None:
    """An error fails, a warning only with ``--strict``, in either format."""
    result = run(shop(), "check", *args.split(), "--format", style)
    assert result.exit_code == exit_code
    if style == "text":
        assert result.output.splitlines()[-1] == last


def test_several_warnings() -> None:
    """Findings are counted in words that agree."""
    app = Flask("shop")
    MethodGuard(app)
    app.add_url_rule("/", "index", methods=["TRACE", "AB"])
    app.view_functions["index"] = lambda: ""
    assert output(app, "check").endswith(f"\nSee {CHECKS_PAGE}\n2 warnings.\n")


@pytest.mark.parametrize("option", ["--ignore", "--select"])
def test_an_id_that_is_unknown(option: str) -> None:
    """An unknown id is an error that names the known ones."""
    result = run(shop(), "check", option, "MG102,MG999")
    assert result.exit_code == 2
    assert "Error: No check named 'MG999'. Checks: MG101," in result.output
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
    monkeypatch.setenv("COLUMNS", "80")
    app = shop(ENFORCE_SUNSET=True)
    plain = run(app, *args).output
    coloured = app.test_cli_runner().invoke(methods, args, color=True).output
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert unstyle(coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert app.test_cli_runner().invoke(methods, args, color=True).output == plain


@pytest.mark.parametrize(
    ("request_line", "coloured"),
    [
        ("GET /", "\x1b[32mthe view runs"),
        ("POST /items", "\x1b[36m308 Permanent Redirect"),
        ("PUT /", "\x1b[33m405 Method Not Allowed"),
        ("SEARCH /", "\x1b[31m501 Not Implemented"),
    ],
)
def test_the_colour_of_an_explanation(
    request_line: str, coloured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs is green; each class of status codes has a colour of its own."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    args = ["explain", *request_line.split()]
    result = shop().test_cli_runner().invoke(methods, args, color=True)
    assert f"{request_line}: {coloured}\x1b[0m\n" in result.output


AT_A_DATE = ["deprecations", "--at", "2026-06-01"]


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "args",
    [["list"], ["explain", "GET", "/"], ["check"], AT_A_DATE],
    ids=lambda args: args[0],
)
def test_no_guard(args: list[str], style: str) -> None:
    """Without a guard the output is the same; one line on standard error says so."""
    args = [*args, "--format", style]
    bare = run(shop(guarded=False), *args, **OPTIONS)
    guarded = run(shop(), *args, **OPTIONS)
    assert (bare.stdout, bare.exit_code) == (guarded.stdout, guarded.exit_code)
    assert bare.stderr == (
        "No guard is installed. This is what it would do. To add it: MethodGuard(app)\n"
    )
    assert guarded.stderr == ""


def test_no_guard_and_a_wrong_key() -> None:
    """A wrong configuration is reported as ``init_app`` reports it."""
    app = shop(guarded=False, DRAIN_LIMIT=-1, ENFORCE_SUNSETS=True)
    result = run(app, "list", **OPTIONS)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.endswith(
        "Error: The configuration of the method guard has errors:\n"
        "- METHOD_GUARD_DRAIN_LIMIT is -1. Use a number of bytes, 0 or more (0 disables"
        " draining).\n- METHOD_GUARD_ENFORCE_SUNSETS is True, but there is no such"
        " key. Did you mean METHOD_GUARD_ENFORCE_SUNSET?\n"
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


@pytest.mark.parametrize(
    ("args", "incomplete", "found"),
    [
        ([], "", {"check", "deprecations", "explain", "list"}),
        ([], "ch", {"check"}),
        ([], "--f", {"--filter", "--format"}),
        ([], "--h", {"--help"}),
        (["--blueprint"], "it", {"items"}),
        (["list", "--blueprint"], "", {"admin", "items"}),
        (["check", "--select"], "mg111", {"MG111"}),
        (["check", "--ignore"], "MG101,MG111", {"MG101,MG111"}),
        (["explain"], "pu", {"PURGE", "PUT"}),
        (["explain"], "TR", {"TRACE"}),
        (["explain"], "FOO", set()),
    ],
    # A set has another order in each process.
    ids=lambda value: str(sorted(value)) if isinstance(value, set) else str(value),
)
def test_completion(args: list[str], incomplete: str, found: set[str]) -> None:
    """A shell completes commands, options, ids, blueprints and methods."""
    app = shop()
    app.register_blueprint(Blueprint("admin", "shop"))
    assert completed(lambda: app, args, incomplete) >= found
    if args or incomplete:
        assert completed(lambda: app, args, incomplete) == found


def completed(
    create_app: Callable[[], Flask], args: list[str], incomplete: str
) -> set[str]:
    """Return the words that a shell offers."""
    info = ScriptInfo(create_app=create_app)
    shell = ShellComplete(methods, {"obj": info}, "methods", "_METHODS_COMPLETE")
    return {item.value for item in shell.get_completions(args, incomplete)}


@pytest.mark.parametrize(
    ("args", "found"),
    [(["--blueprint"], set()), (["explain"], {"PATCH", "POST", "PUT"})],
)
def test_completion_without_an_app(args: list[str], found: set[str]) -> None:
    """An app that does not load offers nothing, and no traceback."""

    def create_app() -> Flask:
        raise ValueError("a slip in the app")

    assert completed(create_app, args, "P") == found


def test_help() -> None:
    """Each command explains itself, and a wrong one is named."""
    assert methods.short_help == "Show which HTTP methods each URL accepts."
    text = output(shop(), "--help")
    assert all(name in text for name in ("list", "explain", "check"))
    assert "--filter" in output(shop(), "list", "--help")
    assert "Nothing is sent" in output(shop(), "explain", "--help")
    assert "--strict" in output(shop(), "check", "--help")
    assert CHECKS_PAGE in output(shop(), "check", "--help")
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
    assert result.returncode == 0
    assert "No guard is installed" in result.stderr
    assert "/static/<path:filename>" in result.stdout
