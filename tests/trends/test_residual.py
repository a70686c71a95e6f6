"""What is left beside something named: its orders, and only they, are expected."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.trends.explain import Candidate, Named
from analysis.trends.residual import without
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


@pytest.fixture(scope="module")
def rest(watched):
    candidate = Candidate(0, GUILTY, BEGAN, ENDED, z=9.0, spread=1.0, q_value=0.0,
                          effect=1.4, error=0.1)  # fmt: skip
    return without(watched, [Named(candidate, ())])


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
