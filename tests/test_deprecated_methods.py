"""Deprecated methods on an app: announced, ended, gone, and free for all others."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from flask_method_guard import deprecated_methods
from tests.deprecations import (
    ANNOUNCED,
    ANSWERS,
    LINK,
    SAID,
    SILENT,
    SUNSET,
    Clock,
    announced,
    deprecated,
    make_app,
    make_put_app,
)
from tests.raw_wsgi import ask

# -- while it works --------------------------------------------------------------


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("way", ["view", "app"])
def test_announced_whatever_the_view_answers(name: str, way: str) -> None:
    """The three headers are on every response of the deprecated method."""
    answer_of, status = ANSWERS[name]

    def index() -> Any:
        return answer_of()

    config: dict[str, Any] = {"DEPRECATED_METHODS": {"PUT": SAID}}
    app = make_app(**(config if way == "app" else {}))
    view = deprecated(index) if way == "view" else index
    app.add_url_rule("/", "index", view, methods=["PUT"])
    answer = ask(app, "PUT", "/")
    assert (answer.status, announced(answer)) == (status, ANNOUNCED)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "OPTIONS", "POST", "FOO"])
def test_no_other_method_is_announced(method: str) -> None:
    """Any other method of the same URL carries nothing: GET is not deprecated."""
    app = make_put_app()
    assert announced(ask(app, "PUT", "/item")) == ANNOUNCED
    assert announced(ask(app, method, "/item")) == SILENT


def test_what_a_hook_answers_is_announced() -> None:
    """A login that answers in the view's place answers for the same method."""
    app = make_put_app()
    app.before_request(lambda: ("log in", 401))
    answer = ask(app, "PUT", "/item")
    assert (answer.status, announced(answer)) == (401, ANNOUNCED)
    assert announced(ask(app, "GET", "/item")) == SILENT


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            {"Link": '</next>; rel="next"'},
            (*ANNOUNCED[:2], ['</next>; rel="next"', *ANNOUNCED[2]]),
        ),
        ({"Link": ANNOUNCED[2][0]}, ANNOUNCED),
        ({"Deprecation": "@1"}, (["@1"], *ANNOUNCED[1:])),
        ({"deprecation": "@1"}, (["@1"], *ANNOUNCED[1:])),
        (
            {"Sunset": "Thu, 01 Jan 2037 00:00:00 GMT"},
            (ANNOUNCED[0], ["Thu, 01 Jan 2037 00:00:00 GMT"], ANNOUNCED[2]),
        ),
    ],
    ids=["another link", "the same link", "deprecation", "lower case", "sunset"],
)
def test_the_views_own_headers_stay(
    own: dict[str, str], expected: tuple[list[str], ...]
) -> None:
    """A header of the view is not overwritten; a link is added to the others."""
    app = make_app(DEPRECATED_METHODS={"PUT": SAID})
    app.add_url_rule("/", "index", lambda: ("ok", own), methods=["PUT"])
    assert announced(ask(app, "PUT", "/")) == expected


#: What each of the four possible marks on HEAD announces.
PLACES = {
    "the view's HEAD": "@1735689600",
    "the view's GET": "@1704067200",
    "the app's HEAD": "@1672531200",
    "the app's GET": "@1640995200",
}


@pytest.mark.parametrize("marked", range(1, 16))
def test_a_mark_on_get_covers_head(marked: int) -> None:
    """The first mark in order applies to HEAD; only GET's own ones apply to GET."""
    given = [name for bit, name in enumerate(PLACES) if marked & 1 << bit]
    since = {name: f"202{5 - n}-01-01" for n, name in enumerate(PLACES)}
    app_marks = {
        name.split()[-1]: {"since": since[name]} for name in given if "app" in name
    }
    app = make_app(DEPRECATED_METHODS=app_marks)

    def index() -> str:
        return "ok"

    for name in given:
        if "view" in name:
            deprecated_methods(name.split()[-1], since=since[name])(index)
    app.add_url_rule("/", view_func=index)
    for_get = next((PLACES[name] for name in given if "GET" in name), None)
    expected = {"HEAD": PLACES[given[0]], "GET": for_get, "OPTIONS": None}
    for method in (*expected, *expected):  # the second request takes the short cut
        assert ask(app, method, "/").get("Deprecation") == expected[method]


@pytest.mark.parametrize("way", ["view", "app"])
def test_a_retired_get_takes_head_with_it(way: str) -> None:
    """HEAD is refused and left out of Allow, unless a mark of its own keeps it."""
    said = {"GET": SAID}
    marks = {"DEPRECATED_METHODS": said} if way == "app" else {}
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True, **marks)

    def index() -> str:
        return "ok"

    @deprecated_methods("HEAD", notice="HEAD stays.")
    def kept() -> str:
        return "kept"

    for path, view in (("/", index), ("/kept", kept)):
        if way == "view":
            deprecated_methods("GET", **SAID)(view)
        app.add_url_rule(path, view_func=view, methods=["GET", "POST"])
    for method in ("GET", "HEAD", "PUT"):
        answer = ask(app, method, "/")
        assert (answer.status, answer.get("Allow")) == (405, "OPTIONS, POST")
    assert ask(app, "OPTIONS", "/").get("Allow") == "OPTIONS, POST"
    assert ask(app, "HEAD", "/kept").status == 200
    assert ask(app, "PUT", "/kept").get("Allow") == "HEAD, OPTIONS, POST"


def test_an_automatic_options_that_is_deprecated_keeps_its_allow() -> None:
    """The announcement does not make Flask's response look like that of a hook."""
    app = make_app(DEPRECATED_METHODS={"OPTIONS": SAID})
    app.before_request(lambda: None)
    app.add_url_rule("/", "index", lambda: "ok", strict_slashes=False)
    for path in ("", "/"):
        answer = ask(app, "OPTIONS", path)
        assert (answer.get("Allow"), announced(answer)) == (
            "GET, HEAD, OPTIONS",
            ANNOUNCED,
        )


# -- no longer served --------------------------------------------------------


@pytest.mark.parametrize(
    "dates",
    [
        {"sunset": "2026-01-01"},
        {"brownouts": ["2026-02-01/2026-03-01"], "sunset": "2026-04-01"},
    ],
    ids=["retired", "brownout"],
)
def test_a_method_that_no_route_names_is_refused(dates: dict[str, Any]) -> None:
    """A rule without methods takes every method, except those that are refused."""
    now = datetime(2026, 2, 10, tzinfo=timezone.utc)
    app = make_app(
        Clock(now), ENFORCE_SUNSET=True, DEPRECATED_METHODS={"PROPFIND": dates}
    )
    app.url_map.add(Rule("/any", endpoint="any", methods=None))
    app.view_functions["any"] = lambda: "any"
    assert [ask(app, m, "/any").status for m in ("FOO", "PROPFIND")] == [200, 405]


def test_the_last_method_of_a_url() -> None:
    """In a brownout of everything, Allow is there and empty (RFC 9110 §10.2.1)."""
    out = {"brownouts": ["2026-03-01T12:00Z/PT1H"]}
    app = make_app(Clock(SUNSET), DEPRECATED_METHODS={"PUT": out})
    app.add_url_rule(
        "/", "index", lambda: "ok", methods=["PUT"], provide_automatic_options=False
    )
    answer = ask(app, "PUT", "/")
    assert (answer.status, answer.get("Allow")) == (405, "")
    assert "Allowed: no method." in answer.json["detail"]


# -- what a client reads ---------------------------------------------------------


def retired_app(**config: Any) -> Flask:
    """Make an app past its enforced sunset."""
    return make_put_app(Clock(SUNSET), ENFORCE_SUNSET=True, **config)


def test_retired_in_another_case() -> None:
    """Where every method is known, Flask serves ``put`` as PUT, and it ends as PUT."""
    clock = Clock()
    app = make_put_app(clock, ENFORCE_SUNSET=True, SUPPORTED_METHODS="*")
    answer = ask(app, "put", "/item")
    assert (answer.status, announced(answer)) == (200, ANNOUNCED)
    clock.now = SUNSET
    answer = ask(app, "put", "/item")
    assert answer.status == 405
    assert answer.json["detail"].startswith("put was retired on 1 March 2026. Use ")
    assert answer.json["deprecation"]["link"] == LINK


# -- a deprecated method that the app does not know ------------------------------


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/plain"])
@pytest.mark.parametrize("path", ["/item", "/nowhere"])
def test_501_with_the_notice(accept: str, path: str) -> None:
    """A deprecated method that nobody routes gets its 501 with notice and link."""
    app = make_put_app(DEPRECATED_METHODS={"PROPFIND": SAID})
    answer = ask(app, "PROPFIND", path, headers={"Accept": accept})
    assert (answer.status, announced(answer)) == (501, ([], [], ANNOUNCED[2]))
    assert answer.get("Allow") is None
    said = "PROPFIND is not implemented. Use PATCH."
    if accept == "text/html":
        assert f'<p>{said} <a href="{LINK}">Migration guide</a></p>' in answer.text
    else:
        assert said in answer.text
        assert LINK in answer.text
    if accept == "application/json":
        assert answer.json["deprecation"]["notice"] == "Use PATCH."
    other = ask(app, "MKCOL", path, headers={"Accept": accept})
    assert (other.status, announced(other)) == (501, SILENT)
    assert "PATCH." not in other.text


def test_501_has_a_twin_that_is_known() -> None:
    """Once a route takes the method, it is announced there and 405 elsewhere."""
    app = make_put_app(DEPRECATED_METHODS={"PROPFIND": SAID})
    app.add_url_rule("/dav", "dav", lambda: "dav", methods=["PROPFIND"])
    answer = ask(app, "PROPFIND", "/dav")
    assert (answer.status, announced(answer)) == (200, ANNOUNCED)
    answer = ask(app, "PROPFIND", "/item")
    assert (answer.status, announced(answer)) == (405, SILENT)


def test_501_of_a_routed_method_has_the_views_word() -> None:
    """Where the list of the operator beats the route, the view's notice is told."""
    app = make_put_app(SUPPORTED_METHODS=["GET", "PATCH"])
    answer = ask(app, "PUT", "/item")
    assert answer.status == 501
    assert answer.json["detail"].startswith("PUT is not implemented. Use PATCH.")
    assert announced(answer) == ([], [], ANNOUNCED[2])


# -- what others pay -------------------------------------------------------------


def looks(app: Flask, clock: Clock, *methods: str) -> list[int]:
    """Send each method twice; return how often the clock is asked each time."""
    found = []
    for method in [*methods, *methods]:
        before = clock.looks
        ask(app, method, "/item")
        found.append(clock.looks - before)
    return found


@pytest.mark.parametrize("enforce", [False, True])
def test_the_clock_is_asked_for_sunsets_only(enforce: bool) -> None:
    """An app that enforces no sunset, or has none, never asks for the time."""
    clock = Clock()
    said = {"PUT": {"since": "2026-01-01"} if enforce else SAID}
    app = make_app(clock, DEPRECATED_METHODS=said, ENFORCE_SUNSET=enforce)
    methods = ["PUT", "PROPFIND", "PATCH"]
    app.add_url_rule("/item", "item", lambda: "ok", methods=methods)
    for method in ("PUT", "PROPFIND", "OPTIONS", "POST", "FOO"):
        assert looks(app, clock, method) == [0, 0]


@pytest.mark.parametrize(
    "said",
    [SAID, {"brownouts": ["2026-02-10T14:00Z/PT1H"]}],
    ids=["sunset", "brownout"],
)
def test_the_clock_is_asked_where_a_date_may_matter(said: dict[str, Any]) -> None:
    """It is asked once for each request that the deprecated method may change."""
    clock = Clock()
    app = make_app(clock, ENFORCE_SUNSET=True)
    view = deprecated_methods("PUT", **said)(lambda: "ok")
    app.add_url_rule("/item", "item", view, methods=["GET", "PUT", "PATCH"])
    assert looks(app, clock, "GET", "HEAD", "PATCH", "FOO") == [0] * 8
    for method in ("PUT", "POST", "OPTIONS"):
        assert looks(app, clock, method) == [1, 1]
