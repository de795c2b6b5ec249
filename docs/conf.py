"""Sphinx configuration: ``python3 -m docs``."""

import sys
from html import escape
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "flask-method-guard"
copyright = "the flask-method-guard authors"  # noqa: A001 -- Sphinx's name
# All of this comes from pyproject.toml, the address of the repository, too.
distribution = metadata(project)
release = version = distribution["Version"]
urls = dict(url.split(", ", 1) for url in distribution.get_all("Project-URL", []))

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "from_code",
    "playground",
]
# Where the playground's Python comes from: a folder of the npm package `pyodide`.
playground_runtime = "https://cdn.jsdelivr.net/npm/pyodide@314.0.7/"
exclude_patterns = ["_build"]
nitpicky = True
# The site works offline, so no inventory of another project is fetched. The
# names of other projects are shown without a link.
nitpick_ignore_regex = [
    (r"py:.*", r"(flask|werkzeug|blinker|collections|datetime|functools)\..*"),
    # Built-in types, as signatures name them.
    (r"py:class", r"[a-z]+"),
    (r"py:exc", r"\w+Error"),
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_url_schemes = {
    "http": None,
    "https": None,
    "source": f"{urls['Source']}/{{{{path}}}}",
}
myst_heading_anchors = 3
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
# A method such as -- is shown as it is sent.
smartquotes = False
# A copied block holds what to type: neither the prompts nor the output.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = f"flask-method-guard {release}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}


def use_dashes(_: Sphinx, document: nodes.document) -> None:
    """Put a dash between a parameter and its text, where Sphinx writes two hyphens."""
    for text in list(document.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" \u2013 "))


def describe(
    _: Sphinx,
    page: str,
    __: str,
    context: dict[str, Any],
    document: nodes.document | None,
) -> None:
    """Let search engines and chats show a page by its title and first paragraph."""
    if document is None:
        return  # the index and the search
    site = f"{urls['Documentation']}/en/latest"
    text = " ".join(next(document.findall(nodes.paragraph)).astext().split())
    tags = {
        "name": {"description": text},
        "property": {
            "og:title": document.next_node(nodes.title).astext(),
            "og:description": text,
            "og:type": "website",
            "og:site_name": project,
            "og:url": f"{site}/{page}.html",
            "og:image": f"{site}/_static/error-page.png",
        },
    }
    context["metatags"] += "".join(
        f'<meta {kind}="{name}" content="{escape(value)}">\n'
        for kind, named in tags.items()
        for name, value in named.items()
    )


def setup(app: Sphinx) -> None:
    """Register what only this site needs."""
    app.connect("doctree-read", use_dashes)
    app.connect("html-page-context", describe)
