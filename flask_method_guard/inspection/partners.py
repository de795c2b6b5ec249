"""Partners: which rules of an app a documented path may mean.

Both sides are compared by their form: ``/items/{id}`` and ``/items/<int:number>/`` are
``/items/{}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from flask import Flask
from werkzeug.routing import Rule

from .explanation import default_host
from .openapi import VARIABLE
from .rules import declared
from .samples import RULE_VARIABLE, NoSampleError, SampleUrl, sample_url
from .survey import Survey


def form_of(path: str) -> str:
    """Leave out the names of variables, and a slash at the end."""
    return VARIABLE.sub("{}", unquote(path)).rstrip("/")


def join(prefix: str, path: str) -> str:
    """Put a prefix in front of a documented path."""
    prefix = prefix.strip("/")
    return f"/{prefix}/{path.lstrip('/')}" if prefix else f"/{path.lstrip('/')}"


def deepest_folder(forms: Iterable[str]) -> str:
    """Return the deepest folder that all paths share, without a slash at the end."""
    folders = [form.split("/")[:-1] for form in forms]
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared)


def matches(path: str, url: str) -> bool:
    """Return whether a URL fits a documented path with as many segments.

    No regular expression: some would take for ever, and the path is a stranger's.
    """
    return all(map(_fits, form_of(path).split("/"), url.split("/")))


def _fits(template: str, segment: str) -> bool:
    first, *others = template.split("{}")
    if not others:
        return template == segment
    *middle, last = others
    start = len(first)
    for text in middle:
        start = segment.find(text, start + 1) + len(text)
        if start < len(text):
            return False
    return (
        segment.startswith(first)
        and segment.endswith(last)
        and start < len(segment) - len(last)
    )


@dataclass(frozen=True, eq=False)
class Route:
    """A rule of the app, and a URL that stands for it."""

    rule: Rule
    form: str
    #: The names of its variables.
    names: tuple[str, ...]
    sample: SampleUrl | None
    #: Why there is no sample.
    problem: str

    @property
    def declared(self) -> frozenset[str]:
        """The methods that somebody wrote down, HEAD next to GET left out."""
        methods = declared(self.rule)
        return methods - {"HEAD"} if "GET" in methods else methods

    def is_under(self, folder: str) -> bool:
        """Return whether the route is in a folder; static files are in none."""
        is_static = self.rule.endpoint.rpartition(".")[2] == "static"
        return f"{self.form}/".startswith(f"{folder}/") and not is_static


def read_routes(survey: Survey) -> tuple[Route, ...]:
    """Make a URL for each rule of an app."""
    found = []
    host = default_host(survey.app.config)
    # A converter may ask the app for something.
    with survey.app.app_context():
        for rule in survey.rules:
            form = RULE_VARIABLE.sub("{}", rule.rule).rstrip("/")
            names = tuple(found["name"] for found in RULE_VARIABLE.finditer(rule.rule))
            sample, problem = None, ""
            try:
                sample = sample_url(rule, host, {})
            except NoSampleError as error:
                problem = error.problem
            found.append(Route(rule, form, names, sample, problem))
    return tuple(found)


@dataclass(frozen=True)
class Partners:
    """The routes of an app, to be found by documented paths."""

    routes: tuple[Route, ...]

    @cached_property
    def _by_form(self) -> dict[str, list[Route]]:
        found: dict[str, list[Route]] = {}
        for route in self.routes:
            found.setdefault(route.form, []).append(route)
        return found

    @cached_property
    def _by_depth(self) -> dict[int, list[tuple[str, Route]]]:
        """The URL of each route, by its number of segments."""
        found: dict[int, list[tuple[str, Route]]] = {}
        for route in self.routes:
            if route.sample is not None:
                url = unquote(route.sample.path).rstrip("/")
                found.setdefault(url.count("/"), []).append((url, route))
        return found

    def hosts(self, app: Flask) -> set[str]:
        """Return the hosts that requests can be sent to."""
        found = {route.sample.host for route in self.routes if route.sample is not None}
        return found | {default_host(app.config)}

    def same_form(self, path: str) -> list[Route]:
        """Return the routes that have the form of a path.

        Where several have it, one with the same names of variables has the path alone.
        """
        found = self._by_form.get(form_of(path), [])
        names = tuple(VARIABLE.findall(path))
        return [route for route in found if route.names == names] or found

    def matching(self, path: str) -> list[Route]:
        """Return the routes with a URL that fits a path."""
        depth = form_of(path).count("/")
        urls = self._by_depth.get(depth, ())
        return [route for url, route in urls if matches(path, url)]

    def best_prefix(self, prefixes: Iterable[str], paths: Iterable[str]) -> str:
        """Choose the first of the prefixes that fit the most paths."""
        known = set(paths)

        def fitting(prefix: str) -> int:
            urls = [join(prefix, path) for path in known]
            return sum(
                form_of(url) in self._by_form or bool(self.matching(url))
                for url in urls
            )

        return max(dict.fromkeys(prefixes), key=fitting)
