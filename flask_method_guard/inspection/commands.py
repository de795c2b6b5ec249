"""What the commands share: options, completion, and how a report is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem
from flask.cli import ScriptInfo

from ..config import ConfigError
from ..decision import STANDARD_METHODS
from ..moments import read_moment
from .agreement import DIFFERENCES
from .apps import has_guard
from .catalogue import CHECKS
from .inventory import inventory

_T = TypeVar("_T")
#: Adds an option to a command.
_Option = Callable[[Callable[..., Any]], Callable[..., Any]]

_NO_GUARD = (
    "No guard is installed. This is what it would do. To add it: MethodGuard(app)"
)


def _format_of(*styles: str) -> _Option:
    return click.option(
        "--format",
        "style",
        type=click.Choice(styles),
        default="text",
        show_default=True,
        help="Print for people or for programs.",
    )


format_of_values: _Option = _format_of("text", "json")
format_of_findings: _Option = _format_of("text", "json", "github")


def _check_at(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Report a date that is wrong with the name of its option."""
    try:
        if value is not None:
            read_moment(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


def _at_of(text: str) -> _Option:
    return click.option("--at", metavar="DATE", callback=_check_at, help=text)


at_option: _Option = _at_of(
    "Look at another day or time, such as 2026-07-01 or 2026-07-01T12:00Z."
)
at_option_of_diff: _Option = _at_of(
    "Let dates count as they do on this day. Without it, no date counts."
)


def split(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """Take a comma-separated list, an option that is repeated, or both."""
    return [name.strip() for value in values for name in value.split(",")]


def ids_option(name: str, text: str) -> _Option:
    """Make an option that takes ids of checks or of differences."""
    return click.option(
        name,
        multiple=True,
        metavar="IDS",
        callback=split,
        shell_complete=complete_ids,
        help=text,
    )


def ask(
    ctx: click.Context, question: Callable[..., _T], *args: Any, **kwargs: Any
) -> _T:
    """Ask a report about the app, and turn its complaints into messages."""
    app = ctx.ensure_object(ScriptInfo).load_app()
    if not has_guard(app):
        click.echo(_NO_GUARD, err=True)
    try:
        return question(app, *args, **kwargs)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def print_json(value: object) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, indent=2))


# -- completion in a shell ---------------------------------------------------------


def complete_ids(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the last of several ids, and show what each finds."""
    before, comma, last = incomplete.rpartition(",")
    titles = {entry.id: entry.title for entry in CHECKS}
    if ctx.info_name == "diff":
        titles = {name: kind.title for name, kind in DIFFERENCES.items()}
    return [
        CompletionItem(f"{before}{comma}{name}", help=title)
        for name, title in titles.items()
        if name.startswith(last.upper())
    ]


def complete_blueprint(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete a blueprint of the app; an app that does not load has none."""
    with suppress(Exception):
        names = ctx.ensure_object(ScriptInfo).load_app().blueprints
        return sorted(name for name in names if name.startswith(incomplete))
    return []


def complete_method(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete a standard method, or one of the app's."""
    found = set(STANDARD_METHODS)
    with suppress(Exception):
        app = ctx.ensure_object(ScriptInfo).load_app()
        found.update(inventory(app).supported_methods)
    return sorted(name for name in found if name.startswith(incomplete.upper()))
