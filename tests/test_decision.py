"""The table, row by row, and the fast path that is computed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from flask_method_guard import MethodGuard, decision
from flask_method_guard.decision import (
    TABLE,
    Reason,
    Routing,
    Row,
    Situation,
    decide,
    is_settled,
    is_token,
)


@dataclass(frozen=True)
class Facts:
    """The facts of a served GET."""

    raw_method: str = "GET"
    method: str = "GET"
    supported: bool = True
    asterisk: bool = False
    routing: Routing = Routing.MATCHED
    gone: bool = False
    retired: bool = False
    brownout: bool = False
    allowed_methods: tuple[str, ...] = ("GET", "HEAD")


def situation(**facts: Any) -> Situation:
    """Describe a served GET, with the given facts instead."""
    return Facts(**{"raw_method": facts.get("method", "GET"), **facts})


ROWS: dict[str, tuple[dict[str, Any], Reason, int | None]] = {
    "invalid": ({"method": "A B"}, Reason.INVALID_TOKEN, 400),
    "empty": ({"method": ""}, Reason.INVALID_TOKEN, 400),
    "unsupported": ({"supported": False}, Reason.NOT_IMPLEMENTED, 501),
    "asterisk": (
        {"method": "OPTIONS", "asterisk": True},
        Reason.SERVER_OPTIONS,
        200,
    ),
    "asterisk of another method": ({"asterisk": True}, Reason.ALLOWED, None),
    "redirected": ({"routing": Routing.ANSWERED}, Reason.REDIRECT, None),
    "gone": ({"gone": True, "retired": True}, Reason.GONE, 410),
    "gone, and never routed": (
        {"gone": True, "routing": Routing.UNMATCHED, "allowed_methods": ()},
        Reason.GONE,
        410,
    ),
    "retired": ({"retired": True}, Reason.RETIRED, 405),
    "browned out": ({"brownout": True}, Reason.BROWNOUT, 405),
    "matched": ({}, Reason.ALLOWED, None),
    "refused": ({"routing": Routing.UNMATCHED}, Reason.NOT_ALLOWED, 405),
    "not found": (
        {"routing": Routing.UNMATCHED, "allowed_methods": ()},
        Reason.NOT_FOUND,
        404,
    ),
}


@pytest.mark.parametrize(("facts", "reason", "status"), ROWS.values(), ids=ROWS.keys())
def test_each_row_decides(
    facts: dict[str, Any], reason: Reason, status: int | None
) -> None:
    """Every row decides what it names."""
    found = decide(situation(**facts))
    assert (found.reason, found.status) == (reason, status)


def test_each_reason_has_one_row() -> None:
    """The table names every reason once, in the order of the reasons."""
    assert [row.reason for row in TABLE] == list(Reason)


def test_a_table_without_a_row_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that lacks an answer is an error, not an answer."""
    monkeypatch.setattr(decision, "TABLE", TABLE[:-1])
    with pytest.raises(LookupError, match="no row"):
        decide(situation(routing=Routing.UNMATCHED, allowed_methods=()))


@pytest.mark.parametrize(
    ("first", "facts"),
    [
        (Reason.INVALID_TOKEN, {"method": "", "supported": False}),
        (
            Reason.NOT_IMPLEMENTED,
            {"method": "OPTIONS", "supported": False, "asterisk": True},
        ),
        (
            Reason.SERVER_OPTIONS,
            {"method": "OPTIONS", "asterisk": True, "routing": Routing.ANSWERED},
        ),
        (Reason.REDIRECT, {"routing": Routing.ANSWERED, "retired": True}),
        (Reason.REDIRECT, {"routing": Routing.ANSWERED, "gone": True}),
        (Reason.GONE, {"routing": Routing.UNMATCHED, "gone": True}),
        (Reason.NOT_ALLOWED, {"routing": Routing.UNMATCHED, "retired": True}),
    ],
    ids=str,
)
def test_the_first_row_wins(first: Reason, facts: dict[str, Any]) -> None:
    """Where two rows hold, the upper one decides."""
    assert decide(situation(**facts)).reason is first


def test_every_situation_has_a_row() -> None:
    """The last row holds for every combination of facts."""
    for supported, asterisk, routing, retired, allowed in product(
        (True, False), (True, False), Routing, (True, False), ((), ("GET",))
    ):
        row = decide(
            situation(
                supported=supported,
                asterisk=asterisk,
                routing=routing,
                retired=retired,
                allowed_methods=allowed,
            )
        )
        assert row in TABLE
    assert TABLE[-1].holds(situation())


@pytest.mark.parametrize("routing", [Routing.MATCHED, Routing.ANSWERED])
def test_allow_is_not_looked_up_needlessly(routing: Routing) -> None:
    """A served or redirected request needs no look-up in the router."""
    facts: Any = SimpleNamespace(**vars(Facts(routing=routing)))
    del facts.allowed_methods
    assert decide(facts).status is None


# -- the fast path ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "settled"),
    [
        ("GET", True),
        ("PROPFIND", True),
        # OPTIONS may be sent to the server as a whole.
        ("OPTIONS", False),
        ("A B", False),
        ("", False),
    ],
)
def test_settled(method: str, settled: bool) -> None:
    """A method is settled if the table lets it pass at every URL."""
    assert is_settled(method) is settled
    # Everywhere but at *, OPTIONS is like any other method.
    assert is_settled(method, [False]) is (settled or method == "OPTIONS")


def row(reason: Reason, holds: Callable[[Situation], bool]) -> Row:
    """Make a row of the table."""
    return Row(reason, "a test says so", "what it says", 405, "none", holds)


@pytest.mark.parametrize(
    ("new", "settled"),
    [
        (row(Reason.NOT_ALLOWED, lambda it: it.raw_method == "GET"), False),
        (row(Reason.NOT_ALLOWED, lambda it: it.routing is Routing.UNMATCHED), False),
        (row(Reason.NOT_ALLOWED, lambda it: it.asterisk), False),
        (row(Reason.NOT_ALLOWED, lambda it: "PUT" in it.allowed_methods), False),
        (row(Reason.NOT_ALLOWED, lambda it: it.method == "PUT"), True),
        (row(Reason.RETIRED, lambda it: it.retired), True),
    ],
    ids=["method", "routing", "asterisk", "a fact of the URL", "other", "retired"],
)
def test_a_new_row_counts_for_the_fast_path(
    new: Row, settled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast path asks the table, so it cannot disagree with it."""
    monkeypatch.setattr(decision, "TABLE", (new, *TABLE))
    assert is_settled("GET") is settled


def test_a_row_with_an_unknown_fact_fails_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that reads a fact nobody knows fails in init_app, not in a request."""
    new = row(Reason.NOT_ALLOWED, lambda it: it.weather)  # type: ignore[attr-defined]
    monkeypatch.setattr(decision, "TABLE", (new, *TABLE))
    app = Flask(__name__)
    with pytest.raises(AttributeError, match="weather"):
        MethodGuard(app)
    assert not app.extensions
    assert not app.before_request_funcs


def test_a_raw_method_counts_for_the_token() -> None:
    """Upper-casing does not make a token of a method that is none."""
    found = decide(situation(raw_method="GLAßY", method="GLASSY"))
    assert found.reason is Reason.INVALID_TOKEN


@pytest.mark.parametrize("text", ["GET", "get", "--", "!#$%&'*+-.^_`|~0aZ", "A" * 999])
def test_tokens(text: str) -> None:
    """Each token character of RFC 9110 §5.6.2 may stand in a method."""
    assert is_token(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "A B", "A\n", "\nA", "A\r\nB", "A\tB", "A\0", "<script>", "A/B", "É", "ß"]
    + [f"A{char}B" for char in '"(),/:;<=>?@[\\]{}\x7f'],
    ids=ascii,
)
def test_no_tokens(text: str) -> None:
    """Delimiters, white space, controls and what is not ASCII make no token."""
    assert not is_token(text)
