"""Reading a request's body to its end, so that an early answer arrives.

This module knows the body's length and its stream, and nothing else of a request.
"""

from __future__ import annotations

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request
from werkzeug.wsgi import get_content_length


def drain(req: Request, limit: int) -> None:
    """Read and drop the request's body, so that the answer arrives.

    Nothing is read of a body without a length, of one that is longer than the
    limit, or of one that the client holds back until it is told to continue
    (RFC 9110 §10.1.1). A client that hangs up ends the reading. Any other error is
    not swallowed: the connection lives, and nobody knows what is left on it.
    """
    if "CONTENT_LENGTH" not in req.environ:
        return
    remaining = get_content_length(req.environ) or 0
    if not 0 < remaining <= limit or "HTTP_EXPECT" in req.environ:
        return
    # The stream that a hook may have read from counts what is left. The request is
    # not asked to make a new one, for it would check a limit of its own and raise.
    stream = vars(req).get("stream") or req.environ["wsgi.input"]
    try:
        while remaining > 0 and (piece := stream.read(min(remaining, 65536))):
            remaining -= len(piece)
    except RequestEntityTooLarge:
        return  # a hook has read as much as MAX_CONTENT_LENGTH allows: all there is
    except ConnectionError:
        return
    except ClientDisconnected as error:
        # Werkzeug says this for an early end, too, after which there is nothing
        # left to read; an error of reading is the context.
        cause = error.__context__
        if isinstance(cause, (OSError, ValueError)) and not isinstance(
            cause, ConnectionError
        ):
            raise
