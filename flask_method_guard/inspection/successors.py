"""Successors: whether what replaces a deprecated method works, asked of the app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from operator import itemgetter
from typing import Any, NamedTuple

from ..decision import Reason
from ..deprecation import Deprecation
from ..moments import spoken_date
from ..successor import Successor
from ..urlmap import url_values
from .explanation import default_host, explain_request, make_environ
from .rules import rule_text
from .samples import NoSampleError, SampleUrl, sample_url
from .schedule import BEFORE_EVERY_DATE, marks_of
from .survey import Hit, Survey, shown, some
from .text import status_text


class _Case(NamedTuple):
    """A deprecated method of one route, at a URL that stands for the route."""

    method: str
    rule: Any
    value: Deprecation
    successor: Successor
    sample: SampleUrl
    #: What the URL contains for each variable of the route.
    values: Mapping[str, str]
    #: The successor at the URL, without the prefix under which the app is mounted.
    filled: Successor | None


def find_broken(survey: Survey) -> Iterator[Hit]:
    """Find successors that a client cannot call."""
    with survey.app.app_context():
        cases = list(_cases(survey))
        for case in cases:
            if fault := _fault(survey, case):
                place = f"{case.method} {rule_text(case.rule)}"
                yield Hit(case.rule.endpoint, f"{place}: {fault}")
    yield from _pairs_without_a_route(cases)


def _pairs_without_a_route(cases: Iterable[_Case]) -> Iterator[Hit]:
    pairs: dict[Deprecation, list[_Case]] = {}
    for case in cases:
        if case.successor.prefix is not None:
            pairs.setdefault(case.value, []).append(case)
    for found in pairs.values():
        if not any(case.filled for case in found):
            methods = shown({case.method for case in found})
            urls = some(sorted({rule_text(case.rule) for case in found}))
            text = f"no path starts with {found[0].successor.prefix}."
            yield Hit(found[0].rule.endpoint, f"{methods} {urls}: {text}")


def _cases(survey: Survey) -> Iterator[_Case]:
    """Yield each route of each deprecation that has a successor."""
    for rule in survey.rules:
        for method, value in sorted(marks_of(survey.snapshot, rule), key=itemgetter(0)):
            if value.successor is not None:
                with suppress(NoSampleError):
                    yield _case(survey, method, rule, value, value.successor)


def _case(
    survey: Survey, method: str, rule: Any, value: Deprecation, successor: Successor
) -> _Case:
    sample = sample_url(rule, default_host(survey.app.config), {})
    environ = make_environ(survey.app, method, sample.path, sample.host)
    adapter = survey.app.request_context(environ).url_adapter
    values, filled = {}, None
    if adapter is not None:  # otherwise the host is not trusted
        values = url_values(adapter, method)
        filled = successor.fill(method, "/", adapter.path_info, values)
    return _Case(method, rule, value, successor, sample, values, filled)


def _fault(survey: Survey, case: _Case) -> str | None:
    """Return what is wrong with a successor, if anything is."""
    variables = set(case.successor.variables)
    if unknown := variables - case.rule.arguments:
        return f"the rule has no variable {_names(unknown)}."
    if silent := variables - case.values.keys():
        return f"the value of {_names(silent)} cannot be written into a URL."
    if case.filled is None:
        return None
    fault = _fault_of_request(survey, case, case.filled)
    return fault and f"its successor {case.filled} {fault}."


def _fault_of_request(survey: Survey, case: _Case, filled: Successor) -> str | None:
    """Ask the app what a client gets that follows; other hosts are not asked."""
    url = filled.url or case.sample.path
    if not url.startswith("/"):
        return None
    app, method = survey.app, filled.method or case.method
    environ = make_environ(app, method, url, case.sample.host)
    found = explain_request(app, survey.guard, environ, method, url, BEFORE_EVERY_DATE)
    if found.reason is None:  # a converter crashed
        return None
    if found.reason not in (Reason.ALLOWED, Reason.REDIRECT):
        return f"gets {status_text(found.status or 0)}"
    end, sunset = found.deprecation and found.deprecation.sunset, case.value.sunset
    if end and sunset and end <= sunset:
        return f"ends on {spoken_date(end)} itself"
    return None


def _names(variables: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(variables))
