"""Panels with gaps, starts within a period, assignments that say things twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest

from analysis.engine.dataset import Dataset
from analysis.strategies import Strategy, evaluate
from analysis.strategies.published.assigned import read_assigned
from analysis.strategies.published.days_left import days_left
from analysis.strategies.results import student
from tests.strategies.published_world import START, opened, orders_of


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    found = orders_of(5, riders=80, orders=2400, effect=0.8)
    quiet = (found["zone"] == "z1") & (found["created_at"].dt.day % 4 == 0)
    return found[~quiet].reset_index(drop=True)


@pytest.fixture(scope="module")
def world(orders: pd.DataFrame) -> Iterator[Dataset]:
    with opened(orders) as dataset:
        yield dataset


def test_a_day_without_an_order_counts_as_none(
    world: Dataset, orders: pd.DataFrame
) -> None:
    """A gap in a count is a 0, not a day that never was."""
    found = evaluate(
        world,
        Strategy("did", "orders", unit="zone", time="day", treated=("z0", "z1"),
                 start=START),
    )  # fmt: skip
    day = pd.to_datetime(orders["local_date"])
    counts = orders.groupby(["zone", day]).size()
    grid = pd.MultiIndex.from_product(
        [sorted(orders["zone"].unique()), pd.date_range(day.min(), day.max())]
    )
    whole = counts.reindex(grid, fill_value=0)
    assert len(whole) > len(counts)
    late = whole.index.get_level_values(1) >= START
    treated = whole.index.get_level_values(0).isin(["z0", "z1"])
    gaps = [
        whole[treated & side].mean() - whole[~treated & side].mean()
        for side in (late, ~late)
    ]
    assert found.effect == pytest.approx(gaps[0] - gaps[1], rel=1e-9)


def test_the_week_of_the_start_is_on_neither_side(world: Dataset) -> None:
    found = evaluate(
        world,
        Strategy("did", "mean_basket", unit="zone", time="week", treated="z0",
                 start=START + pd.Timedelta(days=2)),
    )  # fmt: skip
    weeks = pd.to_datetime(found.series["period"])
    assert START not in set(weeks)
    assert weeks.min() < START < weeks.max()


def test_times_of_one_arm_that_overlap_count_once(
    world: Dataset, orders: pd.DataFrame
) -> None:
    arms = orders.groupby("rider_id")["variant"].first()
    once = pd.DataFrame(
        {"unit": arms.index, "variant": arms.to_numpy(), "first": START}
    )
    again = once.assign(first=START + pd.Timedelta(days=3))
    strategy = Strategy(
        "ab", "mean_basket", treatment="variant", unit="rider", start=START
    )
    single, doubled = (
        evaluate(world, strategy, assignment=table, segments=())
        for table in (once, pd.concat([once, again]))
    )
    assert doubled.source.orders == single.source.orders
    assert doubled.se == pytest.approx(single.se, rel=1e-12)


def test_times_of_one_arm_that_do_not_meet_stay_apart() -> None:
    days = ["2026-03-02", "2026-03-05", "2026-03-20"]
    table = pd.DataFrame(
        {"unit": "z0", "variant": "on", "first": days,
         "last": ["2026-03-06", "2026-03-09", None]}
    )  # fmt: skip
    found = read_assigned(table).frame
    assert found["first"].dt.day.tolist() == [2, 20]
    assert found["last"].isna().tolist() == [False, True]
    assert found["last"].iloc[0] == pd.Timestamp("2026-03-09")


def test_days_left_wait_for_the_interval_in_use() -> None:
    once = student(0.2, 0.1, alpha=0.05)
    often = replace(once, interval=(-0.15, 0.55))
    asked = {"days": 10.0, "alpha": 0.05}
    assert days_left(often, 0.3, **asked).days > days_left(once, 0.3, **asked).days
