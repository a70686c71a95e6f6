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
from analysis.trends.findings import Finding
from analysis.trends.hours import hours_of
from analysis.trends.residual import Beside, daily, is_rate
from analysis.trends.scales import Floats
from analysis.trends.shapes import Span, level_before, span_of
from analysis.trends.watched import Watched
from analysis.trends.windows import REACH, contrast, with_slots

#: Fewer orders beyond the expected ones (or what is worth as many) cost too little to
#: be listed.
LEAST_EXCESS = 5.0
#: What is left of something beside all others, below which it is nothing of its own.
LEFT_Z = 2.5
#: Digits after the point by which events of two series are the same.
SAME_DIGITS = 6
_BOUNDS = ("expected", "low", "high")


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one segment by day.

    Attributes:
        tops: Events.
        bottoms: What they are of.
        due: Events to be expected of such orders, weekdays taken in.
        others: Events that other things named let expect beyond these; negative for
            fewer.
    """

    tops: Floats
    bottoms: Floats
    due: Floats
    others: Floats

    @property
    def own(self) -> Floats:
        """Events without those that other things brought.

        So an event is as high in days that another one befell as in its other days:
        of orders that are late already, it makes no more late.
        """
        return np.maximum(self.tops - self.others, 0.0)


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
        return candidate
    series = _series(watched, candidate, beside)
    series = _alone(candidate, found, series, beside)
    span = _days(watched, candidate, series)
    return replace(candidate, begin=span.begin, end=span.end)


def described(
    watched: Watched, item: Named, found: Sequence[Named],
    beside: Beside | None = None,
) -> tuple[Finding, pd.DataFrame] | None:  # fmt: skip
    """The finding and what ``detect`` says of its series; None if that is nothing.

    Args:
        watched: Everything watched.
        item: What was named.
        found: What else was named, whose days are not its own.
        beside: Where the sums are in memory, what else was named is expected in them.
    """
    candidate = item.candidate
    series = _series(watched, candidate, beside)
    own = _alone(candidate, found, series, beside)
    span = _span(watched, candidate, own)
    if abs(span.excess) * watched.counted[candidate.metric].worth < LEAST_EXCESS:
        return None
    frame = _known(watched, candidate, series, beside)
    rose = span.excess * watched.counted[candidate.metric].unit > 0
    if not _is_seen(frame, span, rose=rose):
        return None
    amounts = _amounts(watched, candidate, own, span)
    if amounts is None:
        return None
    score = _score(frame, span)
    return _finding(watched, item, amounts, span=span, score=score), frame


def stands(watched: Watched, candidate: Candidate, beside: Beside) -> bool:
    """Whether it still stands out, on its side, beside everything else named."""
    metric = watched.metrics[candidate.metric]
    tops, _, due = daily(beside.leaves, metric, candidate.segment, candidate.hours)
    now, expected, before, before_due = (
        np.array([values[days].sum()])
        for days in (slice(candidate.begin, candidate.end + 1),
                     slice(max(candidate.begin - REACH, 0), candidate.begin))
        for values in (tops, due)
    )  # fmt: skip
    left = float(contrast(now, expected, before, before_due)[0]) / candidate.spread
    return left * np.sign(candidate.z) >= LEFT_Z


def _span(watched: Watched, candidate: Candidate, series: Series) -> Span:
    if candidate.hours is None:
        return _days(watched, candidate, series)
    day = candidate.begin
    level = level_before(series.own, series.due, day)
    excess = float(series.own[day] - level * series.due[day])
    return Span(day, day, "spike", goes_on=False, excess=excess)


def _days(watched: Watched, candidate: Candidate, series: Series) -> Span:
    orders = series.bottoms if is_rate(watched.metrics[candidate.metric]) else None
    return span_of(series.own, series.due, candidate.begin, candidate.end,
                   first=watched.first, orders=orders)  # fmt: skip


def _known(
    watched: Watched, candidate: Candidate, series: Series, beside: Beside | None
) -> pd.DataFrame:
    """What ``detect`` says, asked once of a series that nothing else changed since."""
    if beside is None:
        return detected(watched, candidate, series)
    parts = (series.tops, series.bottoms, series.due, series.others)
    numbers = np.round(parts, SAME_DIGITS).tobytes()
    key = (candidate.metric, candidate.segment, candidate.hours, numbers)
    if key not in beside.detections:
        beside.detections[key] = detected(watched, candidate, series)
    return beside.detections[key]


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
        {"period": days, "events": series.own, "due": np.maximum(series.due, 0)}
    )
    frame = detect(
        daily_sums, numerator="events", denominator="due", minimum=0,
        holidays=watched.days_off(candidate.segment),
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(series.bottoms > 0, series.due / series.bottoms, np.nan)
        value = np.where(series.bottoms > 0, series.tops / series.bottoms, np.nan)
        more = np.where(series.bottoms > 0, series.others / series.bottoms, 0.0)
    told = {
        name: np.maximum(frame[name].to_numpy() * usual + more, 0.0) for name in _BOUNDS
    }
    told["value"] = value
    counted = watched.counted[candidate.metric]
    told = {name: item * counted.unit + counted.origin for name, item in told.items()}
    if counted.unit < 0:
        told["low"], told["high"] = told["high"], told["low"]
    return frame.drop(columns="due").assign(**told, orders=series.bottoms)


def _series(watched: Watched, candidate: Candidate, beside: Beside | None) -> Series:
    """The series of its segment, of the same hours of each day where it has hours."""
    many = watched.many
    if beside is not None:
        return _series_beside(watched, candidate, beside)
    if candidate.hours is not None or candidate.segment not in many.segments:
        many = _fetched(watched, candidate)
        sums = many.numerators[0, 0], many.denominators[0, 0], many.expected[0, 0]
        return _with_weekdays(watched, *sums)
    row = many.segments.index(candidate.segment)
    place = candidate.metric
    tops, due = many.numerators[row, place], many.expected[row, place]
    return _with_weekdays(watched, tops, many.denominators[row, place], due)


def _series_beside(watched: Watched, candidate: Candidate, beside: Beside) -> Series:
    """The series, with what everything else named brought its orders."""
    metric = watched.metrics[candidate.metric]
    asked = (metric, candidate.segment, candidate.hours)
    tops, bottoms, expected = daily(beside.leaves, *asked)
    _, _, due = daily(beside.plain, *asked)
    level = level_before(tops, expected, candidate.begin)
    return _with_weekdays(watched, tops, bottoms, due, level * (expected - due))


def _with_weekdays(
    watched: Watched, tops: Floats, bottoms: Floats, due: Floats,
    others: Floats | None = None,
) -> Series:  # fmt: skip
    others = np.zeros_like(tops) if others is None else others
    own = np.maximum(tops - others, 0.0)
    expected = with_slots(own[None, :], due[None, :], watched.weekdays)
    return Series(tops, bottoms, expected[0], others)


def _alone(
    candidate: Candidate, found: Sequence[Named], series: Series, beside: Beside | None
) -> Series:
    """The series, of which what else was found was to be expected or is left out."""
    return series if beside is not None else _hidden(candidate, found, series)


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
    parts = (series.tops, series.bottoms, series.due, series.others)
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
