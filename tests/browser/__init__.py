"""The error page in a real browser: Chromium, driven by Playwright.

What it needs is the dependency group ``browser`` and a Chromium of the system's, such
as Debian's package ``chromium``; ``pytest tests/browser`` runs it. Where there is none
the tests are skipped, or fail if ``METHOD_GUARD_REQUIRE_ALL=1`` is set. Screenshots
are left in ``artifacts/browser``.
"""
