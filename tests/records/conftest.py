"""Records on both databases; each test gets an empty one."""

import pytest

from analysis.records import open_records


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def location(request, tmp_path):
    """Where the records are: a folder, or the URL of an empty database."""
    if request.param == "sqlite":
        return tmp_path / "workspace"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def records(location):
    opened = open_records(location)
    yield opened
    opened.close()
