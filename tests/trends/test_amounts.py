"""What findings of percentiles and means tell, held against the orders themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics import Period
from analysis.metrics.counted import Counted
from analysis.metrics.selection import Selection
from analysis.trends import watch
from analysis.trends.amounts import amounts_of, as_measured
from tests.trends.test_watch_values import DIMENSIONS
from tests.trends.watch_world import orders
from tests.worlds import published

FIRST = date(2026, 1, 5)
#: First and last day of what is told, as steps.
BEGIN, END = 60, 75


def took(minutes):
    """Orders that took so many minutes each."""
    made = orders(wrong=False)
    return made.assign(
        delivered_at=made["created_at"] + pd.to_timedelta(minutes(made), unit="min"),
        promised_at=made["created_at"] + timedelta(minutes=200),
    )


def fewer_of_sixty(made):
    """Of 20, 40 and 60 minutes; the east has none of 60 for a while."""
    rng = np.random.default_rng(4)
    minutes = rng.choice([20.0, 40.0, 60.0], len(made), p=[0.5, 0.41, 0.09])
    better = (made["city"] == "east") & told(made)
    return np.where(better, np.minimum(minutes, 40.0), minutes)


def told(made):
    day = (pd.to_datetime(made["local_date"]) - pd.Timestamp(FIRST)).dt.days
    return ((day >= BEGIN) & (day <= END)).to_numpy()


def watched_of(dataset, counted):
    """As much of ``Watched`` as the amounts of all orders need."""

    def days(begin, end):
        return Period(FIRST + timedelta(days=begin), FIRST + timedelta(days=end))

    return SimpleNamespace(
        dataset=dataset, counted_of=lambda _: counted, days=days,
        selection_of=lambda _: Selection(),
    )  # fmt: skip


def test_a_percentile_that_did_not_move_is_no_improvement(tmp_path):
    dataset = published(tmp_path, {"orders": took(fewer_of_sixty)})
    watched = watch(dataset, metrics=["p90_delivery_minutes"], dimensions=DIMENSIONS)
    assert all(item.observed != item.expected for item in watched.findings)


@pytest.mark.parametrize(
    ("before", "during"), [(40.0, 40.0), (np.nan, 40.0), (40.0, np.nan)]
)
@pytest.mark.parametrize("events", [60.0, 140.0])
def test_a_percentile_without_a_move_is_not_told(tmp_path, before, during, events):
    made = took(lambda made: np.where(told(made), during, before))
    made = made.iloc[::40].reset_index(drop=True)
    dataset = published(tmp_path, {"orders": made})
    counted = Counted("p90_delivery_minutes", beyond=40.0)
    found = amounts_of(counted, events=events, usual=100.0, orders=1000.0)
    watched = watched_of(dataset, counted)
    told_of = as_measured(found, watched, counted.metric, (), begin=BEGIN, end=END)
    assert told_of is None


def test_a_percentile_that_moved_is_told_by_its_side(tmp_path):
    made = took(lambda made: np.where(told(made), 45.0, 40.0))
    dataset = published(tmp_path, {"orders": made.iloc[::40].reset_index(drop=True)})
    counted = Counted("p90_delivery_minutes", beyond=40.0)
    more = amounts_of(counted, events=140.0, usual=100.0, orders=1000.0)
    watched = watched_of(dataset, counted)
    found = as_measured(more, watched, counted.metric, (), begin=BEGIN, end=END)
    assert found == replace(more, observed=45.0, expected=40.0)
    fewer = amounts_of(counted, events=60.0, usual=100.0, orders=1000.0)
    assert as_measured(fewer, watched, counted.metric, (), begin=BEGIN, end=END) is None
