"""Links: which texts can be a link, and how a ``Link`` header field is written."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


def as_url(value: str) -> str:
    """Percent-encode the characters that a URL cannot contain, and nothing else.

    See RFC 3986 §2. Text that is percent-encoded already stays as it is. White space
    at the ends is dropped, since encoding it would change the URL.

    :param value: a URL, possibly with characters such as ``ä``.
    :return: a URL of printable ASCII characters that is safe in a header field.
    """
    return quote(value.strip(), safe="!#$%&'()*+,/:;=?@[]~")


def read_url(value: object) -> str:
    """Return ``value`` if it can be used as a link.

    :param value: an absolute ``http`` or ``https`` URL, or a relative one.
    :return: the same text.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is empty, contains a control character or a lone
        surrogate, or has another scheme, or a scheme without a host.
    """
    if not isinstance(value, str):
        raise TypeError(f"a link is a string, not {type(value).__name__}")
    text = value.strip()
    if not text or any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise ValueError("a link is not empty and has no line break or control code")
    if any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise ValueError("a link is text that UTF-8 can encode, without surrogates")
    parts = urlsplit(text)
    if parts.scheme not in ("", "http", "https"):
        raise ValueError("a link is an http or https URL, or a relative one")
    if parts.scheme and not parts.netloc:
        raise ValueError("a link with a scheme has a host, as in https://example.com")
    return value


def link_field(url: str, rel: str) -> tuple[str, str]:
    """Return a ``Link`` header field (RFC 8288 §3) as a pair of name and value.

    :param url: the target, as :func:`as_url` returns it.
    :param rel: the relation type, such as ``help``.
    """
    return "Link", f'<{url}>; rel="{rel}"'
