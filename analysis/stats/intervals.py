"""Intervals of rates, means, ratios, percentiles and events per exposure.

Every function takes numbers or arrays and broadcasts them. Where there is nothing to
estimate from (no trials, one observation) the bounds are NaN, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

CONFIDENCE = 0.95

#: Observations without which there is no spread to see.
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper bounds, in the unit of the estimate.

    Attributes:
        low: Lower bounds, NaN where none can be given.
        high: Upper bounds, NaN where none can be given.
    """

    low: Floats
    high: Floats


def wilson(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = CONFIDENCE
) -> Interval:
    """Wilson score interval of a rate.

    Args:
        successes: Number of trials that had the event, 0 to ``trials``.
        trials: Number of trials.
        confidence: Nominal coverage.

    Reference:
        Wilson 1927; Brown, Cai and DasGupta 2001, https://doi.org/10.1214/ss/1009213286

    >>> bounds = wilson(38, 40)
    >>> [round(float(bound), 3) for bound in (bounds.low, bounds.high)]
    [0.835, 0.986]
    """
    count, total = _arrays(successes, trials)
    z = _normal(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = count / total
        scale = 1 + z**2 / total
        centre = (rate + z**2 / (2 * total)) / scale
        half = z * np.sqrt(rate * (1 - rate) / total + z**2 / (4 * total**2)) / scale
    # At 0 and n the bound is 0 and 1 exactly; the subtraction leaves crumbs.
    low = np.where(count <= 0, 0.0, centre - half)
    high = np.where(count >= total, 1.0, centre + half)
    return _only(total > 0, low, high)


def difference(
    first: ArrayLike,
    first_interval: Interval,
    second: ArrayLike,
    second_interval: Interval,
) -> Interval:
    """Interval of ``first - second`` from the intervals of two independent estimates.

    The distances from each estimate to its bounds are squared and added, so skewed
    intervals stay skewed. With Wilson intervals this is Newcombe's method 10.

    Reference:
        Zou and Donner 2008, https://doi.org/10.1002/sim.3095
    """
    one, two = _arrays(first, second)
    change = one - two
    below = np.hypot(one - first_interval.low, second_interval.high - two)
    above = np.hypot(first_interval.high - one, two - second_interval.low)
    return Interval(change - below, change + above)


def newcombe(
    successes: ArrayLike,
    trials: ArrayLike,
    other_successes: ArrayLike,
    other_trials: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Newcombe's method 10: interval of the first rate minus the other.

    Reference:
        Newcombe 1998, "Interval estimation for the difference between independent
        proportions", Statistics in Medicine 17, 873-890.

    >>> bounds = newcombe(56, 70, 48, 80)
    >>> [round(float(bound), 4) for bound in (bounds.low, bounds.high)]
    [0.0524, 0.3339]
    """
    count, total = _arrays(successes, trials)
    other, other_total = _arrays(other_successes, other_trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = count / total, other / other_total
    return difference(
        first, wilson(count, total, confidence=confidence),
        second, wilson(other, other_total, confidence=confidence),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """What an interval of a mean needs to know of its observations.

    Attributes:
        mean: Sample means.
        variance: Sample variances (divided by ``n - 1``).
        n: Numbers of observations.
    """

    mean: ArrayLike
    variance: ArrayLike
    n: ArrayLike

    def arrays(self) -> tuple[Floats, ...]:
        """Mean, variance and n, broadcast to one shape."""
        return _arrays(self.mean, self.variance, self.n)


def mean_interval(sample: Sample, *, confidence: float = CONFIDENCE) -> Interval:
    """Student's t interval of a mean; NaN below two observations."""
    mean, variance, n = sample.arrays()
    with np.errstate(divide="ignore", invalid="ignore"):
        half = _student(n - 1, confidence) * np.sqrt(variance / n)
    return _only(n >= _LEAST, mean - half, mean + half)


def welch(first: Sample, second: Sample, *, confidence: float = CONFIDENCE) -> Interval:
    """Welch's interval of the first mean minus the second, variances unequal.

    Reference:
        Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28
    """
    one, variance, n = first.arrays()
    two, other_variance, other_n = second.arrays()
    with np.errstate(divide="ignore", invalid="ignore"):
        part, other = variance / n, other_variance / other_n
        freedom = (part + other) ** 2 / (part**2 / (n - 1) + other**2 / (other_n - 1))
        half = _student(freedom, confidence) * np.sqrt(part + other)
    # Two groups without any spread have no uncertainty to speak of.
    half = np.where(part + other == 0, 0.0, half)
    enough = np.minimum(n, other_n) >= _LEAST
    return _only(enough, one - two - half, one - two + half)


def ratio_interval(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    numerator_squares: ArrayLike,
    denominator_squares: ArrayLike,
    products: ArrayLike,
    n: ArrayLike,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Interval of a ratio of two sums over the same units, by the delta method.

    Args:
        numerator: Sums of x over the units.
        denominator: Sums of y over the units.
        numerator_squares: Sums of x squared.
        denominator_squares: Sums of y squared.
        products: Sums of x times y.
        n: Numbers of units.
        confidence: Nominal coverage.

    Reference:
        Deng, Knoblich and Lu 2018, https://arxiv.org/abs/1803.06336
    """
    top, bottom, top2, bottom2, cross, count = _arrays(
        numerator, denominator, numerator_squares, denominator_squares, products, n
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = top / bottom
        # Residuals x - ratio * y sum to 0, so their squares give the variance.
        squares = top2 - 2 * ratio * cross + ratio**2 * bottom2
        error = np.sqrt(np.maximum(squares, 0) * count / (count - 1)) / np.abs(bottom)
    half = _normal(confidence) * error
    return _only((count >= _LEAST) & (bottom != 0), ratio - half, ratio + half)


def poisson_interval(
    events: ArrayLike, exposure: ArrayLike = 1.0, *, confidence: float = CONFIDENCE
) -> Interval:
    """Garwood's exact interval of events per unit of exposure.

    Args:
        events: Numbers of events.
        exposure: What they happened in, such as orders / 100.
        confidence: Nominal coverage.

    Reference:
        Garwood 1936, https://doi.org/10.1093/biomet/28.3-4.437

    >>> bounds = poisson_interval(10)
    >>> [round(float(bound), 3) for bound in (bounds.low, bounds.high)]
    [4.795, 18.39]
    """
    count, exposed = _arrays(events, exposure)
    tail = (1 - confidence) / 2
    low = np.where(count > 0, special.gammaincinv(np.maximum(count, 1), tail), 0.0)
    high = special.gammainccinv(count + 1, tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _only(exposed > 0, low / exposed, high / exposed)


def percentile_ranks(
    n: ArrayLike, fraction: float, *, confidence: float = CONFIDENCE
) -> Interval:
    """Ranks (1 = smallest) of the two observations that enclose a percentile.

    They hold for any distribution: the number of observations below the percentile is
    binomial. NaN where no observation is far enough out.

    Args:
        n: Numbers of observations.
        fraction: Which percentile, such as 0.9.
        confidence: Least coverage.

    Reference:
        Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2.
    """
    count = np.asarray(n, dtype=float)
    tail = (1 - confidence) / 2
    below = _binomial_quantile(tail, count, fraction)
    above = _binomial_quantile(1 - tail, count, fraction) + 1
    return Interval(
        np.where((below >= 1) & (count > 0), below, np.nan),
        np.where((above <= count) & (count > 0), above, np.nan),
    )


def _arrays(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(
        np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    )


def _only(valid: NDArray[np.bool_], low: Floats, high: Floats) -> Interval:
    return Interval(np.where(valid, low, np.nan), np.where(valid, high, np.nan))


def _binomial_quantile(share: float, n: Floats, fraction: float) -> Floats:
    """The smallest count whose probability of being reached or not passed is enough."""
    found = np.ceil(special.bdtrik(share, n, fraction))
    lower = np.maximum(found - 1, 0)
    whole = np.nan_to_num(n).astype(np.int64)
    return np.where(special.bdtr(lower, whole, fraction) >= share, lower, found)


# scipy.special and not scipy.stats: the latter takes half a second to import, which
# everybody who opens the app would wait for.
def _normal(confidence: float) -> float:
    return float(-special.ndtri((1 - confidence) / 2))


def _student(freedom: Floats, confidence: float) -> Floats:
    return np.asarray(-special.stdtrit(freedom, (1 - confidence) / 2))
