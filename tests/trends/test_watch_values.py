"""Watching means, ratios and percentiles: minutes and money as events."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import InvalidInput
from analysis.metrics import Period
from analysis.metrics.counted import Counted
from analysis.metrics.counting import counted_as
from analysis.metrics.many import many_series
from analysis.trends import watch
from analysis.trends.amounts import amounts_of
from analysis.trends.screened import _by_family, screens_of
from tests.trends.watch_world import A_DAY, BEGAN, DAYS, ENDED, orders
from tests.worlds import published

FIRST = datetime.fromisoformat("2026-01-05")
WHOLE = Period(FIRST.date(), FIRST.date() + timedelta(days=DAYS - 1))
DIMENSIONS = ["city", "merchant_type", "vehicle"]
GUILTY = {"city": "east", "merchant_type": "grill"}


def values(*, seed=5, slower=0.0, tail=0.0, dearer=1.0, currency="SAR"):
    """Orders whose minutes, distances and costs are drawn; a week of grills is off.

    Args:
        slower: Minutes that each of them takes longer.
        tail: Share of them that take half an hour longer.
        dearer: Factor of what their riders are paid.
    """
    made = orders(wrong=False)
    rng = np.random.default_rng(seed)
    count = len(made)
    usual = np.where(made["vehicle"] == "bicycle", 34.0, 28.0)
    minutes = usual * rng.gamma(16.0, 1 / 16, count)
    pay = 8.0 * rng.gamma(4.0, 0.25, count)
    guilty = is_guilty(made)
    minutes = minutes + slower * guilty + 30 * (guilty & (rng.random(count) < tail))
    took = pd.to_timedelta(minutes.round(2), unit="min")
    return made.assign(
        delivered_at=made["created_at"] + took,
        promised_at=made["created_at"] + timedelta(minutes=200),
        rider_pay=(pay * np.where(guilty, dearer, 1.0)).round(2),
        basket_amount=(40 * rng.gamma(4.0, 0.25, count) * np.where(
            guilty, dearer, 1.0)).round(2),
        currency=currency,
    )  # fmt: skip


def is_guilty(made):
    day = (pd.to_datetime(made["local_date"]) - FIRST).dt.days
    during = (day >= BEGAN) & (day <= ENDED)
    return (
        during & (made["city"] == "east") & (made["merchant_type"] == "grill")
    ).to_numpy()


def rows_of(made, item):
    """The orders of a finding, straight from the table."""
    day = pd.to_datetime(made["local_date"])
    held = (day >= item.began) & (day <= item.ended)
    for name, value in item.segment:
        held &= made[name] == value
    return held.to_numpy()


def has_its_days(item):
    day = timedelta(days=1)
    began, ended = (FIRST + number * day for number in (BEGAN, ENDED))
    return abs(item.began - began) <= day and abs(item.ended - ended) <= day


def minutes_of(made):
    return (made["delivered_at"] - made["created_at"]) / timedelta(minutes=1)


def found_in(folder, made, *metrics):
    dataset = published(folder, {"orders": made})
    return watch(dataset, metrics=metrics, dimensions=DIMENSIONS).findings


def test_a_segment_that_became_slower_is_found_with_its_minutes(tmp_path):
    made = values(slower=8.0)
    found = found_in(tmp_path, made, "delivery_minutes")
    assert [dict(item.segment) for item in found] == [GUILTY]
    slow = found[0]
    assert has_its_days(slow)
    assert slow.is_worse
    own = minutes_of(made)[rows_of(made, slow)]
    assert slow.observed == pytest.approx(own.mean())
    assert slow.orders == len(own)
    assert slow.observed - slow.expected == pytest.approx(8.0, abs=1.5)
    assert slow.excess == pytest.approx(8.0 * len(own), rel=0.2)
    # Far values count as the bound here, and as far as all of them are beyond it.
    minutes = minutes_of(made)
    bounded = minutes.clip(*minutes.quantile([0.01, 0.99]))
    cut = (minutes - bounded).mean()
    mean = bounded[rows_of(made, slow)].mean() + cut
    assert slow.excess == pytest.approx((mean - slow.expected) * len(own), rel=1e-3)
    # What it costs is told in orders: one takes 29 minutes or so.
    assert slow.cost == pytest.approx(slow.excess / minutes_of(made).mean(), rel=0.02)


def test_one_order_closed_two_weeks_late_costs_no_more_than_one(tmp_path):
    made = values(slower=6.0)
    found = []
    for name in ("as they are", "one far"):
        (tmp_path / name).mkdir()
        found += found_in(tmp_path / name, made, "delivery_minutes")
        one = made.index[np.flatnonzero(is_guilty(made))[5]]
        made.loc[one, "delivered_at"] = made.loc[one, "created_at"] + timedelta(days=14)
    slow, far = found
    assert far.segment == slow.segment
    assert far.observed == pytest.approx(minutes_of(made)[rows_of(made, far)].mean())
    assert far.observed > slow.observed + 30
    # Counted it is as the bound, of about two orders, not as 700 of them.
    assert far.cost - slow.cost <= 2
    assert far.excess == pytest.approx(far.cost / far.worth)


def test_a_percentile_is_told_with_the_orders_beyond_it(tmp_path):
    made = values(tail=0.3)
    found = found_in(tmp_path, made, "p90_delivery_minutes")
    assert [dict(item.segment) for item in found] == [GUILTY]
    slow = found[0]
    assert has_its_days(slow)
    guilty = rows_of(made, slow)
    minutes = minutes_of(made)
    assert slow.beyond == pytest.approx(minutes.quantile(0.9))
    assert slow.observed == pytest.approx(minutes[guilty].quantile(0.9))
    day = (pd.to_datetime(made["local_date"]) - FIRST).dt.days
    began = (slow.began - FIRST).days
    before = (day >= began - 42) & (day < began)
    same = (made["city"] == "east") & (made["merchant_type"] == "grill")
    assert slow.expected == pytest.approx(minutes[before & same].quantile(0.9))
    usual = (minutes[before & same] > slow.beyond).mean()
    beyond = (minutes[guilty] > slow.beyond).sum()
    assert slow.excess == pytest.approx(beyond - usual * guilty.sum(), rel=0.15)
    assert slow.cost == slow.excess


def test_what_orders_cost_is_watched_in_one_currency(tmp_path):
    made = values(dearer=1.6)
    found = found_in(tmp_path, made, "cpo")
    assert [dict(item.segment) for item in found] == [GUILTY]
    dear = found[0]
    assert has_its_days(dear)
    own = made["rider_pay"][rows_of(made, dear)]
    assert dear.observed == pytest.approx(own.mean())
    assert dear.observed / dear.expected == pytest.approx(1.6, rel=0.15)


def test_stars_that_are_lacking_are_counted(tmp_path):
    made = values()
    rng = np.random.default_rng(9)
    stars = rng.choice([1, 3, 4, 5], len(made), p=[0.05, 0.1, 0.25, 0.6])
    made["rating"] = np.where(is_guilty(made), np.minimum(stars, 3), stars)
    dataset = published(tmp_path, {"orders": made})
    watched = watch(dataset, metrics=["mean_rating"], dimensions=DIMENSIONS)
    found = watched.findings
    assert [dict(item.segment) for item in found] == [GUILTY]
    bad = found[0]
    assert has_its_days(bad)
    assert bad.is_worse
    own = made["rating"][rows_of(made, bad)]
    assert bad.observed == pytest.approx(own.mean())
    assert bad.expected == pytest.approx(4.35, abs=0.15)
    assert bad.excess == pytest.approx((bad.expected - bad.observed) * len(own))
    (counted,) = counted_as(dataset, ["mean_rating"], period=WHOLE)
    assert counted.factor < 0
    frame = watched.detections["mean_rating", bad.segment]
    known = frame.dropna(subset=["low"])
    assert (known["low"] <= known["expected"]).all()
    assert (known["high"] >= known["expected"]).all()
    assert known["value"].median() == pytest.approx(4.35, abs=0.15)


def test_amounts_of_several_currencies_are_not_added_up(tmp_path):
    made = values()
    made["currency"] = np.where(made["city"] == "east", "SAR", "BRL")
    dataset = published(tmp_path, {"orders": made})
    with pytest.raises(InvalidInput, match=r"currencies"):
        watch(dataset, metrics=["cpo"], dimensions=DIMENSIONS)


def test_what_has_no_better_and_worse_is_neither(tmp_path):
    found = found_in(tmp_path, values(dearer=1.6), "mean_basket")
    assert [dict(item.segment) for item in found] == [GUILTY]
    assert not found[0].is_worse
    assert found[0].is_neutral
    assert found[0].cost == 0
    assert found[0].excess > 0


def test_late_orders_are_told_before_the_minutes_that_say_the_same(tmp_path):
    made = values(slower=12.0)
    made["promised_at"] = made["created_at"] + timedelta(minutes=42)
    found = found_in(tmp_path, made, "delivery_minutes", "late_rate")
    assert [(item.metric, item.also) for item in found] == [
        ("late_rate", ("delivery_minutes",))
    ]


def test_clean_values_have_hardly_a_finding(tmp_path):
    found = []
    for seed in (11, 12, 13):
        (tmp_path / str(seed)).mkdir()
        found += found_in(
            tmp_path / str(seed), values(seed=seed), "delivery_minutes",
            "p90_delivery_minutes", "cpo", "mean_basket",
        )  # fmt: skip
    assert len(found) <= 1


@pytest.mark.parametrize(("dearer", "expected"), [(1.0, []), (1.6, [GUILTY])])
def test_a_few_refunds_neither_make_nor_hide_findings(tmp_path, dearer, expected):
    made = values(seed=11, dearer=dearer)
    made.loc[::2000, "rider_pay"] = -300.0
    found = found_in(tmp_path, made, "cpo")
    assert [dict(item.segment) for item in found] == expected


@pytest.mark.parametrize(("share", "expected"), [(0.02, []), (0.3, [GUILTY])])
@pytest.mark.parametrize("usual", ["amounts", "nothing"])
def test_many_refunds_make_no_findings_and_more_of_them_do(
    tmp_path, share, expected, usual
):
    made = values(seed=11)
    if usual == "nothing":
        made["rider_pay"] = 0.0
    rng = np.random.default_rng(17)
    chance = np.where(is_guilty(made), share, 0.02)
    made.loc[rng.random(len(made)) < chance, "rider_pay"] = -30.0
    found = found_in(tmp_path, made, "cpo")
    assert [dict(item.segment) for item in found] == expected
    for item in found:
        assert item.observed < item.expected
        assert has_its_days(item)


def test_a_plain_count_is_refused_in_words(tmp_path):
    dataset = published(tmp_path, {"orders": values()})
    with pytest.raises(InvalidInput, match="plain count"):
        watch(dataset, metrics=["orders"], dimensions=DIMENSIONS)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    made = values()
    return made, published(tmp_path_factory.mktemp("usual"), {"orders": made})


@pytest.mark.parametrize("metric", ["delivery_minutes", "cpo", "mean_basket"])
def test_events_of_a_day_scatter_as_counts_do(usual, metric):
    _, dataset = usual
    counted = counted_as(dataset, [metric], kinds=["vehicle"], period=WHOLE)
    many = many_series(dataset, counted, sets=[()], period=WHOLE)
    events, rows = many.numerators[0, 0], many.denominators[0, 0]
    rate = events.sum() / rows.sum()
    # Days differ by chance alone: Pearson's statistic by its degrees of freedom.
    pearson = ((events - rate * rows) ** 2 / (rate * rows)).sum() / (DAYS - 1)
    assert pearson == pytest.approx(1.0, abs=4 * (2 / (DAYS - 1)) ** 0.5)


def test_events_of_rows_have_a_variance_equal_to_their_mean(usual):
    made, dataset = usual
    (counted,) = counted_as(dataset, ["delivery_minutes"], period=WHOLE)
    minutes = minutes_of(made)
    least, most = np.quantile(minutes, [0.01, 0.99])
    assert (counted.least, counted.most) == pytest.approx((least, most))
    bounded = np.clip(minutes, least, most)
    events = counted.factor * bounded
    assert events.var() == pytest.approx(events.mean(), rel=1e-3)
    many = many_series(dataset, [counted], sets=[("city",)], period=WHOLE)
    for row, segment in enumerate(many.segments):
        own = (made["city"] == dict(segment)["city"]).to_numpy()
        assert many.numerators[row].sum() == pytest.approx(events[own].sum(), rel=1e-6)
        value = counted.value(many.numerators[row].sum(), own.sum())
        mean = bounded[own].mean() + counted.cut
        assert value == pytest.approx(mean, rel=1e-6)
    assert counted.cut == pytest.approx((minutes - bounded).mean(), rel=1e-4)


def test_what_kinds_of_order_let_expect_is_no_noise(usual):
    made, dataset = usual
    alone, by_kind = (
        counted_as(dataset, ["delivery_minutes"], kinds=kinds, period=WHOLE)[0]
        for kinds in ((), ("vehicle",))
    )
    minutes = np.clip(minutes_of(made), alone.least, alone.most)
    within = minutes - minutes.groupby(made["vehicle"]).transform("mean")
    assert by_kind.factor == pytest.approx(minutes.mean() / within.var(), rel=1e-3)
    assert by_kind.factor > alone.factor


def test_few_low_values_are_what_is_lacking(tmp_path):
    made = values()
    early = made.index % 50 == 0
    back = made["created_at"] - timedelta(minutes=3)
    made["accepted_at"] = made["created_at"] + timedelta(minutes=4)
    made["accepted_at"] = made["accepted_at"].mask(early, back)
    dataset = published(tmp_path, {"orders": made})
    (counted,) = counted_as(dataset, ["dispatch_minutes"], period=WHOLE)
    assert (counted.shift, counted.factor < 0) == (pytest.approx(-4.0), True)
    many = many_series(dataset, [counted], sets=[()], period=WHOLE)
    assert many.numerators.min() >= 0
    by_day = early.astype(float).reshape(DAYS, -1).sum(axis=1)
    events = many.numerators[0, 0] * by_day.sum() / many.numerators.sum()
    np.testing.assert_allclose(events, by_day, rtol=1e-3)
    mean = counted.value(many.numerators.sum(), many.denominators.sum())
    assert mean == pytest.approx(np.where(early, -3.0, 4.0).mean())


def test_amounts_are_told_in_the_unit_and_cost_an_order_once():
    slow = Counted("delivery_minutes", factor=0.5, worth=0.1)
    found = amounts_of(slow, events=600.0, usual=500.0, orders=A_DAY)
    assert found.observed == pytest.approx(600 / 0.5 / A_DAY)
    assert found.excess == pytest.approx(200.0)
    assert found.excess * found.worth == pytest.approx(10.0)
    far = amounts_of(slow, events=90_000.0, usual=500.0, orders=A_DAY)
    assert far.excess * far.worth == pytest.approx(A_DAY)
    rated = Counted("mean_rating", factor=-4.0, shift=-5.0, worth=0.05)
    stars = amounts_of(rated, events=340.0, usual=240.0, orders=100.0)
    assert (stars.observed, stars.expected) == (4.15, 4.4)
    assert (stars.excess, stars.is_worse) == (25.0, True)


@pytest.mark.parametrize(
    ("metrics", "screens"),
    [(("late_rate", "contact_rate"), 3), (("late_rate", "delivery_minutes"), 6),
     (("p90_delivery_minutes", "cpo"), 3)],
)  # fmt: skip
def test_events_and_values_have_a_share_of_false_ones_each(usual, metrics, screens):
    _, dataset = usual
    watched = SimpleNamespace(
        counted=[Counted(name) for name in metrics], dataset=dataset
    )
    assert screens_of(watched) == screens
    found = _by_family(watched, ["a", "b"], lambda some: [len(some)] * len(some))
    assert found == ([1, 1] if screens > 3 else [2, 2])
