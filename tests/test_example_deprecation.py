"""The example that retires PUT, as a server runs it and as it is played."""

import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from examples.deprecation import Book, create_app

ROOT = Path(__file__).parent.parent
SUNSET = datetime(2026, 7, 1, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
LINK = '<https://docs.example.com/from-put-to-patch>; rel="deprecation"'
ANNOUNCED = (
    "    Deprecation: @1767225600\n"
    "    Sunset: Wed, 01 Jul 2026 00:00:00 GMT\n"
    f"    Link: {LINK}\n"
)


def play(module: str) -> dict[str, str]:
    """Play the story of an example: title to text."""
    played = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert played.stderr == ""
    text = played.stdout
    # Werkzeug 3.2 writes the phrase of a status with small letters.
    for word in ("Method Not Allowed", "Gone", "Not Found"):
        text = re.sub(rf"(?<=: \d\d\d ){word}", word.upper(), text)
    found = {}
    for scene in text.strip().split("\n\n"):
        title, _, words = scene.partition("\n")
        found[title] = f"{words}\n"
    return found


@pytest.fixture(scope="module")
def scenes() -> dict[str, str]:
    """Play the story."""
    return play("examples.deprecation")


STORY = {
    "2026-02-01 00:00:00 UTC: announce": f"""\
  stock-sync sends PUT /books/1: 200 OK
{ANNOUNCED}  web-shop sends PATCH /books/1: 200 OK
""",
    "2026-03-01 00:00:00 UTC: watch": """\
  PUT /books/<int:number> is deprecated, 122 days left.
  Calls so far:
  stock-sync, PUT, deprecated: 1
""",
    "2026-05-05 14:45:00 UTC: brown out": f"""\
  stock-sync sends PUT /books/1: 405 METHOD NOT ALLOWED
    Allow: GET, HEAD, OPTIONS, PATCH
    Retry-After: 900
{ANNOUNCED}    PUT is deprecated and is not available until 5 May 2026, 15:00 UTC. It
    may stop working for good on 1 July 2026. Use PATCH instead. Allowed:
    GET, HEAD, OPTIONS, PATCH.
    successor: {{"method": "PATCH"}}
""",
    "2026-05-05 15:00:00 UTC: the brownout is over": f"""\
  stock-sync sends PUT /books/1: 200 OK
{ANNOUNCED}""",
    "2026-07-01 00:00:00 UTC: enforce": f"""\
  stock-sync sends PUT /books/1: 405 METHOD NOT ALLOWED
    Allow: GET, HEAD, OPTIONS, PATCH
    Link: {LINK}
    PUT was retired on 1 July 2026. Use PATCH instead. Allowed: GET, HEAD,
    OPTIONS, PATCH.
    successor: {{"method": "PATCH"}}
  web-shop sends PATCH /books/1: 200 OK
  PUT /books/<int:number> is retired, 0 days left.
  Calls so far:
  stock-sync, PUT, brownout: 1
  stock-sync, PUT, deprecated: 2
  stock-sync, PUT, retired: 1
""",
    "2026-10-01 00:00:00 UTC: remove": """\
  stock-sync sends PUT /books/1: 405 METHOD NOT ALLOWED
    Allow: GET, HEAD, OPTIONS, PATCH
    PUT is not allowed here. Allowed: GET, HEAD, OPTIONS, PATCH.
""",
}


@pytest.mark.parametrize("title", STORY)
def test_played(scenes: dict[str, str], title: str) -> None:
    """The year is played, scene by scene."""
    assert scenes[title] == STORY[title]


def test_rehearsed(scenes: dict[str, str]) -> None:
    """The sunset is looked at three months ahead."""
    text = scenes["2026-04-01 00:00:00 UTC: rehearse"]
    assert "On 2026-07-01, PUT /books/1 will get 405: retired." in text
    assert "The contract test of that day passes: " in text


@pytest.mark.parametrize(
    ("now", "status", "phase"),
    [(SUNSET - SECOND, 200, "deprecated"), (SUNSET, 405, "retired")],
    ids=["before", "after"],
)
@pytest.mark.parametrize(
    ("key", "name"), [("key-1", "stock-sync"), ("nobody's", "unknown")]
)
def test_who_calls_is_counted(
    now: datetime, status: int, phase: str, key: str, name: str
) -> None:
    """Each call of PUT is counted by client, and no other request is."""
    app = create_app(lambda: now)
    client = app.test_client()
    headers = {"X-Api-Key": key}
    assert client.put("/books/1", headers=headers).status_code == status
    assert client.patch("/books/1", headers=headers).json == {"id": 1, "changed": True}
    assert client.get("/books/1", headers=headers).json == {"id": 1}
    assert client.post("/books/1", headers=headers).status_code == 405
    assert app.extensions["late_calls"] == {(name, "PUT", phase): 1}


def test_once_it_is_removed() -> None:
    """The view that stays has nothing deprecated."""
    client = create_app(view=Book).test_client()
    assert client.put("/books/1").status_code == 405
    assert "Deprecation" not in client.get("/books/1").headers


def test_by_the_wall_clock() -> None:
    """Left to itself, the example asks for the real time."""
    answer = create_app().test_client().put("/books/1")
    ended = datetime.now(timezone.utc) >= SUNSET
    assert answer.status_code == (405 if ended else 200)
