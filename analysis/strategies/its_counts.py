"""Rates and shares over time: Poisson and binomial regressions with a step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import special

from analysis.errors import DataProblem, NotEnoughData
from analysis.strategies.its_models import (
    Interrupted,
    coefficient_table,
    need_full_rank,
    season_columns,
    season_names,
)
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.strategies.serial_errors import fit_serial
from analysis.strategies.timeline import Timeline
from analysis.words import N_

_NUDGE = 1e-5


def counts(
    line: Timeline, *, alpha: float, lags: int | None, binomial: bool = False
) -> Interrupted:
    """Poisson rates or binomial shares with their dispersion estimated.

    A trend, a step and the season on the log (or logit) scale. The effect is the mean
    of the differences between fitted values with and without the step. Errors of
    periods hang together as in `fit_serial`; with ``lags`` they are those of Newey and
    West.

    Reference:
        Bernal, Cummins and Gasparrini 2017, https://doi.org/10.1093/ije/dyw098
    """
    clock = (np.arange(line.n) - line.before) / line.n
    columns = np.column_stack(
        [np.ones(line.n), line.step, clock, season_columns(line), line.covariates]
    )
    need_full_rank(columns)
    _need_events(line)
    model = _share_model(line, columns) if binomial else _rate_model(line, columns)
    names = ["constant", "level", "trend", *season_names(line), *line.names]
    fitted = model.fit()
    linear = columns @ np.asarray(fitted.params)
    if lags is None:
        outcome, scaled = _working(line, columns, linear, binomial=binomial)
        serial = fit_serial(outcome, scaled)
        parts = [serial.contrast(unit, alpha=alpha) for unit in np.eye(len(names))]
        left = serial.innovations
    else:
        robust = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags})
        df = float(line.n - columns.shape[1])
        parts = [
            student(float(value), float(error), alpha=alpha, df=df)
            for value, error in zip(robust.params, robust.bse, strict=True)
        ]
        left = line.outcome - (special.expit if binomial else np.exp)(linear)
    table = coefficient_table(names, parts)
    return _carried(line, parts[1], (linear, left), table, binomial=binomial)


def _need_events(line: Timeline) -> None:
    """Without a single event on one side its rate has no logarithm."""
    for when, part in ((N_("before"), line.step == 0), (N_("after"), line.step == 1)):
        if line.counts[part].sum() == 0:
            raise NotEnoughData(
                N_("There are {seen} events {when} the start."),
                hint=N_("Widen the period, or use the method segmented."),
                seen=0,
                when=when,
            )


def _working(
    line: Timeline, columns: Floats, linear: Floats, *, binomial: bool
) -> tuple[Floats, Floats]:
    """The regression as weighted least squares, of which it is the limit."""
    if binomial:
        mean = special.expit(linear)
        slope = mean * (1 - mean)
        surprise, weight = line.outcome - mean, line.exposure * slope
    else:
        mean = line.exposure * np.exp(linear)
        slope, surprise, weight = mean, line.counts - mean, mean
    root = np.sqrt(weight)
    return root * (linear + surprise / slope), columns * root[:, None]


def _rate_model(line: Timeline, columns: Floats) -> sm.GLM:
    if (line.counts < 0).any():
        raise DataProblem(
            N_("A count is {seen}."),
            hint=N_("Use the method segmented for values below 0."),
            seen=float(line.counts.min()),
        )
    offset = np.log(line.exposure)
    return sm.GLM(line.counts, columns, family=sm.families.Poisson(), offset=offset)


def _share_model(line: Timeline, columns: Floats) -> sm.GLM:
    if (line.outcome < 0).any() or (line.outcome > 1).any():
        raise DataProblem(
            N_("A share is {seen:g}."),
            hint=N_("Give events as outcome and trials as denominator."),
            seen=float(line.outcome[(line.outcome < 0) | (line.outcome > 1)][0]),
        )
    return sm.GLM(
        line.outcome, columns, family=sm.families.Binomial(), var_weights=line.exposure
    )


def _carried(
    line: Timeline,
    step: Estimate,
    fitted: tuple[Floats, Floats],
    table: pd.DataFrame,
    *,
    binomial: bool,
) -> Interrupted:
    """From the link's scale to the outcome's, bounds and all."""
    linear, left = fitted
    inverse = special.expit if binomial else np.exp
    after = line.step == 1

    def difference(coefficient: float) -> float:
        gaps = inverse(linear) - inverse(linear - coefficient * line.step)
        return float(gaps[after].mean())

    low, high = (difference(bound) for bound in step.interval)
    slope = difference(step.effect + _NUDGE) - difference(step.effect - _NUDGE)
    slope = slope / (2 * _NUDGE)
    estimate = Estimate(
        difference(step.effect),
        abs(slope) * step.se,
        (low, high),
        step.p_value,
        step.df,
    )
    relative = None
    if not binomial:
        bounds = tuple(float(np.expm1(bound)) for bound in step.interval)
        effect = float(np.expm1(step.effect))
        relative = Estimate(
            effect,
            step.se * (1 + effect),
            (bounds[0], bounds[1]),
            step.p_value,
            step.df,
        )
    without = inverse(linear - step.effect * line.step)
    return Interrupted(estimate, table, without, left, relative)
