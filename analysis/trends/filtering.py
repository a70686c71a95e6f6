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

from dataclasses import dataclass, field
from math import inf, isnan, nan, sqrt

import numpy as np
from scipy.signal import lfilter
from scipy.special import stdtr, stdtrit
from scipy.stats import norm

from analysis.trends.scales import Floats, Scaled
from analysis.trends.seasons import Season
from analysis.trends.starting import LEAST_DISPERSION, Start, start

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
#: How uncertain the level is before any point, as a multiple of the noise, in variance.
START_VARIANCE = 10.0
#: A level left for another is remembered for so many steps.
RETURN_STEPS = 60
#: Freedom of the density by which filters are weighted.
_HEAVY = 5.0


def _of_bounded_squares() -> tuple[float, float, float]:
    """What squared standard normals, bounded and without far ones, tell of noise.

    Returns:
        Their mean; how the mean of those divided by it moves with the variance, as a
        share; their variance.
    """
    far, drawn = 2 * norm.sf(OUTLYING), 2 * norm.sf(BOUND)
    low = drawn - far
    second = 1 - drawn - 2 * BOUND * norm.pdf(BOUND)
    fourth = 3 * (1 - drawn) - 2 * (BOUND**3 + 3 * BOUND) * norm.pdf(BOUND)
    kept = (second + BOUND**2 * low) / (1 - far)
    # A smaller variance makes far points, which count as 1, of bounded ones.
    slope = second / kept - OUTLYING * norm.pdf(OUTLYING) * (BOUND**2 / kept - 1)
    scatter = (fourth + BOUND**4 * low) / kept**2 + far - 1
    return float(kept), float(slope), float(scatter)


_KEPT, _SLOPE, _SCATTER = _of_bounded_squares()
#: Degrees of freedom that one more point adds, and how far the noise follows it.
_STEP, _GAIN = 2 * _SLOPE**2 / _SCATTER, 2 * _SLOPE / _SCATTER


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
    points = scaled.points
    kept = np.full((4, *points.shape), np.nan)
    if points.shape[1] > warm_up:
        first = start(scaled, seasons, warm_up)
        active = _active(seasons, points.shape[1])
        for row in range(len(points)):
            begin = int(first.ready_at[row]) + 1
            if begin < points.shape[1]:
                series = _series(scaled, row, active, begin)
                mixed = _mixed(series, first, row, moved_after)
                kept[:, row, begin:] = mixed[:, begin:]
    mean, variance, level, freedom = kept
    with np.errstate(invalid="ignore"):
        errors = (points - mean) / np.sqrt(variance)
    return Foretold(mean, variance, level, freedom, errors)


def _active(seasons: tuple[Season, ...], steps: int) -> list[tuple[int, ...]]:
    """The effects that are at work at each time, numbered through all seasons."""
    columns, begin = [], 0
    for season in seasons:
        base = -1 if season.base is None else season.base
        columns.append(np.where(season.slots == base, -1, begin + season.slots))
        begin += season.size
    if not columns:
        return [()] * steps
    return [tuple(slot for slot in row if slot >= 0)
            for row in np.column_stack(columns).tolist()]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    """One series as plain numbers, which a recursion is fastest on.

    Attributes:
        points: The points; NaN is missing.
        known: Variance that sampling gives each.
        unit: How the variance beyond that varies.
        active: Effects at work at each time.
        ready: First time that is foretold; the points before are learned from.
    """

    points: list[float]
    known: list[float]
    unit: list[float]
    active: list[tuple[int, ...]]
    ready: int


def _series(
    scaled: Scaled, row: int, active: list[tuple[int, ...]], ready: int
) -> _Series:
    return _Series(
        points=scaled.points[row].tolist(),
        known=scaled.known[row].tolist(),
        unit=scaled.unit[row].tolist(),
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
    surprise += (_HEAVY + 1) / 2 * np.log1p(errors**2 / variances / _HEAVY)
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
        extra: Noise beyond sampling.
        floor: Noise that is left at least.
        steps: Degrees of freedom that the noise is known from, older ones forgotten.
        noise_var: How uncertain the noise is, as a share of it, in variance.
        moved_after: Far points in a row after which the level has moved.
        outlying: Share of far points of late.
        run: Far points in a row on one side.
        run_errors: Their errors together.
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
    extra: float
    floor: float
    steps: float
    noise_var: float
    moved_after: int
    outlying: float = 0.0
    run: int = 0
    run_errors: float = 0.0
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
            noise = known + self.extra * self.series.unit[time]
            noise = max(noise, LEAST_DISPERSION * known, self.floor)
            self.level_var += self.walk * noise
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
            self.effect_vars[slot] += SEASON_WALK * noise
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
        known, unit = self.series.known[time], self.series.unit[time]
        is_far = size > OUTLYING
        self.outlying += (is_far - self.outlying) / OUTLYING_STEPS
        # A few far points are events and say nothing of the noise; many are noise.
        is_event = is_far and self.outlying < OUTLYING_SHARE
        bounded = 1.0 if is_event else min(size, BOUND) ** 2 / _KEPT
        gain = _GAIN / (self.steps + _STEP)
        moved = self.extra + gain * variance * (bounded - 1) / unit
        # Where sampling noise is known, some points may scatter less than it by chance.
        least = ((LEAST_DISPERSION - 1) * known if known > 0 else 1e-3 * noise) / unit
        self.extra = max(moved, least)
        self.steps = min(self.steps + _STEP, NOISE_STEPS)
        self.noise_var *= (1 - _SLOPE * gain) ** 2
        self.noise_var += gain**2 * _SCATTER

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
