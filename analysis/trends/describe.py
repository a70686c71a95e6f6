"""From a named candidate to a finding: its days, its shape, its cost, its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from analysis.trends.amounts import Amounts, amounts_of, as_measured
from analysis.trends.explain import Candidate, Named
from analysis.trends.findings import Finding
from analysis.trends.hours import hours_of, likeliest
from analysis.trends.judging import Judge, Judged
from analysis.trends.residual import Beside, is_rate
from analysis.trends.series import Series, series_of, without_days_of
from analysis.trends.shapes import LASTING, Begins, Span, level_before, span_of
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH, contrast

#: Fewer orders beyond the expected ones (or what is worth as many) cost too little to
#: be listed.
LEAST_EXCESS = 5.0
#: What is left of something beside all others, below which it is nothing of its own.
LEFT_Z = 2.5
#: Days by which a step is told otherwise by another way to fit it.
SAME_STEP = 3
#: Days of a drift that are held against those before it began.
LAST_WEEK = 7


@dataclass(frozen=True, slots=True)
class Sought:
    """The days of something named, before it is said whether they are not normal.

    Attributes:
        item: What was named.
        series: Its series.
        own: The series without the days on which something else befell it.
        span: Its days.
    """

    item: Named
    series: Series
    own: Series
    span: Span


def fitted(
    watched: Watched, candidate: Candidate, found: Sequence[Named],
    beside: Beside | None = None,
) -> Candidate:  # fmt: skip
    """The candidate with the days that fit its segment best.

    Args:
        watched: Everything watched.
        candidate: What stands out.
        found: What was found before; its days are left out.
        beside: Where the sums are in memory, what was found is expected in them.
    """
    if candidate.hours is not None:
        seen = watched if beside is None else replace(watched, leaves=beside.leaves)
        return replace(candidate, hours=likeliest(seen, candidate))
    series = series_of(watched, candidate, beside)
    series = _alone(candidate, found, series, beside)
    span = _days(watched, candidate, series)
    return replace(candidate, begin=span.begin, end=span.end)


def sought(
    watched: Watched, item: Named, found: Sequence[Named],
    beside: Beside | None = None,
) -> Sought | None:  # fmt: skip
    """The days of what was named; None if they cost next to nothing.

    Args:
        watched: Everything watched.
        item: What was named.
        found: What else was named, whose days are not its own.
        beside: Where the sums are in memory, what else was named is expected in them.
    """
    candidate = item.candidate
    series = series_of(watched, candidate, beside)
    own = _alone(candidate, found, series, beside)
    span = _span(watched, candidate, own)
    if abs(span.excess) * watched.counted[candidate.metric].worth < LEAST_EXCESS:
        return None
    return Sought(item, series, own, span)


def described(days: Sought, judged: Judged, judge: Judge) -> Finding | None:
    """The finding; None if ``detect`` sees nothing of it.

    Args:
        days: Its days.
        judged: What ``detect`` says of its series.
        judge: Is asked again of what lasts and has no day that is far from normal.
    """
    watched, candidate, span = judge.watched, days.item.candidate, days.span
    if not is_seen(days, judged, judge):
        return None
    amounts = _amounts(watched, candidate, days.own, span)
    if amounts is None:
        return None
    score = _score(judged, span)
    return _finding(watched, days.item, amounts, span=span, score=score)


def is_seen(days: Sought, judged: Judged, judge: Judge) -> bool:
    """Whether ``detect`` calls a day of it, on its side, or sees it as a whole."""
    unit = judge.watched.counted[days.item.candidate.metric].unit
    rose = days.span.excess * unit > 0
    return _is_called(judged, days.span, rose=rose) or _is_seen_whole(
        days, judge, rose=rose
    )


def stands(candidate: Candidate, beside: Beside) -> bool:
    """Whether it still stands out, on its side, beside everything else named."""
    found = beside.daily(candidate)
    now, expected, before, before_due = (
        np.array([values[days].sum()])
        for days in (slice(candidate.begin, candidate.end + 1),
                     slice(max(candidate.begin - REACH, 0), candidate.begin))
        for values in (found.tops, found.due)
    )  # fmt: skip
    left = float(contrast(now, expected, before, before_due)[0]) / candidate.spread
    return left * np.sign(candidate.z) >= LEFT_Z


def _span(watched: Watched, candidate: Candidate, series: Series) -> Span:
    if candidate.hours is None:
        return _days(watched, candidate, series)
    day = candidate.begin
    level = level_before(series.own, series.due, day)
    excess = float(series.own[day] - level * series.due[day])
    return Span(day, day, "spike", goes_on=False, excess=excess,
                begins=Begins(day, np.zeros(1)))  # fmt: skip


def _days(watched: Watched, candidate: Candidate, series: Series) -> Span:
    orders = series.bottoms if is_rate(watched.metrics[candidate.metric]) else None
    return span_of(series.own, series.due, candidate.begin, candidate.end,
                   first=watched.first, orders=orders)  # fmt: skip


def _alone(
    candidate: Candidate, found: Sequence[Named], series: Series, beside: Beside | None
) -> Series:
    """The series, of which what else was found was to be expected or is left out."""
    return series if beside is not None else without_days_of(found, candidate, series)


def _is_called(judged: Judged, span: Span, *, rose: bool) -> bool:
    """Whether ``detect`` calls a day of it, on its side."""
    days = slice(max(span.begin - 1, 0), span.end + 1)
    above = judged.value[days] > judged.expected[days]
    side = above if rose else ~above
    return bool((judged.is_anomaly[days] & side).any())


def _is_seen_whole(days: Sought, judge: Judge, *, rose: bool) -> bool:
    """Whether ``detect`` sees what lasts, though none of its days is far from normal.

    The band follows what grows by a little every day, so the last week of a drift is
    held against the days before it began. Of other things the level must have moved
    where they began, and again where they ended.
    """
    span, candidate = days.span, days.item.candidate
    if span.end - span.begin + 1 < LASTING:
        return False
    if span.shape == "drift":
        grew = np.zeros(len(days.series.tops), dtype=bool)
        grew[span.begin : span.end + 1 - LAST_WEEK] = True
        (held,) = judge.of([(candidate, days.series.without(grew))])
        return _is_called(held, span, rose=rose)
    moved = judge.moved(candidate, days.series)
    places = (span.begin,) if span.goes_on else (span.begin, span.end + 1)
    return all(moved[max(day - SAME_STEP, 0) : day + SAME_STEP + 1].any()
               for day in places)  # fmt: skip


def _score(judged: Judged, span: Span) -> float:
    scores = judged.score[span.begin : span.end + 1]
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
    span: Span, score: float,
) -> Finding:  # fmt: skip
    candidate, fault = item.candidate, item.fault
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
        begin_range=_begin_range(watched, span) if grain == "day" else None,
        also=tuple(watched.metrics[place] for place in item.also),
        **asdict(amounts),
    )


def _begin_range(watched: Watched, span: Span) -> tuple[datetime, datetime]:
    """First and last day on which it may have begun."""
    first, last = (watched.many.times[day] for day in span.begins.likely)
    return first.to_pydatetime(), last.to_pydatetime()


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
