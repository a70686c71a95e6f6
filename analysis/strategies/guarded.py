"""What a plan made for one metric can say of its guardrails, from the same history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import Selection
from analysis.strategies.history import Wish, plan_from_history
from analysis.strategies.planning import Aim, Plan, power_of

_FORMULA: Final = "formula"


@dataclass(frozen=True, slots=True)
class Guarded:
    """One guardrail at the size of a plan.

    Attributes:
        metric: Its metric.
        margin: Largest loss accepted, in the unit of the metric.
        power: Chance that it is shown to hold at that size if it does not move at all;
            NaN where the history cannot tell.
        days: Days that it would need itself for the chance asked for; NaN as above.
    """

    metric: str
    margin: float
    power: float
    days: float


def guarded(
    dataset: Dataset,
    wish: Wish,
    margins: Sequence[tuple[str, float]],
    *,
    selection: Selection | None = None,
) -> tuple[Guarded, ...]:
    """What each guardrail has of power where the primary metric has what it needs.

    Showing that a loss is smaller than its margin takes as much as finding an effect of
    that size, at the same two-sided level.

    Args:
        dataset: A published version.
        wish: What is planned.
        margins: Metric and largest loss accepted of each guardrail.
        selection: The orders it would be about.

    Raises:
        MissingField: the dataset lacks a column that the primary metric needs.
        NotEnoughData: its history is too short or never varies.
    """
    main = plan_from_history(dataset, wish, selection=selection)
    size = size_of(main)
    return tuple(
        _one(dataset, replace(wish, metric=name, effect=margin), size, selection)
        if margin > 0
        else Guarded(name, margin, math.nan, math.nan)
        for name, margin in margins
    )


def size_of(plan: Plan) -> float:
    """What a plan needs, else what there is: rows by formula, days by simulation."""
    if not math.isfinite(plan.days):
        return plan.available
    return plan.n if plan.method == _FORMULA else plan.days


def power_at(plan: Plan, wish: Wish, size: float) -> float:
    """Chance of a plan to find its effect at another size, in the unit of ``size_of``.

    Between the lengths that were simulated it is read off a straight line.
    """
    if plan.method == _FORMULA:
        aim = Aim(wish.effect, wish.share, wish.alpha, wish.power)
        return power_of(plan.variance, size, wish.effect, aim)
    curve = plan.curve.dropna(subset=["power"])
    if curve.empty:
        return math.nan
    return float(np.interp(size, curve["periods"], curve["power"]))


def _one(
    dataset: Dataset, wish: Wish, size: float, selection: Selection | None
) -> Guarded:
    try:
        plan = plan_from_history(dataset, wish, selection=selection)
    except DoorstepError:
        # Its history cannot tell, which the figures say; the others still can.
        return Guarded(wish.metric, wish.effect, math.nan, math.nan)
    return Guarded(wish.metric, wish.effect, power_at(plan, wish, size), plan.days)
