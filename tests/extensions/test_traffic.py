"""Extensions between the app and its load: limits, caches, compression, sockets."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.raw_wsgi import ask

from .apps import BY_NAME
from .kit import each_place, guarded


@each_place
def test_limits_are_counted_and_kept(place: str) -> None:
    """The fourth request in a minute is 429, with the guard as without it."""
    app = BY_NAME["Flask-Limiter"].app(place)
    left = []
    for _ in range(3):
        answer = ask(app, "GET", "/items")
        assert answer.status == 200
        left.append(answer.get("X-RateLimit-Remaining"))
    assert left == ["2", "1", "0"]
    assert ask(app, "GET", "/items").status == 429


@each_place
def test_refusals_use_up_no_limit(place: str) -> None:
    """A 405 and a 501 match no route, whose limit they could use up."""
    app = BY_NAME["Flask-Limiter"].app(place)
    for _ in range(5):
        assert ask(app, "PUT", "/items").status == 405
        assert ask(app, "FOO", "/items").status == (405 if place == "none" else 501)
    assert ask(app, "GET", "/items").get("X-RateLimit-Remaining") == "2"


@each_place
def test_a_cached_view_runs_once(place: str) -> None:
    """The cache serves the second request, and a refusal is never cached."""
    app = BY_NAME["Flask-Caching"].app(place)
    first = ask(app, "GET", "/items")
    assert ask(app, "PUT", "/items").status == 405
    assert ask(app, "GET", "/items").body == first.body
    assert app.extensions["test.calls"] == ["items"]


@guarded
@pytest.mark.parametrize("backend", ["SimpleCache", "FileSystemCache"])
def test_a_cached_abort_is_the_same_answer(
    place: str, backend: str, tmp_path: Path
) -> None:
    """A cache pickles the exception, and what it raises later answers the same."""
    app = BY_NAME["Flask-Caching"].app(
        place, CACHE_TYPE=backend, CACHE_DIR=str(tmp_path)
    )
    answers = [ask(app, "GET", "/aborts") for _ in range(2)]
    assert app.extensions["test.calls"] == ["aborts"]
    assert answers[0] == answers[1]
    assert (answers[0].status, answers[0].get("Allow")) == (405, "HEAD, OPTIONS")
    assert answers[0].json["detail"] == "Closed."


@guarded
def test_a_cached_abort_keeps_its_format(place: str) -> None:
    """What the documentation warns of: the first client's format is cached, too."""
    app = BY_NAME["Flask-Caching"].app(place)
    html = ask(app, "GET", "/aborts", headers={"Accept": "text/html"})
    plain = ask(app, "GET", "/aborts", headers={"Accept": "text/plain"})
    assert plain.get("Content-Type") == html.get("Content-Type")
    assert (plain.get("Content-Type") or "").startswith("text/html")


@guarded
def test_compression_keeps_off_refusals(place: str) -> None:
    """Pages are compressed and refusals are not, and Vary names both reasons."""
    app = BY_NAME["Flask-Compress"].app(place)
    headers = {"Accept-Encoding": "gzip"}
    page = ask(app, "GET", "/items", headers=headers)
    assert page.get("Content-Encoding") == "gzip"
    assert b"item 99" in gzip.decompress(page.body)
    for method, status in [("PUT", 405), ("FOO", 501)]:
        answer = ask(app, method, "/items", headers=headers)
        assert answer.json["status"] == status
        assert answer.get("Vary") == "Accept, Accept-Encoding"


@each_place
def test_the_socket_is_served_beside_the_routes(place: str) -> None:
    """A handshake is answered by Socket.IO, which stands before the app."""
    app = BY_NAME["Flask-SocketIO"].app(place)
    answer = ask(app, "GET", "/socket.io/", query="EIO=4&transport=polling")
    assert answer.status == 200
    assert answer.text.startswith('0{"sid":')
    refused = ask(app, "FOO", "/socket.io/", query="EIO=4&transport=polling")
    assert (
        refused.status
        == ask(
            BY_NAME["Flask-SocketIO"].app("none"),
            "FOO",
            "/socket.io/",
            query="EIO=4&transport=polling",
        ).status
    )


@each_place
def test_socket_events_arrive(place: str) -> None:
    """A client of the socket gets the answer to its event."""
    app = BY_NAME["Flask-SocketIO"].app(place)
    socketio = app.extensions["test.socketio"]
    socketio.on_event("ask", lambda text: f"{text}!")
    client = socketio.test_client(app)
    assert client.emit("ask", "well", callback=True) == "well!"
