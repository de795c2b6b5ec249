"""The catalogue: every check, with its id, its texts and the function that finds.

The checks look at what an app declares. No view and no hook runs, and no request is
made.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask.views import http_method_funcs

from ..decision import is_token
from ..exceptions import (
    MethodNotAllowed,
    MethodNotImplemented,
    Rejection,
    ResourceGone,
)
from ..moments import spoken_date, spoken_time
from .apps import error_handler, hooks_before, name_of
from .rules import is_rejected_by_gunicorn, rule_text
from .successors import find_broken
from .survey import Hit, Survey, shown, some
from .text import counted
from .without_effect import find_without_effect

Found = Iterator[Hit]


class Severity(str, Enum):
    """How bad a finding is."""

    #: Clients get a response that nobody can want.
    ERROR = "error"
    #: Something that may be intended, and often is not.
    WARNING = "warning"

    __str__ = str.__str__


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
    find: Callable[[Survey], Found]


_catalogue: list[Check] = []


def _check(
    id: str,  # noqa: A002 -- the name that a finding shows
    severity: Severity,
    title: str,
    hint: str,
) -> Callable[[Callable[[Survey], Found]], Callable[[Survey], Found]]:
    """Enter a function in the catalogue. An id keeps its meaning for ever."""

    def enter(find: Callable[[Survey], Found]) -> Callable[[Survey], Found]:
        _catalogue.append(Check(id, severity, title, hint, find))
        return find

    return enter


@_check(
    "MG101",
    Severity.ERROR,
    "A routed method is not supported",
    "Add the method to METHOD_GUARD_SUPPORTED_METHODS, or take it out of the route.",
)
def _unsupported(survey: Survey) -> Found:
    supports = survey.snapshot.supports
    for endpoint, place in survey.pick(lambda _, m: is_token(m) and not supports(m)):
        yield Hit(endpoint, place + "routed, but not supported; clients get 501.")


@_check(
    "MG102",
    Severity.ERROR,
    "A MethodView declares a method that it does not implement",
    "Write the function, or take the method out of the route or of the class's"
    " methods.",
)
def _unimplemented(survey: Survey) -> Found:
    def is_lacking(rule: Any, method: str) -> bool:
        view_class = survey.view_class(rule.endpoint)
        # Flask falls back on get() for a HEAD.
        names = ("head", "get") if method == "HEAD" else (method.lower(),)
        return view_class is not None and all(
            getattr(view_class, name, None) is None for name in names
        )

    for endpoint, place in survey.pick(is_lacking):
        name = name_of(survey.view_class(endpoint))
        text = f"{name} does not implement it; clients get 500."
        yield Hit(endpoint, place + text)


#: What functions may be meant to serve that Flask does not look for by itself: the
#: methods of the registry of RFC 9110 §16.1 that are in use, and those of caches.
_OTHER_METHODS = frozenset(
    [
        *("acl", "ban", "bind", "checkin", "checkout", "connect", "copy", "label"),
        *("link", "lock", "merge", "mkactivity", "mkcalendar", "mkcol", "mkworkspace"),
        *("move", "orderpatch", "propfind", "proppatch", "purge", "query", "rebind"),
        *("report", "search", "unbind", "uncheckout", "unlink", "unlock", "update"),
    ]
)


@_check(
    "MG103",
    Severity.WARNING,
    "A MethodView implements a method that no route declares",
    "Add the method to the class's methods or to add_url_rule(…, methods=[…]);"
    " rename the function if it serves no requests.",
)
def _unrouted(survey: Survey) -> Found:
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
            for name in http_method_funcs | _OTHER_METHODS
            if name.upper() not in routed and _serves(view_class, name, rules)
        ]
        if missing:
            urls = some([rule_text(rule) for rule in rules])
            text = f"{name_of(view_class)} implements it, but no route declares it."
            function = getattr(view_class, min(missing).lower())
            message = f"{shown(missing)} {urls}: {text}"
            yield Hit(rules[0].endpoint, message, function)


def _serves(view_class: type, name: str, rules: Sequence[Any]) -> bool:
    """Return whether a function of a view class serves requests.

    ``def search(self, text)`` may be a helper, and is one if no rule has an argument
    of that name.
    """
    function = getattr(view_class, name, None)
    if not inspect.isfunction(function):
        return False
    return name in http_method_funcs or any(
        _takes(function, rule.arguments) for rule in rules
    )


def _takes(function: Callable[..., Any], arguments: Iterable[str]) -> bool:
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(arguments))
    except TypeError:
        return False
    return True


@_check(
    "MG104",
    Severity.WARNING,
    "TRACE or CONNECT is routed",
    "Remove it from the route: TRACE echoes requests with their cookies, and"
    " CONNECT is for proxies.",
)
def _dangerous(survey: Survey) -> Found:
    for endpoint, place in survey.pick(lambda _, m: m in ("TRACE", "CONNECT")):
        yield Hit(endpoint, place + "routed to a view.")


_check(
    "MG106",
    Severity.WARNING,
    "A deprecation has no effect",
    "Correct the name, put the deprecation on the function that serves the"
    " method, or remove it. Ignore this if the notice is meant for the 501 of a method"
    " that was removed.",
)(find_without_effect)


@_check(
    "MG107",
    Severity.ERROR,
    "CORS is in use and OPTIONS is not supported",
    "Add OPTIONS to METHOD_GUARD_SUPPORTED_METHODS.",
)
def _preflight(survey: Survey) -> Found:
    hooks = [f for found in survey.app.after_request_funcs.values() for f in found]
    functions = [*hooks, *survey.app.view_functions.values()]
    if not survey.snapshot.supports("OPTIONS") and any(map(_is_cors, functions)):
        text = "Flask-CORS is in use, but OPTIONS is not supported"
        yield Hit(None, f"{text}; browsers' preflight requests get 501.")


def _is_cors(function: Callable[..., Any]) -> bool:
    # A decorated view has its author's module name, but Flask-CORS's globals.
    home = getattr(function, "__globals__", {}).get("__name__", "")
    return str(home).startswith("flask_cors")


@_check(
    "MG108",
    Severity.WARNING,
    "A rule takes every method",
    "Give the rule its methods: as it is, every method counts as supported, and"
    " nothing is 501 unless METHOD_GUARD_SUPPORTED_METHODS is a list.",
)
def _unbounded(survey: Survey) -> Found:
    for rule in survey.rules:
        if rule.methods is None:
            text = "the rule has no methods of its own and takes every one."
            yield Hit(rule.endpoint, f"{rule_text(rule)}: {text}")


@_check(
    "MG109",
    Severity.WARNING,
    "A route declares a method that servers reject",
    "Give the method a name of 3 to 20 characters without #, or start gunicorn"
    " with --permit-unconventional-http-method.",
)
def _rejected_by_servers(survey: Survey) -> Found:
    for endpoint, place in survey.pick(
        lambda _, m: is_token(m) and is_rejected_by_gunicorn(m)
    ):
        yield Hit(endpoint, place + "gunicorn rejects it by default.")


@_check(
    "MG110",
    Severity.WARNING,
    "A before_request function runs before a guard that should reject early",
    "Call MethodGuard(app) or init_app(app) before the function is registered.",
)
def _early_hooks(survey: Survey) -> Found:
    if survey.guard.settings.reject_early:
        for hook in hooks_before(survey.app):
            text = "runs before the guard, in spite of METHOD_GUARD_REJECT_EARLY."
            yield Hit(None, f"{name_of(hook)}: {text}", hook)


@_check(
    "MG111",
    Severity.ERROR,
    "A routed method is not a token",
    "Correct the name: a method consists of letters, digits and !#$%&'*+-.^_`|~.",
)
def _no_tokens(survey: Survey) -> Found:
    for endpoint, place in survey.pick(lambda _, m: not is_token(m)):
        yield Hit(endpoint, place + "not a token; clients get 400.")


@_check(
    "MG112",
    Severity.WARNING,
    "Report-only mode is on",
    "Remove METHOD_GUARD_REPORT_ONLY once the log has only changes that you want.",
)
def _report_only(survey: Survey) -> Found:
    if survey.guard.settings.report_only:
        text = "so clients still get Flask's own responses."
        yield Hit(None, f"METHOD_GUARD_REPORT_ONLY is on, {text}")


@_check(
    "MG113",
    Severity.WARNING,
    "A deprecation has a sunset but no since",
    "Set since, the date from which the method is deprecated: without it, no"
    " Deprecation header is sent.",
)
def _without_since(survey: Survey) -> Found:
    for endpoint, method, value in survey.deprecations():
        if value.sunset and not value.since:
            when = spoken_date(value.sunset)
            text = f"its sunset is {when}, but since is not set."
            yield Hit(endpoint, f"{method}: {text}")


@_check(
    "MG114",
    Severity.WARNING,
    "A brownout starts before the method is deprecated",
    "Move the brownout to since or later, or set an earlier since.",
)
def _early_brownout(survey: Survey) -> Found:
    for endpoint, method, value in survey.deprecations():
        if value.brownouts and value.since and value.brownouts[0].start < value.since:
            start, since = spoken_time(value.brownouts[0].start), value.since
            text = f"a brownout starts on {start}, before since, {spoken_time(since)}."
            yield Hit(endpoint, f"{method}: {text}")


_check(
    "MG115",
    Severity.ERROR,
    "A successor does not work",
    "Correct the successor, or add the route that it names.",
)(find_broken)


@_check(
    "MG116",
    Severity.ERROR,
    "A sunset comes too soon after since",
    "Move the sunset to a later day. METHOD_GUARD_MINIMUM_NOTICE says how many days"
    " must lie between the two.",
)
def _short_notice(survey: Survey) -> Found:
    wanted = survey.guard.settings.minimum_notice
    for endpoint, method, value in survey.deprecations():
        if wanted is not None and value.since and value.sunset:
            days = (value.sunset - value.since).days
            if days < wanted:
                text = f"its sunset is {counted(days, 'day')} after since"
                yield Hit(endpoint, f"{method}: {text}, and not {wanted:,} or more.")


@_check(
    "MG117",
    Severity.WARNING,
    "The app handles 405 and not 501",
    "Register the handler for all of them, for example for MethodRejected, so that all"
    " have the same format.",
)
def _half_handled(survey: Survey) -> Found:
    handler = error_handler(survey.app, MethodNotAllowed)
    kinds: list[type[Rejection]] = []
    if any(value.sunset for _, _, value in survey.deprecations()):
        kinds.append(ResourceGone)
    if not survey.snapshot.any_method:
        kinds.append(MethodNotImplemented)
    left = [str(k.code) for k in kinds if error_handler(survey.app, k) is None]
    if handler is not None and left:
        text = "handles 405, but no error handler of the app gets"
        yield Hit(None, f"{name_of(handler)}: {text} {' or '.join(left)}.", handler)


@_check(
    "MG118",
    Severity.WARNING,
    "The configuration overrides a date of the code",
    "Change the date in the code, or METHOD_GUARD_DEPRECATED_BLUEPRINTS, so that both"
    " can be true.",
)
def _overridden(survey: Survey) -> Found:
    for text in survey.snapshot.left_out:
        yield Hit(None, f"{text} contradicts the configuration, and is left out.")


#: What :func:`~.checks.check` finds, sorted by id.
CHECKS = tuple(_catalogue)
