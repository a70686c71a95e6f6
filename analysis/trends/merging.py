"""One entry for what several metrics or segments tell of one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from analysis.metrics.counted import AS_THEY_ARE
from analysis.metrics.registry import parse_reference
from analysis.trends.explain import within
from analysis.trends.findings import Finding, Segment

#: Findings that share so much of the time that either took are of one time.
SAME_TIME = 0.5
#: An end that has not come.
FAR = datetime.fromisoformat("9999-12-31")

#: Whether all orders of one segment are in another.
Inside = Callable[[Segment, Segment], bool]


def merged(
    findings: Sequence[Finding], *, inside: Inside = within, are_apart: bool = False
) -> tuple[Finding, ...]:
    """The findings by cost, the dearest first, each thing once.

    A finding in a segment inside another (or around it) at the same time is the same
    thing seen through another metric or less clearly; and what is off the other way
    around it over the same days only says that the rest was not.

    Args:
        findings: What was found.
        inside: Whether all orders of one segment are in another; by default as their
            names tell.
        are_apart: Whether each was described beside all others: two of one metric are
            then two things, as nothing is in both.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda item: -abs(item.cost)):
        place = _place(kept, finding, inside, are_apart=are_apart)
        if place is not None:
            kept[place] = _joined(kept[place], finding)
        elif not any(_is_rest(other, finding, inside) for other in kept):
            kept.append(finding)
    return tuple(sorted(kept, key=lambda item: -item.cost))


def _joined(dearer: Finding, other: Finding) -> Finding:
    """One entry for both: the dearer one, or that of orders of the same segment.

    Late orders are told before the minutes that say the same of them.
    """
    same = dearer.segment == other.segment
    if same and not _counts(dearer) and _counts(other) and meet(dearer, other):
        dearer, other = other, dearer
    metrics = {*dearer.also, other.metric, *other.also} - {dearer.metric}
    return replace(dearer, also=tuple(sorted(metrics)))


def _counts(finding: Finding) -> bool:
    """Whether its metric counts what happens to orders."""
    return parse_reference(finding.metric).definition.kind in AS_THEY_ARE


def _place(
    kept: Sequence[Finding], finding: Finding, inside: Inside, *, are_apart: bool
) -> int | None:
    for place, other in enumerate(kept):
        one_metric = other.metric == finding.metric
        if other.is_opposite(finding) or (are_apart and one_metric):
            continue
        same = (other.metric, other.segment) == (finding.metric, finding.segment)
        if _may_be_one(other, finding, inside) and meet(other, finding):
            return place
        if same and _overlap(other, finding):
            return place
    return None


def _overlap(first: Finding, second: Finding) -> bool:
    """Whether they share most of the time that the shorter took."""
    begin = max(first.began, second.began)
    end = min(_end(first), _end(second))
    shorter = min(_end(item) - item.began for item in (first, second))
    return end - begin >= SAME_TIME * shorter


def _may_be_one(first: Finding, second: Finding, inside: Inside) -> bool:
    """Whether their segments let them be one thing.

    All orders hold every segment: that says nothing of another metric.
    """
    tells = first.metric == second.metric or first.segment == second.segment
    tells = tells or bool(first.segment and second.segment)
    return tells and _nested(first, second, inside)


def _nested(first: Finding, second: Finding, inside: Inside) -> bool:
    one, other = first.segment, second.segment
    return inside(one, other) or inside(other, one)


def _is_rest(found: Finding, around: Finding, inside: Inside) -> bool:
    """Whether what is around something is off the other way, at its time."""
    opposite = found.metric == around.metric and found.is_opposite(around)
    return opposite and inside(found.segment, around.segment) and meet(found, around)


def meet(first: Finding, second: Finding) -> bool:
    """Whether they share most of the time that either took."""
    begin = max(first.began, second.began)
    end = min(_end(first), _end(second))
    whole = max(_end(first), _end(second)) - min(first.began, second.began)
    return end - begin >= SAME_TIME * whole


def _end(finding: Finding) -> datetime:
    if finding.ended is None:
        return FAR
    return finding.ended + timedelta(hours=1 if finding.grain == "hour" else 24)
