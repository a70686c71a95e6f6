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
from scipy.special import stdtr, stdtrit

from analysis.trends.filter_settings import (
    BOUND,
    GAIN,
    KEPT,
    NOISE_STEPS,
    OUTLYING,
    STEP,
)
from analysis.trends.filtering_many import foretell_many
from analysis.trends.filtering_one import foretell_each
from analysis.trends.scales import Floats, Scaled
from analysis.trends.seasons import Season
from analysis.trends.starting import first_cycle, start

#: From so many series on they are filtered as arrays, below one by one.
MANY = 8


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
        form = foretell_many if len(points) >= MANY else foretell_each
        kept = form(scaled, first, active, moved_after)
    mean, variance, level, freedom = kept
    with np.errstate(invalid="ignore"):
        errors = (points - mean) / np.sqrt(variance)
    found = Foretold(mean, variance, level, freedom, errors)
    season = first_cycle(seasons)
    if points.shape[1] > warm_up and season and np.isfinite(first.slot_freedom).any():
        return _with_slots(found, season.size, first.slot_freedom)
    return found


def _with_slots(found: Foretold, size: int, freedom: Floats) -> Foretold:
    """What was foretold, with the noise of each slot learned from its own errors.

    Args:
        found: What was foretold of each point.
        size: Slots, such as the hours of a day.
        freedom: Degrees of freedom that their noise was known from at first.
    """
    series, steps = found.errors.shape
    spare = -steps % size
    errors = np.pad(found.errors, ((0, 0), (0, spare)), constant_values=np.nan)
    learned = _noise_of_slots(errors.reshape(series, -1, size) ** 2, freedom)
    ratio, known = (item.reshape(series, -1)[:, :steps] for item in learned)
    return Foretold(
        expected=found.expected,
        variance=found.variance * ratio,
        level=found.level,
        freedom=1 / (1 / found.freedom + 1 / known),
        errors=found.errors / np.sqrt(ratio),
    )


def _noise_of_slots(squares: Floats, freedom: Floats) -> tuple[Floats, Floats]:
    """Noise of slots beside what it was taken for, and its degrees of freedom.

    Each is that before the point. Errors are bounded, and far ones left out, as in how
    the filters learn noise.

    Args:
        squares: Squared standardised errors: series, rounds, slots.
        freedom: Degrees of freedom at first, by series.
    """
    ratios, freedoms = np.empty_like(squares), np.empty_like(squares)
    ratio = np.ones((len(squares), squares.shape[2]))
    known = freedom[:, None] * ratio
    most = np.maximum(known, NOISE_STEPS)
    for number in range(squares.shape[1]):
        ratios[:, number], freedoms[:, number] = ratio, known
        square = squares[:, number] / ratio
        told = np.where(square > OUTLYING**2, 1.0, np.minimum(square, BOUND**2) / KEPT)
        gain = GAIN / (known + STEP)
        ratio = ratio * (1 + np.where(np.isnan(told), 0.0, gain * (told - 1)))
        known = np.minimum(known + STEP * ~np.isnan(told), most)
    return ratios, freedoms


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
