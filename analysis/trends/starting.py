"""Where the filters start: level, effects and noise of the first periods."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma
from scipy.stats import chi2

from analysis.trends.scales import Floats, Scaled
from analysis.trends.seasons import Season

#: Share of the sampling noise that is left at least. Much more of it would cut off the
#: small estimates that Student's t reckons with, and quiet rates would never be called.
LEAST_DISPERSION = 0.25
#: Noise left at least, as a share of the level: a constant series is no certainty.
LEAST_SHARE = 1e-6
LEAST_VARIANCE = 1e-18
#: A typical effect is at least this share of the noise, in variance.
LEAST_EFFECT = 0.05
#: Points of a slot (an hour of the day) from which its own noise is told.
SLOT_POINTS = 10
#: Slots are taken for alike where chance makes them differ as much in one of twenty.
ALIKE = 0.05
#: Variance that twice the logarithm of a mean absolute value has, times the points.
OF_MEAN_ABSOLUTE = 2 * np.pi - 4


@dataclass(frozen=True, slots=True)
class Start:
    """The first state of the filters; a row per series.

    Attributes:
        level: Mean of the first periods, without effects.
        effects: For each season, series by slot.
        effect_variances: How uncertain they are.
        variance: Noise of a typical point.
        typical: The part of it that sampling gives; 0 where that is not known.
        extra: The part beyond sampling.
        floor: Noise that is left at least.
        freedom: Degrees of freedom of the noise.
        unit: How the noise beyond sampling varies from point to point, about 1; series
            by time.
        slot_freedom: Degrees of freedom that the variance of a slot is known from,
            beside that of all; infinite where slots do not differ.
        weights: What each point tells of the noise, beside a typical one: little where
            few orders scatter widely; series by time.
        ready_at: Time of the last point that was used.
    """

    level: Floats
    effects: list[Floats]
    effect_variances: list[Floats]
    variance: Floats
    typical: Floats
    extra: Floats
    floor: Floats
    freedom: Floats
    unit: Floats
    slot_freedom: Floats
    weights: Floats
    ready_at: NDArray[np.int64]


def start(scaled: Scaled, seasons: tuple[Season, ...], warm_up: int) -> Start:
    """Learn from the first ``warm_up`` points that each series has."""
    values = scaled.points
    seen = np.cumsum(~np.isnan(values), axis=1)
    used = ~np.isnan(values) & (seen <= warm_up)
    first = np.where(used, values, np.nan)
    level = _median(first)
    rest = first - level[:, None]
    effects, counts = [], []
    for season in seasons:
        found, count = _slot_means(rest, season)
        shift = found.mean(axis=1) if season.base is None else np.zeros(len(found))
        found -= shift[:, None]
        level = level + shift
        rest = rest - shift[:, None] - found[:, season.slots]
        effects.append(found)
        counts.append(count)
    rest = np.where(used, rest, np.nan)
    slot_freedom = np.full(len(values), np.inf)
    if scaled.name == "count":
        unit = _by_level(level, effects, seasons, values.shape)
    elif scaled.name in ("value", "log") and (scaled.unit == 1).all():
        unit, slot_freedom = _by_slot(rest, seasons)
    else:
        unit = scaled.unit
    noise = _noise(replace(scaled, unit=unit), used, rest, _parameters(seasons))
    shrunken = [
        _shrunken(found, count, noise, season)
        for found, count, season in zip(effects, counts, seasons, strict=True)
    ]
    ready_at = np.where(seen[:, -1] < warm_up, values.shape[1], _reached(seen, warm_up))
    floor = (LEAST_SHARE * np.abs(level)) ** 2 + LEAST_VARIANCE
    return Start(
        level=level,
        effects=[item[0] for item in shrunken],
        effect_variances=[item[1] for item in shrunken],
        variance=np.maximum(noise.typical + noise.extra, floor),
        typical=noise.typical,
        extra=noise.extra,
        floor=floor,
        freedom=noise.freedom,
        unit=unit,
        slot_freedom=slot_freedom,
        weights=noise.weights,
        ready_at=ready_at,
    )


def residual_variance(
    values: Floats, seasons: tuple[Season, ...], warm_up: int
) -> float:
    """Variance that level and seasons leave in the first periods of one series."""
    rest = values[:warm_up] - _median(values[None, :warm_up])[0]
    for season in seasons:
        if season.from_start:
            found, _ = _slot_means(
                np.pad(rest, (0, len(season.slots) - len(rest)), constant_values=np.nan)
                [None, :],
                season,
            )  # fmt: skip
            rest = rest - found[0, season.slots[: len(rest)]]
    freedom = max(int(np.sum(~np.isnan(rest))) - _parameters(seasons), 1)
    return float(np.nansum(rest**2) / freedom) + 1e-300


def _median(values: Floats) -> Floats:
    filled = np.where(np.isnan(values).all(axis=1, keepdims=True), 0.0, values)
    return np.nanmedian(filled, axis=1)


def _parameters(seasons: tuple[Season, ...]) -> int:
    return max([season.size for season in seasons if season.from_start], default=1)


def _reached(seen: NDArray[np.int64], warm_up: int) -> NDArray[np.int64]:
    return np.argmax(seen >= warm_up, axis=1)


def _slot_means(rest: Floats, season: Season) -> tuple[Floats, Floats]:
    """Mean of each slot, and the number of points behind it."""
    shape = (len(rest), season.size)
    if not season.from_start:
        return np.zeros(shape), np.zeros(shape)
    member = np.eye(season.size)[season.slots]
    count = (~np.isnan(rest)).astype(float) @ member
    total = np.nan_to_num(rest) @ member
    if season.base is not None:
        total[:, season.base] = 0.0
    return total / np.maximum(count, 1), count


def _by_level(
    level: Floats, effects: list[Floats], seasons: tuple[Season, ...],
    shape: tuple[int, ...],
) -> Floats:  # fmt: skip
    """Counts of which more are usual vary more: their root in proportion to itself."""
    root = np.repeat(level[:, None], shape[1], axis=1)
    for found, season in zip(effects, seasons, strict=True):
        root = root + found[:, season.slots]
    size = np.maximum(np.maximum(root, 0.1 * level[:, None]), 1e-6) ** 2
    return size / size.mean(axis=1, keepdims=True)


def _by_slot(rest: Floats, seasons: tuple[Season, ...]) -> tuple[Floats, Floats]:
    """Values of a few hours of the day may vary more than those of others.

    The variance of each slot is drawn to that of all, by how much the slots differ
    beyond chance.

    Returns:
        How the variance varies from point to point, about 1, and the degrees of freedom
        that it is known from; infinite where the slots do not differ.

    Reference:
        Smyth 2004, "Linear models and empirical Bayes methods for assessing
        differential expression", Statistical Applications in Genetics 3, article 3.
    """
    unit, freedom = np.ones(rest.shape), np.full(len(rest), np.inf)
    season = first_cycle(seasons)
    if season is None:
        return unit, freedom
    far, count = _slot_means(np.abs(rest), season)
    if count.min() < SLOT_POINTS:
        return unit, freedom
    logs = 2 * np.log(np.maximum(far, LEAST_VARIANCE))
    points = count.sum(axis=1)
    left = np.maximum(points - _parameters(seasons), 1) / points
    chance = OF_MEAN_ABSOLUTE / (left * count.mean(axis=1))
    spread = logs.var(axis=1, ddof=1)
    differ = spread > chance * chi2.isf(ALIKE, season.size - 1) / (season.size - 1)
    beyond = np.where(differ, spread - chance, 1e-9)
    # The inverse of the trigamma function, by two terms of its series.
    prior = (1 + np.sqrt(1 + 2 * beyond)) / beyond
    own = 2 / chance
    usual = np.exp(logs.mean(axis=1) + _of_logs(own) - _of_logs(prior))
    drawn = prior[:, None] * usual[:, None] + own[:, None] * np.exp(logs)
    drawn /= drawn.mean(axis=1, keepdims=True)
    unit = np.where(differ[:, None], drawn, 1.0)[:, season.slots]
    return unit, np.where(differ, prior + own, np.inf)


def _of_logs(freedom: Floats) -> Floats:
    """How far the logarithm of a variance lies below that of what it is of."""
    return np.asarray(np.log(freedom / 2) - digamma(freedom / 2), dtype=float)


def first_cycle(seasons: tuple[Season, ...]) -> Season | None:
    """The shortest season that is known from the start, such as hours of a day."""
    return next((item for item in seasons if item.from_start), None)


@dataclass(frozen=True, slots=True)
class _Noise:
    """Noise of the first points of each series.

    Attributes:
        typical: What sampling gives a point of as many orders as they have on average.
        extra: Noise beyond it.
        freedom: Degrees of freedom that it is known from.
        weights: What each point tells of it, beside a typical one.
        points: Noise of each point.
        used: Which points are the first ones.
    """

    typical: Floats
    extra: Floats
    freedom: Floats
    weights: Floats
    points: Floats
    used: NDArray[np.bool_]


def _noise(
    scaled: Scaled, used: NDArray[np.bool_], rest: Floats, parameters: int
) -> _Noise:
    """Noise of the first points; those of few orders count for less.

    A square tells of the noise by the inverse of the square of its own variance.
    """
    points = np.maximum(used.sum(axis=1), 1)
    left = np.maximum(points - parameters, 1) / points
    known = np.where(used, scaled.known, 0.0)
    squares = np.where(used, rest, 0.0) ** 2 / scaled.unit
    found = squares.sum(axis=1) / left - (known / scaled.unit).sum(axis=1)
    beyond = np.maximum(found / points, 0.0)
    typical = _typical(scaled.known / scaled.unit, used)
    weights = _told(scaled.known / scaled.unit, typical, beyond)
    held = np.where(used, weights, 0.0)
    total = np.maximum(held.sum(axis=1), LEAST_VARIANCE)
    found = (held * squares).sum(axis=1) / (total * left)
    extra = found - (held * known / scaled.unit).sum(axis=1) / total
    extra = np.maximum(extra, (LEAST_DISPERSION - 1) * typical)
    many = total**2 / np.maximum((held**2).sum(axis=1), LEAST_VARIANCE)
    noise = noise_of(scaled.known, scaled.unit, typical[:, None], extra[:, None])
    return _Noise(typical, extra, np.maximum(many * left, 1.0), weights, noise, used)


def noise_of(known: Floats, unit: Floats, typical: Floats, extra: Floats) -> Floats:
    """Noise of points: what is beyond sampling is added, what is missing is a share."""
    share = 1 + extra / np.maximum(typical, LEAST_VARIANCE)
    return np.where(extra < 0, known * share, known + extra * unit)


def _typical(known: Floats, used: NDArray[np.bool_]) -> Floats:
    """Sampling noise of as many orders as the points have on average."""
    is_known = used & (known > 0)
    orders = np.where(is_known, 1 / np.where(is_known, known, 1.0), 0.0).sum(axis=1)
    return np.where(orders > 0, is_known.sum(axis=1) / np.maximum(orders, 1e-300), 0.0)


def _told(known: Floats, typical: Floats, beyond: Floats) -> Floats:
    usual = (typical + beyond)[:, None]
    own = known + beyond[:, None]
    weights = np.where(own > 0, usual / np.where(own > 0, own, 1.0), 1.0)
    return np.minimum(weights, 1.0) ** 2


def _shrunken(
    found: Floats, count: Floats, noise: _Noise, season: Season
) -> tuple[Floats, Floats]:
    """Effects drawn to 0 as far as noise explains them, with what is uncertain."""
    usual = np.maximum(noise.typical + noise.extra, LEAST_VARIANCE)[:, None]
    if not season.from_start:
        return found, np.repeat(season.prior * usual, season.size, axis=1)
    member = np.eye(season.size)[season.slots]
    together = np.where(noise.used, noise.points, 0.0) @ member
    own = np.where(count > 0, together / np.maximum(count, 1), usual)
    sampling = own / np.maximum(count, 0.5)
    spread = found.var(axis=1) - sampling.mean(axis=1)
    true = np.maximum(spread[:, None], LEAST_EFFECT * usual)
    weight = true / (true + sampling)
    return found * weight, weight * sampling
