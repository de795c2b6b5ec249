"""Links: what can be a link."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


def as_url(value: str) -> str:
    """Percent-encode what may not stand in a URL, and nothing else.

    Follows RFC 3986 §2; what is percent-encoded already stays as it is. White space
    at the ends is dropped: encoded, it would make another URL.

    :param value: a URL, or what a person would write for one.
    :return: a URL of printable ASCII characters that is safe in a header field.
    """
    return quote(value.strip(), safe="!#$%&'()*+,/:;=?@[]~")


def check_url(value: object) -> str:
    """Give ``value`` back if it can serve as a link.

    :param value: an absolute ``http`` or ``https`` URL, or a relative one.
    :return: the same text.
    :raises TypeError: if it is not a string.
    :raises ValueError: if it is empty, or has a control character, another scheme,
        or a scheme and no host.
    """
    if not isinstance(value, str):
        raise TypeError(f"a link is a string, not {type(value).__name__}")
    text = value.strip()
    if not text or any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise ValueError("a link is not empty and has no line break or control code")
    parts = urlsplit(text)
    if parts.scheme not in ("", "http", "https"):
        raise ValueError("a link is an http or https URL, or a relative one")
    if parts.scheme and not parts.netloc:
        raise ValueError("a link with a scheme names a host, as in https://example.com")
    return value
