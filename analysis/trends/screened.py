"""What stands out among everything watched: by day, and by hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from analysis import parallel
from analysis.metrics.counted import AS_THEY_ARE
from analysis.metrics.many import Many, many_series
from analysis.trends.cube import Booleans
from analysis.trends.explain import Candidate
from analysis.trends.screen import Event, look, standing_out
from analysis.trends.unforeseen import outlook, surprises
from analysis.trends.watched import Watched, without_missing
from analysis.trends.windows import days_clock, hours_clock

#: Days before the first one looked through that hours are learned from.
HOUR_DAYS = 28
_HOURS = 24
Seen = TypeVar("Seen")
Told = TypeVar("Told")


def by_day(
    watched: Watched, false_discoveries: float, left_out: Booleans, *, filters: bool
) -> tuple[list[Candidate], int]:
    """Days that stand out in any metric, and the number of series that could.

    Args:
        watched: Everything watched.
        false_discoveries: Share of false ones, at most.
        left_out: Days by metric and segment that something else explains.
        filters: Whether what the filters of ``detect`` call stands out too.
    """
    clock = days_clock(watched.weekdays)
    places = range(len(watched.metrics))
    looks = parallel.each(
        lambda metric: look(
            *watched.sums_of(metric), clock=clock, first=watched.first,
            left_out=left_out[metric],
        ),
        places,
    )  # fmt: skip
    screens = screens_of(watched)
    found = _by_family(watched, looks, partial(
        standing_out, false_discoveries=false_discoveries, screens=screens
    ))  # fmt: skip
    events = [list(one.events) for one in found]
    if filters:
        others = _not_foretold(watched, false_discoveries, left_out)
        events = [[*some, *_beside(some, more)]
                  for some, more in zip(events, others, strict=True)]  # fmt: skip
    candidates = [
        _candidate(metric, watched.many.segments[event.series], event)
        for metric in places
        for event in events[metric]
    ]
    return candidates, sum(one.tested for one in found)


def screens_of(watched: Watched) -> int:
    """Screens that go over the series: windows of days, filters, and hours.

    Each goes over events of orders and over minutes and amounts apart: the many that
    the latter have to tell would else let false ones of the former pass.
    """
    families = len(_families(watched))
    return families * (3 if watched.dataset.has("orders", "local_hour") else 2)


def _families(watched: Watched) -> list[list[int]]:
    """Places of the metrics that count events of orders, and of the others."""
    counts = [item.reference.definition.kind in AS_THEY_ARE for item in watched.counted]
    families = [[place for place, own in enumerate(counts) if own is side]
                for side in (True, False)]  # fmt: skip
    return [places for places in families if places]


def _by_family(
    watched: Watched, seen: Sequence[Seen], told: Callable[[Sequence[Seen]], list[Told]]
) -> list[Told]:
    """What is told of each metric, where each family of metrics is one of its own."""
    found: dict[int, Told] = {}
    for places in _families(watched):
        of_family = told([seen[place] for place in places])
        found |= dict(zip(places, of_family, strict=True))
    return [found[place] for place in range(len(seen))]


def _not_foretold(
    watched: Watched, false_discoveries: float, left_out: Booleans
) -> list[list[Event]]:
    """Days that the filters did not foretell, of each metric, filtered at once."""
    many = watched.many
    events: list[list[Event]] = [[] for _ in watched.metrics]
    for places in _families(watched):
        tops, due, orders = (
            sums[:, places].swapaxes(0, 1).reshape(-1, sums.shape[2])
            for sums in (many.numerators, np.maximum(many.expected, 0),
                         many.denominators)
        )  # fmt: skip
        seen = outlook(
            tops, due, orders, first=watched.first,
            left_out=left_out[places].reshape(tops.shape),
        )  # fmt: skip
        (found,) = surprises(
            [seen], false_discoveries=false_discoveries, screens=screens_of(watched)
        )
        for event in found:
            place, row = divmod(event.series, len(many.segments))
            events[places[place]].append(replace(event, series=row))
    return events


def _beside(known: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    """Events of series and days that none is known of."""
    taken: dict[int, list[Event]] = {}
    for event in known:
        taken.setdefault(event.series, []).append(event)
    return [
        event for event in others
        if not any(event.begin <= other.end and other.begin <= event.end
                   for other in taken.get(event.series, ()))
    ]  # fmt: skip


def by_hour(
    watched: Watched, false_discoveries: float, left_out: Booleans
) -> list[Candidate]:
    """Hours that stand out, of all orders and the values of single dimensions."""
    if not watched.dataset.has("orders", "local_hour"):
        return []
    skipped = max(watched.first - HOUR_DAYS, 0)
    many = without_missing(_by_hour(watched, skipped))
    hours = np.asarray(many.times.hour, dtype=np.int64)
    rows = [watched.many.segments.index(segment) for segment in many.segments]
    looks = parallel.each(
        lambda metric: look(
            many.numerators[:, metric], many.expected[:, metric],
            clock=hours_clock(hours), first=(watched.first - skipped) * _HOURS,
            left_out=left_out[metric][rows, skipped:].repeat(_HOURS, axis=1),
        ),
        range(len(watched.metrics)),
    )  # fmt: skip
    found = _by_family(watched, looks, partial(
        standing_out, false_discoveries=false_discoveries, screens=screens_of(watched)
    ))  # fmt: skip
    return [
        _of_hours(metric, many.segments[event.series], event, skipped)
        for metric, one in enumerate(found)
        for event in one.events
        if event.begin // _HOURS == event.end // _HOURS
    ]


def _by_hour(watched: Watched, skipped: int) -> Many:
    """The series of all orders and of single dimensions by hour."""
    sets = [one for one in watched.sets if len(one) <= 1]
    period = watched.days(skipped, watched.read.days - 1)
    if watched.leaves is not None:
        return watched.leaves.since(skipped).many(sets, period.first, step="hour")
    return many_series(
        watched.dataset, watched.counted, step="hour", where=watched.where,
        sets=sets, period=period, risk=watched.risk,
    )  # fmt: skip


def _candidate(metric: int, segment: tuple, event: Event) -> Candidate:
    return Candidate(
        metric, segment, event.begin, event.end, event.z, event.spread,
        event.q_value, event.effect, event.error,
    )  # fmt: skip


def _of_hours(metric: int, segment: tuple, event: Event, skipped: int) -> Candidate:
    day = event.begin // _HOURS + skipped
    hours = (event.begin % _HOURS, event.end % _HOURS)
    base = _candidate(metric, segment, event)
    return replace(base, begin=day, end=day, hours=hours)
