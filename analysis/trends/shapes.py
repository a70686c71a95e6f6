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
#: A ramp must describe the days better than a step by this much and by this share
#: (log-likelihood).
RAMP_GAIN, RAMP_SHARE = 4.0, 1.08
#: Days before what stood out that a ramp may have begun.
RAMP_REACH = 28
#: Ramps grow evenly, or faster and faster.
POWERS = (1, 2)
#: Shortest ramp, in days.
LEAST_RAMP = 10


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
    ramp = _ramp(tops, due, begin, end, first)
    shape: Shape = "spike"
    if ramp is not None:
        start, stop, shape = *ramp, "drift"
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


def _ramp(
    tops: Floats, due: Floats, begin: int, end: int, first: int
) -> tuple[int, int] | None:
    """Begin and end of a ramp, where that describes the days better than a step.

    What went before is taken from weeks that the ramp cannot have reached.
    """
    early = max(begin - RAMP_REACH, REACH // 2)
    expected = due * level_before(tops, due, early)
    noise = dispersion(tops[:early], expected[:early])
    ramp = _best_ramp(tops, expected, begin, end, first)
    step = _best_step(tops, expected, begin, end, first)
    if ramp is None or ramp[2] / noise < RAMP_SHARE * step[2] / noise + RAMP_GAIN:
        return None
    return ramp[:2]


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


def _best_ramp(
    tops: Floats, expected: Floats, begin: int, end: int, first: int
) -> tuple[int, int, float] | None:
    """The same for a ramp from the expected level."""
    best: tuple[int, int, float] | None = None
    for start in range(max(begin - 3 * MARGIN, first, 0), end + 1):
        for stop in range(max(start + LEAST_RAMP, end - MARGIN),
                          min(end + MARGIN, len(tops) - 1) + 1):  # fmt: skip
            days = slice(start, stop + 1)
            gain = max(_ramp_gain(tops[days], expected[days], power) for power in POWERS)
            if best is None or gain > best[2]:
                best = (start, stop, gain)
    return best


def _ramp_gain(seen: Floats, due: Floats, power: int) -> float:
    """Log-likelihood gained by the best slope: expected grows by a share each day."""
    days = np.arange(1, len(seen) + 1) ** power / len(seen) ** power
    known = np.maximum(due, 1e-9)
    slope = float(((seen - known) * days).sum() / max((known * days**2).sum(), 1e-9))
    for _ in range(4):
        factor = np.maximum(1 + slope * days, 0.05)
        score = (days * (seen / factor - known)).sum()
        information = (days**2 * np.maximum(seen, 0.5) / factor**2).sum()
        slope += float(score / information)
    factor = np.maximum(1 + slope * days, 0.05)
    return float((seen * np.log(factor) - known * (factor - 1)).sum())
