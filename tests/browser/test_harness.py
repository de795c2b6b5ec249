"""The harness itself: what is missing is named."""

from __future__ import annotations

import pytest

from . import harness
from .conftest import require


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        pytest.param("", pytest.skip.Exception, id="skipped"),
        pytest.param("1", pytest.fail.Exception, id="failed where it must be"),
    ],
)
def test_a_missing_browser_is_named(
    monkeypatch: pytest.MonkeyPatch, setting: str, outcome: type[BaseException]
) -> None:
    """Both the program and what drives it are looked for."""
    monkeypatch.setenv("METHOD_GUARD_REQUIRE_ALL", setting)
    monkeypatch.setattr(harness, "PROGRAMS", ("no-such-program",))
    monkeypatch.setattr(harness, "MODULES", ("no_such_module",))
    with pytest.raises(outcome, match="need no_such_module, no-such-program, which"):
        require()
