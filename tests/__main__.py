"""Run the fast tests: ``python3 -m tests``, and any options of pytest after it."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("test", "-m", "pytest", *sys.argv[1:])
