"""What ``detect`` says of the series of many findings, asked once of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from analysis.trends.cube import Booleans
from analysis.trends.detect import Judgement, detect, detect_sums
from analysis.trends.explain import Candidate
from analysis.trends.scales import Floats
from analysis.trends.series import Series
from analysis.trends.watched import Watched

#: Digits after the point by which events of two series are the same.
SAME_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one series by day, in the unit of its metric.

    Expected, low and high are what the kind of orders lets expect, times how the
    segment fared in the days before; of a percentile the share of orders beyond.

    Attributes:
        orders: What the events are of.
        value: Value of the metric.
        expected: What was to be expected.
        low: Lower end of the interval of normal days.
        high: Upper end.
        score: 0 to 1, how far in the tail the day lies.
        is_anomaly: Whether it lies outside the interval.
    """

    orders: Floats
    value: Floats
    expected: Floats
    low: Floats
    high: Floats
    score: Floats
    is_anomaly: Booleans

    def to_frame(self, times: pd.DatetimeIndex) -> pd.DataFrame:
        """A row a day, with its ``period``."""
        columns = {name: getattr(self, name) for name in self.__slots__}
        return pd.DataFrame({"period": times, **columns})


@dataclass(frozen=True, slots=True)
class Judge:
    """Says of series what ``detect`` says, once of each.

    Attributes:
        watched: Everything watched.
        known: What was said so far.
        levels: Where the levels of series moved, as far as that was asked.
    """

    watched: Watched
    known: dict[Hashable, Judged] = field(default_factory=dict)
    levels: dict[Hashable, Booleans] = field(default_factory=dict)

    def of(self, asked: Sequence[tuple[Candidate, Series]]) -> list[Judged]:
        """What is said of each series."""
        keys = [_key(candidate, series) for candidate, series in asked]
        new = {key: one for key, one in zip(keys, asked, strict=True)
               if key not in self.known}  # fmt: skip
        groups: dict[frozenset[date], list[Hashable]] = defaultdict(list)
        for key, (candidate, _) in new.items():
            groups[self.watched.days_off(candidate.segment)].append(key)
        for days_off, held in groups.items():
            told = detect_sums(
                np.array([new[key][1].own for key in held]),
                np.array([np.maximum(new[key][1].due, 0) for key in held]),
                times=self.watched.many.times, holidays=days_off,
            )  # fmt: skip
            for row, key in enumerate(held):
                self.known[key] = _in_unit(self.watched, *new[key], told, row)
        return [self.known[key] for key in keys]

    def moved(self, candidate: Candidate, series: Series) -> Booleans:
        """Where the level of a series moved for good, seen in hindsight."""
        key = _key(candidate, series)
        if key not in self.levels:
            sums = {"events": series.own, "due": np.maximum(series.due, 0)}
            told = detect(
                pd.DataFrame({"period": self.watched.many.times, **sums}),
                numerator="events", denominator="due", minimum=0,
                holidays=self.watched.days_off(candidate.segment),
            )  # fmt: skip
            self.levels[key] = told["is_changepoint"].to_numpy(dtype=bool)
        return self.levels[key]


def _key(candidate: Candidate, series: Series) -> Hashable:
    parts = (series.tops, series.bottoms, series.due, series.others)
    numbers = np.round(parts, SAME_DIGITS).tobytes()
    return candidate.metric, candidate.segment, candidate.hours, numbers


def _in_unit(
    watched: Watched, candidate: Candidate, series: Series, told: Judgement, row: int
) -> Judged:
    """Events as a value of the metric: those that others brought are added again."""
    counted = watched.counted[candidate.metric]
    with np.errstate(divide="ignore", invalid="ignore"):
        known = series.bottoms > 0
        usual = np.where(known, series.due / series.bottoms, np.nan)
        value = np.where(known, series.tops / series.bottoms, np.nan)
        more = np.where(known, series.others / series.bottoms, 0.0)
    expected, low, high = (
        np.maximum(side[row] * usual + more, 0.0) * counted.unit + counted.origin
        for side in (told.expected, told.low, told.high)
    )
    if counted.unit < 0:
        low, high = high, low
    return Judged(
        series.bottoms, value * counted.unit + counted.origin, expected, low, high,
        told.score[row], told.is_anomaly[row],
    )  # fmt: skip
