"""Checks: mistakes in what an app declares about methods.

The checks are data, :data:`CHECKS`: the command line, the reference and the
findings take their ids and texts from there. They look at what the app declares.
No view and no hook runs, and no request is made.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from flask import Flask

from ..decision import is_token
from ..deprecation import Deprecation, spoken_date, spoken_time
from ..guard import AppGuard
from ..snapshot import Snapshot
from .apps import guard_of, hooks_before, name_of
from .places import place_of
from .rules import methods_of, rule_text, url_rules


class Severity(str, Enum):
    """How bad a finding is."""

    #: Clients get an answer that nobody can want.
    ERROR = "error"
    #: Something that may be intended, and often is not.
    WARNING = "warning"

    __str__ = str.__str__


@dataclass(frozen=True)
class Finding:
    """A mistake that a check found."""

    #: The id of its entry in the catalogue.
    id: str
    severity: Severity
    #: What was found, and at which URLs.
    message: str
    #: What to do.
    hint: str
    #: The endpoint; ``None`` if the finding is about the whole app.
    endpoint: str | None
    #: The file of the view, relative to the working directory if it is in there;
    #: ``None`` if it is not known.
    file: str | None = None
    #: The line in that file.
    line: int | None = None

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return {
            "id": self.id,
            "severity": str(self.severity),
            "message": self.message,
            "hint": self.hint,
            "endpoint": self.endpoint,
            "file": self.file,
            "line": self.line,
        }


def check(
    app: Flask, ignore: Iterable[str] = (), select: Iterable[str] | None = None
) -> tuple[Finding, ...]:
    """Look for mistakes in what an app declares about methods.

    :param app: a Flask app.
    :param ignore: the ids of checks that are left out, such as ``"MG103"``, or
        ``"MG103:admin.index"`` for the findings of one endpoint.
    :param select: the ids of the checks that run; ``None`` for all.
    :return: the findings, sorted by id, endpoint and message.
    :raises NoGuardError: if the app has no guard.
    :raises ValueError: if an id is not known.
    """
    ignored = frozenset(ignore)
    selected = frozenset(_IDS if select is None else select)
    _check_ids({name.partition(":")[0] for name in ignored} | selected)
    survey = _survey(app)
    return tuple(
        finding
        for entry in CHECKS
        if entry.id in selected - ignored
        for finding in sorted(
            _findings(entry, survey),
            key=lambda found: (found.endpoint or "", found.message),
        )
        if f"{entry.id}:{finding.endpoint}" not in ignored
    )


def _check_ids(names: Iterable[str]) -> None:
    unknown = sorted(set(names).difference(_IDS))
    if unknown:
        raise ValueError(
            f"No check named {', '.join(map(repr, unknown))}."
            f" Checks: {', '.join(_IDS)}."
        )


def _findings(entry: Check, survey: _Survey) -> Iterator[Finding]:
    for hit in entry.find(survey):
        source = hit.source or survey.app.view_functions.get(hit.endpoint or "")
        place = None if source is None else place_of(source)
        yield Finding(
            entry.id,
            entry.severity,
            hit.message,
            entry.hint,
            hit.endpoint,
            *(place or (None, None)),
        )


# -- what the checks look at ----------------------------------------------------


class _Hit(NamedTuple):
    """What a check found, before it has an id and a place."""

    endpoint: str | None
    message: str
    #: Where to look, if not at the view.
    source: Callable[..., Any] | None = None


def _survey(app: Flask) -> _Survey:
    guard = guard_of(app)
    return _Survey(app, guard, guard.refresh(app), tuple(url_rules(app.url_map)))


@dataclass(frozen=True)
class _Survey:
    """What the checks look at."""

    app: Flask
    guard: AppGuard
    snapshot: Snapshot
    rules: tuple[Any, ...]

    def pick(self, choose: Callable[[Any], Iterable[str]]) -> Iterator[tuple[str, str]]:
        """Choose methods of each rule.

        :return: the endpoints, each with its chosen methods and their URLs as a text
            that begins a message: ``"PURGE /cache: "``.
        """
        methods: dict[str, set[str]] = {}
        urls: dict[str, list[str]] = {}
        for rule in self.rules:
            if chosen := set(choose(rule)):
                methods.setdefault(rule.endpoint, set()).update(chosen)
                urls.setdefault(rule.endpoint, []).append(rule_text(rule))
        for endpoint, names in methods.items():
            yield endpoint, f"{_shown(names)} {_some(urls[endpoint])}: "

    def view_class(self, endpoint: str) -> type | None:
        """Return the ``MethodView`` of an endpoint, if Flask's code dispatches it."""
        view = self.app.view_functions.get(endpoint)
        view_class = getattr(view, "view_class", None)
        if view_class is None:
            return None
        owner = next(c for c in view_class.__mro__ if "dispatch_request" in vars(c))
        is_flasks = name_of(owner) == "flask.views.MethodView"
        return view_class if is_flasks else None

    def deprecations(self) -> Iterator[tuple[str | None, str, Deprecation]]:
        """List every deprecation: endpoint, method, value."""
        for method, value in self.guard.settings.deprecated_methods.items():
            yield None, method, value
        for endpoint, found in self.snapshot.marks.items():
            for method, value in found.items():
                yield endpoint, method, value

    def is_routed(self, endpoint: str | None, method: str) -> bool:
        """Return whether a rule has a method; of the endpoint, if one is given."""
        found = (
            methods_of(rule) for rule in self.rules if endpoint in (None, rule.endpoint)
        )
        return any(methods is None or method in methods for methods in found)


def _shown(methods: Iterable[str]) -> str:
    """Write methods; one that is not a token may be anything, even a line break."""
    return ", ".join(m if is_token(m) else ascii(m) for m in sorted(methods))


def _some(names: Sequence[str]) -> str:
    """Join a few names, and count the others."""
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def _declared(rule: Any) -> frozenset[str]:
    """Return the methods that somebody wrote down: Flask adds OPTIONS by itself."""
    methods = frozenset(rule.methods or ())
    automatic = getattr(rule, "provide_automatic_options", False)
    return methods - {"OPTIONS"} if automatic else methods


# -- the checks -------------------------------------------------------------------

_Found = Iterator[_Hit]


def _unsupported(survey: _Survey) -> _Found:
    def refused(rule: Any) -> list[str]:
        supports = survey.snapshot.supports
        return [m for m in _declared(rule) if is_token(m) and not supports(m)]

    for endpoint, place in survey.pick(refused):
        yield _Hit(endpoint, place + "routed, but not supported; clients get 501.")


def _unimplemented(survey: _Survey) -> _Found:
    def lacking(rule: Any) -> list[str]:
        view_class = survey.view_class(rule.endpoint)
        if view_class is None:
            return []
        # Flask falls back on get() for a HEAD.
        stands_in = {"HEAD"} if getattr(view_class, "get", None) else set()
        return [
            method
            for method in _declared(rule) - stands_in
            if getattr(view_class, method.lower(), None) is None
        ]

    for endpoint, place in survey.pick(lacking):
        name = name_of(survey.view_class(endpoint))
        text = f"{name} does not implement it; clients get 500."
        yield _Hit(endpoint, place + text)


#: The functions that a ``MethodView`` looks for by itself.
_FLASK_METHODS = frozenset(
    ("delete", "get", "head", "options", "patch", "post", "put", "trace")
)
#: What other functions may be meant to serve: the methods of the registry of RFC 9110
#: §16.1 that are in use, and those of caches.
_OTHER_METHODS = frozenset(
    [
        *("acl", "ban", "bind", "checkin", "checkout", "connect", "copy", "label"),
        *("link", "lock", "merge", "mkactivity", "mkcalendar", "mkcol", "mkworkspace"),
        *("move", "orderpatch", "propfind", "proppatch", "purge", "query", "rebind"),
        *("report", "search", "unbind", "uncheckout", "unlink", "unlock", "update"),
    ]
)


def _unrouted(survey: _Survey) -> _Found:
    rules_of: dict[type, list[Any]] = {}
    for rule in survey.rules:
        if view_class := survey.view_class(rule.endpoint):
            rules_of.setdefault(view_class, []).append(rule)
    for view_class, rules in rules_of.items():
        if any(rule.methods is None for rule in rules):
            continue
        routed = frozenset().union(*(rule.methods for rule in rules))
        missing = [
            name.upper()
            for name in _FLASK_METHODS | _OTHER_METHODS
            if name.upper() not in routed and _serves(view_class, name, rules)
        ]
        if missing:
            urls = _some([rule_text(rule) for rule in rules])
            text = f"{name_of(view_class)} implements it, but no route declares it."
            function = getattr(view_class, min(missing).lower())
            message = f"{_shown(missing)} {urls}: {text}"
            yield _Hit(rules[0].endpoint, message, function)


def _serves(view_class: type, name: str, rules: Sequence[Any]) -> bool:
    """Return whether a function of a view class serves requests.

    ``def search(self, text)`` may be a helper, and is one if no rule has an argument
    of that name.
    """
    function = getattr(view_class, name, None)
    if not inspect.isfunction(function):
        return False
    return name in _FLASK_METHODS or any(
        _takes(function, rule.arguments) for rule in rules
    )


def _takes(function: Callable[..., Any], arguments: Iterable[str]) -> bool:
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(arguments))
    except TypeError:
        return False
    return True


def _dangerous(survey: _Survey) -> _Found:
    for endpoint, place in survey.pick(lambda r: {"TRACE", "CONNECT"} & _declared(r)):
        yield _Hit(endpoint, place + "routed to a view.")


def _nameless(survey: _Survey) -> _Found:
    for endpoint, method, _ in survey.deprecations():
        if not survey.is_routed(endpoint, method):
            place = "of the app" if endpoint is None else "of this view"
            text = f"{method} is deprecated, but no route {place} has it."
            yield _Hit(endpoint, text)


def _without_since(survey: _Survey) -> _Found:
    for endpoint, method, value in survey.deprecations():
        if value.sunset and not value.since:
            when = spoken_date(value.sunset)
            text = f"its sunset is {when}, but since is not set."
            yield _Hit(endpoint, f"{method}: {text}")


def _early_brownout(survey: _Survey) -> _Found:
    for endpoint, method, value in survey.deprecations():
        if value.brownouts and value.since and value.brownouts[0].start < value.since:
            start, since = spoken_time(value.brownouts[0].start), value.since
            text = f"a brownout starts on {start}, before since, {spoken_time(since)}."
            yield _Hit(endpoint, f"{method}: {text}")


def _preflight(survey: _Survey) -> _Found:
    hooks = [f for found in survey.app.after_request_funcs.values() for f in found]
    functions = [*hooks, *survey.app.view_functions.values()]
    if not survey.snapshot.supports("OPTIONS") and any(map(_is_cors, functions)):
        text = "Flask-CORS is in use, but OPTIONS is not supported"
        yield _Hit(None, f"{text}; browsers' preflight requests get 501.")


def _is_cors(function: Callable[..., Any]) -> bool:
    # A decorated view has its author's module name, but Flask-CORS's globals.
    home = getattr(function, "__globals__", {}).get("__name__", "")
    return str(home).startswith("flask_cors")


def _unbounded(survey: _Survey) -> _Found:
    for rule in survey.rules:
        if rule.methods is None:
            text = "the rule has no methods of its own and takes every one."
            yield _Hit(rule.endpoint, f"{rule_text(rule)}: {text}")


def _refused_by_servers(survey: _Survey) -> _Found:
    def refused(rule: Any) -> list[str]:
        return [m for m in _declared(rule) if is_token(m) and is_refused_by_gunicorn(m)]

    for endpoint, place in survey.pick(refused):
        yield _Hit(endpoint, place + "gunicorn refuses it by default.")


def is_refused_by_gunicorn(method: str) -> bool:
    """Return whether gunicorn, by default, refuses a method."""
    return re.fullmatch(r"[^a-z#]{3,20}", method) is None


def _early_hooks(survey: _Survey) -> _Found:
    if survey.guard.settings.reject_early:
        for hook in hooks_before(survey.app):
            text = "runs before the guard, in spite of METHOD_GUARD_REJECT_EARLY."
            yield _Hit(None, f"{name_of(hook)}: {text}", hook)


def _no_tokens(survey: _Survey) -> _Found:
    for endpoint, place in survey.pick(
        lambda rule: [m for m in _declared(rule) if not is_token(m)]
    ):
        yield _Hit(endpoint, place + "not a token; clients get 400.")


def _report_only(survey: _Survey) -> _Found:
    if survey.guard.settings.report_only:
        text = (
            "METHOD_GUARD_REPORT_ONLY is on, so clients still get Flask's own answers."
        )
        yield _Hit(None, text)


# -- the catalogue ----------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One entry of the catalogue."""

    id: str
    severity: Severity
    #: What it finds.
    title: str
    #: What to do about it.
    hint: str
    #: Finds it.
    find: Callable[[_Survey], _Found]


#: What :func:`check` finds. An id keeps its meaning for ever.
CHECKS = (
    Check(
        "MG101",
        Severity.ERROR,
        "A routed method is not supported",
        "Add the method to METHOD_GUARD_SUPPORTED_METHODS, or take it out of the"
        " route.",
        _unsupported,
    ),
    Check(
        "MG102",
        Severity.ERROR,
        "A MethodView declares a method that it does not implement",
        "Write the function, or take the method out of the route or of the class's"
        " methods.",
        _unimplemented,
    ),
    Check(
        "MG103",
        Severity.WARNING,
        "A MethodView implements a method that no route declares",
        "Add the method to the class's methods or to add_url_rule(…, methods=[…]);"
        " rename the function if it serves no requests.",
        _unrouted,
    ),
    Check(
        "MG104",
        Severity.WARNING,
        "TRACE or CONNECT is routed",
        "Remove it from the route: TRACE echoes requests with their cookies, and"
        " CONNECT is for proxies.",
        _dangerous,
    ),
    Check(
        "MG106",
        Severity.WARNING,
        "A deprecation names a method that no route has",
        "Correct the name, or remove the deprecation. Ignore this if the notice is"
        " meant for the 501 of a method that was removed.",
        _nameless,
    ),
    Check(
        "MG107",
        Severity.ERROR,
        "CORS is in use and OPTIONS is not supported",
        "Add OPTIONS to METHOD_GUARD_SUPPORTED_METHODS.",
        _preflight,
    ),
    Check(
        "MG108",
        Severity.WARNING,
        "A rule takes every method",
        "Give the rule its methods: as it is, every method counts as supported, and"
        " nothing is 501 unless METHOD_GUARD_SUPPORTED_METHODS is a list.",
        _unbounded,
    ),
    Check(
        "MG109",
        Severity.WARNING,
        "A routed method is one that servers refuse",
        "Give the method a name of 3 to 20 characters without #, or start gunicorn"
        " with --permit-unconventional-http-method.",
        _refused_by_servers,
    ),
    Check(
        "MG110",
        Severity.WARNING,
        "A before_request function runs before a guard that should reject early",
        "Call MethodGuard(app) or init_app(app) before the function is registered.",
        _early_hooks,
    ),
    Check(
        "MG111",
        Severity.ERROR,
        "A routed method is not a token",
        "Correct the name: a method consists of letters, digits and !#$%&'*+-.^_`|~.",
        _no_tokens,
    ),
    Check(
        "MG112",
        Severity.WARNING,
        "The guard only reports",
        "Remove METHOD_GUARD_REPORT_ONLY once the log has only changes that you want.",
        _report_only,
    ),
    Check(
        "MG113",
        Severity.WARNING,
        "A sunset has no since",
        "Set since, the date from which the method is deprecated: without it, no"
        " Deprecation header is sent.",
        _without_since,
    ),
    Check(
        "MG114",
        Severity.WARNING,
        "A brownout starts before the method is deprecated",
        "Move the brownout to since or later, or set an earlier since.",
        _early_brownout,
    ),
)

_IDS = tuple(entry.id for entry in CHECKS)
