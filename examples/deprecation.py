"""Retire a method: announce, watch, rehearse, brown out, enforce, remove.

A bookshop replaces PUT with PATCH. Play its year, which takes a second::

    python3 -m examples deprecation

The guide docs/howto/retire-a-method.md explains each step.
"""

import argparse
import json
import textwrap
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from flask_method_guard import (
    MethodGuard,
    Phase,
    deprecated_method_called,
    deprecated_methods,
)
from flask_method_guard.report import deprecations, explain
from flask_method_guard.testing import assert_method_contract

#: Who has which API key. A User-Agent would not say whom to write to.
CLIENTS = {"key-1": "stock-sync", "key-2": "web-shop"}

#: The header fields that are shown.
FIELDS = ("Allow", "Retry-After", "Deprecation", "Sunset", "Link")


class Book(MethodView):
    """One book, as it will be once PUT is gone."""

    def get(self, number: int) -> ResponseReturnValue:
        """Show a book."""
        return jsonify(id=number)

    def patch(self, number: int) -> ResponseReturnValue:
        """Change a book."""
        return jsonify(id=number, changed=True)


@deprecated_methods(
    "PUT",
    since="2026-01-01",
    brownouts=["2026-05-05T14:00Z/PT1H", "2026-06-02T14:00Z/PT4H"],
    sunset="2026-07-01",
    link="https://docs.example.com/from-put-to-patch",
    successor="PATCH",
)
class OldBook(Book):
    """One book, as long as PUT is on its way out."""

    def put(self, number: int) -> ResponseReturnValue:
        """Replace a book."""
        return jsonify(id=number, replaced=True)


def count_call(app: Flask, method: str, phase: Phase, **extra: object) -> None:
    """Count a call of a deprecated method by the client that made it."""
    client = CLIENTS.get(request.headers.get("X-Api-Key", ""), "unknown")
    app.extensions["late_calls"][client, method, str(phase)] += 1


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(timezone.utc)


def create_app(
    clock: Callable[[], datetime] = utc_now, view: type[Book] = OldBook
) -> Flask:
    """Make the app.

    :param clock: returns the time; another one plays the future.
    :param view: the view of a book.
    """
    app = Flask(__name__)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.extensions["late_calls"] = Counter()
    MethodGuard(app, clock=clock)
    app.add_url_rule("/books/<int:number>", view_func=view.as_view("book"))
    deprecated_method_called.connect(count_call, app)
    return app


def send(app: Flask, method: str, key: str) -> None:
    """Send a request and show the response."""
    headers = {"X-Api-Key": key}
    response = app.test_client().open("/books/1", method=method, headers=headers)
    print(f"  {CLIENTS[key]} sends {method} /books/1: {response.status}")
    for name in FIELDS:
        for value in response.headers.getlist(name):
            print(f"    {name}: {value}")
    if response.status_code == 405:
        detail = textwrap.wrap(response.get_json()["detail"], 72)
        print(textwrap.indent("\n".join(detail), "    "))
        if successor := response.get_json().get("successor"):
            print(f"    successor: {json.dumps(successor)}")


def watch(app: Flask) -> None:
    """Show who still calls, and how long there is left."""
    (row,) = deprecations(app)
    print(f"  {row.method} {row.rule} is {row.phase}, {row.days_left} days left.")
    print("  Calls so far:")
    for (client, method, phase), times in sorted(app.extensions["late_calls"].items()):
        print(f"  {client}, {method}, {phase}: {times}")


def rehearse(app: Flask, day: str) -> None:
    """Look at another day."""
    found = explain(app, "PUT", "/books/1", at=day)
    print(f"  On {day}, PUT /books/1 will get {found.status}: {found.reason}.")
    answers = assert_method_contract(app, at=day).answers
    print(f"  The contract test of that day passes: {len(answers)} responses.")


def main() -> None:
    """Play the year."""
    description, *rest = (__doc__ or "").split("\n\n")
    argparse.ArgumentParser(
        prog="python3 -m examples deprecation",
        description=description,
        epilog=rest[-1],
    ).parse_args()
    now = utc_now()
    app = create_app(lambda: now)

    def scene(title: str, *moment: int) -> None:
        nonlocal now
        now = datetime(*moment, tzinfo=timezone.utc)  # type: ignore[arg-type,misc]
        print(f"\n{now:%Y-%m-%d %H:%M:%S} UTC: {title}")

    scene("announce", 2026, 2, 1)
    send(app, "PUT", "key-1")
    send(app, "PATCH", "key-2")
    scene("watch", 2026, 3, 1)
    watch(app)
    scene("rehearse", 2026, 4, 1)
    # Not counted: the contract test calls PUT of an app of its own.
    rehearse(create_app(lambda: now), "2026-07-01")
    scene("brown out", 2026, 5, 5, 14, 45)
    send(app, "PUT", "key-1")
    scene("the brownout is over", 2026, 5, 5, 15)
    send(app, "PUT", "key-1")
    scene("enforce", 2026, 7, 1)
    send(app, "PUT", "key-1")
    send(app, "PATCH", "key-2")
    watch(app)
    scene("remove", 2026, 10, 1)
    send(create_app(lambda: now, Book), "PUT", "key-1")


if __name__ == "__main__":
    main()
