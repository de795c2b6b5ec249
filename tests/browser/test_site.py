"""The documentation in a browser: what a reader finds, copies and sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.docs.build import DOCS

from .harness import axe_core
from .test_page import RULES, SCROLLS, View

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = sorted(
    path.relative_to(DOCS).with_suffix(".html").as_posix()
    for path in DOCS.rglob("*.md")
    if "_build" not in path.parts
)

#: Each width and each scheme once, because axe takes seconds for a long page.
VIEWS = (View(390, "light"), View(1280, "dark"))

#: What readers look for, and the page that must come first.
SEARCHES = {
    "400": "explanation/decision",
    "404": "explanation/decision",
    "405": "explanation/decision",
    "501": "explanation/decision",
    "405 Method Not Allowed": "explanation/decision",
    "Allow": "reference/behaviour",
    "QUERY": "howto/custom-methods",
    "WebDAV": "howto/custom-methods",
    "Schemathesis": "faq",
    "Prometheus": "howto/observability",
    "nginx": "howto/proxies",
    "gunicorn": "reference/servers",
    "Flask-CORS": "reference/extensions",
    "before_request": "explanation/hook",
    "errorhandler": "howto/error-bodies",
    "flask-smorest": "howto/restx-smorest",
    "METHOD_GUARD_DRAIN_LIMIT": "reference/configuration",
    "deprecate": "howto/retire-a-method",
    "retire": "howto/retire-a-method",
    "sunset": "howto/retire-a-method",
    "brownout": "howto/retire-a-method",
    "CORS": "howto/around",
    "login": "howto/around",
    "lowercase": "reference/behaviour",
    "swagger": "howto/openapi",
    "OpenAPI": "howto/openapi",
    "410": "explanation/decision",
    "install": "tutorial",
    "version": "howto/retire-a-version",
}


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    """Look at every page in one way, then in the other."""
    chosen: View = request.param
    return chosen


@pytest.fixture(scope="module")
def tab(browser: Browser, view: View) -> Iterator[Page]:
    """Open one tab for all pages of a view."""
    context = browser.new_context(
        viewport={"width": view.width, "height": 900}, color_scheme=view.scheme
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    """Open a tab that may read the clipboard."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


#: How many elements scroll sideways by themselves.
SIDEWAYS = """(selector) => [...document.querySelectorAll(selector)].filter(
    element => element.scrollWidth > element.clientWidth + 1).length"""
#: The rules that a page breaks. Leaving out the others makes axe twice as fast.
AXE = """rules => axe.run({runOnly: rules, resultTypes: ["violations"], preload: false})
    .then(found => found.violations.map(rule => rule.id))"""


@pytest.mark.parametrize("page", PAGES)
def test_a_page(site: str, tab: Page, view: View, page: str) -> None:
    """Nothing is out of sight on a page, and axe finds nothing wrong with it."""
    tab.goto(f"{site}/{page}")
    assert not tab.evaluate(SCROLLS)
    if view.width == 1280:
        assert tab.evaluate(SIDEWAYS, ".table-wrapper") == 0
    ground = tab.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (view.scheme == "light")
    tab.evaluate(axe_core())
    assert tab.evaluate(AXE, RULES) == []


def test_the_decision_fits_a_phone(site: str, browser: Browser) -> None:
    """Each answer of the drawing is in sight, below its question."""
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(f"{site}/explanation/decision.html")
    questions = page.locator(".decision .question").all()
    answers = page.locator(".decision .answer").all()
    assert len(questions) == len(answers) > 7
    for question, answer in zip(questions, answers, strict=True):
        above, below = question.bounding_box(), answer.bounding_box()
        assert above is not None
        assert below is not None
        assert above["y"] + above["height"] <= below["y"]
        assert below["x"] + below["width"] <= 390
    page.close()


@pytest.mark.parametrize(("query", "expected"), SEARCHES.items())
def test_a_search(site: str, desk: Page, query: str, expected: str) -> None:
    """The first result is the page that answers the question."""
    desk.goto(f"{site}/search.html?q={query.replace(' ', '+')}")
    desk.wait_for_function("document.querySelector('.search-summary')?.innerText")
    first = desk.locator("#search-results li a").first.get_attribute("href") or ""
    assert first.partition(".html")[0] == expected


@pytest.mark.parametrize(
    ("page", "number", "copied"),
    [
        pytest.param(
            "tutorial",
            0,
            "mkdir shop\ncd shop\npython3 -m venv .venv\n. .venv/bin/activate\n"
            "pip install git+https://github.com/example/flask-method-guard pytest",
            id="console",
        ),
        pytest.param(
            "howto/docs-links",
            1,
            'response = app.test_client().put("/items/3")\n'
            'response.json["docs"]\nresponse.headers["Link"]',
            id="session",
        ),
        pytest.param(
            "index",
            0,
            "from flask import Flask, abort, request\n"
            "from flask_method_guard import MethodGuard\n\n"
            "app = Flask(__name__)\nMethodGuard(app)",
            id="code",
        ),
    ],
)
def test_a_copied_block(
    site: str, desk: Page, page: str, number: int, copied: str
) -> None:
    """The copy button takes what a reader types: no prompt and no output."""
    desk.goto(f"{site}/{page}.html")
    block = desk.locator("div.highlight").nth(number)
    block.hover()
    block.locator("button.copybtn").click()
    assert desk.evaluate("navigator.clipboard.readText()") == copied
