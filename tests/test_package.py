"""The shape of the package: which module imports which, and what an import does."""

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

NAME = "flask_method_guard"
SPEC = importlib.util.find_spec(NAME)
assert SPEC is not None
assert SPEC.origin is not None
PACKAGE = Path(SPEC.origin).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
ROOT = Path(__file__).parent.parent


def ours(*modules: str) -> tuple[str, ...]:
    """Return the full names of modules of the package."""
    return tuple(f"{NAME}.{module}" for module in modules)


#: What each module that serves requests may import, apart from the standard library.
SERVING = {
    # These know no framework …
    "decision": (),
    "messages": ours("decision"),
    "links": (),
    "moments": ours("messages"),
    "successor": ours("decision", "links", "messages"),
    "deprecation": ours("links", "messages", "moments", "successor"),
    "marks": ours("deprecation", "messages"),
    "config": ours("decision", "deprecation", "links", "marks", "messages"),
    "negotiation": (),
    # … these know Werkzeug only …
    "page": ("markupsafe",),
    "bodies": ours("decision", "deprecation", "links", "moments", "page", "successor"),
    "exceptions": (
        "werkzeug",
        *ours("bodies", "decision", "deprecation", "successor"),
    ),
    "ruleset": ("werkzeug",),
    "urlmap": ("werkzeug", *ours("ruleset")),
    "drain": ("werkzeug",),
    # … and these may use Flask.
    "snapshot": (
        "werkzeug",
        *ours("config", "decision", "deprecation", "marks", "ruleset", "urlmap"),
    ),
    "guard": (
        *("flask", "werkzeug"),
        *ours("bodies", "config", "decision", "deprecation", "exceptions", "links"),
        *ours("marks", "negotiation", "snapshot", "successor", "urlmap"),
    ),
    "signals": ("blinker", "flask"),
    "options": ("flask", "werkzeug", *ours("guard")),
    "blueprints": (
        *("flask", "werkzeug"),
        *ours("exceptions", "guard", "marks", "messages", "snapshot"),
    ),
    "report_only": (
        *("flask", "werkzeug"),
        *ours("blueprints", "bodies", "decision", "exceptions", "guard", "signals"),
    ),
    "extension": (
        *("flask", "werkzeug"),
        *ours("blueprints", "config", "decision", "drain", "exceptions", "guard"),
        *ours("moments", "options", "report_only", "signals"),
    ),
    "__init__": ours(
        *("blueprints", "config", "decision", "deprecation", "exceptions"),
        *("extension", "marks", "signals", "successor"),
    ),
}
#: What a module that looks at an app may import.
INSPECTION = (
    *("click", "flask", "jinja2", "markupsafe", "werkzeug"),
    *ours(*SERVING, "inspection"),
)
#: The modules among these that know no app.
STANDALONE = {
    "inspection.openapi": ours("inspection.text", "inspection.yaml_text"),
    "inspection.yaml_text": ("yaml",),
}
#: The same for the modules above them.
ABOVE = {
    "report": ours("inspection"),
    "testing": INSPECTION,
    "cli": (
        "click",
        "flask",
        *ours("config", "decision", "inspection", "messages", "moments", "report"),
    ),
}


def may_import(module: str) -> tuple[str, ...]:
    """Return what a module may import, apart from the standard library."""
    if module in STANDALONE:
        return STANDALONE[module]
    if module.startswith("inspection."):
        return INSPECTION
    return {**SERVING, **ABOVE}[module]


def imports(tree: ast.AST, package: str = NAME) -> Iterator[str]:
    """Yield the dotted name of everything that a module of a package imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            origin = importlib.util.resolve_name(name, package)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def for_types_only(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that run in no program, only in a type checker."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.body


def beyond(tree: ast.AST, allowed: tuple[str, ...], package: str = NAME) -> list[str]:
    """List the imports that are neither the standard library's nor allowed.

    For types alone, a module may also name what else is in the distributions that
    it may import from, and the type checker's own stubs.
    """
    families = {name.partition(".")[0] for name in allowed} - {NAME} | {"_typeshed"}
    allowed_parents = tuple(f"{name}." for name in allowed)
    typed = {name for part in for_types_only(tree) for name in imports(part, package)}
    return [
        name
        for name in imports(tree, package)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and name not in allowed
        and not name.startswith(allowed_parents)
        and not (name in typed and name.partition(".")[0] in families)
    ]


@pytest.mark.parametrize("module", MODULES)
def test_imports(module: str) -> None:
    """A module imports what its row allows, and nothing else; each has a row."""
    tree = ast.parse(MODULES[module].read_text())
    package = f"{NAME}.{module}".rpartition(".")[0]
    assert beyond(tree, may_import(module), package) == []


@pytest.mark.parametrize("module", SERVING)
def test_what_serves_knows_nothing_of_what_looks_at_an_app(module: str) -> None:
    """The two wings are apart: reports, checks and commands are above."""
    found = imports(ast.parse(MODULES[module].read_text()))
    above = {f"{NAME}.{name}" for name in ("inspection", *ABOVE)}
    assert [name for name in found if ".".join(name.split(".")[:2]) in above] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import flask", ["flask"]),
        ("import werkzeug", ["werkzeug"]),
        ("from flask import g", ["flask.g"]),
        ("from werkzeug import routing", ["werkzeug.routing"]),
        ("from .config import Settings", [f"{NAME}.config.Settings"]),
        ("from . import config", [f"{NAME}.config"]),
        ("def f():\n    import flask.globals", ["flask.globals"]),
        ("import werkzeug.https", ["werkzeug.https"]),
        ("if TYPE_CHECKING:\n    import flask", ["flask"]),
        ("if TYPE_CHECKING:\n    from .config import S", [f"{NAME}.config.S"]),
        ("if TYPE_CHECKING:\n    x\nelse:\n    import markupsafe", ["markupsafe"]),
        ("if TYPE_CHECKING:\n    x\nelse:\n    import werkzeug", ["werkzeug"]),
        ("if random():\n    from werkzeug import urls", ["werkzeug.urls"]),
        ("import json, email.utils", []),
        ("import werkzeug.http", []),
        ("from werkzeug import http", []),
        ("from werkzeug.http import parse_date", []),
        ("from .decision import Reason", []),
        ("from . import decision", []),
        ("if TYPE_CHECKING:\n    from werkzeug.test import Client", []),
        ("if TYPE_CHECKING:\n    from _typeshed import wsgi", []),
    ],
)
def test_the_walk_sees_every_form(source: str, found: list[str]) -> None:
    """An import is seen in whatever form and place, and judged by its full name."""
    assert beyond(ast.parse(source), ("werkzeug.http", f"{NAME}.decision")) == found


# -- sizes and habits --------------------------------------------------------------

#: What its owner means to be written: attributes of Flask's request, of click's context
#: and of an exception.
OPEN = {
    *("__traceback__", "color", "routing_exception", "url_rule", "view_args"),
}


def lines(node: ast.AST) -> int:
    """Return how many lines a function or a class has."""
    assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def faults(source: str, *, serves: bool = True) -> Iterator[str]:
    """Yield what is too long, and what writes into something else, in a module."""
    if source.count("\n") > 420:
        yield "module"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Nonlocal):
            yield "nonlocal"
        elif isinstance(node, ast.FunctionDef) and lines(node) > 60:
            yield node.name
        elif isinstance(node, ast.ClassDef) and serves:
            yield from faults_of_class(node)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            is_own = ast.unparse(node.value) in {"self", "cls"}
            if node.attr == "__class__" or not (is_own or node.attr in OPEN):
                yield ast.unparse(node)


def faults_of_class(node: ast.ClassDef) -> Iterator[str]:
    """Yield what is too long of a class that serves requests."""
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    if node.name == "AppGuard" and len(methods) > 4:
        yield "methods of AppGuard"
    if node.name != "Settings" and lines(node) > 180:
        yield node.name


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_too_long_or_writes_into_something_else(module: str) -> None:
    """Modules, functions and classes are short, and each object changes only itself."""
    source = MODULES[module].read_text()
    assert [*faults(source, serves=module in SERVING)] == []


METHODS = [f"    def f{number}(self): pass" for number in range(5)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("\n" * 420, []),
        ("\n" * 421, ["module"]),
        ("def f():\n" + "    pass\n" * 59, []),
        ("def f():\n" + "    pass\n" * 60, ["f"]),
        ("class C:\n" + "    pass\n" * 179, []),
        ("class C:\n" + "    pass\n" * 180, ["C"]),
        ("class Settings:\n" + "    pass\n" * 180, []),
        ("\n".join(["class AppGuard:", *METHODS[:4]]), []),
        ("\n".join(["class AppGuard:", *METHODS]), ["methods of AppGuard"]),
        ("def f():\n x = 1\n def g():\n  nonlocal x", ["nonlocal"]),
        ("self.x = cls.y = req.url_rule = 1", []),
        ("a.x = 1", ["a.x"]),
        ("self.a.x += 1", ["self.a.x"]),
        ("a, (b.x, *_) = 1, 2", ["b.x"]),
        ("for a.x in b: del a.y", ["a.x", "a.y"]),
        ("self.__class__ = C", ["self.__class__"]),
    ],
    ids=lambda value: str(value)[:30].replace("\n", " "),
)
def test_the_gate_sees_each_fault(source: str, found: list[str]) -> None:
    """The test above fails on each of these."""
    assert [*faults(source)] == found


#: Prints which modules of the package an app loads that serves and refuses requests.
SERVE = f"""
import sys
from flask import Flask
from {NAME} import MethodGuard

app = Flask("app")
app.config["METHOD_GUARD_DEPRECATED_METHODS"] = {{"PUT": {{"sunset": "2020-01-01"}}}}
app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
MethodGuard(app)
app.add_url_rule("/", "index", lambda: "ok", methods=["GET", "PUT"])
ALSO
client = app.test_client()
for method, status in (("GET", 200), ("PUT", 405), ("POST", 405), ("BREW", 501)):
    assert client.open("/", method=method).status_code == status
print(*[name for name in sys.modules if name.startswith("{NAME}.")])
"""


def loaded_while_serving(also: str = "") -> set[str]:
    """Serve requests in a fresh interpreter; return the modules that were loaded."""
    command = [sys.executable, "-c", SERVE.replace("ALSO", also)]
    found = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return {name.removeprefix(f"{NAME}.") for name in found.split()}


def test_serving_loads_nothing_that_looks_at_an_app() -> None:
    """An app that serves loads the modules that serve, and no other."""
    serving = set(SERVING) - {"__init__"}
    assert loaded_while_serving() == serving - {"report_only"}
    key = "METHOD_GUARD_REPORT_ONLY"
    other = f"other = Flask('other'); other.config['{key}'] = True; MethodGuard(other)"
    assert loaded_while_serving(other) == serving


def test_a_report_is_seen_to_be_loaded() -> None:
    """The test above fails if something else is loaded."""
    loaded = loaded_while_serving(f"import {NAME}.report")
    assert {"report", "inspection", "inspection.checks"} <= loaded


def test_the_top_holds_names_only() -> None:
    """``__init__`` re-exports with ``X as X`` and does nothing else."""
    docstring, *rest = ast.parse(MODULES["__init__"].read_text()).body
    assert isinstance(docstring, ast.Expr)
    froms = [node for node in rest if isinstance(node, ast.ImportFrom)]
    assert froms == rest
    aliases = [alias for node in froms for alias in node.names]
    assert aliases
    assert [alias.name for alias in aliases if alias.asname != alias.name] == []


#: Prints every module, class and collection of Flask and its family that is another
#: after the import of the package than it was before.
WATCH_AN_IMPORT = """
import logging
import sys

import blinker, click, flask, flask.testing, flask.views, jinja2, werkzeug.test

FAMILY = ("blinker", "click", "flask", "jinja2", "logging", "markupsafe", "werkzeug")

def freeze(value):
    if isinstance(value, dict):
        return {key: id(item) for key, item in value.items()}
    if isinstance(value, (list, set, tuple)):
        return [id(item) for item in value]
    if isinstance(value, blinker.Signal):
        return (id(value), freeze(value.receivers))
    return id(value)

def snapshot(modules):
    state = {}
    for module_name, module in modules.items():
        for name, value in vars(module).items():
            if not isinstance(value, type(sys)):  # a submodule that was loaded
                state[module_name, name] = freeze(value)
            if isinstance(value, type) and value.__module__.startswith(FAMILY):
                for key, attribute in vars(value).items():
                    if not key.startswith("__annot"):
                        state[module_name, name, key] = freeze(attribute)
    state["handlers"] = freeze(logging.getLogger().handlers)
    return state

modules = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in FAMILY}
before = snapshot(modules)
import flask_method_guard
PROVOKE
after = snapshot(modules)
for key in before | after:
    if before.get(key) != after.get(key):
        print(key)
"""


def changed_by_import(provoke: str = "") -> str:
    """Import the package in a fresh interpreter and return what that changed."""
    script = WATCH_AN_IMPORT.replace("PROVOKE", provoke)
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_importing_changes_nothing() -> None:
    """Flask and its family are after the import what they were before."""
    assert changed_by_import() == ""


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("flask.Flask.dispatch_request = print", "dispatch_request"),
        ("flask.request_started.connect(print, weak=False)", "request_started"),
        ("werkzeug.exceptions.default_exceptions[501] = OSError", "default_exceptions"),
        ("logging.getLogger().addHandler(logging.NullHandler())", "handlers"),
    ],
    ids=["method", "signal", "exception", "log"],
)
def test_the_watch_sees_a_change(statement: str, seen: str) -> None:
    """The test above fails when there is something to see."""
    assert seen in changed_by_import(statement)


def test_types_are_announced() -> None:
    """The marker of PEP 561 lies beside the modules."""
    assert (PACKAGE / "py.typed").is_file()


def test_the_version_stands_in_one_place() -> None:
    """Only ``[project]`` says the version; the installed metadata repeat it."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    [version] = re.findall(r'^version = "(.+)"$', pyproject, re.MULTILINE)
    assert importlib.metadata.version("flask-method-guard") == version
    places = [*MODULES.values(), ROOT / "setup.cfg", *ROOT.glob("docs/*.py")]
    assert [path.name for path in places if version in path.read_text()] == []
    assert [p.name for p in places if "__version__" in p.read_text()] == []


def test_flask_is_the_one_dependency() -> None:
    """Whatever else is used comes with Flask, or with an extra."""
    assert importlib.metadata.requires("flask-method-guard") == [
        "flask>=2.3",
        'pyyaml>=6; extra == "openapi"',
    ]


ARCHITECTURE = ROOT / "docs" / "explanation" / "architecture.md"


def test_the_architecture_page_names_every_module() -> None:
    """The page's table has each module, and what it may use."""
    rows = re.findall(
        r"^\| `([a-z_/]+)` \| .+ \| (.+) \|$", ARCHITECTURE.read_text(), re.MULTILINE
    )
    allowed = {**SERVING, "inspection/": INSPECTION, **ABOVE}
    names = {"flask": "Flask", "werkzeug": "Werkzeug", "markupsafe": "MarkupSafe"}
    expected = {
        module: next((names[n] for n in names if n in used), "standard library")
        for module, used in allowed.items()
        if module != "__init__"
    }
    assert dict(rows) == {**expected, "report": "Flask"}
