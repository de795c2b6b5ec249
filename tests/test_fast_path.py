"""The fast path lets a request pass only where the table does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

from flask import Flask

from flask_method_guard.decision import Reason, decide
from tests.test_properties import (
    EVERY_ROUND,
    MAPS,
    ROUNDS,
    UNKNOWN,
    Ask,
    Case,
    cases,
    repeatable,
    search,
)


def passes(app: Flask, ask: Ask, method: str) -> Reason | None:
    """Return what the table says of a request that the fast path lets pass."""
    guard = app.extensions["method_guard"]
    ctx = app.request_context(ask.environ(method))
    with app.app_context():
        if ctx.url_adapter is None:
            return None
        try:
            ctx.match_request()
        except ZeroDivisionError:  # a converter that crashes
            return None
        situation = guard.situation(ctx)
        snapshot, error = guard.snapshot, ctx.request.routing_exception
        deprecated_at = snapshot.settled.get(method, {ctx.request.endpoint})
        is_pass = (
            ctx.request.endpoint not in deprecated_at
            # An app's Request class can show the view another method.
            and method == ctx.request.method == ctx.url_adapter.default_method
            and (
                error is None or snapshot.is_certain_404(error, method, ctx.url_adapter)
            )
        )
        return decide(situation).reason if is_pass else None


METHODS = (*UNKNOWN, "GET", "HEAD", "POST", "PUT", "OPTIONS", "get", "")
PLAIN = {"a", "b", "<string:{0}>", "<int:{0}>", "<uuid:{0}>", "<path:{0}>"}


def plain(case: Case) -> Case:
    """Leave out what makes a map doubtful, so that some 404s are certain."""
    rules = tuple(
        replace(rule, kind="view", slash=False, merge=None)
        for rule in case.rules
        if PLAIN.issuperset(rule.pieces)
    )
    return replace(case, rules=rules, merge_slashes=True, default="string")


@EVERY_ROUND
def test_what_passes_is_allowed_or_not_found(number: int) -> None:
    """Over random maps, the table says ``allowed`` or ``not-found`` of what passes."""
    seen: Counter[Reason] = Counter()
    maps = -(-MAPS // (4 * ROUNDS))

    @search(number, maps, cases())
    def check(case: Case) -> None:
        for app in (case.app(guarded=True), plain(case).app(guarded=True)):
            for ask, method in product(case.asks, METHODS):
                reason = passes(app, ask, method)
                if reason is not None:
                    seen[reason] += 1

    with repeatable("what_passes", number, maps):
        check()
    if MAPS >= 200:
        assert seen.keys() == {Reason.ALLOWED, Reason.NOT_FOUND}
