"""When an event began and ended, and what shape it has, seen in hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.trends.findings import Shape
from analysis.trends.scales import Floats
from analysis.trends.windows import REACH

#: Days by which begin and end of what stood out are moved to fit best.
MARGIN = 14
#: A day counts for at most so many times the usual excess of the event.
CLIPPED = 1.5
#: An event of so many days or more that has not ended is a shift.
LASTING = 7
#: Days before a step that a drift may have begun, and how long it lasts at least.
DRIFT_REACH, LEAST_DRIFT = 28, 14
#: Log-likelihood by which a ramp must describe the days better than a step does.
DRIFT_GAIN = 3.0
#: Heights, as a share of what is usual, among which the likeliest is taken.
HEIGHTS_UP = np.geomspace(0.05, 8.0, 40)
HEIGHTS_DOWN = -np.linspace(0.05, 0.95, 19)


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

    A ramp from any day on is held against a step from any day on, both by their
    likelihood over the same days; what went before is taken from weeks that neither
    can have reached.
    """
    early = max(start - DRIFT_REACH, REACH // 2)
    expected = due * level_before(tops, due, early)
    days = slice(early, stop + 1)
    seen, awaited = tops[days], expected[days]
    side = float(
        np.sign(tops[start : stop + 1].sum() - expected[start : stop + 1].sum())
    )
    begins = np.arange(max(first - early, 0), len(seen))
    count = len(begins) - LEAST_DRIFT + 1
    if count < 1:
        return None
    since = np.arange(len(seen))[None, :] - begins[:, None] + 1.0
    step = _best_shape(seen, awaited, (since > 0).astype(float), side)
    grown = np.clip(since / since[:, -1:], 0.0, 1.0)[:count]
    ramp = _best_shape(seen, awaited, grown, side)
    noise = dispersion(tops[:early], expected[:early])
    if ramp.max() - step.max() < DRIFT_GAIN * noise:
        return None
    return early + int(begins[ramp.argmax()])


def _best_shape(seen: Floats, awaited: Floats, shapes: Floats, side: float) -> Floats:
    """Log-likelihood (Poisson) that each shape gains at its best height."""
    heights = HEIGHTS_UP if side > 0 else HEIGHTS_DOWN
    factors = 1.0 + heights[:, None, None] * shapes[None, :, :]
    gains: Floats = (np.log(factors) @ seen - (factors - 1.0) @ awaited).max(axis=0)
    return gains


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
