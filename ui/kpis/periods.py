"""Periods of the page KPIs: spans before the last day, comparisons, grains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, get_args

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import Period, compared, measure
from analysis.metrics.periods import Comparison, Grain
from analysis.words import N_
from ui import cached
from ui.counted import counted
from ui.format import day
from ui.texts import t

Span = Literal["auto", "last_7", "last_28", "last_91", "last_364", "all", "days"]

#: Days of each span; whole weeks, so that weekdays weigh alike on both sides.
DAYS: Final[Mapping[str, int]] = {
    "last_7": 7,
    "last_28": 28,
    "last_91": 91,
    "last_364": 364,
}
SPAN_NAMES: Final[Mapping[str, str]] = {
    "last_7": N_("Last 7 days"),
    "last_28": N_("Last 28 days"),
    "last_91": N_("Last 13 weeks"),
    "last_364": N_("Last 52 weeks"),
    "all": N_("All days"),
}
COMPARISON_NAMES: Final[Mapping[str, str]] = {
    "previous": N_("the days before"),
    "same_weekdays": N_("the same weekdays before"),
    "last_year": N_("the same days 52 weeks before"),
    "none": N_("nothing"),
}
GRAIN_NAMES: Final[Mapping[Grain, str]] = {
    "hour": N_("Hour"),
    "day": N_("Day"),
    "week": N_("Week"),
    "month": N_("Month"),
}
#: A span needs this many orders to be what the page opens with.
ENOUGH_ORDERS: Final = 1_000
#: Days up to which a step is used, finest first; the last one has no end.
_STEPS: Final[tuple[tuple[Grain, int], ...]] = (
    ("hour", 2), ("day", 92), ("week", 420), ("month", 1_000_000),
)  # fmt: skip
#: Longest period in days that a step is offered for, so that marks can be told apart.
_LONGEST: Final[Mapping[Grain, int]] = {
    "hour": 31,
    "day": 800,
    "week": 5_000,
    "month": 1_000_000,
}
_SHORTEST: Final[Mapping[Grain, int]] = {"hour": 1, "day": 2, "week": 14, "month": 56}
MAX_SPARK_DAYS: Final = 45


def chosen(dataset: Dataset, *, span: Span, days: Period | None) -> Period | None:
    """The days that a span means for a dataset; None for one without dates."""
    whole = Period.of(dataset.period)
    if whole is None:
        return None
    if days is not None and span in ("auto", "days"):
        return days
    if span in ("auto", "days"):
        span = cached.result(usual_span, dataset)
    return _ending(whole, DAYS.get(span))


def usual_span(dataset: Dataset) -> Span:
    """The shortest of 28 days, 13 weeks and all days that holds enough orders."""
    whole = Period.of(dataset.period)
    counts = measure(dataset, "orders", grain="day")
    for span in ("last_28", "last_91"):
        if whole is None or DAYS[span] >= whole.days:
            break
        first = pd.Timestamp(_ending(whole, DAYS[span]).first)
        if counts.loc[counts["period"] >= first, "orders"].sum() >= ENOUGH_ORDERS:
            return span
    return "all"


def comparisons(
    whole: Period | None, period: Period | None
) -> dict[Comparison, Period]:
    """The comparisons that the data cover, each with its days; no two the same."""
    found: dict[Comparison, Period] = {}
    if whole is None or period is None:
        return found
    for kind in get_args(Comparison):
        before = _compared(period, kind)
        if before and whole.first <= before.first and before not in found.values():
            found[kind] = before
    return found


def uncovered(whole: Period | None, period: Period | None) -> dict[Comparison, str]:
    """The comparisons that are not possible, each with the reason in a sentence."""
    if whole is None or period is None:
        return {}
    return {
        kind: _why_uncovered(whole, _compared(period, kind), kind)
        for kind in get_args(Comparison)
        if (before := _compared(period, kind)) is None or before.first < whole.first
    }


def _why_uncovered(whole: Period, before: Period | None, kind: Comparison) -> str:
    name = t(COMPARISON_NAMES[kind])
    if before is None:
        return t("Not {name}: they would overlap the period.", name=name)
    return t(
        "Not {name}: they begin on {first}, the data on {day}.",
        name=name,
        first=day(before.first),
        day=day(whole.first),
    )


def _compared(period: Period, kind: Comparison) -> Period | None:
    """The days compared with; None where they would overlap the period."""
    try:
        return compared(period, kind)
    except InvalidInput:
        return None


def covered(
    whole: Period | None, period: Period | None, compare: str
) -> Comparison | None:
    """The comparison asked for, if the data reach back that far."""
    found = comparisons(whole, period)
    if compare == "same_weekdays" and "previous" in found and compare not in found:
        return "previous"  # they are the same days
    return next((kind for kind in found if kind == compare), None)


def days_before(period: Period | None, compare: Comparison | None) -> Period | None:
    """The days that a period is compared with."""
    return compared(period, compare) if period and compare else None


def before_name(period: Period | None, compare: Comparison | None) -> str:
    """What changes are against, in words, such as "the 28 days before"."""
    if period is None or compare is None:
        return ""
    if compare == "previous":
        return counted(N_("the day before"), N_("the {count} days before"), period.days)
    return t(COMPARISON_NAMES[compare])


def grains(period: Period | None) -> tuple[Grain, ...]:
    """Steps of a trend that suit a period."""
    if period is None:
        return ()
    return tuple(
        step
        for step in get_args(Grain)
        if _SHORTEST[step] <= period.days <= _LONGEST[step]
    )


def grain(period: Period | None, wanted: str) -> Grain | None:
    """The step of a trend: the one asked for where it suits, else the usual one."""
    if period is None:
        return None
    usual = next(step for step, longest in _STEPS if period.days <= longest)
    return next((step for step in grains(period) if step == wanted), usual)


def spark_grain(period: Period | None) -> Grain | None:
    """A coarser step for the lines on the cards: about thirty points."""
    if period is None:
        return None
    if period.days <= MAX_SPARK_DAYS:
        return grain(period, "auto")
    return "week" if period.days <= 7 * MAX_SPARK_DAYS else "month"


def steps(period: Period, step: Grain) -> pd.DatetimeIndex:
    """Start of every step of a period, also of those without orders."""
    last = pd.Timestamp(period.last)
    if step == "hour":
        return pd.date_range(
            period.first, last + timedelta(hours=23), freq="h", unit="us"
        )
    first = pd.Timestamp(period.first)
    if step == "week":
        first -= timedelta(days=first.weekday())
    if step == "month":
        first = first.replace(day=1)
    frequency = {"day": "D", "week": "7D", "month": "MS"}[step]
    return pd.date_range(first, last, freq=frequency, unit="us")


def neighbours(whole: Period, period: Period) -> tuple[Period | None, Period | None]:
    """The period of the same length before and after; None where no data are."""
    earlier, later = period.moved(-period.days), period.moved(period.days)
    return (
        earlier if earlier.overlaps(whole) else None,
        later if later.overlaps(whole) else None,
    )


def _ending(whole: Period, days: int | None) -> Period:
    """The last so many days; all of them if None."""
    if days is None:
        return whole
    first = whole.last - timedelta(days=days - 1)
    return Period(max(whole.first, first), whole.last)
