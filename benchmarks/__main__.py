"""Run the benchmarks: ``python3 -m benchmarks``, ``--help`` tells of the others."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("bench", "-m", "benchmarks.command", *sys.argv[1:])
