"""The same bytes in every process, whatever the order of its sets."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import flask
import pytest
from werkzeug import exceptions as wz

from flask_method_guard import MethodGuard
from flask_method_guard.report import check, inventory
from tests.raw_wsgi import ask

SEEDS = ("0", "1", "4294967295")

QUESTIONS = [
    (method, path, accept)
    for method, path in [
        ("PUT", "/many"),
        ("OPTIONS", "/many"),
        ("GET", "/aborts"),
        ("GET", "/raises"),
        ("GET", "/returns"),
        ("PUT", "/optional"),
        ("FOO", "/many"),
        ("get", "/many"),
        ("G ET", "/many"),
    ]
    for accept in ("*/*", "application/json", "text/html", "text/plain")
]


def make_app() -> flask.Flask:
    """Make an app with many methods on one URL."""
    app = flask.Flask("determined", static_folder=None)
    app.config["METHOD_GUARD_DOCS_URL"] = "https://docs.example.com/{endpoint}"
    MethodGuard(app)
    many = ["GET", "POST", "PATCH", "DELETE", "PROPFIND", "LOCK", "UNLOCK", "COPY"]
    app.add_url_rule("/many", "many", lambda: "many", methods=many)
    app.add_url_rule("/many", "more", lambda: "more", methods=["MOVE", "MKCOL"])
    app.add_url_rule("/many", "more", methods=["ACL", "BIND"])
    app.add_url_rule("/optional/", "optional", lambda: "", strict_slashes=False)
    app.add_url_rule("/aborts", "aborts", lambda: flask.abort(405), methods=many)
    app.add_url_rule("/returns", "returns", lambda: ("no", 405), methods=many)

    def raises() -> t.NoReturn:
        raise wz.MethodNotAllowed

    app.add_url_rule("/raises", "raises", raises, methods=many)
    return app


def report() -> dict[str, t.Any]:
    """Ask everything; return the seed's mark on this process and the answers."""
    app = make_app()
    answers: list[t.Any] = []
    for method, path, accept in QUESTIONS:
        answer = ask(app, method, path, headers={"Accept": accept})
        answers.append([answer.line, answer.headers, answer.body.hex()])
    answers.append(inventory(app).as_json())
    answers.append([finding.as_json() for finding in check(app)])
    return {"mark": hash("GET"), "answers": answers}


@functools.cache
def report_of(seed: str) -> dict[str, t.Any]:
    """Return the report of a process with a hash seed of its own."""
    output = subprocess.run(
        [sys.executable, "-m", "tests.test_determinism"],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout
    found: dict[str, t.Any] = json.loads(output)
    return found


def test_the_seeds_tell_processes_apart() -> None:
    """The processes that are compared do order their sets differently."""
    assert len({report_of(seed)["mark"] for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS[1:])
def test_the_same_bytes_in_every_process(seed: str) -> None:
    """Status line, headers, Allow above all, body and reports are the same."""
    first, other = report_of(SEEDS[0])["answers"], report_of(seed)["answers"]
    names = [*QUESTIONS, "inventory", "check"]
    for name, one, two in zip(names, first, other, strict=True):
        assert one == two, name


if __name__ == "__main__":
    print(json.dumps(report()))  # noqa: T201
