"""What a strategy would be worth a month, from its effects and stated assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError, InvalidInput, MissingField
from analysis.metrics.registry import load_definitions
from analysis.strategies.contract import Strategy
from analysis.strategies.designs import estimate as estimated
from analysis.strategies.published.conditions import SeveralCurrencies
from analysis.strategies.published.contract import Amount, Assumptions, Scope, Worth
from analysis.strategies.published.evaluating import read_study
from analysis.strategies.results import Estimate, Text, text
from analysis.words import N_

ON_TIME, COMPLAINTS, COST = "on_time_rate", "complaint_rate", "cpo"
METRICS = (ON_TIME, COMPLAINTS, COST)


def worth(
    dataset: Dataset,
    strategy: Strategy,
    assumptions: Assumptions,
    scope: Scope | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> Worth:
    """Orders on time gained, complaints avoided and cost, with intervals.

    Each metric is evaluated by the strategy's own design; metrics that the dataset
    cannot give are named and count as no effect.

    Args:
        dataset: A published version.
        strategy: As it was evaluated.
        assumptions: Orders reached, and what things are worth.
        scope: As it was evaluated.
        alpha: Intervals cover with 1 - alpha.
        seed: Of everything drawn.
    """
    found = effects_of(dataset, strategy, scope, alpha=alpha, seed=seed)
    return worth_of(found, assumptions, alpha=alpha)


def effects_of(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> dict[str, Estimate]:
    """The effects that a worth is reckoned from, by metric, as far as they are there.

    Args:
        dataset: A published version.
        strategy: As it was evaluated.
        scope: As it was evaluated.
        alpha: Intervals cover with 1 - alpha.
        seed: Of everything drawn.
    """
    return effects_and_gaps(dataset, strategy, scope, alpha=alpha, seed=seed)[0]


def effects_and_gaps(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> tuple[dict[str, Estimate], dict[str, DoorstepError]]:
    """The effects as ``effects_of`` gives them, and why the others are not there.

    Args:
        dataset: A published version.
        strategy: As it was evaluated.
        scope: As it was evaluated.
        alpha: Intervals cover with 1 - alpha.
        seed: Of everything drawn.
    """
    found: dict[str, Estimate] = {}
    gaps: dict[str, DoorstepError] = {}
    for name in METRICS:
        try:
            read = read_study(dataset, _about(strategy, name), scope or Scope(),
                              alpha=alpha, seed=seed)  # fmt: skip
        except (MissingField, SeveralCurrencies) as error:
            gaps[name] = error
            continue
        found[name] = estimated(read.study)
    return found, gaps


def _about(strategy: Strategy, metric: str) -> Strategy:
    """The same strategy judged by another metric, adjusted for that metric's past."""
    known = load_definitions()
    covariates = tuple(
        dict.fromkeys(
            metric if name.partition("(")[0].strip() in known else name
            for name in strategy.covariates
        )
    )
    return replace(
        strategy, outcome=metric, covariates=covariates, guardrails=(), secondary=(),
        margin=None, method=None, quantile=None,
    )  # fmt: skip


def worth_of(
    effects: Mapping[str, Estimate], assumptions: Assumptions, *, alpha: float = 0.05
) -> Worth:
    """Reckon from effects that are known.

    The errors of the three metrics are taken as independent.

    Args:
        effects: By metric: `ON_TIME`, `COMPLAINTS`, `COST`.
        assumptions: Orders reached, and what things are worth.
        alpha: Intervals cover with 1 - alpha.

    Raises:
        InvalidInput: no orders, or a worth below 0.
    """
    _need_sense(assumptions)
    orders, unit = assumptions.orders, assumptions.currency
    on_time = _times(effects.get(ON_TIME), orders)
    spared = _times(effects.get(COMPLAINTS), -orders)
    cost_each = effects.get(COST, Estimate(0.0, 0.0, (0.0, 0.0), 1.0))
    benefit = _sum(
        [_times(on_time, assumptions.on_time), _times(spared, assumptions.complaint)],
        alpha=alpha,
    )
    stated = orders * assumptions.cost + assumptions.fixed
    cost = _moved(_times(cost_each, orders), stated)
    net = _sum([benefit, _times(cost, -1.0)], alpha=alpha)
    amounts = (
        _amount("on_time_orders", on_time, "orders"),
        _amount("complaints_avoided", spared, "complaints"),
        _amount("cost_per_order", cost_each, unit),
        _amount("benefit", benefit, unit),
        _amount("cost", cost, unit),
        _amount("net", net, unit),
    )
    lacking = tuple(name for name in METRICS if name not in effects)
    even = _break_even(assumptions, spared, cost)
    has_cost = COST in effects or assumptions.cost + assumptions.fixed > 0
    sentence = _sentence(net, unit, has_cost=has_cost)
    return Worth(assumptions, amounts, even, lacking, sentence, has_cost)


def _need_sense(assumptions: Assumptions) -> None:
    values = {
        "orders": assumptions.orders, "cost": assumptions.cost,
        "fixed": assumptions.fixed, "on_time": assumptions.on_time,
        "complaint": assumptions.complaint,
    }  # fmt: skip
    for name, value in values.items():
        if not (np.isfinite(value) and value >= 0) or (name == "orders" and value == 0):
            raise InvalidInput(
                N_("The assumption {name} is {seen}."),
                hint=N_("Give a number of 0 or more; orders must be above 0."),
                name=name,
                seen=value,
            )


def _times(estimate: Estimate | None, factor: float) -> Estimate:
    if estimate is None:
        return Estimate(0.0, 0.0, (0.0, 0.0), 1.0)
    low, high = sorted(bound * factor for bound in estimate.interval)
    return replace(
        estimate, effect=estimate.effect * factor, se=estimate.se * abs(factor),
        interval=(low, high),
    )  # fmt: skip


def _moved(estimate: Estimate, by: float) -> Estimate:
    low, high = estimate.interval
    return replace(
        estimate, effect=estimate.effect + by, interval=(low + by, high + by)
    )


def _sum(parts: list[Estimate], *, alpha: float) -> Estimate:
    """A sum of independent estimates."""
    effect = float(sum(part.effect for part in parts))
    se = float(np.sqrt(sum(part.se**2 for part in parts)))
    df = min(part.df for part in parts)
    half = float(stats.t.isf(alpha / 2, df)) * se
    return Estimate(effect, se, (effect - half, effect + half), np.nan, df)


def _amount(name: str, estimate: Estimate, unit: str) -> Amount:
    return Amount(name, estimate.effect, *estimate.interval, unit)


def _break_even(
    assumptions: Assumptions, spared: Estimate, cost: Estimate
) -> float | None:
    """Gain in the on-time rate that just pays for what is left of the cost."""
    if assumptions.on_time == 0:
        return None
    left = cost.effect - spared.effect * assumptions.complaint
    return left / (assumptions.orders * assumptions.on_time)


def _sentence(net: Estimate, unit: str, *, has_cost: bool) -> Text:
    low, high = net.interval
    values: dict[str, object] = {
        "net": net.effect,
        "low": low,
        "high": high,
        "unit": unit,
    }
    if not has_cost:
        return text(
            N_("No cost was entered: it brings {net:,.0f} {unit} a month "
               "({low:,.0f} to {high:,.0f}) before what it costs."), **values,
        )  # fmt: skip
    if low > 0:
        return text(
            N_("By these assumptions it pays: {net:,.0f} {unit} a month "
               "({low:,.0f} to {high:,.0f})."), **values,
        )  # fmt: skip
    if high < 0:
        return text(
            N_("By these assumptions it costs more than it brings: {net:,.0f} {unit} a "
               "month ({low:,.0f} to {high:,.0f})."), **values,
        )  # fmt: skip
    return text(
        N_("Whether it pays is open: {net:,.0f} {unit} a month "
           "({low:,.0f} to {high:,.0f})."), **values,
    )  # fmt: skip
