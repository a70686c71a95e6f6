"""Streams, tables and columns that the simulation is made of."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sample_data import columns as col
from sample_data import streams
from sample_data.demand import daily_orders, day_kinds
from sample_data.weather import hourly_weather
from sample_data.world import DEFAULT_END, Span, cities, holidays, in_ramadan


def test_streams_depend_on_seed_purpose_and_keys_alone():
    first = streams.draws(1, "kitchen", 100, 2, 3)
    assert (first == streams.draws(1, "kitchen", 100, 2, 3)).all()
    others = [(2, "kitchen", 2, 3), (1, "ride", 2, 3), (1, "kitchen", 2, 4)]
    for seed, purpose, *keys in others:
        assert (first != streams.draws(seed, purpose, 100, *keys)).mean() > 0.9


def test_draws_are_even():
    drawn = streams.draws(3, "evenness", 400_000)
    counts = np.bincount(drawn >> 8, minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize(
    ("table", "reference"),
    [
        (streams.normal(2.0), stats.norm(scale=2.0)),
        (streams.lognormal(0.4), stats.lognorm(0.4)),
        (streams.exponential(30.0), stats.expon(scale=30.0)),
    ],
)
def test_tables_are_quantiles(table, reference):
    levels = (np.arange(streams.LEVELS) + 0.5) / streams.LEVELS
    np.testing.assert_allclose(table, reference.ppf(levels), rtol=1e-3, atol=1e-3)


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_weighted_tables_have_the_shares_of_their_weights(weights):
    table = streams.weighted(np.array(weights))
    shares = np.bincount(table, minlength=len(weights)) / streams.LEVELS
    np.testing.assert_allclose(shares, np.array(weights) / sum(weights), atol=1e-4)


@given(st.lists(st.integers(0, 9_999_999), max_size=50), st.text("ABZ", max_size=3))
@settings(deadline=None)
def test_keys_are_prefix_and_number(numbers, prefix):
    made = col.keys(prefix, np.array(numbers, dtype=np.int64), width=7, suffix="x")
    made.validate(full=True)
    assert made.to_pylist() == [f"{prefix}{number:07d}x" for number in numbers]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
@settings(deadline=None)
def test_columns_keep_missing_values(valid):
    mask = np.array(valid)
    values = np.arange(len(valid))
    for made in (
        col.integers(values, mask),
        col.amounts(values * 100, mask),
        col.times(values, mask),
        col.keys("K", values, width=3, valid=mask),
    ):
        made.validate(full=True)
        assert [value is not None for value in made.to_pylist()] == valid
    assert col.flags(mask).to_pylist() == valid


def test_choices_miss_negative_codes():
    made = col.choices(np.array([1, -1, 0]), ["a", "b"])
    assert made.to_pylist() == ["b", None, "a"]


def test_times_are_instants_in_utc():
    made = col.times(np.array([0, 86_400]))
    assert made.type == pa.timestamp("ms", tz="UTC")
    assert str(made[1]) == "1970-01-02 00:00:00+00:00"


@pytest.mark.parametrize("orders", [10_000, 123_457])
def test_daily_orders_sum_to_what_was_asked(orders):
    span = Span.ending(DEFAULT_END, weeks=26)
    weather = [hourly_weather(1, city, span) for city in cities()]
    counts = daily_orders(1, orders, span, weather)
    assert counts.shape == (4, 182)
    assert counts.sum() == orders
    assert counts.min() >= 0


def test_the_demo_ends_on_a_sunday_and_holds_ramadan():
    assert DEFAULT_END.isoweekday() == 7
    span = Span.ending(DEFAULT_END, weeks=26)
    fasting = [in_ramadan(span.day(d)) for d in range(span.days)]
    assert sum(fasting) == 30
    assert in_ramadan(date(2026, 2, 18))
    assert not in_ramadan(date(2026, 3, 20))


def test_calendars_differ_by_city():
    span = Span.ending(DEFAULT_END, weeks=26)
    by_name = {city.name: city for city in cities()}
    assert set(day_kinds(by_name["Hong Kong"], span)) == {0, 1}
    assert set(day_kinds(by_name["Riyadh"], span)) == {0, 1, 2}
    assert date(2026, 2, 17) in holidays(by_name["Hong Kong"])
    assert date(2026, 2, 17) not in holidays(by_name["Riyadh"])


def test_midnight_is_local():
    by_name = {city.name: city for city in cities()}
    assert by_name["São Paulo"].midnight(date(1970, 1, 2)) == 86_400 + 3 * 3600
    hour = by_name["Hong Kong"].midnight(date(2026, 6, 1)) % 86_400 // 3600
    assert hour == 16


def test_weather_keeps_to_the_season():
    span = Span.ending(DEFAULT_END, weeks=26)
    riyadh = next(city for city in cities() if city.name == "Riyadh")
    states = hourly_weather(1, riyadh, span)
    june = [d for d in range(span.days) if span.day(d).month == 6]
    assert (states[june] == 3).any(axis=1).mean() > 0.6
    assert not (states[june] == 1).any()
