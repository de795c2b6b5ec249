"""Without effect: deprecations that no request meets, of methods and of blueprints."""

from __future__ import annotations

from collections.abc import Iterator

from ..marks import EVERY_OTHER, find_lost_marks
from ..messages import closest
from ..snapshot import blueprints_of
from .apps import name_of
from .rules import declared
from .survey import Hit, Survey, shown


def find_without_effect(survey: Survey) -> Iterator[Hit]:
    """Find deprecations that no request meets."""
    for endpoint, method, _ in survey.deprecations_of_methods():
        if not survey.is_routed(endpoint, method):
            place = "of the app" if endpoint is None else "of this view"
            text = f"{method} is deprecated, but no route {place} has it."
            yield Hit(endpoint, text)
    for endpoint in sorted({rule.endpoint for rule in survey.rules}):
        for mark in find_lost_marks(survey.app.view_functions.get(endpoint)):
            method, name = mark.method, name_of(mark.function)
            text = f"{method} is deprecated on {name}, which does not serve {method}."
            yield Hit(endpoint, text, mark.function)
    for name in sorted(
        {*survey.snapshot.blueprint_marks, *survey.guard.settings.deprecated_blueprints}
    ):
        for text in _of_blueprint(survey, name):
            yield Hit(None, f"blueprint {name!r} {text}")


def _of_blueprint(survey: Survey, name: str) -> Iterator[str]:
    """Say what of a blueprint's deprecation has no effect."""
    marks = survey.snapshot.blueprint_marks.get(name, {})
    rules = [rule for rule in survey.rules if name in blueprints_of(rule.endpoint)]
    endpoints = {rule.endpoint.removeprefix(f"{name}.") for rule in rules}
    methods = {m for rule in rules for m in declared(rule)}
    if not rules:
        meant = closest(name, {*survey.app.blueprints} - {name})
        hint = f" Did you mean {meant!r}?" if meant else ""
        yield f"is deprecated, but no route is in it.{hint}"
        return
    if not marks:
        yield "has endpoints to exclude, but is not deprecated."
    unknown = marks.keys() - methods - {EVERY_OTHER}
    if unknown and all(rule.methods is not None for rule in rules):
        yield f"is deprecated for {shown(unknown)}, but no route in it declares that."
    excluded = {each for mark in marks.values() for each in mark.exclude or ()}
    for each in excluded - endpoints:
        yield f"excludes {each!r}, but has no such endpoint."
