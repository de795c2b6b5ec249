"""Draining: what is read of the body of a request that is refused."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask, abort, request
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

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
        (1000, {"HTTP_TRANSFER_ENCODING": "gzip, Chunked"}, MIB),
        (1000, {"HTTP_EXPECT": "100-continue"}, MIB),
        (1000, {"HTTP_UPGRADE": "websocket"}, MIB),
        (1000, {"HTTP_UPGRADE": "h2c"}, MIB),
        (1000, {"HTTP_CONNECTION": "upgrade"}, MIB),
        (1000, {"HTTP_CONNECTION": "Upgrade"}, MIB),
        (1000, {"HTTP_CONNECTION": "keep-alive,UPGRADE"}, MIB),
        (1000, {"wsgi.input_terminated": False}, MIB),
        (1000, {}, 0),
        (1000, {}, 999),
    ],
    ids=[
        "empty",
        "no length",
        "long",
        "chunked",
        "chunked at last",
        "expect",
        "websocket",
        "h2c",
        "connection",
        "capital",
        "list",
        "not terminated",
        "off",
        "limit",
    ],
)
def test_a_body_is_left_alone(
    length: int | None, environ: dict[str, Any], limit: int
) -> None:
    """Nothing is read of a body that is long, endless, held back, or not the app's."""
    body = Body(MIB + 1)
    app = make_app(DRAIN_LIMIT=limit)
    assert put(app, body, length, **environ).status == 405
    assert body.pieces == []


@pytest.mark.parametrize("connection", ["keep-alive", "close", "te"])
def test_another_connection_field_does_not_hinder(connection: str) -> None:
    """The twin: only an upgrade keeps the guard from reading."""
    body = Body(1000)
    assert put(make_app(), body, 1000, HTTP_CONNECTION=connection).status == 405
    assert body.tell() == 1000


def test_a_404_reads_nothing() -> None:
    """A response that the guard does not make is Flask's affair."""
    body = Body(1000)
    assert put(make_app(), body, 1000, path="/nowhere").status == 404
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


@pytest.mark.parametrize("environ", [{}, {"wsgi.input_terminated": "yes"}])
@pytest.mark.parametrize("read", [400, 1000])
@pytest.mark.parametrize("limit", [None, 1000])
def test_a_body_that_was_read_before(
    limit: int | None, read: int, environ: dict[str, str]
) -> None:
    """A hook may have read a part of a body, or all of it up to MAX_CONTENT_LENGTH."""
    app = make_app()
    app.config["MAX_CONTENT_LENGTH"] = limit
    app.before_request(lambda: request.stream.read(read) and None)

    class Once(Body):
        def readinto(self, buffer: Any, /) -> int:
            assert self.tell() < 1000, "read behind the end"
            return super().readinto(buffer)

    body = Once(1000 if environ else 2000)
    assert put(app, body, 1000, **environ).status == 405
    assert body.tell() == 1000


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("terminated", [True, False])
def test_a_body_that_ends_early(terminated: bool, begun: bool) -> None:
    """A client that sends less than it said gets its answer all the same."""
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    app = make_begun(begun=begun)
    assert put(app, Body(1000, ends_after=10), 1000, **environ).status == 405


class Broken(io.BytesIO):
    """A body whose reading fails."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self.error

    def readinto(self, buffer: Any, /) -> int:
        raise self.error


def read_a_little() -> None:
    """Begin to read the body, as a hook may."""
    with suppress(Exception):
        request.stream.read(1)


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        OSError("error during read(1000) on wsgi.input"),
        TimeoutError("timed out"),
        ConnectionResetError("reset by peer"),
        ValueError("I/O operation on closed file."),
        EOFError("no more"),
        RuntimeError("of a middleware"),
    ],
    ids=["uWSGI and gevent", "timeout", "reset", "closed", "end", "middleware"],
)
def test_an_error_of_reading_changes_nothing(
    error: Exception, terminated: bool, begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that stalls or hangs up is no error of the app's, and logs none."""
    environ = {"wsgi.input_terminated": "yes"} if terminated else {}
    app = make_begun(begun=begun)
    app.testing = True
    answer = put(app, Broken(error), 1000, **environ)
    assert answer == put(app, Body(0), 0)
    assert answer.status == 405
    assert caplog.records == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_order_to_stop_is_obeyed(kind: type[BaseException]) -> None:
    """What is no error of reading is not swallowed."""
    with pytest.raises(kind):
        put(make_app(), Broken(kind()), 1000)


# -- bounded in time --------------------------------------------------------------


class Slow(Body):
    """A body that arrives a few bytes at a time, and ends after some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(MIB)
        self.ends = time.monotonic() + seconds

    def read(self, size: int | None = -1, /) -> bytes:
        time.sleep(0.05)
        return super().read(min(size or 0, 7)) if time.monotonic() < self.ends else b""

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Silent(WSGIRequestHandler):
    """A request handler that logs nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        pass


def make_begun(*, begun: bool) -> Flask:
    """Make an app in which a hook may have read the beginning of a body."""
    app = make_app()
    if begun:
        app.before_request(read_a_little)
    return app


def slow(app: Flask) -> int:
    """Send a body that arrives slowly."""
    return put(app, Slow(seconds=8), MIB).status


def stalled(app: Flask) -> int:
    """Send a part of a body, and no more, where the server gives out its socket."""
    client, server = socket.socketpair()
    with client, server, server.makefile("rb", -1) as stream:
        client.sendall(b"x")
        server.settimeout(30)
        answer = put(app, stream, 1000, **{"werkzeug.socket": server})
        assert server.gettimeout() == 30
        return answer.status


def read_by_a_middleware(app: Flask) -> int:
    """Send a body to Werkzeug's own server, where a middleware reads it first."""
    inner = app.wsgi_app

    def reader(environ: Any, start_response: Any) -> Any:
        assert Request(environ).form["a"] == "bcd"
        return inner(environ, start_response)

    app.wsgi_app = reader  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(
                b"PUT /items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\na=bcd"
            )
            client.settimeout(8)
            return int(client.recv(12).split()[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_client_keeps_a_worker_for_long() -> None:
    """Whatever a client does not send, its answer comes within two seconds or so."""

    def send(way: Callable[[Flask], int], app: Flask) -> tuple[int, bool]:
        start = time.monotonic()
        return way(app), time.monotonic() - start < 6

    ways = (slow, slow, stalled, stalled, read_by_a_middleware)
    # Not made in the threads: Werkzeug parses code for each rule, and Python 3.11 can
    # fail with a SystemError if several threads parse at once.
    apps = [make_begun(begun=begun) for begun in (False, True, False, True, False)]
    with ThreadPoolExecutor(len(ways)) as pool:
        found = pool.map(send, ways, apps)
        assert list(found) == [(405, True)] * len(ways)


def test_a_body_that_comes_in_pieces_is_read_to_its_end() -> None:
    """The twin: a body that is slow, and yet comes in time, is read whole."""
    body = Slow(seconds=60)
    assert put(make_app(), body, 30).status == 405
    assert body.tell() == 30


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


def test_after_an_error_the_socket_is_as_it_was() -> None:
    """The socket gets its own time-out back, whatever happens."""
    client, server = socket.socketpair()
    with client, server:
        server.settimeout(30)
        body = Broken(OSError("no more"))
        assert put(make_app(), body, 1000, **{"werkzeug.socket": server}).status == 405
        assert server.gettimeout() == 30
