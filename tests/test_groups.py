"""Groups of methods in METHOD_GUARD_SUPPORTED_METHODS: what an app supports, and why.

The model is written out here; the judge of ``Allow`` is Werkzeug's own dispatch, over
the random maps of :mod:`tests.test_properties`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.wrappers import Request

from flask_method_guard import (
    DEFAULT_METHODS,
    STANDARD_METHODS,
    MethodGuard,
    report,
)
from flask_method_guard.cli import methods
from tests.raw_wsgi import Answer, ask, run
from tests.test_properties import MAPS, SEED, TOKEN, Case, add_rule, cases

SEVEN = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
STANDARD = SEVEN | {"CONNECT", "TRACE", "QUERY"}

GROUPS = ("default", "routes", "standard", "*")
ITEMS = (*GROUPS, "default", "routes", "standard", "PURGE", "foo", "Query", "OPTIONS")


# -- the model ----------------------------------------------------------------------


def declared(app: Flask) -> set[str]:
    """Return the methods that the rules of an app declare."""
    rules = app.url_map.iter_rules()
    return {m for r in rules if not r.build_only for m in r.methods or ()}


def any_is_declared(app: Flask) -> bool:
    """Return whether a rule of the app accepts every method."""
    rules = app.url_map.iter_rules()
    return any(r.methods is None for r in rules if not r.build_only)


def named(items: Iterable[str], app: Flask) -> set[str]:
    """Return the supported methods that have a name."""
    items = set(items)
    found = {"GET", "HEAD"} | {m.upper() for m in items.difference(GROUPS)}
    everything = supports_any(items, app)
    if everything or "default" in items:
        found |= SEVEN
    if "standard" in items:
        found |= STANDARD
    if everything or "routes" in items:
        found |= {m for m in declared(app) if TOKEN.fullmatch(m)}
    return found


def supports_any(items: Iterable[str], app: Flask) -> bool:
    """Return whether every method is supported."""
    return "*" in items or ("routes" in items and any_is_declared(app))


# -- random maps --------------------------------------------------------------------


@st.composite
def settings_of_groups(draw: st.DrawFn) -> tuple[list[str], Any]:
    """Draw some methods and groups, and the same as a configuration has them."""
    items = draw(st.lists(st.sampled_from(ITEMS), max_size=4))
    kinds: list[Any] = [list, tuple, set, frozenset]
    if items:
        kinds += [",".join, lambda each: f" {' , '.join(each)},"]
    return items, draw(st.sampled_from(kinds))(items)


def calm(case: Case) -> Case:
    """Return a case without what else may answer: hooks, handlers and sunsets."""
    quiet: dict[str, Any] = {"enforce_sunset": False, "deprecated": {}, "handlers": ()}
    quiet |= {"hook": "none", "marks": {}, "view": "ok"}

    def calmed(value: Any) -> Any:
        known = {item.name for item in fields(value)}
        return replace(value, **{k: v for k, v in quiet.items() if k in known})

    rules, later = map(calmed, case.rules), map(calmed, case.later)
    calmed_case: Case = calmed(case)
    return replace(calmed_case, rules=tuple(rules), later=tuple(later))


class Oracle:
    """What Werkzeug's own dispatch says of one request's URL."""

    def __init__(self, bare: Flask, environ: dict[str, Any]) -> None:
        self.adapter = bare.create_url_adapter(Request(environ))  # type: ignore[arg-type]

    def dispatch(self, method: str) -> Rule | Exception:
        """Return the rule of a method, or what the router raises."""
        assert self.adapter is not None
        try:
            return self.adapter.match(method=method, return_rule=True)[0]
        except Exception as error:  # noqa: BLE001 -- a converter can raise anything
            return error

    def is_refused(self, method: str) -> bool:
        """Return whether the router refuses a method with 404 or 405."""
        return isinstance(self.dispatch(method), NotFound | MethodNotAllowed)

    def takes(self, method: str) -> bool:
        """Return whether a method dispatches or redirects."""
        return isinstance(self.dispatch(method), Rule | RequestRedirect)

    def is_crashing(self, methods: Iterable[str]) -> bool:
        """Return whether a converter crashes, so that nobody knows the answer."""
        found = map(self.dispatch, methods)
        return any(not isinstance(it, HTTPException | Rule) for it in found)


def check_answer(
    answer: Answer, method: str, oracle: Oracle, items: list[str], bare: Flask
) -> str:
    """Compare an answer with the model; return what kind it was."""
    if not TOKEN.fullmatch(method):
        assert answer.status == 400
        return "400"
    if not supports_any(items, bare) and method not in named(items, bare):
        assert (answer.status, answer.get("Allow")) == (501, None)
        assert method not in ("GET", "HEAD")
        return "501"
    assert answer.status != 501
    if not oracle.is_refused(method):
        return "dispatched"
    allowed = set(filter(oracle.takes, named(items, bare)))
    assert answer.status == (405 if allowed else 404)
    if allowed:
        assert answer.get("Allow") == ", ".join(sorted(allowed))
    return str(answer.status)


def check_case(case: Case, items: list[str]) -> Iterator[str]:
    """Send each method to each URL, with the rules that are added later and before."""
    bare, guarded = case.app(guarded=False), case.app(guarded=True)
    for number, spec in enumerate((None, *case.later)):
        if spec is not None:
            for app in (bare, guarded):
                add_rule(app, f"later{number}", spec)
        for url in case.asks:
            if url.path == "*":
                continue
            oracle = Oracle(bare, url.environ("GET"))
            methods = sorted(STANDARD | declared(bare) | {"PURGE", "FOO", *url.odd})
            if oracle.is_crashing(methods):
                continue
            for method in methods:
                answer = run(guarded, url.environ(method))
                yield check_answer(answer, method, oracle, items, bare)


def test_every_combination_of_groups_over_random_maps() -> None:
    """A method is 501 if no item of the setting stands for it, and Allow is exact."""
    seen: set[str] = set()

    @seed(SEED)
    @settings(
        max_examples=MAPS // 6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(cases(), settings_of_groups())
    def check(case: Case, setting: tuple[list[str], Any]) -> None:
        items, value = setting
        case = replace(calm(case), supported=value, case_sensitive=True)
        seen.update(check_case(case, items))

    check()
    if MAPS >= 200:
        assert seen == {"400", "501", "dispatched", "405", "404"}


# -- the words ----------------------------------------------------------------------


def make_app(supported: Any = None) -> Flask:
    """Make a guarded app that routes PURGE, with a value of the setting."""
    app = Flask(__name__, static_folder=None)
    app.config["METHOD_GUARD_SUPPORTED_METHODS"] = supported
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "ok", methods=["GET", "POST", "PURGE"])
    return app


def test_exported_lists() -> None:
    """The two lists can be imported, and are those of the groups."""
    assert set(DEFAULT_METHODS) == SEVEN
    assert set(STANDARD_METHODS) == STANDARD


@pytest.mark.parametrize(
    ("supported", "why"),
    [
        (None, "the default methods, and what the routes declare"),
        ("*", "{key} contains '*': every method"),
        (
            ["default", "routes", "query"],
            "{key}: the default methods, what the routes declare, QUERY; {always}",
        ),
        (["standard"], "{key}: the standard methods; {always}"),
        ([], "{key}: {always}"),
    ],
    ids=["unset", "star", "extended", "standard", "empty"],
)
def test_why_in_words(supported: Any, why: str) -> None:
    """The inventory, and so ``flask methods``, says which groups are in force."""
    always = "GET and HEAD are always supported"
    why = why.format(key="METHOD_GUARD_SUPPORTED_METHODS", always=always)
    app = make_app(supported)
    assert report.inventory(app).why == why
    output = app.test_cli_runner().invoke(methods).output
    assert why in " ".join(output.split())


@pytest.mark.parametrize("websocket", [False, True])
def test_why_names_the_rule_that_accepts_every_method(websocket: bool) -> None:
    """One rule without methods makes every method supported, and is named."""
    app = make_app()
    app.url_map.add(Rule("/any", endpoint="index", websocket=websocket))
    found = report.inventory(app)
    assert found.supported_methods[0] == "*"
    assert found.why == "every method, because /any accepts every method"
    assert ask(app, "FOO").status == 405
