"""An A/B comparison day by day."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.metrics.cells import read_moments
from analysis.metrics.moments import Cut, moments_query
from analysis.strategies.checks import trend_of_effects
from analysis.strategies.moments import Floats
from analysis.strategies.published.binding import step_of
from analysis.strategies.published.cuts import ARM, Plan
from analysis.strategies.results import Check, Estimate
from analysis.strategies.series import series_of

_TIME = "time"
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Daily:
    """Two arms day by day, days that lack one of them left out.

    Attributes:
        days: In order.
        mean: Of control and judged arm, (days, 2).
        variance: Of those means, as if orders were independent, (days, 2).
        n: Orders, (days, 2).
        every: All local dates with any order in an arm.
        sql: The query.
    """

    days: tuple[pd.Timestamp, ...]
    mean: Floats
    variance: Floats
    n: Floats
    every: tuple[pd.Timestamp, ...]
    sql: str

    @property
    def effect(self) -> Floats:
        """Difference by day."""
        return self.mean[:, 1] - self.mean[:, 0]

    def inflated(self, estimate: Estimate) -> Floats:
        """Variance of the differences, blown up as much as clusters ask for.

        Args:
            estimate: The unadjusted effect on all days with its standard error.
        """
        share = self.n / self.n.sum(axis=0)
        plain = float((share**2 * self.variance).sum())
        ratio = estimate.se**2 / plain if plain > 0 else 1.0
        return self.variance.sum(axis=1) * max(ratio, 1.0)


def read_daily(plan: Plan, *, judged: Hashable, control: Hashable) -> Daily:
    """Add up by arm and local date."""
    keys = {ARM: plan.cut.keys[ARM], _TIME: step_of("day")}
    cut = Cut(
        plan.cut.figure, keys, {}, plan.cut.period, plan.cut.filters, plan.cut.brought,
        weighted=True,
    )  # fmt: skip
    dataset = plan.bound.dataset
    cells = read_moments(dataset, cut)
    moments = cells.moments
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = moments.sums[:, 0] / moments.weight
        inside = moments.products[:, 0, 0] / moments.weight - middle**2
        variance = inside / (moments.n - 1)
    frame = moments.groups.assign(
        mean=moments.means()[:, 0], variance=variance, n=moments.n
    )
    every = tuple(pd.to_datetime(frame[_TIME].unique()))
    sides = [frame[frame[ARM] == arm].set_index(_TIME) for arm in (control, judged)]
    sides = [side[side["n"] >= _LEAST] for side in sides]
    days = sides[0].index.intersection(sides[1].index).sort_values()

    def both(name: str) -> Floats:
        return np.column_stack(
            [side.loc[days, name].to_numpy(dtype=float) for side in sides]
        ).reshape(-1, 2)

    return Daily(
        tuple(pd.to_datetime(days)), both("mean"), both("variance"), both("n"),
        tuple(sorted(every)), dataset.engine.sql(moments_query(cut)),
    )  # fmt: skip


def series(daily: Daily, estimate: Estimate, *, alpha: float) -> pd.DataFrame | None:
    """The judged arm, what it would have been, and the difference added up by orders.

    Args:
        daily: Day by day.
        estimate: The unadjusted effect on all days.
        alpha: Bands cover with 1 - alpha.
    """
    if not daily.days:
        return None
    ones = np.ones(len(daily.days))
    return series_of(
        daily.days, daily.mean[:, 1], daily.effect,
        covariance=np.diag(daily.inflated(estimate)), weight=daily.n[:, 1], after=ones,
        alpha=alpha, df=estimate.df,
    )  # fmt: skip


def novelty(daily: Daily, estimate: Estimate) -> Check | None:
    """Whether the effect grows or fades with the days since the start."""
    variance = daily.inflated(estimate)
    usable = np.isfinite(variance) & (variance > 0)
    return trend_of_effects(daily.effect[usable], 1 / variance[usable])
