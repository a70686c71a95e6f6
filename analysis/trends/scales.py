"""Scales on which noise is even: rates, counts and values as the filter takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ScaleName = Literal["rate", "per_unit", "count", "value", "log"]

#: Anscombe's shifts: they keep the variance even where events are few.
_EVENT_SHIFT = 3 / 8
_TRIAL_SHIFT = 3 / 4
#: How much better the logarithm must describe the first periods (log-likelihood).
_LOG_MARGIN = 2.0
#: Whole minutes vary less than counts of their size: by less than this share of it.
_LEAST_POISSON = 0.7


@dataclass(frozen=True, slots=True)
class Scaled:
    """Series on a scale with even noise; arrays are series by time, NaN is missing.

    Attributes:
        name: Which scale.
        points: The series on it.
        known: Variance that sampling alone gives each point; 0 where it is not known.
        unit: How the variance beyond that varies from point to point, about 1.
    """

    name: ScaleName
    points: Floats
    known: Floats
    unit: Floats

    def back(self, values: Floats) -> Floats:
        """Values of this scale in the unit of the series."""
        return _BACK[self.name](values)


def rates(events: Floats, trials: Floats) -> Scaled:
    """Rates on the arcsine scale, where binomial noise is 1 / (4 n).

    Reference:
        Anscombe 1948, "The transformation of Poisson, binomial and negative-binomial
        data", Biometrika 35, 246-254.
    """
    n = np.where(trials > 0, trials, np.nan)
    share = (events + _EVENT_SHIFT) / (n + _TRIAL_SHIFT)
    values = np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0)))
    return Scaled("rate", values, _filled(1 / (4 * n + 2)), np.ones_like(values))


def per_unit(events: Floats, units: Floats) -> Scaled:
    """Events per unit on the square-root scale, where Poisson noise is 1 / (4 n)."""
    n = np.where(units > 0, units, np.nan)
    values = np.sqrt((np.maximum(events, 0) + _EVENT_SHIFT) / n)
    return Scaled("per_unit", values, _filled(1 / (4 * n)), np.ones_like(values))


def counts(events: Floats) -> Scaled:
    """Counts on the square-root scale; beyond Poisson they vary as they grow."""
    return replace(per_unit(events, np.ones_like(events)), name="count")


def plain(values: Floats, weights: Floats | None = None) -> Scaled:
    """Values as they are; ``weights`` are the orders that each is the mean of."""
    unit = np.ones_like(values)
    if weights is not None:
        n = np.where(weights > 0, weights, np.nan)
        values = np.where(np.isnan(n), np.nan, values)
        unit = _filled(_typical(n) / n)
    return Scaled("value", values, np.zeros_like(unit), unit)


def logarithmic(values: Floats, weights: Floats | None = None) -> Scaled:
    """Positive values by their logarithm; others become the smallest seen by ten."""
    base = plain(values, weights)
    positive = np.where(base.points > 0, base.points, np.nan)
    least = np.fmin.accumulate(positive, axis=1) / 10
    floored = np.where(np.isnan(base.points), np.nan, np.fmax(positive, least))
    floored = np.where(np.isnan(floored) & ~np.isnan(base.points), least, floored)
    return Scaled("log", np.log(floored), base.known, base.unit)


def are_counts(values: Floats, variance: Callable[[Floats], float]) -> bool:
    """Whether the first values of a series are whole and vary as counts at least do.

    Args:
        values: The first values.
        variance: Gives the variance that a model leaves in them.
    """
    seen = values[~np.isnan(values)]
    if not len(seen) or seen.min() < 0 or (seen % 1).any():
        return False
    return variance(np.sqrt(values + _EVENT_SHIFT)) > _LEAST_POISSON / 4


def prefers_logarithm(
    values: Floats, variance: Callable[[Floats], float], *, counted: bool = False
) -> bool:
    """Whether the first periods of a series are described better by their logarithm.

    Args:
        values: The first periods.
        variance: Gives the variance that a model leaves in values.
        counted: Whether the other scale is that of counts, their square root.
    """
    seen = values[~np.isnan(values)]
    if not len(seen) or seen.min() <= 0 or np.ptp(seen) == 0:
        return False
    logs = np.log(values)
    other = np.sqrt(values + _EVENT_SHIFT) if counted else values
    # What the scale itself takes away from or adds to the density of each point.
    spread = -np.log(2 * other) if counted else np.zeros_like(values)
    gain = len(seen) / 2 * (np.log(variance(other)) - np.log(variance(logs)))
    return bool(gain - np.nansum(logs + spread) > _LOG_MARGIN)


def _typical(weights: Floats) -> Floats:
    """Mean of the weights so far, so that no later point is looked at."""
    seen = ~np.isnan(weights)
    total = np.cumsum(np.where(seen, weights, 0.0), axis=1)
    return total / np.maximum(np.cumsum(seen, axis=1), 1)


def _filled(variance: Floats) -> Floats:
    """The variance of each point; missing ones have that of the point before.

    How far a level may have walked over them is a share of it: a number of another
    size would leave the band wide for a week. Before the first it is that of the first.
    """
    seen = np.isfinite(variance)
    if seen.all():
        return variance
    places = np.where(seen, np.arange(variance.shape[1]), -1)
    last = np.maximum.accumulate(places, axis=1)
    first = np.argmax(seen, axis=1)[:, None]
    filled = np.take_along_axis(variance, np.where(last < 0, first, last), axis=1)
    return np.where(np.isfinite(filled), filled, 1.0)


def _back_from_arcsine(values: Floats) -> Floats:
    return np.sin(np.clip(values, 0.0, np.pi / 2)) ** 2


def _back_from_root(values: Floats) -> Floats:
    return np.maximum(values, 0.0) ** 2


def _back_from_logarithm(values: Floats) -> Floats:
    return np.exp(np.minimum(values, 700.0))


_BACK: dict[ScaleName, Callable[[Floats], Floats]] = {
    "rate": _back_from_arcsine,
    "per_unit": _back_from_root,
    "count": _back_from_root,
    "value": lambda values: values,
    "log": _back_from_logarithm,
}
