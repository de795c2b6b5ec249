"""The guard among real Flask extensions: ``pytest tests/extensions``.

An extension that is not installed is skipped by its name; with
``METHOD_GUARD_REQUIRE_ALL=1`` it is a failure.
"""
