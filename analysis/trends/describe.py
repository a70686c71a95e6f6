"""From a named candidate to a finding: its days, its shape, its cost, its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from analysis.metrics.many import Many, many_series
from analysis.metrics.selection import Condition
from analysis.trends.amounts import Amounts, amounts_of, as_measured
from analysis.trends.detect import detect
from analysis.trends.explain import Candidate, Named, within
from analysis.trends.faults import Fault, promise_fault
from analysis.trends.findings import Finding
from analysis.trends.hours import hours_of
from analysis.trends.residual import daily
from analysis.trends.scales import Floats
from analysis.trends.shapes import Span, level_before, span_of
from analysis.trends.watched import Watched
from analysis.trends.windows import with_slots

#: Fewer orders beyond the expected ones (or what is worth as many) cost too little to
#: be listed.
LEAST_EXCESS = 5.0
#: Punctuality is held against the promise, so a wrong promise shows in these.
_OF_THE_PROMISE = ("late", "on_time", "promise")
_BOUNDS = ("expected", "low", "high")


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one segment by day.

    Attributes:
        tops: Events.
        bottoms: What they are of.
        due: Events to be expected of such orders, weekdays taken in.
    """

    tops: Floats
    bottoms: Floats
    due: Floats


def fitted(watched: Watched, candidate: Candidate, found: Sequence[Named]) -> Candidate:
    """The candidate with the days that fit its segment best."""
    if candidate.hours is not None:
        return candidate
    series = _hidden(candidate, found, _series(watched, candidate))
    span = span_of(series.tops, series.due, candidate.begin, candidate.end,
                   first=watched.first)  # fmt: skip
    return replace(candidate, begin=span.begin, end=span.end)


def described(
    watched: Watched, item: Named, found: Sequence[Named]
) -> tuple[Finding, pd.DataFrame] | None:
    """The finding and what ``detect`` says of its series; None if that is nothing.

    Args:
        watched: Everything watched, where what was named before was to be expected as
            far as the sums are in memory.
        item: What was named.
        found: What was named before it, whose days are not its own.
    """
    candidate = item.candidate
    if watched.leaves is not None:
        series = own = _own_series(watched, candidate)
    else:
        series = _series(watched, candidate)
        own = _hidden(candidate, found, series)
    span = _span(watched, candidate, own)
    frame = detected(watched, candidate, series)
    cost = abs(span.excess) * watched.counted[candidate.metric].worth
    rose = span.excess * watched.counted[candidate.metric].unit > 0
    if cost < LEAST_EXCESS or not _is_seen(frame, span, rose=rose):
        return None
    metric = watched.metrics[candidate.metric]
    amounts = _amounts(watched, candidate, own, span)
    if amounts is None:
        return None
    fault = None
    if any(word in metric for word in _OF_THE_PROMISE):
        fault = promise_fault(watched, candidate.segment, span)
    score = _score(frame, span)
    return _finding(watched, item, amounts, span=span, score=score, fault=fault), frame


def _span(watched: Watched, candidate: Candidate, series: Series) -> Span:
    if candidate.hours is None:
        return span_of(series.tops, series.due, candidate.begin, candidate.end,
                       first=watched.first)  # fmt: skip
    day = candidate.begin
    level = level_before(series.tops, series.due, day)
    excess = float(series.tops[day] - level * series.due[day])
    return Span(day, day, "spike", goes_on=False, excess=excess)


def detected(watched: Watched, candidate: Candidate, series: Series) -> pd.DataFrame:
    """``detect`` on the segment's events against those expected of such orders.

    Expected, low and high are in the unit of the metric (of a percentile the share of
    orders beyond): what the kind of orders lets expect, times how the segment fared in
    the days before.
    """
    days = watched.many.times
    if candidate.hours is not None:
        days = days + timedelta(hours=candidate.hours[0])
    daily_sums = pd.DataFrame(
        {"period": days, "events": series.tops, "due": np.maximum(series.due, 0)}
    )
    frame = detect(
        daily_sums, numerator="events", denominator="due", minimum=0,
        holidays=watched.days_off(candidate.segment),
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(series.bottoms > 0, series.due / series.bottoms, np.nan)
        value = np.where(series.bottoms > 0, series.tops / series.bottoms, np.nan)
    told = {name: frame[name].to_numpy() * usual for name in _BOUNDS}
    told["value"] = value
    counted = watched.counted[candidate.metric]
    told = {name: item * counted.unit + counted.origin for name, item in told.items()}
    if counted.unit < 0:
        told["low"], told["high"] = told["high"], told["low"]
    return frame.drop(columns="due").assign(**told, orders=series.bottoms)


def _series(watched: Watched, candidate: Candidate) -> Series:
    """The series of its segment, of the same hours of each day where it has hours."""
    many = watched.many
    if candidate.hours is not None or candidate.segment not in many.segments:
        return _own_series(watched, candidate)
    row = many.segments.index(candidate.segment)
    place = candidate.metric
    tops, due = many.numerators[row, place], many.expected[row, place]
    return _with_weekdays(watched, tops, many.denominators[row, place], due)


def _own_series(watched: Watched, candidate: Candidate) -> Series:
    """The series of what is not screened by day: more dimensions, or some hours."""
    if watched.leaves is not None:
        metric = watched.metrics[candidate.metric]
        sums = daily(watched.leaves, metric, candidate.segment, candidate.hours)
    else:
        many = _fetched(watched, candidate)
        sums = many.numerators[0, 0], many.denominators[0, 0], many.expected[0, 0]
    return _with_weekdays(watched, *sums)


def _with_weekdays(
    watched: Watched, tops: Floats, bottoms: Floats, due: Floats
) -> Series:
    expected = with_slots(tops[None, :], due[None, :], watched.weekdays)
    return Series(tops, bottoms, expected[0])


def _hidden(candidate: Candidate, found: Sequence[Named], series: Series) -> Series:
    """The series without the days on which something else befell it."""
    other = np.zeros(len(series.tops), dtype=bool)
    for item in found:
        known = item.candidate
        befell = candidate.segment in item.explains or within(
            candidate.segment, known.segment
        )
        whole_days = known.hours is None or candidate.hours is not None
        if known.metric == candidate.metric and befell and whole_days:
            other[known.begin : known.end + 1] = True
    if other[candidate.begin : candidate.end + 1].all():
        return series
    parts = (series.tops, series.bottoms, series.due)
    return Series(*(np.where(other, 0.0, part) for part in parts))


def _fetched(watched: Watched, candidate: Candidate) -> Many:
    metric = watched.metrics[candidate.metric]
    where = watched.selection_of(candidate.segment)
    if candidate.hours is not None:
        low, high = candidate.hours
        where = where.narrow(Condition("hour", "range", low=low, high=high))
    return many_series(
        watched.dataset, [watched.counted_of(metric)], sets=[()], period=watched.read,
        where=where, risk=watched.risk_of(metric),
    )  # fmt: skip


def _is_seen(frame: pd.DataFrame, span: Span, *, rose: bool) -> bool:
    """Whether ``detect`` calls a day of it, on its side."""
    days = frame.iloc[max(span.begin - 1, 0) : span.end + 1]
    above = days["value"] > days["expected"]
    side = above if rose else ~above
    return bool((days["is_anomaly"] & side).any())


def _score(frame: pd.DataFrame, span: Span) -> float:
    scores = frame["score"].to_numpy()[span.begin : span.end + 1]
    return float(np.nanmax(scores, initial=0.0))


def _amounts(
    watched: Watched, candidate: Candidate, series: Series, span: Span
) -> Amounts | None:
    """Its figures in the unit of the metric; None where its value did not move so."""
    days = slice(span.begin, span.end + 1)
    events = float(series.tops[days].sum())
    found = amounts_of(
        watched.counted[candidate.metric],
        events=events,
        usual=events - span.excess,
        orders=float(series.bottoms[days].sum()),
    )
    return as_measured(
        found, watched, watched.metrics[candidate.metric], candidate.segment,
        begin=span.begin, end=span.end, hours=candidate.hours,
    )  # fmt: skip


def _finding(
    watched: Watched, item: Named, amounts: Amounts, *,
    span: Span, score: float, fault: Fault | None,
) -> Finding:  # fmt: skip
    candidate = item.candidate
    began, ended, grain = _times(watched, candidate, span)
    return Finding(
        metric=watched.metrics[candidate.metric],
        segment=candidate.segment,
        kind="data_fault" if fault else "segment",
        shape=span.shape,
        grain=grain,
        began=began,
        ended=ended,
        score=score,
        q_value=candidate.q_value,
        reason=fault.reason if fault else "",
        values=dict(fault.values) if fault else {},
        also=tuple(watched.metrics[place] for place in item.also),
        **asdict(amounts),
    )


def _times(
    watched: Watched, candidate: Candidate, span: Span
) -> tuple[datetime, datetime | None, Literal["day", "hour"]]:
    times = watched.many.times
    began = times[span.begin].to_pydatetime()
    ended = times[span.end].to_pydatetime()
    if candidate.hours is not None:
        low, high = candidate.hours
        found: tuple[int, int, int] | None = (span.begin, low, high)
    else:
        found = hours_of(watched, candidate, span)
    if found is not None:
        day = times[found[0]].to_pydatetime()
        first, last = (timedelta(hours=hour) for hour in found[1:])
        return day + first, day + last, "hour"
    return began, None if span.goes_on else ended, "day"
