"""Models of an interrupted series: what the step is worth, what would have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.regression.linear_model import RegressionResults

from analysis.errors import DataProblem, NotEnoughData
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.strategies.serial_errors import fit_serial
from analysis.strategies.timeline import Timeline
from analysis.words import N_

#: Longer seasons are a few harmonics instead of one value per period.
LONGEST_DUMMIES = 24
HARMONICS = 2


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
    if line.season <= LONGEST_DUMMIES:
        return np.eye(line.season)[place][:, 1:]
    angle = 2 * np.pi * np.outer(place / line.season, np.arange(1, HARMONICS + 1))
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


class Coefficients(Protocol):
    """A fitted regression, whatever its errors."""

    @property
    def coef(self) -> Floats:
        """Coefficients, (k,)."""

    @property
    def innovations(self) -> Floats:
        """What the model leaves unexplained, (n,)."""

    def contrast(self, weights: Floats, *, alpha: float) -> Estimate:
        """A weighted sum of coefficients."""


@dataclass(frozen=True, slots=True)
class _Classic:
    """Least squares with the errors of Newey and West."""

    fitted: RegressionResults

    @property
    def coef(self) -> Floats:
        return np.asarray(self.fitted.params)

    @property
    def innovations(self) -> Floats:
        return np.asarray(self.fitted.resid)

    def contrast(self, weights: Floats, *, alpha: float) -> Estimate:
        se = float(np.sqrt(weights @ self.fitted.cov_params() @ weights))
        df = float(self.fitted.df_resid)
        return student(float(weights @ self.coef), se, alpha=alpha, df=df)


def segmented(
    line: Timeline, *, alpha: float, lags: int | None, trend: bool = True
) -> Interrupted:
    """Segmented regression: a level and a slope before, another level and slope after.

    The effect is the mean over the periods after the start; level and slope are in the
    table. Without a trend there is a level before and one after. Errors hang together
    as in `fit_serial`; with ``lags`` they are those of Newey and West.

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
    need_full_rank(columns)
    fitted = _fit(line.outcome, columns, lags)
    weights = np.zeros(columns.shape[1])
    weights[1] = 1.0
    if trend:
        weights[2] = line.since[line.before :].mean()
    shown = [*names, *season_names(line), *line.names]
    return _interrupted(columns, fitted, weights, shown, alpha)


def _fit(outcome: Floats, columns: Floats, lags: int | None) -> Coefficients:
    if lags is None:
        return fit_serial(outcome, columns)
    return _Classic(newey_west(outcome, columns, lags=lags))


def _interrupted(
    columns: Floats,
    fitted: Coefficients,
    weights: Floats,
    names: Sequence[str],
    alpha: float,
) -> Interrupted:
    """The effect ``weights @ coef``; the columns that it weighs are what happened."""
    parts = [fitted.contrast(unit, alpha=alpha) for unit in np.eye(len(weights))]
    without = columns @ np.where(weights != 0, 0.0, fitted.coef)
    return Interrupted(
        fitted.contrast(weights, alpha=alpha), coefficient_table(names, parts),
        without, fitted.innovations,
    )  # fmt: skip


def need_full_rank(columns: Floats) -> None:
    """Raise where the columns repeat each other or outnumber the periods."""
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


def season_names(line: Timeline) -> list[str]:
    """Names of the season's columns."""
    return [f"season {i + 1}" for i in range(season_columns(line).shape[1])]


def coefficient_table(
    names: Sequence[str], estimates: Sequence[Estimate]
) -> pd.DataFrame:
    """Coefficients by name."""
    pairs = zip(names, estimates, strict=True)
    return pd.DataFrame([{"term": name, **one.row()} for name, one in pairs])


def arima(line: Timeline, *, alpha: float) -> Interrupted:
    """Regression on a trend and a step with ARMA(1, 1) errors, all fitted at once.

    The errors are a fading shock plus noise, which is an ARMA(1, 1); white noise and an
    AR(1) are among them.

    Reference:
        Box and Tiao 1975, https://doi.org/10.1080/01621459.1975.10480264
    """
    clock = (np.arange(line.n) - line.before) / line.n
    columns = np.column_stack(
        [np.ones(line.n), line.step, clock, season_columns(line), line.covariates]
    )
    need_full_rank(columns)
    fitted = fit_serial(line.outcome, columns, weighted=True)
    weights = np.zeros(columns.shape[1])
    weights[1] = 1.0
    names = ["constant", "level", "trend", *season_names(line), *line.names]
    return _interrupted(columns, fitted, weights, names, alpha)
