"""The snapshot: what was read from one app at one moment.

A snapshot never changes. When the app has changed, a new one replaces it with a
single assignment, so that every request works with one consistent picture.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, MapAdapter, Rule

from .config import METHOD_GROUPS, Settings
from .decision import DEFAULT_METHODS, REQUIRED_METHODS, is_settled, is_token
from .deprecation import Deprecation, Phase
from .marks import (
    EVERY_OTHER,
    BlueprintMarks,
    find_marks,
    marks_for,
    marks_of_blueprint,
    with_configuration,
)
from .ruleset import Rules
from .urlmap import answers_options


class Snapshot(NamedTuple):
    """The rules, the deprecated methods and the supported methods of one app."""

    url_map: Map
    #: How many views the app had.
    view_count: int
    rules: Rules
    #: The supported methods that have a name, sorted.
    supported_methods: tuple[str, ...]
    #: Whether every other token is supported, too.
    any_method: bool
    #: The marks of the views: endpoint to method to deprecation.
    own_marks: Mapping[str, Mapping[str, Deprecation]]
    #: The marks of the blueprints that have some, changed by the configuration.
    blueprint_marks: Mapping[str, BlueprintMarks]
    #: The values of these that contradict the configuration and are left out.
    left_out: tuple[str, ...]
    #: The deprecations of each endpoint that has marks, with those of its blueprints
    #: and of the whole app; under ``None``, those of all other endpoints.
    effective: Mapping[str | None, Mapping[str, Deprecation]]
    enforce_sunset: bool
    #: The methods that a sunset or a brownout can make unavailable at some URL.
    rejectable: frozenset[str]
    #: Those of them that an enforced sunset can make unavailable.
    retirable: frozenset[str]
    #: The methods that the decision table lets pass at every URL, each with the
    #: endpoints where it is deprecated; see :func:`~.decision.is_settled`.
    settled: Mapping[str, frozenset[str | None]]
    #: The same for every request target but ``*``.
    settled_at_paths: Mapping[str, frozenset[str | None]]

    @classmethod
    def take(
        cls,
        url_map: Map,
        views: Mapping[str, Callable[..., object]],
        blueprints: Mapping[str, object],
        settings: Settings,
    ) -> Snapshot:
        """Read an app.

        :param url_map: the app's URL map.
        :param views: the app's view functions, by endpoint.
        :param blueprints: the app's blueprints, by name.
        :param settings: the app's settings.
        """
        views = dict(views)  # another thread may add one meanwhile
        rules = Rules.read(url_map)
        any_method, named = _supported(settings.supported_methods, rules)
        own_marks = find_marks(views)
        blueprints = dict(blueprints)
        blueprint_marks, left_out = _blueprint_marks(blueprints, settings)
        app_marks = _with_head(settings.deprecated_methods)
        marked = named.union(app_marks, *blueprint_marks.values())
        in_blueprints = _spread(blueprint_marks, blueprints, url_map, marked)
        effective: dict[str | None, Mapping[str, Deprecation]] = {None: app_marks}
        for endpoint in {**own_marks, **in_blueprints}:
            effective[endpoint] = {
                **app_marks,
                **in_blueprints.get(endpoint, {}),
                **_with_head(own_marks.get(endpoint, {})),
            }
        every_mark = [item for found in effective.values() for item in found.items()]
        ended = frozenset(
            m for m, mark in every_mark if settings.enforce_sunset and mark.sunset
        )
        # Where the whole app deprecates a method, no endpoint is left.
        candidates = {
            method: frozenset(e for e, found in effective.items() if method in found)
            for method in named - effective[None].keys()
        }
        return cls(
            url_map=url_map,
            view_count=len(views),
            rules=rules,
            supported_methods=tuple(sorted(named)),
            any_method=any_method,
            own_marks=own_marks,
            blueprint_marks=blueprint_marks,
            left_out=left_out,
            effective=effective,
            enforce_sunset=settings.enforce_sunset,
            rejectable=frozenset(m for m, mark in every_mark if mark.brownouts) | ended,
            retirable=ended,
            settled={m: at for m, at in candidates.items() if is_settled(m)},
            settled_at_paths={
                m: at for m, at in candidates.items() if is_settled(m, [False])
            },
        )

    def supports(self, method: str) -> bool:
        """Return whether the app supports a method on any resource (RFC 9110 §9.1)."""
        return self.any_method or method in self.supported_methods

    def deprecation(self, endpoint: str | None, method: str) -> Deprecation | None:
        """Return the deprecation of a method.

        A view's mark overrides its blueprint's, and that the app's.

        :param endpoint: the endpoint; ``None`` for the app's own deprecations.
        :param method: the method, in upper case.
        """
        marks = self.effective.get(endpoint, self.effective[None])
        return marks.get(method) or marks.get(EVERY_OTHER)

    def phase(
        self, rule: Rule | None, method: str, clock: Callable[[], datetime]
    ) -> Phase | None:
        """Return the phase of a method of a rule, if a date can make it unavailable.

        :param clock: returns the time; called only if such a date is known.
        """
        deprecation = rule and self.deprecation(rule.endpoint, method)
        if deprecation and (
            deprecation.brownouts or (self.enforce_sunset and deprecation.sunset)
        ):
            return deprecation.phase(clock(), enforced=self.enforce_sunset)
        return None

    def is_certain_404(self, error: object, method: str, adapter: MapAdapter) -> bool:
        """Return whether an error of the router means that no method dispatches."""
        return (
            type(error) is NotFound
            and adapter.map is self.url_map
            and self.rules.is_list_complete(adapter, method)
        )


def _blueprint_marks(
    blueprints: Mapping[str, object], settings: Settings
) -> tuple[dict[str, BlueprintMarks], tuple[str, ...]]:
    """Return the marks of each blueprint, and what contradicts the configuration."""
    found, left_out = {}, list[str]()
    configured = settings.deprecated_blueprints
    for name in sorted({*blueprints, *configured}):
        code = marks_of_blueprint(blueprints.get(name))
        marks, lost = with_configuration(code, configured.get(name, {}))
        if marks:
            found[name] = marks
        left_out += [f"{text} of blueprint {name!r}" for text in lost]
    return found, tuple(left_out)


def _spread(
    marks: Mapping[str, BlueprintMarks],
    blueprints: Mapping[str, object],
    url_map: Map,
    named: Collection[str],
) -> dict[str, dict[str, Deprecation]]:
    """Return what the marks of blueprints say about each endpoint in them.

    A blueprint's static files and Flask's automatic OPTIONS stay.

    :param named: the methods that a rule for every method accepts, as far as the app
        or a mark names them.
    """
    found: dict[str, dict[str, Deprecation]] = {}
    rules = list(url_map.iter_rules()) if marks else []
    # What one rule of an endpoint says counts for all: a mark is of an endpoint.
    automatic = {rule.endpoint for rule in rules if answers_options(rule)}
    for rule in rules:
        scopes = blueprints_of(str(rule.endpoint))
        owner = blueprints.get(scopes[-1]) if scopes else None
        is_static = str(rule.endpoint).endswith(".static")
        if is_static and getattr(owner, "has_static_folder", False):
            continue
        declared = {*named, EVERY_OTHER} if rule.methods is None else {*rule.methods}
        if rule.endpoint in automatic:
            declared.discard("OPTIONS")
        for scope in filter(marks.__contains__, scopes):
            inside = str(rule.endpoint).removeprefix(f"{scope}.")
            more = marks_for(marks[scope], inside, declared)
            found.setdefault(rule.endpoint, {}).update(more)
    return found


def _with_head(marks: Mapping[str, Deprecation]) -> Mapping[str, Deprecation]:
    """Return marks where that of GET covers HEAD, too (RFC 9110 §9.3.2)."""
    return {"HEAD": marks["GET"], **marks} if "GET" in marks else marks


def _supported(setting: frozenset[str], rules: Rules) -> tuple[bool, set[str]]:
    """Return whether every method is supported, and the names of those that are."""
    named = {*REQUIRED_METHODS, *setting.difference(METHOD_GROUPS)}
    for group in setting.intersection(METHOD_GROUPS):
        named.update(METHOD_GROUPS[group])
    any_method = "*" in setting or ("routes" in setting and rules.any_method)
    if any_method:
        named.update(DEFAULT_METHODS)
    if any_method or "routes" in setting:
        # A rule can have a name that is not a token, such as "GET POST".
        named.update(filter(is_token, rules.declared))
    return any_method, named


def blueprints_of(endpoint: str | None) -> list[str]:
    """Return the names of the blueprints that an endpoint is in, outermost first."""
    parts = (endpoint or "").split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]
