"""The command line: ``flask methods``, which prints what the reports say.

Nothing is decided here. Everything that is printed comes from the plain values of
:mod:`flask_method_guard.report`. Colour appears on a terminal only.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import Any

import click
from click.shell_completion import CompletionItem
from flask import Flask
from flask.cli import ScriptInfo

from . import report
from .inspection.apps import check_blueprint
from .inspection.commands import (
    ask,
    at_option,
    at_option_of_diff,
    complete_blueprint,
    complete_method,
    format_of_findings,
    format_of_values,
    ids_option,
    print_json,
    split,
)
from .inspection.diff import compare
from .inspection.drawing import drawing
from .inspection.findings import (
    CHECKS_PAGE,
    DIFFERENCES_PAGE,
    finding_text,
    summary,
    summary_of_differences,
    workflow_command,
)
from .inspection.listing import listing
from .inspection.text import terminal_width
from .inspection.timetable import timetable
from .report import Inventory, Severity


class _ListByDefault(click.Group):
    """Lists when no command is named: options alone belong to ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front of options, and where there is nothing.

        Where there is nothing, a shell that completes words wants the commands.
        """
        named = args and not args[0].startswith("-")
        is_completing = ctx.resilient_parsing and not args
        if not named and "--help" not in args and not is_completing:
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the options of ``list``, too."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += list_.shell_complete(click.Context(list_), incomplete)
        return list({item.value: item for item in found}.values())


@click.group(cls=_ListByDefault, short_help="Show which HTTP methods each URL accepts.")
@click.pass_context
def methods(ctx: click.Context) -> None:
    """Show which HTTP methods each URL accepts, and what all others get.

    Without a command, every URL is listed; `flask methods list --help` shows the
    options for that.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


# -- list -------------------------------------------------------------------------


@methods.command("list", short_help="List every URL with its methods.")
@click.option(
    "--filter",
    "text",
    metavar="TEXT",
    help="Only URLs and endpoints that contain TEXT, in any case.",
)
@click.option(
    "--blueprint",
    metavar="NAME",
    shell_complete=complete_blueprint,
    help="Only this blueprint and the blueprints inside it.",
)
@click.option(
    "--all",
    "show_all",
    is_flag=True,
    help="Also show the HEAD and OPTIONS that Flask adds to routes.",
)
@format_of_values
@click.pass_context
def list_(
    ctx: click.Context,
    text: str | None,
    blueprint: str | None,
    show_all: bool,
    style: str,
) -> None:
    """List every URL with its methods, and the methods that the app supports.

    The list fits the width of the terminal. Set COLUMNS for another width. A pipe
    gets one line for each route, with its endpoint.

    PUT* is deprecated. A status, such as PUT:405 or 405 instead of PUT, is
    the response to a method that the route declares and the app rejects.
    """
    found = ask(ctx, _inventory_of, text, blueprint)
    if style == "json":
        print_json(found.as_json())
    elif not found.routes:
        where = f"blueprint {blueprint!r}" if blueprint else "the app"
        nothing = f"No URL or endpoint of {where} contains {text!r}."
        click.echo(nothing if text else f"No URLs in {where}.")
    else:
        for line in listing(found, terminal_width(), show_all=show_all):
            click.echo(line)


def _inventory_of(app: Flask, text: str | None, blueprint: str | None) -> Inventory:
    """List what an app serves: in one blueprint, and with a text, if one is given."""
    found = report.inventory(app)
    routes = found.routes
    if blueprint is not None:
        check_blueprint(app, blueprint)
        routes = tuple(r for r in routes if r.endpoint.startswith(f"{blueprint}."))
    if text:
        wanted = text.lower()
        routes = tuple(
            r
            for r in routes
            if wanted in r.rule.lower() or wanted in r.endpoint.lower()
        )
    return replace(found, routes=routes)


# -- explain ----------------------------------------------------------------------


@methods.command(short_help="Explain the response to one request.")
@click.argument("method", shell_complete=complete_method)
@click.argument("url")
@click.option("--host", metavar="HOST", help="The host that the request is sent to.")
@at_option
@format_of_values
@click.pass_context
def explain(  # noqa: PLR0913, PLR0917
    ctx: click.Context,
    method: str,
    url: str,
    host: str | None,
    at: str | None,
    style: str,
) -> None:
    """Explain the response to METHOD at URL. Nothing is sent, and no view runs.

    METHOD is anything that a client can send, such as PUT, get or '<x>'. URL is a
    path, a whole URL, or '*' for the server as a whole.

    Example: flask methods explain PUT /items/3
    """
    if _looks_like_url(method) and not _looks_like_url(url):
        options = ["--host", host] if host else []
        options += ["--at", at] if at else []
        raise click.UsageError(
            "METHOD comes first, and URL second. Run:\n\n    "
            + _command(ctx, [*options, url, method])
        )
    found = ask(ctx, report.explain, method, url, host, at=at)
    if style == "json":
        print_json(found.as_json())
        return
    app = ctx.ensure_object(ScriptInfo).load_app()
    for line in drawing(app, found, terminal_width()):
        click.echo(line)


def _looks_like_url(text: str) -> bool:
    return text == "*" or text.startswith(("/", "http://", "https://"))


def _command(ctx: click.Context, args: list[str]) -> str:
    """Write the command again, with other arguments."""
    program, *names = ctx.command_path.split(" ")
    app = ctx.ensure_object(ScriptInfo).app_import_path
    return shlex.join([program, *(["--app", app] if app else []), *names, *args])


# -- check ------------------------------------------------------------------------


@methods.command(
    short_help="Find mistakes in the methods of your routes.",
    epilog=f"\b\nWhat each check finds:\n{CHECKS_PAGE}",
)
@ids_option("--select", "Run only these checks, such as MG101,MG102.")
@ids_option(
    "--ignore",
    "Leave out these checks, such as MG103,MG104. MG103:ENDPOINT leaves out the"
    " findings of one endpoint.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 on a warning, too.")
@format_of_findings
@click.pass_context
def check(
    ctx: click.Context,
    select: list[str],
    ignore: list[str],
    strict: bool,
    style: str,
) -> None:
    """Find mistakes in the methods of your routes.

    Exits with 1 if there is an error, or a warning with --strict; otherwise with 0.
    """
    found = ask(ctx, report.check, ignore, select or None)
    if style == "json":
        print_json([finding.as_json() for finding in found])
    elif style == "github":
        for finding in found:
            click.echo(workflow_command(finding.as_json(), str(finding.severity)))
    else:
        for finding in found:
            click.echo(finding_text(finding, terminal_width()))
        click.echo(summary(found))
    if any(strict or finding.severity is Severity.ERROR for finding in found):
        ctx.exit(1)


# -- diff -------------------------------------------------------------------------


@methods.command(
    short_help="Compare an OpenAPI document with the app.",
    epilog=f"\b\nWhat each difference means:\n{DIFFERENCES_PAGE}",
)
@click.argument("document", required=False, type=click.Path(allow_dash=True))
@click.option(
    "--url",
    metavar="PATH",
    help="Ask the app itself for the document, such as /openapi.json.",
)
@click.option(
    "--prefix",
    help="What the app has in front of the documented paths, such as /api.",
)
@click.option(
    "--under",
    metavar="FOLDER",
    help="Routes outside of this folder may be undocumented.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERNS",
    callback=split,
    help="Leave out these paths, rules and endpoints, such as '/internal/*,admin.*'.",
)
@ids_option(
    "--ignore",
    "Leave out these differences, such as MG204,MG206. MG206:/PATH leaves out"
    " those of one path.",
)
@at_option_of_diff
@format_of_findings
@click.pass_context
def diff(
    ctx: click.Context,
    /,
    document: str | None,
    url: str | None,
    style: str,
    **options: Any,
) -> None:
    """Compare the methods of an OpenAPI document with those that the app serves.

    DOCUMENT is a file, in JSON or YAML, or - for standard input. Exits with 1 if
    there is a difference.

    Example: flask methods diff openapi.yaml
    """
    found = ask(ctx, compare, document, url, **options)
    width = terminal_width()
    if style == "text":
        for each in found:
            click.echo(finding_text(each, width))
        click.echo(summary_of_differences(found, width))
    else:
        for sentence in found.not_compared:
            click.echo(f"Not compared: {sentence}", err=True)
    if style == "json":
        print_json([each.as_json() for each in found])
    elif style == "github":
        for each in found:
            click.echo(workflow_command(each.as_json(), "error"))
    if found:
        ctx.exit(1)


# -- deprecations -----------------------------------------------------------------


@methods.command(short_help="List deprecated methods with their dates.")
@at_option
@click.option(
    "--within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Exit with 1 if a sunset is at most this many days away, or overdue.",
)
@format_of_values
@click.pass_context
def deprecations(
    ctx: click.Context, at: str | None, within: int | None, style: str
) -> None:
    """List every deprecated method with its dates, the earliest sunset first.

    Days left are whole days until the sunset, rounded down.

    Example: flask methods deprecations --within 30
    """
    found = ask(ctx, report.deprecations, at)
    if style == "json":
        print_json([row.as_json() for row in found])
    else:
        for line in timetable(found, terminal_width(), within):
            click.echo(line)
    if within is not None and any(row.ends_within(within) for row in found):
        ctx.exit(1)
