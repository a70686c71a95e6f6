"""Mix shifts: other orders than before, of which each kind fares as ever.

A rate also moves when nothing goes wrong: when bicycles take over from motorbikes, the
place as a whole is late more often though neither is. Who carries the orders of a place
and what they are is screened like any rate; where that moved and the rate with it, but
not beyond what such orders let expect, it is a mix shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from analysis.metrics.many import many_series
from analysis.trends.amounts import amounts_of, as_measured
from analysis.trends.findings import Finding, Segment, Shape
from analysis.trends.merging import meet
from analysis.trends.scales import Floats
from analysis.trends.screen import LEAST_Z, Event, screen
from analysis.trends.shapes import LASTING, level_before, span_of
from analysis.trends.watched import PLACES, Watched
from analysis.trends.windows import REACH, contrast, days_clock
from analysis.words import N_

#: Where a mix is looked at, beside all orders together; and what may shift in it. In
#: smaller places riders come and go.
WHERE = PLACES
PARTS = ("vehicle", "capacity_type", "merchant_type", "scenario")
#: How clearly the share of a part must have moved, and by how much.
LEAST_SHARE_Z, LEAST_SHARE = 6.0, 0.1
#: Share by which the mix must have moved the rate, and orders that this must cost.
LEAST_MOVE, LEAST_EXCESS = 0.1, 5.0
#: What is left beyond the mix is little: not clear, or this share of what the mix did.
MOST_BEYOND, SMALL_BEYOND = LEAST_Z, 0.5
#: How far from the usual the raw rate must have moved, of what the mix lets expect.
LEAST_SEEN = 0.5

_ORDERS = "orders"
_MIX_MOVED = N_(
    "The share of {value} among the orders went from {before} % to {after} %; "
    "each kind of order fared about as ever."
)


@dataclass(frozen=True, slots=True)
class MixShift:
    """A place whose orders were others than before.

    Attributes:
        finding: As it is listed, under the metric that it moved most.
        part: What there was more or less of.
    """

    finding: Finding
    part: Segment

    def holds(self, other: Finding) -> bool:
        """Whether another finding is only this one: its place, metric and time.

        What little is left beyond the mix is an error of what was expected of it.
        """
        own = self.finding
        same_segment = set(other.segment) <= {*own.segment, *self.part}
        around = set(own.segment) <= set(other.segment)
        same_metric = other.metric in (own.metric, *own.also)
        return same_segment and around and same_metric and meet(own, other)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A part of a place whose share moved."""

    place: Segment
    part: Segment
    event: Event
    before: float
    after: float
    clear: float


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a mix did to one metric, in events that are each worth some orders."""

    metric: int
    orders: float
    events: float
    usual: float
    by_mix: float
    beyond: float
    worth: float

    @property
    def is_shift(self) -> bool:
        """Whether the rate moved as the mix lets expect, and not beyond it."""
        moved = self.events - self.usual
        seen = moved * np.sign(self.by_mix)
        left = abs(moved - self.by_mix) / max(abs(self.by_mix), 1e-9)
        return (
            abs(self.by_mix) * self.worth >= LEAST_EXCESS
            and abs(self.by_mix) >= LEAST_MOVE * self.usual
            and seen >= LEAST_SEEN * abs(self.by_mix)
            and (abs(self.beyond) < MOST_BEYOND or left < SMALL_BEYOND)
        )


def mix_shifts(watched: Watched, false_discoveries: float) -> list[MixShift]:
    """Places whose rates moved with their mix of orders alone, each once.

    Args:
        watched: Everything watched; without pairs of dimensions only all orders
            together have a mix.
        false_discoveries: Share of false ones, at most.
    """
    found: list[MixShift] = []
    taken: list[_Moved] = []
    for moved in sorted(
        _moved(watched, false_discoveries), key=lambda item: -item.clear
    ):
        is_small = abs(moved.after - moved.before) < LEAST_SHARE
        if is_small or any(_is_same(watched, moved, other) for other in taken):
            continue
        effects = [_effect(watched, moved, place)
                   for place in range(len(watched.metrics))]  # fmt: skip
        shifts = [item for item in effects if item.is_shift]
        if shifts:
            taken.append(moved)
            found.append(_listed(watched, moved, shifts))
    return found


def _moved(watched: Watched, false_discoveries: float) -> list[_Moved]:
    """Parts of places whose share moved clearly."""
    many = watched.many
    orders = _orders(watched)
    row_of = {segment: row for row, segment in enumerate(many.segments)}
    pairs = [
        (row_of[place], row)
        for row, segment in enumerate(many.segments)
        for place, part in _split(segment)
        if part[0][0] in PARTS and place in row_of
    ]
    if not pairs:
        return []
    wholes, parts = (orders[[pair[side] for pair in pairs]] for side in (0, 1))
    shares = parts.sum(axis=1) / np.maximum(wholes.sum(axis=1), 1.0)
    seen = screen(
        parts, wholes * shares[:, None], clock=days_clock(watched.weekdays),
        first=watched.first, false_discoveries=false_discoveries,
    )  # fmt: skip
    return [
        _of(watched, pairs[event.series], parts[event.series], event,
            whole=wholes[event.series])
        for event in seen.events
        if abs(event.z) >= LEAST_SHARE_Z
    ]  # fmt: skip


def _orders(watched: Watched) -> Floats:
    """Orders of each place and part by day; what a metric is of may be some of them."""
    many = watched.many
    looked = {*WHERE, *PARTS}
    counted = many_series(
        watched.dataset, [_ORDERS],
        sets=[one for one in watched.sets if looked >= {*one}],
        period=watched.read, where=watched.where,
    )  # fmt: skip
    found = np.zeros((len(many.segments), len(many.times)))
    row_of = {segment: row for row, segment in enumerate(many.segments)}
    for segment, sums in zip(counted.segments, counted.numerators[:, 0], strict=True):
        if segment in row_of:
            found[row_of[segment]] = sums
    return found


def _split(segment: Segment) -> list[tuple[Segment, Segment]]:
    """The places that a segment is a part of, and the part."""
    if len(segment) == 1:
        return [((), segment)]
    return [
        ((pair,), tuple(other for other in segment if other != pair))
        for pair in segment if len(segment) == len(("place", "part"))
        and pair[0] in WHERE
    ]  # fmt: skip


def _of(
    watched: Watched, pair: tuple[int, int], part: Floats, event: Event, *,
    whole: Floats,
) -> _Moved:  # fmt: skip
    """The place, the part and the days that fit its share best."""
    place, segment = (watched.many.segments[row] for row in pair)
    span = span_of(part, whole, event.begin, event.end, first=watched.first)
    now, then = slice(span.begin, span.end + 1), _weeks_before(span.begin)
    sums = part[now].sum(), whole[now].sum(), part[then].sum(), whole[then].sum()
    fitted = Event(event.series, span.begin, span.end, event.z, event.spread,
                   event.q_value, event.effect, event.error)  # fmt: skip
    return _Moved(
        place,
        tuple(pair for pair in segment if pair not in place),
        fitted,
        sums[2] / max(sums[3], 1.0),
        sums[0] / max(sums[1], 1.0),
        float(abs(contrast(*map(np.asarray, sums)))),
    )


def _weeks_before(begin: int) -> slice:
    return slice(max(begin - REACH, 0), begin)


def _is_same(watched: Watched, moved: _Moved, other: _Moved) -> bool:
    """Whether both are one shift: at one time, in places that share orders."""
    first, second = moved.event, other.event
    if min(first.end, second.end) < max(first.begin, second.begin):
        return False
    if watched.leaves is None:
        return True
    masks = (watched.leaves.mask(item.place) for item in (moved, other))
    return bool(np.logical_and(*masks).any())


def _effect(watched: Watched, moved: _Moved, metric: int) -> _Effect:
    """How a metric moved in the place, and how its mix alone would have moved it."""
    many, event = watched.many, moved.event
    row = many.segments.index(moved.place)
    now, then = slice(event.begin, event.end + 1), _weeks_before(event.begin)
    orders, events, due = (
        values[row, metric]
        for values in (many.denominators, many.numerators, many.expected)
    )
    # Weeks in which something befell the place do not say what is usual there.
    level = level_before(events, due, event.begin)
    before = level * due[then].sum()
    usual = before / max(orders[then].sum(), 1.0) * orders[now].sum()
    sums = events[now].sum(), due[now].sum(), before, due[then].sum()
    beyond = contrast(*(np.asarray(item) for item in sums))
    return _Effect(
        metric, float(orders[now].sum()), float(events[now].sum()), float(usual),
        float(level * due[now].sum() - usual), float(beyond) / event.spread,
        watched.counted[metric].worth,
    )  # fmt: skip


def _listed(watched: Watched, moved: _Moved, shifts: Sequence[_Effect]) -> MixShift:
    event = moved.event
    most = max(shifts, key=lambda item: abs(item.by_mix) * item.worth)
    name = watched.metrics[most.metric]
    goes_on = event.end >= len(watched.many.times) - 1
    long = event.end - event.begin + 1 > (LASTING if goes_on else 2 * LASTING)
    shape: Shape = "shift" if long else "spike"
    amounts = amounts_of(watched.counted[most.metric], events=most.events,
                         usual=most.usual, orders=most.orders)  # fmt: skip
    measured = as_measured(amounts, watched, name, moved.place, begin=event.begin,
                               end=event.end)  # fmt: skip
    finding = Finding(
        metric=name,
        segment=moved.place,
        kind="mix_shift",
        shape=shape,
        grain="day",
        began=watched.many.times[event.begin].to_pydatetime(),
        ended=None if goes_on else watched.many.times[event.end].to_pydatetime(),
        score=1.0,
        q_value=event.q_value,
        reason=_MIX_MOVED,
        values={
            "value": str(moved.part[0][1]),
            "before": round(100 * moved.before),
            "after": round(100 * moved.after),
        },
        also=tuple(sorted(watched.metrics[item.metric] for item in shifts
                          if item is not most)),
        **asdict(measured or amounts),
    )  # fmt: skip
    return MixShift(finding, moved.part)
