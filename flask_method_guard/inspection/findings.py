"""Findings as text: for people, and as GitHub Actions shows them at the line of a file.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import click

from .agreement import Agreement, Difference
from .catalogue import Severity
from .checks import Finding
from .text import counted, wrapped

_REFERENCE = "https://flask-method-guard.readthedocs.io/en/latest/reference"
#: Explains each check.
CHECKS_PAGE = f"{_REFERENCE}/checks.html"
#: Explains each difference.
DIFFERENCES_PAGE = f"{_REFERENCE}/differences.html"


def finding_text(found: Finding | Difference, width: int | None) -> str:
    """Write the place, as editors find it, what is wrong, and below it the fix."""
    place = f"{found.file}:{found.line}: " if found.file else ""
    where = f" in {found.endpoint}" if found.endpoint else ""
    title, colour = found.id, "red"
    if isinstance(found, Finding):
        title = f"{found.id} {found.severity}"
        colour = {Severity.ERROR: "red", Severity.WARNING: "yellow"}[found.severity]
    text = wrapped(f"{place}{title}{where}: {found.message}", width, "", "    ")
    text = text.replace(title, click.style(title, fg=colour), 1)
    return f"{text}\n{wrapped(f'Fix: {found.hint}', width, '    ', '    ')}\n"


def summary(found: Sequence[Finding]) -> str:
    """Count findings."""
    if not found:
        return "No problems found."
    counts = Counter(str(finding.severity) for finding in found)
    numbers = [counted(count, severity) for severity, count in sorted(counts.items())]
    return f"See {CHECKS_PAGE}\n{', '.join(numbers)}."


def summary_of_differences(found: Agreement, width: int | None) -> str:
    """Count differences, and list what could not be compared."""
    lines = [wrapped(text, width, "- ", "  ") for text in found.not_compared]
    if lines:
        lines = ["Not compared:", *lines, ""]
    if found:
        lines.append(f"See {DIFFERENCES_PAGE}")
    return "\n".join([*lines, f"{counted(len(found), 'difference')}."])


def workflow_command(found: Mapping[str, object], level: str) -> str:
    """Write something that was found as one workflow command.

    :param found: its ``id``, ``message``, ``hint``, ``file`` and ``line``, as its JSON
        has them; without a file, it is shown for the whole run.
    :param level: ``error`` or ``warning``.
    :return: a line without its end.
    """
    properties = {"file": found["file"], "line": found["line"], "title": found["id"]}
    written = ",".join(
        f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
        if value is not None
    )
    text = _escaped(f"{found['message']} Fix: {found['hint']}")
    return f"::{level} {written}::{text}"


def _escaped(text: str) -> str:
    """Escape what would end a command or begin another one."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
