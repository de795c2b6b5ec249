"""Workflow commands: findings as GitHub Actions shows them, at the line of a file.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Mapping


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
