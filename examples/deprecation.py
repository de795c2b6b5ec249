"""Retire a method: announce it, watch who still calls, refuse it after its sunset.

A bookshop gives up PUT for PATCH. Play its year, which takes a second::

    python -m examples.deprecation
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone

from flask import Flask, Response, jsonify, request, request_finished
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from flask_cors import CORS

from flask_method_guard import (
    MethodGuard,
    MethodRejected,
    Reason,
    deprecated_methods,
    method_rejected,
)

#: What a browser hides from the scripts of other origins unless it is told not to.
EXPOSED = ["Allow", "Deprecation", "Link", "Sunset"]


@deprecated_methods(
    "PUT",
    since="2026-01-01",
    sunset="2026-07-01",
    link="https://docs.example.com/from-put-to-patch",
    notice="Use PATCH.",
)
class Book(MethodView):
    """One book: show it, replace it in the old way, change it in the new one."""

    def get(self, number: int) -> ResponseReturnValue:
        """Show a book."""
        return jsonify(id=number)

    def put(self, number: int) -> ResponseReturnValue:
        """Replace a book."""
        return jsonify(id=number, replaced=True)

    def patch(self, number: int) -> ResponseReturnValue:
        """Change a book."""
        return jsonify(id=number, changed=True)


def note_deprecated(app: Flask, response: Response, **extra: object) -> None:
    """Note who still calls what is deprecated: every answer to it says so."""
    if "Deprecation" in response.headers:
        note(app, "deprecated")


def note_retired(app: Flask, exception: MethodRejected, **extra: object) -> None:
    """Note who calls what is gone."""
    if exception.reason is Reason.RETIRED:
        note(app, "retired")


def note(app: Flask, what: str) -> None:
    """Log one call, and count it: by client, for clients can be written to."""
    client = request.user_agent.string
    # %r, for what comes from a client may hold a line break.
    app.logger.warning("%s is %s; %r called it", request.method, what, client)
    app.extensions["late_callers"][what, client] += 1


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(timezone.utc)


def create_app(clock: Callable[[], datetime] = utc_now) -> Flask:
    """Make the app.

    :param clock: tells the time; another one plays the future.
    """
    app = Flask(__name__)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    app.extensions["late_callers"] = Counter()
    CORS(app, expose_headers=EXPOSED)
    MethodGuard(app, clock=clock)
    app.add_url_rule("/books/<int:number>", view_func=Book.as_view("book"))
    request_finished.connect(note_deprecated, app)
    method_rejected.connect(note_retired, app)
    return app


def main() -> None:
    """Play the year and show what clients see of it."""
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    app = create_app(lambda: now)
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = "stock-sync/1.0"
    for now in (
        datetime(2026, 2, 1, tzinfo=timezone.utc),
        datetime(2026, 6, 30, 23, 59, 59, tzinfo=timezone.utc),
        datetime(2026, 7, 1, tzinfo=timezone.utc),
    ):
        print(f"\n{now:%d %B %Y, %H:%M:%S} UTC")
        for method in ("OPTIONS", "PUT", "PATCH"):
            response = client.open("/books/1", method=method)
            print(f"  {method} /books/1: {response.status}")
            for name in EXPOSED:
                for value in response.headers.getlist(name):
                    print(f"    {name}: {value}")
            if response.status_code == 405:
                print(f"    {response.get_json()['detail']}")
    print("\nWho still called:")
    for (what, caller), times in app.extensions["late_callers"].items():
        print(f"  {caller}, {what}: {times}")


if __name__ == "__main__":
    main()
