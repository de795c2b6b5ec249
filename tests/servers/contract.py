"""What the application has to answer, written out by hand.

This is the table of the decision said a second time, over the few routes of ``app.py``,
so that it can judge the first. It shares no code with the guard.
"""

from __future__ import annotations

import string
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

TCHAR = "!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters

#: Each path that is asked for, and the methods that a route of the application serves
#: (or redirects) there.
PATHS = {
    "/items/3": ("DELETE", "GET", "GLASSY", "HEAD", "OPTIONS"),
    "/items/9": (),
    "/collection": ("MKCOL", "OPTIONS"),
    "/dir": ("GET", "HEAD", "OPTIONS"),
    "/dir/": ("GET", "HEAD", "OPTIONS"),
    "/loose": ("GET", "HEAD", "OPTIONS"),
    "/nowhere": (),
}
REDIRECTED = ("/dir",)

SUPPORTED = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GLASSY", "MKCOL")
)

#: Methods as a client puts them on the wire, by the names that the docs give them.
METHODS = {
    "GET": b"GET",
    "HEAD": b"HEAD",
    "PUT": b"PUT",
    "DELETE": b"DELETE",
    "OPTIONS": b"OPTIONS",
    "MKCOL (of another route)": b"MKCOL",
    "FOO": b"FOO",
    "PROPFIND": b"PROPFIND",
    "TRACE": b"TRACE",
    "CONNECT": b"CONNECT",
    "QUERY": b"QUERY",
    "--": b"--",
    "get": b"get",
    "Get": b"Get",
    "patch": b"patch",
    "head": b"head",
    "1,000 characters": b"A" * 1_000,
    "8,000 characters": b"A" * 8_000,
    **{f"X{char}": b"X" + char.encode() for char in "!#$%&'*+-.^_`|~0"},
    "empty": b"",
    "with NUL": b"GE\0T",
    "with CR and LF": b"GET\r\nX-Injected: yes",
    "with LF": b"GET\nX-Injected: yes",
    "with a tab": b"GE\tT",
    "with a space": b"GE T",
    "<script>": b"<script>",
    "A/B": b"A/B",
    "É": "É".encode(),
    "byte 80": b"\x80",
    "byte FF": b"G\xffT",
    "GLAßY": "GLAßY".encode(),
    "GLAßY in Latin-1": "GLAßY".encode("latin-1"),
}


class Expected(NamedTuple):
    """What one request has to get."""

    status: int
    allow: str | None = None


def expected(method: str, path: str) -> Expected:
    """Answer for a method and a path as they reached the application."""
    served = PATHS.get(path, ())
    if not method or set(method) - set(TCHAR):
        return Expected(400)
    if method not in SUPPORTED:
        return Expected(501)
    # The target was *; cheroot makes a path of it.
    if method == "OPTIONS" and path in ("*", "/*"):
        return Expected(200)
    if method in served:
        allow = ", ".join(served) if method == "OPTIONS" else None
        return Expected(308) if path in REDIRECTED else Expected(200, allow)
    if served:
        return Expected(405, ", ".join(served))
    return Expected(404)


def unstamp(stamped: str, sent: bytes) -> str:
    """Read the stamp of a method: a long one is stamped by its length alone."""
    if stamped == f"{len(sent)}-characters":
        return sent.decode("latin-1")
    return unquote_to_bytes(stamped).decode("latin-1")
