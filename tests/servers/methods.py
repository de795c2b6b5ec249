"""Odd methods on real sockets, and a judge of what comes back.

An answer is the application's if it carries the application's stamp. Such a one has to
be what ``contract.py`` says of the method and the path that arrived, for a server may
change both. Any other answer is the server's own, which the guard has no part in.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from . import wire
from .app import stamp_text
from .contract import METHODS, TCHAR, expected, unstamp

#: A method that is shown to its sender is a token of at most so many characters.
ECHO_LIMIT = 32

#: How an outcome begins that is the server's own.
BY_SERVER = "server: "

GUARD_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Type": "application/problem+json",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


class Answer(NamedTuple):
    """What one request got: the reply, if any, and the bytes in any case."""

    sent: bytes
    received: bytes
    reply: wire.Reply | None

    @property
    def by_app(self) -> bool:
        """Tell whether the request came through to the application."""
        return self.reply is not None and self.reply.method is not None

    @property
    def seen(self) -> tuple[str, str]:
        """The method and the path as the application saw them."""
        if self.reply is None or self.reply.method is None:
            raise ValueError(f"the application did not see {self.sent!r}")
        return unstamp(self.reply.method, self.sent), self.reply.path or ""


def ask(port: int, method: bytes, target: str) -> Answer:
    """Send one request with no body."""
    head = method == b"HEAD"
    data = wire.request(method, target.encode())
    received = wire.ask(port, data, head=head)
    try:
        replies = wire.replies(received, head=head)
    except wire.MalformedReply:
        replies = []
    return Answer(method, received, replies[0] if len(replies) == 1 else None)


def ask_all(port: int, target: str) -> dict[str, Answer]:
    """Send each of the methods to one target."""
    return {name: ask(port, method, target) for name, method in METHODS.items()}


def faults(answer: Answer) -> list[str]:
    """Say what is wrong with an answer; nothing if it is right, or the server's own."""
    reply = answer.reply
    if b"X-App-Method" in answer.received.title() and not answer.by_app:
        return [f"malformed: {answer.received[:200]!r}"]
    if reply is None or not answer.by_app:
        return []
    method, path = answer.seen
    wanted = expected(method, path)
    found = []
    if reply.status != wanted.status:
        found.append(f"{reply.status} instead of {wanted.status}")
    if reply.all("Allow") != [wanted.allow] * (wanted.allow is not None):
        found.append(f"Allow {reply.all('Allow')} instead of {wanted.allow}")
    if reply.get("X-Injected"):
        found.append("a header was injected")
    if wanted.status in (400, 405, 501):
        found += _faults_of_rejection(reply, method)
    return found


def _faults_of_rejection(reply: wire.Reply, method: str) -> list[str]:
    found = [
        f"{name} {reply.all(name)} instead of {value}"
        for name, value in GUARD_HEADERS.items()
        if reply.all(name) != [value]
    ]
    if method == "HEAD":
        return found + ["HEAD has a body"] * bool(reply.body)
    body = json.loads(reply.body)
    if body["status"] != reply.status:
        found.append(f"the body says {body['status']}")
    may_echo = len(method) <= ECHO_LIMIT and method and set(method) <= set(TCHAR)
    if body.get("method") != (method if may_echo else None):
        found.append(f"the body says {body.get('method')!r} for {method!r}")
    if not may_echo and len(method) > 1 and method.encode() in reply.body:
        found.append(f"{method!r} is echoed")
    return found


def outcome(answer: Answer) -> str:
    """Say in a word or two who answered, and what."""
    if answer.by_app and answer.reply:
        sent = stamp_text(answer.sent.decode("latin-1"))
        changed = "" if answer.reply.method == sent else f" as {answer.reply.method}"
        return f"{answer.reply.status}{changed}"
    if answer.reply:
        return f"{BY_SERVER}{answer.reply.status}"
    return BY_SERVER + (
        "a page without a status" if answer.received else "closes the connection"
    )
