"""Fixtures of the end-to-end tests."""

from tests.e2e.app import app, browser, open_page  # noqa: F401
