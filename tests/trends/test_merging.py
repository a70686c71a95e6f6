"""Each thing once: nested findings of one time, ends that are no findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from analysis.trends.findings import Finding
from analysis.trends.merging import merged

DAY = timedelta(days=1)
BEGAN = datetime.fromisoformat("2026-05-20")
WIDE, NARROW = (("city", "east"),), (("city", "east"), ("vehicle", "bicycle"))
FIRST = Finding(
    metric="late_rate", segment=WIDE, kind="segment", shape="spike", grain="day",
    began=BEGAN, ended=BEGAN + 6 * DAY, is_worse=True, excess=300.0, orders=2000.0,
    observed=0.25, expected=0.1, score=1.0, q_value=0.0,
)  # fmt: skip


def test_another_metric_of_the_same_days_inside_is_the_same_thing():
    other = replace(FIRST, metric="complaint_rate", segment=NARROW, excess=20.0)
    found = merged([other, FIRST])
    assert [item.metric for item in found] == ["late_rate"]
    assert found[0].also == ("complaint_rate",)


def test_a_few_days_inside_a_long_time_are_their_own():
    long = replace(FIRST, ended=BEGAN + 60 * DAY, excess=900.0)
    inside = replace(FIRST, segment=NARROW)
    assert merged([long, inside]) == (long, inside)


def test_what_is_worse_right_after_something_better_is_its_own():
    better = replace(FIRST, began=BEGAN - 20 * DAY, ended=BEGAN - DAY,
                     is_worse=False, excess=-480.0)  # fmt: skip
    inside = replace(FIRST, segment=NARROW)
    assert merged([inside, better]) == (inside, better)


def test_what_is_off_the_other_way_around_it_is_no_finding():
    around = replace(FIRST, segment=(), is_worse=False, excess=-200.0)
    assert merged([FIRST, around]) == (FIRST,)
    inside = replace(FIRST, segment=NARROW, is_worse=False, excess=-200.0)
    assert merged([FIRST, inside]) == (FIRST, inside)


def test_one_segment_of_overlapping_days_is_listed_once():
    later = replace(FIRST, began=BEGAN + 4 * DAY, ended=BEGAN + 8 * DAY, excess=90.0)
    assert merged([FIRST, later]) == (FIRST,)


def test_two_of_one_metric_that_were_told_beside_each_other_are_two_things():
    within_it = replace(FIRST, began=BEGAN + DAY, excess=90.0)
    inside = replace(FIRST, segment=NARROW, excess=80.0)
    assert merged([FIRST, within_it, inside]) == (FIRST,)
    assert merged([FIRST, within_it, inside], are_apart=True) == (
        FIRST, within_it, inside
    )  # fmt: skip
    other = replace(inside, metric="complaint_rate")
    assert merged([FIRST, other], are_apart=True)[0].also == ("complaint_rate",)


def test_names_need_not_tell_that_one_is_inside_another():
    zone = replace(FIRST, segment=(("zone", "harbour"),), excess=100.0)
    assert len(merged([FIRST, zone])) == 2
    assert merged([FIRST, zone], inside=lambda *_: True) == (FIRST,)


def test_of_one_segment_orders_are_told_before_minutes_that_cost_more():
    slow = replace(FIRST, metric="delivery_minutes", excess=90_000.0, worth=1 / 30)
    assert slow.cost > FIRST.cost
    assert merged([slow, FIRST]) == (replace(FIRST, also=("delivery_minutes",)),)
    around = replace(slow, segment=())
    assert merged([around, FIRST]) == (around, FIRST)


def test_minutes_are_ranked_by_the_orders_that_they_are_worth():
    slow = replace(FIRST, metric="delivery_minutes", excess=900.0, worth=1 / 30,
                   segment=(("city", "west"),))  # fmt: skip
    assert merged([slow, FIRST]) == (FIRST, slow)


def test_what_has_no_better_and_worse_joins_what_has():
    moved = replace(FIRST, metric="promised_minutes", is_worse=False, worth=0.0,
                    excess=-5000.0)  # fmt: skip
    assert merged([moved, FIRST]) == (replace(FIRST, also=("promised_minutes",)),)
    better = replace(FIRST, is_worse=False, excess=-30.0)
    west = replace(moved, segment=(("city", "west"),))
    assert merged([west, better]) == (west, better)


def test_another_metric_of_all_orders_is_another_thing_than_one_of_a_part():
    everywhere = replace(FIRST, metric="cancellation_rate", segment=(), excess=900.0)
    assert merged([FIRST, everywhere]) == (everywhere, FIRST)
    same = replace(everywhere, metric=FIRST.metric)
    assert merged([FIRST, same]) == (same,)
