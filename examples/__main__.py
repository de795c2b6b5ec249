"""Take the tour: ``python3 -m examples``; it ends by itself.

``python3 -m examples deprecation`` plays how a method is retired.
"""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    story = sys.argv[1:2] == ["deprecation"]
    module = "examples.deprecation" if story else "examples.tour"
    run("examples", "-m", module, *sys.argv[1 + story :])
