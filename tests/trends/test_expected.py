"""A metric over time beside what was to be expected: whole steps alone."""

from datetime import date

import pandas as pd
import pytest

from analysis.metrics import Period
from analysis.trends.expected import _last_whole, expected


@pytest.mark.parametrize(
    ("last", "grain", "whole"),
    [
        (date(2026, 6, 28), "week", "2026-06-22"),
        (date(2026, 6, 24), "week", "2026-06-15"),
        (date(2026, 6, 22), "week", "2026-06-15"),
        (date(2026, 6, 30), "month", "2026-06-01"),
        (date(2026, 6, 29), "month", "2026-05-01"),
        (date(2026, 6, 24), "day", "2026-06-24"),
        (date(2026, 6, 24), "hour", "2026-06-24 23:00"),
    ],
)
def test_the_last_whole_step(last, grain, whole):
    period = Period(date(2026, 1, 1), last)
    assert _last_whole(period, grain) == pd.Timestamp(whole)


def test_part_of_a_week_is_not_told_to_have_few_orders(sample_world):
    dataset = sample_world.dataset
    last = dataset.period[1]
    wednesday = last - pd.Timedelta(days=(last.weekday() - 2) % 7)
    days = Period(wednesday - pd.Timedelta(days=40), wednesday)
    orders = expected(dataset, "orders", grain="week", period=days)
    starts = pd.to_datetime(orders["period"])
    assert starts.min() >= pd.Timestamp(days.first)
    assert starts.max() + pd.Timedelta(days=6) <= pd.Timestamp(days.last)
    rate = expected(dataset, "late_rate", grain="week", period=days)
    assert len(rate) == len(orders) + 2
