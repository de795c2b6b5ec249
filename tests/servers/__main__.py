"""Measure all servers and write their page: ``python3 -m tests.servers``."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("servers", "-m", "tests.servers.write", *sys.argv[1:])
