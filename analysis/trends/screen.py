"""One screen over many series: which days stand out from the weeks before them.

For each series, the sums over windows of one day to five weeks are held against the
weeks before the window, on the scale on which the noise of events is even. How far such
contrasts usually stray is learned from the series themselves, so over-dispersion and
weeks that hang together count as noise. Days found are then left out of what others
are held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.stats.multiplicity import benjamini_hochberg
from analysis.trends.scales import Floats
from analysis.trends.spreads import spreads_of
from analysis.trends.windows import Clock, contrasts_of, sliding, with_slots

#: Windows that are nearly independent of one another, a day: on the safe side of what
#: the largest contrasts of 3,600 quiet Poisson series of 90 days tell (60 events each):
#: 2.6 beyond 3.5 standard deviations, 3.4 beyond 4 and 4.0 beyond 4.3.
TESTS_A_DAY = 8.0
#: Events of one series, at most.
MAX_EVENTS = 6
#: A single anomaly must stand out by this much, whatever the number of series.
LEAST_Z = 4.0


@dataclass(frozen=True, slots=True)
class Event:
    """Days on which one series stands out.

    Attributes:
        series: Row of the series.
        begin: First day, as a step.
        end: Last day, included.
        z: Standardised contrast with the weeks before; its sign says the side.
        spread: How far such contrasts stray, as a multiple of the sampling noise.
        q_value: Share of false ones among everything at least as clear.
        effect: How its rate compares with that before, as a logarithm.
        error: Standard error of it.
    """

    series: int
    begin: int
    end: int
    z: float
    spread: float
    q_value: float
    effect: float
    error: float


@dataclass(frozen=True, slots=True)
class Screen:
    """What the screen found.

    Attributes:
        events: The clearest first.
        tested: Number of series with enough to be looked at.
    """

    events: tuple[Event, ...]
    tested: int


@dataclass(frozen=True, slots=True)
class Look:
    """How far the days of many series stray, before it is said which stand out.

    Attributes:
        tops: Events, series by day.
        due: Events to be expected, weekdays taken in.
        spreads: How far contrasts stray, series by window.
        left_out: Days that count for nothing.
        clock: The steps.
        first: First day on which an event may begin.
        best: The largest contrast of each series.
        tested: Which series have enough to be looked at.
    """

    tops: Floats
    due: Floats
    spreads: Floats
    left_out: NDArray[np.bool_]
    clock: Clock
    first: int
    best: Floats
    tested: NDArray[np.bool_]

    @property
    def p_values(self) -> Floats:
        """How rare so large a contrast is among all windows of a series."""
        count = TESTS_A_DAY * max(self.tops.shape[1] - self.first, 1)
        rare = np.minimum(2 * norm.sf(self.best) * count, 1.0)
        return np.where(self.tested, rare, np.nan)


def look(
    tops: Floats,
    due: Floats,
    *,
    clock: Clock,
    first: int,
    left_out: NDArray[np.bool_] | None = None,
) -> Look:
    """Look through series of events.

    Args:
        tops: Events, series by day.
        due: Events to be expected of such orders, series by day.
        clock: The steps.
        first: First day on which an event may begin.
        left_out: Days of series that count for nothing, as something else explains
            them.
    """
    due = with_slots(tops, due, clock.slots)
    none = np.zeros(tops.shape, dtype=bool)
    if left_out is None:
        left_out = none
    contrasts = contrasts_of(tops, due, none, clock)
    spreads = spreads_of(contrasts, due.sum(axis=1), clock, first=first)
    some = np.flatnonzero(left_out.any(axis=1))
    others = contrasts_of(tops[some], due[some], left_out[some], clock)
    best = np.full(len(tops), np.nan)
    for far, own, spread in zip(contrasts, others, spreads.T, strict=True):
        far[some] = own
        farthest = np.fmax.reduce(np.abs(far[:, first:]), axis=1, initial=np.nan)
        best = np.fmax(best, farthest / spread)
    tested = ~np.isnan(best)
    best = np.nan_to_num(best)
    return Look(tops, due, spreads, left_out, clock, first, best, tested)


def standing_out(
    looks: Sequence[Look], *, false_discoveries: float, screens: int = 1
) -> list[Screen]:
    """What stands out in each of several looks, as one family.

    Args:
        looks: Such as those of several metrics.
        false_discoveries: Share of false ones among the series called, at most.
        screens: Screens of which this is one: each has its part of the share.
    """
    if not looks:
        return []
    q_values = shares_together([one.p_values for one in looks], screens=screens)
    called = [
        (q <= false_discoveries) & (one.best >= LEAST_Z)
        for one, q in zip(looks, q_values, strict=True)
    ]
    least = min(
        float(one.best[chosen].min(initial=np.inf))
        for one, chosen in zip(looks, called, strict=True)
    )
    return [
        _screen(one, np.flatnonzero(chosen), q, least=least)
        for one, chosen, q in zip(looks, called, q_values, strict=True)
    ]


def shares_together(p_values: Sequence[Floats], *, screens: int) -> list[Floats]:
    """Share of false ones of several arrays of p-values in one family.

    Where a family is one of several screens, its shares are so many times as large:
    what is listed of all of them together has no more false ones than asked for when
    all is quiet.
    """
    joined = np.concatenate([one.ravel() for one in p_values])
    shares = np.minimum(screens * benjamini_hochberg(joined), 1.0)
    bounds = np.cumsum([one.size for one in p_values])[:-1]
    return [
        part.reshape(one.shape)
        for part, one in zip(np.split(shares, bounds), p_values, strict=True)
    ]


def screen(
    tops: Floats,
    due: Floats,
    *,
    clock: Clock,
    first: int,
    false_discoveries: float,
    left_out: NDArray[np.bool_] | None = None,
) -> Screen:
    """Look through series of events for days that stand out, as one family.

    The arguments are those of ``look`` and ``standing_out``.
    """
    seen = look(tops, due, clock=clock, first=first, left_out=left_out)
    return standing_out([seen], false_discoveries=false_discoveries)[0]


def _screen(
    seen: Look, chosen: NDArray[np.int64], q_values: Floats, *, least: float
) -> Screen:
    """The events of the series that stand out."""
    tops, due, clock = seen.tops, seen.due, seen.clock
    found = _events(
        tops[chosen],
        due[chosen],
        seen.spreads[chosen],
        seen.left_out[chosen],
        clock=clock,
        first=seen.first,
        least=least,
    )
    events = [
        Event(int(chosen[row]), begin, end, z, spread, float(q_values[chosen[row]]),
              *effect_of(tops[chosen[row]], due[chosen[row]],
                       slice(begin, end + 1), slice(max(begin - clock.reach, 0), begin),
                       spread))
        for row, begin, end, z, spread in found
    ]  # fmt: skip
    events.sort(key=lambda event: -abs(event.z))
    return Screen(tuple(events), int(seen.tested.sum()))


def _events(
    tops: Floats,
    due: Floats,
    spreads: Floats,
    left_out: NDArray[np.bool_],
    *,
    clock: Clock,
    first: int,
    least: float,
) -> list[tuple[int, int, int, float, float]]:
    """Events of each series, the clearest first; each is left out for the next."""
    found: list[tuple[int, int, int, float, float]] = []
    left_out = left_out.copy()
    rows = np.arange(len(tops))
    for _ in range(MAX_EVENTS):
        begins, widths, z, own = _clearest(
            tops[rows],
            due[rows],
            spreads=spreads[rows],
            left_out=left_out[rows],
            clock=clock,
            first=first,
        )
        clear = np.abs(z) >= least
        rows = rows[clear]
        if not len(rows):
            break
        for row, begin, width, size, spread in zip(
            rows, begins[clear], widths[clear], z[clear], own[clear], strict=True
        ):
            end = int(begin + width - 1)
            found.append((int(row), int(begin), end, float(size), float(spread)))
            left_out[row, begin : end + 1] = True
    return found


def _clearest(
    tops: Floats,
    due: Floats,
    *,
    spreads: Floats,
    left_out: NDArray[np.bool_],
    clock: Clock,
    first: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
    """The window of each series that stands out most: begin, width, z, spread."""
    count = len(tops)
    begins, widths = np.zeros(count, np.int64), np.ones(count, np.int64)
    best, own = np.zeros(count), np.ones(count)
    rows = np.arange(count)
    slides = sliding(tops, due, left_out, clock)
    for place, width in enumerate(clock.windows):
        spread = spreads[:, place]
        z = slides.contrasts(width) / spread[:, None]
        z = np.nan_to_num(z)
        z[:, :first] = 0
        at = np.abs(z).argmax(axis=1)
        better = np.abs(z[rows, at]) > np.abs(best)
        begins, widths = np.where(better, at, begins), np.where(better, width, widths)
        best = np.where(better, z[rows, at], best)
        own = np.where(better, spread, own)
    return begins, widths, best, own


def effect_of(
    tops: Floats, due: Floats, window: slice, before: slice, spread: float
) -> tuple[float, float]:
    """Log ratio of a window to the weeks before it, and its standard error."""
    now, then = tops[window].sum() + 0.5, tops[before].sum() + 0.5
    expected = (due[window].sum() + 0.5) * then / (due[before].sum() + 0.5)
    return float(np.log(now / expected)), float(spread * (1 / now + 1 / then) ** 0.5)
