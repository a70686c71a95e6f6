"""Public holidays of the places looked at: alike on both sides, and as a regressor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Final

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.calendars import days_off, public_holidays
from analysis.metrics.periods import Period
from analysis.metrics.territories import shares_of, territories, territory_orders
from analysis.strategies.published.binding import Bound
from analysis.strategies.results import Check, Text, text
from analysis.words import N_

#: Shares of days off that differ by more than this are not alike.
UNLIKE: Final = 0.05
#: Column of a series with the days off of each period.
COLUMN: Final = "public holidays"
_MOST_NAMED: Final = 6

Shares = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Side:
    """Days off of some orders before and after the start.

    Attributes:
        shares: Share of the orders in each territory.
        before: Days off before.
        after: Days off from the start on.
        change: Share of days off after less that before.
    """

    shares: Shares
    before: frozenset[date]
    after: frozenset[date]
    change: float


def side(shares: Shares, period: Period, start: date) -> Side:
    """Days off of orders in these territories on either side of a start."""
    off = days_off(shares, period.first, period.last)
    before = frozenset(day for day in off if day < start)
    count = (start - period.first).days, (period.last - start).days + 1
    change = (len(off) - len(before)) / count[1] - len(before) / count[0]
    return Side(shares, before, off - before, change)


def holidays_alike(
    bound: Bound,
    period: Period,
    start: date | None,
    *,
    treated: Sequence[str] = (),
    unit: exp.Expr | None = None,
    in_model: bool = False,
) -> Check | None:
    """Whether public holidays weigh alike on the sides that are compared.

    Args:
        bound: The strategy.
        period: Local dates that count.
        start: First treated day.
        treated: Units that are ever treated, where others are not.
        unit: The unit of an order.
        in_model: Whether days off are a term of the model.

    Returns:
        None where no place is known to have holidays, or nothing is before and after.
    """
    if start is None or not period.first < start <= period.last:
        return None
    table = territory_orders(
        bound.dataset, unit=unit, selection=bound.history_selection, period=period
    )
    # Orders of no unit are on neither side; unknown places have unknown holidays.
    table = table.dropna(subset=["unit", "territory"])
    if table.empty:
        return None
    began = table["unit"].isin(treated) if treated else np.ones(len(table), bool)
    own = side(shares_of(table[began]), period, start) if began.any() else None
    if own is None:
        return None
    others = table[~began]
    if len(others):
        return _compared(own, side(shares_of(others), period, start))
    return _alone(own, in_model=in_model)


def _compared(own: Side, others: Side) -> Check:
    apart = own.change - others.change
    if abs(apart) <= UNLIKE:
        sentence = text(
            N_("Public holidays weigh alike: from before the start to after it their "
               "share of days changes by {own:+.0%} where it began and by "
               "{others:+.0%} elsewhere."),
            own=own.change, others=others.change,
        )  # fmt: skip
        return Check("holidays", "green", abs(apart), sentence)
    only = (own.before ^ others.before) | (own.after ^ others.after)
    sentence = text(
        N_("Public holidays do not weigh alike: from before the start to after it "
           "their share of days changes by {own:+.0%} where it began and by "
           "{others:+.0%} elsewhere ({days}). Look at it without those days."),
        own=own.change, others=others.change,
        days=named({**others.shares, **own.shares}, only),
    )  # fmt: skip
    return Check("holidays", "amber", abs(apart), sentence)


def _alone(own: Side, *, in_model: bool) -> Check:
    values = {"before": len(own.before), "after": len(own.after)}
    if abs(own.change) <= UNLIKE:
        sentence = text(
            N_("Public holidays weigh alike: {before} days before the start and "
               "{after} after it."),
            **values,
        )  # fmt: skip
        return Check("holidays", "green", abs(own.change), sentence)
    values["days"] = named(own.shares, own.before | own.after)  # type: ignore[assignment]
    if in_model:
        sentence = text(
            N_("Public holidays are {before} days before the start and {after} after "
               "it ({days}); the model takes them out."),
            **values,
        )  # fmt: skip
        return Check("holidays", "green", abs(own.change), sentence)
    sentence = text(
        N_("Public holidays are {before} days before the start and {after} after it "
           "({days}): the change may be their doing."),
        **values,
    )  # fmt: skip
    return Check("holidays", "amber", abs(own.change), sentence)


def named(shares: Shares, days: frozenset[date]) -> Text:
    """Holidays with their dates, the first few of them."""
    if not days:
        return text(N_("none"))
    found = public_holidays(shares, min(days), max(days))
    once = {item.day: item.name for item in found if item.day in days}
    parts = [
        text(N_("{name} on {day}"), name=name, day=day.isoformat())
        for day, name in sorted(once.items())
    ]
    left = len(parts) - _MOST_NAMED
    if left > 0:
        more = text(N_("{count} more days"), count=left)
        parts = [*parts[:_MOST_NAMED], more]
    return reduce(lambda one, two: text(N_("{one}, {two}"), one=one, two=two), parts)


def per_period(bound: Bound, period: Period, times: pd.Series, step: str) -> np.ndarray:
    """Days off in each period; of an hour whether its day is one, (periods,)."""
    shares = territories(
        bound.dataset, selection=bound.history_selection, period=period
    )
    off = days_off(shares, period.first, period.last)
    days = pd.DatetimeIndex(sorted(pd.Timestamp(day) for day in off))
    if step in ("hour", "day"):
        return times.dt.normalize().isin(days).to_numpy(dtype=float)
    rule = "W-SUN" if step == "week" else "M"
    counts = days.to_period(rule).value_counts()
    found = times.dt.to_period(rule).map(counts).fillna(0)
    return found.to_numpy(dtype=float)
