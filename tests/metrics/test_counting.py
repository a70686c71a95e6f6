"""How metrics are counted as events, held against the values of the orders."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataProblem
from analysis.metrics import Period, measure
from analysis.metrics.counting import counted_as
from analysis.metrics.many import many_series
from tests.worlds import published

FIRST = pd.Timestamp("2026-01-05")
DAYS, A_DAY = 20, 500
WHOLE = Period(FIRST.date(), FIRST.date() + timedelta(days=DAYS - 1))
COUNT = DAYS * A_DAY


def orders(*, pay, cancelled=0.0, **columns):
    """Orders of some days and two cities, with what their riders are paid."""
    rng = np.random.default_rng(3)
    created = FIRST + pd.to_timedelta(np.repeat(np.arange(DAYS), A_DAY), unit="D")
    created = created + pd.Timedelta(hours=12)
    status = np.where(rng.random(COUNT) < cancelled, "cancelled", "delivered")
    made = pd.DataFrame(
        {
            "order_no": np.arange(COUNT),
            "order_id": [f"o{number}" for number in range(COUNT)],
            "city": rng.choice(["east", "west"], COUNT),
            "created_at": created,
            "local_date": created.normalize().date,
            "status": status,
            "currency": "SAR",
            "rider_pay": pay(rng),
        }
    )
    return made.assign(**columns)


def usual_pay(rng):
    return 8.0 * rng.gamma(4.0, 0.25, COUNT)


def learned(folder, made, metric="cpo_rider_pay"):
    dataset = published(folder, {"orders": made})
    return dataset, counted_as(dataset, [metric], period=WHOLE)[0]


def told(dataset, counted, sets=()):
    """The metric by what its events say, all days together."""
    many = many_series(dataset, [counted], sets=[sets], period=WHOLE)
    events, rows = many.numerators.sum(axis=-1), many.denominators.sum(axis=-1)
    pairs = zip(
        events.ravel(), np.broadcast_to(rows, events.shape).ravel(), strict=True
    )
    return many, [counted.value(*pair) for pair in pairs]


def measured(dataset, metric="cpo_rider_pay"):
    return float(measure(dataset, metric)[metric].iloc[0])


def test_a_few_low_values_do_not_raise_all(tmp_path):
    def pay(rng):
        return np.where(np.arange(COUNT) % 1000 == 0, -300.0, usual_pay(rng))

    made = orders(pay=pay)
    dataset, counted = learned(tmp_path, made)
    least, most = made["rider_pay"].quantile([0.01, 0.99])
    assert (counted.least, counted.most) == pytest.approx((least, most))
    assert counted.shift == 0
    bounded = made["rider_pay"].clip(least, most)
    assert counted.cut == pytest.approx((made["rider_pay"] - bounded).mean(), rel=1e-4)
    assert counted.factor == pytest.approx(bounded.mean() / bounded.var(), rel=1e-3)
    _, (value,) = told(dataset, counted)
    assert value == pytest.approx(measured(dataset), rel=1e-5)


def test_a_shift_is_that_of_the_lower_bound(tmp_path):
    waits = np.random.default_rng(4).normal(3.0, 4.0, COUNT)
    waits[::1000] = -60.0
    made = orders(pay=usual_pay)
    made["accepted_at"] = made["created_at"] + pd.to_timedelta(waits, unit="min")
    dataset, counted = learned(tmp_path, made, "dispatch_minutes")
    minutes = (made["accepted_at"] - made["created_at"]) / timedelta(minutes=1)
    least, most = minutes.quantile([0.01, 0.99])
    assert counted.shift == pytest.approx(-least, rel=1e-5)
    bounded = minutes.clip(least, most)
    raised = bounded.mean() - least
    assert counted.factor == pytest.approx(raised / bounded.var(), rel=1e-3)
    many, (value,) = told(dataset, counted)
    assert many.numerators.min() >= 0
    assert value == pytest.approx(measured(dataset, "dispatch_minutes"), rel=1e-5)


def test_what_is_nearly_always_the_same_is_bounded_by_the_rest(tmp_path):
    def pay(rng):
        far = np.exp(rng.normal(0.0, 1.0, COUNT))
        return np.where(rng.random(COUNT) < 0.005, far, 0.0)

    made = orders(pay=pay)
    dataset, counted = learned(tmp_path, made)
    paid = made["rider_pay"]
    assert counted.most == pytest.approx(paid[paid > 0].quantile(0.99))
    assert counted.most < paid.max()
    bounded = paid.clip(0.0, counted.most)
    assert counted.factor == pytest.approx(bounded.mean() / bounded.var(), rel=1e-3)
    _, (value,) = told(dataset, counted)
    assert value == pytest.approx(measured(dataset), rel=1e-5)


@pytest.mark.parametrize("metric", ["cpo_rider_pay", "mean_basket"])
@pytest.mark.parametrize("share", [0.002, 0.3, 1.0])
def test_amounts_booked_below_nothing_count_as_amounts(tmp_path, metric, share):
    def amounts(rng):
        return np.where(rng.random(COUNT) < share, usual_pay(rng), 0.0)

    found = []
    for sign in (1.0, -1.0):
        made = orders(pay=lambda rng, sign=sign: sign * amounts(rng), cancelled=0.1)
        made["basket_amount"] = made["rider_pay"]
        (tmp_path / str(sign)).mkdir()
        dataset, counted = learned(tmp_path / str(sign), made, metric)
        many, (value,) = told(dataset, counted)
        assert value == pytest.approx(measured(dataset, metric), rel=1e-4)
        found.append((counted, many.numerators))
    (above, events), (below, events_below) = found
    assert events.sum() > 0
    np.testing.assert_allclose(events, events_below, rtol=1e-6)
    assert below.factor == pytest.approx(-above.factor)
    assert below.worth == pytest.approx(above.worth)
    assert below.least == pytest.approx(-above.most)


def jumps(values):
    """Third central moment by the second: 1 of counts."""
    off = values - values.mean()
    return (off**3).mean() / (off**2).mean()


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_far_low_values_count_as_far_as_high_ones(tmp_path, share):
    def pay(rng):
        return np.where(rng.random(COUNT) < share, -30.0, usual_pay(rng))

    made = orders(pay=pay)
    made["basket_amount"] = made["rider_pay"]
    for metric in ("cpo_rider_pay", "mean_basket"):
        (tmp_path / metric).mkdir()
        dataset, counted = learned(tmp_path / metric, made, metric)
        most = made["rider_pay"].quantile(0.99)
        assert counted.most == pytest.approx(most)
        assert counted.least == pytest.approx(2 * made["rider_pay"].median() - most)
        bounded = made["rider_pay"].clip(counted.least, counted.most)
        events = counted.factor * (bounded + counted.shift)
        assert -1.0 < jumps(events) < 2.5
        # By the 1st percentile as the bound each were a jump of many events.
        assert jumps(made["rider_pay"] * counted.factor) < -8
        many, (value,) = told(dataset, counted)
        assert value == pytest.approx(measured(dataset, metric), rel=1e-5)
        assert many.numerators.sum() == pytest.approx(events.sum(), rel=1e-5)


@pytest.mark.parametrize("share", [0.003, 0.03, 0.1])
def test_values_that_are_lower_now_and_then_count_by_what_they_lack(tmp_path, share):
    made = orders(pay=usual_pay)
    rng = np.random.default_rng(6)
    low = rng.random(COUNT) < share
    made["basket_amount"] = np.where(low, 1.0, 7.0)
    dataset, counted = learned(tmp_path, made, "mean_basket")
    many, (value,) = told(dataset, counted)
    events = many.numerators.sum(axis=(0, 1))
    by_day = low.reshape(DAYS, A_DAY).sum(axis=1)
    np.testing.assert_allclose(events, by_day / (1 - share), rtol=0.05)
    assert value == pytest.approx(measured(dataset, "mean_basket"), rel=1e-5)


def test_a_ratio_counts_no_far_low_values_where_no_high_ones_are(tmp_path):
    made = orders(pay=lambda rng: np.where(rng.random(COUNT) < 0.03, 0.0, 7.0))
    dataset, counted = learned(tmp_path, made)
    assert counted.least == counted.most == 7.0
    _, (value,) = told(dataset, counted)
    assert value == pytest.approx(measured(dataset), rel=1e-5)


def test_values_that_are_all_alike_have_no_bound(tmp_path):
    _, counted = learned(tmp_path, orders(pay=lambda _: 7.0))
    assert (counted.most, counted.least, counted.cut) == (None, None, 0.0)


def test_costs_of_orders_that_are_no_part_are_not_lost(tmp_path):
    made = orders(pay=usual_pay, cancelled=0.1)
    is_cancelled = made["status"] == "cancelled"
    made["rider_pay"] = made["rider_pay"].mask(is_cancelled, -5.0)
    dataset, counted = learned(tmp_path, made)
    by_hand = made["rider_pay"].sum() / (~is_cancelled).sum()
    assert measured(dataset) == pytest.approx(by_hand)
    many, (value,) = told(dataset, counted)
    assert value == pytest.approx(by_hand, rel=1e-5)
    assert many.numerators.min() >= 0


@pytest.mark.parametrize("metric", ["cpo", "cpo_rider_pay"])
@pytest.mark.parametrize("far", [np.inf, -np.inf])
def test_infinite_values_are_refused(tmp_path, metric, far):
    made = orders(pay=usual_pay)
    made.loc[5, "rider_pay"] = far
    with pytest.raises(DataProblem, match="infinite values, such as"):
        learned(tmp_path, made, metric)


REFUNDS = {"none": 0.0, "few": 0.002, "many": 0.2}


@pytest.mark.parametrize("refunds", REFUNDS)
@pytest.mark.parametrize("cancelled", [0.0, 0.1])
@pytest.mark.parametrize("far", [0.0, 0.003])
def test_events_say_what_is_measured(tmp_path, refunds, cancelled, far):
    def pay(rng):
        paid = usual_pay(rng)
        paid = np.where(rng.random(COUNT) < far, 900.0, paid)
        return np.where(rng.random(COUNT) < REFUNDS[refunds], -paid, paid)

    made = orders(pay=pay, cancelled=cancelled)
    dataset, counted = learned(tmp_path, made)
    assert (counted.shift > 0) == (refunds == "many")
    many, (value,) = told(dataset, counted)
    assert value == pytest.approx(measured(dataset), rel=1e-5)
    assert many.numerators.min() >= 0
    # A city's bounded values, and as far beyond as those of all are.
    is_part = made["status"] == "delivered"
    bounded = made["rider_pay"].clip(counted.least, counted.most)
    bounded = bounded.where(is_part | (bounded > 0), 0.0)
    many, values = told(dataset, counted, ("city",))
    for segment, value in zip(many.segments, values, strict=True):
        own = made["city"] == dict(segment)["city"]
        by_hand = bounded[own].sum() / (own & is_part).sum() + counted.cut
        assert value == pytest.approx(by_hand, rel=1e-5)


def test_a_city_without_a_delivered_order_has_no_value(tmp_path):
    made = orders(pay=usual_pay)
    made["status"] = np.where(made["city"] == "east", "cancelled", "delivered")
    made["rider_pay"] = made["rider_pay"].mask(made["city"] == "east", -2.0)
    dataset, counted = learned(tmp_path, made)
    many, _ = told(dataset, counted, ("city",))
    for row, segment in enumerate(many.segments):
        is_east = dict(segment)["city"] == "east"
        assert (many.denominators[row].sum() == 0) == is_east
        assert (many.numerators[row].sum() == 0) == is_east
    _, (value,) = told(dataset, counted)
    assert value == pytest.approx(measured(dataset), rel=1e-5)
