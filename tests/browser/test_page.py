"""The page at phone and desktop width, in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from .harness import ROOT, address, axe_core, served
from .pages import CASES, DOCS, Case, make_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

SCREENSHOTS = ROOT / "artifacts" / "browser"


class View(NamedTuple):
    """How a person looks at the page."""

    width: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        """Name it in a test's id and in a screenshot's name."""
        return f"{self.width}-{self.scheme}"


PHONE, DARK_PHONE = View(320, "light"), View(320, "dark")
DESKTOP, DARK_DESKTOP = View(1280, "light"), View(1280, "dark")
VIEWS = (PHONE, DARK_PHONE, View(375, "light"), DESKTOP, DARK_DESKTOP)
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
each_view = pytest.mark.parametrize("view", VIEWS, ids=str)


class Visit(NamedTuple):
    """A page that is open, and what opening it brought."""

    page: Page
    response: Response
    #: What was asked for, the page itself first.
    requests: list[str]
    #: What the browser complained of, the refusal itself aside.
    complaints: list[str]


def hear(text: str, complaints: list[str]) -> None:
    """Keep a line of the console, unless it says that a request was refused.

    The page's own was; and an app without an icon answers 404 to the browser's.
    """
    if "the server responded with a status of" not in text:
        complaints.append(text)


@cache
def tab(browser: Browser, view: View, *, bypass_csp: bool) -> Page:
    """Open a tab, once for all tests: that takes longer than most of what they do."""
    context = browser.new_context(
        viewport={"width": view.width, "height": 720},
        color_scheme=view.scheme,
        bypass_csp=bypass_csp,
    )
    return context.new_page()


@contextmanager
def visit(
    browser: Browser, view: View, url: str, request: str, *, bypass_csp: bool = False
) -> Iterator[Visit]:
    """Go to the page that answers a request."""
    method, _, path = request.partition(" ")
    page = tab(browser, view, bypass_csp=bypass_csp)
    requests: list[str] = []
    complaints: list[str] = []
    listeners: dict[Any, Callable[[Any], None]] = {
        "request": lambda sent: requests.append(sent.url),
        "pageerror": lambda error: complaints.append(error.message),
        "console": lambda message: hear(message.text, complaints),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        response = page.goto(address(url, path, method))
        assert response is not None
        yield Visit(page, response, requests, complaints)
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


#: Elements that reach out of the page, or whose words reach out of them.
TOO_WIDE = """() => [...document.body.querySelectorAll("*")].filter(element => {
    const box = element.getBoundingClientRect()
    return box.left < 0 || box.right > document.documentElement.clientWidth + .5
        || (element.clientWidth && element.scrollWidth > element.clientWidth + 1)
}).map(element => element.outerHTML)"""
SCROLLS = "() => document.documentElement.scrollWidth > innerWidth"


def is_too_wide(page: Page) -> bool:
    """Tell whether a person would have to scroll sideways, or misses something."""
    return bool(page.evaluate(SCROLLS) or page.evaluate(TOO_WIDE))


def computed(page: Page, selector: str, name: str) -> str:
    """Read a property of an element's style as the browser applies it."""
    script = "(element, name) => getComputedStyle(element)[name]"
    return str(page.locator(selector).first.evaluate(script, name))


def check_content(page: Page, case: Case) -> None:
    """Check that what a case must show is there, in the roles that it has."""
    assert page.title() == case.title
    heading = page.get_by_role("main").get_by_role("heading", level=1)
    assert " ".join(heading.inner_text().split()) == case.title
    assert case.says in page.get_by_role("paragraph").first.inner_text()
    name = "Allowed methods" if case.status == 405 else "Supported methods"
    methods = page.get_by_role("list", name=name).get_by_role("listitem")
    assert methods.count() == page.locator("li").count() == case.listed
    assert tuple(page.get_by_role("link").all_inner_texts()) == case.links


@each_view
@each_case
def test_the_page(browser: Browser, url: str, case: Case, view: View) -> None:
    """All of it is there and in sight, styled, and nothing else is loaded or said."""
    with visit(browser, view, url, case.request) as (page, response, *brought):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{case.name}-{view}.png", full_page=True)
        assert response.status == case.status
        assert brought == [[response.url], []]
        check_content(page, case)
        assert not is_too_wide(page)
        ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}
        assert computed(page, "body", "backgroundColor") == ground[view.scheme]
        assert computed(page, "body", "maxWidth") == "544px"


@each_case
def test_large_text(browser: Browser, url: str, case: Case) -> None:
    """With text of twice the size nothing is lost, on a narrow phone even."""
    with visit(browser, PHONE, url, case.request) as (page, *_):
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert computed(page, "body", "fontSize") == "34px"
        assert not is_too_wide(page)


def test_what_is_too_wide_is_seen(browser: Browser, url: str) -> None:
    """The check of the width fails where words do not wrap."""
    with visit(browser, PHONE, url, "PUT /items") as (page, *_):
        page.evaluate("document.querySelector('p').style.whiteSpace = 'nowrap'")
        assert not is_too_wide(page)
        page.evaluate("document.querySelector('p').append('x'.repeat(99))")
        assert is_too_wide(page)


@pytest.mark.parametrize("view", [DESKTOP, DARK_DESKTOP], ids=str)
def test_the_next_step(browser: Browser, url: str, view: View) -> None:
    """The documentation is one press of a key away, and looks like it."""
    with visit(browser, view, url, "PUT /items") as (page, *_):
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name=DOCS)
        assert link.evaluate("link => link === document.activeElement")
        assert "/items?of=PUT" in (link.get_attribute("href") or "")
        assert computed(page, "a", "outlineStyle") == "solid"
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 40


# -- accessibility ---------------------------------------------------------------

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page: Page) -> dict[str, set[str]]:
    """Run axe-core; give the ids of the rules by what came of them."""
    page.evaluate(axe_core())
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return {
        outcome: {rule["id"] for rule in found[outcome]}
        for outcome in ("violations", "incomplete", "passes")
    }


@pytest.mark.parametrize("view", [PHONE, DARK_DESKTOP], ids=str)
@each_case
def test_accessibility(browser: Browser, url: str, case: Case, view: View) -> None:
    """axe-core finds nothing wrong and leaves nothing open: contrast, roles, order."""
    # The page's own policy lets no script in, not even this one.
    with visit(browser, view, url, case.request, bypass_csp=True) as (page, *_):
        found = axe(page)
        assert found["violations"] == set()
        assert found["incomplete"] == set()
        expected = {"color-contrast", "document-title", "html-has-lang", "region"}
        assert found["passes"] >= expected


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("document.querySelector('h2').style.color = '#999'", "color-contrast"),
        ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
        ("document.querySelector('h1').remove()", "page-has-heading-one"),
        ("document.querySelector('li').role = 'option'", "aria-required-parent"),
        ("document.querySelector('a').textContent = ''", "link-name"),
    ],
    ids=["contrast", "language", "heading", "list", "link"],
)
def test_what_is_wrong_is_seen(
    browser: Browser, url: str, script: str, rule: str
) -> None:
    """The check of accessibility fails where a page is made worse."""
    with visit(browser, PHONE, url, "PUT /items", bypass_csp=True) as (page, *_):
        page.evaluate(script)
        assert rule in axe(page)["violations"]


# -- policies --------------------------------------------------------------------


@contextmanager
def visit_under(browser: Browser, view: View, policy: str) -> Iterator[Visit]:
    """Open a page of an app that sends a policy of its own."""
    app = make_app()

    @app.after_request
    def set_policy(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = policy
        return response

    with served(app) as url, visit(browser, view, url, CASES[0].request) as visited:
        fields = visited.response.headers_array()
        sent = [field["value"] for field in fields if "Policy" in field["name"]]
        assert sent == [policy]
        yield visited


def test_its_policy_lets_no_script_in(browser: Browser, url: str) -> None:
    """The page's own policy refuses what is not its own style, and says so."""
    with visit(browser, PHONE, url, "PUT /items") as (page, _, _, complaints):
        for tag, text in [("script", "document.title = ''"), ("style", "p { top: 0 }")]:
            page.evaluate(
                "([tag, text]) => {const made = document.createElement(tag);"
                " made.textContent = text; document.head.append(made)}",
                [tag, text],
            )
        assert page.title() == "405 Method Not Allowed"
        assert len(complaints) == 2
        assert all("Content Security Policy" in text for text in complaints)


def test_an_open_policy(browser: Browser) -> None:
    """An app's own policy takes the place of the page's, whatever it allows."""
    policy = "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    with visit_under(browser, PHONE, policy) as (page, _, _, complaints):
        page.evaluate(
            "const made = document.createElement('script');"
            "made.textContent = 'document.title = 1'; document.head.append(made)"
        )
        assert page.title() == "1"
        assert complaints == []
        assert computed(page, "body", "maxWidth") == "544px"


@pytest.mark.parametrize("view", [PHONE, DARK_PHONE], ids=str)
def test_a_strict_policy(browser: Browser, view: View) -> None:
    """Where an app's policy forbids the style, the page is plain and still whole."""
    policy = "default-src 'self'; object-src 'none'"
    with visit_under(browser, view, policy) as (page, _, _, complaints):
        assert len(complaints) == 1
        assert "style" in complaints[0]
        assert computed(page, "body", "maxWidth") == "none"
        check_content(page, CASES[0])
        assert not is_too_wide(page)
        ink = {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}
        assert computed(page, "body", "color") == ink[view.scheme]
