"""The explanation: what a client gets for one method at one URL, and why.

What becomes of a request is asked of the guard that serves the app, so that an
explanation and a response can't differ. No view runs, and no hook.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.util import setup_testing_defaults

from flask import Flask
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Rule

from ..decision import Reason, Row, decide
from ..deprecation import Deprecation, Phase
from ..exceptions import BY_REASON
from ..guard import AppGuard, rejection_of
from .apps import Environ, error_handler, guard_of, hooks_before, is_own, name_of
from .places import place_of, source_of
from .rules import is_rejected_by_gunicorn, rule_text
from .schedule import read_at
from .text import status_text


@dataclass(frozen=True)
class Explanation:
    """What a client gets for one method at one URL, and why."""

    method: str
    url: str
    #: The row of the decision table that decides; ``None`` if none does, for
    #: Flask or the app rejects the host, or a URL converter crashes.
    reason: Reason | None
    #: The status code; ``None`` where the view decides.
    status: int | None
    #: What ``Allow`` says; empty where the guard says nothing there.
    allowed_methods: tuple[str, ...]
    endpoint: str | None
    rule: str | None
    #: The documentation link.
    docs: str | None
    rfc: str
    #: When the row holds, in words.
    condition: str
    #: What the client gets, in words.
    answer: str
    #: What the body says, if the guard makes it.
    detail: str | None = None
    #: Where a redirect leads to.
    location: str | None = None
    deprecation: Deprecation | None = None
    #: The app's error handler that writes the body, if it has one for this error.
    handler: str | None = None
    #: The phase of the deprecated method at that moment.
    phase: Phase | None = None
    #: The view of the endpoint, and where it is written.
    view: str | None = None
    file: str | None = None
    line: int | None = None
    #: The blueprints whose hooks run, outermost first.
    blueprints: tuple[str, ...] = ()
    #: What this can't know, a sentence each.
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return {
            "method": self.method,
            "url": self.url,
            "reason": None if self.reason is None else str(self.reason),
            "status": self.status,
            "allowed_methods": list(self.allowed_methods),
            "endpoint": self.endpoint,
            "rule": self.rule,
            "view": self.view,
            "file": self.file,
            "line": self.line,
            "phase": None if self.phase is None else str(self.phase),
            "handler": self.handler,
            "docs": self.docs,
            "deprecation": self.deprecation.as_json() if self.deprecation else None,
            "rfc": self.rfc,
        }


def explain(
    app: Flask,
    method: str,
    url: str,
    host: str | None = None,
    *,
    at: date | str | None = None,
) -> Explanation:
    """Explain what a client gets for a method at a URL, and why.

    :param app: a Flask app.
    :param method: the method as a client would send it; any text.
    :param url: a path with or without a query, a whole URL, or ``*``.
    :param host: the host, with its port if it has one.
    :param at: the moment of the request, as a date, a datetime or an ISO 8601 string,
        in UTC unless it says otherwise; by default now.
    :return: the row of the decision table that decides, and the response.
    :raises ConfigError: if no guard is installed and the app's keys have errors.
    :raises ValueError: if ``url`` is not a URL, or ``at`` is not a date.
    """
    guard = guard_of(app)
    guard.refresh(app)
    environ = make_environ(app, method, url, host)
    now = read_at(guard, at)
    found = explain_request(app, guard, environ, method, url, now)
    return _with_names(app, guard, found)


def explain_request(  # noqa: PLR0913, PLR0917
    app: Flask, guard: AppGuard, environ: Environ, method: str, url: str, now: datetime
) -> Explanation:
    """Explain what a client gets for a request, and why.

    The app's own functions are not named; see :func:`explain`.

    :param environ: the request; it is not changed.
    :param method: the method to show.
    :param url: the URL to show.
    :param now: the moment of the request.
    """
    found = examine(app, guard, dict(environ), now)
    reason = None if found.row is None else found.row.reason
    status, rfc, condition, answer = _outcome(found)
    rejection = found.exception if reason in BY_REASON else None
    redirect = found.exception if reason is Reason.REDIRECT else None
    deprecation, enforced = found.deprecation, guard.settings.enforce_sunset
    return Explanation(
        method=method,
        url=url,
        reason=reason,
        status=status,
        allowed_methods=found.allowed_methods or (),
        endpoint=None if found.rule is None else found.rule.endpoint,
        rule=None if found.rule is None else rule_text(found.rule),
        docs=getattr(rejection, "docs_url", None),
        rfc=rfc,
        condition=condition,
        answer=answer,
        detail=getattr(rejection, "description", None),
        location=getattr(redirect, "new_url", None),
        deprecation=deprecation,
        phase=None
        if deprecation is None
        else deprecation.phase(now, enforced=enforced),
        blueprints=found.blueprints,
    )


def _with_names(app: Flask, guard: AppGuard, found: Explanation) -> Explanation:
    """Name the app's own functions that take part: view, handler and hooks."""
    if found.reason is None:
        return found
    kind: type[HTTPException] | None = BY_REASON.get(found.reason)
    if found.reason is Reason.NOT_FOUND:
        kind = NotFound
    handler = None if kind is None else error_handler(app, kind, found.endpoint)
    view = app.view_functions.get(found.endpoint or "")
    file, line = place_of(view) or (None, None)
    return replace(
        found,
        handler=None if handler is None else name_of(handler),
        view=None if view is None else name_of(source_of(view)),
        file=file,
        line=line,
        unknown=tuple(_unknown(app, guard, found)),
    )


@dataclass(frozen=True)
class Examination:
    """What the guard would do with a request."""

    #: The row that decides; ``None`` if no URL map is bound, or a converter crashed.
    row: Row | None
    #: What Flask would raise: the guard's exception, or the router's own.
    exception: Exception | None
    #: The rule that represents the target resource, if one is known.
    rule: Rule | None = None
    #: The value of ``Allow``; ``None`` where the guard does not set it.
    allowed_methods: tuple[str, ...] | None = None
    deprecation: Deprecation | None = None
    #: The blueprints whose hooks run, outermost first.
    blueprints: tuple[str, ...] = ()


def examine(
    app: Flask, guard: AppGuard, environ: Environ, now: datetime
) -> Examination:
    """Decide about a request without acting on it.

    The router is asked. Of the app, only the URL converters and a callable
    ``METHOD_GUARD_DOCS_URL`` run.

    :param environ: the request, as a server would pass it to the app.
    :param now: the moment of the request.
    """
    ctx = app.request_context(environ)
    req = ctx.request
    with app.app_context():
        try:
            if ctx.url_adapter is not None:
                ctx.match_request()
        except Exception as error:  # noqa: BLE001 -- a converter can raise anything
            return Examination(None, error)
        situation = guard.situation(ctx, lambda: now)
        if situation is None:
            return Examination(None, req.routing_exception)
        row = decide(situation)
        raised: Exception | None = req.routing_exception
        rule = allow = deprecation = None
        if row.reason is Reason.ALLOWED:
            rule = req.url_rule
            deprecation = situation.snapshot.deprecation(req.endpoint, req.method)
            if situation.is_automatic_options:
                allow = situation.allowed_methods
        elif row.reason in BY_REASON:
            # A callable may use url_for, which needs the request.
            with ctx if callable(guard.settings.docs_url) else nullcontext():
                raised = rejection = rejection_of(app, situation, row.reason)
            rule = situation.target_rule(rejection.code)
            allow, deprecation = rejection.facts.allowed_methods, rejection.deprecation
        blueprints = tuple(reversed(req.blueprints))
        return Examination(row, raised, rule, allow, deprecation, blueprints)


#: What the guard responds in its own words.
REJECTED = (400, 405, 410, 501)


def _outcome(found: Examination) -> tuple[int | None, str, str, str]:
    """Return the status code, and in words the RFC, the condition and the response.

    Where the router or Flask responds, the table does not know the status.
    """
    row = found.row
    if row is None:
        return _before_the_table(found.exception)
    status, answer = row.status, row.answer
    if row.reason is Reason.REDIRECT:
        error = cast("HTTPException", found.exception)
        status = error.code or getattr(error.response, "status_code", None)
    elif row.reason is Reason.ALLOWED and found.allowed_methods is not None:
        status = 200
        answer = "Flask's automatic response to OPTIONS, with a complete Allow"
    return status, row.rfc, row.condition, answer


def _before_the_table(error: Exception | None) -> tuple[int | None, str, str, str]:
    """Return the same for what Flask responds before the table is asked."""
    status, rfc = getattr(error, "code", None), "RFC 9112 §3.2"
    condition = "the host is malformed, or is not among TRUSTED_HOSTS"
    if error is None:
        condition = "the app binds another URL map than its own"
        return None, "RFC 9110 §15", condition, "what Flask does by itself"
    if status is None:
        status, rfc = 500, "RFC 9110 §15.6.1"
        condition = f"a URL converter raised {error!r}, asked outside of a request"
    elif status != 400:
        rfc, condition = "RFC 9110 §15", "the app binds no URL map to the request"
    answer = f"{status_text(status)}, by Flask, before the table is asked"
    return status, rfc, condition, answer


def default_host(config: Mapping[Any, Any]) -> str:
    """Choose the host of a request for which none is given."""
    trusted = config.get("TRUSTED_HOSTS") or ["localhost"]
    return str(config.get("SERVER_NAME") or trusted[0].lstrip("."))


def make_environ(
    app: Flask,
    method: str,
    url: str,
    host: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Environ:
    """Make the WSGI environ of a request, which no client has tidied up.

    Follows PEP 3333.

    :param url: a path with or without a query, a whole URL, or ``*``.
    :raises ValueError: if ``url`` is not a URL.
    """
    scheme = str(app.config.get("PREFERRED_URL_SCHEME") or "http")
    if url.startswith(("http://", "https://")):
        parts = urlsplit(url)
        scheme, host = parts.scheme, host or parts.netloc
        url = f"{parts.path or '/'}?{parts.query}"
    if url != "*" and not url.startswith("/"):
        raise ValueError(
            f"{url!r} is not a URL of the app. Start it with a slash, or use * for the"
            " server as a whole."
        )
    path, _, query = url.partition("#")[0].partition("?")
    host = host or default_host(app.config)
    name, _, port = host.partition(":")
    environ = {
        # Bytes, written as Latin-1.
        "REQUEST_METHOD": method.encode("utf-8", "surrogateescape").decode("latin-1"),
        "SCRIPT_NAME": str(app.config.get("APPLICATION_ROOT") or "").rstrip("/"),
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SERVER_NAME": name,
        "SERVER_PORT": port or {"https": "443"}.get(scheme, "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
    }
    setup_testing_defaults(environ)  # the keys that PEP 3333 also requires
    for header, value in (headers or {}).items():
        key = header.upper().replace("-", "_")
        bare = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        environ[key if bare else f"HTTP_{key}"] = value
    return environ


def _unknown(app: Flask, guard: AppGuard, found: Explanation) -> Iterator[str]:
    """Say what comes before the guard, and so may respond instead."""
    if guard.settings.report_only:
        yield (
            "METHOD_GUARD_REPORT_ONLY is on: this is how the guard would respond."
            " Clients get Flask's own response."
        )
    scopes = (None, *found.blueprints)
    preprocessors = [
        name_of(function)
        for scope in scopes
        for function in app.url_value_preprocessors.get(scope, ())
    ]
    if preprocessors:
        yield (
            "These url_value_preprocessor functions run before all before_request"
            f" functions, and may respond first: {', '.join(preprocessors)}."
        )
    hooks = [f for scope in scopes for f in app.before_request_funcs.get(scope, ())]
    if guard.settings.reject_early and found.status in REJECTED:
        hooks = hooks_before(app)
    names = [name_of(hook) for hook in hooks if not is_own(hook)]
    if names:
        yield f"These before_request functions may respond first: {', '.join(names)}."
    wsgi_app = getattr(app, "wsgi_app", None)
    if getattr(wsgi_app, "__self__", None) is not app:
        yield f"{name_of(wsgi_app)} wraps the app and may change anything."
    if is_rejected_by_gunicorn(found.method):
        yield "gunicorn rejects such a method by default; the app never sees it."
    yield "A server or a proxy in front of the app may respond first."
