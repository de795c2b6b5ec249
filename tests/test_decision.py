"""The table, row by row, with no request in sight."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from flask_method_guard.decision import (
    TABLE,
    Reason,
    Routing,
    Situation,
    decide,
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
    retired: bool = False
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
    "retired": ({"retired": True}, Reason.RETIRED, 405),
    "matched": ({}, Reason.ALLOWED, None),
    "refused": ({"routing": Routing.UNMATCHED}, Reason.NOT_ALLOWED, 405),
    "not found": (
        {"routing": Routing.UNMATCHED, "allowed_methods": ()},
        Reason.NOT_FOUND,
        404,
    ),
}


@pytest.mark.parametrize("allowed", [("GET",), ()])
@pytest.mark.parametrize(("asterisk", "retired"), [*product([False, True], repeat=2)])
def test_where_no_route_takes_a_known_method_two_rows_are_left(
    asterisk: bool, retired: bool, allowed: tuple[str, ...]
) -> None:
    """Nothing but ``Allow`` decides then, unless the method is OPTIONS."""
    verdict = decide(
        situation(
            routing=Routing.UNMATCHED,
            asterisk=asterisk,
            retired=retired,
            allowed_methods=allowed,
        )
    )
    assert verdict.reason is (Reason.NOT_ALLOWED if allowed else Reason.NOT_FOUND)


@pytest.mark.parametrize(("facts", "reason", "status"), ROWS.values(), ids=ROWS.keys())
def test_each_row_decides(
    facts: dict[str, Any], reason: Reason, status: int | None
) -> None:
    """Every row decides what it names."""
    verdict = decide(situation(**facts))
    assert (verdict.reason, verdict.status) == (reason, status)


def test_a_reason_is_its_text() -> None:
    """A reason is equal to its text, and so is found by it."""
    assert {Reason.NOT_ALLOWED: 405}["not-allowed"] == 405  # type: ignore[index]


def test_each_reason_has_one_row() -> None:
    """The table names every reason once, in the order of the reasons."""
    assert [row.reason for row in TABLE] == list(Reason)


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
        (Reason.NOT_ALLOWED, {"routing": Routing.UNMATCHED, "retired": True}),
    ],
    ids=str,
)
def test_the_first_row_wins(first: Reason, facts: dict[str, Any]) -> None:
    """Where two rows hold, the upper one decides."""
    assert decide(situation(**facts)).reason is first


def test_every_situation_has_a_verdict() -> None:
    """The rows cover all combinations of facts, and only a 405 has an Allow."""
    for supported, asterisk, routing, retired, allowed in product(
        (True, False), (True, False), Routing, (True, False), ((), ("GET",))
    ):
        verdict = decide(
            situation(
                supported=supported,
                asterisk=asterisk,
                routing=routing,
                retired=retired,
                allowed_methods=allowed,
            )
        )
        assert verdict.allowed_methods == (allowed if verdict.status == 405 else ())


@pytest.mark.parametrize("routing", [Routing.MATCHED, Routing.ANSWERED])
def test_allow_is_not_looked_up_in_vain(routing: Routing) -> None:
    """A served or redirected request costs no look-up in the router."""
    facts: Any = SimpleNamespace(**vars(Facts(routing=routing)))
    del facts.allowed_methods
    assert decide(facts).status is None


def test_a_raw_method_counts_for_the_token() -> None:
    """Upper-casing does not make a token of a method that is none."""
    verdict = decide(situation(raw_method="GLAßY", method="GLASSY"))
    assert verdict.reason is Reason.INVALID_TOKEN


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


def test_a_reason_prints_its_name() -> None:
    """Logs and templates show the name alone."""
    assert f"{Reason.NOT_ALLOWED}" == str(Reason.NOT_ALLOWED) == "not-allowed"
