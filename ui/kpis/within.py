"""Which findings of the watch lie within the orders and days looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.errors import DoorstepError
from analysis.metrics import Condition, Period, Selection, meeting
from analysis.trends import Finding
from ui import cached
from ui.kpis.view import Look


def split(
    look: Look, findings: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """The findings within the filters and the days looked at, and the others."""
    some = list(findings)
    inside: list[Finding] = []
    outside: list[Finding] = []
    for item, meets in zip(some, of_orders(look, some), strict=True):
        (inside if meets and in_days(look, item) else outside).append(item)
    return inside, outside


def in_days(look: Look, item: Finding) -> bool:
    """Whether a finding holds on any of the days looked at."""
    return look.period is None or on_days(item, look.period)


def on_days(item: Finding, days: Period | None) -> bool:
    """Whether a finding holds on any of some days; false without days."""
    if days is None:
        return False
    return item.began.date() <= days.last and (
        item.ended is None or item.ended.date() >= days.first
    )


def of_orders(look: Look, findings: Sequence[Finding], *more: Condition) -> list[bool]:
    """Whether each finding shares an order with the filters, on whatever days.

    Args:
        look: What is looked at.
        findings: Findings of the watch.
        *more: Conditions beside the filters, such as those of one group.
    """
    if not (look.conditions or more):
        return [True] * len(findings)
    kept = Selection(conditions=(*look.conditions, *more))
    return [count > 0 for count in _shared(look, findings, kept)]


def parts(look: Look, findings: Sequence[Finding]) -> list[float]:
    """Which part of the orders of each finding is in the filters, over all days."""
    if not look.conditions:
        return [1.0] * len(findings)
    shared = _shared(look, findings, Selection(conditions=look.conditions))
    whole = _shared(look, findings, Selection())
    return [one / max(every, 1) for one, every in zip(shared, whole, strict=True)]


def _shared(look: Look, findings: Sequence[Finding], kept: Selection) -> list[int]:
    """How many orders of a selection each finding has, on whatever days."""
    segments = {item.segment: _selection(item) for item in findings}
    try:
        counts = cached.result(
            meeting, look.dataset, tuple(segments.values()), selection=kept
        )
    except DoorstepError:
        # What is wrong with the filters is told by the figures themselves.
        return [0] * len(findings)
    found = dict(zip(segments, counts, strict=True))
    return [found[item.segment] for item in findings]


def _selection(item: Finding) -> Selection:
    return Selection(
        conditions=tuple(
            Condition(name, values=(value,)) for name, value in item.segment
        )
    )
