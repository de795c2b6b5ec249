"""Bodies: the facts of a rejection, in the format that the client asked for.

Values go in, text comes out: nothing here knows a request. All words that a client
reads are here. Problem details follow RFC 9457, and the choice of a format follows
RFC 9110 §12.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import quote

from markupsafe import Markup, escape
from werkzeug.http import parse_list_header, parse_options_header

from .decision import Reason, is_token
from .deprecation import Deprecation, iso, spoken_date, spoken_time
from .links import as_url, link_field

#: A longer method is never echoed: clients can send thousands of characters.
ECHO_LIMIT = 32

#: A longer ``Accept`` is not cached, so that clients cannot fill memory.
_ACCEPT_LIMIT = 512


@dataclass(frozen=True)
class Facts:
    """What is known about one rejection, and what the answer says.

    The words, the header fields and the body are made on first use and kept as long
    as the facts are.
    """

    reason: Reason
    status: int
    media_type: str = "application/problem+json"
    #: The method as the client sent it; ``None`` if it must not be echoed.
    method: str | None = None
    #: The value of ``Allow``; ``None`` where it is not known or does not apply.
    allowed_methods: tuple[str, ...] | None = None
    supported_methods: tuple[str, ...] = ()
    endpoint: str | None = None
    docs_url: str | None = None
    deprecation: Deprecation | None = None
    #: When the brownout ends, and the seconds until then.
    until: datetime | None = None
    retry_after: int | None = None

    @cached_property
    def detail(self) -> str:
        """What happened, and which methods would work."""
        return f"{summary(self)} {methods_sentence(self)}".rstrip()

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header fields of the answer, as pairs of name and value."""
        return _headers(self)

    @cached_property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """The header fields that belong to the answer, whoever renders it.

        Links (RFC 8288); for a brownout, ``Retry-After`` and the deprecation, too.
        """
        found = []
        if self.docs_url:
            found.append(link_field(self.docs_url, "help"))
        if self.retry_after is not None:
            found.append(("Retry-After", str(self.retry_after)))
        for name, value in self.deprecation.headers() if self.deprecation else ():
            if name == "Link" or self.reason is Reason.BROWNOUT:
                found.append((name, value))
        return tuple(found)

    @cached_property
    def body(self) -> str:
        """The body with :attr:`detail`, in the format :attr:`media_type`."""
        return render(self, self.detail)


def echoable(method: str) -> str | None:
    """Return a method if it is safe to show, else ``None``."""
    return method if len(method) <= ECHO_LIMIT and is_token(method) else None


# -- the words ------------------------------------------------------------------


def summary(facts: Facts) -> str:
    """Return a sentence or two about what happened."""
    name = facts.method or "The method"
    deprecation = facts.deprecation
    if facts.reason is Reason.INVALID_TOKEN:
        text = "The request method is not a valid HTTP method name."
    elif facts.reason is Reason.NOT_IMPLEMENTED:
        text = f"{name} is not implemented."
        if meant := _meant(facts):
            text += f" Methods are case-sensitive: did you mean {meant}?"
    elif facts.reason is Reason.RETIRED and deprecation and deprecation.sunset:
        text = f"{name} was retired on {spoken_date(deprecation.sunset)}."
    elif facts.reason is Reason.BROWNOUT and deprecation and facts.until:
        until = spoken_time(facts.until)
        text = f"{name} is deprecated and is not available until {until}."
        if deprecation.sunset:
            sunset = spoken_date(deprecation.sunset)
            text += f" It may stop working for good on {sunset}."
    else:
        text = f"{name} is not allowed here."
    if deprecation and deprecation.notice:
        text = f"{text} {_sentence(deprecation.notice)}"
    return text


def _sentence(text: str) -> str:
    """Return a text with a full stop, since another sentence may follow."""
    return f"{text}." if text[-1:].isalnum() else text


def _meant(facts: Facts) -> str | None:
    """Return the supported method that only differs in case (RFC 9110 §9.1)."""
    upper = (facts.method or "").upper()
    return upper if upper != facts.method and upper in facts.supported_methods else None


def methods_sentence(facts: Facts) -> str:
    """Return the sentence that lists the methods that work; empty if there is none."""
    if facts.status == HTTPStatus.METHOD_NOT_ALLOWED:
        if facts.allowed_methods is None:
            return ""
        return f"Allowed: {', '.join(facts.allowed_methods) or 'no method'}."
    if facts.status == HTTPStatus.NOT_IMPLEMENTED and facts.supported_methods:
        return (
            "" if _meant(facts) else f"Supported: {', '.join(facts.supported_methods)}."
        )
    return ""


#: The text of the link to a deprecation's page.
_GUIDE = "Migration guide"


# -- the formats ----------------------------------------------------------------


def _json(facts: Facts, text: str) -> str:
    status = HTTPStatus(facts.status)
    is_405 = status is HTTPStatus.METHOD_NOT_ALLOWED
    is_501 = status is HTTPStatus.NOT_IMPLEMENTED
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": facts.status,
        "detail": text,
        "method": facts.method,
        "allowed_methods": facts.allowed_methods if is_405 else None,
        "supported_methods": (facts.supported_methods or None) if is_501 else None,
        "docs": facts.docs_url,
        "until": iso(facts.until) if facts.until else None,
        "deprecation": facts.deprecation.as_json() if facts.deprecation else None,
    }
    known = {name: value for name, value in members.items() if value is not None}
    return json.dumps(known) + "\n"


def _plain(facts: Facts, text: str) -> str:
    lines = [f"{facts.status} {HTTPStatus(facts.status).phrase}", "", text]
    if facts.docs_url:
        lines.append(f"Documentation: {facts.docs_url}")
    if facts.deprecation and facts.deprecation.link:
        lines.append(f"{_GUIDE}: {facts.deprecation.link}")
    return "\n".join(lines) + "\n"


# Text and links have a contrast of at least 4.5:1, in light and in dark mode.
_STYLE = Markup("""
:root { --text: #1f2328; --quiet: #59636e; --line: #8c959f; --ground: #fff;
  --link: #0b57d0; --on-link: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --quiet: #9aa4af; --line: #6e7781; --ground: #15181c;
    --link: #8ab4f8; --on-link: #15181c; }
}
body {
  max-width: 34rem; margin: 0 auto; padding: clamp(2rem, 14vh, 8rem) 1.25rem 3rem;
  color: var(--text); background: var(--ground);
  font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0 0 .75rem; font-size: 1.875rem; line-height: 1.2; text-wrap: balance; }
h1 span { display: block; margin-bottom: .5rem; color: var(--quiet); font-size: 1rem; }
h2 { margin: 2rem 0 .625rem; color: var(--quiet); font-size: .9375rem; }
p { margin: 0; }
ul { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; }
li {
  padding: 0 .625rem; border: 1px solid var(--line); border-radius: .375rem;
  font: .9375rem/1.75 ui-monospace, monospace; list-style: none;
}
a { color: var(--link); text-underline-offset: .2em; }
.next { margin-top: 2rem; }
.next a {
  display: inline-block; padding: .5rem 1.125rem; border-radius: .375rem;
  color: var(--on-link); background: var(--link); font-weight: 600;
  text-decoration: none;
}
a:hover { text-decoration: underline; }
a:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; }
""")

#: Allows the page's own style, by its hash, and nothing else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{status} {phrase}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1><span>{status} </span>{phrase}</h1>
<p>{text}</p>
{extra}</main>
</body>
</html>
"""
)
# Without the role, Safari does not announce a list without markers as a list.
_LIST = Markup(
    '<h2 id="methods">{title}</h2>\n'
    '<ul role="list" aria-labelledby="methods">{items}</ul>\n'
)
_LINK = Markup('<a href="{url}">{text}</a>')


def _html(facts: Facts, text: str) -> str:
    methods, title = facts.allowed_methods or (), "Allowed methods"
    if facts.status == HTTPStatus.NOT_IMPLEMENTED:
        methods, title = facts.supported_methods, "Supported methods"
    extra = Markup()
    if methods:
        # The page shows the methods as a list, so the sentence would repeat them.
        # A slice keeps the type of an app's own description, which may be Markup.
        sentence = methods_sentence(facts)
        if text.endswith(sentence):
            text = text[: len(text) - len(sentence)].rstrip()
        items = Markup().join(Markup("<li>{}</li>").format(name) for name in methods)
        extra += _LIST.format(title=title, items=items)
    if facts.docs_url:
        link = _LINK.format(url=facts.docs_url, text="Read the documentation")
        extra += Markup('<p class="next">{}</p>\n').format(link)
    paragraph = escape(text).replace("\n", Markup("<br>"))
    if facts.deprecation and facts.deprecation.link:
        paragraph += " " + _LINK.format(url=facts.deprecation.link, text=_GUIDE)
    page = _PAGE.format(
        status=facts.status,
        phrase=HTTPStatus(facts.status).phrase,
        style=_STYLE,
        text=paragraph,
        extra=extra,
    )
    return str(page)


_RENDERERS: dict[str, Callable[[Facts, str], str]] = {
    "application/problem+json": _json,
    "application/json": _json,
    "text/html": _html,
    "text/plain": _plain,
}


def render(facts: Facts, text: str) -> str:
    """Return the body in the format that the facts name.

    :param facts: the facts of the rejection.
    :param text: the text to show, usually ``facts.detail``.
    :return: the body; JSON follows RFC 9457 §3.
    """
    return _RENDERERS[facts.media_type](facts, text)


def _headers(facts: Facts) -> tuple[tuple[str, str], ...]:
    content_type = facts.media_type
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    found = [("Content-Type", content_type)]
    if facts.allowed_methods is not None:  # a 405 MUST have it (RFC 9110 §15.5.6)
        found.append(("Allow", ", ".join(facts.allowed_methods)))
    found += [
        ("Vary", "Accept"),
        # Caches may store a 405 or a 501 without it (RFC 9110 §15.1).
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if facts.media_type == "text/html":
        found.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
    return (*found, *facts.notices)


def fill_docs_url(template: str, facts: Facts) -> str:
    """Return the URL that a template of ``METHOD_GUARD_DOCS_URL`` stands for.

    Values are percent-encoded, so that none can change another part of the URL
    (RFC 3986 §2).

    :param template: the template, checked in ``init_app``.
    :param facts: the values of its fields.
    :return: the URL.
    """
    values = {
        "endpoint": facts.endpoint or "",
        "method": facts.method or "",
        "reason": str(facts.reason),
        "status": str(facts.status),
    }
    quoted = {name: quote(value, safe="") for name, value in values.items()}
    return as_url(template.format(**quoted))


# -- negotiation ----------------------------------------------------------------


def negotiate(accept: str | None, formats: Sequence[str]) -> str:
    """Choose the format of an answer.

    Follows RFC 9110 §12.5.1, generously: parameters are ignored, every ``+json``
    type counts as JSON, and invalid parts are skipped. If nothing is acceptable, the
    first format is used, since an error in another format helps more than a 406.

    :param accept: the value of ``Accept``; ``None`` if there is none.
    :param formats: the available formats, the default first.
    :return: one of ``formats``.
    """
    if not accept:
        return formats[0]
    # Clients send the same few values again and again, and parsing one is slow.
    chosen = _negotiate if len(accept) <= _ACCEPT_LIMIT else _negotiate.__wrapped__
    return chosen(accept, tuple(formats))


@lru_cache(maxsize=256)
def _negotiate(accept: str, formats: tuple[str, ...]) -> str:
    wanted: dict[str, float] = {}
    for media_range, quality in _media_ranges(accept):
        wanted[media_range] = max(quality, wanted.get(media_range, 0))
    best = formats[0]
    best_rank = (0.0, 0)
    for media_type in formats:
        rank = _rank(media_type, wanted)
        if rank > best_rank:
            best, best_rank = media_type, rank
    return best


# RFC 9110 §12.4.2, with any number of digits.
_QUALITY = r"[0-9]+(\.[0-9]*)?"


def _media_ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the valid media ranges of ``Accept``, each with its quality."""
    # Werkzeug's parser of the whole field is renamed in 3.2; this one is not.
    for item in parse_list_header(accept):
        media_range, parameters = parse_options_header(item)
        quality = parameters.get("q", "1")
        if re.fullmatch(_QUALITY, quality) and float(quality) <= 1:
            yield media_range.lower(), float(quality)


def _rank(media_type: str, wanted: dict[str, float]) -> tuple[float, int]:
    """Return how much a format is wanted: by quality, then by precision."""
    is_json = media_type.endswith("json")
    family = [
        quality
        for name, quality in wanted.items()
        if is_json and (name == "application/json" or name.endswith("+json"))
    ]
    by_precision = (
        wanted.get(media_type),
        max(family, default=None),
        wanted.get(media_type.partition("/")[0] + "/*"),
        wanted.get("*/*"),
    )
    for lost, quality in enumerate(by_precision):
        if quality is not None:
            return quality, -lost
    return 0.0, -len(by_precision)
