"""What events amount to in the unit of their metric: minutes, money, orders."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.metrics.counted import Counted
from analysis.metrics.measure import measure
from analysis.metrics.selection import Condition
from analysis.trends.findings import Segment
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH


@dataclass(frozen=True, slots=True)
class Amounts:
    """Events of some days as a finding tells them; each is an attribute of ``Finding``.

    Attributes:
        orders: Denominator.
        observed: Value of the metric.
        expected: Value that was to be expected.
        excess: Units of the numerator beyond it, positive for the worse; more of
            them where the metric has no better and worse.
        worth: Orders that one of them stands for in the ranking.
        is_worse: By the metric's direction.
        beyond: Value beyond which orders are counted, for a percentile.
    """

    orders: float
    observed: float
    expected: float
    excess: float
    worth: float
    is_worse: bool
    beyond: float | None


def amounts_of(
    counted: Counted, *, events: float, usual: float, orders: float
) -> Amounts:
    """Events in the unit of their metric; of a percentile as a share of orders.

    Args:
        counted: How the metric is counted as events.
        events: Events.
        usual: Those to be expected.
        orders: What they are of.
    """
    direction = counted.reference.definition.direction
    units = counted.units(events - usual)
    return Amounts(
        orders=orders,
        observed=counted.value(events, orders),
        expected=counted.value(usual, orders),
        excess=-units if direction == "higher" else units,
        worth=0.0 if direction == "neutral" else _worth(counted, units, orders),
        is_worse=direction != "neutral" and (units > 0) == (direction == "lower"),
        beyond=counted.beyond,
    )


def as_measured(
    found: Amounts,
    watched: Watched,
    metric: str,
    segment: Segment,
    *,
    begin: int,
    end: int,
    hours: tuple[int, int] | None = None,
) -> Amounts | None:
    """The amounts with the value that ``measure`` gives of these orders and days.

    The excess and its worth stay those of the events: of means and ratios without what
    few values are beyond a bound, so that one order closed two weeks late costs no more
    than one. Of a percentile what was to be expected is that of the up to six weeks
    before, whatever orders those were: other than the excess, it knows nothing of what
    kind of orders lets expect.

    Args:
        found: Amounts of any metric; those of rates are returned as they are.
        watched: Everything watched.
        metric: The metric.
        segment: Whose orders.
        begin: First day, as a step.
        end: Last day, included.
        hours: First and last hour of each day that count, if not all.

    Returns:
        None where the value moved otherwise than its events: a percentile may lie far
        from the one that was counted beyond, and few far values may move a mean.
    """
    counted = watched.counted_of(metric)
    if not (counted.is_scaled or counted.beyond is not None) or begin == 0:
        return found
    where = watched.selection_of(segment)
    if hours is not None:
        low, high = hours
        where = where.narrow(Condition("hour", "range", low=low, high=high))
    before = watched.days(max(begin - REACH, 0), begin - 1)
    row = measure(
        watched.dataset, metric, selection=where, period=watched.days(begin, end),
        compare=(before.first, before.last),
    ).iloc[0]  # fmt: skip
    rose = found.observed > found.expected
    found = replace(found, observed=float(row[metric]))
    if counted.beyond is not None:
        found = replace(found, expected=float(row[f"{metric}_before"]))
    moved = found.observed - found.expected
    return found if (moved > 0 if rose else moved < 0) else None


def _worth(counted: Counted, units: float, orders: float) -> float:
    """Orders that one unit stands for: one goes bad once, however long it took."""
    own = counted.worth * abs(counted.factor)
    return min(own, orders / max(abs(units), 1e-300))
