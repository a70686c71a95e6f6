"""An incident is held against what was to be expected without it."""

import numpy as np
import pandas as pd
import pytest

from analysis.trends.aside import detect_beside, steps_aside
from analysis.trends.detect import detect
from analysis.trends.findings import Finding

RATE = {"numerator": "late", "denominator": "orders"}
BEGAN, ENDED, DAYS = 70, 83, 100


def late(*, rate=0.1, during=0.2, seed=5):
    """Days of which two weeks are an incident; binomial noise."""
    draw = np.random.default_rng(seed)
    shares = np.full(DAYS, rate)
    shares[BEGAN : ENDED + 1] = during
    return pd.DataFrame(
        {
            "period": pd.date_range("2026-01-01", periods=DAYS),
            "late": draw.binomial(2_000, shares),
            "orders": 2_000,
        }
    )


def during():
    places = np.arange(DAYS)
    return (places >= BEGAN) & (places <= ENDED)


def at(moment):
    return pd.Timestamp(moment).to_pydatetime()


def finding(**changes):
    usual = {
        "metric": "late_rate", "segment": (), "kind": "segment", "shape": "shift",
        "grain": "day", "began": at("2026-03-12"), "ended": at("2026-03-25"),
        "is_worse": True, "excess": 2_800.0, "orders": 28_000.0, "observed": 0.2,
        "expected": 0.1, "score": 1.0, "q_value": 0.0,
    }  # fmt: skip
    return Finding(**(usual | changes))


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_incident_is_abnormal_and_the_days_after_it_are_not(seed):
    series = late(seed=seed)
    usual = detect(series, **RATE)
    found = detect_beside(series, during(), **RATE)
    assert usual["expected"].iloc[ENDED] > 0.17
    assert found["expected"].iloc[BEGAN : ENDED + 1].between(0.09, 0.11).all()
    assert found["is_anomaly"].iloc[BEGAN : ENDED + 1].all()
    assert found["is_without"].tolist() == during().tolist()
    after = slice(ENDED + 1, ENDED + 6)
    assert usual["is_anomaly"].iloc[after].any()
    assert found["expected"].iloc[after].between(0.09, 0.11).all()
    assert found["is_anomaly"].iloc[after].sum() <= 1


def test_the_days_before_are_judged_as_ever():
    series = late()
    usual, found = detect(series, **RATE), detect_beside(series, during(), **RATE)
    names = list(usual.columns)
    pd.testing.assert_frame_equal(found[names].head(BEGAN), usual.head(BEGAN))


def test_without_an_incident_it_is_what_detect_says():
    series = late(during=0.1)
    found = detect_beside(series, np.zeros(DAYS, dtype=bool), **RATE)
    assert not found["is_without"].any()
    pd.testing.assert_frame_equal(
        found.drop(columns="is_without"), detect(series, **RATE)
    )


def test_days_of_an_incident_that_are_as_ever_are_not_called():
    found = detect_beside(late(during=0.1), during(), **RATE)
    assert found["is_anomaly"].iloc[BEGAN : ENDED + 1].sum() <= 1


def test_the_interval_is_wider_the_longer_an_incident_lasts():
    found = detect_beside(late(), during(), **RATE)
    width = (found["high"] - found["low"]).to_numpy()
    assert width[ENDED] > width[BEGAN - 1]


@pytest.mark.parametrize("columns", [{"numerator": "late"}, {"value": "late"}])
def test_counts_and_values_are_judged_in_their_own_unit(columns):
    found = detect_beside(late(), during(), **columns)
    assert found["expected"].iloc[ENDED] == pytest.approx(200, rel=0.1)
    assert found["is_anomaly"].iloc[BEGAN : ENDED + 1].all()


def test_what_is_too_short_to_tell_stays_so():
    short = late().head(8)
    found = detect_beside(short, np.arange(8) > 5, **RATE)
    assert found["is_too_few"].all()
    assert not found["is_without"].any()


def counted():
    return late().rename(columns={"late": "late_rate_num", "orders": "late_rate_n"})


def test_an_incident_is_set_aside_where_a_good_part_comes_from_it():
    series = counted()
    asked = {"metric": "late_rate", "grain": "day"}
    assert steps_aside(series, [finding()], **asked).tolist() == during().tolist()
    assert not steps_aside(series, [finding(excess=200.0)], **asked).any()
    assert not steps_aside(series, [finding(excess=np.nan)], **asked).any()
    assert not steps_aside(series, [finding(metric="complaint_rate")], **asked).any()


@pytest.mark.parametrize(("beyond", "is_much"), [(600, True), (500, False)])
def test_of_a_percentile_those_beyond_it_count(beyond, is_much):
    """14 days of 2,000 orders, of which a tenth lies beyond the P90: a fifth is 560."""
    series = late().rename(columns={"late": "value", "orders": "p90_minutes_late_n"})
    item = finding(metric="p90_minutes_late", excess=beyond, beyond=12.0)
    found = steps_aside(series, [item], metric="p90_minutes_late", grain="day")
    assert found.any() == is_much


def test_what_goes_on_is_set_aside_to_the_end():
    found = steps_aside(
        counted(), [finding(ended=None)], metric="late_rate", grain="day"
    )
    assert found.tolist() == (np.arange(DAYS) >= BEGAN).tolist()


def test_a_finding_of_hours_is_set_aside_by_its_hours_and_on_its_day():
    hours = pd.DataFrame(
        {
            "period": pd.date_range("2026-03-12", periods=48, freq="h"),
            "late_rate_num": 5,
            "late_rate_n": 50,
        }
    )
    item = finding(
        grain="hour", began=at("2026-03-12 18:00"), ended=at("2026-03-12 21:00")
    )
    found = steps_aside(hours, [item], metric="late_rate", grain="hour")
    assert np.flatnonzero(found).tolist() == [18, 19, 20, 21]
    days = steps_aside(counted(), [item], metric="late_rate", grain="day")
    assert np.flatnonzero(days).tolist() == [BEGAN]
