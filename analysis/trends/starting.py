"""Where the filters start: level, effects and noise of the first periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class Start:
    """The first state of the filters; a row per series.

    Attributes:
        level: Mean of the first periods, without effects.
        effects: For each season, series by slot.
        effect_variances: How uncertain they are.
        variance: Noise of a typical point.
        extra: The part of it beyond sampling.
        floor: Noise that is left at least.
        freedom: Degrees of freedom of the noise.
        ready_at: Time of the last point that was used.
    """

    level: Floats
    effects: list[Floats]
    effect_variances: list[Floats]
    variance: Floats
    extra: Floats
    floor: Floats
    freedom: Floats
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
    noise = _noise(scaled, used, rest, _parameters(seasons))
    usual = np.maximum(noise[0], LEAST_VARIANCE)
    shrunken = [
        _shrunken(found, count, usual, season)
        for found, count, season in zip(effects, counts, seasons, strict=True)
    ]
    ready_at = np.where(seen[:, -1] < warm_up, values.shape[1], _reached(seen, warm_up))
    variance, extra, freedom = noise
    floor = (LEAST_SHARE * np.abs(level)) ** 2 + LEAST_VARIANCE
    return Start(
        level=level,
        effects=[item[0] for item in shrunken],
        effect_variances=[item[1] for item in shrunken],
        variance=np.maximum(variance, floor),
        extra=extra,
        floor=floor,
        freedom=freedom,
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


def _noise(
    scaled: Scaled, used: NDArray[np.bool_], rest: Floats, parameters: int
) -> tuple[Floats, Floats, Floats]:
    """Noise of a typical point, the part beyond sampling, and its freedom."""
    points = np.maximum(used.sum(axis=1), 1)
    freedom = np.maximum(points - parameters, 1).astype(float)
    found = np.nansum(np.where(used, rest, 0.0) ** 2, axis=1) / freedom
    known = np.where(used, scaled.known, 0.0).sum(axis=1) / points
    variance = np.maximum(found, LEAST_DISPERSION * known)
    return variance, variance - known, freedom


def _shrunken(
    found: Floats, count: Floats, variance: Floats, season: Season
) -> tuple[Floats, Floats]:
    """Effects drawn to 0 as far as noise explains them, with what is uncertain."""
    if not season.from_start:
        wide = np.repeat(season.prior * variance[:, None], season.size, axis=1)
        return found, wide
    sampling = variance[:, None] / np.maximum(count, 0.5)
    true = np.maximum(
        found.var(axis=1) - sampling.mean(axis=1), LEAST_EFFECT * variance
    )
    weight = true[:, None] / (true[:, None] + sampling)
    return found * weight, weight * sampling
