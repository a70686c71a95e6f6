"""What is in doubt, since the watch knows that the data behind it are wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from analysis.metrics import Condition, Period
from analysis.trends import Finding
from analysis.words import N_
from ui.kpis import standing, within
from ui.kpis.behind import measured
from ui.kpis.figures import VERDICT_COLOURS, VERDICT_NAMES, Figure
from ui.kpis.view import Look
from ui.texts import t

#: A fault of the data of this part of a difference puts it in doubt, and one in this
#: part of the orders of its days lets nothing be learned from them.
WEIGHS: Final = 0.1
#: So long after a fault of the data what is normal again looks odd.
AFTER_FAULT: Final = timedelta(days=7)
NAME: Final = N_("in doubt")


def of_days(look: Look, days: Sequence[date]) -> Finding | None:
    """The fault of the data that one of the days is in or just after.

    None of those that nothing is learned from: what is odd after them is.

    Args:
        look: What is looked at; only faults of its metric and orders count.
        days: Days that are not as expected.
    """
    faults = _faults_of(look)
    for item, meets in zip(faults, within.of_orders(look, faults), strict=True):
        if meets and _is_much(look, item):
            continue
        ended = item.ended.date() if item.ended else date.max - AFTER_FAULT
        near = (item.began.date() <= when <= ended + AFTER_FAULT for when in days)
        if meets and any(near):
            return item
    return None


def left_out(look: Look) -> tuple[Period, ...]:
    """Days that tell nothing of what is to be expected: their data are wrong.

    Those of faults that are over and that a good part of the orders are in.
    """
    faults = _faults_of(look)
    met = zip(faults, within.of_orders(look, faults), strict=True)
    found = [item for item, meets in met if meets and _is_much(look, item)]
    return tuple(days for item in found if (days := _days(item)) is not None)


def _is_much(look: Look, item: Finding) -> bool:
    """Whether a fault that is over is in a good part of the orders of its days."""
    days = _days(item)
    if days is None:
        return False
    counted = measured(look, ["orders"], period=days, compare=None)
    return item.orders >= WEIGHS * float(counted["orders"].iloc[0])


def _days(item: Finding) -> Period | None:
    """The days of a fault; None of one that goes on."""
    if item.ended is None:
        return None
    return Period(item.began.date(), item.ended.date())


def behind(look: Look, units: float, *group: Condition) -> Finding | None:
    """The largest fault of the data that a good part of a difference may come from.

    Args:
        look: What is looked at; only faults of its metric, orders and days count.
        units: The difference in units of the metric's numerator; NaN where unknown.
        *group: What narrows the orders to a group.
    """
    return _largest(look, units, (look.period,), group)


def behind_change(look: Look, figure: Figure, *group: Condition) -> Finding | None:
    """The same for a change that is called better or worse.

    It is as wrong where the data of the days compared with are.

    Args:
        look: What is looked at, under whatever metric.
        figure: The figure that changed.
        *group: What narrows the orders to those of the figure.
    """
    if figure.verdict not in ("better", "worse"):
        return None
    own = replace(look, metric=figure.reference.text)
    return _largest(own, figure.change * figure.n, (look.period, look.before), group)


def verdict(figure: Figure, fault: Finding | None) -> tuple[str, str]:
    """The verdict of a change in a word and its colour; no good or bad in doubt."""
    if fault is not None:
        return t(NAME), VERDICT_COLOURS["unclear"]
    return t(VERDICT_NAMES[figure.verdict]), VERDICT_COLOURS[figure.verdict]


def _largest(
    look: Look,
    units: float,
    spans: Sequence[Period | None],
    group: Sequence[Condition],
) -> Finding | None:
    faults = [
        item
        for item in _faults_of(look)
        if _weighs(look, item, units)
        and any(within.on_days(item, one) for one in spans)
    ]
    met = zip(faults, within.of_orders(look, faults, *group), strict=True)
    inside = [item for item, meets in met if meets]
    return max(inside, key=lambda item: abs(item.excess), default=None)


def _weighs(look: Look, item: Finding, units: float) -> bool:
    """Whether a fault is large enough; one of another measure is taken to be."""
    if (
        item.metric != look.metric
        or item.beyond is not None
        or math.isnan(item.excess)
        or math.isnan(units)
    ):
        return True
    return abs(item.excess) >= WEIGHS * abs(units)


def _faults_of(look: Look) -> list[Finding]:
    """Faults of the data in the metric looked at, as far as the watch is known."""
    found = standing.found_of(look.dataset)
    return [
        item
        for item in (found.findings if found else ())
        if item.kind == "data_fault" and look.metric in (item.metric, *item.also)
    ]
