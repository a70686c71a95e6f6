"""Empirical Bayes: small groups borrow from the others, as far as these agree.

Each group has its own true value; the true values follow a distribution whose two
parameters are estimated from all groups together. What comes back for a group is the
mean of its posterior and an interval of it: near its raw value where it is large, near
the common mean where it is small. How far apart the true values are is estimated by
the method of moments; where the groups differ no more than chance makes them, all of
them get the common mean.

The intervals leave out that the common mean and spread are estimates themselves; with
fewer than about five groups they are too narrow.

Reference:
    Casella 1985, "An introduction to empirical Bayes data analysis", The American
    Statistician 39, 83-87; Kleinman 1973, https://doi.org/10.1080/01621459.1973.10481332
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats.intervals import CONFIDENCE, Floats

#: Groups below which there is nothing to borrow from.
MIN_GROUPS = 2
#: Largest prior sample: groups that differ no more than chance are taken as one.
MOST = 1e9


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Groups with what they borrowed from each other.

    Attributes:
        value: Posterior means, in the unit of the raw values; NaN without data.
        low: Lower ends of the posterior intervals.
        high: Upper ends.
        weight: Share of each group's own data in its value, 0 to 1.
        mean: The common mean.
        spread: Standard deviation of the true values around it.
    """

    value: Floats
    low: Floats
    high: Floats
    weight: Floats
    mean: float
    spread: float


def beta_binomial(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = CONFIDENCE
) -> Shrunk:
    """Rates of groups under a common beta distribution.

    Args:
        successes: Events of each group.
        trials: Trials of each group; groups with none get the common mean.
        confidence: Probability that the posterior gives its interval.

    >>> found = beta_binomial([1, 50, 90], [10, 500, 600])
    >>> bool(0.1 < found.value[0] < found.mean)
    True
    """
    count, total = _arrays(successes, trials)
    mean = _ratio(count.sum(), total.sum())
    between = _between(count, total, mean=mean, unit_variance=mean * (1 - mean))
    strength = _clipped(_ratio(mean * (1 - mean), between) - 1)
    first, second = strength * mean + count, strength * (1 - mean) + total - count
    tail = (1 - confidence) / 2
    return Shrunk(
        value=first / (first + second),
        low=_at_edges(special.betaincinv, first, second, tail),
        high=_at_edges(special.betaincinv, first, second, 1 - tail),
        weight=total / (strength + total),
        mean=mean,
        spread=float(np.sqrt(between)),
    )


def gamma_poisson(
    events: ArrayLike, exposure: ArrayLike, *, confidence: float = CONFIDENCE
) -> Shrunk:
    """Events per exposure of groups under a common gamma distribution.

    Args:
        events: Events of each group.
        exposure: What they happened in; groups with none get the common mean.
        confidence: Probability that the posterior gives its interval.
    """
    count, exposed = _arrays(events, exposure)
    mean = _ratio(count.sum(), exposed.sum())
    between = _between(count, exposed, mean=mean, unit_variance=mean)
    rate = _clipped(_ratio(mean, between))
    shape, scale = rate * mean + count, rate + exposed
    tail = (1 - confidence) / 2
    return Shrunk(
        value=shape / scale,
        low=special.gammaincinv(shape, tail) / scale,
        high=special.gammaincinv(shape, 1 - tail) / scale,
        weight=exposed / scale,
        mean=mean,
        spread=float(np.sqrt(between)),
    )


def normal(
    values: ArrayLike, errors: ArrayLike, *, confidence: float = CONFIDENCE
) -> Shrunk:
    """Means of groups with known standard errors under a common normal distribution.

    The spread of the true means is that of DerSimonian and Laird.

    Args:
        values: Mean of each group; NaN for a group without data.
        errors: Standard error of each; NaN or infinite where it is not known.
        confidence: Probability that the posterior gives its interval.

    Reference:
        DerSimonian and Laird 1986, https://doi.org/10.1016/0197-2456(86)90046-2
    """
    value, error = _arrays(values, errors)
    known = np.isfinite(value) & np.isfinite(error) & (error > 0)
    precision = np.where(known, 1 / np.where(known, error, 1) ** 2, 0.0)
    filled = np.where(known, value, 0.0)
    between = _dersimonian_laird(filled, precision)
    weights = np.where(known, 1 / (between + 1 / np.where(known, precision, 1)), 0.0)
    mean = _ratio((weights * filled).sum(), weights.sum())
    own = np.where(known, between / (between + 1 / np.where(known, precision, 1)), 0.0)
    centre = own * filled + (1 - own) * mean
    # Without own data the posterior is the prior.
    variance = np.where(known, own / np.where(known, precision, 1), between)
    half = -special.ndtri((1 - confidence) / 2) * np.sqrt(variance)
    return Shrunk(
        value=centre,
        low=centre - half,
        high=centre + half,
        weight=own,
        mean=mean,
        spread=float(np.sqrt(between)),
    )


def _between(
    count: Floats, total: Floats, *, mean: float, unit_variance: float
) -> float:
    """Variance of the true rates around the common mean, by moments.

    What the squared distances of the raw rates have beyond chance; ``unit_variance``
    is the chance variance of one trial.
    """
    held = total > 0
    groups, whole = int(held.sum()), float(total.sum())
    if groups < MIN_GROUPS or not unit_variance > 0:
        return 0.0
    distance = float(((count[held] / total[held] - mean) ** 2 * total[held]).sum())
    freedom = whole - float((total**2).sum()) / whole
    found = (distance - (groups - 1) * unit_variance) / freedom
    return float(min(max(found, 0.0), unit_variance))


def _dersimonian_laird(value: Floats, precision: Floats) -> float:
    groups = int((precision > 0).sum())
    whole = float(precision.sum())
    if groups < MIN_GROUPS:
        return 0.0
    mean = float((precision * value).sum()) / whole
    distance = float((precision * (value - mean) ** 2).sum())
    freedom = whole - float((precision**2).sum()) / whole
    return max((distance - (groups - 1)) / freedom, 0.0)


def _at_edges(
    function: np.ufunc, first: Floats, second: Floats, share: float
) -> Floats:
    """A beta quantile, also where all trials or none had the event."""
    with np.errstate(invalid="ignore"):
        found = function(np.maximum(first, 1e-12), np.maximum(second, 1e-12), share)
    return np.where(first <= 0, 0.0, np.where(second <= 0, 1.0, found))


def _clipped(strength: float) -> float:
    return MOST if not np.isfinite(strength) else float(np.clip(strength, 0.0, MOST))


def _ratio(top: float, bottom: float) -> float:
    return float(top) / float(bottom) if bottom else float("nan")


def _arrays(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(
        np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    )
