"""Evidence that the guard keeps its word on real servers.

What it needs is the dependency group ``servers`` and nginx; ``pytest tests/servers``
runs it. A server that is not installed is skipped by name, or is a failure where
``METHOD_GUARD_REQUIRE_ALL=1`` is set.
"""
