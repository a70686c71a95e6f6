"""The filters of one series, as plain numbers: a recursion is fastest on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan, nan, sqrt

import numpy as np
from scipy.signal import lfilter

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
from analysis.trends.starting import LEAST_DISPERSION, Start


def foretell_each(
    scaled: Scaled, first: Start, active: list[tuple[int, ...]], moved_after: int
) -> Floats:
    """Mean, variance, level and freedom at each time of each series, one by one.

    Args:
        scaled: The series, one a row.
        first: What they begin with.
        active: Effects at work at each time, numbered through all seasons.
        moved_after: Far points in a row after which a level has moved.

    Returns:
        (4, series, times); NaN before a series can be foretold.
    """
    kept = np.full((4, *scaled.points.shape), np.nan)
    for row in range(len(scaled.points)):
        begin = int(first.ready_at[row]) + 1
        if begin < scaled.points.shape[1]:
            series = _series(scaled, first, row, active, begin)
            mixed = _mixed(series, first, row, moved_after)
            kept[:, row, begin:] = mixed[:, begin:]
    return kept


@dataclass(frozen=True, slots=True)
class _Series:
    """One series as plain numbers, which a recursion is fastest on.

    Attributes:
        points: The points; NaN is missing.
        known: Variance that sampling gives each.
        unit: How the variance beyond that varies.
        weights: What each tells of the noise, beside a typical one.
        active: Effects at work at each time.
        ready: First time that is foretold; the points before are learned from.
    """

    points: list[float]
    known: list[float]
    unit: list[float]
    weights: list[float]
    active: list[tuple[int, ...]]
    ready: int


def _series(
    scaled: Scaled, first: Start, row: int, active: list[tuple[int, ...]], ready: int
) -> _Series:
    return _Series(
        points=scaled.points[row].tolist(),
        known=scaled.known[row].tolist(),
        unit=first.unit[row].tolist(),
        weights=first.weights[row].tolist(),
        active=active,
        ready=ready,
    )


def _mixed(series: _Series, first: Start, row: int, moved_after: int) -> Floats:
    """Mean, variance, level and freedom of the filters together, at each time."""
    filters = [
        _Filter.begun(series, walk, first=first, row=row, moved_after=moved_after)
        for walk in WALKS
    ]
    for one in filters:
        one.follow()
    means, variances, levels = (
        np.array([getattr(one, name) for one in filters])
        for name in ("means", "variances", "levels")
    )
    points = np.array(series.points)
    weights = _weights(points - means, variances)
    mean = (weights * means).sum(axis=0)
    variance = (weights * (variances + (means - mean) ** 2)).sum(axis=0)
    freedom = np.array(filters[0].freedoms)
    return np.array([mean, variance, (weights * levels).sum(axis=0), freedom])


def _weights(errors: Floats, variances: Floats) -> Floats:
    """Weight of each filter at each time, from how well it foretold those before."""
    surprise = 0.5 * np.log(variances)
    surprise += (HEAVY + 1) / 2 * np.log1p(errors**2 / variances / HEAVY)
    seen = ~np.isnan(errors[0])
    scores = lfilter([1.0], [1.0, -MEMORY], -surprise[:, seen], axis=1)
    before = np.pad(scores, ((0, 0), (1, 0)))[:, np.cumsum(seen) - seen]
    weights = np.exp(before - before.max(axis=0))
    return np.asarray(weights / weights.sum(axis=0), dtype=float)


@dataclass(slots=True)
class _Filter:
    """The state of one filter of one series, and what it foretold.

    Attributes:
        series: The series.
        walk: Variance of the level's step, as a share of the noise.
        level: Level expected.
        level_var: How uncertain it is.
        effects: Effects of all seasons.
        effect_vars: How uncertain they are.
        typical: Noise that sampling gives a typical point.
        extra: Noise beyond sampling.
        floor: Noise that is left at least.
        steps: Degrees of freedom that the noise is known from, older ones forgotten.
        noise_var: How uncertain the noise is, as a share of it, in variance.
        moved_after: Far points in a row after which the level has moved.
        outlying: Share of far points of late.
        run: Far points in a row on one side.
        run_errors: Their errors together.
        usual: Noise of a typical point now.
        left: Level left for another.
        left_at: When.
        means: What it foretold of each time,
        variances: and how points scatter around it,
        levels: the part of it that is no season,
        freedoms: and degrees of freedom of the variance.
    """

    series: _Series
    walk: float
    level: float
    level_var: float
    effects: list[float]
    effect_vars: list[float]
    typical: float
    extra: float
    floor: float
    steps: float
    noise_var: float
    moved_after: int
    outlying: float = 0.0
    run: int = 0
    run_errors: float = 0.0
    usual: float = 0.0
    left: float = nan
    left_at: float = -inf
    means: list[float] = field(default_factory=list)
    variances: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    freedoms: list[float] = field(default_factory=list)

    @classmethod
    def begun(
        cls, series: _Series, walk: float, *, first: Start, row: int, moved_after: int
    ) -> _Filter:
        """A filter at the start of a series."""
        return cls(
            series=series,
            walk=walk,
            level=float(first.level[row]),
            level_var=START_VARIANCE * float(first.variance[row]),
            effects=_joined(first.effects, row),
            effect_vars=_joined(first.effect_variances, row),
            typical=float(first.typical[row]),
            extra=float(first.extra[row]),
            floor=float(first.floor[row]),
            steps=min(float(first.freedom[row]), NOISE_STEPS),
            noise_var=2 / float(first.freedom[row]),
            moved_after=moved_after,
        )

    def follow(self) -> None:
        """Foretell each time, then learn from it."""
        ready = self.series.ready
        for time, known in enumerate(self.series.known):
            if self.extra < 0:
                noise = known * (1 + self.extra / self.typical)
            else:
                noise = known + self.extra * self.series.unit[time]
            noise = max(noise, LEAST_DISPERSION * known, self.floor)
            self.usual = max(
                self.typical + self.extra, LEAST_DISPERSION * self.typical, self.floor
            )
            self.level_var += self.walk * self.usual
            if time < ready:
                self._settle(time, noise)
            else:
                self._step(time, noise)

    def _settle(self, time: int, noise: float) -> None:
        """Find the level of the points whose effects and noise are known already."""
        mean, variance = self.level, noise + self.level_var
        for slot in self.series.active[time]:
            mean += self.effects[slot]
        self._keep(mean, variance)
        error = self.series.points[time] - mean
        if not isnan(error):
            self._update(error, abs(error) / sqrt(variance), variance, ())

    def _step(self, time: int, noise: float) -> None:
        mean, variance = self.level, noise + self.level_var
        slots = self.series.active[time]
        for slot in slots:
            self.effect_vars[slot] += SEASON_WALK * self.usual
            mean += self.effects[slot]
            variance += self.effect_vars[slot]
        self._keep(mean, variance)
        error = self.series.points[time] - mean
        if not isnan(error):
            size = abs(error) / sqrt(variance)
            self._update(error, size, variance, slots)
            self._learn_noise(time, size, variance, noise)
            self._follow_moves(time, error, size, variance)

    def _keep(self, mean: float, variance: float) -> None:
        self.means.append(mean)
        self.variances.append(variance)
        self.levels.append(self.level)
        self.freedoms.append(2 / self.noise_var)

    def _update(
        self, error: float, size: float, variance: float, slots: tuple[int, ...]
    ) -> None:
        trust = BOUND / max(size, BOUND)
        share = self.level_var / variance
        self.level += share * trust * error
        self.level_var *= 1 - share * trust
        for slot in slots:
            share = self.effect_vars[slot] / variance
            self.effects[slot] += share * trust * error
            self.effect_vars[slot] *= 1 - share * trust

    def _learn_noise(
        self, time: int, size: float, variance: float, noise: float
    ) -> None:
        known, weight = self.series.known[time], self.series.weights[time]
        unit = self.series.unit[time]
        if self.extra < 0:
            unit = known / self.typical
        is_far = size > OUTLYING
        self.outlying += (is_far - self.outlying) / OUTLYING_STEPS
        # A few far points are events and say nothing of the noise; many are noise.
        is_event = is_far and self.outlying < OUTLYING_SHARE
        bounded = 1.0 if is_event else min(size, BOUND) ** 2 / KEPT
        gain = weight * GAIN / (self.steps + STEP)
        moved = self.extra + gain * variance * (bounded - 1) / unit
        # Where sampling noise is known, some points may scatter less than it by chance.
        is_known = self.typical > 0
        least = (LEAST_DISPERSION - 1) * self.typical if is_known else 1e-3 * noise
        self.extra = max(moved, least)
        self.steps = min(self.steps + weight * STEP, NOISE_STEPS)
        self.noise_var *= (1 - SLOPE * gain) ** 2
        self.noise_var += gain**2 * SCATTER

    def _follow_moves(
        self, time: int, error: float, size: float, variance: float
    ) -> None:
        """Let the level move after a run of far points, or back to where it was."""
        if size <= BOUND:
            self.run, self.run_errors = 0, 0.0
            return
        same = error * self.run_errors > 0
        self.run = self.run + 1 if same else 1
        self.run_errors = self.run_errors + error if same else error
        is_recent = time - self.left_at < RETURN_STEPS
        if is_recent and (error - (self.left - self.level)) ** 2 < variance:
            self.level, self.left_at, self.run = self.left, -inf, 0
        if self.run >= self.moved_after:
            self.left, self.left_at = self.level, time
            self.level += self.run_errors / self.run
            self.level_var += variance / self.moved_after
            self.run, self.run_errors = 0, 0.0


def _joined(parts: list[Floats], row: int) -> list[float]:
    return [value for part in parts for value in part[row].tolist()]
