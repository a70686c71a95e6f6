"""Events as SQL, held against the values of the orders, however they are counted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import InvalidInput
from analysis.metrics import Period, measure
from analysis.metrics.counted import Counted, names_of, require_countable
from analysis.metrics.many import many_series
from tests.worlds import published

COUNT = 400
DAY = date(2026, 1, 5)
WHOLE = Period(DAY, DAY)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Orders of a day: pay of both signs, one in five cancelled, stars, far minutes."""
    rng = np.random.default_rng(8)
    created = pd.Timestamp(DAY) + pd.to_timedelta(rng.integers(0, 1440, COUNT), "min")
    minutes = np.where(rng.random(COUNT) < 0.02, 600.0, rng.gamma(9.0, 3.0, COUNT))
    made = pd.DataFrame(
        {
            "order_no": np.arange(COUNT),
            "order_id": [f"o{number}" for number in range(COUNT)],
            "created_at": created,
            "local_date": DAY,
            "status": np.where(rng.random(COUNT) < 0.2, "cancelled", "delivered"),
            "rider_pay": rng.normal(6.0, 6.0, COUNT).round(2),
            "basket_amount": rng.normal(40.0, 30.0, COUNT).round(2),
            "accepted_at": created + pd.to_timedelta(minutes.round(2), unit="min"),
            "rating": rng.choice([1.0, 3.0, 4.0, 5.0], COUNT),
        }
    )
    made["delivered_at"] = made["accepted_at"]
    made.loc[::7, "basket_amount"] = np.nan
    return made, published(tmp_path_factory.mktemp("world"), {"orders": made})


def told(dataset, counted):
    """Value, events and rows of all orders."""
    many = many_series(dataset, [counted], sets=[()], period=WHOLE)
    events, rows = many.numerators.sum(), many.denominators.sum()
    return counted.value(events, rows), events, rows


FACTORS = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)


@settings(max_examples=25, deadline=None)
@given(factor=FACTORS, shift=st.floats(-100.0, 1e3))
@pytest.mark.parametrize("metric", ["mean_basket", "dispatch_minutes", "mean_rating"])
def test_a_mean_is_told_as_measured_however_it_is_counted(world, metric, factor, shift):
    _, dataset = world
    value, events, rows = told(dataset, Counted(metric, factor, shift))
    measured = float(measure(dataset, metric)[metric].iloc[0])
    # Events are whole parts of 2**-20: as much is lost of each row at the most.
    exact = abs(2.0**-20 / factor) + 1e-9 * (abs(shift) + abs(measured))
    assert value == pytest.approx(measured, abs=exact)
    assert events == pytest.approx(
        factor * (measured + shift) * rows, rel=1e-3, abs=1.0
    )


@settings(max_examples=25, deadline=None)
@given(
    factor=st.floats(1e-3, 1e3), raised=st.floats(0.0, 50.0),
    bounds=st.tuples(st.floats(-20.0, 0.0), st.floats(0.1, 40.0)),
    cut=st.floats(-5.0, 5.0),
)  # fmt: skip
def test_a_ratio_is_that_of_bounded_values(world, factor, raised, bounds, cut):
    made, dataset = world
    least, most = bounds[0], sum(bounds)
    counted = Counted(
        "cpo_rider_pay", factor, raised - least, most=most, least=least, cut=cut
    )
    value, events, rows = told(dataset, counted)
    is_part = made["status"] == "delivered"
    bounded = made["rider_pay"].clip(least, most)
    # What an order costs that is no part counts, but no less than nothing.
    bounded = bounded.where(is_part | (bounded > 0), 0.0)
    assert rows == is_part.sum()
    assert events >= 0
    exact = 2.0**-20 / factor * COUNT / rows + 1e-9 * (raised + 100)
    assert value == pytest.approx(bounded.sum() / rows + cut, abs=exact)


def test_a_percentile_counts_what_is_beyond(world):
    made, dataset = world
    minutes = (made["accepted_at"] - made["created_at"]) / timedelta(minutes=1)
    counted = Counted("p90_delivery_minutes", beyond=30.0)
    value, events, rows = told(dataset, counted)
    known = made["status"] == "delivered"
    assert events == (minutes[known] > 30.0).sum()
    assert value == pytest.approx(events / rows)


def test_what_counts_are_of_is_asked_for(world):
    with pytest.raises(InvalidInput, match="plain count"):
        require_countable("orders")
    require_countable("late_rate")
    assert names_of(["late_rate", Counted("cpo", 2.0)]) == ("late_rate", "cpo")
