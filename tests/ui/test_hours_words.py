"""The sentence under the hours of the week says nothing that is inside the noise."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.registry import parse_reference
from analysis.stats.intervals import wilson
from ui.kpis import hours
from ui.kpis.figures import Figure

ORDERS = 400


def week(late, orders=ORDERS):
    """A late rate in each hour of the week."""
    bounds = wilson(late, np.full(168, orders))
    place = np.arange(168)
    return pd.DataFrame(
        {
            "weekday": place // 24 + 1, "hour": place % 24, "value": late / orders,
            "low": bounds.low, "high": bounds.high, "n": orders, "few": False,
        }
    )  # fmt: skip


def said(frame, metric="late_rate"):
    look = SimpleNamespace(
        metric=metric, definition=parse_reference(metric).definition, axes={}
    )
    figure = Figure.of({metric: float(frame["value"].mean())}, metric)
    return hours.takeaway(look, figure, frame).replace("\N{NO-BREAK SPACE}", " ")


def noise(seed):
    return np.random.default_rng(seed).binomial(ORDERS, 0.1, 168).astype(float)


@pytest.mark.parametrize("seed", range(12))
def test_noise_has_no_highest_hour(seed):
    assert "surely unlike" in said(week(noise(seed)))


def test_what_is_beyond_the_noise_is_named():
    late = noise(1)
    late[19] = 100
    assert "is highest on" in said(week(late))
    assert "19:00 (25.0 %)." in said(week(late))
    late[24 + 3] = 2
    text = said(week(late))
    assert "highest on" in text
    assert "3:00 (0.50 %)" in text


def test_a_higher_value_that_may_be_chance_is_told_beside_the_sure_one():
    late, orders = noise(1), np.full(168, float(ORDERS))
    late[19] = 100
    late[24 + 3], orders[24 + 3] = 9, 30
    bounds = wilson(late, orders)
    frame = week(late).assign(
        value=late / orders, low=bounds.low, high=bounds.high, n=orders
    )
    look = SimpleNamespace(
        metric="late_rate", definition=parse_reference("late_rate").definition, axes={}
    )
    figure = Figure.of({"late_rate": 0.1}, "late_rate")
    text = hours.takeaway(look, figure, frame).replace("\N{NO-BREAK SPACE}", " ")
    assert "19:00 (25.0 %)." in text
    assert text.endswith("3:00 shows 30.0 %, which may be chance.")
    assert "which may be chance" not in said(week(late))


def test_counts_are_what_they_are():
    frame = week(noise(1)).assign(low=np.nan, high=np.nan)
    frame["value"] = np.arange(168)
    assert "is highest on" in said(frame, "orders")


def test_too_few_everywhere_is_said():
    assert "too few" in said(week(noise(1)).assign(few=True))


def test_hours_of_all_weekdays_together_have_no_weekday():
    late = np.full(24, 40.0)
    late[19] = 100
    bounds = wilson(late, np.full(24, ORDERS))
    pooled = pd.DataFrame(
        {
            "weekday": 0, "hour": range(24), "value": late / ORDERS,
            "low": bounds.low, "high": bounds.high, "n": ORDERS, "few": False,
        }
    )  # fmt: skip
    assert "is highest on 19:00 (25.0 %)." in said(pooled)
    assert "week" not in said(pooled.assign(value=0.1))
