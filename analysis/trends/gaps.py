"""Data that are missing: a field that is no longer filled, orders that did not arrive.

A segment whose deliveries have no times any more has no late orders either. Nothing of
that is an improvement; it is a fault of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from analysis.metrics.availability import availability_of
from analysis.metrics.many import many_series
from analysis.metrics.registry import parse_reference
from analysis.trends.cube import Booleans
from analysis.trends.explain import within
from analysis.trends.findings import Finding, Segment
from analysis.trends.merging import Inside, meet
from analysis.trends.scales import Floats
from analysis.trends.shapes import LASTING
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH
from analysis.words import N_

#: A field is no longer filled where at most this share is left of what was so full.
MOST_LEFT, ONCE_FULL = 0.5, 0.8
#: Orders did not arrive where at most this share of the usual ones did.
MOST_ARRIVED = 0.1
#: Orders a day below which nothing is said.
LEAST_ORDERS = 20.0
#: Weeks before from which the orders of a weekday are known, and how many of them must
#: have orders.
WEEKS, LEAST_WEEKS = 4, 2
_WEEK = 7
_ORDERS, _DELIVERED = "orders", "delivered_orders"
_TIMED = ("late_rate", "on_time_rate")

_UNFILLED = N_(
    "{after} % of the delivered orders have a time of delivery and a promise, "
    "{before} % had before."
)
_NO_ORDERS = N_(
    "Of usually {before} orders on such a day, {after} arrived in the data."
)
#: Reasons that tell all that is known: the metric itself cannot be told without data.
MISSING: Final = frozenset((_UNFILLED, _NO_ORDERS))


@dataclass(frozen=True, slots=True)
class _Gap:
    """Days on which something of a segment is missing: a field, or the orders.

    Attributes:
        metric: Number of a metric that needs the field; None for orders.
        segment: Where.
        begin: First day, as a step.
        end: Last day, included.
        after: What is left: a share of the orders, or orders a day.
        before: What there was before.
        lost: Orders that are missing or lack the field.
        there: Orders that are there or have the field, by day.
        whole: Those that there should be, by day.
    """

    metric: int | None
    segment: Segment
    begin: int
    end: int
    after: float
    before: float
    lost: float
    there: Floats
    whole: Floats

    def left(self, without: _Gap | None = None) -> float:
        """Share that is there on its days, of all or of what another one leaves."""
        days = slice(self.begin, self.end + 1)
        there, whole = self.there[days].sum(), self.whole[days].sum()
        if without is not None:
            there -= without.there[days].sum()
            whole -= without.whole[days].sum()
        return float(there / whole) if whole > 0 else 1.0


def gaps(watched: Watched) -> list[Finding]:
    """Data that are missing, each once, under the widest segment it is missing of.

    Where the rest of a segment is as full as ever without a narrower one, it is the
    narrower one that is missing.
    """
    every = sorted(_all_gaps(watched), key=lambda item: -item.lost)
    found: list[_Gap] = []
    for place, gap in enumerate(every):
        narrower = (item for item in every[place + 1 :] if _is_part(watched, item, gap))
        explained = any(gap.left(item) >= ONCE_FULL for item in narrower)
        if not explained and not any(_is_same(watched, gap, one) for one in found):
            found.append(gap)
    return [_listed(watched, gap) for gap in found]


def is_of_gap(gap: Finding, other: Finding, *, inside: Inside = within) -> bool:
    """Whether a finding only tells that data are missing.

    What is around a gap is told of the orders that are there, so it stays. Orders that
    did not arrive are missing in every metric, a field in those that need it.
    """
    is_told = gap.metric in (_ORDERS, other.metric) and meet(gap, other)
    return is_told and inside(other.segment, gap.segment)


def _all_gaps(watched: Watched) -> list[_Gap]:
    names = [name for name in (_ORDERS, _DELIVERED)
             if availability_of(watched.dataset, name).is_available]  # fmt: skip
    if not names:
        return []
    counted = many_series(
        watched.dataset, names, sets=[one for one in watched.sets if len(one) <= 1],
        period=watched.read, where=watched.where,
    )  # fmt: skip
    row_of = {segment: row for row, segment in enumerate(watched.many.segments)}
    timed = _place_of_timed(watched)
    found: list[_Gap] = []
    for place, segment in enumerate(counted.segments):
        if segment not in row_of:
            continue
        sums = dict(zip(names, counted.numerators[place], strict=True))
        if timed is not None and _DELIVERED in sums:
            known = watched.many.denominators[row_of[segment], timed]
            found += _unfilled(watched, timed, segment, known, sums[_DELIVERED])
        if _ORDERS in sums:
            found += _not_arrived(watched, segment, sums[_ORDERS])
    return found


def _place_of_timed(watched: Watched) -> int | None:
    """A watched metric that needs the times of deliveries."""
    for place, name in enumerate(watched.metrics):
        if parse_reference(name).definition.name in _TIMED:
            return place
    return None


def _unfilled(
    watched: Watched, metric: int, segment: Segment, known: Floats, of: Floats
) -> list[_Gap]:
    """Days on which a field is empty that was filled in the weeks before."""
    empty = (of >= LEAST_ORDERS) & (known <= MOST_LEFT * of)
    found = []
    for days in _runs(empty, watched.first):
        before = slice(max(days.start - REACH, 0), days.start)
        share = known[before].sum() / max(of[before].sum(), 1.0)
        left = known[days].sum() / of[days].sum()
        lost = float(share * of[days].sum() - known[days].sum())
        if share >= ONCE_FULL:
            ends = days.start, days.stop - 1
            found.append(
                _Gap(metric, segment, *ends, float(left), float(share), lost, known, of)
            )
    return found


def _not_arrived(watched: Watched, segment: Segment, orders: Floats) -> list[_Gap]:
    """Days on which hardly any orders arrived, by the same weekdays before.

    Of holidays alone nothing is said: shops are closed.
    """
    if len(orders) == 0 or orders.min() > MOST_ARRIVED * orders.max():
        return []
    usual, missing = _usual(orders)
    runs = _runs(missing, watched.first)
    off = _is_off(watched, segment) if runs else missing
    return [
        _Gap(None, segment, days.start, days.stop - 1, float(orders[days].mean()),
             float(usual[days].mean()), float((usual - orders)[days].sum()),
             orders, usual)
        for days in runs if not off[days].all()
    ]  # fmt: skip


def _is_off(watched: Watched, segment: Segment) -> Booleans:
    """Which of the days read are holidays where the segment is."""
    off = watched.days_off(segment)
    return np.array([when.date() in off for when in watched.many.times])


def _usual(orders: Floats) -> tuple[Floats, Booleans]:
    """The usual orders of each day, and whether hardly any of them arrived.

    In a run of such days, the weeks before its first one say what is usual: however
    long nothing arrives, that is not what is usual. A day that is missing itself is
    none of them: of what now closes on Sundays, nothing is missing after three weeks.
    """
    usual = np.full(len(orders), np.nan)
    missing = np.zeros(len(orders), dtype=bool)
    begin = 0
    for day in range(WEEKS * _WEEK, len(orders)):
        begin = begin if missing[day - 1] else day
        earliest = begin - WEEKS * _WEEK + (day - begin) % _WEEK
        same = slice(earliest, begin, _WEEK)
        known = orders[same][~missing[same]]
        if len(known) >= LEAST_WEEKS:
            usual[day] = np.median(known)
            is_usual = usual[day] >= LEAST_ORDERS
            missing[day] = is_usual and orders[day] <= MOST_ARRIVED * usual[day]
    return usual, missing


def _runs(days: Booleans, first: int) -> list[slice]:
    """Runs of days from the first one looked through on."""
    marks = np.concatenate([[False], days[first:], [False]]).astype(int)
    bounds = (np.flatnonzero(np.diff(marks)) + first).tolist()
    return [slice(low, high) for low, high in list(pairwise(bounds))[::2]]


def _is_part(watched: Watched, inner: _Gap, outer: _Gap) -> bool:
    """Whether one gap is of the same kind, at the time and in a part of another."""
    if inner.metric != outer.metric or inner.segment == outer.segment:
        return False
    if watched.leaves is None:
        return within(inner.segment, outer.segment) and _meet(inner, outer)
    inside, around = (watched.leaves.mask(one.segment) for one in (inner, outer))
    return _meet(inner, outer) and bool(around[inside].all())


def _meet(one: _Gap, other: _Gap) -> bool:
    return min(one.end, other.end) >= max(one.begin, other.begin)


def _is_same(watched: Watched, gap: _Gap, other: _Gap) -> bool:
    """Whether both are one gap: at one time, in segments that share orders."""
    if not _meet(gap, other):
        return False
    if watched.leaves is None:
        return True
    masks = (watched.leaves.mask(item.segment) for item in (gap, other))
    return bool(np.logical_and(*masks).any())


def _listed(watched: Watched, gap: _Gap) -> Finding:
    times = watched.many.times
    goes_on = gap.end >= len(times) - 1
    unit = 1 if gap.metric is None else 100
    figures = _of_orders(watched, gap)
    if gap.metric is not None:
        figures = _of_field(watched, gap, gap.metric)
    return Finding(
        segment=gap.segment,
        kind="data_fault",
        shape="shift" if goes_on and gap.end - gap.begin >= LASTING else "spike",
        grain="day",
        began=times[gap.begin].to_pydatetime(),
        ended=None if goes_on else times[gap.end].to_pydatetime(),
        is_worse=True,
        score=1.0,
        q_value=0.0,
        values={"after": round(unit * gap.after), "before": round(unit * gap.before)},
        **figures,
    )


def _of_orders(watched: Watched, gap: _Gap) -> dict[str, Any]:
    """Figures of orders that did not arrive: their number, in the place of a rate."""
    days = gap.end - gap.begin + 1
    return {
        "metric": _ORDERS,
        "excess": gap.lost,
        "orders": days * gap.after,
        "observed": days * gap.after,
        "expected": days * gap.before,
        "reason": _NO_ORDERS,
        "also": watched.metrics,
    }


def _of_field(watched: Watched, gap: _Gap, metric: int) -> dict[str, Any]:
    """Figures of the metric that needs a field, of the orders that have it."""
    row = watched.many.segments.index(gap.segment)
    days = slice(gap.begin, gap.end + 1)
    orders, events, due = (
        float(values[row, metric, days].sum())
        for values in (watched.many.denominators, watched.many.numerators,
                       watched.many.expected)
    )  # fmt: skip
    reference = parse_reference(watched.metrics[metric])
    per = float(reference.settings.get("per", 1))
    return {
        "metric": watched.metrics[metric],
        "excess": events - due,
        "orders": orders,
        "observed": per * events / max(orders, 1.0),
        "expected": per * due / max(orders, 1.0),
        "reason": _UNFILLED,
    }
