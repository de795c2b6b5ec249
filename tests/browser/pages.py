"""The pages to look at: one app, and the requests that it refuses."""

from __future__ import annotations

from typing import NamedTuple

from flask import abort
from flask.app import Flask

from flask_method_guard import DEFAULT_METHODS, MethodGuard

_NAMES = (
    "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY "
    "MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH "
    "QUERY REBIND REPORT SEARCH UNBIND UNCHECKOUT UPDATEREDIRECTREF VERSION-CONTROL"
)
#: With GET, HEAD and OPTIONS, thirty.
WEBDAV = _NAMES.split()
LONG_METHOD = "X-" + "W" * 30
LONG_WORD = "https://wiki.example.com/" + "x" * 120
LONG_URL = "https://docs.example.com/" + "reference/" * 20 + "{endpoint}?of={method}"

DOCS = "Read the documentation"
GUIDE = "Migration guide"


class Case(NamedTuple):
    """A refused request, and what its page must show."""

    name: str
    request: str
    status: int
    title: str
    says: str
    #: How many methods are listed.
    listed: int
    links: tuple[str, ...] = (DOCS,)


_405 = (405, "405 Method Not Allowed")
_501 = (501, "501 Not Implemented")
_SUPPORTED = len(DEFAULT_METHODS) + len(WEBDAV)
CASES = (
    Case("not-allowed", "PUT /items", *_405, "PUT is not allowed here.", 3),
    Case(
        "retired",
        "PATCH /items",
        *_405,
        "PATCH was retired on 1 March 2026. Use PUT.",
        3,
        (GUIDE, DOCS),
    ),
    Case("thirty-methods", "PUT /files", *_405, "PUT is not allowed here.", 30),
    Case("own-words", "GET /closed", *_405, "The shop is closed.", 3),
    Case("wrong-case", "get /items", *_501, "did you mean GET?", _SUPPORTED),
    Case(
        "long-words",
        f"{LONG_METHOD} /items",
        *_501,
        LONG_WORD,
        _SUPPORTED,
        (GUIDE, DOCS),
    ),
    Case("invalid", "A/B /items", 400, "400 Bad Request", "not a valid HTTP method", 0),
)


def make_app() -> Flask:
    """Make the app that refuses the cases."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        METHOD_GUARD_DOCS_URL=LONG_URL,
        METHOD_GUARD_ENFORCE_SUNSET=True,
        METHOD_GUARD_DEPRECATED_METHODS={
            "PATCH": {
                "sunset": "2026-03-01",
                "link": "https://docs.example.com/migrate",
                "notice": "Use PUT.",
            },
            LONG_METHOD: {"link": LONG_URL[:200], "notice": f"See {LONG_WORD}."},
        },
    )
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PATCH"])
    app.add_url_rule("/files", "files", lambda: "files", methods=["GET", *WEBDAV])

    @app.route("/closed", methods=["GET", "POST"])
    def closed() -> str:
        abort(405, description="The shop is closed.\nIt opens at nine.")

    return app
