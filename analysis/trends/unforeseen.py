"""Days that the filters of ``detect`` call, of many series at once.

The windows of the screen are held against six weeks; the filters know how each series
moves by itself. What either calls is passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.trends.cube import Booleans
from analysis.trends.detect import minimum_of
from analysis.trends.filtering import Foretold, foretell
from analysis.trends.scales import Floats, per_unit
from analysis.trends.screen import Event, effect_of, shares_together
from analysis.trends.seasons import (
    DAY,
    cycles,
    fitting,
    moved_after,
    usual_lengths,
    warm_up,
)
from analysis.trends.windows import LEAST_DUE, REACH, contrast

#: What is passed on may hold so many times the false ones of what is listed at last: a
#: choice, and a cautious one. What is passed on beyond the share is not named itself,
#: but stands beside what is, as another metric of it.
LOOSER = 2.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was foretold of many series, and how rare what came is.

    Attributes:
        rows: The series that have days of enough orders; all else is of these.
        tops: Events, series by day.
        due: Events to be expected; 0 on days that count for nothing.
        foretold: What was foretold.
        p_values: How rare each day is; NaN where too few orders tell.
    """

    rows: NDArray[np.int64]
    tops: Floats
    due: Floats
    foretold: Foretold
    p_values: Floats


def outlook(
    tops: Floats,
    due: Floats,
    orders: Floats,
    *,
    first: int,
    left_out: Booleans | None = None,
) -> Outlook:
    """Foretell each day of many series from the days before it.

    Args:
        tops: Events, series by day.
        due: Events to be expected of such orders, series by day.
        orders: What they are of; days of too few for ``detect`` to tell are not called.
        first: First day on which an event may begin.
        left_out: Days of series that count for nothing.
    """
    known = due if left_out is None else np.where(left_out, 0.0, due)
    enough = (orders >= minimum_of("day")) & (known >= LEAST_DUE)
    enough[:, :first] = False
    rows = np.flatnonzero(enough.any(axis=1))
    tops, known = tops[rows], known[rows]
    lengths = fitting(usual_lengths(DAY, "day"), tops.shape[1])
    foretold = foretell(
        per_unit(tops, known), cycles(lengths, tops.shape[1]),
        warm_up=warm_up(lengths), moved_after=moved_after("day", DAY),
    )  # fmt: skip
    p_values = np.where(enough[rows], foretold.p_values, np.nan)
    return Outlook(rows, tops, known, foretold, p_values)


def surprises(
    outlooks: Sequence[Outlook], *, false_discoveries: float, screens: int = 1
) -> list[list[Event]]:
    """Runs of days that were not foretold, of each of several outlooks as one family.

    Args:
        outlooks: Such as those of several metrics.
        false_discoveries: Share of false ones among what is listed; more is passed on,
            as what is listed is decided later.
        screens: Screens of which this is one: each has its part of the share.
    """
    if not outlooks:
        return []
    shares = shares_together([one.p_values for one in outlooks], screens=screens)
    most = min(LOOSER * false_discoveries, 1.0)
    return [
        _events(one, q_values, called=q_values <= most)
        for one, q_values in zip(outlooks, shares, strict=True)
    ]


def unforeseen(
    tops: Floats,
    due: Floats,
    orders: Floats,
    *,
    first: int,
    false_discoveries: float,
    left_out: Booleans | None = None,
) -> list[Event]:
    """Runs of days that were not foretold from the days before them, as one family.

    The arguments are those of ``outlook`` and ``surprises``.
    """
    seen = outlook(tops, due, orders, first=first, left_out=left_out)
    return surprises([seen], false_discoveries=false_discoveries)[0]


def _events(seen: Outlook, q_values: Floats, *, called: Booleans) -> list[Event]:
    tops, due, foretold = seen.tops, seen.due, seen.foretold
    found = [
        _event(tops[row], due[row], foretold, q_values[row], row=row, days=days)
        for row in np.flatnonzero(called.any(axis=1)).tolist()
        for days in _runs(called[row], foretold.errors[row])
    ]
    return [replace(event, series=int(seen.rows[event.series])) for event in found]


def _runs(called: Booleans, errors: Floats) -> list[slice]:
    """Runs of called days on one side."""
    sides = np.where(called, np.sign(np.nan_to_num(errors)), 0)
    bounds = [0, *(np.flatnonzero(np.diff(sides)) + 1).tolist(), len(sides)]
    return [slice(low, high) for low, high in pairwise(bounds) if sides[low]]


def _event(
    tops: Floats, due: Floats, foretold: Foretold, q_values: Floats, *,
    row: int, days: slice,
) -> Event:  # fmt: skip
    before = slice(max(days.start - REACH, 0), days.start)
    rarest = float(np.nanmin(foretold.p_values[row, days]))
    size = float(norm.isf(max(rarest, 1e-300) / 2))
    sums = (tops[days], due[days], tops[before], due[before])
    far = float(contrast(*(np.asarray(item.sum()) for item in sums)))
    spread = max(abs(far) / size, 1.0)
    side = float(np.sign(np.nansum(foretold.errors[row, days])))
    effect, error = effect_of(tops, due, days, before, spread)
    return Event(row, days.start, days.stop - 1, side * size, spread,
                 float(np.nanmin(q_values[days])), effect, error)  # fmt: skip
