"""Records for the tests of cases, empty for each test."""

import pytest

from analysis.records import open_records


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def both_records(request, tmp_path):
    """Records on SQLite, then on PostgreSQL."""
    on_file = request.param == "sqlite"
    place = tmp_path / "records" if on_file else request.getfixturevalue("postgres_url")
    opened = open_records(place)
    yield opened
    opened.close()


@pytest.fixture
def records(tmp_path):
    """Records on SQLite."""
    opened = open_records(tmp_path / "records")
    yield opened
    opened.close()
