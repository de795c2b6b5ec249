"""Every block of the documentation and the README runs, and none is left out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
import tomllib
from markdown_it import MarkdownIt

from .blocks import PAGES, ROOT, RUN, SHOWN, Page
from .terminal import INSTALLED

#: How many blocks there are at least, by language. Raise them with the pages.
FLOOR = {"python": 130, "console": 30, "toml": 3, "nginx": 2}

#: Pages about other projects, and the modules and programs that they run.
NEEDS = {
    "docs/howto/around.md": ("flask_cors",),
    "docs/howto/observability.md": ("opentelemetry", "prometheus_client"),
    "docs/howto/retire-a-method.md": ("prometheus_client",),
    "docs/howto/restx-smorest.md": ("flask_restx", "flask_smorest"),
    "docs/reference/deprecations.md": ("flask_cors", "requests"),
    "docs/tutorial.md": ("curl",),
}

#: Commands that pages only show, because they take minutes, install something or write
#: to the checkout. Each has the place where it is run instead, or where at least its
#: arguments are read.
ONLY_SHOWN = {
    "python3 -m benchmarks": (".ci/run", "-m benchmarks.command --quick"),
    "python3 -m tests.servers": ("tests/servers/test_report.py", "write((WAITRESS,)"),
}

IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]

#: Guides whose sections build on one another.
CONTINUED = {
    "docs/howto/around.md",
    "docs/howto/retire-a-method.md",
    "docs/howto/retire-a-version.md",
    "docs/howto/test-your-methods.md",
}
#: How many characters fit a block of the site.
WIDTH = 88
GUIDES = [
    name
    for name in IDS
    if name.startswith("docs/howto/")
    and name not in {"docs/howto/index.md", *CONTINUED}
]


def sections(page: Path) -> dict[str, str]:
    """Split a page at its second-level headings: the text by heading."""
    parts = re.split(r"^## (.*)\n", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


SECTIONS = [
    (name, heading)
    for name in GUIDES
    for heading, text in sections(ROOT / name).items()
    if "```python" in text
]


def fences(page: Path) -> list[tuple[int, str]]:
    """Find a page's code blocks with another parser: first line and language."""
    found = []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        info = token.info.removeprefix("{code-block}").strip()
        if token.type == "fence" and token.map and not info.startswith("{"):
            found.append((token.map[0] + 1, info))
    return found


def require(*needs: str) -> None:
    """Skip the test, or fail it where all must run, unless all is installed."""
    missing = [n for n in needs if find_spec(n) is None and shutil.which(n) is None]
    if missing:
        refuse(f"not installed: {', '.join(missing)}")


def refuse(reason: str) -> NoReturn:
    """Skip the test, or fail it where all must run."""
    if os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_blocks(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's blocks do what the page says, in order."""
    name = page.relative_to(ROOT).as_posix()
    require(*NEEDS.get(name, ()))
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Page(page, tmp_path).run()


@pytest.mark.parametrize(
    ("name", "section"), SECTIONS, ids=[" ".join(s) for s in SECTIONS]
)
def test_a_section_alone(
    name: str, section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A section of a how-to guide works for a reader who copies it alone."""
    require(*NEEDS.get(name, ()))
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    page = tmp_path / "section.md"
    page.write_text(sections(ROOT / name)[section], encoding="utf-8")
    Page(page, tmp_path).run()


@pytest.mark.parametrize("name", sorted(NEEDS.keys() & set(GUIDES)))
def test_a_guide_says_what_to_install(name: str) -> None:
    """A how-to guide names what else it needs before its first section."""
    assert "pip install" in (ROOT / name).read_text("utf-8").partition("\n## ")[0]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_the_project_is_installed_from_its_address(page: Path) -> None:
    """Pages name one address, that of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"git+{project['urls']['Source']}" == INSTALLED
    commands = re.findall(
        r"pip install (\S*flask-method-guard)\b", page.read_text("utf-8")
    )
    assert set(commands) <= {INSTALLED}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_block_is_left_out(page: Path, tmp_path: Path) -> None:
    """Each block that a Markdown parser sees is one that the runner runs."""
    seen = fences(page)
    unknown = [info for _, info in seen if info not in RUN + SHOWN]
    run = [
        (e.line, e.region.lexemes["arguments"]) for e in Page(page, tmp_path).document
    ]
    assert not unknown
    assert run == seen


@pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="not a checkout")
def test_commands_that_are_only_shown() -> None:
    """Only a few commands are shown but not run, and each runs somewhere else."""
    shown = {
        line.removeprefix("$ ")
        for page in PAGES
        for example in Page(page, page.parent).document
        if example.region.lexemes["arguments"] in SHOWN
        for line in example.parsed.splitlines()
        if line.startswith("$ ")
    }
    assert shown == ONLY_SHOWN.keys()
    for command, (place, text) in ONLY_SHOWN.items():
        package = command.split()[2].replace(".", "/")
        assert (ROOT / package / "__main__.py").exists()
        assert text in (ROOT / place).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_line_is_cut_off(page: Path, tmp_path: Path) -> None:
    """What a block shows fits the page, so that nobody has to scroll sideways."""
    too_long = {
        line
        for example in Page(page, tmp_path).document.examples()
        for line in example.parsed.splitlines()
        if len(line) > WIDTH
    }
    assert too_long == set()


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    """Each nginx block is accepted by nginx itself."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        refuse("nginx is not installed")
    (tmp_path / "logs").mkdir()
    tested = 0
    for page in PAGES:
        for example in Page(page, tmp_path).document.examples():
            if example.region.lexemes["arguments"] == "nginx":
                configuration = tmp_path / "nginx.conf"
                configuration.write_text(example.parsed, encoding="utf-8")
                own = "pid nginx.pid; error_log stderr;"
                check = subprocess.run(
                    [nginx, "-t", "-p", tmp_path, "-c", configuration, "-g", own],
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                assert check.returncode == 0, check.stderr
                tested += 1
    assert tested == FLOOR["nginx"]


def test_enough_blocks_run() -> None:
    """No block is lost with a page: there are at least as many as recorded."""
    count = Counter(language for page in PAGES for _, language in fences(page))
    assert {name: min(count[name], least) for name, least in FLOOR.items()} == FLOOR
