"""Draining: what is read of the body of a request that is refused."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import pytest
from flask import Flask, abort, request
from werkzeug.exceptions import ClientDisconnected

from flask_method_guard import drain
from tests.raw_wsgi import Answer, make_environ, run
from tests.routed_apps import make_app

MIB = 1024 * 1024


class Body(io.BytesIO):
    """A request body that tells how it is read."""

    pieces: list[int]

    def __init__(self, size: int, ends_after: int | None = None) -> None:
        super().__init__(b"x" * (size if ends_after is None else ends_after))
        self.pieces = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.pieces.append(-1 if size is None else size)
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        self.pieces.append(len(buffer))
        return super().readinto(buffer)


def put(app: Flask, body: Any, length: int | None, **environ: Any) -> Answer:
    """Send a PUT with the given stream as its body."""
    request_environ = make_environ("PUT", environ.pop("path", "/items"))
    request_environ["wsgi.input"] = body
    if length is not None:
        request_environ["CONTENT_LENGTH"] = str(length)
    return run(app, {**request_environ, **environ})


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("size", [1, 1000, 65536, 65537, MIB])
def test_a_body_is_drained(size: int, terminated: bool) -> None:
    """A body up to the limit is read to its end, in bounded pieces, and no further."""
    body = Body(size + 100)
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    assert put(make_app(), body, size, **environ).status == 405
    assert body.tell() == size
    assert 0 < max(body.pieces) <= 65536


@pytest.mark.parametrize(
    ("length", "environ", "limit"),
    [
        (0, {}, MIB),
        (None, {}, MIB),
        (MIB + 1, {}, MIB),
        (1000, {"HTTP_TRANSFER_ENCODING": "chunked"}, MIB),
        (1000, {"HTTP_EXPECT": "100-continue"}, MIB),
        (1000, {}, 0),
        (1000, {}, 999),
        (1000, {"path": "/nowhere"}, MIB),
    ],
    ids=["empty", "no length", "long", "chunked", "expect", "off", "limit", "404"],
)
def test_a_body_is_left_alone(
    length: int | None, environ: dict[str, str], limit: int
) -> None:
    """Nothing is read of a body that is long, endless, or held back."""
    body = Body(MIB + 1)
    put(make_app(DRAIN_LIMIT=limit), body, length, **environ)
    assert body.pieces == []


def test_a_served_body_is_the_views() -> None:
    """The guard reads nothing of a request that is served, or that a view refuses."""
    app = make_app()
    app.add_url_rule("/put", "put", lambda: abort(405), methods=["PUT"])
    body = Body(100)
    assert put(app, body, 100, path="/put").status == 405
    assert body.pieces == []


def test_a_limit_of_the_app_does_not_hinder() -> None:
    """MAX_CONTENT_LENGTH is about what the app reads, not about what is dropped."""
    app = make_app()
    app.config["MAX_CONTENT_LENGTH"] = 10
    body = Body(1000)
    assert put(app, body, 1000).status == 405
    assert body.tell() == 1000


def test_a_body_that_was_read_before() -> None:
    """What a hook has read already is not waited for again."""
    app = make_app()
    app.before_request(lambda: request.get_data() and None)

    class Once(Body):
        def readinto(self, buffer: Any, /) -> int:
            assert self.tell() < 1000, "read behind the end"
            return super().readinto(buffer)

    body = Once(2000)
    assert put(app, body, 1000).status == 405
    assert body.tell() == 1000


@pytest.mark.parametrize("environ", [{}, {"wsgi.input_terminated": "yes"}])
@pytest.mark.parametrize("read", [400, 1000])
def test_a_body_that_was_read_to_the_limit(read: int, environ: dict[str, str]) -> None:
    """A body as long as MAX_CONTENT_LENGTH may have been read by a hook before."""
    app = make_app()
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.before_request(lambda: request.stream.read(read) and None)
    body = Body(1000)
    assert put(app, body, 1000, **environ).status == 405
    assert body.tell() == 1000


@pytest.mark.parametrize("terminated", [True, False])
def test_a_body_that_ends_early(terminated: bool) -> None:
    """A client that sends less than it said gets its answer all the same."""
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    answer = put(make_app(), Body(1000, ends_after=10), 1000, **environ)
    assert answer.status == 405


class Broken(io.BytesIO):
    """A body whose reading fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self.error

    def readinto(self, buffer: Any, /) -> int:
        raise self.error


def read_a_little() -> None:
    """Begin to read the body, as a hook may."""
    with suppress(ClientDisconnected):
        request.stream.read(1)


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("kind", [TimeoutError, ValueError])
def test_an_error_of_reading_is_not_swallowed(
    kind: type[Exception], terminated: bool, begun: bool
) -> None:
    """A read that fails is seen, and no answer hides it."""
    body = Broken(kind("no more"))
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    assert put(app, body, 1000, **environ).status == 500
    app.testing = True
    with pytest.raises(Exception, match=r"no more|400 Bad Request"):
        put(app, body, 1000, **environ)


@pytest.mark.parametrize("begun", [True, False])
def test_a_client_that_hangs_up(begun: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A client that is gone is no error of the app's, and logs none."""
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    assert put(app, Broken(ConnectionResetError()), 1000).status == 405
    assert caplog.records == []


def test_a_body_that_a_hook_saw_end_early() -> None:
    """A client that sends less than it said is no error where a hook read, too."""
    app = make_app()
    app.before_request(read_a_little)
    assert put(app, Body(1000, ends_after=10), 1000).status == 405


# -- bounded in time --------------------------------------------------------------


class Slow(Body):
    """A body that arrives slowly, one byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        sleep(0.01)
        return super().read(1)


def test_a_body_that_arrives_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not wait for the end of a body that takes too long."""
    monkeypatch.setattr(drain, "TIME_LIMIT", 0.1)
    body = Slow(1000)
    begin = monotonic()
    assert put(make_app(), body, 1000).status == 405
    assert 0 < body.tell() < 1000
    assert 0.1 <= monotonic() - begin < 5


@pytest.mark.parametrize("begun", [True, False])
def test_a_body_that_stalls(begun: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that blocks is ended, where the server gives out its socket."""
    monkeypatch.setattr(drain, "TIME_LIMIT", 0.1)
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    client, server = socket.socketpair()
    with client, server, server.makefile("rb", -1) as stream:
        client.sendall(b"x")
        server.settimeout(30)
        begin = monotonic()
        answer = put(app, stream, 1000, **{"werkzeug.socket": server})
        assert answer.status == 405
        assert monotonic() - begin < 5
        assert server.gettimeout() == 30


def test_a_body_on_a_socket_is_drained() -> None:
    """A body that arrives in time is read to its end, and no further."""
    client, server = socket.socketpair()
    with client, server, server.makefile("rb", -1) as stream:
        client.sendall(b"x" * 1000 + b"next")
        assert (
            put(make_app(), stream, 1000, **{"werkzeug.socket": server}).status == 405
        )
        assert server.gettimeout() is None
        assert stream.read(4) == b"next"


def test_another_error_on_a_socket_is_not_swallowed() -> None:
    """The socket gets its own time-out back, whatever happens."""
    client, server = socket.socketpair()
    with client, server:
        server.settimeout(30)
        body = Broken(ValueError("no more"))
        assert put(make_app(), body, 1000, **{"werkzeug.socket": server}).status == 500
        assert server.gettimeout() == 30
