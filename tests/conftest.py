"""Fixtures that several rooms use."""

from tests.postgres_server import postgres_server, postgres_url  # noqa: F401
from tests.sample_world import sample_world  # noqa: F401
