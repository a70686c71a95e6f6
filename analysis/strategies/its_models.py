"""Models of an interrupted series: what the step is worth, what would have been."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import special
from statsmodels.regression.linear_model import RegressionResults
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.structural import (
    UnobservedComponents,
    UnobservedComponentsResults,
)

from analysis.errors import DataProblem, NotEnoughData
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.strategies.timeline import Timeline
from analysis.words import N_

#: Longer seasons are a few harmonics instead of one value per period.
_LONGEST_DUMMIES = 24
_HARMONICS = 2


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A fitted series.

    Attributes:
        estimate: Mean effect after the start, in the unit of the outcome.
        table: Coefficients by name.
        without: Fitted series had nothing happened.
        residuals: What the model leaves unexplained.
        relative: Effect as a share, where the model has its own.
    """

    estimate: Estimate
    table: pd.DataFrame
    without: Floats
    residuals: Floats
    relative: Estimate | None = None


def season_columns(line: Timeline) -> Floats:
    """Columns of the season, (periods, k)."""
    if line.season is None:
        return np.zeros((line.n, 0))
    place = np.arange(line.n) % line.season
    if line.season <= _LONGEST_DUMMIES:
        return np.eye(line.season)[place][:, 1:]
    angle = 2 * np.pi * np.outer(place / line.season, np.arange(1, _HARMONICS + 1))
    return np.column_stack([np.sin(angle), np.cos(angle)])


def newey_west_lags(n: int) -> int:
    """Usual number of lags, 4 (n / 100)^(2/9).

    Reference:
        Newey and West 1994, https://doi.org/10.2307/2297912
    """
    return max(1, int(np.floor(4 * (n / 100) ** (2 / 9))))


def newey_west(
    outcome: Floats, columns: Floats, *, lags: int, corrected: bool = True
) -> RegressionResults:
    """Least squares with errors that allow for autocorrelation (Bartlett weights).

    Args:
        outcome: (n,)
        columns: (n, k), with a constant.
        lags: Lags allowed for.
        corrected: Multiply the covariance by n / (n - k).

    Returns:
        The statsmodels results.

    Reference:
        Newey and West 1987, https://doi.org/10.2307/1913610
    """
    return sm.OLS(outcome, columns).fit(
        cov_type="HAC",
        cov_kwds={"maxlags": lags, "use_correction": corrected},
        use_t=True,
    )


def segmented(
    line: Timeline, *, alpha: float, lags: int | None, trend: bool = True
) -> Interrupted:
    """Segmented regression: a level and a slope before, another level and slope after.

    The effect is the mean over the periods after the start; level and slope are in the
    table. Without a trend there is a level before and one after.

    Reference:
        Wagner et al. 2002, https://doi.org/10.1046/j.1365-2710.2002.00430.x
    """
    clock = np.arange(line.n, dtype=float)
    parts = [np.ones(line.n), line.step]
    names = ["constant", "level"]
    if trend:
        parts += [line.since * line.step, clock - line.before]
        names += ["slope", "trend"]
    columns = np.column_stack([*parts, season_columns(line), line.covariates])
    _need_full_rank(columns)
    chosen = newey_west_lags(line.n) if lags is None else lags
    fitted = newey_west(line.outcome, columns, lags=chosen)
    weights = np.zeros(columns.shape[1])
    weights[1] = 1.0
    if trend:
        weights[2] = line.since[line.before :].mean()
    se = float(np.sqrt(weights @ fitted.cov_params() @ weights))
    df = float(fitted.df_resid)
    estimate = student(float(weights @ fitted.params), se, alpha=alpha, df=df)
    happened = columns[:, 1] * fitted.params[1]
    happened = happened + (columns[:, 2] * fitted.params[2] if trend else 0.0)
    shown = [*names, *_season_names(line), *line.names]
    table = _table(shown, fitted.params, fitted.bse, alpha, df)
    return Interrupted(
        estimate, table, fitted.fittedvalues - happened, np.asarray(fitted.resid)
    )


def _need_full_rank(columns: Floats) -> None:
    n, k = columns.shape
    if n <= k:
        raise NotEnoughData(
            N_("{n} periods cannot carry a model with {k} terms."),
            hint=N_("Give more periods, or fewer covariates or a shorter season."),
            n=n,
            k=k,
        )
    if np.linalg.matrix_rank(columns) < k:
        raise DataProblem(
            N_("The covariates repeat the start or each other ({k} terms)."),
            hint=N_("Leave out those that repeat the start, the trend or the season."),
            k=k,
        )


def _season_names(line: Timeline) -> list[str]:
    return [f"season {i + 1}" for i in range(season_columns(line).shape[1])]


def _table(
    names: list[str], effect: Floats, se: Floats, alpha: float, df: float
) -> pd.DataFrame:
    rows = [
        {"term": name, **student(float(value), float(error), alpha=alpha, df=df).row()}
        for name, value, error in zip(names, effect, se, strict=True)
    ]
    return pd.DataFrame(rows)


def unobserved_components(line: Timeline, *, alpha: float) -> Interrupted:
    """A level that wanders, a fixed season, and a step at the start.

    The step and the coefficients of covariates are states with exact diffuse starts, so
    that their errors know of the level's wandering; variances are taken as estimated.

    Reference:
        Harvey and Durbin 1986, https://doi.org/10.2307/2981553;
        Commandeur and Koopman 2007, An Introduction to State Space Time Series
        Analysis, chapters 6 and 7
    """
    columns = np.column_stack([line.step, line.covariates])
    _need_full_rank(np.column_stack([np.ones(line.n), columns, season_columns(line)]))
    scale = float(line.outcome.std())
    model = _components(line, line.outcome / scale, columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(disp=False, maxiter=500)
    k = columns.shape[1]
    state = np.asarray(fitted.smoothed_state)[-k:, -1] * scale
    spread = np.asarray(fitted.smoothed_state_cov)[-k:, -k:, -1]
    errors = np.sqrt(np.diag(spread)) * scale
    df = float(line.n - k - 1 - (line.season or 1))
    estimate = student(float(state[0]), float(errors[0]), alpha=alpha, df=max(df, 1.0))
    names = ["level", *line.names]
    table = _table(names, state, errors, alpha, max(df, 1.0))
    signal = _signal(fitted, model) * scale
    left = np.asarray(fitted.standardized_forecasts_error[0])
    return Interrupted(estimate, table, signal - line.step * state[0], left)


def _signal(fitted: UnobservedComponentsResults, model: UnobservedComponents) -> Floats:
    design = model.ssm["design"]
    states = np.asarray(fitted.smoothed_state)
    if design.ndim == 2:  # noqa: PLR2004 - the same design at all times
        return np.asarray(design[0] @ states)
    return np.einsum("st,st->t", design[0], states)


def _components(
    line: Timeline, outcome: Floats, columns: Floats
) -> UnobservedComponents:
    season = line.season
    dummies = season if season is not None and season <= _LONGEST_DUMMIES else None
    harmonics = None
    if season is not None and dummies is None:
        harmonics = [{"period": season, "harmonics": _HARMONICS}]
    return UnobservedComponents(
        outcome, "llevel", seasonal=dummies, stochastic_seasonal=False,
        freq_seasonal=harmonics,
        stochastic_freq_seasonal=None if harmonics is None else [False],
        exog=columns, mle_regression=False, use_exact_diffuse=True,
    )  # fmt: skip


def arima(line: Timeline, *, alpha: float) -> Interrupted:
    """Regression on a trend and a step with ARMA errors, their order by AIC.

    Reference:
        Box and Tiao 1975, https://doi.org/10.1080/01621459.1975.10480264
    """
    clock = (np.arange(line.n) - line.before) / line.n
    columns = np.column_stack([line.step, clock, season_columns(line), line.covariates])
    _need_full_rank(np.column_stack([np.ones(line.n), columns]))
    scale = float(line.outcome.std())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        order = _order(line.outcome / scale, columns)
        model = ARIMA(line.outcome / scale, exog=columns, order=order, trend="c")
        best = model.fit()
    names = list(best.model.param_names)
    place = names.index("x1")
    effect = float(best.params[place]) * scale
    error = float(best.bse[place]) * scale
    df = float(line.n - len(names))
    estimate = student(effect, error, alpha=alpha, df=df)
    k = columns.shape[1]
    shown = ["level", "trend", *_season_names(line), *line.names]
    table = _table(
        shown, best.params[place : place + k] * scale,
        best.bse[place : place + k] * scale, alpha, df,
    )  # fmt: skip
    without = np.asarray(best.fittedvalues) * scale - line.step * effect
    return Interrupted(estimate, table, without, np.asarray(best.resid))


def _order(outcome: Floats, columns: Floats) -> tuple[int, int, int]:
    """Order of the errors: least AIC on what least squares leaves over."""
    left = sm.OLS(outcome, sm.add_constant(columns)).fit().resid
    found = {
        (p, 0, q): ARIMA(left, order=(p, 0, q), trend="n").fit().aic
        for p, q in product((0, 1, 2), (0, 1))
    }
    return min(found, key=lambda order: found[order])


def counts(
    line: Timeline, *, alpha: float, lags: int | None, binomial: bool = False
) -> Interrupted:
    """Poisson rates or binomial shares with their dispersion estimated.

    A trend, a step and the season on the log (or logit) scale. The effect is the mean
    of the differences between fitted values with and without the step.

    Reference:
        Bernal, Cummins and Gasparrini 2017, https://doi.org/10.1093/ije/dyw098
    """
    clock = (np.arange(line.n) - line.before) / line.n
    columns = np.column_stack(
        [np.ones(line.n), line.step, clock, season_columns(line), line.covariates]
    )
    _need_full_rank(columns)
    model = _share_model(line, columns) if binomial else _rate_model(line, columns)
    if lags is None:
        fitted = model.fit(scale="X2")
    else:
        fitted = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    names = ["constant", "level", "trend", *_season_names(line), *line.names]
    df = float(line.n - columns.shape[1])
    table = _table(names, fitted.params, fitted.bse, alpha, df)
    step = student(float(fitted.params[1]), float(fitted.bse[1]), alpha=alpha, df=df)
    linear = columns @ np.asarray(fitted.params)
    return _carried(line, step, linear, table, binomial=binomial)


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
    linear: Floats,
    table: pd.DataFrame,
    *,
    binomial: bool,
) -> Interrupted:
    """From the link's scale to the outcome's, bounds and all."""
    inverse = special.expit if binomial else np.exp
    after = line.step == 1

    def difference(coefficient: float) -> float:
        gaps = inverse(linear) - inverse(linear - coefficient * line.step)
        return float(gaps[after].mean())

    low, high = (difference(bound) for bound in step.interval)
    slope = (difference(step.effect + 1e-5) - difference(step.effect - 1e-5)) / 2e-5
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
    return Interrupted(
        estimate, table, without, line.outcome - inverse(linear), relative
    )
