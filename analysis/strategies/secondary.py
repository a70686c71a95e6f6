"""Metrics beside the primary one: guardrails and secondary metrics.

The primary metric is never corrected for them: the decision rests on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DataProblem, NotEnoughData
from analysis.stats.multiplicity import Floats, benjamini_hochberg, holm
from analysis.strategies.contract import Guardrail, Secondary, Strategy
from analysis.strategies.results import (
    NO_INTERVAL,
    Estimate,
    Finding,
    SecondaryResult,
    Text,
    text,
)

CORRECTIONS: Final[Mapping[str, Callable[[ArrayLike], Floats]]] = MappingProxyType(
    {"holm": holm, "benjamini_hochberg": benjamini_hochberg}
)
_NOTHING: Final = Estimate(np.nan, np.nan, NO_INTERVAL, np.nan)


def asked_alone(strategy: Strategy, one: Guardrail | Secondary) -> Strategy:
    """The strategy asked about another metric.

    The design stays; the method is the one that the metric's own values call for.
    """
    return replace(
        strategy,
        outcome=one.outcome,
        denominator=one.denominator,
        better=one.better,
        guardrails=(),
        secondary=(),
        margin=one.margin if isinstance(one, Guardrail) else None,
        smallest_effect=None,
        method=None,
        quantile=None,
    )


def secondary_results(
    strategy: Strategy, find: Callable[[Strategy], Finding], *, alpha: float
) -> tuple[SecondaryResult, ...]:
    """Effects on all secondary metrics, corrected for their number.

    A metric that the data says too little of has no test; the others are corrected for
    those that were made.

    Args:
        strategy: With its secondary metrics.
        find: Gives the finding of a strategy on the data at hand.
        alpha: Level of the corrected tests.
    """
    raw = [_found(strategy, one, find) for one in strategy.secondary]
    adjusted = CORRECTIONS[strategy.correction]([one.estimate.p_value for one in raw])
    return tuple(
        replace(one, p_adjusted=float(p), state=_state(one, float(p), alpha))
        for one, p in zip(raw, adjusted, strict=True)
    )


def _found(
    strategy: Strategy, one: Secondary, find: Callable[[Strategy], Finding]
) -> SecondaryResult:
    try:
        finding = find(asked_alone(strategy, one))
    except (NotEnoughData, DataProblem) as error:
        return _without(one, text(error.problem, **error.values))
    return SecondaryResult(
        one.outcome, one.better, finding.estimate, np.nan, finding.method, "open",
        finding.baseline,
    )  # fmt: skip


def _without(one: Secondary, problem: Text) -> SecondaryResult:
    return SecondaryResult(
        one.outcome, one.better, _NOTHING, np.nan, "", "open", problem=problem
    )


def _state(
    result: SecondaryResult, p_adjusted: float, alpha: float
) -> Literal["better", "worse", "open"]:
    if not p_adjusted < alpha:
        return "open"
    up = result.estimate.effect > 0
    return "better" if up == (result.better == "higher") else "worse"
