"""Reading a request's body to its end, so that an early response arrives.

Some servers close the connection when a body was not read, and the client then
loses the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from werkzeug.wrappers import Request
from werkzeug.wsgi import get_content_length

#: How long draining may take in total, in seconds.
TIME_LIMIT = 2.0

#: How much is read at once; the clock is checked between two pieces.
_PIECE = 16 * 1024

#: With one of these fields, the body may never come (RFC 9110 §10.1.1), its length is
#: unknown, or the bytes may belong to another protocol (RFC 9110 §7.8).
_LEFT_ALONE = frozenset(("HTTP_EXPECT", "HTTP_TRANSFER_ENCODING", "HTTP_UPGRADE"))


def drain(req: Request, limit: int) -> None:
    """Read and drop the request's body.

    Nothing is read if the body has no known length, if it is longer than the limit,
    if the client waits for permission to send it, or if the bytes may belong to
    someone else. Reading ends after :data:`TIME_LIMIT`, or with the first error. It
    never raises, since the response matters more.

    :param req: the request.
    :param limit: the longest body to read, in bytes.
    """
    environ = req.environ
    if "CONTENT_LENGTH" not in environ or not _may_read(environ):
        return
    length = get_content_length(environ) or 0
    if not 0 < length <= limit:
        return
    # If a hook has read a part, the request's own stream knows what is left. The
    # request is not asked to create one, since that may raise RequestEntityTooLarge.
    stream = vars(req).get("stream") or environ["wsgi.input"]
    # A stalled client, a closed stream, MAX_CONTENT_LENGTH, an error of a middleware.
    with suppress(Exception), _bounded(environ):
        _read(stream, length, monotonic() + TIME_LIMIT)


def _may_read(environ: dict[str, Any]) -> bool:
    """Return whether the bytes of the body are the app's to read.

    To a request for an upgrade, gevent's server gives the connection itself, with
    ``wsgi.input_terminated`` false. Afterwards it skips ``Content-Length`` bytes,
    whatever the app has read: if the body is gone, these are the next request's.
    """
    if not environ.get("wsgi.input_terminated", True):
        return False
    # Not parsed as a list: that a name contains the word is reason enough.
    if "upgrade" in environ.get("HTTP_CONNECTION", "").lower():
        return False
    return _LEFT_ALONE.isdisjoint(environ)


def _read(stream: Any, remaining: int, deadline: float) -> None:
    while remaining > 0 and monotonic() < deadline:
        piece = stream.read(min(remaining, _PIECE))
        if not piece:
            return
        remaining -= len(piece)


@contextmanager
def _bounded(environ: dict[str, Any]) -> Iterator[None]:
    """Limit how long one read may block, where the server gives out its socket.

    Werkzeug's development server does, and its input is the socket itself: if a
    middleware has read the body already, another read blocks until the client
    hangs up. After a time-out, that server closes the connection.
    """
    socket = environ.get("werkzeug.socket")
    if socket is None:
        yield
        return
    previous = socket.gettimeout()
    socket.settimeout(TIME_LIMIT)
    try:
        yield
    finally:
        socket.settimeout(previous)
