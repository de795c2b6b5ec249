"""Pages from the code: the decision table, its drawing, and the settings.

Each directive reads the package's own tables and holds no facts of its own.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from docutils import nodes
from drawing import Step, draw
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from flask_method_guard.config import PREFIX, Settings
from flask_method_guard.decision import TABLE

STEPS = tuple(Step(r.reason.value, r.condition, r.answer, r.status) for r in TABLE)


def _cell(*content: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))


def _table(
    heads: list[str], rows: list[list[nodes.entry]], widths: list[int]
) -> nodes.table:
    group = nodes.tgroup(cols=len(heads))
    group += [nodes.colspec(colwidth=width) for width in widths]
    head = nodes.row("", *(_cell(nodes.Text(text)) for text in heads))
    group += nodes.thead("", head)
    group += nodes.tbody("", *(nodes.row("", *cells) for cells in rows))
    return nodes.table("", group)


class DecisionTable(SphinxDirective):
    """The rows of the decision table, in order; each name is a link target."""

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        rows = []
        for number, row in enumerate(TABLE, 1):
            name = nodes.literal("", row.reason.value)
            target = nodes.target("", "", name, ids=[f"row-{row.reason.value}"])
            answer = nodes.Text(row.answer)
            rows.append(
                [
                    _cell(nodes.Text(str(number))),
                    _cell(target),
                    _cell(nodes.Text(row.condition)),
                    _cell(answer),
                    _cell(nodes.Text(row.rfc)),
                ]
            )
        heads = ["#", "Name", "Holds when", "Answer", "Law"]
        return [_table(heads, rows, [4, 18, 34, 28, 16])]


class DecisionDrawing(SphinxDirective):
    """The decision table as an SVG, part of the page so that it has its colours."""

    def run(self) -> list[nodes.Node]:
        """Make the drawing."""
        # It may be wider than a phone, and must scroll with the keyboard, too.
        opening = (
            '<div class="drawing" tabindex="0" role="group"'
            ' aria-label="The decision, drawn">'
        )
        html = f"{opening}\n{draw(STEPS)}</div>\n"
        return [nodes.raw("", html, format="html")]


class SettingsReference(SphinxDirective):
    """Every key, with its type, its default, and why this default."""

    def run(self) -> list[nodes.Node]:
        """Make the entries, as ``confval`` objects that other pages can link to."""
        lines: list[str] = []
        defaults = Settings()
        for field in fields(Settings):
            default = getattr(defaults, field.name)
            lines += [
                f":::::{{confval}} {PREFIX}{field.name.upper()}",
                f":type: {field.metadata['type']}",
                f":default: `{default_text(default)}`",
                "",
                field.metadata["doc"],
                ":::::",
                "",
            ]
        return self.parse_text_to_nodes("\n".join(lines))


def default_text(value: object) -> str:
    """Write a default as one would write it in a configuration file."""
    if isinstance(value, tuple):
        return repr(list(value))
    if isinstance(value, dict) or hasattr(value, "keys"):
        return "{}" if not value else repr(value)
    return repr(value)


def write_standalone(app: Sphinx, exception: Exception | None) -> None:
    """Write the drawing as a file of its own beside the pages."""
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir, "_static", "decision.svg")
        target.write_text(draw(STEPS, standalone=True), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive("decision-table", DecisionTable)
    app.add_directive("decision-drawing", DecisionDrawing)
    app.add_directive("settings-reference", SettingsReference)
    app.connect("build-finished", write_standalone)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
