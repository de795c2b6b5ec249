"""The page: what a browser shows of a rejection, made from plain values."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from markupsafe import Markup, escape

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


def page(  # noqa: PLR0913 -- each has a name
    *,
    status: int,
    phrase: str,
    text: str,
    title: str,
    methods: Sequence[str],
    docs_url: str | None,
    guide: tuple[str, str] | None,
    successor: tuple[str, str] | None,
) -> str:
    """Return the page as HTML.

    :param status: the status code.
    :param phrase: its phrase.
    :param text: what happened; Markup stays as it is, everything else is escaped.
    :param title: the heading of the list of methods.
    :param methods: the methods to list.
    :param docs_url: the documentation link.
    :param guide: the text and the URL of the link to a deprecation's page.
    :param successor: a part of ``text`` that becomes a link, and the URL.
    """
    extra = Markup()
    if methods:
        items = Markup().join(Markup("<li>{}</li>").format(name) for name in methods)
        extra += _LIST.format(title=title, items=items)
    if docs_url:
        link = _LINK.format(url=docs_url, text="Read the documentation")
        extra += Markup('<p class="next">{}</p>\n').format(link)
    paragraph = escape(text).replace("\n", Markup("<br>"))
    if successor:
        link = _LINK.format(text=successor[0], url=successor[1])
        paragraph = paragraph.replace(escape(successor[0]), link, 1)
    if guide:
        paragraph += " " + _LINK.format(text=guide[0], url=guide[1])
    return str(
        _PAGE.format(
            status=status, phrase=phrase, style=_STYLE, text=paragraph, extra=extra
        )
    )
