"""Requests with a body that nobody wants, and what becomes of them.

The clients here are plain ones: they send all of a body and then read the answer, as
most libraries do. A server that closes while bytes lie unread resets the connection,
and then the answer can be lost on its way.
"""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from . import wire

TRIES = 30
SIZES = {
    "0": 0,
    "1 kB": 1_000,
    "100 kB": 100_000,
    "900 kB": 900_000,
    "5 MB": 5_000_000,
}

#: How long a client waits for a word before it sends the body all the same.
PATIENCE = 0.1

#: How long a client that has a second answer to come waits for it.
SILENCE = 0.5

FINAL = re.compile(rb"HTTP/1\.[01] [2-5]")

#: A body that reads as requests. No reply may ever be one to these.
SMUGGLED = wire.request(b"GET", b"/smuggled", close=False)
NEXT = wire.request(b"GET", b"/after")


def ask(port: int, data: bytes, after: bytes) -> bytes:
    """Send a request, and another after it if one is given; read what is due."""
    if after:
        return wire.ask(port, data + after, finals=2, timeout=SILENCE)
    return wire.ask(port, data)


def plain(port: int, method: bytes, body: bytes, after: bytes = b"") -> bytes:
    """Send a body of known length, then another request if one is given."""
    head = wire.request(method, b"/items/3", wire.length(body), close=not after)
    return ask(port, head + body, after)


def chunked(port: int, method: bytes, body: bytes, after: bytes = b"") -> bytes:
    """Send a body in chunks, then another request if one is given."""
    header = b"Transfer-Encoding: chunked"
    head = wire.request(method, b"/items/3", header, close=not after)
    return ask(port, head + wire.chunked(body), after)


def late(
    port: int, method: bytes, body: bytes, after: bytes = b"", *headers: bytes
) -> bytes:
    """Send the head, wait for a word of the server, then send what it asks for.

    A client that gets its final answer first keeps the body to itself and closes,
    unless it has more to say on the connection: then it must send the body.
    """
    head = wire.request(
        method, b"/items/3", wire.length(body), *headers, close=not after
    )
    with wire.connect(port, PATIENCE) as connection:
        wire.send(connection, head)
        first = b""
        with suppress(OSError):
            first = connection.recv(65_536)
        connection.settimeout(SILENCE if after else wire.TIMEOUT)
        if after or not FINAL.match(first):
            wire.send(connection, body + after)
        return wire.read(connection, 1 + bool(after), first)


def expecting(port: int, method: bytes, body: bytes, after: bytes = b"") -> bytes:
    """Do the same, and say that a word is waited for (RFC 9110 §10.1.1)."""
    return late(port, method, body, after, b"Expect: 100-continue")


#: Longer than the guard reads of a body that does not come.
STALL = 2.5


def half_closed(port: int, method: bytes) -> bytes:
    """Send a part of a body, say that no more will come, and listen."""
    head = wire.request(method, b"/items/3", wire.length(b"x" * 1_000), close=False)
    with wire.connect(port) as connection:
        wire.send(connection, head + b"only so much")
        connection.shutdown(socket.SHUT_WR)
        return wire.read(connection, finals=2)


def stalled(port: int, method: bytes) -> bytes:
    """Send a part of a body, the rest after the guard's patience, and a request."""
    body = SMUGGLED * 10
    head = wire.request(method, b"/items/3", wire.length(body), close=False)
    with wire.connect(port, SILENCE) as connection:
        wire.send(connection, head + SMUGGLED)
        time.sleep(STALL)
        wire.send(connection, body[len(SMUGGLED) :] + NEXT)
        return wire.read(connection, finals=2)


def pipelined(port: int, method: bytes) -> bytes:
    """Send two requests, the first with a body, and only then listen."""
    return plain(port, method, SMUGGLED, NEXT)


#: What a client does that says one thing of its body and sends another.
MANNERS = (half_closed, stalled, pipelined)

#: What a request for another protocol may look like (RFC 9110 §7.8). To most of these,
#: gevent's own server gives the connection itself as the body.
UPGRADES = {
    "Connection": (b"Connection: upgrade",),
    "in capitals": (b"Connection: UPGRADE",),
    "in a list": (b"Connection: keep-alive, Upgrade",),
    "Upgrade": (b"Upgrade: websocket",),
    "h2c": (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"),
    "handshake": (b"Connection: Upgrade", b"Upgrade: websocket"),
}


def upgrading(port: int, method: bytes, upgrade: str) -> bytes:
    """Ask for an upgrade, with a body as long as the head of the request after it.

    If a server skips too much, the body of that request is taken for a third one.
    """
    second = wire.request(b"GET", b"/after", wire.length(SMUGGLED), close=False)
    fields = (wire.length(second), *UPGRADES[upgrade])
    first = wire.request(method, b"/items/3", *fields, close=False)
    data = first + second + second + SMUGGLED
    return wire.ask(port, data, finals=2, timeout=SILENCE)


Form = Callable[[int, bytes, bytes, bytes], bytes]
FORMS: dict[str, Form] = {
    "Content-Length": plain,
    "Expect": expecting,
    "chunked": chunked,
    "late": late,
}


def outcome(received: bytes) -> str:
    """Say in a word what a client got: a status, whose it was, or nothing."""
    try:
        finals = [reply for reply in wire.replies(received) if reply.status >= 200]
    except wire.MalformedReply:
        return "cut short"
    if not finals:
        return "nothing"
    return f"{finals[0].status}" if finals[0].method else f"server: {finals[0].status}"


def outcomes(
    ports: Sequence[int], form: str, size: int, tries: int = TRIES
) -> list[Counter[str]]:
    """Send PUT with a body to a resource that takes none, again and again.

    The servers take turns, and each is as often the first, so that whatever else the
    machine does, it does to all.

    :return: for each port how often a client got what.
    """
    body = b"x" * size
    found: list[Counter[str]] = [Counter() for _ in ports]
    turn = list(zip(ports, found, strict=True))
    for _ in range(tries):
        for port, got in turn:
            got[outcome(FORMS[form](port, b"PUT", body, b""))] += 1
        turn.reverse()
    return found


def story(port: int, form: str, method: bytes, size: int) -> tuple[str, ...]:
    """Send a body that reads as requests, then a request; tell who was answered.

    :return: for each final reply the path that the application saw, or the status of
        a reply that the server made.
    """
    body = SMUGGLED * (size // len(SMUGGLED) or 1)
    return told(FORMS[form](port, method, body, NEXT))


def told(received: bytes) -> tuple[str, ...]:
    """Say who was answered on a connection; see :func:`story`."""
    try:
        replies = wire.replies(received)
    except wire.MalformedReply:
        # What came before a cut is told by the stamps alone.
        seen = re.findall(rb"(?i)x-app-path: *(\S+)", received)
        return (*(path.decode("latin-1") for path in seen), "cut short")
    return tuple(
        reply.path or str(reply.status) for reply in replies if reply.status >= 200
    )


def is_in_step(story: tuple[str, ...]) -> bool:
    """Tell whether a story has the requests that were sent, and no other.

    Answers may be missing at the end, for a server may close. The first may be the
    server's own. A gateway that got no answer says so with 502, in the answer's place.
    """
    whole = story[:-1] if story[-1:] == ("cut short",) else story
    first, second = (*whole, "", "")[:2]
    return (
        len(whole) <= 2
        and (first == "/items/3" or not first.startswith("/"))
        and second in ("/after", "502", "")
    )
