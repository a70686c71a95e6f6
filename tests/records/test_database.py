"""Opening the records: migrations, settings, several processes, secrecy of the URL."""

import logging
import subprocess
import sys
from datetime import date

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from analysis.errors import DataProblem, InvalidInput
from analysis.records import open_records, set_target, targets_for
from analysis.records.tables import metadata
from analysis.workspace import Workspace

STARTED_TOGETHER = 4
OPEN_AND_WRITE = """
import sys
from datetime import date
from analysis.records import open_records, set_target
records = open_records(sys.argv[1])
set_target(records, f"metric_{sys.argv[2]}", target=0.1, first_day=date(2026, 1, 1),
           by=f"process {sys.argv[2]}")
"""


def test_the_migrations_build_the_tables_of_the_code(records):
    with records.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_processes_that_start_at_once_all_open_and_write(location):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AND_WRITE, str(location), str(number)],
            stderr=subprocess.PIPE,
        )
        for number in range(STARTED_TOGETHER)
    ]
    errors = [process.communicate(timeout=120)[1] for process in running]
    codes = [process.returncode for process in running]
    assert codes == [0] * STARTED_TOGETHER, errors
    records = open_records(location)
    assert len(targets_for(records)) == STARTED_TOGETHER
    records.close()


def test_records_of_a_newer_version_are_left_alone(records, location):
    with records.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataProblem, match="newer version of Doorstep"):
        open_records(location)
    with records.reading() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
        assert found.scalar() == "9999"


def write_half(records):
    with records.writing() as connection:
        connection.execute(
            sa.text(
                'INSERT INTO audit (at, "by", action, kind, subject) '
                "VALUES ('2026-01-01', 'a', 'create', 'target', 'x')"
            )
        )
        raise RuntimeError("half way")


def test_a_failed_write_leaves_nothing(records):
    with pytest.raises(RuntimeError, match="half way"):
        write_half(records)
    with records.reading() as connection:
        found = connection.execute(sa.text("SELECT count(*) FROM audit"))
        assert found.scalar() == 0


def test_sqlite_is_set_for_several_readers_and_one_writer(tmp_path):
    records = open_records(tmp_path)
    with records.reading() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    records.close()
    assert values == {
        "journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15_000,
        "synchronous": 2,
    }  # fmt: skip


def test_the_file_is_its_owners_only(tmp_path):
    open_records(Workspace.open(tmp_path / "new")).close()
    path = tmp_path / "new" / "records.sqlite"
    assert path.stat().st_mode & 0o077 == 0


def test_readers_are_not_held_off_by_a_writer(tmp_path):
    records = open_records(tmp_path)
    set_target(records, "a", target=1.0, first_day=date(2026, 1, 1), by="Ada")
    with records.writing() as connection:
        connection.execute(sa.text("UPDATE targets SET target = 2.0"))
        assert targets_for(records)[0].target == 1.0
    assert targets_for(records)[0].target == 2.0
    records.close()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@db.test/x",
        "sqlite:///elsewhere.db?password=hunter2",
        "://hunter2",
    ],
)
def test_other_urls_are_refused_without_showing_them(url):
    with pytest.raises(InvalidInput) as caught:
        open_records(url)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.values)


def test_a_server_that_does_not_answer_is_told_without_its_url(caplog, capfd):
    url = "postgresql://user:hunter2@127.0.0.1:9/secret_database?connect_timeout=2"
    with caplog.at_level(logging.DEBUG), pytest.raises(DataProblem) as caught:
        open_records(url)
    shown = f"{caught.value}{caught.value!r}{caplog.text}{capfd.readouterr()}"
    assert "cannot be used now" in str(caught.value)
    assert caught.value.__cause__ is None
    for secret in ("hunter2", "secret_database", "127.0.0.1", "user:"):
        assert secret not in shown


@pytest.mark.parametrize("rest", ["[broken/x", "127.0.0.1:9/x?bogus=1"])
def test_a_url_that_the_driver_refuses_is_told_without_it(rest, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(DataProblem) as caught:
        open_records(f"postgresql://user:hunter2@{rest}")
    assert "hunter2" not in f"{caught.value}{caplog.text}"


@pytest.mark.postgres
def test_a_wrong_password_is_told_without_it(postgres_server, caplog):
    right = postgres_server.url()
    wrong = right.replace(postgres_server.password, "hunter2")
    with caplog.at_level(logging.DEBUG), pytest.raises(DataProblem) as caught:
        open_records(wrong)
    assert "hunter2" not in f"{caught.value}{caplog.text}"


@pytest.mark.postgres
def test_the_records_never_show_their_url(postgres_url, postgres_server, caplog):
    with caplog.at_level(logging.DEBUG):
        records = open_records(postgres_url)
        set_target(records, "a", target=1.0, first_day=date(2026, 1, 1), by="Ada")
    assert postgres_server.password not in f"{records!r}{caplog.text}"
    records.close()
