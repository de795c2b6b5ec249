"""Building the site, with every warning an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def build(out: Path, *options: str) -> Path:
    """Build the site as the README says.

    :param out: an empty folder for the result.
    :param options: more options of Sphinx.
    :return: the folder with the pages.
    """
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-E"]
    result = subprocess.run(
        [*command, *options, "-d", str(out / "doctrees"), str(DOCS), str(out / "html")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stderr)
    return out / "html"
