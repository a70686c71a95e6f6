"""Days of which the data are missing, for what is held against each day by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from analysis.engine.dataset import Dataset
from analysis.errors import NotEnoughData
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.trends.findings import Finding
from analysis.trends.gaps import gaps
from analysis.trends.watched import read_watched, usual_metrics

#: Metrics that need the times of deliveries and promises say so in their names.
_TIMED: Final = ("late", "on_time")


def missing_days(
    dataset: Dataset, metric: str, *, selection: Selection
) -> frozenset[date]:
    """Days whose data are missing by what the watch knows of missing data.

    Orders that did not arrive are missing in every metric, times of deliveries in those
    of punctuality.

    Args:
        dataset: A published version.
        metric: Reference of the metric that is asked for.
        selection: Which orders.

    Returns:
        Of the last 90 days; none where there is too little to know what is usual.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
    """
    names = usual_metrics(dataset)[:1]
    if not names:
        return frozenset()
    try:
        watched = read_watched(
            dataset, metrics=names, dimensions=(), pairs=False, period=None,
            selection=selection,
        )  # fmt: skip
    except NotEnoughData:
        return frozenset()
    told = (gap for gap in gaps(watched) if _is_needed(gap, metric))
    return frozenset(day for gap in told for day in _days(gap, watched.read.last))


def _is_needed(gap: Finding, metric: str) -> bool:
    """Whether a metric needs what is missing."""
    name = parse_reference(metric).definition.name
    return gap.metric == "orders" or any(word in name for word in _TIMED)


def _days(gap: Finding, last: date) -> list[date]:
    """The days of a gap, up to the last one of the data where it goes on."""
    first = gap.began.date()
    until = last if gap.ended is None else gap.ended.date()
    return [first + timedelta(days=step) for step in range((until - first).days + 1)]
