"""Runs commands as a shell does: standard output and standard error are apart."""

from __future__ import annotations

from inspect import signature
from typing import Any

from click.testing import CliRunner

# Older versions of click put one into the other unless they are asked not to.
OPTIONS: dict[str, Any] = (
    {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
)
