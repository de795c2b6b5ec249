"""Retire a version of an API: announce, watch, rehearse, brown out, enforce, remove.

A bookshop replaces /v1 with /v2, and one installation of it needs more time. Play its
year, which takes a second::

    python3 -m examples versions

The guide docs/howto/retire-a-version.md explains each step.
"""

import argparse
import textwrap
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from flask_method_guard import MethodGuard, deprecate_blueprint
from flask_method_guard.report import deprecations, explain
from flask_method_guard.testing import assert_method_contract

#: The header fields that are shown.
FIELDS = ("Allow", "Retry-After", "Deprecation", "Sunset", "Link")

#: What the operator of one installation writes into its configuration.
MORE_TIME = {
    "METHOD_GUARD_DEPRECATED_BLUEPRINTS": {"v1": {"sunset": "2026-10-01"}},
}


def make_blueprint(version: str) -> Blueprint:
    """Make a version of the API, which is the same in this story."""
    blueprint = Blueprint(version, __name__, url_prefix=f"/{version}")

    @blueprint.route("/books/<int:number>", methods=["GET", "PUT"])
    def book(number: int) -> ResponseReturnValue:
        return jsonify(version=version, id=number)

    @blueprint.route("/docs")
    def docs() -> ResponseReturnValue:
        return f"The documentation of {version}"

    return blueprint


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(timezone.utc)


def create_app(
    clock: Callable[[], datetime] = utc_now,
    operator: Mapping[str, object] | None = None,
    *,
    with_v1: bool = True,
) -> Flask:
    """Make the app.

    :param clock: returns the time; another one plays the future.
    :param operator: what the operator of an installation configures.
    :param with_v1: whether the old version is still there.
    """
    app = Flask(__name__)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.config.from_mapping(operator or {})
    MethodGuard(app, clock=clock)
    if with_v1:
        v1 = deprecate_blueprint(
            make_blueprint("v1"),
            since="2026-01-01",
            brownouts=["2026-05-05T14:00Z/PT1H"],
            sunset="2026-07-01",
            link="https://docs.example.com/from-v1-to-v2",
            successor=("/v1/", "/v2/"),
            exclude=["docs"],
        )
        app.register_blueprint(v1)
    app.register_blueprint(make_blueprint("v2"))
    return app


def send(app: Flask, method: str, path: str) -> None:
    """Send a request and show the response."""
    response = app.test_client().open(path, method=method)
    print(f"  {method} {path}: {response.status}")
    for name in FIELDS:
        for value in response.headers.getlist(name):
            print(f"    {name}: {value}")
    if response.status_code in (405, 410):
        detail = textwrap.wrap(response.get_json()["detail"], 72)
        print(textwrap.indent("\n".join(detail), "    "))


def watch(app: Flask) -> None:
    """Show what ends when."""
    for row in deprecations(app):
        print(f"  {row.method} {row.rule} is {row.phase}, {row.days_left} days left.")


def rehearse(app: Flask, day: str) -> None:
    """Look at another day."""
    found = explain(app, "GET", "/v1/books/1", at=day)
    print(f"  On {day}, GET /v1/books/1 will get {found.status}: {found.reason}.")
    answers = assert_method_contract(app, at=day).answers
    print(f"  The contract test of that day passes: {len(answers)} responses.")


def main() -> None:
    """Play the year."""
    description, *rest = (__doc__ or "").split("\n\n")
    argparse.ArgumentParser(
        prog="python3 -m examples versions",
        description=description,
        epilog=rest[-1],
    ).parse_args()
    now = utc_now()

    def scene(title: str, *moment: int) -> None:
        nonlocal now
        now = datetime(*moment, tzinfo=timezone.utc)  # type: ignore[arg-type,misc]
        print(f"\n{now:%Y-%m-%d %H:%M:%S} UTC: {title}")

    app = create_app(lambda: now)
    scene("announce", 2026, 2, 1)
    send(app, "GET", "/v1/books/1")
    send(app, "GET", "/v2/books/1")
    scene("watch", 2026, 3, 1)
    watch(app)
    scene("rehearse", 2026, 4, 1)
    rehearse(app, "2026-07-01")
    scene("brown out", 2026, 5, 5, 14, 45)
    send(app, "GET", "/v1/books/1")
    scene("enforce", 2026, 7, 1)
    for method in ("GET", "DELETE", "OPTIONS"):
        send(app, method, "/v1/books/1")
    send(app, "GET", "/v1/docs")
    scene("enforce, where the operator needs more time", 2026, 7, 1)
    send(create_app(lambda: now, MORE_TIME), "GET", "/v1/books/1")
    scene("remove", 2026, 12, 1)
    send(create_app(lambda: now, with_v1=False), "GET", "/v1/books/1")


if __name__ == "__main__":
    main()
