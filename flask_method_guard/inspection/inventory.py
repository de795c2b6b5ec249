"""The inventory: the URLs of an app, and the methods of each, as plain values."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from werkzeug.routing import Rule

from ..config import Settings
from ..decision import Reason, is_token
from ..deprecation import Phase
from ..successor import Successor
from ..urlmap import is_automatic
from .explanation import default_host, examine, make_environ
from .rules import methods_of, rule_text
from .samples import NoSampleError, sample_url
from .survey import Survey, survey_of
from .text import url_order


@dataclass(frozen=True)
class Route:
    """A URL and the methods that its rules declare."""

    #: The URL rule, with its host if it has one.
    rule: str
    endpoint: str
    #: The methods that are served, sorted; ``*`` stands for every method.
    methods: tuple[str, ...]
    #: The methods that the rule declares and that are rejected, with the status.
    refused: tuple[tuple[str, int], ...]
    #: The methods that are served and deprecated, sorted.
    deprecated: tuple[str, ...] = ()
    #: The methods that nobody wrote down, sorted: OPTIONS that Flask responds to, and
    #: HEAD that is treated as GET is.
    automatic: tuple[str, ...] = ()
    #: What replaces the deprecated methods that have a successor, sorted.
    successors: tuple[tuple[str, Successor], ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return {
            "rule": self.rule,
            "endpoint": self.endpoint,
            "methods": list(self.methods),
            "refused": dict(self.refused),
            "deprecated": list(self.deprecated),
            "automatic": list(self.automatic),
            "successors": {name: to.as_written() for name, to in self.successors},
        }


@dataclass(frozen=True)
class Inventory:
    """What an app serves."""

    #: The methods that do not get 501, sorted; ``*`` stands for every
    #: other one.
    supported_methods: tuple[str, ...]
    #: Why these, in words.
    why: str
    routes: tuple[Route, ...]

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return {
            "supported_methods": list(self.supported_methods),
            "routes": [route.as_json() for route in self.routes],
        }


def inventory(app: Flask) -> Inventory:
    """List what an app serves: its URLs, and the methods of each.

    :param app: a Flask app.
    :return: the routes, sorted by URL; the supported methods, and why they are.
    :raises ConfigError: if no guard is installed and the app's keys have errors.
    """
    survey = survey_of(app)
    snapshot, now = survey.snapshot, survey.guard.clock()
    grouped: dict[tuple[str, str], list[Rule]] = {}
    for rule in survey.rules:
        grouped.setdefault((rule_text(rule), rule.endpoint), []).append(rule)
    in_order = sorted(grouped, key=lambda key: (url_order(key[0]), key[1]))
    every_method = ("*",) if snapshot.any_method else ()
    return Inventory(
        supported_methods=every_method + snapshot.supported_methods,
        why=_why_supported(survey.guard.settings.supported_methods, app),
        routes=tuple(_route(survey, now, grouped[key]) for key in in_order),
    )


def _route(survey: Survey, now: datetime, rules: list[Rule]) -> Route:
    """Describe the rules of one URL and one endpoint."""
    snapshot = survey.snapshot
    served: set[str] = set()
    rejected: dict[str, int] = {}
    for rule in rules:
        if rule.methods is None and snapshot.any_method:
            served.add("*")
        methods = methods_of(rule)
        methods = snapshot.supported_methods if methods is None else methods
        for method in methods:
            phase = snapshot.phase(rule, method, lambda: now)
            if not is_token(method):
                rejected[method] = 400
            elif not snapshot.supports(method):
                rejected[method] = 501
            elif phase is not None and phase.is_rejected:
                is_last = phase is Phase.RETIRED and _is_gone(survey, now, rule, method)
                rejected[method] = 410 if is_last else 405
            else:
                served.add(method)
    endpoint = rules[0].endpoint
    deprecations = {
        method: value
        for method in sorted(served | rejected.keys())
        if (value := snapshot.deprecation(endpoint, method))
    }
    deprecated = tuple(method for method in deprecations if method in served)
    return Route(
        rule=rule_text(rules[0]),
        endpoint=endpoint,
        methods=("*",) if "*" in served else tuple(sorted(served)),
        refused=tuple(sorted(rejected.items())),
        deprecated=deprecated,
        automatic=tuple(_automatic(rules, rejected, deprecated)),
        successors=tuple(
            (method, value.successor)
            for method, value in deprecations.items()
            if value.successor
        ),
    )


def _is_gone(survey: Survey, now: datetime, rule: Rule, method: str) -> bool:
    """Return whether nothing is left where a rule accepted a retired method.

    That depends on all rules that match the URL, so one such URL is asked about.
    """
    app = survey.app
    try:
        with app.app_context():
            sample = sample_url(rule, default_host(app.config), {})
    except NoSampleError:
        return False
    environ = make_environ(app, method, sample.path, sample.host)
    row = examine(app, survey.guard, environ, now).row
    return row is not None and row.reason is Reason.GONE


def _automatic(
    rules: list[Rule], rejected: Mapping[str, int], deprecated: Container[str]
) -> Iterator[str]:
    """List the methods of a route that nobody wrote down."""
    declared = {m for rule in rules for m in rule.methods or ()}
    get, head = (
        (method in deprecated, rejected.get(method)) for method in ("GET", "HEAD")
    )
    if {"GET", "HEAD"} <= declared and get == head:
        yield "HEAD"
    if all(map(is_automatic, rules)):
        yield "OPTIONS"


#: The groups of ``METHOD_GUARD_SUPPORTED_METHODS`` in words.
_GROUPS_IN_WORDS = {
    "default": "the default methods",
    "standard": "the standard methods",
    "routes": "what the routes declare",
}


def _why_supported(setting: frozenset[str], app: Flask) -> str:
    """Return in words which methods are supported, and why."""
    if "*" in setting:
        return "METHOD_GUARD_SUPPORTED_METHODS contains '*': every method"
    if "routes" in setting:
        # A WebSocket rule counts, too, although no HTTP request can match it.
        for rule in app.url_map.iter_rules():
            if rule.methods is None and not rule.build_only:
                return f"every method, because {rule_text(rule)} accepts every method"
    if setting == Settings().supported_methods:
        return "the default methods, and what the routes declare"
    parts = [words for group, words in _GROUPS_IN_WORDS.items() if group in setting]
    parts += sorted(setting.difference(_GROUPS_IN_WORDS))
    listed = f" {', '.join(parts)};" if parts else ""
    return f"METHOD_GUARD_SUPPORTED_METHODS:{listed} GET and HEAD are always supported"
