"""Agreement: what an OpenAPI document lists, and what the app serves.

What becomes of a request is asked of :mod:`.explanation`, at URLs that :mod:`.samples`
makes. Nothing is decided here a second time.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

from ..decision import Reason
from ..deprecation import Deprecation, Phase
from ..moments import read_moment, spoken_date
from .explanation import Examination, examine, make_environ
from .openapi import Operation, Source, read_document
from .partners import Partners, Route, deepest_folder, form_of, join, read_routes
from .places import place_of
from .rules import rule_text
from .samples import RULE_VARIABLE
from .schedule import BEFORE_EVERY_DATE, read_at
from .survey import Survey, survey_of
from .text import printable, status_text


class Kind(NamedTuple):
    """One kind of difference."""

    title: str
    #: What to do about it.
    hint: str


#: The kinds of differences. An id keeps its meaning for ever.
DIFFERENCES = {
    "MG201": Kind(
        "A documented method has no route",
        "Add the route, or remove the path from the document. If every path is"
        " reported, name the prefix that the app has, such as /api.",
    ),
    "MG202": Kind(
        "A documented method is rejected",
        "Add the method to the route, or remove it from the document.",
    ),
    "MG203": Kind(
        "A documented method is past its sunset",
        "Remove the method from the document, or give it a later sunset.",
    ),
    "MG204": Kind(
        "A served method is not documented",
        "Document the method, remove it from the route, or exclude the route.",
    ),
    "MG205": Kind(
        "The document does not say that a method is deprecated",
        "Add deprecated: true to the method in the document.",
    ),
    "MG206": Kind(
        "The app does not say that a method is deprecated",
        "Deprecate the method in the app, so that a header tells clients, or remove"
        " deprecated from the document.",
    ),
    "MG207": Kind(
        "The sunset in the document is not the app's",
        "Set x-sunset and the sunset of the method to the same day.",
    ),
}

_SERVED = (Reason.ALLOWED, Reason.REDIRECT, Reason.BROWNOUT)


@dataclass(frozen=True)
class Difference:
    """Something that a document says and the app does not do, or the reverse."""

    #: The id of its kind, such as ``MG201``.
    id: str
    method: str
    #: The path as the document has it; for a method that it does not have, the rule.
    path: str
    message: str
    #: What to do.
    hint: str
    #: The endpoint; ``None`` if no route is concerned.
    endpoint: str | None = None
    #: The file of the view, relative to the working directory if it is in there;
    #: ``None`` if it is not known.
    file: str | None = None
    #: The line in that file.
    line: int | None = None

    def as_json(self) -> dict[str, object]:
        """Return the value as JSON shows it."""
        return asdict(self)


class Agreement(tuple[Difference, ...]):
    """The differences between a document and an app, sorted by path, method and id."""

    #: What could not be compared, a sentence each.
    not_compared: tuple[str, ...]
    #: What the app has in front of the documented paths.
    prefix: str

    def __new__(
        cls, differences: Iterable[Difference], not_compared: Iterable[str], prefix: str
    ) -> Agreement:
        """Keep the differences, and what is known of the comparison."""
        self = super().__new__(cls, differences)
        self.not_compared = tuple(not_compared)
        self.prefix = prefix
        return self


def agreement(  # noqa: PLR0913
    app: Flask,
    document: Source,
    *,
    at: date | str | None = None,
    prefix: str | None = None,
    under: str | None = None,
    exclude: Iterable[str] = (),
) -> Agreement:
    """Compare the methods of an OpenAPI document with those that an app serves.

    No request is sent, no view runs, and no hook.

    :param app: a Flask app.
    :param document: the document, or the path of a JSON or YAML file.
    :param at: the day to look at, as a date, a datetime or an ISO 8601 string, in UTC
        unless it says otherwise. Without it, no date decides anything.
    :param prefix: what the app has in front of the documented paths. By default, what
        fits most of them: the path of one of the document's servers, or nothing.
    :param under: routes outside of this folder may be undocumented. By default, it is
        the deepest folder that all documented paths share.
    :param exclude: shell patterns, such as ``"/internal/*"`` or ``"admin.*"``: the
        documented paths, the rules and the endpoints that are left out.
    :return: the differences, sorted by path, method and id. Its ``not_compared`` lists
        what could not be compared.
    :raises DocumentError: if the document can't be read.
    :raises ConfigError: if no guard is installed and the app's keys have errors.
    :raises ValueError: if ``at`` is not a date.
    """
    survey = survey_of(app)
    read = read_document(document)
    moment = None if at is None else read_at(survey.guard, at)
    site = _Site(survey, Partners(read_routes(survey)), moment)
    if prefix is None:
        paths = {op.path for op in read.operations if not op.prefixes}
        prefix = site.partners.best_prefix((*read.prefixes, ""), paths)
    claims = [site.claim(operation, prefix) for operation in read.operations]
    hidden = _hidden(site.partners.routes, claims, tuple(exclude))
    kept = [claim for claim in claims if claim not in hidden]
    folder = deepest_folder(form_of(claim.path) for claim in kept)
    if under is not None:
        folder = form_of(RULE_VARIABLE.sub("{}", join(under, "")))
    documented = _documented(claims)
    found = [outcome for claim in kept for outcome in site.judge(claim)]
    for route in site.partners.routes:
        if route.is_under(folder) and route not in hidden:
            found += site.find_undocumented(route, documented)
    return Agreement(
        sorted(
            {outcome for outcome in found if isinstance(outcome, Difference)},
            key=lambda found: (found.path, found.method, found.id, found.message),
        ),
        sorted({outcome for outcome in found if isinstance(outcome, str)}),
        join(prefix, "").rstrip("/"),
    )


#: A difference, or a sentence about what could not be compared.
_Outcome = Difference | str


class _Answer(NamedTuple):
    """What becomes of a documented method at one URL."""

    host: str
    url: str
    found: Examination
    #: The same; for a redirect, what is at the URL as the rule builds it.
    behind: Examination


@dataclass(frozen=True, eq=False)
class _Claim:
    """A documented method: the routes that it may mean, and what becomes of it."""

    operation: Operation
    #: The documented path, with the prefix.
    path: str
    routes: tuple[Route, ...]
    answers: tuple[_Answer, ...]

    @property
    def served(self) -> list[_Answer]:
        """Where it is served."""
        return [answer for answer in self.answers if _is_served(answer.found)]


def _is_served(found: Examination) -> bool:
    return found.row is not None and found.row.reason in _SERVED


def _documented(claims: Iterable[_Claim]) -> set[tuple[int, str]]:
    """Find the methods of rules that a path lists; a rule has no hash, but an id.

    A rule that no path means has those for which the app chooses it: of an example,
    or where the names of its variables are not the document's.
    """
    found: set[tuple[int, str]] = set()
    chosen: set[tuple[int, str]] = set()
    for claim in claims:
        method = claim.operation.method
        found.update((id(route.rule), method) for route in claim.routes)
        chosen.update((id(answer.found.rule), method) for answer in claim.served)
    meant = {rule for rule, _ in found}
    return found | {(rule, method) for rule, method in chosen if rule not in meant}


def _hidden(
    routes: Iterable[Route], claims: Iterable[_Claim], patterns: Sequence[str]
) -> set[Route | _Claim]:
    """Find what is left out: what a pattern fits, and what has no other partner."""

    def fits(*names: str) -> bool:
        return any(fnmatchcase(n, pattern) for n in names for pattern in patterns)

    found: set[Route | _Claim] = {
        route
        for route in routes
        if fits(route.rule.rule, rule_text(route.rule), route.rule.endpoint)
    }
    for claim in claims:
        if fits(claim.operation.path, claim.path):
            found.update((claim, *claim.routes))
        elif claim.routes and found.issuperset(claim.routes):
            found.add(claim)
    return found


@dataclass(frozen=True)
class _Site:
    """An app, as it is compared with a document."""

    survey: Survey
    partners: Partners
    #: The moment to look at; ``None`` if no date decides anything.
    at: datetime | None

    def claim(self, operation: Operation, prefix: str) -> _Claim:
        """Find the routes that a documented method may mean, and ask the app."""
        if operation.prefixes:
            prefixes = (*operation.prefixes, prefix, "")
            prefix = self.partners.best_prefix(prefixes, [operation.path])
        path = join(prefix, operation.path)
        routes = self.partners.same_form(path)
        is_sure = bool(routes) and all(route.sample for route in routes)
        routes = routes or self.partners.matching(path)
        urls = [(r.sample.host, r.sample.path) for r in routes if r.sample is not None]
        if not is_sure:
            example = join(prefix, operation.example)
            urls += [(host, example) for host in self.partners.hosts(self.survey.app)]
        answers = []
        for host, own in urls:
            # A slash at the end counts: the document's is asked for.
            url = (own.rstrip("/") + "/" * path.endswith("/")) or "/"
            found = behind = self._ask(operation.method, host, url, self.at)
            if found.row is not None and found.row.reason is Reason.REDIRECT:
                behind = self._ask(operation.method, host, own, self.at)
            answers.append(_Answer(host, url, found, behind))
        return _Claim(operation, path, tuple(routes), tuple(answers))

    def _ask(
        self, method: str, host: str, url: str, at: datetime | None
    ) -> Examination:
        app, guard = self.survey.app, self.survey.guard
        environ = make_environ(app, method, url, host)
        return examine(app, guard, environ, at or BEFORE_EVERY_DATE)

    def judge(self, claim: _Claim) -> Iterator[_Outcome]:
        """Compare a documented method with what becomes of it."""
        method, path = claim.operation.method, claim.operation.path
        unsure = [route.problem for route in claim.routes if route.sample is None]
        unsure += [
            f"{printable(method)} {printable(path)}: the app can't be asked at"
            f" {printable(answer.url)}."
            for answer in claim.answers
            if answer.found.row is None
        ]
        if claim.served:
            rule = claim.served[0].behind.rule
            for kind, text in self._compare_marks(claim):
                yield self._difference(kind, method, path, text, rule)
        elif unsure:
            yield from unsure
        else:
            kind, text, rule = self._why_rejected(claim)
            yield self._difference(kind, method, path, text, rule)

    def _why_rejected(self, claim: _Claim) -> tuple[str, str, Rule | None]:
        """Say why a documented method is not served: the kind, the text, the rule."""
        for host, url, found, _ in claim.answers:
            row = found.row
            if row is None or row.reason is Reason.NOT_FOUND:
                continue
            text = f"{printable(url)} responds with {status_text(row.status or 404)}"
            if found.allowed_methods:
                text += f"; allowed: {', '.join(found.allowed_methods)}"
            if _is_served(self._ask(claim.operation.method, host, url, None)):
                return "MG203", f"past its sunset, and {text}.", found.rule
            return "MG202", f"documented, but {text}.", found.rule
        url = printable(claim.answers[0].url)
        return "MG201", f"documented, but no route matches {url}.", None

    def _compare_marks(self, claim: _Claim) -> Iterator[tuple[str, str]]:
        """Compare what both sides say about a deprecation: the kinds and texts."""
        operation = claim.operation
        marks = [answer.behind.deprecation for answer in claim.served]
        if not operation.deprecated and all(map(self._is_announced, marks)):
            yield "MG205", "deprecated in the app, but not in the document."
        if operation.deprecated and not any(marks):
            yield "MG206", "deprecated in the document, but not in the app."
        if operation.sunset is not None:
            sunsets = [mark.sunset for mark in marks if mark and mark.sunset]
            if fault := _sunset_fault(operation.sunset, sunsets):
                yield "MG207", fault

    def _is_announced(self, mark: Deprecation | None) -> bool:
        """Return whether the document must say that a method is deprecated."""
        if mark is None or self.at is None:
            return mark is not None
        return mark.phase(self.at, enforced=False) is not Phase.SCHEDULED

    def find_undocumented(
        self, route: Route, documented: Container[tuple[int, str]]
    ) -> Iterator[_Outcome]:
        """Find the methods of a route that it serves and no path lists."""
        rule, sample = route.rule, route.sample
        for method in route.declared:
            if (id(rule), method) in documented:
                continue
            if sample is None:
                yield route.problem
                continue
            found = self._ask(method, sample.host, sample.path, self.at)
            if _is_served(found) and found.rule is rule:
                text = "served, but not documented."
                yield self._difference("MG204", method, rule_text(rule), text, rule)

    def _difference(
        self, kind: str, method: str, path: str, text: str, rule: Rule | None
    ) -> Difference:
        """Add the hint, and where the view is."""
        message = f"{printable(method)} {printable(path)}: {text}"
        endpoint = None if rule is None else rule.endpoint
        view = self.survey.app.view_functions.get(endpoint or "")
        place = place_of(view) or (None, None)
        hint = DIFFERENCES[kind].hint
        return Difference(kind, method, path, message, hint, endpoint, *place)


def _sunset_fault(written: object, sunsets: Sequence[datetime]) -> str | None:
    """Say what is wrong with an ``x-sunset``."""
    shown = printable(str(written)[:40])
    try:
        day = read_moment(written).date()
    except (TypeError, ValueError):
        return f"x-sunset is {shown}, which is not a date."
    if not sunsets:
        return f"x-sunset is {shown}, but the app sets no sunset."
    if day in {sunset.date() for sunset in sunsets}:
        return None
    return f"x-sunset is {shown}, but the sunset is {spoken_date(sunsets[0])}."
