"""The exchange: sends requests through a whole app, and judges what comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from flask import Flask, got_request_exception
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from ..guard import AppGuard
from ..signals import method_rejected
from .apps import Environ, hooks_before, name_of
from .contract import Reply
from .explanation import Explanation
from .first import find_first
from .places import place_raised
from .samples import SampleUrl
from .text import counted

#: The logger that users of the contract test know.
_log = logging.getLogger("flask_method_guard.testing")


@cache
def needs_escape(method: str) -> bool:
    """Return whether a page must escape a method."""
    return str(escape(method)) != method


class Exchange:
    """Sends requests to an app and listens to what happens inside."""

    def __init__(self, app: Flask, guard: AppGuard) -> None:
        self._app = app
        self._guard = guard
        self._rejections: list[object] = []
        self._errors: list[BaseException] = []
        self._told: set[str] = set()
        #: Who answered first, for each status, method and blueprint.
        self._first: dict[tuple[int, str, str], Callable[..., Any] | None] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear rejections and exceptions, and keep tracebacks out of the log."""

        def reject(_: object, exception: object, **_more: object) -> None:
            self._rejections.append(exception)

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
        """Send one request and look at the answer."""
        self._rejections.clear()
        self._errors.clear()
        again = dict(environ)
        try:
            body, line, headers = run_wsgi_app(self._app, environ, buffered=True)
        except Exception as error:  # noqa: BLE001 -- a server makes it a 500
            fault = self._crash(error)
            return Reply(target, expected.method, expected, 500, (fault,))
        status = int(line.split()[0])
        if status == 500 and self._errors:
            fault = self._crash(self._errors[-1])
            return Reply(target, expected.method, expected, status, (fault,))
        heard = bool(self._rejections)
        # The guard was not heard, and what came is a refusal of another kind.
        if not heard and status != expected.status and _refuses(status):
            return Reply(
                target,
                expected.method,
                expected,
                status,
                came_first=True,
                first=self._name_first(status, target, expected.method, again),
            )
        faults = tuple(_faults(expected, status, headers, b"".join(body)))
        return Reply(target, expected.method, expected, status, faults, heard)

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

    def _name_first(
        self, status: int, target: SampleUrl, method: str, environ: Environ
    ) -> str | None:
        key = (status, method, target.endpoint.rpartition(".")[0])
        if key not in self._first:
            self._first[key] = find_first(self._app, environ)
        function = self._first[key]
        return None if function is None else name_of(function)

    def hints(self, answers: Iterable[Reply]) -> Iterator[str]:
        """Say what to do about answers that came first."""
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
            f"To let the guard answer before these functions, {move}set"
            " METHOD_GUARD_REJECT_EARLY = True."
        )


def _refuses(status: int) -> bool:
    return 300 <= status < 500 or status == 503


def _faults(
    expected: Explanation, status: int, headers: Headers, body: bytes
) -> Iterator[str]:
    """Say what is wrong with an answer."""
    if status != expected.status:
        yield f"{status} instead of {expected.status} {expected.reason}"
    elif status == 405:
        yield from _allow_faults(expected.allowed_methods, headers.getlist("Allow"))
    if expected.method == "HEAD" and body:
        yield f"a body after HEAD: {counted(len(body), 'byte')}"
    markup = headers.get("Content-Type", "text/html").partition(";")[0]
    is_risky = needs_escape(expected.method) and markup.endswith(("html", "xml"))
    # Flask gives handlers the method in upper case.
    if is_risky and expected.method.encode().upper() in body.upper():
        yield "the method is in the page, and is not escaped"


def _allow_faults(expected: Iterable[str], found: list[str]) -> Iterator[str]:
    methods = {m.strip() for value in found for m in value.split(",") if m.strip()}
    if not found:
        yield "no Allow"
    elif methods != set(expected):
        yield f"wrong Allow: {', '.join(found)!r} instead of {', '.join(expected)!r}"
