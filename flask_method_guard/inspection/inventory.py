"""The inventory: the URLs of an app, and the methods of each, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..config import Settings
from ..decision import is_token
from ..urlmap import MethodIndex, rule_text, url_rules
from .apps import App, Guard, guard_of


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

    def as_json(self) -> dict[str, object]:
        """Give the value as JSON has it."""
        methods = list(self.methods)
        return {"rule": self.rule, "endpoint": self.endpoint, "methods": methods}


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
            _route(guard, index, text, rules) for (text, _), rules in grouped.items()
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
    return Route(text, rules[0].endpoint, methods, tuple(sorted(refused.items())))


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
