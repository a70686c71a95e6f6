"""Stages sum to the total whatever milestones there are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics.stages import (
    STAGE_MILESTONES,
    STAGE_NAMES,
    minutes_late,
    stage_minutes,
    stages_of,
)

START = datetime(2024, 3, 1, 12)  # noqa: DTZ001 - published times are naive UTC


def test_six_milestones_bound_five_stages():
    stages = stages_of(STAGE_MILESTONES)
    assert tuple(stage.name for stage in stages) == STAGE_NAMES
    assert stages[0].start == "created_at"
    assert stages[-1].end == "delivered_at"


@given(st.sets(st.sampled_from([*STAGE_MILESTONES, "ready_at", "nothing"])))
def test_neighbours_become_one_where_a_milestone_is_missing(milestones):
    stages = stages_of(milestones)
    known = [name for name in STAGE_MILESTONES if name in milestones]
    assert len(stages) == max(len(known) - 1, 0)
    parts = [part for stage in stages for part in stage.parts]
    if stages:
        first = STAGE_MILESTONES.index(known[0])
        last = STAGE_MILESTONES.index(known[-1])
        assert tuple(parts) == STAGE_NAMES[first:last]


@given(
    st.dictionaries(
        st.sampled_from(STAGE_MILESTONES),
        st.none() | st.integers(-600, 90_000),
        min_size=1,
    )
)
def test_stage_minutes_sum_to_the_total(seconds):
    times = {
        name: None if offset is None else START + timedelta(seconds=offset)
        for name, offset in seconds.items()
    }
    known = [times[name] for name in STAGE_MILESTONES if times.get(name)]
    minutes = stage_minutes(times)
    if len(known) > 1:
        total = (known[-1] - known[0]).total_seconds() / 60
        assert sum(minutes.values()) == pytest.approx(total, abs=1e-9)
    else:
        assert minutes == {}


def test_expressions_are_quoted_and_to_the_microsecond():
    text = stages_of(["picked_up_at", "delivered_at"])[0].minutes().sql("duckdb")
    expected = (
        'DATE_DIFF(\'MICROSECOND\', "orders"."picked_up_at", '
        '"orders"."delivered_at") / 60000000.0'
    )
    assert text == expected
    assert sqlglot.parse_one(minutes_late().sql("duckdb"), read="duckdb")
