"""Every block of the documentation and the README runs, and none is passed over."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
from markdown_it import MarkdownIt

from .blocks import PAGES, ROOT, RUN, SHOWN, Page

#: How many blocks there are at least, by language. Raise them with the pages.
FLOOR = {"python": 120, "console": 28, "toml": 2, "nginx": 2}

#: Pages about other projects, and the modules and programs that they run.
NEEDS = {
    "docs/howto/around.md": ("flask_cors",),
    "docs/howto/observability.md": ("opentelemetry", "prometheus_client"),
    "docs/howto/retire-a-method.md": ("flask_cors",),
    "docs/howto/restx-smorest.md": ("flask_restx", "flask_smorest"),
    "docs/tutorial.md": ("curl",),
}

#: The commands that pages only show, for they take minutes, install what they need
#: or write to the checkout; and where each is run in place of the page, or, for one
#: that needs a program more, where its arguments are read.
ONLY_SHOWN = {
    "python3 -m benchmarks": (".ci/run", "-m benchmarks.command --quick"),
    "python3 -m tests.servers": ("tests/servers/test_report.py", "write((WAITRESS,)"),
}

IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


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


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_block_is_passed_over(page: Path, tmp_path: Path) -> None:
    """Each block that a Markdown parser sees is one that the runner runs."""
    seen = fences(page)
    unknown = [info for _, info in seen if info not in RUN + SHOWN]
    run = [
        (e.line, e.region.lexemes["arguments"]) for e in Page(page, tmp_path).document
    ]
    assert not unknown
    assert run == seen


@pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="this is no checkout")
def test_commands_that_are_only_shown() -> None:
    """A command that a page only shows is one of a few, and is run somewhere else."""
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


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    """Each nginx block is a configuration that nginx itself finds right."""
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
    """There are as many blocks as there were, so that none is lost with a page."""
    count = Counter(language for page in PAGES for _, language in fences(page))
    assert {name: min(count[name], least) for name, least in FLOOR.items()} == FLOOR
