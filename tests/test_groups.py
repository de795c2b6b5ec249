"""Groups of methods: how the inventory says which are in force, and why."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from flask_method_guard import (
    DEFAULT_METHODS,
    STANDARD_METHODS,
    MethodGuard,
    report,
)
from flask_method_guard.cli import methods
from tests.raw_wsgi import ask

SEVEN = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
STANDARD = SEVEN | {"CONNECT", "TRACE", "QUERY"}


def make_app(supported: Any = None) -> Flask:
    """Make a guarded app that routes PURGE, with a value of the setting."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = supported
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "ok", methods=["GET", "POST", "PURGE"])
    return app


def test_exported_lists() -> None:
    """The two lists can be imported, and are those of the groups."""
    assert set(DEFAULT_METHODS) == SEVEN
    assert set(STANDARD_METHODS) == STANDARD


@pytest.mark.parametrize(
    ("supported", "why"),
    [
        (None, "the default methods, and what the routes declare"),
        ("*", "{key} contains '*': every method"),
        (
            ["default", "routes", "query"],
            "{key}: the default methods, what the routes declare, QUERY; {always}",
        ),
        (["standard"], "{key}: the standard methods; {always}"),
        ([], "{key}: {always}"),
    ],
    ids=["unset", "star", "extended", "standard", "empty"],
)
def test_why_in_words(supported: Any, why: str) -> None:
    """The inventory, and so ``flask methods``, says which groups are in force."""
    always = "GET and HEAD are always supported"
    why = why.format(key="METHOD_GUARD_SUPPORTED_METHODS", always=always)
    app = make_app(supported)
    assert report.inventory(app).why == why
    runner = app.test_cli_runner(env={"COLUMNS": "200"})
    output = runner.invoke(methods).output
    assert why in " ".join(output.split())


@pytest.mark.parametrize("websocket", [False, True])
def test_why_names_the_rule_that_accepts_every_method(websocket: bool) -> None:
    """One rule without methods makes every method supported, and is named."""
    app = make_app()
    app.url_map.add(Rule("/any", endpoint="index", websocket=websocket))
    found = report.inventory(app)
    assert found.supported_methods[0] == "*"
    assert found.why == "every method, because /any accepts every method"
    assert ask(app, "FOO").status == 405
