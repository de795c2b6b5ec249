"""The exchange: sends requests through a whole app, and judges what comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Flask, got_request_exception
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from ..guard import AppGuard
from ..signals import method_rejected, with_first_response
from .apps import Environ, hooks_before, name_of
from .contract import Reply
from .explanation import Explanation
from .first import find_error_handler, find_first
from .places import place_of, place_raised
from .samples import SampleUrl
from .text import counted

_Function = Callable[..., Any]
#: A status, a method and a blueprint.
_Kind = tuple[int, str, str]

#: The logger that users of the contract test know.
_log = logging.getLogger("flask_method_guard.testing")


def needs_escape(method: str) -> bool:
    """Return whether a page must escape a method."""
    return str(escape(method)) != method


class Exchange:
    """Sends requests to an app and listens to what happens inside."""

    def __init__(self, app: Flask, guard: AppGuard) -> None:
        self._app = app
        self._guard = guard
        self._rejections: list[object] = []
        #: The statuses of rejections, as they were before ``after_request`` functions.
        self._statuses: list[int] = []
        self._errors: list[BaseException] = []
        self._told: set[str] = set()
        #: Who responded first, and which handler wrote a wrong response; for each
        #: status, method and blueprint.
        self._first: dict[_Kind, _Function | None] = {}
        self._handlers: dict[_Kind, _Function | None] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear rejections and exceptions, and keep tracebacks out of the log."""

        def reject(_: object, exception: object, **_more: object) -> None:
            self._rejections.append(exception)
            with_first_response(lambda r: self._statuses.append(r.status_code))

        def fail(_: object, exception: BaseException) -> None:
            self._errors.append(exception)

        logger = self._app.logger
        logger.addFilter(self._is_news)
        try:
            with (
                method_rejected.connected_to(reject, sender=self._app),
                got_request_exception.connected_to(fail, sender=self._app),
            ):
                yield
        finally:
            logger.removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Drop what Flask logs of the exceptions that the report names."""
        return not (record.exc_info and record.exc_info[1] in self._errors)

    def send(self, target: SampleUrl, expected: Explanation, environ: Environ) -> Reply:
        """Send one request and look at the response."""
        self._rejections.clear()
        self._statuses.clear()
        self._errors.clear()
        again = dict(environ)
        reply = partial(Reply, target, expected.method, expected)
        try:
            body, line, headers = run_wsgi_app(self._app, environ, buffered=True)
        except Exception as error:  # noqa: BLE001 -- a server makes it a 500
            return reply(500, (self._crash(error),))
        status = int(line.split()[0])
        if status == 500 and self._errors:
            return reply(status, (self._crash(self._errors[-1]),))
        kind = (status, expected.method, target.endpoint.rpartition(".")[0])
        is_heard = bool(self._rejections)  # naming a function sends the request again
        # The guard was not heard, and what came is a rejection of another kind.
        if not is_heard and status != expected.status and _rejects(status):
            first = self._name_first(kind, again)
            return reply(status, came_first=True, first=first)
        handler = None
        if expected.status not in (status, *self._statuses):
            handler = self._name_handler(kind, again)
        faults = tuple(_faults(expected, status, headers, b"".join(body), handler))
        return reply(status, faults, from_guard=is_heard)

    def _crash(self, error: BaseException) -> str:
        """Name an exception and its place; log its traceback once, for debugging."""
        kind = type(error).__name__
        if found := place_raised(error):
            kind += f" in {found[0]}, {found[1]}"
        if kind not in self._told:
            self._told.add(kind)
            _log.debug("%s", kind, exc_info=error)
        text = " ".join(str(error).split())
        return f"{kind}: {text[:200]}" if text else kind

    def _name_first(self, kind: _Kind, environ: Environ) -> str | None:
        if kind not in self._first:
            self._first[kind] = find_first(self._app, environ)
        function = self._first[kind]
        return None if function is None else name_of(function)

    def _name_handler(self, kind: _Kind, environ: Environ) -> str | None:
        """Name the error handler that chose a status, with its place."""
        if kind not in self._handlers:
            self._handlers[kind] = find_error_handler(self._app, environ)
        function = self._handlers[kind]
        if function is None:
            return None
        place = place_of(function)
        return name_of(function) + (f", {place}" if place else "")

    def hints(self, answers: Iterable[Reply]) -> Iterator[str]:
        """Say what to do about responses that came first."""
        statuses = {answer.status for answer in answers if answer.came_first}
        if any(300 <= status < 400 or status in (401, 403) for status in statuses):
            yield (
                "If that is a login, log in with headers=…, for example"
                ' headers={"Cookie": "session=…"}.'
            )
        hooks = [f for found in self._app.before_request_funcs.values() for f in found]
        found = [f for f in self._first.values() if f in hooks]
        if not found or self._guard.settings.reject_early:
            return
        move = ""
        if any(f in hooks_before(self._app) for f in found):
            move = "call MethodGuard(app) before they are registered, and "
        yield (
            f"To let the guard respond before these functions, {move}set"
            " METHOD_GUARD_REJECT_EARLY = True."
        )


def _rejects(status: int) -> bool:
    return 300 <= status < 500 or status == 503


def _faults(
    expected: Explanation,
    status: int,
    headers: Headers,
    body: bytes,
    handler: str | None,
) -> Iterator[str]:
    """Say what is wrong with a response.

    :param handler: the error handler that chose the status, if it is known.
    """
    if status != expected.status:
        sender = f": sent by the error handler {handler}" if handler else ""
        yield f"{status} instead of {expected.status} {expected.reason}{sender}"
    elif status == 405:
        yield from _allow_faults(expected.allowed_methods, headers.getlist("Allow"))
    if expected.method == "HEAD" and body:
        yield f"a body after HEAD: {counted(len(body), 'byte')}"
    # Flask gives handlers the method in upper case.
    if (
        needs_escape(expected.method)
        and expected.method.encode().upper() in body.upper()
    ):
        markup = headers.get("Content-Type", "text/html").partition(";")[0]
        if markup.endswith(("html", "xml")):
            yield "the method is in the page, and is not escaped"


def _allow_faults(expected: Iterable[str], found: list[str]) -> Iterator[str]:
    methods = {m.strip() for value in found for m in value.split(",") if m.strip()}
    if not found:
        yield "no Allow"
    elif methods != set(expected):
        yield f"wrong Allow: {', '.join(found)!r} instead of {', '.join(expected)!r}"
