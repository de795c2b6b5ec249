"""Schemathesis, the API tester, as a client: ``pytest tests/schemathesis``.

What it needs is the dependency group ``schemathesis``. Without it, the tests are
skipped, or fail where ``METHOD_GUARD_REQUIRE_ALL=1`` is set.
"""
