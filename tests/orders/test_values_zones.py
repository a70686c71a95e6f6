"""Wall clocks and UTC against Python's zoneinfo."""

# ruff: noqa: DTZ001 - the times of a file are naive by contract

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from analysis.errors import InvalidInput
from analysis.orders.values import to_local, to_utc

ZONES = (
    "America/Sao_Paulo", "Asia/Riyadh", "Asia/Shanghai", "Europe/London",
    "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
    "Pacific/Apia", "UTC",
)  # fmt: skip
TIME, ZONE = exp.column("t", quoted=True), exp.column("z", quoted=True)


def in_duckdb(times: list[datetime], tree: exp.Expr, zones: list[str] | None = None):
    rows = pa.table(
        {"t": times, "z": zones or [""] * len(times), "row": range(len(times))}
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'Pacific/Chatham'")
        connection.register("rows_of_test", rows)
        query = exp.select(exp.alias_(tree, "v")).from_("rows_of_test").order_by("row")
        return connection.sql(query.sql("duckdb")).to_arrow_table()["v"].to_pylist()


def utc_of(wall: datetime, zone: str) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def wall_of(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


TIMES = st.lists(
    st.datetimes(datetime(1991, 1, 1), datetime(2059, 12, 30)), min_size=1, max_size=40
)


@settings(max_examples=30, deadline=None)
@given(zone=st.sampled_from(ZONES), times=TIMES)
def test_any_time_is_that_of_zoneinfo(zone, times):
    assert in_duckdb(times, to_utc(TIME, zone)) == [utc_of(t, zone) for t in times]
    assert in_duckdb(times, to_local(TIME, zone)) == [wall_of(t, zone) for t in times]


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_of_an_hour_around_each_change_of_the_clocks(zone):
    info, step = ZoneInfo(zone), timedelta(minutes=15)
    hours = (datetime(2009, 1, 1) + timedelta(hours=n) for n in range(24 * 365 * 4))
    changes = [
        hour
        for hour in hours
        if hour.replace(tzinfo=UTC).astimezone(info).utcoffset()
        != (hour + timedelta(hours=1)).replace(tzinfo=UTC).astimezone(info).utcoffset()
    ]
    moments = [
        c + n * step for c in [datetime(2010, 1, 1), *changes] for n in range(-8, 12)
    ]
    walls = [wall_of(c, zone) + n * step for c in changes for n in range(-110, 110)]
    assert in_duckdb(moments, to_local(TIME, zone)) == [
        wall_of(m, zone) for m in moments
    ]
    if walls:
        assert in_duckdb(walls, to_utc(TIME, zone)) == [utc_of(w, zone) for w in walls]


def test_a_time_that_never_stood_and_one_that_stood_twice():
    never, twice = datetime(2017, 10, 15, 0, 0), datetime(2018, 2, 17, 23, 30)
    found = in_duckdb([never, twice], to_utc(TIME, "America/Sao_Paulo"))
    assert found == [datetime(2017, 10, 15, 3, 0), datetime(2018, 2, 18, 1, 30)]


def test_a_zone_for_every_row():
    times = [datetime(2018, 1, 15, 12)] * 4
    zones = ["America/Sao_Paulo", "Asia/Riyadh", "Mars/Olympus", "Asia/Kathmandu"]
    known = ("Asia/Riyadh", "America/Sao_Paulo", "Asia/Kathmandu")
    found = in_duckdb(times, to_utc(TIME, (ZONE, known)), zones)
    assert found == [
        datetime(2018, 1, 15, 14), datetime(2018, 1, 15, 9), None,
        datetime(2018, 1, 15, 6, 15),
    ]  # fmt: skip
    assert in_duckdb(times, to_utc(TIME, (ZONE, ())), zones) == [None] * 4


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../etc/passwd", "'; DROP TABLE x"]
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(InvalidInput, match="no time zone"):
        to_utc(TIME, name)
