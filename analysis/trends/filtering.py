"""One-step-ahead expectations of many series at once, by robust filters.

A series is a level, effects of its seasons and noise. The noise is what sampling gives
plus what goes beyond it (Laney's over-dispersion), learned from the one-step-ahead
errors and never from residuals. Several filters run side by side, from a level that
stands still to one that walks, each weighted by how well it foretold the points so
far. Updates are bounded (Huber), so that an anomaly does not pull the level; after some
far points in a row on one side the level is taken to have moved.

Everything at a point comes from earlier points.

Reference:
    West and Harrison 1997, "Bayesian Forecasting and Dynamic Models", chapters 4, 10
    and 12; Laney 2002, "Improved control charts for attributes", Quality Engineering
    14, 531-537.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import norm

from analysis.trends.scales import Floats, Scaled
from analysis.trends.seasons import Season
from analysis.trends.starting import Start, start

Booleans = NDArray[np.bool_]

#: Variance of the level's step, as a share of the noise: one filter for each.
WALKS = (0.0, 0.003, 0.02, 0.1, 1.0)
#: Weight of older errors in how a filter is judged, a step.
MEMORY = 0.985
#: Steps over which the noise is learned, at most.
NOISE_STEPS = 60.0
#: How fast effects of seasons change, as a share of the noise a step.
SEASON_WALK = 0.002
#: Errors are bounded at so many standard deviations.
BOUND = 2.0
#: Errors beyond this are events while they are fewer than this share of so many steps.
OUTLYING = 2.8
OUTLYING_SHARE = 0.15
OUTLYING_STEPS = 30
#: Share of the sampling noise that is left at least.
LEAST_NOISE = 0.5
#: A level left for another is remembered for so many steps.
RETURN_STEPS = 60
#: Freedom of the density by which filters are weighted.
_HEAVY = 5.0
#: Mean of a bounded squared standard normal: keeps the noise unbiased.
_KEPT = float(
    1 - 2 * BOUND * norm.pdf(BOUND)
    + 2 * (BOUND**2 - 1) * norm.sf(BOUND)
    - 2 * (BOUND**2 - 1) * norm.sf(OUTLYING)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Foretold:
    """What was foretold of each point from the points before; series by time.

    NaN where a series was not long enough yet.

    Attributes:
        expected: Mean, on the scale of the series.
        variance: Variance of the point around it.
        level: The part of the mean that is no season.
        freedom: Degrees of freedom of the variance.
        errors: The point's standardised one-step-ahead error; NaN if it is missing.
    """

    expected: Floats
    variance: Floats
    level: Floats
    freedom: Floats
    errors: Floats

    @property
    def p_values(self) -> Floats:
        """Two-sided: how rare an error of this size is."""
        return np.asarray(2 * stdtr(self.freedom, -np.abs(self.errors)), dtype=float)

    def half_width(self, false_alarms: float) -> Floats:
        """Half the width of the interval that a share of the normal points leaves."""
        reach = stdtrit(self.freedom, 1 - false_alarms / 2)
        return np.asarray(reach * np.sqrt(self.variance), dtype=float)


def foretell(
    scaled: Scaled, seasons: tuple[Season, ...], *, warm_up: int, moved_after: int
) -> Foretold:
    """Foretell each point of many series from the points before it.

    Args:
        scaled: The series, one a row, at even steps.
        seasons: Effects that all of them have.
        warm_up: Points that a series is learned from before the first is foretold.
        moved_after: Far points in a row on one side after which the level has moved.
    """
    shape = scaled.points.shape
    kept = {name: np.full(shape, np.nan) for name in ("mean", "var", "level", "free")}
    if shape[1] > warm_up:
        first = start(scaled, seasons, warm_up)
        bank = _Bank(scaled, seasons, first, moved_after)
        for time in range(warm_up, shape[1]):
            bank.step(time, kept)
    with np.errstate(invalid="ignore"):
        errors = (scaled.points - kept["mean"]) / np.sqrt(kept["var"])
    return Foretold(kept["mean"], kept["var"], kept["level"], kept["free"], errors)


@dataclass(frozen=True, slots=True)
class _Step:
    """One time: what the filters foretold of it, and the point that came."""

    time: int
    slots: list[int]
    ready: Booleans
    mean: Floats
    seasonal: Floats
    variance: Floats
    noise: Floats
    points: Floats

    @property
    def seen(self) -> Booleans:
        return self.ready & ~np.isnan(self.points)

    @property
    def error(self) -> Floats:
        return np.where(self.seen, self.points - self.mean, 0.0)


class _Bank:
    """The state of all filters of all series: arrays of series by filters."""

    def __init__(
        self,
        scaled: Scaled,
        seasons: tuple[Season, ...],
        first: Start,
        moved_after: int,
    ) -> None:
        count = len(first.level)
        self._scaled = scaled
        self._seasons = seasons
        self._ready_at = first.ready_at
        self._moved_after = moved_after
        self._walks = np.array(WALKS)[None, :]
        self._level = _wide(first.level)
        steps = np.minimum(first.freedom, NOISE_STEPS)[:, None]
        self._level_var = _wide(first.variance) * (1 / 7 + 3 * self._walks)
        self._effects = [_wide(item) for item in first.effects]
        self._effect_vars = [_wide(item) for item in first.effect_variances]
        self._extra = _wide(first.extra)
        self._floor = first.floor[:, None]
        self._steps = steps
        self._scores = np.zeros((count, len(WALKS)))
        self._outlying = np.zeros((count, len(WALKS)))
        self._run = np.zeros((count, len(WALKS)))
        self._run_errors = np.zeros((count, len(WALKS)))
        self._left = np.full((count, len(WALKS)), np.nan)
        self._left_at = np.full((count, len(WALKS)), -RETURN_STEPS)

    def step(self, time: int, kept: dict[str, Floats]) -> None:
        """Foretell one time, then learn from it."""
        ready = (self._ready_at < time)[:, None]
        noise = self._noise(time)
        self._level_var += np.where(ready, self._walks * noise, 0.0)
        slots = [int(season.slots[time]) for season in self._seasons]
        seasonal, seasonal_var = self._seasonal(slots, noise)
        now = _Step(
            time=time,
            slots=slots,
            ready=ready,
            mean=self._level + seasonal,
            seasonal=seasonal,
            variance=noise + self._level_var + seasonal_var,
            noise=noise,
            points=self._scaled.points[:, time][:, None],
        )
        self._keep(now, kept)
        self._learn(now)

    def _noise(self, time: int) -> Floats:
        known = self._scaled.known[:, time][:, None]
        noise = known + self._extra * self._scaled.unit[:, time][:, None]
        return np.maximum(noise, np.maximum(LEAST_NOISE * known, self._floor))

    def _seasonal(self, slots: list[int], noise: Floats) -> tuple[Floats, Floats]:
        total, total_var = np.zeros_like(self._level), np.zeros_like(self._level)
        for place, (season, slot) in enumerate(zip(self._seasons, slots, strict=True)):
            if slot == season.base:
                continue
            variances = self._effect_vars[place]
            variances[:, :, slot] += SEASON_WALK * noise
            total += self._effects[place][:, :, slot]
            total_var += variances[:, :, slot]
        return total, total_var

    def _keep(self, now: _Step, kept: dict[str, Floats]) -> None:
        """The filters' mixture, weighted by what they foretold so far."""
        best = self._scores.max(axis=1, keepdims=True)
        weights = np.exp(self._scores - best)
        weights /= weights.sum(axis=1, keepdims=True)
        mixed = (weights * now.mean).sum(axis=1)
        spread = (now.mean - mixed[:, None]) ** 2
        level = (weights * (now.mean - now.seasonal)).sum(axis=1)
        of_ready = np.where(now.ready[:, 0], 1.0, np.nan)
        variance = (weights * (now.variance + spread)).sum(axis=1)
        kept["mean"][:, now.time] = mixed * of_ready
        kept["var"][:, now.time] = variance * of_ready
        kept["level"][:, now.time] = level * of_ready
        kept["free"][:, now.time] = self._steps[:, 0] * of_ready

    def _learn(self, now: _Step) -> None:
        seen, error, variance = now.seen, now.error, now.variance
        z = error / np.sqrt(variance)
        trust = np.where(seen, BOUND / np.maximum(np.abs(z), BOUND), 0.0)
        surprise = 0.5 * np.log(variance) + (_HEAVY + 1) / 2 * np.log1p(z * z / _HEAVY)
        self._scores = np.where(seen, MEMORY * self._scores - surprise, self._scores)
        self._update(now.slots, error * trust, trust, variance)
        self._learn_noise(now, seen, z)
        self._follow_moves(now, seen, z, error)

    def _update(
        self, slots: list[int], error: Floats, trust: Floats, variance: Floats
    ) -> None:
        gain = self._level_var / variance
        self._level += gain * error
        self._level_var *= 1 - gain * trust
        for place, (season, slot) in enumerate(zip(self._seasons, slots, strict=True)):
            if slot == season.base:
                continue
            gain = self._effect_vars[place][:, :, slot] / variance
            self._effects[place][:, :, slot] += gain * error
            self._effect_vars[place][:, :, slot] *= 1 - gain * trust

    def _learn_noise(self, now: _Step, seen: Booleans, z: Floats) -> None:
        outlying = np.where(seen, np.abs(z) > OUTLYING, 0.0)
        self._outlying += (outlying - self._outlying) * seen / OUTLYING_STEPS
        # A few far points are events and say nothing of the noise; many are noise.
        is_event = (outlying > 0) & (self._outlying < OUTLYING_SHARE)
        bounded = np.where(is_event, 1.0, np.minimum(z * z, BOUND**2) / _KEPT)
        unit = self._scaled.unit[:, now.time][:, None]
        known = self._scaled.known[:, now.time][:, None]
        gain = 1 / (self._steps + 1)
        moved = self._extra + gain * now.variance * (bounded - 1) / unit
        # Where sampling noise is known, some points may scatter less than it by chance.
        least = np.where(known > 0, (LEAST_NOISE - 1) * known, 1e-3 * now.noise) / unit
        self._extra = np.where(seen, np.maximum(moved, least), self._extra)
        self._steps = np.minimum(self._steps + seen, NOISE_STEPS)

    def _follow_moves(
        self, now: _Step, seen: Booleans, z: Floats, error: Floats
    ) -> None:
        """Let the level move after a run of far points, or back to where it was."""
        far = seen & (np.abs(z) > BOUND)
        same = np.sign(z) == np.sign(self._run_errors)
        run = np.where(far, np.where(same, self._run + 1, 1), 0)
        total = np.where(far, np.where(same, self._run_errors, 0) + error, 0)
        self._run = np.where(seen, run, self._run)
        self._run_errors = np.where(seen, total, self._run_errors)
        self._return(now, far, error)
        moved = self._run >= self._moved_after
        if moved.any():
            step = self._run_errors / np.maximum(self._run, 1)
            self._left = np.where(moved, self._level, self._left)
            self._left_at = np.where(moved, now.time, self._left_at)
            self._level = np.where(moved, self._level + step, self._level)
            wider = self._level_var + now.variance / self._moved_after
            self._level_var = np.where(moved, wider, self._level_var)
            self._run = np.where(moved, 0, self._run)
            self._run_errors = np.where(moved, 0, self._run_errors)

    def _return(self, now: _Step, far: Booleans, error: Floats) -> None:
        recent = now.time - self._left_at < RETURN_STEPS
        gone = error - (self._left - self._level)
        back = far & recent & (gone**2 < now.variance)
        self._level = np.where(back, self._left, self._level)
        self._left_at = np.where(back, -RETURN_STEPS, self._left_at)
        self._run = np.where(back, 0, self._run)


def _wide(values: Floats) -> Floats:
    """The same for each filter, as a second axis."""
    return np.repeat(values[:, None, ...], len(WALKS), axis=1)
