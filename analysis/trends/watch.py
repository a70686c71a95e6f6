"""All metrics of all segments at once: what is not normal, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.trends.cube import Cube, cube_of
from analysis.trends.describe import described
from analysis.trends.explain import Candidate, explain
from analysis.trends.findings import Finding, Segment, Watch
from analysis.trends.screen import REACH, screen
from analysis.trends.watched import Watched, read_watched
from analysis.words import N_

Progress = Callable[[float], None]

#: Share of false ones among what is listed.
FALSE_DISCOVERIES = 0.05
#: Shares of the work that are done after reading, screening and naming.
_READ, _SCREENED, _NAMED = 0.4, 0.5, 0.9


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
            go through that the dataset has.
        dimensions: Dimensions whose values are watched; by default those of place,
            kind of merchant and kind of rider that the dataset has.
        pairs: Whether pairs of dimensions are watched too.
        period: First and last day in which something may have begun; by default the
            last 90 days. Earlier days are read to learn from.
        selection: Which orders; its period is not used.
        false_discoveries: Share of false ones among what is listed, at most.
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
    candidates, tested = _screened(watched, false_discoveries)
    told(_SCREENED)

    def cube(candidate: Candidate) -> Cube:
        return _cube(watched, candidate)

    named = explain(candidates, sets=watched.sets, cube_of=cube)
    told(_NAMED)
    findings: list[Finding] = []
    detections: dict[tuple[str, Segment], pd.DataFrame] = {}
    for item in named:
        found = described(watched, item)
        if found is not None:
            findings.append(found[0])
            detections[found[0].metric, found[0].segment] = found[1]
    findings.sort(key=lambda finding: -finding.excess)
    told(1.0)
    series = len(watched.many.segments) * len(watched.metrics)
    return Watch(
        findings=tuple(findings),
        period=watched.days(watched.first, (watched.read.days - 1)),
        metrics=watched.metrics,
        dimensions=watched.sets,
        series=series,
        too_few=series - tested,
        detections=detections,
    )


def _screened(
    watched: Watched, false_discoveries: float
) -> tuple[list[Candidate], int]:
    """What stands out in any metric, and the number of series that could."""
    candidates, tested = [], 0
    for metric in range(len(watched.metrics)):
        tops, due = watched.sums_of(metric)
        found = screen(
            tops, due, weekdays=watched.weekdays, first=watched.first,
            false_discoveries=false_discoveries,
        )  # fmt: skip
        tested += found.tested
        candidates += [
            Candidate(metric, watched.many.segments[event.series], event.begin,
                      event.end, event.z, event.spread, event.q_value)
            for event in found.events
        ]  # fmt: skip
    return candidates, tested


def _cube(watched: Watched, candidate: Candidate) -> Cube:
    window = watched.days(candidate.begin, candidate.end)
    day = timedelta(days=1)
    first = max(window.first - REACH * day, watched.read.first)
    metric = watched.metrics[candidate.metric]
    return cube_of(
        watched.dataset, metric, watched.dimensions, window=window,
        before=Period(first, window.first - day), risk=watched.risk_of(metric),
        where=watched.where,
    )  # fmt: skip


def _require_share(value: float) -> None:
    if not 0 < value <= 0.5:  # noqa: PLR2004 - more false ones than true ones
        raise InvalidInput(
            N_("{name} cannot be {value}."),
            hint=N_("Allowed: {allowed}."),
            name="false_discoveries",
            value=repr(value)[:80],
            allowed="0-0.5",
        )


def _silent(_share: float) -> None:
    """Nobody wants to be told."""
