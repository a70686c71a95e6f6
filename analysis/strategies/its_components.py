"""A level that wanders, with a season and a step: unobserved components."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.statespace.structural import (
    UnobservedComponents,
    UnobservedComponentsResults,
)

from analysis.strategies.its_models import (
    HARMONICS,
    LONGEST_DUMMIES,
    Interrupted,
    coefficient_table,
    need_full_rank,
    season_columns,
)
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.strategies.timeline import Timeline

#: A variance with a smaller share of that of the series is taken as 0.
_NOTHING = 1e-5
_STEP = 0.02
_FLAT = 1e-3
_LEAST_DF = 1.5


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A fitted model in units of the series' spread, its last k states coefficients.

    Attributes:
        model: The model.
        variances: Of the noise and of the level's steps.
        coef: (k,)
        covariance: (k, k)
        most: Degrees of freedom were the variances known.
    """

    model: UnobservedComponents
    variances: Floats
    coef: Floats
    covariance: Floats
    most: float

    def estimate(self, place: int, *, scale: float, alpha: float) -> Estimate:
        """One coefficient, its degrees of freedom by Satterthwaite."""
        se = float(np.sqrt(self.covariance[place, place]))
        df = self._freedom(place)
        return student(float(self.coef[place]) * scale, se * scale, alpha=alpha, df=df)

    def _freedom(self, place: int) -> float:
        """The error rests on variances that are estimated themselves."""
        logs = np.log(np.maximum(self.variances, _NOTHING))
        free = np.nonzero(self.variances > _NOTHING)[0]
        steps = np.eye(len(logs))[free] * _STEP
        slopes = [
            self._log_error(logs + step, place) - self._log_error(logs - step, place)
            for step in steps
        ]
        slope = np.array(slopes) / (2 * _STEP)
        values, vectors = np.linalg.eigh(self._curvature(logs, steps))
        turned = vectors.T @ slope
        relative = float((turned**2 / np.maximum(values, _FLAT)).sum())
        if not relative > 0:
            return self.most
        return float(np.clip(2 / relative, _LEAST_DF, max(self.most, _LEAST_DF)))

    def _curvature(self, logs: Floats, steps: Floats) -> Floats:
        size = len(steps)
        curve = np.empty((size, size))
        for i in range(size):
            for j in range(i + 1):
                curve[i, j] = curve[j, i] = -sum(
                    one * two * self._likelihood(logs + one * steps[i] + two * steps[j])
                    for one in (1, -1)
                    for two in (1, -1)
                ) / (4 * _STEP**2)
        return curve

    def _likelihood(self, logs: Floats) -> float:
        return float(self.model.loglike(np.exp(logs)))

    def _log_error(self, logs: Floats, place: int) -> float:
        self.model.update(np.exp(logs))
        last = self.model.ssm.filter().predicted_state_cov[:, :, -1]
        at = place - len(self.coef)
        return float(np.log(last[at, at]))


def unobserved_components(line: Timeline, *, alpha: float) -> Interrupted:
    """A level that wanders, a fixed season, and a step at the start.

    The step and the coefficients of covariates are states with exact diffuse starts, so
    that their errors know of the level's wandering. The variances are estimated: how
    well is what the degrees of freedom say.

    Reference:
        Harvey and Durbin 1986, https://doi.org/10.2307/2981553;
        Commandeur and Koopman 2007, An Introduction to State Space Time Series
        Analysis, chapters 6 and 7; Satterthwaite 1946,
        https://doi.org/10.2307/3002019
    """
    columns = np.column_stack([line.step, line.covariates])
    need_full_rank(np.column_stack([np.ones(line.n), columns, season_columns(line)]))
    scale = float(line.outcome.std())
    model = _components(line, line.outcome / scale, columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = model.fit(disp=False, maxiter=500)
    # Read before the model is moved to other variances.
    signal = _signal(results, model) * scale
    left = np.asarray(results.standardized_forecasts_error[0])
    fitted = _fitted(line, model, results, columns.shape[1])
    estimates = [
        fitted.estimate(place, scale=scale, alpha=alpha)
        for place in range(columns.shape[1])
    ]
    table = coefficient_table(["level", *line.names], estimates)
    without = signal - line.step * estimates[0].effect
    return Interrupted(estimates[0], table, without, left)


def _fitted(
    line: Timeline,
    model: UnobservedComponents,
    results: UnobservedComponentsResults,
    k: int,
) -> _Fitted:
    return _Fitted(
        model,
        np.asarray(results.params),
        np.asarray(results.smoothed_state)[-k:, -1],
        np.asarray(results.smoothed_state_cov)[-k:, -k:, -1],
        max(float(line.n - k - 1 - (line.season or 1)), 1.0),
    )


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
    dummies = season if season is not None and season <= LONGEST_DUMMIES else None
    harmonics = None
    if season is not None and dummies is None:
        harmonics = [{"period": season, "harmonics": HARMONICS}]
    return UnobservedComponents(
        outcome, "llevel", seasonal=dummies, stochastic_seasonal=False,
        freq_seasonal=harmonics,
        stochastic_freq_seasonal=None if harmonics is None else [False],
        exog=columns, mle_regression=False, use_exact_diffuse=True,
    )  # fmt: skip
