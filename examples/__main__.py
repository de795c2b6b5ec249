"""Take the tour: ``python3 -m examples``; it ends by itself."""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    run("examples", "-m", "examples.tour", *sys.argv[1:])
