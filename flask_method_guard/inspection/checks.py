"""Checks: mistakes in what an app declares about methods, found and placed.

What is looked for is data, :data:`~.catalogue.CHECKS`: the command line, the reference
and the findings take their ids and texts from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass

from flask import Flask

from .catalogue import CHECKS, Check, Severity
from .places import place_of
from .survey import Survey, survey_of

_IDS = tuple(entry.id for entry in CHECKS)


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
        return {**asdict(self), "severity": str(self.severity)}


def check(
    app: Flask, ignore: Iterable[str] = (), select: Iterable[str] | None = None
) -> tuple[Finding, ...]:
    """Look for mistakes in what an app declares about methods.

    :param app: a Flask app.
    :param ignore: the ids of checks that are left out, such as ``"MG103"``, or
        ``"MG103:admin.index"`` for the findings of one endpoint.
    :param select: the ids of the checks that run; ``None`` for all.
    :return: the findings, sorted by id, endpoint and message.
    :raises ConfigError: if no guard is installed and the app's keys have errors.
    :raises ValueError: if an id is not known.
    """
    ignored = frozenset(ignore)
    selected = frozenset(_IDS if select is None else select)
    check_ids("check", {name.partition(":")[0] for name in ignored} | selected, _IDS)
    survey = survey_of(app)
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


def check_ids(noun: str, names: Iterable[str], known: Collection[str]) -> None:
    """Raise ``ValueError`` if a name is not known."""
    unknown = sorted(set(names).difference(known))
    if unknown:
        raise ValueError(
            f"No {noun} named {', '.join(map(repr, unknown))}."
            f" {noun.capitalize()}s: {', '.join(known)}."
        )


def _findings(entry: Check, survey: Survey) -> Iterator[Finding]:
    for hit in entry.find(survey):
        view = survey.app.view_functions.get(hit.endpoint or "")
        yield Finding(
            entry.id,
            entry.severity,
            hit.message,
            entry.hint,
            hit.endpoint,
            *(place_of(hit.source or view) or (None, None)),
        )
