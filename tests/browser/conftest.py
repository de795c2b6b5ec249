"""One browser and one server for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.build import build

from .harness import chromium, missing, served, served_folder
from .pages import make_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def require() -> None:
    """Skip where the browser or its driver is not here, or fail where it must be."""
    if absent := missing():
        reason = f"the browser tests need {', '.join(absent)}, which is not installed"
        if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    require()
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Serve the app of the pages."""
    with served(make_app()) as served_at:
        yield served_at


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documentation; its playground takes Python from the site itself."""
    require()
    return build(
        tmp_path_factory.mktemp("site"), "-D", "playground_runtime=_static/pyodide/"
    )


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """Serve the documentation, since a page opened as a file has no clipboard."""
    with served_folder(html) as served_at:
        yield served_at
