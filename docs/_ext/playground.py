"""The page on which readers try the guard in their browser.

The page has Flask, this package and their dependencies next to it, in one archive that
is packed from what is installed. Only the Python runtime comes from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

from docutils import nodes
from packaging.requirements import Requirement
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import flask_method_guard

PAGE = "playground"
ARCHIVE = Path("_static", "playground.zip")
_HERE = Path(__file__).parent
_SOURCES = _HERE.parent / "playground"

#: The apps to start with, and a first request to each: title, file, request.
EXAMPLES = (
    (
        "A bookshop",
        "bookshop.py",
        {"method": "PUT", "url": "/books", "accept": "text/html", "at": ""},
    ),
    (
        "A PUT that was retired",
        "retired.py",
        {"method": "PUT", "url": "/items/3", "accept": "", "at": "2027-02-01"},
    ),
    (
        "A version that is gone",
        "versions.py",
        {"method": "GET", "url": "/v1/books", "accept": "", "at": "2027-02-01"},
    ),
)
#: About how many bytes are loaded when Python starts.
SIZE = 14_000_000


class Playground(SphinxDirective):
    """The form, and where the results appear."""

    def run(self) -> list[nodes.Node]:
        """Make the HTML."""
        examples = [
            {"title": title, "app": (_SOURCES / file).read_text("utf-8"), **request}
            for title, file, request in EXAMPLES
        ]
        form = Template((_SOURCES / "form.html").read_text("utf-8"))
        html = form.substitute(
            runtime=self.config.playground_runtime,
            size=SIZE,
            examples=json.dumps(examples).replace("<", "\\u003c"),
        )
        return [nodes.raw("", html, format="html")]


def add_policy(
    app: Sphinx, page: str, _: str, context: dict[str, Any], __: Any
) -> None:
    """Let the page, and the Python code on it, reach this site and the runtime only."""
    if page == PAGE:
        runtime = urlsplit(app.config.playground_runtime)
        host = f"{runtime.scheme}://{runtime.netloc}" if runtime.netloc else ""
        context["metatags"] += (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'self\''
            f" 'unsafe-inline' 'unsafe-eval' data: blob: {host}\">\n"
        )


def pack(app: Sphinx, error: Exception | None) -> None:
    """Write the archive that the page loads."""
    if error is not None or app.builder.format != "html":
        return
    with ZipFile(app.outdir / ARCHIVE, "w", ZIP_DEFLATED) as archive:
        for name, path in sorted(files()):
            archive.write(path, name)


def files() -> Iterator[tuple[str, Path]]:
    """Find what to pack: names in the archive, and files."""
    yield "in_browser.py", _HERE / "in_browser.py"
    package = Path(flask_method_guard.__file__).parent
    for path in package.rglob("*.py"):
        yield path.relative_to(package.parent).as_posix(), path
    names, packed = ["flask"], set[str]()
    while names:
        if (name := names.pop()) in packed:
            continue
        packed.add(name)
        installed = distribution(name)
        for file in installed.files or ():
            # MarkupSafe works without its native part.
            if file.suffix not in {".so", ".pyd", ".pyc"} and ".." not in file.parts:
                yield file.as_posix(), Path(str(file.locate()))
        for needed in map(Requirement, installed.requires or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                names.append(needed.name.lower())


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, and what the page needs."""
    app.add_config_value("playground_runtime", "", "html", str)
    app.add_directive(PAGE, Playground)
    app.connect("html-page-context", add_policy)
    app.connect("build-finished", pack)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
