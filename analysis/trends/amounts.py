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
    beyond: float | None = None

    @property
    def is_told(self) -> bool:
        """Whether the value moved the way the events did, as that of a rate always has.

        A percentile of a segment may lie far from the one that was counted beyond.
        """
        if self.beyond is None:
            return True
        moved = self.observed - self.expected
        return bool(moved * (1 if self.is_worse else -1) > 0)


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
    # An order goes bad once, however many minutes it took.
    per_unit = min(counted.worth * counted.factor, orders / max(abs(units), 1e-300))
    return Amounts(
        orders=orders,
        observed=counted.value(events, orders),
        expected=counted.value(usual, orders),
        excess=-units if direction == "higher" else units,
        worth=0.0 if direction == "neutral" else per_unit,
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
) -> Amounts:
    """The amounts with the value that ``measure`` gives of these orders and days.

    Of means and ratios values beyond a bound were counted as the bound, so what was to
    be expected is as much below the measured value as the excess tells. Of a percentile
    what was to be expected is that of the up to six weeks before, whatever orders those
    were: other than the excess, it knows nothing of what kind of orders lets expect.

    Args:
        found: Amounts of any metric; those of rates are returned as they are.
        watched: Everything watched.
        metric: The metric.
        segment: Whose orders.
        begin: First day, as a step.
        end: Last day, included.
        hours: First and last hour of each day that count, if not all.
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
    if counted.beyond is None:
        moved = float(row[metric]) - found.observed
        return replace(found, observed=found.observed + moved,
                       expected=found.expected + moved)  # fmt: skip
    return replace(found, observed=float(row[metric]),
                   expected=float(row[f"{metric}_before"]))  # fmt: skip
