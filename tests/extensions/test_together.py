"""All the extensions that go together, in one app."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.test import Client

from tests.raw_wsgi import ask

from .apps import ORIGIN, TOGETHER
from .kit import each_place, guarded, need

HEADERS = {"Origin": ORIGIN, "Accept-Encoding": "gzip"}

QUESTIONS = [
    ("GET", "/items", 200, 200),
    ("HEAD", "/items", 200, 200),
    ("GET", "/nowhere", 404, 404),
    ("PUT", "/items", 405, 405),
    ("POST", "/items", 405, 405),
    ("FOO", "/items", 405, 501),
    ("FOO", "/nowhere", 404, 501),
    ("GET", "/mine", 401, 401),
    ("PUT", "/mine", 405, 405),
    ("GET", "/secret", 401, 401),
    ("GET", "/cached", 200, 200),
    ("PUT", "/cached", 405, 405),
    ("GET", "/smorest", 200, 200),
    ("PUT", "/smorest", 405, 405),
    ("GET", "/restx", 200, 200),
    ("PUT", "/restx", 405, 405),
    ("FOO", "/restx", 405, 501),
    ("GET", "/admin/", 200, 200),
    ("PUT", "/admin/", 405, 405),
    ("POST", "/form", 400, 400),
    ("GET", "/form", 405, 405),
]


@each_place
@pytest.mark.parametrize(
    ("method", "path", "bare", "guarded"),
    QUESTIONS,
    ids=[f"{method} {path}" for method, path, *_ in QUESTIONS],
)
@pytest.mark.usefixtures("sentry_events")
def test_every_status(
    method: str, path: str, bare: int, guarded: int, place: str
) -> None:
    """Each request gets its status, and each 405 the exact Allow."""
    answer = ask(TOGETHER.app(place), method, path, headers=HEADERS)
    assert answer.status == (bare if place == "none" else guarded)
    if answer.status == 405 and place != "none":
        methods = {"/form": "OPTIONS, POST"}.get(path, "GET, HEAD, OPTIONS")
        assert answer.get("Allow") == methods


@guarded
@pytest.mark.usefixtures("sentry_events")
def test_what_is_served_is_the_same(place: str) -> None:
    """What is served has the same bytes; packed, it would have the time in it."""
    for path in ("/items", "/cached", "/smorest", "/restx", "/nowhere"):
        bare = ask(TOGETHER.app("none"), "GET", path, headers={"Origin": ORIGIN})
        answer = ask(TOGETHER.app(place), "GET", path, headers={"Origin": ORIGIN})
        assert answer.body == bare.body
        assert answer.without("X-RateLimit-Reset") == bare.without("X-RateLimit-Reset")


@each_place
@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("PUT", 405), ("FOO", 501)]
)
def test_everyone_has_a_word(
    place: str, method: str, status: int, sentry_events: list[dict[str, t.Any]]
) -> None:
    """Each extension's headers, counter, span and event are there for each answer."""
    app = TOGETHER.app(place)
    if place == "none" and status == 501:
        status = 405
    answer = ask(app, method, "/items", headers=HEADERS)
    assert answer.status == status

    assert answer.get("Access-Control-Allow-Origin") == ORIGIN
    assert answer.get("Content-Security-Policy")
    assert "Accept-Encoding" in (answer.get("Vary") or "")
    assert (answer.get("X-RateLimit-Limit") == "1000") == (status == 200)

    registry = app.extensions["test.registry"]
    labels = {"method": method, "status": str(status)}
    assert registry.get_sample_value("flask_http_request_total", labels) == 1
    (span,) = app.extensions["test.spans"].get_finished_spans()
    assert span.attributes["http.status_code"] == status
    assert [event["type"] for event in sentry_events] == (
        [] if method == "FOO" else ["transaction"]
    )
    if status != 200:
        assert answer.json["code"] == status


@each_place
@pytest.mark.usefixtures("sentry_events")
def test_a_visit(place: str) -> None:
    """A user logs in past CSRF, is refused, uses the socket, and is still logged in."""
    app = TOGETHER.app(place)
    csrf = need("flask_wtf.csrf", "Flask-WTF")
    app.add_url_rule("/token", "token", csrf.generate_csrf)
    client = Client(app)
    https: dict[str, t.Any] = {"base_url": "https://localhost"}
    token = client.get("/token", **https).text
    page = {"X-CSRFToken": token, "Referer": "https://localhost/"}
    assert client.post("/login", **https).status_code == 400
    assert client.post("/login", headers=page, **https).text == "welcome"
    for method, status in [("PUT", 405), ("FOO", 405 if place == "none" else 501)]:
        assert client.open("/mine", method=method, **https).status_code == status
    assert client.get("/mine", **https).text == "only ada"
    handshake = client.get("/socket.io/?EIO=4&transport=polling", **https)
    assert handshake.text.startswith("0{")
