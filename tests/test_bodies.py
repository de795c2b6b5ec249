"""The texts and the formats, from plain facts."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_method_guard import Deprecation, Reason
from flask_method_guard.bodies import ECHO_LIMIT, Facts, echoable, render
from flask_method_guard.config import MEDIA_TYPES
from flask_method_guard.negotiation import _negotiate, negotiate
from flask_method_guard.page import CONTENT_SECURITY_POLICY

NOT_ALLOWED = Facts(
    Reason.NOT_ALLOWED,
    405,
    method="PUT",
    allowed_methods=("GET", "HEAD"),
    supported_methods=("GET", "HEAD", "PUT"),
    docs_url="https://docs.example.com/?a=1&b=2",
)
NOT_IMPLEMENTED = Facts(
    Reason.NOT_IMPLEMENTED, 501, method="FOO", supported_methods=("GET", "HEAD")
)
RETIRED = NOT_ALLOWED._replace(
    reason=Reason.RETIRED,
    deprecation=Deprecation(
        since=datetime(2026, 1, 1, tzinfo=timezone.utc),
        sunset=datetime(2026, 3, 1, tzinfo=timezone.utc),
        link="https://docs.example.com/migrate",
        notice="Use PATCH.",
    ),
)
INVALID = Facts(Reason.INVALID_TOKEN, 400)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (NOT_ALLOWED, "PUT is not allowed here. Allowed: GET, HEAD."),
        (
            NOT_ALLOWED._replace(allowed_methods=()),
            "PUT is not allowed here. Allowed: no method.",
        ),
        (NOT_ALLOWED._replace(allowed_methods=None), "PUT is not allowed here."),
        (
            NOT_ALLOWED._replace(method=None),
            "The method is not allowed here. Allowed: GET, HEAD.",
        ),
        (NOT_IMPLEMENTED, "FOO is not implemented. Supported: GET, HEAD."),
        (NOT_IMPLEMENTED._replace(supported_methods=()), "FOO is not implemented."),
        (
            NOT_IMPLEMENTED._replace(method=None),
            "The method is not implemented. Supported: GET, HEAD.",
        ),
        (
            NOT_IMPLEMENTED._replace(method="get"),
            "get is not implemented. Methods are case-sensitive: did you mean GET?",
        ),
        (
            NOT_IMPLEMENTED._replace(method="foo"),
            "foo is not implemented. Supported: GET, HEAD.",
        ),
        (
            RETIRED,
            "PUT was retired on 1 March 2026. Use PATCH. Allowed: GET, HEAD.",
        ),
        (
            NOT_IMPLEMENTED._replace(deprecation=Deprecation(notice="Use BAR.")),
            "FOO is not implemented. Use BAR. Supported: GET, HEAD.",
        ),
        (INVALID, "The request method is not a valid HTTP method name."),
    ],
)
def test_detail(facts: Facts, text: str) -> None:
    """The detail says what happened and what would have done."""
    assert facts.detail == text


@pytest.mark.parametrize(
    ("notice", "shown"),
    [
        (None, ""),
        ("Use PATCH.", " Use PATCH."),
        (" Use PATCH ", " Use PATCH."),
        ("Why not PATCH?", " Why not PATCH?"),
        ("<b>&amp;</b>", " <b>&amp;</b>"),
        ("Benutze PATCH…", " Benutze PATCH…"),
        ("(Use PATCH.)", " (Use PATCH.)"),
        ("改用 PATCH。", " 改用 PATCH。"),
    ],
    ids=["none", "plain", "bare", "question", "markup", "dots", "brackets", "chinese"],
)
def test_notices(notice: str | None, shown: str) -> None:
    """Sentences stay apart, however a notice ends."""
    mark = Deprecation.from_mapping({"sunset": "2026-03-01", "notice": notice})
    detail = RETIRED._replace(deprecation=mark).detail
    assert detail == f"PUT was retired on 1 March 2026.{shown} Allowed: GET, HEAD."


@pytest.mark.parametrize("media_type", MEDIA_TYPES[:2])
def test_json(media_type: str) -> None:
    """Both kinds of JSON are one document, that of RFC 9457."""
    body = render(RETIRED._replace(media_type=media_type), "What happened.")
    assert json.loads(body) == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "What happened.",
        "method": "PUT",
        "allowed_methods": ["GET", "HEAD"],
        "docs": "https://docs.example.com/?a=1&b=2",
        "deprecation": {
            "since": "2026-01-01T00:00:00Z",
            "sunset": "2026-03-01T00:00:00Z",
            "link": "https://docs.example.com/migrate",
            "notice": "Use PATCH.",
        },
    }


@pytest.mark.parametrize(
    ("facts", "members"),
    [
        (INVALID, {"type", "title", "status", "detail"}),
        (
            NOT_IMPLEMENTED,
            {"type", "title", "status", "detail", "method", "supported_methods"},
        ),
        (
            NOT_ALLOWED._replace(docs_url=None),
            {"type", "title", "status", "detail", "method", "allowed_methods"},
        ),
    ],
    ids=["400", "501", "405"],
)
def test_json_members(facts: Facts, members: set[str]) -> None:
    """A member that has no value is left out."""
    assert set(json.loads(render(facts, ""))) == members


def test_plain_text() -> None:
    """Plain text has the status, what happened and the links, line by line."""
    body = render(RETIRED._replace(media_type="text/plain"), RETIRED.detail)
    assert body == (
        "405 Method Not Allowed\n"
        "\n"
        "PUT was retired on 1 March 2026. Use PATCH. Allowed: GET, HEAD.\n"
        "Documentation: https://docs.example.com/?a=1&b=2\n"
        "Migration guide: https://docs.example.com/migrate\n"
    )
    body = render(INVALID._replace(media_type="text/plain"), "Bad.")
    assert body == "400 Bad Request\n\nBad.\n"


def test_html() -> None:
    """The page lists the methods once and links to the documentation."""
    page = render(RETIRED._replace(media_type="text/html"), RETIRED.detail)
    assert '<html lang="en">' in page
    assert "<title>405 Method Not Allowed</title>" in page
    assert "<h1><span>405 </span>Method Not Allowed</h1>" in page
    assert '<ul role="list" aria-labelledby="methods">' in page
    assert (
        "<p>PUT was retired on 1 March 2026. Use PATCH."
        ' <a href="https://docs.example.com/migrate">Migration guide</a></p>'
    ) in page
    assert '<h2 id="methods">Allowed methods</h2>' in page
    assert "<li>GET</li><li>HEAD</li>" in page
    assert 'href="https://docs.example.com/?a=1&amp;b=2"' in page
    assert "<script" not in page


def test_html_of_others() -> None:
    """A 501 lists what is supported; a page with nothing to list has no list."""
    page = render(
        NOT_IMPLEMENTED._replace(media_type="text/html"), NOT_IMPLEMENTED.detail
    )
    assert '<h2 id="methods">Supported methods</h2>' in page
    assert "<li>GET</li><li>HEAD</li>" in page
    assert "href" not in page
    facts = NOT_ALLOWED._replace(media_type="text/html", allowed_methods=())
    page = render(facts, facts.detail)
    assert "<p>PUT is not allowed here. Allowed: no method.</p>" in page
    assert "<ul" not in page
    page = render(INVALID._replace(media_type="text/html"), "<b>\nx")
    assert "<p>&lt;b&gt;<br>x</p>" in page
    assert "<ul" not in page


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@given(text=st.text())
def test_text_is_escaped(media_type: str, text: str) -> None:
    """No text can break out of the format that it is in."""
    body = render(NOT_ALLOWED._replace(media_type=media_type), text)
    if media_type.endswith("json"):
        assert json.loads(body)["detail"] == text
    elif media_type == "text/html":
        inside = body.partition("<p>")[2].partition("</p>")[0]
        assert "<" not in inside.replace("<br>", "")
        assert '"' not in inside
    else:
        assert body.startswith(f"405 Method Not Allowed\n\n{text}\n")


@pytest.mark.parametrize(
    ("method", "shown"),
    [("FOO", "FOO"), ("--", "--"), ("A" * ECHO_LIMIT, "A" * ECHO_LIMIT)]
    + [(text, None) for text in ("A" * (ECHO_LIMIT + 1), "", "A B", "<x>", "É")],
    ids=ascii,
)
def test_echo(method: str, shown: str | None) -> None:
    """A method is shown if it is a token of 32 characters at the most."""
    assert echoable(method) == shown


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_headers(media_type: str) -> None:
    """Each answer says its type, varies, and is neither stored nor sniffed."""
    found = RETIRED._replace(media_type=media_type).headers
    assert len(found) == len({(name, value) for name, value in found})
    fields = dict(found)
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    assert fields["Content-Type"] == media_type + charset
    assert fields["Allow"] == "GET, HEAD"
    assert fields["Vary"] == "Accept"
    assert fields["Cache-Control"] == "no-store"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert [value for name, value in found if name == "Link"] == [
        '<https://docs.example.com/?a=1&b=2>; rel="help"',
        '<https://docs.example.com/migrate>; rel="deprecation"',
    ]
    assert ("Content-Security-Policy" in fields) is (media_type == "text/html")


def test_headers_of_others() -> None:
    """Only a 405 has an Allow, which may be empty; no link is no field."""
    for facts in (INVALID, NOT_IMPLEMENTED):
        names = [name for name, _ in facts.headers]
        assert "Allow" not in names
        assert "Link" not in names
    assert ("Allow", "") in NOT_ALLOWED._replace(allowed_methods=()).headers


def test_policy_covers_the_style() -> None:
    """The policy's hash is that of the style on the page, so it is applied."""
    page = render(INVALID._replace(media_type="text/html"), "")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY


PROBLEM, JSON, HTML, PLAIN = MEDIA_TYPES
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NEGOTIATIONS = [
    (None, PROBLEM),
    ("", PROBLEM),
    ("   ", PROBLEM),
    ("*/*", PROBLEM),
    (BROWSER, HTML),
    ("application/json", JSON),
    ("application/problem+json", PROBLEM),
    ("application/json, application/problem+json", PROBLEM),
    ("application/json;q=0.9, application/problem+json;q=0.5", JSON),
    ("application/vnd.api+json", PROBLEM),
    ("application/json; charset=utf-8", JSON),
    ("application/json;version=1;q=0.1, text/plain;q=0.2", PLAIN),
    ("application/json, text/plain, */*", JSON),
    ("text/*", HTML),
    ("text/*;q=0.5, text/plain;q=0.6", PLAIN),
    ("application/*", PROBLEM),
    ("TEXT/HTML", HTML),
    ("text/html;q=0, text/plain;q=0.1", PLAIN),
    ("text/html;q=0, */*", PROBLEM),
    ("text/html;q=0.5, */*", PROBLEM),
    ("*/*;q=0", PROBLEM),
    ("application/problem+json;q=0", PROBLEM),
    ("text/html;q=0", PROBLEM),
    ("image/png", PROBLEM),
    ("text/html;q=high, text/plain;q=0.1", PLAIN),
    ("text/html;q=0.9, text/plain;q=0.5, text/html;q=0.1", HTML),
    ("text/html;q=0., text/plain;q=0.1", PLAIN),
    ("text/html;q=1.1, text/plain;q=0.1", PLAIN),
    ("text/html;q=-0.5, text/plain;q=0.1", PLAIN),
    ("text/html;Q=0.1, text/plain;q = 0.2", PLAIN),
    (";;;,,,=", PROBLEM),
    ("/", PROBLEM),
    ("\0\xff", PROBLEM),
]


@pytest.mark.parametrize(("accept", "chosen"), NEGOTIATIONS, ids=ascii)
def test_negotiation(accept: str | None, chosen: str) -> None:
    """Accept is read generously, and always gives one of the formats."""
    assert negotiate(accept, MEDIA_TYPES) == chosen


@pytest.mark.parametrize(
    ("accept", "formats", "chosen"),
    [
        (None, (HTML, PROBLEM), HTML),
        ("application/json", (HTML, PROBLEM), PROBLEM),
        ("application/hal+json", (HTML, JSON), JSON),
        ("image/png", (PLAIN, HTML), PLAIN),
        ("*/*", (PLAIN, HTML), PLAIN),
    ],
)
def test_negotiation_among_fewer(
    accept: str | None, formats: tuple[str, ...], chosen: str
) -> None:
    """The order of the formats is the app's, and the first is the default."""
    assert negotiate(accept, formats) == chosen


def test_a_long_accept_is_not_read() -> None:
    """A client that makes up long values takes neither time nor memory."""
    wish = "text/html" + "," * 1024
    assert negotiate(wish[:1024], MEDIA_TYPES) == HTML
    before = _negotiate.cache_info()
    assert negotiate(wish[:1025], MEDIA_TYPES) == MEDIA_TYPES[0]
    assert _negotiate.cache_info() == before
    assert before.maxsize == 256


@pytest.mark.parametrize(("others", "chosen"), [(63, HTML), (64, MEDIA_TYPES[0])])
def test_only_so_many_ranges_are_read(others: int, chosen: str) -> None:
    """What follows 64 media ranges is not read; nobody sends that many."""
    assert negotiate("a/b," * others + "text/html", MEDIA_TYPES) == chosen


@given(accept=st.text(max_size=300))
def test_any_accept_chooses(accept: str) -> None:
    """No value of Accept is an error."""
    assert negotiate(accept, MEDIA_TYPES) in MEDIA_TYPES
