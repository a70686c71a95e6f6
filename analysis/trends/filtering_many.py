"""The filters of ``filtering`` over many series at once: arrays of filters by series.

One series is fastest as plain numbers, thousands are as arrays; both are the same
recursion, and a test holds the one against the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.trends.filter_settings import (
    BOUND,
    GAIN,
    HEAVY,
    KEPT,
    MEMORY,
    NOISE_STEPS,
    OUTLYING,
    OUTLYING_SHARE,
    OUTLYING_STEPS,
    RETURN_STEPS,
    SCATTER,
    SEASON_WALK,
    SLOPE,
    START_VARIANCE,
    STEP,
    WALKS,
)
from analysis.trends.scales import Floats, Scaled
from analysis.trends.starting import (
    LEAST_DISPERSION,
    LEAST_VARIANCE,
    Start,
    noise_of,
)

Booleans = NDArray[np.bool_]


def foretell_many(
    scaled: Scaled, first: Start, active: list[tuple[int, ...]], moved_after: int
) -> Floats:
    """Mean, variance, level and freedom at each time of each series.

    Args:
        scaled: The series, one a row.
        first: What they begin with.
        active: Effects at work at each time, numbered through all seasons.
        moved_after: Far points in a row after which a level has moved.

    Returns:
        (4, series, times); NaN before a series can be foretold.
    """
    bank = _Bank(scaled, first, moved_after)
    kept = np.full((4, *scaled.points.shape), np.nan)
    for time, slots in enumerate(active):
        kept[:, :, time] = bank.step(time, slots)
    return kept


@dataclass(frozen=True, slots=True)
class _Now:
    """One time of all filters, series along the last axis.

    Attributes:
        time: The time.
        slots: Effects at work.
        noise: Variance of the points about their mean.
        variance: With how uncertain the mean is.
        error: Of the points; 0 where one is missing.
        size: The error in standard deviations.
        seen: Where there is a point.
        ready: Where effects and noise are learned, too.
    """

    time: int
    slots: tuple[int, ...]
    noise: Floats
    variance: Floats
    error: Floats
    size: Floats
    seen: Booleans
    ready: Booleans


class _Bank:
    """The state of all filters of all series."""

    def __init__(self, scaled: Scaled, first: Start, moved_after: int) -> None:
        shape = (len(WALKS), len(first.level))
        self._points = np.ascontiguousarray(scaled.points.T)
        self._known = np.ascontiguousarray(scaled.known.T)
        self._unit = np.ascontiguousarray(first.unit.T)
        self._weights = np.ascontiguousarray(first.weights.T)
        self._typical = first.typical
        self._ready_at, self._floor = first.ready_at + 1, first.floor
        self._moved_after = moved_after
        self._walks = np.array(WALKS)[:, None]
        self._level = np.tile(first.level, (shape[0], 1))
        self._level_var = np.tile(START_VARIANCE * first.variance, (shape[0], 1))
        self._effects = _by_slot(first.effects, shape[0])
        self._effect_vars = _by_slot(first.effect_variances, shape[0])
        self._extra = np.tile(first.extra, (shape[0], 1))
        self._steps = np.minimum(first.freedom, NOISE_STEPS)
        self._noise_var = 2 / first.freedom
        self._scores = np.zeros(shape)
        self._outlying, self._run = np.zeros(shape), np.zeros(shape)
        self._run_errors = np.zeros(shape)
        self._left, self._left_at = np.full(shape, np.nan), np.full(shape, -np.inf)

    def step(self, time: int, slots: tuple[int, ...]) -> Floats:
        """Foretell one time of all series, then learn from it: (4, series)."""
        ready = time >= self._ready_at
        known = self._known[time]
        noise = noise_of(known, self._unit[time], self._typical, self._extra)
        noise = np.maximum(noise, np.maximum(LEAST_DISPERSION * known, self._floor))
        least = np.maximum(LEAST_DISPERSION * self._typical, self._floor)
        usual = np.maximum(self._typical + self._extra, least)
        self._level_var += self._walks * usual
        mean, variance = self._level.copy(), noise + self._level_var
        for slot in slots:
            self._effect_vars[slot] += np.where(ready, SEASON_WALK * usual, 0.0)
            mean += self._effects[slot]
            variance += np.where(ready, self._effect_vars[slot], 0.0)
        told = self._mixed(mean, variance, ready)
        error = self._points[time] - mean
        seen = ~np.isnan(error)
        error = np.where(seen, error, 0.0)
        size = np.abs(error) / np.sqrt(variance)
        self._learn(_Now(time, slots, noise, variance, error, size, seen, seen & ready))
        return told

    def _mixed(self, mean: Floats, variance: Floats, ready: Booleans) -> Floats:
        """The filters together, weighted by what they foretold so far."""
        weights = np.exp(self._scores - self._scores.max(axis=0))
        weights /= weights.sum(axis=0)
        mixed = (weights * mean).sum(axis=0)
        spread = (weights * (variance + (mean - mixed) ** 2)).sum(axis=0)
        level = (weights * self._level).sum(axis=0)
        told = np.array([mixed, spread, level, 2 / self._noise_var])
        return np.where(ready, told, np.nan)

    def _learn(self, now: _Now) -> None:
        surprise = 0.5 * np.log(now.variance)
        surprise += (HEAVY + 1) / 2 * np.log1p(now.size**2 / HEAVY)
        self._scores = np.where(
            now.seen, MEMORY * self._scores - surprise, self._scores
        )
        self._update(now)
        self._learn_noise(now)
        self._follow_moves(now)

    def _update(self, now: _Now) -> None:
        trust = np.where(now.seen, BOUND / np.maximum(now.size, BOUND), 0.0)
        share = self._level_var / now.variance * trust
        self._level += share * now.error
        self._level_var *= 1 - share
        trust = np.where(now.ready, trust, 0.0)
        for slot in now.slots:
            share = self._effect_vars[slot] / now.variance * trust
            self._effects[slot] += share * now.error
            self._effect_vars[slot] *= 1 - share

    def _learn_noise(self, now: _Now) -> None:
        known, weight = self._known[now.time], self._weights[now.time]
        typical = np.maximum(self._typical, LEAST_VARIANCE)
        unit = np.where(self._extra < 0, known / typical, self._unit[now.time])
        is_far = now.size > OUTLYING
        self._outlying += now.ready * (is_far - self._outlying) / OUTLYING_STEPS
        is_event = is_far & (self._outlying < OUTLYING_SHARE)
        bounded = np.where(is_event, 1.0, np.minimum(now.size, BOUND) ** 2 / KEPT)
        gain = weight * GAIN / (self._steps + STEP)
        moved = self._extra + gain * now.variance * (bounded - 1) / unit
        least = (LEAST_DISPERSION - 1) * self._typical
        least = np.where(self._typical > 0, least, 1e-3 * now.noise)
        self._extra = np.where(now.ready, np.maximum(moved, least), self._extra)
        ready = now.ready[0]
        self._steps = np.minimum(self._steps + weight * STEP * ready, NOISE_STEPS)
        learned = (1 - SLOPE * gain) ** 2 * self._noise_var + gain**2 * SCATTER
        self._noise_var = np.where(ready, learned, self._noise_var)

    def _follow_moves(self, now: _Now) -> None:
        far = now.ready & (now.size > BOUND)
        near = now.ready & ~far
        same = now.error * self._run_errors > 0
        run = np.where(same, self._run + 1, 1.0)
        total = np.where(same, self._run_errors + now.error, now.error)
        self._run = np.where(far, run, np.where(near, 0.0, self._run))
        self._run_errors = np.where(far, total, np.where(near, 0.0, self._run_errors))
        if not far.any():
            return
        self._return(now, far)
        self._move(now, far & (self._run >= self._moved_after))

    def _return(self, now: _Now, far: Booleans) -> None:
        is_recent = now.time - self._left_at < RETURN_STEPS
        gone = (now.error - (self._left - self._level)) ** 2
        with np.errstate(invalid="ignore"):
            back = far & is_recent & (gone < now.variance)
        self._level = np.where(back, self._left, self._level)
        self._left_at = np.where(back, -np.inf, self._left_at)
        self._run = np.where(back, 0.0, self._run)

    def _move(self, now: _Now, moved: Booleans) -> None:
        if not moved.any():
            return
        self._left = np.where(moved, self._level, self._left)
        self._left_at = np.where(moved, now.time, self._left_at)
        step = self._run_errors / np.maximum(self._run, 1.0)
        self._level = np.where(moved, self._level + step, self._level)
        wider = self._level_var + now.variance / self._moved_after
        self._level_var = np.where(moved, wider, self._level_var)
        self._run = np.where(moved, 0.0, self._run)
        self._run_errors = np.where(moved, 0.0, self._run_errors)


def _by_slot(parts: Sequence[Floats], filters: int) -> Floats:
    """Effects of all seasons as (slots, filters, series)."""
    if not parts:
        return np.empty((0, filters, 0))
    joined = np.concatenate(parts, axis=1).T
    return np.repeat(joined[:, None, :], filters, axis=1)
