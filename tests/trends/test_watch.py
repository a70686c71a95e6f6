"""Watching all segments: the guilty one is named once, a mix shift is nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.errors import InvalidInput, NotEnoughData, UnknownName
from analysis.metrics import Period, Selection, measure
from analysis.metrics.many import many_series
from analysis.metrics.risk import expected_rates
from analysis.trends import watch
from analysis.trends.gaps import is_of_gap
from analysis.trends.leaves import read_leaves
from tests.trends.watch_world import A_DAY, BEFORE, BEGAN, DAYS, ENDED, orders, world
from tests.worlds import published

FIRST = datetime.fromisoformat("2026-01-05")
DIMENSIONS = ["city", "merchant_type", "vehicle"]
OPTIONS = {"metrics": ["late_rate"], "dimensions": DIMENSIONS}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    return world(tmp_path_factory.mktemp("wrong"))


@pytest.fixture(scope="module")
def watched(wrong):
    return watch(wrong, **OPTIONS)


def test_the_guilty_segment_is_named_once(watched):
    assert len(watched.findings) == 1
    found = watched.findings[0]
    assert dict(found.segment) == {"city": "east", "merchant_type": "grill"}
    assert found.kind == "segment"
    assert found.is_worse


def test_it_says_when_and_what_it_cost(watched, wrong):
    found = watched.findings[0]
    assert found.began == FIRST + timedelta(days=BEGAN)
    assert found.ended == FIRST + timedelta(days=ENDED)
    assert found.is_over
    low, high = found.begin_range
    assert low <= found.began <= high <= low + timedelta(days=3)
    chosen = found.selection(FIRST + timedelta(days=DAYS - 1))
    seen = measure(wrong, "late_rate", where=chosen).iloc[0]
    assert found.orders == seen["late_rate_n"]
    assert found.observed == pytest.approx(seen["late_rate"])
    assert found.expected == pytest.approx(0.12, abs=0.03)
    cost = seen["late_rate_num"] - found.expected * seen["late_rate_n"]
    assert found.excess == pytest.approx(cost)


def test_what_is_shown_is_what_detect_says(watched):
    found = watched.findings[0]
    frame = watched.detections[found.metric, found.segment]
    days = frame[BEGAN : ENDED + 1]
    assert days["is_anomaly"].any()
    assert found.score == pytest.approx(days["score"].max())
    assert days["value"].iloc[0] > days["high"].iloc[0]


def test_the_whole_as_a_frame(watched):
    frame = watched.to_frame()
    assert frame["metric"].tolist() == ["late_rate"]
    assert watched.series == 1 + 2 + 4 + 2 + 8 + 4 + 8
    first = FIRST.date() + timedelta(days=28)
    assert watched.period == Period(first, FIRST.date() + timedelta(days=DAYS - 1))


def test_quiet_worlds_have_hardly_a_finding(tmp_path):
    found = 0
    for seed in (2, 3, 4):
        (tmp_path / str(seed)).mkdir()
        dataset = world(tmp_path / str(seed), seed=seed, wrong=False)
        found += len(watch(dataset, **OPTIONS).findings)
    assert found <= 1


def test_a_pure_mix_shift_is_listed_as_one_and_as_nobodys_fault(tmp_path):
    dataset = world(tmp_path, wrong=False, mix=True)
    days = (FIRST + timedelta(days=BEGAN), FIRST + timedelta(days=ENDED))
    risen = measure(dataset, "late_rate", period=days)["late_rate"].iloc[0]
    assert risen > 0.15
    found = watch(dataset, **OPTIONS).findings
    assert [item.kind for item in found] == ["mix_shift"]
    shift = found[0]
    assert shift.segment == ()
    assert (shift.began, shift.ended) == days
    assert shift.observed == pytest.approx(risen)
    told = dict(shift.values)
    assert told["value"] in {"bicycle", "motorbike"}
    assert (told["before"], told["after"]) in {(20, 65), (80, 35), (20, 66), (80, 34)}


@pytest.mark.parametrize(
    "names", [("low_rating_rate", "late_rate"), ("late_rate", "low_rating_rate")]
)
def test_a_share_is_one_of_all_orders_whichever_metric_comes_first(tmp_path, names):
    """Of bicycles hardly an order is rated: of those that are, no share moves."""
    made = orders(wrong=False, mix=True)
    is_rated = (made["vehicle"] == "motorbike") & (made["order_no"] % 3 == 0)
    made["rating"] = np.where(is_rated, 5.0, np.nan)
    dataset = published(tmp_path, {"orders": made})
    found = watch(dataset, **{**OPTIONS, "metrics": names}).findings
    assert [(item.kind, item.metric) for item in found] == [("mix_shift", "late_rate")]
    told = dict(found[0].values)
    assert (told["before"], told["after"]) in {(20, 65), (80, 35), (20, 66), (80, 34)}


def test_a_segment_gone_bad_beside_a_mix_shift_is_named_all_the_same(tmp_path):
    found = watch(world(tmp_path, mix=True), **OPTIONS).findings
    kinds = {item.kind: dict(item.segment) for item in found}
    assert "merchant_type" not in kinds["mix_shift"]
    assert kinds["segment"] == {"city": "east", "merchant_type": "grill"}


def test_two_opposite_ones_are_both_named(tmp_path):
    found = watch(world(tmp_path, opposite=True), **OPTIONS).findings
    sides = {item.is_worse: dict(item.segment)["merchant_type"] for item in found}
    assert sides == {True: "grill", False: "noodles"}
    better = next(item for item in found if not item.is_worse)
    assert better.excess < 0
    assert abs(better.began - FIRST - timedelta(days=BEGAN)) <= timedelta(days=1)


def test_what_goes_bad_right_after_good_weeks_is_not_taken_for_their_end(tmp_path):
    found = watch(world(tmp_path, before=True), **OPTIONS).findings
    told = [(dict(item.segment), item.is_worse, item.began) for item in found]
    began = FIRST + timedelta(days=BEGAN)
    grills = {"city": "east", "merchant_type": "grill"}
    assert told == [
        (grills, True, began),
        ({"city": "east"}, False, began - timedelta(days=BEFORE)),
    ]
    assert found[1].ended == began - timedelta(days=1)


def test_the_end_of_good_weeks_is_no_finding(tmp_path):
    found = watch(world(tmp_path, wrong=False, before=True), **OPTIONS).findings
    assert [(dict(item.segment), item.is_worse) for item in found] == [
        ({"city": "east"}, False)
    ]


def test_an_outage_of_two_hours_is_told_by_hour(tmp_path):
    dataset = world(tmp_path, wrong=False, outage=True)
    # All 15 orders of two hours: one of three screens, it has a share of 5.5 %.
    found = watch(dataset, **OPTIONS, false_discoveries=0.1).findings
    assert len(found) == 1
    assert found[0].q_value == pytest.approx(0.055, abs=0.001)
    out = found[0]
    assert dict(out.segment) == {"city": "east"}
    assert out.grain == "hour"
    assert out.begin_range is None
    assert out.began == FIRST + timedelta(days=BEGAN, hours=19)
    assert out.ended == FIRST + timedelta(days=BEGAN, hours=20)
    assert out.observed > 0.8


@pytest.mark.parametrize("fault", ["lost", "unsent"])
def test_data_that_are_missing_are_a_fault_of_the_data(tmp_path, fault):
    dataset = world(tmp_path, wrong=False, **{fault: True})
    found = watch(dataset, **OPTIONS).findings
    assert [item.kind for item in found] == ["data_fault"]
    missing = found[0]
    assert dict(missing.segment) == {"city": "east"}
    assert missing.began == FIRST + timedelta(days=BEGAN)
    assert missing.ended == FIRST + timedelta(days=ENDED)
    told = dict(missing.values)
    assert told["after"] == 0
    usual = {"lost": (100, 0), "unsent": (120, 15)}[fault]
    assert told["before"] == pytest.approx(usual[0], abs=usual[1])


def _eid(folder, country):
    """What is said of Eid, over three days of which everything is late more often."""
    made = orders(wrong=False).assign(country=country)
    eid = pd.to_datetime(made["local_date"]).between("2026-03-20", "2026-03-22")
    minutes = np.where(np.random.default_rng(8).random(len(made)) < 0.22, 45, 25)
    slow = made["created_at"] + pd.to_timedelta(minutes, unit="min")
    made = made.assign(delivered_at=made["delivered_at"].mask(eid, slow))
    found = watch(published(folder, {"orders": made}), **OPTIONS)
    return found.detections["late_rate", ()].set_index("period")


def test_days_off_are_no_usual_days(tmp_path):
    frames = {}
    for country in ("SA", "JP"):
        (tmp_path / country).mkdir()
        frames[country] = _eid(tmp_path / country, country)
    known, unknown = frames["SA"], frames["JP"]
    width = {name: frame["high"] - frame["low"] for name, frame in frames.items()}
    assert width["SA"]["2026-03-19"] > 1.5 * width["JP"]["2026-03-19"]
    # What the first days of Eid teach holds for the others, and not for those after it.
    assert known["expected"]["2026-03-22"] > 1.2 * unknown["expected"]["2026-03-22"]
    assert known["high"]["2026-03-18"] == pytest.approx(
        unknown["high"]["2026-03-18"], rel=0.03
    )


@pytest.mark.parametrize("names", [("late_rate", "cancellation_rate"),
                                   ("cancellation_rate", "late_rate")])  # fmt: skip
def test_orders_that_did_not_arrive_are_missing_in_every_metric(tmp_path, names):
    dataset = world(tmp_path, wrong=False, unsent=True)
    found = watch(dataset, **{**OPTIONS, "metrics": names}).findings
    assert len(found) == 1
    missing = found[0]
    assert (missing.metric, missing.also) == ("orders", names)
    assert missing.observed == missing.orders == 0
    assert missing.expected == missing.excess == pytest.approx(7 * A_DAY / 2, rel=0.1)
    late = replace(missing, metric="cancellation_rate", kind="segment")
    assert is_of_gap(missing, late)
    assert not is_of_gap(missing, replace(late, segment=()))
    lost = replace(missing, metric="late_rate")
    assert not is_of_gap(lost, late)


def test_a_disaster_is_listed_beside_a_gap_in_a_part_of_it(tmp_path):
    dataset = world(tmp_path, wrong=False, disaster=True, blank=True)
    found = watch(dataset, **OPTIONS).findings
    assert [(item.kind, item.segment) for item in found] == [
        ("data_fault", (("merchant_type", "tea"),)),
        ("segment", ()),
    ]
    assert found[1].excess > 7 * 180 * 0.25


def test_many_series_are_those_of_measure(wrong):
    period = Period(FIRST.date(), FIRST.date() + timedelta(days=13))
    many = many_series(
        wrong, ["late_rate"], sets=[(), ("city",), ("city", "vehicle")], period=period
    )
    assert len(many.segments) == 1 + 2 + 4
    for row, segment in enumerate(many.segments):
        where = {name: [value] for name, value in segment}
        alone = measure(wrong, "late_rate", grain="day", period=period, where=where)
        assert many.numerators[row, 0].tolist() == alone["late_rate_num"].tolist()
        assert many.denominators[row, 0].tolist() == alone["late_rate_n"].tolist()


def test_the_hours_of_a_day_sum_to_the_day(wrong):
    period = Period(FIRST.date(), FIRST.date() + timedelta(days=2))
    hours, days = (
        many_series(wrong, ["late_rate"], sets=[()], period=period, step=step)
        for step in ("hour", "day")
    )
    summed = hours.numerators[0, 0].reshape(3, 24).sum(axis=1)
    assert summed.tolist() == days.numerators[0, 0].tolist()


@pytest.fixture(scope="module")
def leaves(wrong):
    return read_leaves(
        wrong, ["late_rate"], names=DIMENSIONS, period=Period(*wrong.period),
        step="hour", where=None, risk=None,
    )  # fmt: skip


def test_leaves_sum_to_the_whole(wrong, leaves):
    tops, bottoms, _ = leaves.series("late_rate", ())
    whole = measure(wrong, "late_rate", grain="day")
    assert tops.tolist() == whole["late_rate_num"].tolist()
    assert bottoms.tolist() == whole["late_rate_n"].tolist()
    assert len(leaves.codes) == 16


def test_leaves_of_a_segment_are_those_of_measure(wrong, leaves):
    segment = (("city", "east"), ("merchant_type", "tea"), ("vehicle", "bicycle"))
    where = {name: [value] for name, value in segment}
    days = leaves.series("late_rate", segment)[0]
    alone = measure(wrong, "late_rate", grain="day", where=where)
    assert days.sum() == alone["late_rate_num"].sum()
    hours = leaves.series("late_rate", segment, step="hour")[0]
    assert hours.reshape(-1, 24).sum(axis=1).tolist() == days.tolist()


def test_a_cube_holds_a_window_and_the_days_before_without_what_was_known(leaves):
    east, grill = (("city", "east"),), (("city", "east"), ("merchant_type", "grill"))
    days, own = (leaves.series("late_rate", one)[0] for one in (east, grill))
    cube = leaves.cube("late_rate", first=10, begin=30, end=33)
    sums = cube.of(cube.mask(east))
    assert (sums.now[0], sums.before[0]) == (days[30:34].sum(), days[10:30].sum())
    rest = leaves.cube("late_rate", first=10, begin=30, end=33,
                       without=[(grill, 15, 19)])  # fmt: skip
    assert rest.of(rest.mask(east)).before[0] == days[10:30].sum() - own[15:20].sum()
    noon = leaves.cube("late_rate", first=10, begin=30, end=30, hours=(12, 13))
    hours = leaves.series("late_rate", east, step="hour")[0].reshape(-1, 24)
    assert noon.of(noon.mask(east)).now[0] == hours[30, 12:14].sum()


def test_what_is_not_kept_in_memory_is_found_all_the_same(wrong, watched, monkeypatch):
    monkeypatch.setattr("analysis.trends.watched.MOST_KEPT", 0)
    assert watch(wrong, **OPTIONS).findings == watched.findings


def test_expected_orders_agree_with_seen_ones_on_every_margin(wrong):
    period = Period(*wrong.period)
    risk = expected_rates(
        wrong, ["late_rate"], margins=[("vehicle",), ("city", "hour")], period=period
    )
    many = many_series(
        wrong, ["late_rate"], sets=[(), ("vehicle",), ("city",)], period=period,
        risk=risk,
    )  # fmt: skip
    due, seen = many.expected.sum(axis=2), many.numerators.sum(axis=2)
    np.testing.assert_allclose(due, seen, rtol=0.01)
    by_kind = dict(zip(risk.table["kind_1"].to_pylist(),
                       risk.table["rate_1"].to_pylist(), strict=True))  # fmt: skip
    assert by_kind["bicycle"] > 1.6 * by_kind["motorbike"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"metrics": ["no_such_rate"]}, UnknownName),
        ({"metrics": ["delivered_orders"]}, InvalidInput),
        ({"metrics": []}, InvalidInput),
        ({"selection": Selection.of({"city": "nowhere"})}, NotEnoughData),
        ({"dimensions": ["no_such_column"]}, UnknownName),
        ({"false_discoveries": 0}, InvalidInput),
        ({"period": (FIRST.date(), FIRST.date())}, NotEnoughData),
    ],
)
def test_bad_input_is_refused_in_words(wrong, options, error):
    with pytest.raises(error):
        watch(wrong, **{**OPTIONS, **options})


def test_a_metric_named_twice_is_watched_once(wrong, watched):
    twice = watch(wrong, **{**OPTIONS, "metrics": ["late_rate", "late_rate"]})
    assert twice.metrics == ("late_rate",)
    assert twice.findings == watched.findings


def test_progress_is_told(wrong):
    told: list[float] = []
    watch(wrong, **OPTIONS, pairs=False, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert pd.Series(told).between(0, 1).all()


def test_one_bad_day_everywhere_is_one_gap(tmp_path):
    made = orders(wrong=False)
    day = FIRST.date() + timedelta(days=BEGAN)
    lost = (made["local_date"] == day) & (np.arange(len(made)) % 5 != 0)
    made = made.assign(delivered_at=made["delivered_at"].mask(lost))
    found = watch(published(tmp_path, {"orders": made}), **OPTIONS).findings
    faults = [item for item in found if item.kind == "data_fault"]
    assert [(item.segment, item.began.date()) for item in faults] == [((), day)]
