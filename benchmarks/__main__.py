"""Run the benchmarks: ``python3 -m benchmarks``. See ``--help`` for the options."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("examples", "-m", "benchmarks.command", *sys.argv[1:])
