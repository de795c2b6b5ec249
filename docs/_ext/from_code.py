"""Parts of pages that are made from the code: the decision table and the settings.

Each directive reads the package's own tables and holds no facts of its own.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from flask_method_guard.config import PREFIX, Settings, described_keys
from flask_method_guard.decision import TABLE, Row


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
    return nodes.table("", group, classes=["decision-table"])


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
        heads = ["#", "Name", "Matches when", "Response", "Spec"]
        return [_table(heads, rows, [4, 18, 34, 28, 16])]


class DecisionDrawing(SphinxDirective):
    """The decision table as a flow chart: a list that the style sheet draws."""

    def run(self) -> list[nodes.Node]:
        """Make the list. An image could not wrap its text on a phone."""
        steps = "".join(_step(number, row) for number, row in enumerate(TABLE, 1))
        html = f'<ol class="decision" role="list">{steps}</ol>'
        return [nodes.raw("", html, format="html")]


def _step(number: int, row: Row) -> str:
    kind = "rejection" if row.status and row.status >= 400 else "pass"
    return (
        f'<li><p class="question"><b>{number} <code>{row.reason.value}</code></b>'
        f" {escape(row.condition)}</p>"
        f'<p class="answer {kind}">{escape(row.answer)}</p></li>'
    )


class SettingsReference(SphinxDirective):
    """Every key, with its type, its default, and why this default."""

    def run(self) -> list[nodes.Node]:
        """Make the entries, as ``confval`` objects that other pages can link to."""
        defaults = Settings()
        lines = ["| Key | Default |", "|---|---|"]
        for name in Settings._fields:
            default = default_text(getattr(defaults, name))
            lines.append(f"| {{confval}}`{PREFIX}{name.upper()}` | `{default}` |")
        lines.append("")
        for name, (_, kind, text) in described_keys().items():
            default = getattr(defaults, name)
            lines += [
                f":::::{{confval}} {PREFIX}{name.upper()}",
                f":type: {kind}",
                f":default: `{default_text(default)}`",
                "",
                text,
                ":::::",
                "",
            ]
        return self.parse_text_to_nodes("\n".join(lines))


def default_text(value: object) -> str:
    """Write a default as one would write it in a configuration file."""
    if isinstance(value, (tuple, frozenset)):
        return repr(sorted(value) if isinstance(value, frozenset) else list(value))
    if isinstance(value, dict) or hasattr(value, "keys"):
        return "{}" if not value else repr(value)
    return repr(value)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive("decision-table", DecisionTable)
    app.add_directive("decision-drawing", DecisionDrawing)
    app.add_directive("settings-reference", SettingsReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
