"""Try a case of the playground: an app, and one request to it.

A case is a mapping with the source of an app in ``app``, and with ``method``, ``url``,
``accept`` and ``at``. This module runs in the reader's browser.
"""

from __future__ import annotations

import json
import linecache
import traceback
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

import flask_method_guard
from flask_method_guard import MethodGuard
from flask_method_guard.cli import methods
from flask_method_guard.inspection.explanation import make_environ
from flask_method_guard.moments import read_moment

FILE = "app.py"
#: More text than this is cut off.
LIMIT = 20_000


class NoGuard(MethodGuard):
    """What an app gets instead of the guard, to see what Flask alone does."""

    def init_app(self, app: Flask) -> None:
        """Leave the app as it is."""


def run(case: str) -> str:
    """Try a case; both it and the result are JSON."""
    try:
        return json.dumps(try_case(json.loads(case)))
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- the reader's app raised it
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != FILE:
            frames = frames.tb_next
        lines = traceback.format_exception(error.with_traceback(frames))
        return json.dumps({"error": "".join(lines)[-LIMIT:]})


def try_case(case: dict[str, str]) -> dict[str, Any]:
    """Send the request to Flask alone and with the guard, and explain it."""
    source = case["app"]
    # Tracebacks show the lines of the app.
    linecache.cache[FILE] = (len(source), None, source.splitlines(True), FILE)
    guard: Any = MethodGuard
    if case["at"]:
        at = read_moment(case["at"])
        guard = partial(MethodGuard, clock=lambda: at)
    plain, guarded = load(source, NoGuard), load(source, guard)
    if "method_guard" not in guarded.extensions:
        guard(guarded)
    return {
        "plain": send(plain, case),
        "guarded": send(guarded, case),
        "explain": command(guarded, "explain", "--", case["method"], case["url"]),
        "methods": command(guarded, "list"),
    }


def load(source: str, guard: Any) -> Flask:
    """Run the source of an app, with a guard of our choice under the usual name."""
    names: dict[str, Any] = {"__name__": "app"}
    flask_method_guard.MethodGuard = guard  # type: ignore[misc]
    try:
        exec(compile(source, FILE, "exec"), names)  # noqa: S102
    finally:
        flask_method_guard.MethodGuard = MethodGuard  # type: ignore[misc]
    app = names.get("app")
    if not isinstance(app, Flask):
        raise LookupError("The code defines no Flask app. Write app = Flask(__name__).")
    return app


def send(app: Flask, case: dict[str, str]) -> dict[str, Any]:
    """Send the request, exactly as written."""
    headers = {"Accept": case["accept"]} if case["accept"] else {}
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        environ = make_environ(app, case["method"], case["url"], headers=headers)
        body, status, fields = run_wsgi_app(app, environ, buffered=True)
    return {
        "status": status,
        "headers": list(fields),
        "body": b"".join(body).decode(errors="replace")[:LIMIT],
        "output": output.getvalue()[-LIMIT:],
    }


def command(app: Flask, *arguments: str) -> str:
    """Return what ``flask methods`` prints."""
    return app.test_cli_runner().invoke(methods, arguments).output
