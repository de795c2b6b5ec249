"""Measure hostile requests: ``python3 -m tests.hostile``."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("test", "-m", "tests.hostile.measure", *sys.argv[1:])
