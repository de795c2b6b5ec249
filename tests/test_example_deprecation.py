"""The example that retires PUT, as a server runs it and as it is played."""

import logging
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from examples.deprecation import create_app

ROOT = Path(__file__).parent.parent
SUNSET = datetime(2026, 7, 1, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def test_played() -> None:
    """The year is played: announced in winter, served in June, refused in July."""
    played = subprocess.run(
        [sys.executable, "-m", "examples.deprecation"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    winter, june, july, callers = played.stdout.lstrip().split("\n\n")
    announced = (
        "  PUT /books/1: 200 OK\n"
        "    Deprecation: @1767225600\n"
        "    Link: <https://docs.example.com/from-put-to-patch>;"
        ' rel="deprecation"\n'
        "    Sunset: Wed, 01 Jul 2026 00:00:00 GMT\n"
        "  PATCH /books/1: 200 OK"
    )
    assert winter.startswith("01 February 2026, 00:00:00 UTC\n")
    assert june.startswith("30 June 2026, 23:59:59 UTC\n")
    assert winter.endswith(announced)
    assert june.endswith(announced)
    assert july == (
        "01 July 2026, 00:00:00 UTC\n"
        "  OPTIONS /books/1: 200 OK\n"
        "    Allow: GET, HEAD, OPTIONS, PATCH\n"
        "  PUT /books/1: 405 METHOD NOT ALLOWED\n"
        "    Allow: GET, HEAD, OPTIONS, PATCH\n"
        "    Link: <https://docs.example.com/from-put-to-patch>;"
        ' rel="deprecation"\n'
        "    PUT was retired on 1 July 2026. Use PATCH."
        " Allowed: GET, HEAD, OPTIONS, PATCH.\n"
        "  PATCH /books/1: 200 OK"
    )
    assert callers == (
        "Who still called:\n"
        "  stock-sync/1.0, deprecated: 2\n"
        "  stock-sync/1.0, retired: 1\n"
    )
    assert played.stderr.count("PUT is deprecated; 'stock-sync/1.0' called it") == 2
    assert played.stderr.count("PUT is retired; 'stock-sync/1.0' called it") == 1


@pytest.mark.parametrize(
    ("now", "status", "what"),
    [(SUNSET - SECOND, 200, "deprecated"), (SUNSET, 405, "retired")],
    ids=["before", "after"],
)
def test_who_calls_is_noted(
    now: datetime, status: int, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each late call is logged and counted, and no other is."""
    app = create_app(lambda: now)
    client = app.test_client()
    headers = {"User-Agent": "old/1"}
    assert client.put("/books/1", headers=headers).status_code == status
    assert client.patch("/books/1", headers=headers).json == {"id": 1, "changed": True}
    assert client.get("/books/1", headers=headers).json == {"id": 1}
    assert client.post("/books/1", headers=headers).status_code == 405
    assert app.extensions["late_callers"] == {(what, "old/1"): 1}
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"PUT is {what}; 'old/1' called it"


def test_scripts_of_other_origins_may_read_it() -> None:
    """The headers are exposed, on answers of the view and of the guard."""
    for now in (SUNSET - SECOND, SUNSET):
        answer = (
            create_app(lambda now=now: now)  # type: ignore[misc]
            .test_client()
            .put("/books/1", headers={"Origin": "https://shop.example"})
        )
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert set(exposed) == {"Allow", "Deprecation", "Link", "Sunset"}


def test_by_the_wall_clock() -> None:
    """Left to itself, the example asks for the real time."""
    answer = create_app().test_client().put("/books/1")
    ended = datetime.now(timezone.utc) >= SUNSET
    assert answer.status_code == (405 if ended else 200)
