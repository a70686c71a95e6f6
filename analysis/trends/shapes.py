"""When an event began and ended, and what shape it has, seen in hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.trends.findings import Shape
from analysis.trends.scales import Floats
from analysis.trends.screen import REACH

#: Days by which begin and end of what stood out are moved to fit best.
MARGIN = 14
#: A day counts for at most so many times the usual excess of the event.
CLIPPED = 1.5
#: An event of so many days or more that has not ended is a shift.
LASTING = 7
#: Days before a step that a drift may have begun, and the block that is looked at.
DRIFT_REACH, BLOCK = 28, 7
#: How far a block must lie from the usual level to belong to a drift.
HIGHER = 1.3
#: The first third of a drift is off by less than this share of the last one.
GROWN = 0.6


@dataclass(frozen=True, slots=True)
class Span:
    """Days of an event.

    Attributes:
        begin: First day, as a step.
        end: Last day, included.
        shape: See ``Finding``.
        goes_on: Whether it lasts to the last day there is.
        excess: Events beyond the expected ones; negative for fewer.
    """

    begin: int
    end: int
    shape: Shape
    goes_on: bool
    excess: float


def span_of(tops: Floats, due: Floats, begin: int, end: int, *, first: int) -> Span:
    """Fit begin, end and shape of an event to one series.

    Args:
        tops: Events by day.
        due: Events to be expected by day, up to a factor.
        begin: About where it begins.
        end: About where it ends, included.
        first: First day on which it may begin.
    """
    expected = due * level_before(tops, due, begin)
    start, stop, _ = _best_step(_drawn_in(tops, expected, begin, end), expected,
                                begin, end, first)  # fmt: skip
    shape: Shape = "spike"
    grew_from = _drift(tops, due, start, stop, first) if stop > start else None
    if grew_from is not None:
        start, shape = grew_from, "drift"
    goes_on = stop >= len(tops) - 1
    if shape == "spike" and (goes_on or stop - start + 1 > 2 * LASTING):
        shape = "shift" if stop - start + 1 >= LASTING else "spike"
    days = slice(start, stop + 1)
    expected = due * level_before(tops, due, start)
    excess = float(tops[days].sum() - expected[days].sum())
    return Span(start, stop, shape, goes_on, excess)


def level_before(tops: Floats, due: Floats, begin: int) -> float:
    """How the weeks before a day compare with what was to be expected, robustly."""
    days = slice(max(begin - REACH, 0), begin)
    seen, expected = tops[days], due[days]
    known = expected > 0
    if not known.any():
        return 1.0
    level = float(seen.sum() / expected.sum())
    for _ in range(3):
        noise = np.sqrt(np.maximum(level * expected, 0.5))
        far = np.abs(seen - level * expected) / noise
        scale = max(float(np.median(far[known])) / 0.6745, 1.0)
        near = known & (far < 3 * scale)
        if not near.any():
            break
        level = float((seen[near].sum() + 0.5) / (expected[near].sum() + 0.5))
    return level


def _drawn_in(tops: Floats, expected: Floats, begin: int, end: int) -> Floats:
    """Days far beyond the usual day of the event count only in part.

    Otherwise one bad day before it would be taken for its beginning.
    """
    core = slice(begin, end + 1)
    ratios = (tops[core] + 0.5) / (expected[core] + 0.5)
    if ratios.mean() <= 1:
        return tops
    most = (1 + CLIPPED * (np.median(ratios) - 1)) * expected
    return np.minimum(tops, np.maximum(most, expected))


def _drift(tops: Floats, due: Floats, start: int, stop: int, first: int) -> int | None:
    """Where an event began that grew from small to large; None if it did not.

    The days before a step are walked back as long as the week before is higher (or
    lower) too. What went before is taken from weeks that it cannot have reached.
    """
    early = max(start - DRIFT_REACH, REACH // 2)
    expected = due * level_before(tops, due, early)
    noise = dispersion(tops[:early], expected[:early]) ** 0.5
    side = np.sign(tops[start : stop + 1].sum() - expected[start : stop + 1].sum())
    begin = start
    while begin - BLOCK >= first and begin > start - DRIFT_REACH:
        days = slice(begin - BLOCK, begin)
        far = 2 * (
            np.sqrt(tops[days].sum() + 0.5) - np.sqrt(expected[days].sum() + 0.5)
        )
        if side * far / noise < HIGHER:
            break
        begin -= 1
    third = (stop - begin + 1) // 3
    if start - begin < BLOCK or third < 1:
        return None
    ends = slice(begin, begin + third), slice(stop + 1 - third, stop + 1)
    small, large = (
        abs(tops[days].sum() / max(expected[days].sum(), 1e-9) - 1) for days in ends
    )
    return begin if small < GROWN * large else None


def dispersion(seen: Floats, expected: Floats) -> float:
    """Variance of days as a multiple of Poisson's, robustly; at least 1."""
    known = expected > 0
    if not known.any():
        return 1.0
    far = (seen[known] - expected[known]) / np.sqrt(expected[known])
    return max(float(np.median(np.abs(far)) / 0.6745) ** 2, 1.0)


def _best_step(
    tops: Floats, expected: Floats, begin: int, end: int, first: int
) -> tuple[int, int, float]:
    """Begin, end and log-likelihood ratio of the best step near an event."""
    core = slice(begin, end + 1)
    side = np.sign(tops[core].sum() - expected[core].sum())
    sums = np.concatenate([[0.0], np.cumsum(tops)])
    due = np.concatenate([[0.0], np.cumsum(expected)])
    best = (begin, end, -np.inf)
    middle = (begin + end) // 2
    for start in range(max(begin - MARGIN, first, 0), max(middle, begin) + 1):
        stops = np.arange(max(middle, start), min(end + MARGIN, len(tops) - 1) + 1)
        seen, awaited = sums[stops + 1] - sums[start], due[stops + 1] - due[start]
        gain = np.where(np.sign(seen - awaited) == side, _gain(seen, awaited), -np.inf)
        place = int(gain.argmax())
        if gain[place] > best[2]:
            best = (start, int(stops[place]), float(gain[place]))
    return best


def _gain(seen: Floats, awaited: Floats) -> Floats:
    """Log-likelihood that a level of its own gains over the expected one (Poisson)."""
    due = np.maximum(awaited, 1e-9)
    logs = np.log(np.maximum(seen, 1e-9) / due)
    return np.where(seen > 0, seen * logs, 0.0) - (seen - due)
