"""When an event began and ended, and what shape it has, seen in hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from analysis.trends.begins import likely_range
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
#: How a drift may have grown: evenly in time, or ever faster. Minutes that grow evenly
#: make few orders late at first, so that the first days are hard to tell.
CURVES = (1.0, 1.5, 2.0)
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
class Begins:
    """How likely it is that an event began on a day.

    Attributes:
        first: Day of the first of them.
        gains: Log-likelihood of each day from there on, for the noise that there is.
    """

    first: int
    gains: Floats

    @property
    def best(self) -> int:
        """The likeliest day."""
        return self.first + int(self.gains.argmax())

    @property
    def likely(self) -> tuple[int, int]:
        """First and last day on which it may have begun."""
        low, high = likely_range(self.gains)
        return self.first + low, self.first + high


@dataclass(frozen=True, slots=True)
class Span:
    """Days of an event.

    Attributes:
        begin: First day, as a step.
        end: Last day, included.
        shape: See ``Finding``.
        goes_on: Whether it lasts to the last day there is.
        excess: Events beyond the expected ones; negative for fewer.
        begins: How likely it is that it began on a day.
    """

    begin: int
    end: int
    shape: Shape
    goes_on: bool
    excess: float
    begins: Begins


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
    begins, stop = _best_step(_drawn_in(tops, expected, begin, end), expected,
                              begin, end, first)  # fmt: skip
    start = begins.best
    shape: Shape = "spike"
    grown = _drift(tops, due, orders, (start, stop), first) if stop > start else None
    if grown is not None:
        begins, shape = grown, "drift"
    else:
        begins, stop = _clearest_level(tops, expected, begins, stop)
    start = begins.best
    noise = dispersion(tops[:start], expected[:start])
    goes_on = stop >= len(tops) - 1
    if shape == "spike" and (goes_on or stop - start + 1 > 2 * LASTING):
        shape = "shift" if stop - start + 1 >= LASTING else "spike"
    days = slice(start, stop + 1)
    expected = due * level_before(tops, due, start)
    excess = float(tops[days].sum() - expected[days].sum())
    return Span(
        start, stop, shape, goes_on, excess, Begins(begins.first, begins.gains / noise)
    )


def _clearest_level(
    tops: Floats, expected: Floats, begins: Begins, stop: int
) -> tuple[Begins, int]:
    """The part of an event that is off by one amount, and clearest.

    What is a little off for weeks and then goes bad in a day is two things: the days
    are parted while two levels describe them better by far (binary segmentation), and
    the clearer part is kept. One far day parts nothing: it is noise of both levels.

    Reference:
        Scott and Knott 1974, "A cluster analysis method for grouping means in the
        analysis of variance", Biometrics 30, 507-512.
    """
    start = begins.best
    usual = dispersion(tops[:start], expected[:start])
    while stop - start + 1 >= 2 * LEAST_LEVEL:
        days = slice(start, stop + 1)
        places = _parted(tops[days], expected[days], usual)
        if places is None:
            break
        place = places.best
        parts = ((start, start + place - 1), (start + place, stop))
        gains = [
            float(_gain(tops[low : high + 1].sum(), expected[low : high + 1].sum()))
            for low, high in parts
        ]
        if gains[1] > gains[0]:
            begins = Begins(start + places.first, places.gains)
        start, stop = parts[int(np.argmax(gains))]
    return begins, stop


def _parted(seen: Floats, expected: Floats, usual: float) -> Begins | None:
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
    return Begins(LEAST_LEVEL, gains) if more > needed else None


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
) -> Begins | None:
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
    own = None if orders is None else orders[around]
    ramp = ramp_gains(seen, awaited, own, begins[:count], side)
    noise = dispersion(tops[:early], expected[:early])
    if ramp.max() - step.max() < DRIFT_GAIN * noise:
        return None
    more = SECOND_STEP * np.log(len(seen)) * noise
    if _two_steps(seen, awaited, begins, side) > ramp.max() + more:
        return None
    curved = [ramp_gains(seen, awaited, own, begins[:count], side, curve=curve)
              for curve in CURVES]  # fmt: skip
    return Begins(early + int(begins[0]), np.max(curved, axis=0))


def ramp_gains(
    seen: Floats, awaited: Floats, orders: Floats | None,
    begins: NDArray[np.int64], side: float, *, curve: float = 1.0,
) -> Floats:  # fmt: skip
    """Log-likelihood (Poisson) of ramps that begin on some days and last to the end.

    Args:
        seen: Events by day.
        awaited: Events to be expected by day.
        orders: What a rate is of; a ramp may then be even in its odds too.
        begins: First day of each.
        side: 1 for more than what was to be expected, -1 for fewer.
        curve: Power of the time since then by which it grows; 1 for evenly.
    """
    since = np.arange(len(seen))[None, :] - begins[:, None] + 1.0
    grown = np.clip(since / since[:, -1:], 0.0, 1.0) ** curve
    gains = _best_shape(seen, awaited, grown, side)
    if orders is None:
        return gains
    return np.maximum(gains, _best_odds(seen, awaited, orders, grown, side))


def step_gains(seen: Floats, awaited: Floats) -> Floats:
    """Log-likelihood (Poisson) of steps that begin on each day and last to the end."""
    return _gain(*(np.cumsum(item[::-1])[::-1] for item in (seen, awaited)))


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
) -> tuple[Begins, int]:
    """How likely each begin near an event is, and where the best step ends."""
    core = slice(begin, end + 1)
    side = np.sign(tops[core].sum() - expected[core].sum())
    sums = np.concatenate([[0.0], np.cumsum(tops)])
    due = np.concatenate([[0.0], np.cumsum(expected)])
    middle = (begin + end) // 2
    early = max(begin - MARGIN, first, 0)
    starts = np.arange(early, max(middle, begin) + 1)[:, None]
    stops = np.arange(middle, min(end + MARGIN, len(tops) - 1) + 1)[None, :]
    seen, awaited = sums[stops + 1] - sums[starts], due[stops + 1] - due[starts]
    is_own = (np.sign(seen - awaited) == side) & (stops >= starts)
    gain = np.where(is_own, _gain(seen, awaited), -np.inf)
    if not np.isfinite(gain).any():
        return Begins(begin, np.zeros(1)), end
    place = np.unravel_index(int(gain.argmax()), gain.shape)
    return Begins(early, gain.max(axis=1)), int(stops[0, place[1]])


def _gain(seen: Floats | np.float64, awaited: Floats | np.float64) -> Floats:
    """Log-likelihood that a level of its own gains over the expected one (Poisson)."""
    due = np.maximum(awaited, 1e-9)
    logs = np.log(np.maximum(seen, 1e-9) / due)
    return np.where(seen > 0, seen * logs, 0.0) - (seen - due)
