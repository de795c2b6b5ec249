"""Take the tour: ``python3 -m examples``; it ends by itself.

``python3 -m examples deprecation`` plays how a method is retired, and
``python3 -m examples versions`` how a version of an API is.
"""

import sys

from tests._bootstrap import run

if __name__ == "__main__":
    first = sys.argv[1:2]
    is_story = first in (["deprecation"], ["versions"])
    module = f"examples.{first[0] if is_story else 'tour'}"
    run("examples", "-m", module, *sys.argv[1 + is_story :])
