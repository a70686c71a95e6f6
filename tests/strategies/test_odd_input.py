"""Inputs as people have them: dates of any kind, categories, gaps, words for never."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DoorstepError
from analysis.strategies import Strategy, evaluate


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    unit, time = (part.ravel() for part in np.mgrid[0:40, 0:12])
    first = np.array([0, 5, 8, 0])[unit % 4]
    y = rng.normal(size=len(unit)) + 0.1 * unit + (unit % 2) * (time >= 6)
    return pd.DataFrame({"u": unit, "t": time, "y": y, "g": unit % 2, "first": first})


MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("times", "start"),
    [
        (lambda t: pd.Timestamp("2024-01-01") + pd.to_timedelta(t, unit="D"),
         "2024-01-07"),
        (lambda t: (pd.Timestamp("2024-01-01") + pd.to_timedelta(t, unit="D")).dt.date,
         pd.Timestamp("2024-01-07").date()),
        (lambda t: (pd.Timestamp("2024-01-01", tz="Asia/Riyadh")
                    + pd.to_timedelta(t, unit="D")), "2024-01-07"),
        (lambda t: pd.PeriodIndex(np.take(MONTHS, t), freq="M"), pd.Period("2024-07")),
        (lambda t: np.take(MONTHS, t), "2024-07"),
        (lambda t: pd.Categorical(np.take(MONTHS, t)), "2024-07"),
        (pd.Categorical, 6),
        (lambda t: t.astype("Int64"), 6),
    ],
)  # fmt: skip
def test_periods_of_any_kind_say_the_same(times, start):
    data = panel()
    given = {"treatment": "g", "unit": "u", "time": "t"}
    plain = evaluate(data, Strategy("did", "y", start=6, **given))
    data["t"] = times(data["t"])
    found = evaluate(data, Strategy("did", "y", start=start, **given))
    assert found.effect == pytest.approx(plain.effect)
    assert found.se == pytest.approx(plain.se)


@pytest.mark.parametrize("word", ["never", "Never", " - ", "", "nan", "从未"])
def test_words_for_never(word):
    data = panel()
    given = {"treatment": "first", "unit": "u", "time": "t"}
    expected = evaluate(data, Strategy("staggered", "y", **given)).effect
    texts = data["first"].astype(str).where(data["first"] > 0, word)
    found = evaluate(data.assign(first=texts), Strategy("staggered", "y", **given))
    assert found.effect == expected


def test_years_may_name_the_first_period():
    data = panel()
    given = {"treatment": "first", "unit": "u", "time": "t"}
    expected = evaluate(data, Strategy("staggered", "y", **given)).effect
    data["t"] = pd.to_datetime((data["t"] + 2000).astype(str) + "-01-01")
    data["first"] = data["first"].where(data["first"] == 0, data["first"] + 2000)
    found = evaluate(data, Strategy("staggered", "y", **given))
    assert found.effect == pytest.approx(expected)


def test_categories_that_nobody_is_in_are_no_arms():
    data = panel()
    data["arm"] = pd.Categorical(
        np.where(data["g"], "new", "control"), categories=["control", "new", "other"]
    )
    data["u"] = pd.Categorical(data["u"].astype(str), categories=[*map(str, range(99))])
    found = evaluate(data, Strategy("ab", "y", treatment="arm", unit="u"))
    assert list(found.estimates["arm"]) == ["control", "new"]
    assert found.check("clusters").value == 40


@pytest.mark.parametrize("kind", ["bool", "boolean", "Int64", "bool[pyarrow]"])
def test_yes_or_no_of_any_kind(kind):
    data = panel()
    data["hit"] = (data["y"] > 2).astype(kind)
    found = evaluate(data, Strategy("ab", "hit", treatment="g"))
    assert found.method == "proportions"


def test_a_side_without_an_event_is_said_in_a_sentence():
    data = pd.DataFrame({"t": np.arange(40), "n": 50, "hits": 0})
    data.loc[3, "hits"] = 1
    strategy = Strategy(
        "its", "hits", denominator="n", time="t", start=25, method="poisson"
    )
    with pytest.raises(DoorstepError) as caught:
        evaluate(data, strategy)
    assert "0 events after the start" in str(caught.value)


@pytest.mark.parametrize("method", ["synthetic_control", "demeaned"])
def test_a_fit_without_error_is_no_certainty(method):
    """More donors than periods before: every mix fits, and says nothing of after."""
    strategy = Strategy(
        "synthetic_control", "y", unit="u", time="t", treated=0, start=8, method=method
    )
    found = evaluate(panel(), strategy)
    assert found.se > 0.3


def test_small_cohorts_are_put_together_to_see_their_spread():
    """Cohorts of one unit each: their effects differ from nothing but each other."""
    rng = np.random.default_rng(0)
    unit, time = (part.ravel() for part in np.mgrid[0:24, 0:20])
    first = np.where(unit < 8, 10 + unit, 0)
    strategy = Strategy("staggered", "y", treatment="first", unit="unit", time="time")
    gaps, errors = [], []
    for _ in range(25):
        y = rng.normal(size=24)[unit] + rng.normal(size=len(unit))
        data = pd.DataFrame({"unit": unit, "time": time, "first": first, "y": y})
        found = evaluate(data, strategy)
        gaps.append(found.effect)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(gaps), rel=0.35)


def test_shares_of_two_of_three_arms_are_held_to_those_two():
    arms = ["control"] * 500 + ["near"] * 500 + ["far"] * 200
    rows = pd.DataFrame({"arm": arms, "y": np.arange(1200) % 7})
    strategy = Strategy(
        "ab", "y", treatment="arm", treated="near",
        propensity={"control": 0.5, "near": 0.5},
    )  # fmt: skip
    check = evaluate(rows, strategy).check("sample_ratio")
    assert check.light == "green"
    assert "far" not in str(check.sentence)
