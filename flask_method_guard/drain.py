"""Reading a request's body to its end, so that an early answer arrives.

Some servers close the connection when a body was not read, and the client then
loses the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request
from werkzeug.wsgi import get_content_length

#: How long draining may take in total, in seconds.
TIME_LIMIT = 2.0

#: How much is read at once; the clock is checked between two pieces.
_PIECE = 16 * 1024


def drain(req: Request, limit: int) -> None:
    """Read and drop the request's body.

    Nothing is read if the body has no ``Content-Length``, if it is longer than the
    limit, or if the client waits for permission to send it (RFC 9110 §10.1.1).
    Reading ends when the client hangs up, and after :data:`TIME_LIMIT`. Any other
    error is raised, since nobody knows what is left on the connection.

    :param req: the request.
    :param limit: the longest body to read, in bytes.
    """
    if "CONTENT_LENGTH" not in req.environ:
        return
    length = get_content_length(req.environ) or 0
    if not 0 < length <= limit or "HTTP_EXPECT" in req.environ:
        return
    # If a hook has read a part, the request's own stream knows what is left. The
    # request is not asked to create one, since that may raise RequestEntityTooLarge.
    stream = vars(req).get("stream") or req.environ["wsgi.input"]
    with _bounded(req.environ):
        try:
            _read(stream, length, monotonic() + TIME_LIMIT)
        except (RequestEntityTooLarge, ConnectionError):
            # A hook has read as much as MAX_CONTENT_LENGTH allows, or the client is
            # gone: nothing is left to read.
            return
        except ClientDisconnected as error:
            # Werkzeug also raises this at an early end, when nothing is left to
            # read. An error while reading is its context.
            cause = error.__context__
            if isinstance(cause, (OSError, ValueError)) and not isinstance(
                cause, ConnectionError
            ):
                raise cause from error


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
    except TimeoutError:
        pass
    finally:
        socket.settimeout(previous)
