"""Days on which hardly any orders arrived: when that begins, and when it ends."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.trends.gaps import _not_arrived, _usual

DAYS, FIRST = 182, 92
ZONE = (("zone", "A"),)


def gaps_of(orders, off=()):
    """First and last days of gaps, where some days are holidays."""
    times = pd.date_range("2026-01-01", periods=DAYS)
    days_off = {times[day].date() for day in off}
    watched = SimpleNamespace(
        first=FIRST, many=SimpleNamespace(times=times), days_off=lambda _: days_off
    )
    found = _not_arrived(watched, ZONE, orders)
    return [(gap.begin, gap.end) for gap in found]


@pytest.mark.parametrize("left", [0.0, 3.0])
def test_what_never_comes_back_goes_on_to_the_end(left):
    orders = np.full(DAYS, 100.0)
    orders[120:] = left
    assert gaps_of(orders) == [(120, DAYS - 1)]
    assert _usual(orders)[0][-1] == 100


def test_a_gap_of_five_weeks_ends_when_the_orders_are_back():
    orders = np.full(DAYS, 100.0)
    orders[120:155] = 0
    assert gaps_of(orders) == [(120, 154)]


def test_the_usual_orders_of_a_weekday_are_its_own():
    orders = np.where(np.arange(DAYS) % 7 == 3, 300.0, 100.0)
    orders[120:] = 0
    usual, missing = _usual(orders)
    assert missing.sum() == DAYS - 120
    assert usual[120:].tolist() == np.where(np.arange(120, DAYS) % 7 == 3, 300, 100
                                            ).tolist()  # fmt: skip


def test_what_now_closes_on_sundays_is_missing_for_three_weeks_only():
    orders = np.full(DAYS, 100.0)
    orders[120::7] = 0
    assert gaps_of(orders) == [(120, 120), (127, 127), (134, 134)]


def test_fewer_orders_are_not_missing():
    orders = np.full(DAYS, 100.0)
    orders[120:] = 15
    assert gaps_of(orders) == []


def test_of_holidays_alone_nothing_is_said():
    orders = np.full(DAYS, 100.0)
    orders[120:123] = orders[140:145] = 0
    assert gaps_of(orders, off=range(120, 123)) == [(140, 144)]
    assert gaps_of(orders, off=[120, 121, 142]) == [(120, 122), (140, 144)]
