"""Ask a WSGI application directly, with nothing between that tidies the request.

Test clients and servers upper-case methods, add slashes and refuse odd bytes.
This one hands over exactly what a test says and keeps exactly what comes back.
"""

from __future__ import annotations

import io
import json
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIApplication

Environ = dict[str, t.Any]


@dataclass(frozen=True)
class Answer:
    """What an application answered: the status line, every header, every byte."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.line.split(" ", 1)[0])

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    @property
    def json(self) -> t.Any:
        """The body as a JSON document, whatever its type says."""
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        """Return the value of each header line of that name."""
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """Return the one value of a header that must not be sent twice."""
        values = self.all(name)
        assert len(values) < 2, f"{name} is sent {len(values)} times: {values}"
        return values[0] if values else None

    def without(self, name: str) -> list[tuple[str, str]]:
        """Return the headers, in order, less those of one name."""
        return [(k, v) for k, v in self.headers if k.lower() != name.lower()]


def make_environ(
    method: str,
    path: str = "/",
    *,
    host: str = "localhost",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    scheme: str = "http",
    query: str = "",
) -> Environ:
    """Build an environ with the method and the path as they are.

    :param path: text; it is put in as a server would, as UTF-8 read as latin-1
    """
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = value
    return environ


def run(app: WSGIApplication, environ: Environ) -> Answer:
    """Call the application as a server would and check that it keeps PEP 3333."""
    sent: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        line: str, headers: list[tuple[str, str]], exc_info: t.Any = None
    ) -> t.Callable[[bytes], object]:
        if exc_info is not None and exc_info[1] is not None:
            raise exc_info[1]
        sent.append((line, headers))
        return lambda data: None

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    assert len(sent) == 1, "start_response is called once"
    line, headers = sent[0]
    for name, value in headers:
        assert (type(name), type(value)) == (str, str)
        assert not set("\r\n\0") & set(name + value), f"a header breaks: {name, value}"
        value.encode("latin-1")
    return Answer(line, tuple(headers), body)


def ask(app: WSGIApplication, method: str, path: str = "/", **kwargs: t.Any) -> Answer:
    """Send one request, made by :func:`make_environ`, and return the answer."""
    return run(app, make_environ(method, path, **kwargs))
