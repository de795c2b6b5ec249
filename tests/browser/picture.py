"""The picture of the error page that the README shows: light and dark, side by side."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from flask.app import Flask

from flask_method_guard import MethodGuard

from .harness import ROOT, address, chromium, missing, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURE = ROOT / "docs" / "_static" / "error-page.png"
_WIDTH, _HEIGHT = 440, 400
_SHEET = """<style>
body {{ margin: 0; display: flex }}
img {{ width: 50%; outline: 1px solid #8c959f; outline-offset: -1px }}
</style>{}"""


def example_app() -> Flask:
    """Make an app in which a method was retired."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        METHOD_GUARD_DOCS_URL="https://docs.example.com/{endpoint}",
        METHOD_GUARD_ENFORCE_SUNSET=True,
        METHOD_GUARD_DEPRECATED_METHODS={
            "PUT": {
                "sunset": "2026-03-01",
                "link": "https://docs.example.com/migrate",
                "notice": "Use PATCH.",
            }
        },
    )
    MethodGuard(app)
    methods = ["GET", "PUT", "PATCH"]
    app.add_url_rule("/items", "items", lambda: "items", methods=methods)
    return app


def take(browser: Browser, target: Path) -> None:
    """Take the picture."""
    halves = []
    with served(example_app()) as url:
        for scheme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme=scheme
            )
            page.goto(address(url, "/items", "PUT"))
            halves.append(b64encode(page.screenshot()).decode())
            page.close()
    images = "".join(f'<img src="data:image/png;base64,{half}">' for half in halves)
    sheet = browser.new_page(viewport={"width": 2 * _WIDTH, "height": _HEIGHT})
    sheet.set_content(_SHEET.format(images))
    sheet.screenshot(path=target)
    sheet.close()


def main() -> None:
    """Write the picture where the documentation has it."""
    if absent := missing():
        sys.exit(f"Not installed: {', '.join(absent)}.")
    with chromium() as browser:
        take(browser, PICTURE)


if __name__ == "__main__":
    main()
