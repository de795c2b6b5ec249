"""The command line: ``flask methods``, which prints what the reports say.

Nothing is decided here. What is printed is made of the plain values of
:mod:`flask_method_guard.report`; colour appears on a terminal only.
"""

from __future__ import annotations

import difflib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
from flask.cli import ScriptInfo, pass_script_info

from . import report
from .inspection.explanation import row_number
from .inspection.text import columns, counted, status_text, terminal_width
from .inspection.timetable import due, timetable
from .report import (
    DeprecatedMethod,
    Explanation,
    Finding,
    Inventory,
    Route,
    Severity,
)

_T = TypeVar("_T")

_format = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the report is printed.",
)

_at = click.option(
    "--at",
    metavar="DATE",
    help="Look at another day or time, such as 2026-07-01 or 2026-07-01T12:00Z.",
)


class _ListByDefault(click.Group):
    """Lists where no command is named: options alone belong to ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front of options, and where there is nothing."""
        named = args and not args[0].startswith("-")
        if not named and "--help" not in args:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListByDefault, short_help="Show what each method gets.")
@click.pass_context
def methods(ctx: click.Context) -> None:
    """Show, explain and check what each method on each URL gets.

    Without a command, it lists; see `flask methods list --help`.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def _ask(
    info: ScriptInfo, question: Callable[..., _T], *args: Any, **kwargs: Any
) -> _T:
    """Ask a report about the app; what it refuses to answer is for the user."""
    app = info.load_app()
    try:
        return question(app, *args, **kwargs)
    except (report.NoGuardError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2))


# -- list -------------------------------------------------------------------------


@methods.command("list", short_help="List the URLs and their methods.")
@click.option("--filter", "text", help="Only URLs and endpoints with this text.")
@click.option("--blueprint", help="Only this blueprint, and those in it.")
@_format
@pass_script_info
def list_(
    info: ScriptInfo, text: str | None, blueprint: str | None, style: str
) -> None:
    """List every URL, its endpoint and its methods, and what is supported.

    A status in a method's place: the route declares the method, and clients get
    that status. An empty place: the route does not take the method.
    """
    found = _ask(info, report.inventory)
    known = info.load_app().blueprints
    if blueprint is not None and blueprint not in known:
        close = difflib.get_close_matches(blueprint, known, 1)
        hint = f"Did you mean {close[0]!r}?" if close else "The app has no such one."
        raise click.BadParameter(f"{blueprint!r} is no blueprint. {hint}")
    routes = [r for r in found.routes if _is_wanted(r, text, blueprint)]
    found = Inventory(found.supported_methods, found.why, tuple(routes))
    if style == "json":
        _print_json(found.as_json())
        return
    for line in _route_lines(found.routes):
        click.echo(line)
    click.echo(f"\n{counted(len(routes), 'route')}.")
    click.echo(f"Supported: {', '.join(found.supported_methods)}\n  ({found.why}).")


def _is_wanted(route: Route, text: str | None, blueprint: str | None) -> bool:
    places = (route.rule.lower(), route.endpoint.lower())
    if text and not any(text.lower() in place for place in places):
        return False
    return not blueprint or route.endpoint.startswith(f"{blueprint}.")


def _route_lines(routes: Sequence[Route]) -> Iterable[str]:
    names = {m for r in routes for m in [*r.methods, *dict(r.refused)]}
    shown = sorted(names - {"*"})
    rows = [("URL", "Endpoint", " ".join(map(_printable, shown)))]
    for route in routes:
        if route.methods == ("*",):
            slots = "every method"
        else:
            slots = " ".join(_slot(route, method) for method in shown).rstrip()
        rows.append((route.rule, route.endpoint, slots))
    header, *lines = columns(rows)
    yield click.style(header, bold=True)
    yield from lines


def _slot(route: Route, method: str) -> str:
    """Fill one method's place in a line: its name, its status, or nothing."""
    width = len(_printable(method))
    if method in route.methods:
        return method.ljust(width)
    status = dict(route.refused).get(method)
    if status is None:
        return " " * width
    return _coloured(str(status), status) + " " * (width - 3)


# -- explain ----------------------------------------------------------------------


@methods.command(short_help="Explain what one request gets.")
@click.argument("method")
@click.argument("url")
@click.option("--host", help="The host that the request is sent to.")
@_at
@_format
@pass_script_info
def explain(  # noqa: PLR0913, PLR0917
    info: ScriptInfo,
    method: str,
    url: str,
    host: str | None,
    at: str | None,
    style: str,
) -> None:
    """Explain what METHOD gets at URL, and why. No view runs.

    METHOD may be anything that a client can send, such as get or '<x>'. URL is a
    path, a whole URL, or '*' for the server as a whole.
    """
    found = _ask(info, report.explain, method, url, host, at=at)
    if style == "json":
        _print_json(found.as_json())
        return
    request = f"{_printable(method)} {_printable(url)}"
    answer = "what the view says"
    if found.status is not None:
        answer = status_text(found.status)
    click.echo(f"{request}: {_coloured(answer, found.status)}\n")
    for line in columns(list(_facts(found))):
        click.echo(line)
    if found.unknown:
        click.echo("\nWhat this cannot know:")
    for sentence in found.unknown:
        click.echo(f"- {sentence}")


def _facts(found: Explanation) -> Iterable[tuple[str, str]]:
    """Name what is known, a line each."""
    if found.reason is not None:
        number, count = row_number(found.reason)
        yield "Reason", f"{found.reason} (row {number} of {count})"
    yield "When", found.condition
    yield "Answer", found.answer
    yield "Law", found.rfc
    deprecation = found.deprecation.as_json() if found.deprecation else {}
    known = {
        "Rule": found.rule,
        "Endpoint": found.endpoint,
        "Allow": ", ".join(found.allowed_methods),
        "Location": found.location,
        "Says": found.detail,
        "Docs": found.docs,
        "Deprecated": "; ".join(
            f"{name} {', '.join(value) if isinstance(value, list) else value}"
            for name, value in deprecation.items()
        ),
    }
    yield from ((name, value) for name, value in known.items() if value)


# -- check ------------------------------------------------------------------------


@methods.command(short_help="Find what will surprise.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="ID",
    type=click.Choice([entry.id for entry in report.CHECKS]),
    help="Leave a check out. Can be given several times.",
)
@click.option("--strict", is_flag=True, help="Fail on a warning, too.")
@_format
@click.pass_context
def check(
    ctx: click.Context, ignore: tuple[str, ...], strict: bool, style: str
) -> None:
    """Find what will surprise you or your clients.

    Exits with 1 if there is an error, and with --strict if there is a warning.
    """
    found = _ask(ctx.ensure_object(ScriptInfo), report.check, ignore)
    if style == "json":
        _print_json([finding.as_json() for finding in found])
    else:
        for finding in found:
            _print_finding(finding)
        click.echo(_summary(found))
    if any(strict or finding.severity is Severity.ERROR for finding in found):
        ctx.exit(1)


def _print_finding(finding: Finding) -> None:
    colour = {Severity.ERROR: "red", Severity.WARNING: "yellow"}[finding.severity]
    severity = click.style(str(finding.severity), fg=colour)
    click.echo(f"{finding.id} {severity}: {finding.endpoint or 'the app'}")
    for text in (finding.message, finding.hint):
        click.echo(click.wrap_text(text, 80, "  ", "  "))
    click.echo()


def _summary(found: Sequence[Finding]) -> str:
    if not found:
        return "Nothing was found."
    counts = Counter(str(finding.severity) for finding in found)
    return ", ".join(
        counted(count, severity) for severity, count in sorted(counts.items())
    )


# -- deprecations -----------------------------------------------------------------


@methods.command(short_help="List deprecated methods with their dates.")
@_at
@click.option(
    "--within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Exit with 1 if a sunset is at most this many days away, or overdue.",
)
@_format
@click.pass_context
def deprecations(
    ctx: click.Context, at: str | None, within: int | None, style: str
) -> None:
    """List every deprecated method with its dates, the earliest sunset first.

    Days left are whole days until the sunset, rounded down.

    Example: flask methods deprecations --within 30
    """
    found = _ask(ctx.ensure_object(ScriptInfo), report.deprecations, at)
    if style == "json":
        _print_json([row.as_json() for row in found])
    else:
        _print_timetable(found, within)
    if within is not None and any(row.ends_within(within) for row in found):
        ctx.exit(1)


def _print_timetable(found: Sequence[DeprecatedMethod], within: int | None) -> None:
    if not found:
        click.echo("No method is deprecated.")
        return
    for line in timetable(found, terminal_width()):
        click.echo(line)
    if within is not None:
        click.echo()
        for line in due(found, within):
            click.echo(line)


# -- text -------------------------------------------------------------------------


def _coloured(text: str, status: int | None) -> str:
    """Colour a text by a status code; what the view decides is good."""
    colours = {3: "cyan", 4: "yellow", 5: "red"}
    return click.style(text, fg=colours.get((status or 200) // 100, "green"))


def _printable(text: str) -> str:
    """Keep what may be anything, a control code too, on one line."""
    return text if text and text.isprintable() and " " not in text else ascii(text)
