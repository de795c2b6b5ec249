"""The explanation: what a client gets for one method at one URL, and why.

What becomes of a request is asked of the guard that serves the app, so that an
explanation and an answer can't differ. No view runs, and no hook.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from ..decision import Reason, Row
from ..deprecation import Deprecation
from ..urlmap import rule_text
from .apps import App, Environ, Guard, guard_of, hooks_before, is_own, name_of
from .checks import is_refused_by_gunicorn
from .text import status_text


@dataclass(frozen=True)
class Explanation:
    """What a client gets for one method at one URL, and why."""

    method: str
    url: str
    #: The row of the decision table that decides; ``None`` if none does, for
    #: Flask or the app refuses the host, or a URL converter crashes.
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
    #: What this can't know, a sentence each.
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Give the value as JSON has it."""
        return {
            "method": self.method,
            "url": self.url,
            "reason": None if self.reason is None else str(self.reason),
            "status": self.status,
            "allowed_methods": list(self.allowed_methods),
            "endpoint": self.endpoint,
            "rule": self.rule,
            "docs": self.docs,
            "rfc": self.rfc,
        }


def explain(app: App, method: str, url: str, host: str | None = None) -> Explanation:
    """Tell what a client gets for a method at a URL, and why.

    :param app: a Flask app.
    :param method: the method as a client would send it, however odd.
    :param url: a path with or without a query, a whole URL, or ``*``.
    :param host: the host, with its port if it has one.
    :return: the row of the decision table that decides, and what it makes.
    :raises NoGuardError: if the app has no guard.
    :raises ValueError: if ``url`` is no URL.
    """
    return explain_request(app, make_environ(app, method, url, host), method, url)


def explain_request(app: App, environ: Environ, method: str, url: str) -> Explanation:
    """Tell what a client gets for a request, and why.

    :param environ: the request; it is not changed.
    :param method: how the method is shown.
    :param url: how the URL is shown.
    :raises NoGuardError: if the app has no guard.
    """
    guard = guard_of(app)
    found = guard.examine(app, dict(environ))
    if found.verdict is None:
        return _unasked(method, url, found.exception)
    row: Row = found.verdict.row
    endpoint = None if found.rule is None else found.rule.endpoint
    status, answer = _outcome(found)
    if row.reason is Reason.ALLOWED:
        deprecation = guard.deprecation(endpoint, method.upper())
    else:
        deprecation = getattr(found.exception, "deprecation", None)
    return Explanation(
        method=method,
        url=url,
        reason=row.reason,
        status=status,
        allowed_methods=found.allowed_methods or (),
        endpoint=endpoint,
        rule=None if found.rule is None else rule_text(found.rule),
        docs=getattr(found.exception, "docs_url", None),
        rfc=row.rfc,
        condition=row.condition,
        answer=answer,
        detail=found.exception.description if row.status in REFUSED else None,
        location=getattr(found.exception, "new_url", None),
        deprecation=deprecation,
        unknown=tuple(_unknown(app, guard, row, method, endpoint)),
    )


def _unasked(method: str, url: str, error: Exception) -> Explanation:
    """Explain what Flask answers before the table is asked."""
    status, rfc = getattr(error, "code", None), "RFC 9112 §3.2"
    condition = "the host is malformed, or is not among TRUSTED_HOSTS"
    if status is None:
        status, rfc = 500, "RFC 9110 §15.6.1"
        condition = f"a URL converter raised {error!r}, asked outside of a request"
    elif status != 400:
        rfc, condition = "RFC 9110 §15", "the app binds no URL map to the request"
    return Explanation(
        *(method, url, None, status, (), None, None, None, rfc, condition),
        answer=f"{status_text(status)}, by Flask, before the table is asked",
    )


#: What the guard answers in its own words.
REFUSED = (400, 405, 501)


def _outcome(found: Any) -> tuple[int | None, str]:
    """Give the status code and the words of what was examined.

    The table leaves the status to the router and to Flask, where they answer.
    """
    row: Row = found.verdict.row
    if row.reason is Reason.REDIRECT:
        return found.exception.code or found.exception.response.status_code, row.answer
    if row.reason is Reason.ALLOWED and found.allowed_methods is not None:
        return 200, "Flask's automatic answer to OPTIONS, with the exact Allow"
    return row.status, row.answer


def default_host(config: Mapping[Any, Any]) -> str:
    """Choose the host of a request for which none is given."""
    trusted = config.get("TRUSTED_HOSTS") or ["localhost"]
    return str(config.get("SERVER_NAME") or trusted[0].lstrip("."))


def make_environ(
    app: App,
    method: str,
    url: str,
    host: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Environ:
    """Make the WSGI environ of a request, which no client has tidied up.

    Follows PEP 3333.

    :param url: a path with or without a query, a whole URL, or ``*``.
    :raises ValueError: if ``url`` is no URL.
    """
    scheme = str(app.config.get("PREFERRED_URL_SCHEME") or "http")
    if url.startswith(("http://", "https://")):
        parts = urlsplit(url)
        scheme, host = parts.scheme, host or parts.netloc
        url = f"{parts.path or '/'}?{parts.query}"
    if url != "*" and not url.startswith("/"):
        raise ValueError(
            f"{url!r} is no URL of the app. Start it with a slash, or give * for the"
            " server as a whole."
        )
    path, _, query = url.partition("#")[0].partition("?")
    host = host or default_host(app.config)
    name, _, port = host.partition(":")
    environ = {
        "REQUEST_METHOD": _wsgi(method.encode("utf-8", "surrogateescape")),
        "SCRIPT_NAME": str(app.config.get("APPLICATION_ROOT") or "").rstrip("/"),
        "PATH_INFO": _wsgi(unquote_to_bytes(path)),
        "QUERY_STRING": _wsgi(query.encode()),
        "SERVER_NAME": name,
        "SERVER_PORT": port or {"https": "443"}.get(scheme, "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for header, value in (headers or {}).items():
        key = header.upper().replace("-", "_")
        bare = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        environ[key if bare else f"HTTP_{key}"] = value
    return environ


def _wsgi(data: bytes) -> str:
    return data.decode("latin-1")


def _unknown(
    app: App, guard: Guard, row: Row, method: str, endpoint: str | None
) -> Iterator[str]:
    """Say what comes before the answer, and so may answer in its place."""
    scopes: list[str | None] = [None]
    if row.reason in (Reason.ALLOWED, Reason.RETIRED):
        # Blueprints nest: the hooks of a and of a.b come before a.b.view.
        parts = (endpoint or "").split(".")
        scopes += [".".join(parts[:n]) for n in range(1, len(parts))]
    hooks = [f for scope in scopes for f in app.before_request_funcs.get(scope, ())]
    if guard.settings.reject_early and row.status in REFUSED:
        hooks = hooks_before(app)
    names = [name_of(hook) for hook in hooks if not is_own(hook)]
    if names:
        yield f"These before_request functions may answer first: {', '.join(names)}."
    wsgi_app = getattr(app, "wsgi_app", None)
    if getattr(wsgi_app, "__self__", None) is not app:
        yield f"{name_of(wsgi_app)} stands around the app and may change anything."
    if is_refused_by_gunicorn(method):
        yield "gunicorn refuses such a method by default; the app never sees it."
    yield "A server or a proxy in front of the app may answer first."
