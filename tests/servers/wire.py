"""Say bytes to a server and read what comes back, exactly as it comes back.

HTTP clients clean up what they send and forgive what they get. This file does neither:
requests are bytes, and a reply whose head is malformed is an error. It knows HTTP/1 and
nothing of the application.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

TIMEOUT = 5.0

CHUNKED = "Transfer-Encoding"

#: uWSGI repeats all that stands behind the path as if it were the protocol.
STATUS_LINE = re.compile(
    rb"(?:[\x21-\x7e]+ )?HTTP/1\.[01] ([0-9]{3})(?: [\t\x20-\x7e\x80-\xff]*)?"
)
HEADER_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff][ \t]*)*)"
)


class MalformedReply(ValueError):
    """What the server sent is no HTTP/1 reply."""


@dataclass(frozen=True)
class Reply:
    """One reply: final or interim, made by the application or by the server."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Give each value that a header has, in the order of the lines."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """Give the first value of a header."""
        return next(iter(self.all(name)), None)

    @property
    def path(self) -> str | None:
        """The path that the application saw, or None if the server answered."""
        seen = self.get("X-App-Path")
        return None if seen is None else unquote_to_bytes(seen).decode("latin-1")

    @property
    def method(self) -> str | None:
        """The method that the application saw, as stamped: percent-encoded."""
        return self.get("X-App-Method")


def request(
    method: bytes,
    target: bytes = b"/items/3",
    *headers: bytes,
    body: bytes = b"",
    close: bool = True,
) -> bytes:
    """Write a request, with no care for whether its parts are legal."""
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: localhost", *headers]
    if close:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", b""]) + body


def length(body: bytes) -> bytes:
    """Write the Content-Length of a body."""
    return b"Content-Length: %d" % len(body)


def chunked(body: bytes, size: int = 16_384) -> bytes:
    """Write a body in chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def connect(port: int, timeout: float = TIMEOUT) -> socket.socket:
    """Open a connection to a server on this machine."""
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def send(connection: socket.socket, data: bytes) -> None:
    """Send everything, or as much as the server takes before it hangs up."""
    try:
        connection.sendall(data)
    except OSError:
        return


def read(
    connection: socket.socket, finals: int, received: bytes = b"", *, head: bool = False
) -> bytes:
    """Read until so many final replies are whole, or the server ends or falls silent.

    A client reads as far as the replies say, not until the server closes: some servers
    hold a connection open whose client still sends.

    :param received: what was read before and counts, too.
    :param head: the first final reply is one to HEAD, so that it has no body.
    """
    with suppress(OSError):
        while not _is_enough(received, finals, head=head):
            piece = connection.recv(65_536)
            if not piece:
                break
            received += piece
    return received


def _is_enough(received: bytes, finals: int, *, head: bool) -> bool:
    with suppress(MalformedReply):
        for reply in _replies(received, head=head):
            # A body of no known length ends with the connection.
            if not (head or reply.get("Content-Length") or reply.get(CHUNKED)):
                continue
            if reply.status >= 200:
                finals -= 1
            if finals <= 0 or says_close([reply]):
                return True
    return False


def says_close(replies: list[Reply]) -> bool:
    """Tell whether the server has said that it closes the connection."""
    return any((r.get("Connection") or "").lower() == "close" for r in replies)


def ask(
    port: int,
    data: bytes,
    *,
    finals: int = 1,
    head: bool = False,
    timeout: float = TIMEOUT,
) -> bytes:
    """Send bytes on a connection of their own, then read what is due."""
    with connect(port, timeout) as connection:
        send(connection, data)
        return read(connection, finals, head=head)


def replies(received: bytes, *, head: bool = False) -> list[Reply]:
    """Take what a connection gave apart into replies.

    :param head: the first final reply is one to HEAD, so that it has no body.
    :raises MalformedReply: if a head is malformed or a body is cut short.
    """
    return list(_replies(received, head=head))


def _replies(rest: bytes, *, head: bool) -> Iterator[Reply]:
    while rest:
        status, headers, rest = _take_head(rest)
        bare = Reply(status, headers, b"")
        if 100 <= status < 200 or status in (204, 304):
            yield bare
            continue
        if head:
            head = False
            yield bare
            continue
        body, rest = _take_body(bare, rest)
        yield Reply(status, headers, body)


def _take_head(data: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    text, end, rest = data.partition(b"\r\n\r\n")
    first, *lines = text.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    if not end or not status:
        raise MalformedReply(repr(data[:200]))
    headers = []
    for line in lines:
        header = HEADER_LINE.fullmatch(line)
        if not header:
            raise MalformedReply(repr(line))
        name, value = (part.decode("latin-1") for part in header.groups())
        headers.append((name, value.rstrip(" \t")))
    return int(status.group(1)), tuple(headers), rest


def _take_body(reply: Reply, data: bytes) -> tuple[bytes, bytes]:
    if "chunked" in (reply.get(CHUNKED) or "").lower():
        return _take_chunks(data)
    size = reply.get("Content-Length")
    if size is None:
        return data, b""
    if len(data) < int(size):
        raise MalformedReply(f"{len(data)} of {size} bytes of the body arrived")
    return data[: int(size)], data[int(size) :]


def _take_chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            raise MalformedReply("the last chunk did not arrive")
        size = int(line.split(b";")[0], 16)
        body, data = body + data[:size], data[size:].removeprefix(b"\r\n")
        if not size:
            return body, data
