"""The signal that says who still calls a deprecated method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import pytest
from flask import Flask, Response, request

from flask_method_guard import (
    Deprecation,
    Phase,
    deprecated_method_called,
)
from tests.deprecations import ANSWERS, SECOND, SUNSET, Clock, make_app, make_put_app
from tests.raw_wsgi import ask

START = datetime(2026, 2, 10, 14, tzinfo=timezone.utc)
MARK: dict[str, Any] = {
    "since": "2026-01-01",
    "sunset": SUNSET,
    "brownouts": ["2026-02-10T14:00Z/PT1H"],
}


def make_shop(clock: Clock | None = None, **config: Any) -> Flask:
    """Make an app that deprecates PUT."""
    return make_put_app(clock, MARK, **config)


@contextmanager
def listening(app: Flask) -> Iterator[list[dict[str, Any]]]:
    """Collect what is sent for an app."""
    calls: list[dict[str, Any]] = []

    def hear(_: Flask, **facts: Any) -> None:
        calls.append({**facts, "user": request.headers.get("X-Client")})

    with deprecated_method_called.connected_to(hear, app):
        yield calls


@pytest.mark.parametrize(
    ("now", "phase", "status"),
    [
        (datetime(2025, 12, 31, tzinfo=timezone.utc), Phase.SCHEDULED, 200),
        (START - SECOND, Phase.DEPRECATED, 200),
        (START, Phase.BROWNOUT, 405),
        (SUNSET - SECOND, Phase.DEPRECATED, 200),
        (SUNSET, Phase.RETIRED, 405),
        (SUNSET, Phase.OVERDUE, 200),
    ],
    ids=["scheduled", "deprecated", "brownout", "last second", "retired", "overdue"],
)
@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
def test_sent_once_with_the_facts(
    now: datetime, phase: Phase, status: int, early: bool
) -> None:
    """Served or refused, the listener learns who called what, and what came of it."""
    enforced = phase is not Phase.OVERDUE
    app = make_shop(Clock(now), ENFORCE_SUNSET=enforced, REJECT_EARLY=early)
    with listening(app) as calls:
        answer = ask(app, "PUT", "/item", headers={"X-Client": "stock-sync"})
    (call,) = calls
    assert answer.status == call.pop("response").status_code == status
    assert call == {
        "method": "PUT",
        "endpoint": "item",
        "deprecation": Deprecation.from_mapping(MARK),
        "phase": phase,
        "user": "stock-sync",
    }


@pytest.mark.parametrize(
    "mark",
    [{"sunset": SUNSET}, {"link": "/docs"}, {"notice": "Use PATCH."}],
    ids=["sunset", "link", "notice"],
)
def test_it_does_not_depend_on_the_headers(mark: dict[str, Any]) -> None:
    """A mark without `since` sends no Deprecation header, and counts all the same."""
    app = make_app(DEPRECATED_METHODS={"PUT": mark})
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    with listening(app) as calls:
        ask(app, "PUT")
    assert [call["phase"] for call in calls] == [Phase.DEPRECATED]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/item"),
        ("OPTIONS", "/item"),
        ("POST", "/item"),
        ("FOO", "/item"),
        ("PUT", "/nowhere"),
    ],
)
def test_not_sent_for_other_requests(method: str, path: str) -> None:
    """Other methods, and URLs without a route, are not calls of the method."""
    app = make_shop()
    with listening(app) as calls:
        ask(app, method, path)
    assert calls == []


@pytest.mark.parametrize(("view", "status"), ANSWERS.values(), ids=ANSWERS)
def test_sent_once_whatever_the_view_answers(
    view: Callable[[], Any], status: int
) -> None:
    """A view that crashes or answers with an error was called, too."""
    app = make_app(DEPRECATED_METHODS={"PUT": MARK})
    app.add_url_rule("/", "index", view, methods=["PUT"])
    with listening(app) as calls:
        assert ask(app, "PUT").status == status
    assert [call["response"].status_code for call in calls] == [status]


def test_sent_when_a_hook_answers_first() -> None:
    """A client that is not logged in called it as well."""
    app = make_shop()
    app.before_request(lambda: ("log in", 401))
    with listening(app) as calls:
        ask(app, "PUT", "/item")
    assert [call["response"].status_code for call in calls] == [401]


@pytest.mark.parametrize("now", [START - SECOND, START], ids=["served", "refused"])
def test_sent_once_when_a_later_function_raises(now: datetime) -> None:
    """Flask runs `after_request` functions again for the 500; one call stays one."""
    app = make_shop(Clock(now))

    @app.after_request
    def crash(response: Response) -> Response:
        raise RuntimeError(response.status)

    with listening(app) as calls:
        assert ask(app, "PUT", "/item").status == 500
    assert len(calls) == 1


def test_a_mark_on_get_counts_head() -> None:
    """HEAD is covered by GET's mark, and is called by its own name."""
    app = make_app(DEPRECATED_METHODS={"GET": MARK})
    app.add_url_rule("/", "index", lambda: "ok")
    with listening(app) as calls:
        ask(app, "GET")
        ask(app, "HEAD")
    assert [call["method"] for call in calls] == ["GET", "HEAD"]


def test_sent_in_report_only_mode() -> None:
    """A team that only watches counts the callers all the same."""
    app = make_shop(Clock(START), REPORT_ONLY=True)
    with listening(app) as calls:
        assert ask(app, "PUT", "/item").status == 200
    (call,) = calls
    assert (call["phase"], call["response"].status_code) == (Phase.BROWNOUT, 200)


def test_the_method_as_flask_sees_it() -> None:
    """Where case does not matter, the name is in upper case."""
    app = make_shop(CASE_SENSITIVE=False)
    with listening(app) as calls:
        ask(app, "put", "/item")
    assert [call["method"] for call in calls] == ["PUT"]


def test_async_listeners() -> None:
    """An async listener is awaited."""
    pytest.importorskip("asgiref")
    app, seen = make_shop(), list[str]()

    async def hear(_: Flask, method: str, **extra: object) -> None:
        seen.append(method)

    with deprecated_method_called.connected_to(hear, app):
        ask(app, "PUT", "/item")
    assert seen == ["PUT"]


def test_nobody_listens_nobody_pays() -> None:
    """A listener of another app hears nothing, and the clock is not read for it."""
    clock = Clock()
    app = make_app(clock, DEPRECATED_METHODS={"PUT": {"since": "2026-01-01"}})
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    clock.looks = 0
    with listening(make_shop()) as calls:
        ask(app, "PUT")
    assert (calls, clock.looks) == ([], 0)
