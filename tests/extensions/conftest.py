"""Marks each test of this folder, so that it can be left out or asked for alone."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from .kit import need


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the marker ``extensions`` to what this folder brings."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("extensions")


@pytest.fixture
def sentry_events() -> Iterator[list[dict[str, t.Any]]]:
    """Start Sentry with a transport that keeps what it is given."""
    sdk = need("sentry_sdk", "sentry-sdk")
    integration = need("sentry_sdk.integrations.flask", "sentry-sdk")
    transport = need("sentry_sdk.transport", "sentry-sdk")
    events: list[dict[str, t.Any]] = []

    class Keep(transport.Transport):  # type: ignore[misc, name-defined]
        """Keep events in place of sending them."""

        def capture_envelope(self, envelope: t.Any) -> None:
            """Unpack an envelope."""
            events.extend(item.payload.json for item in envelope.items)

    sdk.init(
        dsn="http://key@localhost/1",
        transport=Keep,
        traces_sample_rate=1.0,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[integration.FlaskIntegration()],
    )
    yield events
    sdk.get_client().close()
    sdk.init()
