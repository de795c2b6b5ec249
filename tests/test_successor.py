"""The value of a successor: how it is read, and how it is filled for one request."""

from __future__ import annotations

import pickle
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_method_guard import Deprecation, Successor
from flask_method_guard.successor import read_successor

EXAMPLES = (
    "Write 'PATCH', '/v2/books/{number}', 'PATCH /v2/books/{number}',"
    " or the pair ('/v1/', '/v2/')."
)


# -- reading ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected", "text"),
    [
        ("PATCH", Successor("PATCH"), "PATCH"),
        ("patch", Successor("PATCH"), "PATCH"),
        (" PATCH\n", Successor("PATCH"), "PATCH"),
        ("/v2/books/{number}", Successor(None, "/v2/books/{number}"), None),
        ("PATCH /v2/{n}", Successor("PATCH", "/v2/{n}"), "PATCH /v2/{n}"),
        ("https://new.example/{n}", Successor(None, "https://new.example/{n}"), None),
        ("GET http://new.example", Successor("GET", "http://new.example"), None),
        ("/find?n={n}#{n}", Successor(None, "/find?n={n}#{n}"), None),
        ("/{{n}}", Successor(None, "/{{n}}"), None),
        (("/v1/", "/v2/"), Successor(None, "/v2/", "/v1/"), "/v1/ -> /v2/"),
        (["/", "/v2/"], Successor(None, "/v2/", "/"), "/ -> /v2/"),
        (
            ("/v1/", "https://new.example/"),
            Successor(None, "https://new.example/", "/v1/"),
            "/v1/ -> https://new.example/",
        ),
    ],
    ids=repr,
)
def test_forms(given: Any, expected: Successor, text: str | None) -> None:
    """A method, a URL, both or a pair; it can be written and read again."""
    found = Deprecation.from_mapping({"successor": given})
    assert found.successor == expected
    assert str(found.successor) == (given if text is None else text)
    assert Deprecation.from_mapping(found.as_json()) == found
    assert pickle.loads(pickle.dumps(found)) == found


HOST = "a client would choose the host. Use braces in the path only"
BRACES = "between braces is only the name of a variable"
PAIR = "both prefixes end with '/' and have no query, fragment or variable"
SPACE = "there is one space at most, between the method and the URL"
START = "a URL starts with one '/', or with https:// or http://"
DOTS = "'.' and '..' lead to another folder"
EMPTY = "a link is not empty and has no line break or control code"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", EMPTY),
        (" \n", EMPTY),
        ("//host", START),
        ("//host/v2/", START),
        ("PUT //host/v2/", START),
        ("v2/books", START),
        ("HTTPS://new.example/", START),
        ("javascript:alert(1)", "a link is an http or https URL, or a relative one"),
        ("https:/v2/", "a link with a scheme has a host, as in https://example.com"),
        ("https:///v2/", "a link with a scheme has a host, as in https://example.com"),
        ("http://[", "Invalid IPv6 URL"),
        ("/a\tb", EMPTY),
        ("/\ud800", "a link is text that UTF-8 can encode, without surrogates"),
        ("P(T /v2/", "'P(T' is not a method"),
        ("/v2/{0}", BRACES),
        ("/v2/{}", BRACES),
        ("/v2/{a.b}", BRACES),
        ("/v2/{a[b]}", BRACES),
        ("/v2/{x!r}", BRACES),
        ("/v2/{x:3}", BRACES),
        ("/v2/{", "the braces do not match"),
        ("/v2/x}", "the braces do not match"),
        ("https://{tenant}.example/", HOST),
        ("https://new.example{path}", HOST),
        ("https://new.example?x={x}", HOST),
        ("https://new.example\\{path}", HOST),
        ("https://{x}@new.example/", HOST),
        ("PATCH  /v2/books", SPACE),
        ("PATCH /v2/books /v3", SPACE),
        ("/v2/a\u2003b", SPACE),
        ("/v2/../admin", DOTS),
        ("/v2/%2e./admin", DOTS),
        ("https://new.example/.", DOTS),
        (("/v1/",), "a pair has two prefixes"),
        ((), "a pair has two prefixes"),
        (("/v1/", "/v2/", "/v3/"), "a pair has two prefixes"),
        (("/v1", "/v2/"), PAIR),
        (("/v1/", "/v2"), PAIR),
        (("/v1/", "https://new.example"), PAIR),
        (("/v1/", "https://new.example?/"), PAIR),
        (("/v1/", "/v2#/"), PAIR),
        (("/{tenant}/", "/v2/"), PAIR),
        (("/v1/", "/{tenant}/"), PAIR),
        (("/v1/", "https://{tenant}/"), PAIR),
        (("/v1/", "//new.example/"), START),
        (("/v1/", "/v2/./"), DOTS),
        (
            ("https://old.example/", "/v2/"),
            "the first prefix is a path of the app and starts with '/'",
        ),
        (("/v1/", ""), EMPTY),
    ],
    ids=ascii,
)
def test_wrong_values(given: object, reason: str) -> None:
    """What no client could use is rejected with the value and examples."""
    with pytest.raises(ValueError, match="successor") as caught:
        Deprecation.from_mapping({"successor": given})
    assert str(caught.value) == f"successor: {given!r}: {reason}. {EXAMPLES}"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (7, "it is not a string or a pair"),
        (b"PATCH", "it is not a string or a pair"),
        ({"/v1/": "/v2/"}, "it is not a string or a pair"),
        (("/v1/", 2), "a link is a string, not int"),
    ],
    ids=repr,
)
def test_other_types(given: object, reason: str) -> None:
    """A value of another type is rejected."""
    with pytest.raises(TypeError) as caught:
        Deprecation.from_mapping({"successor": given})
    assert str(caught.value) == f"successor: {given!r}: {reason}. {EXAMPLES}"


# -- filling ----------------------------------------------------------------------


def fill(successor: Any, path: str = "/v1/b", mount: str = "/", **values: str) -> Any:
    """Return the filled URL of a PUT."""
    found = read_successor(successor).fill("PUT", mount, path, values)
    return found and found.url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("PATCH", Successor("PATCH")),
        ("/v2/", Successor("PUT", "/v2/")),
        ("PATCH /v2/{n}", Successor("PATCH", "/v2/3")),
        (("/v1/", "/v2/"), Successor("PUT", "/v2/b")),
    ],
    ids=repr,
)
def test_filled(given: Any, expected: Successor) -> None:
    """It has a method always, and a URL if one was given."""
    found = read_successor(given).fill("PUT", "/", "/v1/b", {"n": "3", "other": "x"})
    assert found == expected


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("3", "/v2/3"),
        ("007", "/v2/007"),
        ("a b", "/v2/a%20b"),
        ("a%20b", "/v2/a%20b"),
        ("100%", "/v2/100%25"),
        ("100%25", "/v2/100%25"),
        ("a/b", "/v2/a/b"),
        ("é", "/v2/%C3%A9"),
        ("a&b=c?d#e;f", "/v2/a%26b%3Dc%3Fd%23e%3Bf"),
        ('a">b\\c', "/v2/a%22%3Eb%5Cc"),
        ("a\r\nSet-Cookie: x", "/v2/a%0D%0ASet-Cookie%3A%20x"),
        ("{n}", "/v2/%7Bn%7D"),
        ("", None),
        (".", None),
        ("..", None),
        ("%2e%2E", None),
        ("a/../b", None),
        ("a" * 1996, "/v2/" + "a" * 1996),
        ("a" * 1997, None),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_values(value: str, url: str | None) -> None:
    """A value stays one value: percent-encoded, and never another folder."""
    assert fill("/v2/{n}", n=value) == url
    assert fill("/v2/{n}") is None


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("/{a}", {"a": "/evil.example"}),
        ("/{a}{b}", {"a": ".", "b": "."}),
        ("/v2/.{a}", {"a": "."}),
        ("https://new.example/{a}", {"a": ".."}),
    ],
    ids=repr,
)
def test_a_client_does_not_choose_where_a_template_leads(
    given: str, values: dict[str, str]
) -> None:
    """No value leads to another host, or out of the template's folder."""
    assert fill(given, **values) is None
    assert fill(given, **dict.fromkeys(values, "x")) is not None


def test_dots_in_a_query_are_no_folder() -> None:
    """Only the path has folders."""
    assert fill("/find?in={a}", a="a/..") == "/find?in=a/.."


@pytest.mark.parametrize(
    ("pair", "path", "url"),
    [
        (("/v1/", "/v2/"), "/v1/a/b", "/v2/a/b"),
        (("/v1/", "/v2/"), "/v1/", "/v2/"),
        (("/v1/", "/v2/"), "//v1/a", "/v2/a"),
        (("/", "/v2/"), "", "/v2/"),
        (("/v1/", "/v2/"), "/v1/é?#%\\<>", "/v2/%C3%A9%3F%23%25%5C%3C%3E"),
        (("/v1/", "/v2/"), "/v1/a,b;c=d:e@f", "/v2/a,b;c=d:e@f"),
        (("/donn%C3%A9es/", "/data/"), "/données/3", "/data/3"),
        (("/données/", "/données/v2/"), "/données/3", "/donn%C3%A9es/v2/3"),
        (("/v1/", "/v2/"), "/v1//evil.example", "/v2//evil.example"),
        (("/v1/", "https://new.example/"), "/v1/a", "https://new.example/a"),
        (("/v1/", "https://new.example/"), "/v1/@evil", "https://new.example/@evil"),
        # What does not fit …
        (("/v1/", "/v2/"), "/v1", None),
        (("/v1/", "/v2/"), "/v10/a", None),
        (("/v1/", "/v2/"), "/other", None),
        # … and what a client must not choose.
        (("/v1/", "/"), "/v1//evil.example", None),
        (("/v1/", "/v2/"), "/v1/../a", None),
        (("/v1/", "/v2/"), "/v1/.", None),
        (("/v1/", "/v2/"), "/v1/%2e%2e/a", "/v2/%252e%252e/a"),
        (("/v1/", "/v2/"), "/v1/" + "a" * 2000, None),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_pairs(pair: Any, path: str, url: str | None) -> None:
    """The path is kept, percent-encoded again, with another prefix."""
    assert fill(pair, path) == url


@pytest.mark.parametrize(
    ("given", "mount", "url"),
    [
        ("/v2/", "/shop/", "/shop/v2/"),
        ("/v2/", "/a b>", "/a%20b%3E/v2/"),
        (("/v1/", "/v2/"), "/shop/", "/shop/v2/b"),
        ("https://new.example/", "/shop/", "https://new.example/"),
        # A proxy may take the prefix from a header that a client can send.
        ("/v2/", "//evil.example/", None),
        ("/v2/", "/../", None),
    ],
    ids=repr,
)
def test_a_mounted_app(given: Any, mount: str, url: str | None) -> None:
    """A URL of the app is below the prefix under which it is mounted."""
    assert fill(given, mount=mount) == url


_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_HOSTILE = st.one_of(
    _ANY, st.lists(st.sampled_from(["/", "\\", ".", "%2e", "@", "a"])).map("".join)
)


@pytest.mark.parametrize(
    "given_",
    ["/{a}{b}", "/v2/{a}/{b}?x={a}", "https://new.example/{a}", ("/", "/v2/")],
    ids=repr,
)
@given(_HOSTILE, _HOSTILE, st.sampled_from(["/", "/shop/"]))
def test_any_request(given_: Any, a: str, b: str, mount: str) -> None:
    """Whatever a client sends, the link leads where the app's author said."""
    url = fill(given_, f"/{a}{b}", mount, a=a, b=b)
    if url is None:
        return
    parts = urlsplit(url)
    host = "new.example" if "new.example" in given_ else ""
    assert re.fullmatch(r"""[^\s<>"\\\x00-\x20\x7f-\U0010ffff]+""", url)
    assert parts.netloc == host
    assert not {".", ".."} & set(map(unquote, parts.path.split("/")))
    assert host or (url.startswith(mount) and not url.startswith("//"))
