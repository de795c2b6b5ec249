"""One browser and one server for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .harness import chromium, missing, served
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
