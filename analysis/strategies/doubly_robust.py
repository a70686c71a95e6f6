"""Effect of one cohort between two periods, with its influence on the estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from analysis.errors import NotEnoughData
from analysis.strategies.moments import Floats
from analysis.words import N_

#: Controls that look this much like treated units make weights explode.
_MOST_LIKELY = 0.995


@dataclass(frozen=True, slots=True)
class Contrast:
    """An average effect on the treated.

    Attributes:
        effect: The estimate.
        influence: Of each unit on it; their mean square over n is the variance.
    """

    effect: float
    influence: Floats


def difference(change: Floats, treated: NDArray[np.bool_], weight: Floats) -> Contrast:
    """Mean change of the treated minus that of the controls."""
    total = 0.0
    influence = np.zeros(len(change))
    for side, sign in ((treated, 1.0), (~treated, -1.0)):
        own = np.where(side, weight, 0.0)
        mean = float(own @ change) / float(own.sum())
        influence += sign * own * (change - mean) / own.mean()
        total += sign * mean
    return Contrast(total, influence)


def doubly_robust(
    change: Floats, treated: NDArray[np.bool_], weight: Floats, covariates: Floats
) -> Contrast:
    """Doubly robust difference in differences.

    Args:
        change: Change of the outcome by unit.
        treated: Which units are treated.
        weight: One number per unit.
        covariates: (units, k), without a constant.

    Reference:
        Sant'Anna and Zhao 2020, https://doi.org/10.1016/j.jeconom.2020.06.003
    """
    x = np.column_stack([np.ones(len(change)), covariates])
    d = treated.astype(float)
    chance, ps_part = _propensity(x, d, weight)
    expected, ols_part = _expected(x, change, weight * (1 - d))
    surprise = change - expected
    one = _side(weight * d, surprise)
    odds = weight * chance * (1 - d) / (1 - chance)
    other = _side(odds, surprise)
    inf_one = one.influence - ols_part @ ((weight * d) @ x) / (weight * d).sum()
    from_ps = ps_part @ ((odds * (surprise - other.effect)) @ x) / odds.sum()
    inf_other = other.influence + from_ps - ols_part @ (odds @ x) / odds.sum()
    return Contrast(one.effect - other.effect, inf_one - inf_other)


def _side(own: Floats, surprise: Floats) -> Contrast:
    mean = float(own @ surprise) / float(own.sum())
    return Contrast(mean, own * (surprise - mean) / own.mean())


def _propensity(x: Floats, d: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Chances of treatment and each unit's influence on their coefficients."""
    try:
        fitted = sm.GLM(d, x, family=sm.families.Binomial(), freq_weights=weight).fit()
    except (PerfectSeparationError, np.linalg.LinAlgError) as error:
        raise _separated() from error
    chance = np.asarray(fitted.fittedvalues)
    if not np.isfinite(chance).all() or chance[d == 0].max() > _MOST_LIKELY:
        raise _separated()
    score = (weight * (d - chance))[:, None] * x
    information = (x * (weight * chance * (1 - chance))[:, None]).T @ x / len(d)
    return chance, score @ np.linalg.inv(information)


def _expected(x: Floats, change: Floats, own: Floats) -> tuple[Floats, Floats]:
    """Change expected of controls and each unit's influence on its coefficients."""
    inverse = np.linalg.pinv((x * own[:, None]).T @ x / len(own))
    coef = inverse @ (x.T @ (own * change) / len(own))
    expected = x @ coef
    return expected, (own * (change - expected))[:, None] * x @ inverse


def _separated() -> NotEnoughData:
    return NotEnoughData(
        N_("The covariates tell {seen} treated units from all controls."),
        hint=N_("Use fewer covariates, or controls that are more alike."),
        seen=N_("some"),
    )
