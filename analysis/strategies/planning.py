"""`plan`: how much, how long, how small an effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from analysis.errors import InvalidInput, NotEnoughData
from analysis.strategies.arm_means import adjusted_means
from analysis.strategies.contract import Strategy
from analysis.strategies.least_squares import Term, fit
from analysis.strategies.moments import moments_of
from analysis.strategies.results import Text, text
from analysis.strategies.simulated_power import placebo_effects
from analysis.strategies.study import Study, read_study
from analysis.words import N_

_CURVE_POINTS = 25
_SPAN = 3.0
_ENOUGH = 0.999


@dataclass(frozen=True, slots=True)
class Plan:
    """What a strategy needs, and what it can see.

    Attributes:
        design: Design of the strategy.
        method: ``formula`` or ``simulation``.
        effect: Effect that is planned for, NaN where none was named.
        n: Rows in all that the effect needs; NaN without an effect, infinite where no
            length tried is enough.
        n_per_arm: Rows in the treated arm (with equal shares, in each).
        days: Periods that the effect needs; NaN where the history has no time.
        detectable: Smallest effect found with the power at ``available`` rows or
            periods.
        available: Rows ("ab") or periods the detectable effect is stated for.
        power: Chance to find ``effect`` there.
        variance: Of one row, clustering and adjustment included; NaN by simulation.
        gain: Share of the variance that covariates take away.
        curve: Power by size: ``n`` or ``periods``, ``effect``, ``power``,
            ``detectable``.
        assumptions: What it rests on.
    """

    design: str
    method: str
    effect: float
    n: float
    n_per_arm: float
    days: float
    detectable: float
    available: float
    power: float
    variance: float
    gain: float
    curve: pd.DataFrame
    assumptions: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is asked of a plan.

    Attributes:
        effect: Effect to find, in the unit of the outcome, or None.
        share: Share of the treated.
        alpha: Two-sided level.
        power: Chance to find the effect.
    """

    effect: float | None
    share: float
    alpha: float
    power: float

    @property
    def ratio(self) -> float:
        """Control rows per treated row."""
        return (1 - self.share) / self.share


def rule_of_thumb(variance: float, effect: float) -> float:
    """Rows per arm for 80 % power at 5 %: 16 s2 / d2.

    Reference:
        van Belle 2008, Statistical Rules of Thumb, section 2.1

    >>> rule_of_thumb(0.05 * 0.95, 0.05 * 0.05)
    121600.0
    """
    return round(16 * variance / effect**2, 6)


def sample_size(variance: float, effect: float, aim: Aim) -> float:
    """Rows in the treated arm that find an effect with the power asked for."""
    found = NormalIndPower().solve_power(
        effect_size=abs(effect) / np.sqrt(variance),
        alpha=aim.alpha,
        power=aim.power,
        ratio=aim.ratio,
    )
    return float(np.ceil(np.asarray(found).item()))


def detectable_effect(variance: float, n: float, aim: Aim) -> float:
    """Smallest effect found with the power asked for, n rows in all."""
    reach = stats.norm.isf(aim.alpha / 2) + stats.norm.ppf(aim.power)
    spread = variance / n * (1 / aim.share + 1 / (1 - aim.share))
    return float(reach * np.sqrt(spread))


def power_of(variance: float, n: float, effect: float, aim: Aim) -> float:
    """Chance to find an effect with n rows in all."""
    found = NormalIndPower().power(
        abs(effect) / np.sqrt(variance), n * aim.share, aim.alpha, ratio=aim.ratio
    )
    return float(np.asarray(found).item())


def plan(
    history: pd.DataFrame,
    strategy: Strategy,
    *,
    effect: float | None = None,
    relative_effect: float | None = None,
    share: float = 0.5,
    alpha: float = 0.05,
    power: float = 0.8,
    periods: Sequence[int] | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Plan:
    """Say how much data a strategy needs, from the history of its metric.

    A/B tests have a formula: variance of a row from the history, with clustering, ratio
    metrics and the gain of covariates. Other designs are simulated: the treatment is
    drawn again and again over the history, where nothing happened.

    Args:
        history: Rows as `evaluate` takes them, from before; the treatment column need
            not be there.
        strategy: What is planned.
        effect: Effect to find; None takes the smallest one that matters.
        relative_effect: The same as a share of the mean.
        share: Share of treated rows, units or periods.
        alpha: Two-sided level.
        power: Chance to find the effect.
        periods: Lengths to try after the start, for designs that are simulated.
        draws: Placebo treatments drawn per length.
        seed: Of the draws.

    Raises:
        InvalidInput: an argument is out of its range.
        NotEnoughData: the history is too short.
    """
    _check(share=share, alpha=alpha, power=power)
    study = _history(history, strategy, alpha, seed)
    wanted = _wanted(study, effect, relative_effect)
    aim = Aim(wanted, share, alpha, power)
    if strategy.design == "ab":
        return _by_formula(study, aim)
    return _by_simulation(study, aim, periods, draws)


def _check(**shares: float) -> None:
    for name, value in shares.items():
        if not 0 < value < 1:
            raise InvalidInput(
                N_("{name} is {seen}."),
                hint=N_("Give a share between 0 and 1."),
                name=name,
                seen=value,
            )


def _history(
    history: pd.DataFrame, strategy: Strategy, alpha: float, seed: int
) -> Study:
    blank = history
    if strategy.treatment is not None and isinstance(history, pd.DataFrame):
        blank = history.assign(**{strategy.treatment: 0})
    return read_study(
        blank, replace(strategy, guardrails=(), secondary=()), alpha=alpha, seed=seed
    )


def _wanted(study: Study, effect: float | None, relative: float | None) -> float | None:
    if relative is not None:
        rows = study.rows
        below = rows["denominator"].sum() if "denominator" in rows else len(rows)
        return relative * float(rows["outcome"].sum() / below)
    return study.strategy.smallest_effect if effect is None else effect


def _by_formula(study: Study, aim: Aim) -> Plan:
    raw = _variance(study, ())
    variance = _variance(study, study.covariates)
    rows = len(study.rows)
    if not variance > 0:
        raise NotEnoughData(
            N_("The history of {name} has a variance of {seen:g}."),
            hint=N_("Without variation no size can be planned: widen the period."),
            name=study.strategy.outcome,
            seen=variance,
        )
    treated, needed, chance = np.nan, np.nan, np.nan
    if aim.effect:
        treated = sample_size(variance, aim.effect, aim)
        needed = float(np.ceil(treated / aim.share))
        chance = power_of(variance, rows, aim.effect, aim)
    return Plan(
        design="ab",
        method="formula",
        effect=np.nan if aim.effect is None else aim.effect,
        n=needed,
        n_per_arm=treated,
        days=float(np.ceil(needed / _per_period(study))) if aim.effect else np.nan,
        detectable=detectable_effect(variance, rows, aim),
        available=float(rows),
        power=chance,
        variance=variance,
        gain=1 - variance / raw,
        curve=power_curve(variance, aim, needed if aim.effect else float(rows)),
        assumptions=_assumptions(study),
    )


def _per_period(study: Study) -> float:
    rows = study.rows
    return len(rows) / rows["time"].nunique() if "time" in rows else np.nan


def _variance(study: Study, covariates: Sequence[str]) -> float:
    """Variance of a row, so that variance / n is that of the mean."""
    rows = study.rows.assign(treatment=0)
    clusters = _clusters(study)
    if not clusters:
        below = ["denominator"] if "denominator" in rows else []
        columns = ["outcome", *below, *covariates]
        moments = moments_of(rows, columns, by=["treatment"])
        means = adjusted_means(
            moments, "outcome", covariates, denominator=below[0] if below else None
        )
        return float(means.covariance[0, 0]) * len(rows)
    weights = None
    if "denominator" in rows:
        rows = rows[rows["denominator"] > 0]
        rows = rows.assign(outcome=rows["outcome"] / rows["denominator"])
        weights = rows["denominator"].to_numpy()
    moments = moments_of(rows, ["outcome", *covariates], by=clusters, weights=weights)
    ones = np.ones(len(moments.n))
    terms = [Term("mean", ones), *[Term(name, ones, name) for name in covariates]]
    covariance, _ = fit(moments, "outcome", terms).clustered(clusters)
    return float(covariance[0, 0]) * len(study.rows)


def _clusters(study: Study) -> tuple[str, ...]:
    if study.clusters:
        return study.clusters
    rows = study.rows
    repeated = "unit" in rows and rows["unit"].duplicated().any()
    return ("unit",) if repeated else ()


def power_curve(variance: float, aim: Aim, n: float) -> pd.DataFrame:
    """Power and the smallest effect that would be seen, by number of units.

    Args:
        variance: Of the estimate times the number of units.
        aim: Effect, level and power.
        n: Units planned; sizes well below and above it are shown.
    """
    sizes = np.unique(np.ceil(np.geomspace(n / _SPAN**2, n * _SPAN, _CURVE_POINTS)))
    chance = [
        power_of(variance, size, aim.effect, aim) if aim.effect else np.nan
        for size in sizes
    ]
    seen = [detectable_effect(variance, size, aim) for size in sizes]
    return pd.DataFrame(
        {"n": sizes, "effect": aim.effect, "power": chance, "detectable": seen}
    )


def _assumptions(study: Study) -> tuple[Text, ...]:
    n = len(study.rows)
    found = [text(N_("The metric varies as in the history of {n} rows."), n=n)]
    if _clusters(study):
        found.append(text(N_("Clusters keep their size and likeness.")))
    return (*study.notes, *found)


def _by_simulation(
    study: Study, aim: Aim, periods: Sequence[int] | None, draws: int
) -> Plan:
    curve = _simulated_curve(study, aim, _lengths(study, periods), draws)
    days = _shortest(curve, aim)
    last = curve.iloc[-1]
    units = study.rows["unit"].nunique() if "unit" in study.rows else 1
    return Plan(
        design=study.strategy.design,
        method="simulation",
        effect=np.nan if aim.effect is None else aim.effect,
        n=days * units,
        n_per_arm=days * units * aim.share,
        days=days,
        detectable=float(last["detectable"]),
        available=float(last["periods"]),
        power=float(last["power"]),
        variance=np.nan,
        gain=np.nan,
        curve=curve,
        assumptions=(
            *study.notes,
            text(N_("{draws} placebo treatments per length over the history stand for "
                    "what chance does."), draws=draws),
        ),
    )  # fmt: skip


def _simulated_curve(
    study: Study, aim: Aim, lengths: Sequence[int], draws: int
) -> pd.DataFrame:
    """Power, and the effect that could be found, by length."""
    rows = []
    for length in lengths:
        effects = placebo_effects(study, length, aim.share, draws)
        rows.append(
            {
                "periods": length,
                "effect": aim.effect,
                "power": _simulated_power(effects, aim.effect, aim.alpha),
                "detectable": _simulated_detectable(effects, aim),
            }
        )
    return pd.DataFrame(rows)


def _shortest(curve: pd.DataFrame, aim: Aim) -> float:
    """Periods of the shortest length with the power asked for, infinite if none has."""
    if not aim.effect:
        return np.nan
    enough = curve.loc[curve["power"] >= aim.power, "periods"]
    return float(enough.min()) if len(enough) else np.inf


def _lengths(study: Study, periods: Sequence[int] | None) -> list[int]:
    total = study.rows["time"].nunique()
    usual = (7, 14, 21, 28, 42, 56)
    lengths = sorted({int(length) for length in (periods or usual)})
    fitting = [length for length in lengths if 0 < length <= total // 2]
    if not fitting:
        raise NotEnoughData(
            N_("The history has {seen} periods."),
            hint=N_("It must be twice as long as the shortest length tried, {length}."),
            seen=total,
            length=lengths[0],
        )
    return fitting


def _simulated_power(effects: np.ndarray, effect: float | None, alpha: float) -> float:
    """Share of placebo effects that, moved by the effect, exceed the usual ones."""
    if not effect:
        return np.nan
    critical = float(np.quantile(np.abs(effects), 1 - alpha))
    return float(np.mean(np.abs(effects + abs(effect)) > critical))


def _simulated_detectable(effects: np.ndarray, aim: Aim) -> float:
    """Smallest effect with the power asked for, by halving."""
    low, high = 0.0, 10 * float(np.abs(effects).max())
    if _simulated_power(effects, high, aim.alpha) < min(aim.power, _ENOUGH):
        return np.inf
    for _ in range(50):
        middle = (low + high) / 2
        if _simulated_power(effects, middle, aim.alpha) >= aim.power:
            high = middle
        else:
            low = middle
    return high
