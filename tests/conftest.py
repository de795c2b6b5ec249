"""What all tests share."""

import gc
import os

from hypothesis import settings

from flask_method_guard import urlmap

# How long an example takes says more of the machine than of the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# Where nothing is known about any rule, every answer must still be right. CI runs the
# tests this way, too.
if os.environ.get("METHOD_GUARD_DOUBT") == "1":
    urlmap._may_reject = lambda rule: True  # noqa: SLF001


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collections.

    It lives until the tests end, and a full collection would look through all of it.
    """
    gc.collect()
    gc.freeze()
