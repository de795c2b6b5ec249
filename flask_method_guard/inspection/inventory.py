"""The inventory: the URLs of an app, and the methods of each, as plain values."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import Settings
from ..decision import is_token
from ..urlmap import MethodIndex, rule_text, url_rules
from .apps import App, Guard, guard_of
from .text import url_order


@dataclass(frozen=True)
class Route:
    """A URL and the methods that its rules declare."""

    #: The URL rule, with its host if it has one.
    rule: str
    endpoint: str
    #: The methods that are served, sorted; ``*`` stands for every method.
    methods: tuple[str, ...]
    #: The methods that the rule declares and that are refused, with the status.
    refused: tuple[tuple[str, int], ...]
    #: The methods that are served and deprecated, sorted.
    deprecated: tuple[str, ...] = ()
    #: The methods that nobody wrote down, sorted: OPTIONS that Flask answers, and
    #: HEAD that is treated as GET is.
    automatic: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return {
            "rule": self.rule,
            "endpoint": self.endpoint,
            "methods": list(self.methods),
            "refused": dict(self.refused),
            "deprecated": list(self.deprecated),
            "automatic": list(self.automatic),
        }


@dataclass(frozen=True)
class Inventory:
    """What an app serves."""

    #: The methods that are not answered with 501, sorted; ``*`` stands for every
    #: other one.
    supported_methods: tuple[str, ...]
    #: Why these, in words.
    why: str
    routes: tuple[Route, ...]

    def as_json(self) -> dict[str, object]:
        """Give the value as JSON has it."""
        return {
            "supported_methods": list(self.supported_methods),
            "routes": [route.as_json() for route in self.routes],
        }


def inventory(app: App) -> Inventory:
    """List what an app serves: its URLs, and the methods of each.

    :param app: a Flask app.
    :return: the routes, sorted by URL; what is supported, and why.
    :raises NoGuardError: if the app has no guard.
    """
    guard = guard_of(app)
    index = guard.index(app)
    grouped: dict[tuple[str, str], list[Any]] = {}
    for rule in url_rules(app.url_map):
        grouped.setdefault((rule_text(rule), rule.endpoint), []).append(rule)
    everything = ("*",) if index.everything else ()
    return Inventory(
        supported_methods=everything + index.supported_names,
        why=_why_supported(guard.settings, index, app),
        routes=tuple(
            _route(guard, index, text, rules)
            for (text, _), rules in sorted(
                grouped.items(), key=lambda item: (url_order(item[0][0]), item[0][1])
            )
        ),
    )


def _route(guard: Guard, index: MethodIndex, text: str, rules: list[Any]) -> Route:
    served: set[str] = set()
    refused: dict[str, int] = {}
    for rule in rules:
        if rule.methods is None and index.everything:
            served.add("*")
        for method in index.named if rule.methods is None else rule.methods:
            if not is_token(method):
                refused[method] = 400
            elif not index.supports(method):
                refused[method] = 501
            elif guard.is_retired(rule, method):
                refused[method] = 405
            else:
                served.add(method)
    methods = ("*",) if "*" in served else tuple(sorted(served))
    endpoint = rules[0].endpoint
    deprecated = {m for m in served if guard.deprecation(endpoint, m) is not None}
    return Route(
        text,
        endpoint,
        methods,
        tuple(sorted(refused.items())),
        tuple(sorted(deprecated)),
        tuple(_automatic(rules, refused, deprecated)),
    )


def _automatic(
    rules: list[Any], refused: Mapping[str, int], deprecated: Container[str]
) -> Iterator[str]:
    """List the methods of a route that nobody wrote down."""
    declared = {m for rule in rules for m in rule.methods or ()}
    get, head = (
        (method in deprecated, refused.get(method)) for method in ("GET", "HEAD")
    )
    if {"GET", "HEAD"} <= declared and get == head:
        yield "HEAD"
    if all(getattr(rule, "provide_automatic_options", False) for rule in rules):
        yield "OPTIONS"


def _why_supported(settings: Settings, index: MethodIndex, app: App) -> str:
    setting = settings.supported_methods
    if setting == "*":
        return "METHOD_GUARD_SUPPORTED_METHODS is '*': every method"
    if isinstance(setting, frozenset):
        return "METHOD_GUARD_SUPPORTED_METHODS lists them; GET and HEAD always are"
    for rule in url_rules(app.url_map):
        if rule.methods is None:
            return f"every method, for {rule_text(rule)} takes every one"
    if setting == "routes":
        return (
            "METHOD_GUARD_SUPPORTED_METHODS is 'routes': what the routes declare,"
            " and GET and HEAD"
        )
    return "the default methods, and what the routes declare"
