"""All metrics of all segments at once: what is not normal, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics.counted import AS_THEY_ARE
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.trends.cube import Booleans, Cube
from analysis.trends.describe import Sought, described, fitted, sought, stands
from analysis.trends.explain import Candidate, Named, explain, explained, within
from analysis.trends.faults import fault_of
from analysis.trends.findings import Finding, Segment, Watch
from analysis.trends.gaps import gaps, is_of_gap
from analysis.trends.judging import Judge, Judged
from analysis.trends.leaves import Befallen
from analysis.trends.merging import merged
from analysis.trends.mixing import mix_shifts
from analysis.trends.residual import Beside
from analysis.trends.screen import LEAST_Z
from analysis.trends.screened import by_day, by_hour
from analysis.trends.watched import Watched, read_watched
from analysis.trends.windows import REACH
from analysis.words import N_

Progress = Callable[[float], None]
Turn = Literal["lasting", "hours", "days"]
#: A finding and what ``detect`` says of its series.
Described = tuple[Finding, Judged]

#: Share of false ones among what is listed, of all screens together.
FALSE_DISCOVERIES = 0.05
#: Shares of the work that are done after reading and after naming.
_READ, _NAMED = 0.4, 0.9
#: How the series are gone over: what took days, what took hours, then single days too.
#: An outage of an hour would otherwise be named as a bad day of a part of it.
TURNS: tuple[Turn, ...] = ("lasting", "hours", "days")


def watch(
    dataset: Dataset,
    *,
    metrics: Sequence[str] | None = None,
    dimensions: Sequence[str] | None = None,
    pairs: bool = True,
    period: Period | tuple[date, date] | None = None,
    selection: Selection | None = None,
    false_discoveries: float = FALSE_DISCOVERIES,
    progress: Progress | None = None,
) -> Watch:
    """Look through all segments for what is not normal.

    What orders are (their place, hour, weather, rider) lets expect a rate for each day
    of each segment; a segment is held against that and against its own weeks before,
    so that other orders than usual (a mix shift) are nobody's fault. One screen goes
    over all series; what stands out is traced to the segment that explains it best,
    whose orders then explain the others; ``detect`` has the last word on each.

    Args:
        dataset: A published version.
        metrics: Names from ``load_definitions``; by default the rates of what orders
            go through and their mean rating, as far as the dataset has them.
        dimensions: Dimensions whose values are watched; by default those of place,
            kind of merchant and kind of rider that the dataset has.
        pairs: Whether pairs of dimensions are watched too.
        period: First and last day in which something may have begun; by default the
            last 90 days. Earlier days are read to learn from.
        selection: Which orders; its period is not used.
        false_discoveries: Share of false ones among the series and days that are
            called. Metrics that count events are one family, the others another, and
            each of the screens (windows of days, filters, hours) of each has an even
            part of the share. Where all is quiet, this is the share of datasets of
            which anything is listed. Mix shifts and missing data are not reckoned in.
        progress: Told the share done, 0 to 1.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if an option is out of its range.
        NotEnoughData: if there are fewer than four weeks of orders.
    """
    _require_share(false_discoveries)
    told = progress or _silent
    watched = read_watched(
        dataset, metrics=metrics, dimensions=dimensions, pairs=pairs,
        period=Period.of(period), selection=selection,
    )  # fmt: skip
    told(_READ)
    beside = None if watched.leaves is None else Beside(watched.leaves)
    named, tested = _named(watched, beside, false_discoveries, told)
    told_of = _described(watched, named, beside)
    findings = _listed(watched, [item for item, _ in told_of], false_discoveries)
    told(1.0)
    series = len(watched.many.segments) * len(watched.metrics)
    return Watch(
        findings=findings,
        period=watched.days(watched.first, (watched.read.days - 1)),
        metrics=watched.metrics,
        dimensions=watched.sets,
        series=series,
        too_few=series - tested,
        detections=_detections(watched, findings, told_of),
    )


def _listed(
    watched: Watched, found: Sequence[Finding], false_discoveries: float
) -> tuple[Finding, ...]:
    """Each thing once; what is only missing data or another mix is said to be that."""
    missing = gaps(watched)
    mixes = mix_shifts(watched, false_discoveries)
    inside = partial(_is_inside, watched)
    # Before they are merged: what only tells of a gap may hide what is beside it.
    there = [
        item for item in found
        if not any(is_of_gap(gap, item, inside=inside) for gap in missing)
    ]  # fmt: skip
    guilty = [
        item for item in merged(there, inside=inside,
                                are_apart=watched.leaves is not None)
        if not any(mix.holds(item) for mix in mixes)
    ]  # fmt: skip
    others = [*guilty, *(mix.finding for mix in mixes)]
    return (*missing, *sorted(others, key=lambda item: -item.cost))


def _is_inside(watched: Watched, inner: Segment, outer: Segment) -> bool:
    """Whether all orders of one segment are in another: a zone's are its city's."""
    if within(inner, outer) or watched.leaves is None:
        return within(inner, outer)
    inside, around = watched.leaves.mask(inner), watched.leaves.mask(outer)
    return bool(inside.any() and around[inside].all())


def _detections(
    watched: Watched, findings: Sequence[Finding], told_of: Sequence[Described]
) -> dict[tuple[str, Segment], pd.DataFrame]:
    """What ``detect`` says of the series of each finding that is listed."""
    listed = {(item.metric, item.segment) for item in findings}
    found = {(item.metric, item.segment): judged for item, judged in reversed(told_of)}
    return {key: judged.to_frame(watched.many.times)
            for key, judged in found.items() if key in listed}  # fmt: skip


def _described(
    watched: Watched, named: Sequence[Named], beside: Beside | None
) -> list[Described]:
    """Each finding beside all others, with what ``detect`` says of it."""
    judge = Judge(watched)
    if beside is None:
        rest = [[item for item in named if item is not own] for own in named]
        days = [sought(watched, own, others)
                for own, others in zip(named, rest, strict=True)]  # fmt: skip
        return [told for told in _judged(days, judge) if told is not None]
    return _beside_all(named, beside, judge)


def _beside_all(
    named: Sequence[Named], beside: Beside, judge: Judge
) -> list[Described]:
    """Each finding where everything else named was to be expected.

    What is nothing beside the others, as it is only the end of another thing, is
    dropped, and the others are then described as if it had not been named. So it is
    the days of each that are fitted again beside what is left (backfitting).

    Reference:
        Hastie and Tibshirani 1986, "Generalized additive models", Statistical Science
        1, 297-310.
    """
    watched = judge.watched
    beside.know(named)
    left = []
    for item in named:
        beside.forget(item.candidate)
        again = replace(item, candidate=fitted(watched, item.candidate, (), beside))
        if item.fault is not None:
            again = replace(again, fault=fault_of(watched, again.candidate))
        if again.fault is not None or stands(again.candidate, beside):
            left.append(again)
            beside.know([again])
    return _told(left, beside, judge)


def _told(named: Sequence[Named], beside: Beside, judge: Judge) -> list[Described]:
    """The findings, once nothing is expected of what is none beside the others."""
    days = []
    for item in named:
        with beside.without(item.candidate):
            days.append(sought(judge.watched, item, (), beside))
    found = _judged(days, judge)
    left = [item for item, told in zip(named, found, strict=True) if told is not None]
    if len(left) == len(named):
        return [told for told in found if told is not None]
    for item in named:
        if item not in left:
            beside.forget(item.candidate)
    return _told(left, beside, judge)


def _judged(days: Sequence[Sought | None], judge: Judge) -> list[Described | None]:
    """What is left of each once ``detect`` has said what it says."""
    some = [item for item in days if item is not None]
    judged = iter(judge.of([(item.item.candidate, item.series) for item in some]))
    found: list[Described | None] = []
    for item in days:
        said = None if item is None else next(judged)
        told = None if item is None or said is None else described(
            item, said, judge)  # fmt: skip
        found.append(None if told is None or said is None else (told, said))
    return found


def _named(
    watched: Watched, beside: Beside | None, false_discoveries: float, told: Progress
) -> tuple[list[Named], int]:
    """What is guilty, and how many series could stand out.

    Once something is named, its days are left out of what is inside it, its orders
    are expected in what is around it, and the screen goes over the rest: something
    else may have hidden beside it.
    """
    shape = watched.many.numerators.shape
    left_out = np.zeros((shape[1], shape[0], shape[2]), dtype=bool)
    named: list[Named] = []
    tested = 0
    for place, turn in enumerate(TURNS):
        rest = watched if beside is None else beside.seen_in(watched)
        candidates, able = _candidates(rest, turn, false_discoveries, left_out)
        tested = max(tested, able)
        found = explain(
            candidates, sets=watched.sets, known=named,
            cube_of=partial(_cube, rest, beside),
            fitted=partial(fitted, watched, beside=beside),
            rank=partial(_rank, watched),
            kept=partial(
                _may_be_named, turn=turn, false_discoveries=false_discoveries
            ),
            fault_of=partial(fault_of, watched),
        )  # fmt: skip
        for item in found[len(named) :]:
            if item.candidate.hours is None:
                _leave_out(watched, item, left_out)
        named = found
        if beside is not None:
            beside.know(named)
        told(_READ + (_NAMED - _READ) * (place + 1) / len(TURNS))
    return named, tested


def _candidates(
    rest: Watched, turn: Turn, false_discoveries: float, left_out: Booleans
) -> tuple[list[Candidate], int]:
    """What stands out in a turn, and how many series could by day."""
    if turn == "hours":
        return by_hour(rest, false_discoveries, left_out), 0
    found, able = by_day(rest, false_discoveries, left_out, filters=turn == "days")
    if turn == "lasting":
        found = [item for item in found if item.is_lasting]
    return found, able


def _leave_out(watched: Watched, item: Named, left_out: Booleans) -> None:
    """Days that are explained count for nothing in what they explain."""
    candidate = item.candidate
    # Of segments beside it, its own part alone is taken out where that can be done.
    explained = set(item.explains) if watched.leaves is None else set()
    inside = set(candidate.segment)
    for row, segment in enumerate(watched.many.segments):
        if segment in explained or inside <= set(segment):
            days = slice(candidate.begin, candidate.end + 1)
            left_out[candidate.metric, row, days] = True


def _cube(
    watched: Watched, beside: Beside | None, candidate: Candidate,
    found: Sequence[Named],
) -> Cube:  # fmt: skip
    if beside is not None:
        beside.know(found)
    first = max(candidate.begin - REACH, 0)
    metric = watched.metrics[candidate.metric]
    leaves = watched.leaves_around(metric, first, candidate.end, candidate.hours)
    not_normal = _not_normal(candidate, found) if beside is None else ()
    cube = leaves.cube(
        metric, first=first, begin=candidate.begin, end=candidate.end,
        hours=candidate.hours, without=not_normal,
    )  # fmt: skip
    return cube if beside is not None else explained(cube, candidate, found)


def _not_normal(candidate: Candidate, found: Sequence[Named]) -> list[Befallen]:
    """Orders of the weeks before that something found befell."""
    return [
        (other.segment, other.begin, other.end)
        for other in (item.candidate for item in found)
        if other.metric == candidate.metric and other.begin < candidate.begin
    ]


def _require_share(value: float) -> None:
    if not 0 < value <= 0.5:  # noqa: PLR2004 - more false ones than true ones
        raise InvalidInput(
            N_("{name} cannot be {value}."),
            hint=N_("Allowed: {allowed}."),
            name="false_discoveries",
            value=repr(value)[:80],
            allowed="0-0.5",
        )


def _may_be_named(
    candidate: Candidate, *, turn: Turn, false_discoveries: float
) -> bool:
    """Whether it is clear enough to be listed, and of this turn."""
    is_sure = candidate.q_value <= false_discoveries and abs(candidate.z) >= LEAST_Z
    return is_sure and (turn != "lasting" or candidate.is_lasting)


def _rank(watched: Watched, candidate: Candidate) -> int:
    """What happens to orders is named before minutes and amounts that tell the same.

    So whatever else is watched, it hides no event; and what has no better and worse
    hides nothing.
    """
    definition = watched.counted[candidate.metric].reference.definition
    if definition.direction == "neutral":
        return 2
    return 0 if definition.kind in AS_THEY_ARE else 1


def _silent(_share: float) -> None:
    """Nobody wants to be told."""
