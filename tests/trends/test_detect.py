"""Is it normal: known answers, past only, invariances, calibration, bad input."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import InvalidInput, UnknownName
from analysis.trends import detect
from analysis.trends.detect import detect_sums

DAYS = 120


def late(orders: int = 3_000, *, days: int = DAYS, seed: int = 1) -> pd.DataFrame:
    """Late orders of days: one in ten, more on Fridays."""
    rng = np.random.default_rng(seed)
    share = 0.1 + 0.03 * (np.arange(days) % 7 == 4)
    n = rng.poisson(orders, days)
    period = pd.date_range("2026-01-05", periods=days)
    return pd.DataFrame({"period": period, "late": rng.binomial(n, share), "n": n})


def of(frame: pd.DataFrame, **options) -> pd.DataFrame:
    return detect(frame, numerator="late", denominator="n", **options)


def test_a_day_of_doubled_odds_is_seen_and_its_neighbours_are_not():
    frame = late()
    frame.loc[80, "late"] = int(frame.loc[80, "n"] * 0.19)
    found = of(frame)
    assert found["is_anomaly"][80]
    assert found["score"][80] > 0.999
    assert not found["is_anomaly"][81:85].any()
    assert found["high"][80] < 0.19


def test_the_expected_rate_knows_the_weekday():
    found = of(late(20_000))
    rest = found[60:]
    fridays = rest["period"].dt.day_of_week == 4
    assert rest["expected"][fridays].mean() == pytest.approx(0.13, abs=0.004)
    assert rest["expected"][~fridays].mean() == pytest.approx(0.10, abs=0.003)
    assert found.attrs["season"] == (7,)
    assert found.attrs["grain"] == "day"


def test_a_lasting_shift_is_called_at_first_and_then_the_new_normal():
    frame = late()
    moved = np.random.default_rng(5).binomial(frame["n"][70:], 0.2)
    frame.loc[70:, "late"] = moved
    found = of(frame)
    assert found["is_anomaly"][70:73].all()
    assert found["is_anomaly"][80:].mean() < 0.15
    assert np.flatnonzero(found["is_changepoint"]).tolist() == [70]


def test_an_event_of_three_days_is_no_change_point():
    frame = late()
    frame.loc[60:62, "late"] *= 2
    found = of(frame)
    assert found["is_anomaly"][60:63].all()
    assert not found["is_changepoint"].any()


def test_an_anomaly_does_not_pull_what_is_expected():
    calm, rough = late(), late()
    rough.loc[80, "late"] = rough.loc[80, "n"]
    before, after = of(calm)["expected"][81:88], of(rough)["expected"][81:88]
    assert np.abs(after - before).max() < 0.01


@settings(max_examples=8, deadline=None)
@given(st.integers(30, DAYS - 1), st.integers(0, 1_000))
def test_later_points_change_nothing_earlier(cut, seed):
    frame, other = late(seed=seed), late(seed=seed)
    other.loc[cut:, "late"] = np.random.default_rng(seed).binomial(
        other["n"][cut:], 0.5
    )
    columns = ["expected", "low", "high", "score", "is_anomaly", "is_too_few"]
    first, second = of(frame)[columns], of(other)[columns]
    known = ["expected", "low", "high", "is_too_few"]
    pd.testing.assert_frame_equal(first[:cut], second[:cut])
    pd.testing.assert_frame_equal(first.loc[[cut], known], second.loc[[cut], known])


@settings(max_examples=8, deadline=None)
@given(st.floats(0.01, 1_000), st.floats(-500, 500), st.integers(0, 99))
def test_values_in_other_units_are_judged_alike(scale, shift, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, 90)
    values[60] += 8
    days = pd.date_range("2026-01-01", periods=90)
    one = detect(pd.DataFrame({"period": days, "v": values}), value="v")
    moved = pd.DataFrame({"period": days, "v": values * scale + shift * scale})
    two = detect(moved, value="v")
    if two["low"].min() < 0 < one["v"].max():
        np.testing.assert_allclose(two["score"][21:], one["score"][21:], atol=0.02)
    assert two["is_anomaly"][60]


@settings(max_examples=5, deadline=None)
@given(st.randoms())
def test_the_order_of_rows_does_not_matter(random):
    frame = late()
    rows = list(range(len(frame)))
    random.shuffle(rows)
    pd.testing.assert_frame_equal(of(frame.iloc[rows]), of(frame))


@pytest.mark.parametrize("kind", ["binomial", "normal", "overdispersed"])
def test_pure_noise_is_called_as_often_as_stated(kind):
    rng = np.random.default_rng(11)
    called, judged = 0, 0
    for _ in range(40):
        days = pd.date_range("2026-01-01", periods=150)
        if kind == "normal":
            values = rng.normal(30, 2, 150)
            found = detect(pd.Series(values, index=days), false_alarms=0.02)
        else:
            noise = rng.normal(0, 0.1 * (kind == "overdispersed"), 150)
            share = 1 / (1 + np.exp(2.2 - noise))
            frame = pd.DataFrame({"period": days, "n": 2_000})
            frame["late"] = rng.binomial(2_000, share)
            found = of(frame, false_alarms=0.02)
        told = ~found["is_too_few"]
        called += int(found["is_anomaly"][told].sum())
        judged += int(told.sum())
    error = (0.02 * 0.98 / judged) ** 0.5
    assert abs(called / judged - 0.02) < 4 * error


def _orders_by_hour(days: int) -> np.ndarray:
    """Few at night, many at noon and in the evening."""
    hour = np.arange(24 * days) % 24
    return 20 + 200 * np.exp(-(((hour - 19) / 2.5) ** 2))


def _share_called(found: list[pd.DataFrame]) -> tuple[float, float]:
    """Share of the points called, and its error from how it varies between series."""
    shares = [one["is_anomaly"][~one["is_too_few"]].mean() for one in found]
    return float(np.mean(shares)), float(np.std(shares, ddof=1) / len(shares) ** 0.5)


def test_peaks_are_not_called_more_often_because_nights_have_few_orders():
    rng = np.random.default_rng(12)
    found = []
    for _ in range(12):
        orders = rng.poisson(_orders_by_hour(45))
        hours = pd.date_range("2026-01-05", periods=len(orders), freq="h")
        late = rng.binomial(orders, 0.1)
        frame = pd.DataFrame({"period": hours, "late": late, "n": orders})
        found.append(of(frame))
    share, error = _share_called(found)
    assert abs(share - 0.01) < 3 * error
    assert share < 0.015


@pytest.mark.parametrize("given", ["value", "numerator"])
def test_counts_by_hour_are_called_as_often_as_stated(given):
    rng = np.random.default_rng(13)
    found = []
    for _ in range(8):
        usual = _orders_by_hour(45)
        seen = rng.poisson(usual * np.exp(rng.normal(0, 0.08, len(usual))))
        hours = pd.date_range("2026-01-05", periods=len(seen), freq="h")
        frame = pd.DataFrame({"period": hours, "orders": seen})
        found.append(detect(frame, **{given: "orders"}))
    share, error = _share_called(found)
    assert abs(share - 0.01) < max(3 * error, 0.005)


def test_counts_of_a_shop_that_is_closed_at_night_are_counts():
    rng = np.random.default_rng(15)
    found = []
    for _ in range(6):
        hour = np.arange(24 * 45) % 24
        seen = rng.poisson(np.where((hour >= 9) & (hour < 22), 50, 0))
        hours = pd.date_range("2026-01-05", periods=len(seen), freq="h")
        found.append(detect(pd.Series(seen, index=hours)))
    share, error = _share_called(found)
    assert share - 0.01 < 3 * error


def test_whole_minutes_are_no_counts():
    rng = np.random.default_rng(14)
    minutes = pd.Series(rng.normal(30, 2, 200).round(),
                        index=pd.date_range("2026-01-05", periods=200))  # fmt: skip
    found = detect(minutes)
    width = (found["high"] - found["low"]).iloc[100:].mean()
    assert width == pytest.approx(2 * 2.6 * 2, rel=0.15)


def test_150_orders_a_day_are_too_few_to_tell_and_it_says_so():
    found = of(late(150))
    assert found["is_too_few"].all()
    assert not found["is_anomaly"].any()
    assert "too few" in found.attrs["too_few"]
    assert found.attrs["too_few_values"]["needed"] == 200
    assert not of(late(150), minimum=0)["is_too_few"][21:].any()


def test_a_short_series_is_too_short_and_it_says_so():
    found = of(late(days=10))
    assert found["is_too_few"].all()
    assert "points" in found.attrs["too_few"]
    assert found["expected"].isna().all()


def test_a_holiday_is_learned():
    frame = late(5_000, days=200)
    holidays = frame["period"][[40, 75, 110, 145]].dt.date.tolist()
    for row in (40, 75, 110, 145):
        frame.loc[row, "late"] = int(frame.loc[row, "n"] * 0.2)
    plain, known = of(frame), of(frame, holidays=holidays)
    assert plain["is_anomaly"][145]
    assert not known["is_anomaly"][145]
    assert known["expected"][145] > 0.15


def test_hours_know_the_hour_and_the_weekday():
    rng = np.random.default_rng(3)
    hours = np.arange(24 * 35)
    usual = 50 + 20 * np.sin(hours * 2 * np.pi / 24) + 8 * (hours // 24 % 7 == 5)
    values = usual + rng.normal(0, 2, len(hours))
    values[700] += 16
    index = pd.date_range("2026-01-05", periods=len(hours), freq="h")
    found = detect(pd.Series(values, index=index))
    assert found.attrs["season"] == (24, 168)
    assert found["is_anomaly"].iloc[700]
    error = found["expected"].to_numpy()[500:] - usual[500:]
    assert np.nanstd(error) < 2


def test_a_growing_seasonal_series_is_followed():
    months = pd.period_range("2015-01", periods=120, freq="M")
    steps = np.arange(120)
    noise = np.random.default_rng(2).normal(0, 0.03, 120)
    values = 100 * np.exp(0.01 * steps + 0.2 * np.sin(steps * np.pi / 6) + noise)
    values[90] *= 0.7
    found = detect(pd.DataFrame({"period": months, "v": values}), value="v")
    assert found.attrs["grain"] == "month"
    assert found["is_anomaly"].iloc[90]
    assert found["is_anomaly"].drop(index=90).mean() < 0.1


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0])
def test_a_constant_series_is_quiet_until_it_moves(value):
    values = np.full(60, value)
    days = pd.date_range("2026-01-01", periods=60)
    assert not detect(pd.Series(values, index=days))["is_anomaly"].any()
    values[50] += 1
    found = detect(pd.Series(values, index=days))
    assert np.flatnonzero(found["is_anomaly"]).tolist() == [50]


def test_gaps_and_missing_values_are_passed_over():
    frame = late()
    frame.loc[50, "n"] = 0
    frame.loc[50, "late"] = 0
    frame["late"] = frame["late"].astype(float)
    frame.loc[60, "late"] = np.nan
    found = of(frame.drop(index=range(70, 75)))
    assert len(found) == len(frame) - 5
    assert not found["is_anomaly"][[50, 60]].any()
    assert found["expected"].iloc[80:].notna().all()


def test_more_events_than_orders_are_events_per_unit():
    rng = np.random.default_rng(4)
    frame = late(500)
    frame["late"] = rng.poisson(2 * frame["n"])
    frame.loc[90, "late"] *= 2
    found = of(frame)
    assert found["is_anomaly"][90]
    assert found["expected"][90] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("kind", ["dates", "text", "periods", "zone", "index"])
def test_times_of_any_kind_are_read(kind):
    frame = late()
    wanted = of(frame)["score"].to_numpy()
    days = frame["period"]
    if kind == "index":
        frame = frame.set_index("period")
    else:
        frame["period"] = {
            "dates": [day.date() for day in days],
            "text": days.dt.strftime("%Y-%m-%d"),
            "periods": days.dt.to_period("D"),
            "zone": days.dt.tz_localize("Asia/Riyadh"),
        }[kind]
    np.testing.assert_allclose(of(frame)["score"], wanted)


@pytest.mark.parametrize(
    ("change", "options", "error"),
    [
        (lambda f: pd.concat([f, f[:1]]), {}, InvalidInput),
        (lambda f: f.assign(late=-1), {}, InvalidInput),
        (lambda f: f.assign(late=np.inf), {}, InvalidInput),
        (lambda f: f.assign(late="many"), {}, InvalidInput),
        (lambda f: f.assign(period="some day"), {}, InvalidInput),
        (lambda f: f.assign(period=pd.NaT), {}, InvalidInput),
        (lambda f: f.drop(columns="n"), {}, UnknownName),
        (lambda f: f, {"false_alarms": 0}, InvalidInput),
        (lambda f: f, {"minimum": -1}, InvalidInput),
        (lambda f: f, {"season": -7}, InvalidInput),
        (lambda f: f, {"value": "n"}, InvalidInput),
    ],
)
def test_bad_input_is_refused_in_words(change, options, error):
    with pytest.raises(error):
        of(change(late()), **options)


def test_no_series_and_no_rows():
    with pytest.raises(InvalidInput):
        detect([1, 2, 3])  # type: ignore[arg-type]
    empty = detect(late()[:0], numerator="late", denominator="n")
    assert not len(empty)
    assert empty.attrs["too_few"]


def test_dates_of_holidays_may_be_datetimes():
    day = dt.datetime.fromisoformat("2026-01-20T12:00")
    assert len(of(late(), holidays=[day])) == DAYS


def test_many_series_at_once_are_judged_as_each_alone():
    rng = np.random.default_rng(5)
    times = pd.date_range("2026-01-01", periods=120)
    orders = rng.uniform(20, 400, (30, 120))
    # Every third is a share of its orders, the others have more events than that.
    events = rng.poisson(orders * np.where(np.arange(30) % 3, 1.0, 0.1)[:, None])
    events = events.astype(float)
    days_off = {dt.date(2026, 2, 10), dt.date(2026, 3, 20)}
    found = detect_sums(events, orders, times=times, holidays=days_off)
    for row in range(30):
        frame = pd.DataFrame({"period": times, "e": events[row], "n": orders[row]})
        alone = detect(frame, numerator="e", denominator="n", minimum=0,
                       holidays=days_off)  # fmt: skip
        for name in ("expected", "low", "high", "score"):
            np.testing.assert_allclose(getattr(found, name)[row], alone[name],
                                       rtol=1e-9, err_msg=name)  # fmt: skip
        assert (found.is_anomaly[row] == alone["is_anomaly"]).all()
    assert found.is_anomaly.any()
