"""The survey: what the reports look at, and the words in which checks report it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import Flask
from flask.views import MethodView

from ..decision import is_token
from ..deprecation import Deprecation
from ..guard import AppGuard
from ..marks import in_words
from ..snapshot import Snapshot
from .apps import guard_of
from .rules import declared, methods_of, rule_text, url_rules
from .text import few


class Hit(NamedTuple):
    """What a check found, before it has an id and a place."""

    endpoint: str | None
    message: str
    #: Where to look, if not at the view.
    source: Callable[..., Any] | None = None


def survey_of(app: Flask) -> Survey:
    """Read an app.

    :raises ConfigError: if no guard is installed and the app's keys have errors.
    """
    guard = guard_of(app)
    return Survey(app, guard, guard.refresh(app), tuple(url_rules(app.url_map)))


@dataclass(frozen=True)
class Survey:
    """What the reports look at."""

    app: Flask
    guard: AppGuard
    snapshot: Snapshot
    rules: tuple[Any, ...]

    def pick(self, choose: Callable[[Any, str], bool]) -> Iterator[tuple[str, str]]:
        """Choose methods that somebody wrote down.

        :param choose: returns whether a method of a rule is chosen.
        :return: the endpoints, each with its chosen methods and their URLs as a text
            that begins a message: ``"PURGE /cache: "``.
        """
        methods: dict[str, set[str]] = {}
        urls: dict[str, list[str]] = {}
        for rule in self.rules:
            if chosen := {m for m in declared(rule) if choose(rule, m)}:
                methods.setdefault(rule.endpoint, set()).update(chosen)
                urls.setdefault(rule.endpoint, []).append(rule_text(rule))
        for endpoint, names in methods.items():
            yield endpoint, f"{shown(names)} {some(urls[endpoint])}: "

    def view_class(self, endpoint: str) -> type[MethodView] | None:
        """Return the ``MethodView`` of an endpoint, if Flask's code dispatches it."""
        found = getattr(self.app.view_functions.get(endpoint), "view_class", None)
        dispatch = getattr(found, "dispatch_request", None)
        return found if dispatch is MethodView.dispatch_request else None

    def deprecations(self) -> Iterator[tuple[str | None, str, Deprecation]]:
        """List every deprecation: endpoint, method in words, value."""
        yield from self.deprecations_of_methods()
        for name, marks in self.snapshot.blueprint_marks.items():
            for method, mark in marks.items():
                yield None, f"{in_words(method)} of blueprint {name!r}", mark.value

    def deprecations_of_methods(
        self,
    ) -> Iterator[tuple[str | None, str, Deprecation]]:
        """List the deprecations of the app and of views: endpoint, method, value."""
        for method, value in self.guard.settings.deprecated_methods.items():
            yield None, method, value
        for endpoint, found in self.snapshot.own_marks.items():
            for method, value in found.items():
                yield endpoint, method, value

    def is_routed(self, endpoint: str | None, method: str) -> bool:
        """Return whether a rule has a method; of the endpoint, if one is given."""
        found = (
            methods_of(rule) for rule in self.rules if endpoint in (None, rule.endpoint)
        )
        return any(methods is None or method in methods for methods in found)


def shown(methods: Iterable[str]) -> str:
    """Write methods; one that is not a token may be anything, even a line break."""
    return ", ".join(m if is_token(m) else ascii(m) for m in sorted(methods))


def some(names: Sequence[str]) -> str:
    """Join a few names, and count the others."""
    return ", ".join(few(names, 3))
