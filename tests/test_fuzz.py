"""Hostile requests: whatever a server hands over, the answer is whole and the table's.

Every field of the environ that a client has a hand in is made up, and so is what
becomes of the body. The judge is the table, said once more and in other words, over
what Werkzeug's router says of a bare app with the same routes.

``METHOD_GUARD_FUZZ`` says how many requests to try: 300 where it is not set. Up to
5,000 they are the same in every run; a larger number searches new ones. CI tries
5,000; the nightly command took 17 minutes on two busy cores::

    METHOD_GUARD_FUZZ=5000 pytest tests/test_fuzz.py
    METHOD_GUARD_FUZZ=200000 pytest tests/test_fuzz.py
"""

from __future__ import annotations

import io
import json
import os
import re
import typing as t
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import product
from wsgiref.validate import WSGIWarning, validator

import flask
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from flask_method_guard import MethodGuard
from tests.raw_wsgi import Answer, Environ, make_environ, run

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FUZZ = int(os.environ.get("METHOD_GUARD_FUZZ", "300"))

SEVEN = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
FIELD_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]+(?:[ \t]+[\x21-\x7e\x80-\xff]+)*|")
LINK = re.compile(r'<https://[\x21\x23-\x3b=\x3f-\x7e]*>; rel="(?:help|deprecation)"')
FORMATS = ("application/problem+json", "application/json", "text/html", "text/plain")

#: Rules with the methods that they declare, HEAD and OPTIONS left to Flask.
ROUTES = {
    "/": ["GET"],
    "/items/<int(max=5):number>": ["GET", "DELETE"],
    "/items/<int:number>/parts": ["POST"],
    "/collection": ["MKCOL"],
    "/dir/": ["GET"],
    "/files/<path:name>": ["GET", "PUT"],
    "/two/<any(a, b):name>": ["GET"],
    "/two/<name>": ["PUT"],
}

# -- the apps -----------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """The settings of one app, as far as they are varied."""

    supported: str | None
    case_sensitive: bool
    early: bool
    formats: tuple[str, ...]
    docs_url: str | None
    drain_limit: int
    retired: bool
    any_method: bool
    trusted_hosts: bool

    def mapping(self) -> dict[str, t.Any]:
        """Write the settings as an app's configuration has them."""
        found: dict[str, t.Any] = {
            "METHOD_GUARD_SUPPORTED_METHODS": self.supported,
            "METHOD_GUARD_CASE_SENSITIVE": self.case_sensitive,
            "METHOD_GUARD_REJECT_EARLY": self.early,
            "METHOD_GUARD_ERROR_FORMATS": self.formats,
            "METHOD_GUARD_DOCS_URL": self.docs_url,
            "METHOD_GUARD_DRAIN_LIMIT": self.drain_limit,
        }
        if self.retired:
            found["METHOD_GUARD_ENFORCE_SUNSET"] = True
            found["METHOD_GUARD_DEPRECATED_METHODS"] = {
                "DELETE": {"sunset": "2020-01-01", "link": "https://example.com/why"}
            }
        return found


#: Every value of every setting, with most pairs of them, but not all of all: the step
#: is prime to the number of each one's values.
CONFIGS = [
    Config(*values)
    for values in product(
        (None, "GET, POST, DELETE", "routes", "*"),
        (True, False),
        (True, False),
        (FORMATS, ("text/html", "text/plain")),
        (None, "https://example.com/{endpoint}?{method}#{status}"),
        (0, 8, 1024 * 1024),
        (True, False),
        (True, False),
        (True, False),
    )
][::29]


def bare_app(config: Config) -> flask.Flask:
    """Make an app without a guard."""
    app = flask.Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = ["localhost"] if config.trusted_hosts else None
    app.logger.disabled = True
    for rule, methods in ROUTES.items():
        app.add_url_rule(rule, rule, lambda **_: "served", methods=methods)
    app.add_url_rule("/loose/", "loose", lambda: "served", strict_slashes=False)
    if config.any_method:
        app.url_map.add(Rule("/any", endpoint="any"))
        app.view_functions["any"] = lambda: "served"
    return app


@cache
def apps(config: Config) -> tuple[flask.Flask, flask.Flask]:
    """Make the guarded app and its bare twin."""
    guarded = bare_app(config)
    guarded.config.update(config.mapping())
    MethodGuard(guarded)
    return guarded, bare_app(config)


# -- the requests -------------------------------------------------------------------

latin_1 = st.text(st.characters(max_codepoint=255), max_size=40)


def mostly(usual: t.Sequence[str], *odd: st.SearchStrategy[str]) -> t.Any:
    """Draw what is usual as often as what is odd: most requests are odd in one way."""
    return st.one_of(*[st.sampled_from(usual)] * len(odd), *odd)


methods = mostly(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MKCOL"),
    st.sampled_from(("FOO", "PROPFIND", "TRACE", "CONNECT", "get", "Delete", "mkcol")),
    st.sampled_from(("", "--", "A" * 33, "A" * 8_000, "<script>", "GET\r\nX: 1", "\0")),
    st.text("!#$%&'*+-.^_`|~0aZ", max_size=40),
    st.one_of(latin_1, st.text(max_size=5)),
)
paths = mostly(
    [
        "/",
        "/items/3",
        "/items/9",
        "/items/3/parts",
        "/collection",
        "/files/a/b",
        "/dir",
        "/dir/",
        "/loose",
        "/loose/",
        "/two/a",
        "/two/c",
        "/any",
        "/nowhere",
    ],
    st.sampled_from(("*", "/*", "", "//", "//items//3", "/dir//", "nowhere", "/\0")),
    st.builds("/{}".format, latin_1),
    st.builds("/files/{}".format, latin_1) | latin_1,
)
#: Pairs without which some rows of the table would hardly be seen.
pairs = st.one_of(
    st.tuples(methods, paths),
    st.tuples(methods, paths),
    st.sampled_from((("OPTIONS", "*"), ("GET", "/dir"), ("DELETE", "/items/3"))),
    st.sampled_from((("HEAD", "/items/3"), ("OPTIONS", "/"), ("POST", "/items/3"))),
)
media_ranges = st.one_of(
    st.sampled_from((*FORMATS, "*/*", "text/*", "application/x+json", "image/png")),
    st.sampled_from((";", "/", "*", "=", '"', "text/", "text/html;", "\xe9/*")),
    latin_1,
)
accepts = st.lists(
    st.builds(
        "{}{}".format,
        media_ranges,
        st.sampled_from(("", ";q=0", ";q=0.5", ";q=1.5", ";q=x", "; q = 1", ';a="')),
    ),
    max_size=5,
).map(", ".join)
hosts = mostly(
    ("localhost", "localhost:8080", "LOCALHOST"),
    st.sampled_from(("", ":", "[::1]:80", "evil.example", "a b", "a/b", "localhost:x"))
    | st.sampled_from(("\xe9", "." * 300))
    | latin_1,
)
lengths = mostly(
    ("0", "5", "20", "21", "1048577"),
    st.sampled_from(("", "-1", "+5", "0x5", "1e3", " 5 ", "5,5", "9" * 30)) | latin_1,
)


class BrokenInput(io.BytesIO):
    """A body whose sender is gone: it is read as far as it goes, then it raises."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) or self._fail()

    def readinto(self, buffer: t.Any, /) -> int:
        return super().readinto(buffer) or len(self._fail())

    def _fail(self) -> bytes:
        raise ConnectionResetError("the client is gone")


class FailingInput(BrokenInput):
    """A body that makes the server itself fail."""

    def _fail(self) -> bytes:
        raise RuntimeError("the server is at a loss")


fields = st.fixed_dictionaries(
    {},
    optional={
        "SCRIPT_NAME": st.sampled_from(("", "/app", "/\xe9")),
        # A newline there makes Werkzeug's own redirect a 500, guard or no guard.
        "QUERY_STRING": st.text(st.characters(min_codepoint=32, max_codepoint=255)),
        "HTTP_HOST": hosts,
        "HTTP_ACCEPT": accepts,
        "HTTP_EXPECT": st.one_of(st.sampled_from(("100-continue", "")), latin_1),
        "HTTP_TRANSFER_ENCODING": st.sampled_from(("chunked", "identity", "x")),
        "CONTENT_LENGTH": lengths,
        "CONTENT_TYPE": latin_1,
        # The target as it came, which not every server tells.
        "REQUEST_URI": st.sampled_from(("*", "/*", "/items/3")),
        "wsgi.input": st.builds(
            lambda kind, body: kind(body),
            st.sampled_from((io.BytesIO, io.BytesIO, BrokenInput, FailingInput)),
            st.sampled_from((b"", b"short", b"x" * 20)),
        ),
        "wsgi.input_terminated": st.booleans(),
    },
)


@st.composite
def environs(draw: st.DrawFn) -> Environ:
    """Draw a request, most often one that is odd in one way or two."""
    method, path = draw(pairs)
    return {**make_environ(method, ""), "PATH_INFO": path, **draw(fields)}


# -- the judge ----------------------------------------------------------------------


class Expected(t.NamedTuple):
    """What an answer must be, and by which row of the table.

    The status is None where the answer must be the bare app's own.
    """

    reason: str
    status: int | None = None
    allow: str | None = None


def expected(config: Config, environ: Environ) -> Expected:
    """Say what the table says, row by row."""
    bare = apps(config)[1]
    raw = environ["REQUEST_METHOD"]
    method = raw if config.case_sensitive else raw.upper()
    targets = (environ["PATH_INFO"], environ.get("REQUEST_URI"))
    try:
        adapter = bare.create_url_adapter(bare.request_class(environ))
    except HTTPException:
        return Expected("bad-host")
    assert adapter is not None
    if not TOKEN.fullmatch(raw):
        wanted = Expected("invalid-token", 400)
    elif not (method in supported(config) or knows_all(config)):
        wanted = Expected("not-implemented", 501)
    elif method == "OPTIONS" and "*" in targets:
        wanted = Expected("server-options", 200)
    else:
        wanted = expected_of_router(config, adapter, raw.upper())
    return wanted


def expected_of_router(config: Config, adapter: MapAdapter, method: str) -> Expected:
    """Say what the rows say that ask the router."""
    # A redirect comes before the sunset: what it leads to is another URL.
    retired = {("DELETE", "served")} if config.retired else set()
    each = {(name, dispatches(adapter, name)) for name in supported(config)}
    allow = ", ".join(sorted(name for name, how in each - retired if how))
    found = dispatches(adapter, method)
    if found == "redirected":
        wanted = Expected("redirect")
    elif (method, found) in retired:
        wanted = Expected("retired", 405, allow)
    elif found:
        wanted = Expected("allowed", allow=allow if found == "automatic" else None)
    elif allow:
        wanted = Expected("not-allowed", 405, allow)
    else:
        wanted = Expected("not-found")
    return wanted


def knows_all(config: Config) -> bool:
    """Return whether every token is a method, by word or by a route that takes all."""
    return config.supported == "*" or (
        config.any_method and config.supported in (None, "routes")
    )


def supported(config: Config) -> set[str]:
    """Name the supported methods; of a route that takes all, the usual ones."""
    if config.supported == "GET, POST, DELETE":
        return {"GET", "HEAD", "POST", "DELETE"}
    routed = {"GET", "HEAD", "POST", "PUT", "DELETE", "MKCOL", "OPTIONS"}
    usual = config.supported != "routes" or config.any_method
    return routed | SEVEN if usual else routed


def dispatches(adapter: MapAdapter, method: str) -> str:
    """Say what the router does with a method here; nothing if it refuses it."""
    try:
        rule, _ = adapter.match(method=method, return_rule=True)
    except RequestRedirect:
        return "redirected"
    except HTTPException:
        return ""
    own = rule.methods is None or method != "OPTIONS"
    return "served" if own else "automatic"


def may_fail(config: Config, environ: Environ) -> bool:
    """Return whether reading the body of a refused request may fail, and must show."""
    return isinstance(environ["wsgi.input"], BrokenInput) and bool(config.drain_limit)


def check_answer(
    config: Config, environ: Environ, wanted: Expected, answer: Answer
) -> str:
    """Compare an answer with the table's.

    :return: the reason of the table.
    """
    if wanted.status is None:
        check_untouched(config, environ, wanted, answer)
        return wanted.reason
    check_headers(environ["REQUEST_METHOD"], answer)
    if wanted.status == 200:
        assert (answer.status, answer.get("Allow"), answer.body) == (200, None, b"")
    elif may_fail(config, environ) and answer.status == 500:
        return "the body could not be read"
    else:
        assert (answer.status, answer.get("Allow")) == (wanted.status, wanted.allow)
        check_rejection(config, environ["REQUEST_METHOD"], answer)
    return wanted.reason


def check_untouched(
    config: Config, environ: Environ, wanted: Expected, answer: Answer
) -> None:
    """Check that an answer is the bare app's, byte for byte, Allow aside.

    Old Werkzeugs redirect to any Host, so that their headers are not judged.
    """
    bare = run(apps(config)[1], dict(environ))
    if wanted.reason == "not-found" and bare.status == 405:
        # The router promised methods that it then would refuse.
        assert (answer.status, answer.get("Allow")) == (404, None)
        return
    assert (answer.line, answer.body) == (bare.line, bare.body)
    assert answer.without("Allow") == bare.without("Allow")
    assert answer.get("Allow") == (wanted.allow or bare.get("Allow"))


def check_rejection(config: Config, raw: str, answer: Answer) -> None:
    """Check what the guard's own answers have in common."""
    content_type, _, charset = (answer.get("Content-Type") or "").partition("; ")
    assert content_type in config.formats
    assert charset in ("", "charset=utf-8")
    assert answer.get("Cache-Control") == "no-store"
    assert answer.get("X-Content-Type-Options") == "nosniff"
    assert answer.get("Vary") == "Accept"
    assert all(LINK.fullmatch(value) for value in answer.all("Link"))
    helps = [value for value in answer.all("Link") if "help" in value]
    assert len(helps) == (config.docs_url is not None)
    if raw == "HEAD":
        return
    text = answer.text
    # A short one may stand in the page by itself, and so proves nothing.
    if len(raw) > 32 or re.search(r"[\0\r\x7f-\U0010ffff]|<script", raw):
        assert raw not in text
    if content_type.endswith("json"):
        document = json.loads(text)
        may_echo = TOKEN.fullmatch(raw) and len(raw) <= 32
        assert document["status"] == answer.status
        assert document.get("method") == (raw if may_echo else None)
    elif content_type == "text/html":
        assert text.startswith("<!doctype html>")
        assert "<script" not in text.lower()
    assert text.endswith("\n")


def check_headers(raw: str, answer: Answer) -> None:
    """Check that each header is one, and that they agree with the body."""
    assert re.fullmatch(r"[1-5][0-9]{2} [\x20-\x7e]+", answer.line)
    for name, value in answer.headers:
        assert TOKEN.fullmatch(name), name
        assert FIELD_VALUE.fullmatch(value), (name, value)
    assert answer.get("Connection") is None
    if raw == "HEAD":
        assert answer.body == b""
    elif (length := answer.get("Content-Length")) is not None:
        assert int(length) == len(answer.body)


def keeps_pep_3333(environ: Environ) -> bool:
    """Return whether an environ is one that wsgiref's validator lets through."""
    path: str = environ["PATH_INFO"]
    length: str = environ.get("CONTENT_LENGTH", "")
    return (
        (not path or path.startswith("/"))
        and (not length or length.isdecimal())
        and length.isascii()
    )


#: What is seen too rarely proves nothing.
SEEN = (
    "invalid-token",
    "not-implemented",
    "server-options",
    "redirect",
    "retired",
    "allowed",
    "not-allowed",
    "not-found",
    "bad-host",
    "validated",
)


def test_every_hostile_request_is_answered_by_the_table() -> None:
    """No exception escapes, no header is malformed, and the status is the table's."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=FUZZ,
        deadline=None,
        derandomize=FUZZ <= 5_000,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(CONFIGS), environs())
    def check(config: Config, environ: Environ) -> None:
        wanted = expected(config, environ)
        app: WSGIApplication = apps(config)[0]
        if wanted.status is not None and keeps_pep_3333(environ):
            seen["validated"] += 1
            app = validator(app)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WSGIWarning)  # it knows few methods
            answer = run(app, dict(environ))
        reason = check_answer(config, environ, wanted, answer)
        event(reason)
        seen[reason] += 1

    check()
    assert not [reason for reason in SEEN if not seen[reason]], f"too rare: {seen}"
