"""When an event began and ended, and what shape it has, seen in hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

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
#: How much better two steps must describe them than a ramp, which has one begin and one
#: height less: half the logarithm of the days for a height, a whole one for a day
#: (Bayesian information criterion).
SECOND_STEP = 1.5
#: A level of its own lasts for so many days at least.
LEAST_LEVEL = 3
#: Share of even events that are parted all the same.
FALSE_PARTS = 0.01
#: Heights, as a share of what is usual, among which the likeliest is taken.
HEIGHTS_UP = np.geomspace(0.05, 8.0, 40)
HEIGHTS_DOWN = -np.linspace(0.05, 0.95, 19)
#: Heights as log odds.
ODDS = np.geomspace(0.1, 6.0, 30)


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


def span_of(
    tops: Floats, due: Floats, begin: int, end: int, *, first: int,
    orders: Floats | None = None,
) -> Span:  # fmt: skip
    """Fit begin, end and shape of an event to one series.

    Args:
        tops: Events by day.
        due: Events to be expected by day, up to a factor.
        begin: About where it begins.
        end: About where it ends, included.
        first: First day on which it may begin.
        orders: What a rate is of; a drift of it grows evenly in the odds.
    """
    expected = due * level_before(tops, due, begin)
    start, stop, _ = _best_step(_drawn_in(tops, expected, begin, end), expected,
                                begin, end, first)  # fmt: skip
    shape: Shape = "spike"
    grew_from = (
        _drift(tops, due, orders, (start, stop), first) if stop > start else None
    )
    if grew_from is not None:
        start, shape = grew_from, "drift"
    else:
        start, stop = _clearest_level(tops, expected, start, stop)
    goes_on = stop >= len(tops) - 1
    if shape == "spike" and (goes_on or stop - start + 1 > 2 * LASTING):
        shape = "shift" if stop - start + 1 >= LASTING else "spike"
    days = slice(start, stop + 1)
    expected = due * level_before(tops, due, start)
    excess = float(tops[days].sum() - expected[days].sum())
    return Span(start, stop, shape, goes_on, excess)


def _clearest_level(
    tops: Floats, expected: Floats, start: int, stop: int
) -> tuple[int, int]:
    """The part of an event that is off by one amount, and clearest.

    What is a little off for weeks and then goes bad in a day is two things: the days
    are parted while two levels describe them better by far (binary segmentation), and
    the clearer part is kept. One far day parts nothing: it is noise of both levels.

    Reference:
        Scott and Knott 1974, "A cluster analysis method for grouping means in the
        analysis of variance", Biometrics 30, 507-512.
    """
    usual = dispersion(tops[:start], expected[:start])
    while stop - start + 1 >= 2 * LEAST_LEVEL:
        days = slice(start, stop + 1)
        place = _parted(tops[days], expected[days], usual)
        if place is None:
            break
        parts = ((start, start + place - 1), (start + place, stop))
        gains = [
            float(_gain(tops[low : high + 1].sum(), expected[low : high + 1].sum()))
            for low, high in parts
        ]
        start, stop = parts[int(np.argmax(gains))]
    return start, stop


def _parted(seen: Floats, expected: Floats, usual: float) -> int | None:
    """Where days are better told as two levels; None if they are of one."""
    places = np.arange(LEAST_LEVEL, len(seen) - LEAST_LEVEL + 1)
    sums, due = np.cumsum(seen)[places - 1], np.cumsum(expected)[places - 1]
    gains = _gain(sums, due) + _gain(seen.sum() - sums, expected.sum() - due)
    best = int(gains.argmax())
    place = int(places[best])
    levels = np.repeat(
        [seen[:place].sum() / max(due[best], 1e-9),
         seen[place:].sum() / max(expected.sum() - due[best], 1e-9)],
        [place, len(seen) - place],
    )  # fmt: skip
    fitted = np.maximum(levels * expected, 0.5)
    noise = float(((seen - levels * expected) ** 2 / fitted).sum() / (len(seen) - 2))
    more = gains[best] - _gain(seen.sum(), expected.sum())
    needed = chi2.isf(FALSE_PARTS / len(places), 1) / 2 * max(noise, usual, 1.0)
    return place if more > needed else None


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


def _drift(
    tops: Floats, due: Floats, orders: Floats | None, days: tuple[int, int], first: int
) -> int | None:
    """Where an event began that grew from small to large; None if it did not.

    A ramp from any day on is held against a step from any day on, both by their
    likelihood over the same days; what went before is taken from weeks that neither
    can have reached. So are two steps, one upon the other, that describe the days much
    better: what is a little off and then goes bad in a day did not grow.
    """
    start, stop = days
    early = max(start - DRIFT_REACH, REACH // 2)
    expected = due * level_before(tops, due, early)
    around = slice(early, stop + 1)
    seen, awaited = tops[around], expected[around]
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
    if orders is not None:
        odds = _best_odds(seen, awaited, orders[around], grown, side)
        ramp = np.maximum(ramp, odds)
    noise = dispersion(tops[:early], expected[:early])
    if ramp.max() - step.max() < DRIFT_GAIN * noise:
        return None
    more = SECOND_STEP * np.log(len(seen)) * noise
    if _two_steps(seen, awaited, begins, side) > ramp.max() + more:
        return None
    return early + int(begins[ramp.argmax()])


def _two_steps(
    seen: Floats, awaited: Floats, begins: NDArray[np.int64], side: float
) -> float:
    """Log-likelihood (Poisson) gained by the best two levels on end, on one side."""
    sums, due = (np.concatenate([[0.0], np.cumsum(item)]) for item in (seen, awaited))
    first, second = np.meshgrid(begins, begins, indexing="ij")
    parts = ((first, np.maximum(second, first)), (second, len(seen)))
    gains = []
    for low, high in parts:
        own, expected = sums[high] - sums[low], due[high] - due[low]
        on_side = side * (own - expected) > 0
        gains.append(np.where(on_side, _gain(own, expected), 0.0))
    return float(np.where(second > first, gains[0] + gains[1], 0.0).max())


def _best_shape(seen: Floats, awaited: Floats, shapes: Floats, side: float) -> Floats:
    """Log-likelihood (Poisson) that each shape gains at its best height."""
    heights = HEIGHTS_UP if side > 0 else HEIGHTS_DOWN
    factors = 1.0 + heights[:, None, None] * shapes[None, :, :]
    gains: Floats = (np.log(factors) @ seen - (factors - 1.0) @ awaited).max(axis=0)
    return gains


def _best_odds(
    seen: Floats, awaited: Floats, orders: Floats, shapes: Floats, side: float
) -> Floats:
    """Log-likelihood (Poisson) that each shape gains as log odds of a rate."""
    share = np.clip(awaited / np.maximum(orders, 1e-9), 0.0, 0.99)
    odds = np.exp(side * ODDS[:, None, None] * shapes[None, :, :])
    factors = odds / (1 - share + share * odds)
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


def _gain(seen: Floats | np.float64, awaited: Floats | np.float64) -> Floats:
    """Log-likelihood that a level of its own gains over the expected one (Poisson)."""
    due = np.maximum(awaited, 1e-9)
    logs = np.log(np.maximum(seen, 1e-9) / due)
    return np.where(seen > 0, seen * logs, 0.0) - (seen - due)
