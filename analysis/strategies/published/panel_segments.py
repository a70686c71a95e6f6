"""For whom: a panel design evaluated segment by segment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from analysis.errors import DoorstepError
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.selection import Condition
from analysis.strategies.designs import estimate as estimated
from analysis.strategies.published.binding import Bound, bind
from analysis.strategies.published.contract import Scope, Segments
from analysis.strategies.published.contrasts import Group, put_together
from analysis.strategies.published.panels import panel_study, plan_panel
from analysis.strategies.published.segments import MOST, dimensions_for
from analysis.strategies.results import Estimate


def panel_segments(
    bound: Bound, period: Period, overall: Estimate, *, alpha: float, seed: int
) -> Segments | None:
    """Effects by segment, each from its own panel; they count as independent.

    Args:
        bound: The strategy; only segments that its scope names are looked at, since
            each value of each dimension is an evaluation of its own.
        period: Local dates that count.
        overall: The effect on all.
        alpha: Intervals cover with 1 - alpha, each by itself.
        seed: Of everything drawn.
    """
    if not bound.scope.segments:
        return None
    names = dimensions_for(bound, bound.scope.segments)
    groups = [_group(bound, name, period, alpha=alpha, seed=seed) for name in names]
    known = [group for group in groups if group is not None]
    return put_together(known, overall, alpha=alpha)


def _group(
    bound: Bound, name: str, period: Period, *, alpha: float, seed: int
) -> Group | None:
    found: list[tuple[Hashable, float, Estimate]] = []
    for value, n in _values(bound, name, period):
        estimate = _alone(bound, name, value, alpha=alpha, seed=seed)
        if estimate is not None and np.isfinite(estimate.se) and estimate.se > 0:
            found.append((value, n, estimate))
    if len(found) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    estimates = [one[2] for one in found]
    return Group(
        name, tuple(one[0] for one in found),
        np.array([one.effect for one in estimates]),
        np.diag([one.se**2 for one in estimates]),
        np.array([one[1] for one in found]),
        np.array([one.df for one in estimates]),
    )  # fmt: skip


def _values(bound: Bound, name: str, period: Period) -> list[tuple[Hashable, float]]:
    """The largest segments with their orders."""
    selection = replace(bound.scope.selection, period=None)
    frame = measure(
        bound.dataset, "orders", by=name, selection=selection,
        period=(period.first, period.last),
    )  # fmt: skip
    frame = frame[frame[name].notna()].nlargest(MOST, "orders")
    return list(zip(frame[name].tolist(), frame["orders"].astype(float), strict=True))


def _alone(
    bound: Bound, name: str, value: Hashable, *, alpha: float, seed: int
) -> Estimate | None:
    """The effect on one segment; None where it cannot be evaluated by itself."""
    one = Condition(name, values=(value,))  # type: ignore[arg-type]
    scope: Scope = replace(
        bound.scope, selection=bound.scope.selection.narrow(one), segments=()
    )
    strategy = replace(bound.strategy, guardrails=(), secondary=(), margin=None)
    try:
        plan = plan_panel(bind(bound.dataset, strategy, scope))
        return estimated(panel_study(plan, alpha=alpha, seed=seed))
    except DoorstepError:
        return None
