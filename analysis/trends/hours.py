"""The hours of an event that was over within a day."""

from __future__ import annotations

import numpy as np

from analysis.metrics.many import many_series
from analysis.trends.explain import Candidate
from analysis.trends.scales import Floats
from analysis.trends.shapes import Span
from analysis.trends.watched import Watched

#: Days before from which the usual hours are learned.
LEARNED_DAYS = 28
#: An event of so many days or more is none of hours.
MOST_DAYS = 3
#: An event of more hours is one of the whole day.
MOST_HOURS = 6
#: Share of the day's excess that the hours must hold.
COVERED = 0.6
_HOURS = 24


def hours_of(
    watched: Watched, candidate: Candidate, span: Span
) -> tuple[int, int, int] | None:
    """Day, first and last hour of a short event; None if it was longer than hours."""
    if not watched.dataset.has("orders", "local_hour"):
        return None
    if span.end - span.begin >= MOST_DAYS:
        return None
    first = max(span.begin - LEARNED_DAYS, 0)
    tops, due = _by_hour(watched, candidate, first, span.end)
    learned = (span.begin - first) * _HOURS
    found = [
        (day, *hours)
        for day in range(span.begin, span.end + 1)
        for own in [slice((day - first) * _HOURS, (day - first + 1) * _HOURS)]
        for hours in [busiest(*(np.concatenate([item[:learned], item[own]])
                                for item in (tops, due)))]
        if hours is not None
    ]  # fmt: skip
    shares = [_share(tops, due, learned, item, span.begin) for item in found]
    place = int(np.argmax(shares)) if shares else 0
    return found[place] if shares and shares[place] >= COVERED else None


def likeliest(watched: Watched, candidate: Candidate) -> tuple[int, int]:
    """First and last hour that fit its segment best, around those that stood out.

    Those that stood out may be of another segment, or of a window that is wider.
    """
    low, high = candidate.hours or (0, _HOURS - 1)
    first = max(candidate.begin - LEARNED_DAYS, 0)
    tops, due = _by_hour(watched, candidate, first, candidate.begin)
    seen, expected = tops[-_HOURS:], due[-_HOURS:] * usual_of(tops, due)
    side = np.sign(candidate.z)
    gains = {
        (begin, end): window_gain(seen, expected, begin, end, side=side)
        for begin in range(max(high - MOST_HOURS + 1, 0), high + 1)
        for end in range(max(begin, low), min(begin + MOST_HOURS, _HOURS))
    }
    best = max(gains, key=lambda hours: gains[hours])
    return best if gains[best] > 0 else (low, high)


def usual_of(tops: Floats, due: Floats) -> Floats:
    """How the hours of the days before the last one were, beside what was expected."""
    seen, expected = (item.reshape(-1, _HOURS)[:-1].sum(axis=0) for item in (tops, due))
    return (seen + 1) / (expected + 1)


def window_gain(
    seen: Floats, expected: Floats, begin: int, end: int, *, side: float
) -> float:
    """Log-likelihood that hours of a day gain as a level of their own, on a side."""
    now, due = seen[begin : end + 1].sum(), expected[begin : end + 1].sum()
    if side * (now - due) <= 0:
        return 0.0
    return float(now * np.log(max(now, 1e-9) / max(due, 1e-9)) - (now - due))


def _share(
    tops: Floats, due: Floats, learned: int, item: tuple[int, int, int], begin: int
) -> float:
    """Share of all excess since an event began that lies in some hours of a day."""
    usual = tops[:learned].reshape(-1, _HOURS).sum(axis=0) + 1
    usual /= due[:learned].reshape(-1, _HOURS).sum(axis=0) + 1
    excess = (tops - due * np.tile(usual, len(due) // _HOURS))[learned:]
    day, low, high = item
    since = (day - begin) * _HOURS
    return float(excess[since + low : since + high + 1].sum() / excess.sum())


def _by_hour(
    watched: Watched, candidate: Candidate, first: int, last: int
) -> tuple[Floats, Floats]:
    """Events and what was to be expected by hour, of whole days."""
    metric = watched.metrics[candidate.metric]
    if watched.leaves is not None:
        hours = slice(first * _HOURS, (last + 1) * _HOURS)
        tops, _, due = watched.leaves.series(metric, candidate.segment, step="hour")
        return tops[hours], due[hours]
    many = many_series(
        watched.dataset, [watched.counted_of(metric)], sets=[()],
        period=watched.days(first, last),
        step="hour", where=watched.selection_of(candidate.segment),
        risk=watched.risk_of(metric),
    )  # fmt: skip
    return many.numerators[0, 0], many.expected[0, 0]


def busiest(tops: Floats, due: Floats) -> tuple[int, int] | None:
    """First and last hour of the last day in which most of its excess lies.

    Args:
        tops: Events by hour; whole days, the last one is looked at.
        due: Events to be expected by hour.
    """
    today, awaited = tops[-_HOURS:], due[-_HOURS:] * usual_of(tops, due)
    excess = today - awaited
    side = np.sign(excess.sum())
    best, gain = None, 0.0
    for begin in range(_HOURS):
        for end in range(begin, min(begin + MOST_HOURS, _HOURS)):
            share = excess[begin : end + 1].sum() / excess.sum()
            ratio = window_gain(today, awaited, begin, end, side=side)
            if share >= COVERED and ratio > gain:
                best, gain = (begin, end), ratio
    return best
