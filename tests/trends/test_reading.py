"""One scan tells the leaves and the expected rates that two did."""

import numpy as np
import pytest

from analysis.metrics.periods import Period
from analysis.metrics.risk import expected_rates
from analysis.trends.leaves import numbered, read_leaves, relabelled
from analysis.trends.reading import read_all
from tests.trends import watch_world

METRICS = ("late_rate", "on_time_rate", "cancellation_rate")
MARGINS = (("city", "hour"), ("vehicle",), ("merchant_type",))
NAMES = ("city", "merchant_type")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return watch_world.world(tmp_path_factory.mktemp("reading"))


@pytest.mark.parametrize("step", ["day", "hour"])
def test_sums_and_expectation_are_those_of_two_scans(world, step):
    period = Period(*world.period)
    risk = expected_rates(world, METRICS, margins=MARGINS, period=period)
    options = {"names": NAMES, "period": period, "step": step, "where": None}
    apart = read_leaves(world, METRICS, risk=risk, **options)
    at_once = read_all(world, METRICS, margins=MARGINS, **options)
    sets = [(), ("city",), NAMES]
    seen, told = (one.many(sets, period.first) for one in (at_once, apart))
    assert seen.segments == told.segments
    for name in ("numerators", "denominators", "expected"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(told, name))
    assert (np.diff(at_once.day) >= 0).all()


@pytest.mark.parametrize("dense", [1 << 24, 1])
def test_combinations_are_numbered_in_their_order(monkeypatch, dense):
    monkeypatch.setattr("analysis.trends.leaves._DENSE", dense)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, (3, 5, 2), (200, 3))
    number, known = numbered(list(codes.T), (3, 5, 2))
    assert (known[number] == codes).all()
    assert known.tolist() == np.unique(codes, axis=0).tolist()


@pytest.mark.parametrize("dense", [1 << 24, 1])
def test_gaps_in_numbers_are_closed(monkeypatch, dense):
    monkeypatch.setattr("analysis.trends.leaves._DENSE", dense)
    number, known = relabelled(np.array([7, 3, 7, 900]))
    assert (number.tolist(), known.tolist()) == ([1, 0, 1, 2], [3, 7, 900])
