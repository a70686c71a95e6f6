"""What is left beside something named: its orders, and only they, are expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.trends.explain import Candidate, Named
from analysis.trends.findings import Fault
from analysis.trends.residual import Beside, daily, shifted
from analysis.trends.watched import read_watched
from tests.trends.watch_world import BEGAN, ENDED, world

GUILTY = (("city", "east"), ("merchant_type", "grill"))


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    return read_watched(
        world(tmp_path_factory.mktemp("rest")), metrics=["late_rate"],
        dimensions=["city", "merchant_type", "vehicle"], pairs=True, period=None,
        selection=None,
    )  # fmt: skip


def candidate(segment, begin=BEGAN, end=ENDED):
    return Candidate(0, segment, begin, end, z=9.0, spread=1.0, q_value=0.0,
                     effect=1.4, error=0.1)  # fmt: skip


@pytest.fixture(scope="module")
def rest(watched):
    beside = Beside(watched.leaves)
    beside.know([Named(candidate(GUILTY), ())])
    return beside.seen_in(watched)


def excess(watched, segment, days):
    row = watched.many.segments.index(segment)
    tops, due = watched.sums_of(0)
    return tops[row, days].sum() - due[row, days].sum()


@pytest.mark.parametrize("segment", [(), GUILTY[:1], GUILTY[1:], GUILTY])
def test_what_was_named_is_no_excess_of_what_is_around_it(watched, rest, segment):
    days = slice(BEGAN, ENDED + 1)
    assert excess(watched, segment, days) > 40
    assert abs(excess(rest, segment, days)) < 20


def test_other_days_and_other_segments_stay_as_they_were(watched, rest):
    before = slice(0, BEGAN)
    for segment in watched.many.segments:
        assert excess(rest, segment, before) == excess(watched, segment, before)
    west = (("city", "west"),)
    row = watched.many.segments.index(west)
    assert np.array_equal(watched.many.expected[row], rest.many.expected[row])


def test_the_sums_by_hour_agree_with_those_by_day(rest):
    days = rest.leaves.many(rest.sets, rest.read.first)
    row, known = (many.segments.index(GUILTY) for many in (days, rest.many))
    np.testing.assert_allclose(days.expected[row], rest.many.expected[known])


def test_shifted_odds_expect_no_more_than_all_orders():
    due, orders = np.array([0.0, 1.0, 6.0, 10.0]), np.array([0.0, 10.0, 10.0, 10.0])
    found = shifted(due, orders, np.log(9.0))
    np.testing.assert_allclose(found, [0.0, 5.0, 10 * 54 / 58, 10.0])
    np.testing.assert_allclose(shifted(found, orders, -np.log(9.0)), due)


def test_as_much_is_expected_as_was_seen(watched):
    beside = Beside(watched.leaves)
    beside.expect(candidate(GUILTY))
    seen, _, due = beside.leaves.series("late_rate", GUILTY)
    days, weeks = slice(BEGAN, ENDED + 1), slice(BEGAN - 42, BEGAN)
    level = seen[weeks].sum() / due[weeks].sum()
    assert level * due[days].sum() == pytest.approx(seen[days].sum(), rel=0.05)


def test_what_is_forgotten_leaves_nothing_whatever_came_after_it(watched):
    first, second = candidate(GUILTY), candidate(GUILTY[:1], BEGAN - 5, BEGAN + 2)
    beside, alone = Beside(watched.leaves), Beside(watched.leaves)
    beside.expect(first)
    beside.expect(second)
    alone.expect(first)
    beside.forget(second)
    np.testing.assert_allclose(beside.leaves.due, alone.leaves.due)
    with beside.without(first):
        np.testing.assert_allclose(beside.leaves.due, watched.leaves.due)
    np.testing.assert_allclose(beside.leaves.due, alone.leaves.due)


def test_orders_with_wrong_data_count_for_nothing(watched):
    beside = Beside(watched.leaves)
    beside.know([Named(candidate(GUILTY), (), fault=Fault("", {}))])
    rest = beside.seen_in(watched)
    days = slice(BEGAN, ENDED + 1)
    for name in ("numerators", "denominators", "expected"):
        own, usual = getattr(rest.many, name), getattr(watched.many, name)
        rows = [watched.many.segments.index(item) for item in (GUILTY, GUILTY[:1])]
        assert np.abs(own[rows[0], 0, days]).max() < 1e-9
        lost = usual[rows[1], 0] - own[rows[1], 0]
        np.testing.assert_allclose(lost[days], usual[rows[0], 0, days])
        np.testing.assert_allclose(lost[:BEGAN], 0, atol=1e-9)
    beside.forget(candidate(GUILTY))
    np.testing.assert_array_equal(beside.leaves.tops, watched.leaves.tops)


def test_what_is_taken_away_for_a_while_comes_back_whatever_happens(watched):
    beside = Beside(watched.leaves)
    beside.know([Named(candidate(GUILTY), ())])
    before = beside.leaves.due.copy()
    with pytest.raises(RuntimeError), beside.without(candidate(GUILTY)):
        raise RuntimeError
    np.testing.assert_allclose(beside.leaves.due, before)
    assert candidate(GUILTY) in beside.parts


@pytest.mark.parametrize("hours", [None, (18, 21)])
def test_the_series_beside_what_was_named_is_that_of_the_sums(watched, hours):
    beside = Beside(watched.leaves)
    beside.know([
        Named(candidate(GUILTY), ()),
        Named(candidate(GUILTY[:1], 40, 45), (), fault=Fault("", {})),
    ])  # fmt: skip
    beside.forget(candidate(GUILTY))
    beside.expect(candidate(GUILTY[1:], BEGAN - 3, BEGAN))
    for segment in [(), GUILTY, GUILTY[:1], (("vehicle", "bike"),)]:
        asked = replace(candidate(segment), hours=hours)
        found = beside.daily(asked)
        whole = daily(beside.leaves, "late_rate", segment, hours)
        for own, other in zip((found.tops, found.bottoms, found.due), whole,
                              strict=True):  # fmt: skip
            np.testing.assert_allclose(own, other, atol=1e-9)
        _, bottoms, due = daily(watched.leaves, "late_rate", segment, hours)
        kept = np.where(bottoms > 0, found.bottoms / np.maximum(bottoms, 1), 1)
        assert found.plain[kept == 1] == pytest.approx(due[kept == 1])
        assert found.plain[kept == 0] == pytest.approx(0, abs=1e-9)
