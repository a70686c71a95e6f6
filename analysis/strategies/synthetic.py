"""Synthetic control, with and without an intercept, and synthetic differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from analysis.strategies.donors import Donors
from analysis.strategies.moments import Floats
from analysis.strategies.simplex import simplex_weights

#: Starts of the search for the weights of predictors; one is unreliable.
STARTS = 30
_POLISHED = 5
_ROUGH = 150
_FINE = 4000
_TINY = 1e-6
_TIGHT = 1e-12


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A fitted synthetic control.

    Attributes:
        weights: Of donors, sum 1, (donors,).
        importance: Of predictors, sum 1; empty without predictors.
        synthetic: What would have been, (periods,).
        effect: Mean difference after the start.
        fit: Root mean squared difference over the fitting periods.
    """

    weights: Floats
    importance: Floats
    synthetic: Floats
    effect: float
    fit: float


def synthetic_control(
    donors: Donors,
    *,
    importance: Floats | None = None,
    rng: np.random.Generator | None = None,
) -> Synthetic:
    """Donors weighted so that they match the treated before the start.

    Without predictors the outcome of every fitting period is matched. With predictors
    their importance is searched from many starts so that the outcome fits best.

    Args:
        donors: The data.
        importance: Of predictors, where it is known already.
        rng: Source of the starts.

    Reference:
        Abadie, Diamond and Hainmueller 2010, https://doi.org/10.1198/jasa.2009.ap08746;
        Abadie and Gardeazabal 2003, https://doi.org/10.1257/000282803321455188
    """
    if not len(donors.predictors):
        target, columns = donors.treated[donors.fit], donors.outcome[donors.fit]
        return _result(donors, simplex_weights(columns, target), np.zeros(0))
    spread = donors.predictors.std(axis=1, ddof=1, keepdims=True)
    scaled = donors.predictors / np.where(spread > 0, spread, 1)
    if importance is None:
        importance = _search(donors, scaled, rng or np.random.default_rng(0))
    return _result(donors, _matched(scaled, importance), importance)


def _matched(scaled: Floats, importance: Floats) -> Floats:
    root = np.sqrt(importance)[:, None]
    return simplex_weights(scaled[:, 1:] * root, scaled[:, 0] * root[:, 0])


def _search(donors: Donors, scaled: Floats, rng: np.random.Generator) -> Floats:
    """Importance of predictors by which the outcome fits best."""
    k = len(scaled)

    def misfit(logs: Floats) -> float:
        weights = _matched(scaled, _shares(logs))
        gap = (donors.treated - donors.outcome @ weights)[donors.fit]
        return float(gap @ gap)

    starts = [np.zeros(k), *rng.normal(scale=2.0, size=(STARTS - 1, k))]
    rough = [_descend(misfit, start, _ROUGH) for start in starts]
    rough.sort(key=lambda found: found[0])
    fine = [_descend(misfit, found[1], _FINE) for found in rough[:_POLISHED]]
    return _shares(min(fine, key=lambda found: found[0])[1])


def _descend(
    misfit: Callable[[Floats], float], start: Floats, steps: int
) -> tuple[float, Floats]:
    found = minimize(
        misfit,
        start,
        method="Nelder-Mead",
        options={
            "maxiter": steps,
            "maxfev": steps,
            "adaptive": True,
            "xatol": _TIGHT,
            "fatol": _TIGHT,
        },
    )
    return float(found.fun), np.asarray(found.x)


def _shares(logs: Floats) -> Floats:
    powers = np.exp(logs - logs.max())
    return powers / powers.sum()


def demeaned_control(donors: Donors) -> Synthetic:
    """Synthetic control of deviations from each unit's mean over the fitting periods.

    Reference:
        Ferman and Pinto 2021, https://doi.org/10.3982/QE1596
    """
    means = donors.outcome[donors.fit].mean(axis=0)
    own = float(donors.treated[donors.fit].mean())
    columns = donors.outcome[donors.fit] - means
    weights = simplex_weights(columns, donors.treated[donors.fit] - own)
    return _result(donors, weights, np.zeros(0), shift=own - float(means @ weights))


def synthetic_did(donors: Donors) -> Synthetic:
    """Synthetic difference in differences: units and periods weighted.

    Reference:
        Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021,
        https://doi.org/10.1257/aer.20190159
    """
    before = donors.before
    early, late = donors.outcome[:before], donors.outcome[before:]
    noise = float(np.diff(early, axis=0).std(ddof=1))
    strength = (donors.treated_units * len(late)) ** 0.25 * noise
    target = donors.treated[:before]
    weights = simplex_weights(
        early - early.mean(axis=0),
        target - target.mean(),
        ridge=strength**2 * before,
    )
    after = late.mean(axis=0)
    by_unit = early.T - early.mean(axis=1)
    periods = simplex_weights(
        by_unit,
        after - after.mean(),
        ridge=(_TINY * noise) ** 2 * early.shape[1],
    )
    gap = float(periods @ (target - early @ weights))
    return _result(donors, weights, periods, shift=gap)


def did(donors: Donors) -> Synthetic:
    """Plain difference in differences, all donors and periods alike."""
    weights = np.full(len(donors.names), 1 / len(donors.names))
    gap = donors.treated - donors.outcome @ weights
    return _result(
        donors, weights, np.zeros(0), shift=float(gap[: donors.before].mean())
    )


def _result(
    donors: Donors, weights: Floats, importance: Floats, *, shift: float = 0.0
) -> Synthetic:
    built = donors.outcome @ weights + shift
    gap = donors.treated - built
    return Synthetic(
        weights,
        importance,
        built,
        float(gap[donors.before :].mean()),
        float(np.sqrt(np.mean(gap[donors.fit] ** 2))),
    )
