"""Conditions of rules over the facts of many cases: true, false or not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cases.attribution import Floats, minutes_after
from analysis.cases.rules import Condition, Ruleset
from analysis.metrics.facts_related import plain_word

Flags = NDArray[np.bool_]

_COMPARE: Mapping[str, Callable[[Floats, float], Flags]] = {
    "above": np.greater,
    "at_least": np.greater_equal,
    "below": np.less,
    "at_most": np.less_equal,
}


@dataclass(frozen=True, slots=True)
class Known:
    """Truth of a condition by case.

    Attributes:
        true: Where it is known to hold.
        false: Where it is known not to; elsewhere it is not known.
    """

    true: Flags
    false: Flags

    @property
    def unknown(self) -> Flags:
        """Where it is neither."""
        return ~(self.true | self.false)

    @classmethod
    def of(cls, holds: Flags, known: Flags | None = None) -> Known:
        """From values, and where they are known; everywhere if None."""
        known = np.ones_like(holds) if known is None else known
        return cls(holds & known, ~holds & known)

    @classmethod
    def nowhere(cls, size: int) -> Known:
        """Known for none of so many cases."""
        nothing = np.zeros(size, dtype=bool)
        return cls(nothing, nothing)


def all_of(parts: Sequence[Known], size: int) -> Known:
    """Whether all hold: false as soon as one is known to be false."""
    true, false = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    for part in parts:
        true, false = true & part.true, false | part.false
    return Known(true, false)


def any_of(parts: Sequence[Known], size: int) -> Known:
    """Whether one holds: true as soon as one is known to be true."""
    true, false = np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    for part in parts:
        true, false = true | part.true, false & part.false
    return Known(true, false)


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask of some cases.

    Attributes:
        frame: From ``metrics.case_facts``, with what ``with_derived`` adds.
        figures: Minutes over plan and the like, by name; they come before columns.
    """

    frame: pd.DataFrame
    figures: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, name: str) -> bool:
        """Whether it is recorded at all."""
        return name in self.figures or name in self.frame

    def numbers(self, name: str) -> Floats:
        """A fact as numbers, NaN where it is not known."""
        if name in self.figures:
            return self.figures[name]
        if name not in self.frame:
            return np.full(len(self), np.nan)
        return pd.to_numeric(self.frame[name], errors="coerce").to_numpy(float)

    def there(self, name: str) -> Flags:
        """Where a fact has a value."""
        if name in self.figures:
            return ~np.isnan(self.figures[name])
        if name not in self.frame:
            return np.zeros(len(self), dtype=bool)
        return self.frame[name].notna().to_numpy()

    def take(self, rows: NDArray[np.intp], figures: Mapping[str, Floats]) -> Facts:
        """The facts of some cases, with figures of their own."""
        return Facts(self.frame.iloc[rows], figures)


def evaluate(conditions: Sequence[Condition], facts: Facts, ruleset: Ruleset) -> Known:
    """Whether all the conditions hold, case by case."""
    parts = [_one(condition, facts, ruleset) for condition in conditions]
    return all_of(parts, len(facts))


def _one(condition: Condition, facts: Facts, ruleset: Ruleset) -> Known:
    nested = condition.any_ or condition.all_
    if nested:
        parts = [_one(part, facts, ruleset) for part in nested]
        join = any_of if condition.any_ else all_of
        found = join(parts, len(facts))
    else:
        found = _test(condition, facts, ruleset)
    if condition.if_unknown is None:
        return found
    if condition.if_unknown:
        return Known(~found.false, found.false)
    return Known(found.true, ~found.true)


def _test(condition: Condition, facts: Facts, ruleset: Ruleset) -> Known:
    name = condition.fact
    there = facts.there(name)
    if condition.recorded is not None:
        return Known(there, np.zeros_like(there))
    if condition.known is not None:
        return Known.of(there == condition.known)
    if condition.present is not None:
        recorded = np.full(len(facts), facts.has(name))
        return Known.of(there == condition.present, recorded)
    if condition.one_of:
        return _is_word(condition, facts)
    values = facts.numbers(name)
    if condition.is_ is not None:
        return Known.of((values > 0) == condition.is_, there)
    kind, bound = condition.bound or ("above", 0.0)
    with np.errstate(invalid="ignore"):
        return Known.of(_COMPARE[kind](values, ruleset.number(bound)), there)


def _is_word(condition: Condition, facts: Facts) -> Known:
    if condition.fact not in facts.frame:
        return Known.nowhere(len(facts))
    words = facts.frame[condition.fact]
    return Known.of(words.isin(condition.one_of).to_numpy(), words.notna().to_numpy())


def with_derived(frame: pd.DataFrame, ruleset: Ruleset) -> pd.DataFrame:
    """Facts with those that rules name and no table has, as far as they can be told."""
    derived = {
        "end_reason": _end_reason(frame, ruleset),
        "complaint": _meaning(_complaint(frame), "complaint", ruleset),
        "damage": _meaning(frame.get("damage_detail"), "damage", ruleset),
        "severe_weather": _severe_weather(frame, ruleset),
        "batch_detour_minutes": _minutes(frame.get("batch_detour_s")),
        "tap_ahead_minutes": _between(frame, "delivered_at", "arrived_customer_at"),
        "wait_at_merchant": _wait(frame),
        "promise_minus_fast": _promise_minus_fast(frame),
    }
    found = {name: column for name, column in derived.items() if column is not None}
    bare = frame.drop(columns=[name for name in derived if name in frame])
    return bare.assign(**found)


def _meaning(words: pd.Series | None, fact: str, ruleset: Ruleset) -> pd.Series | None:
    """What words mean by the vocabulary; a word it lacks stays as it is."""
    listed = ruleset.words.get(fact, {})
    if words is None or not isinstance(listed, Mapping):
        return words
    meaning = {
        plain_word(word): name
        for name, some in listed.items()
        for word in (name, *some)
    }
    texts = {
        text: meaning.get(plain_word(text), plain_word(text))
        for text in words.dropna().unique()
    }
    return words.map(texts)


def _end_reason(frame: pd.DataFrame, ruleset: Ruleset) -> pd.Series | None:
    """Why an order ended; where the reason says nothing, who ended it."""
    reason = _meaning(frame.get("cancel_reason"), "end_reason", ruleset)
    source = frame.get("cancel_source")
    if source is None:
        return reason
    ended_by = _meaning("source:" + source.astype("object"), "end_reason", ruleset)
    if reason is None or ended_by is None:
        return ended_by if reason is None else reason
    known = set(ruleset.words.get("end_reason", {}))
    return reason.where(reason.isin(known) | ended_by.isna(), ended_by)


def _complaint(frame: pd.DataFrame) -> pd.Series | None:
    filed, told = frame.get("complaint_class"), frame.get("complaint_reason")
    if filed is None or told is None:
        return told if filed is None else filed
    return filed.where(filed.notna(), told)


def _severe_weather(frame: pd.DataFrame, ruleset: Ruleset) -> pd.Series | None:
    """1 under an alert or in severe weather, 0 without; NaN where neither is known."""
    alerts, weather = frame.get("weather_alerts_n"), frame.get("weather")
    parts = []
    if alerts is not None:
        parts.append((alerts > 0).astype(float).where(alerts.notna()))
    if weather is not None:
        severe = {plain_word(word) for word in ruleset.words.get("severe_weather", ())}
        is_severe = weather.map(plain_word, na_action="ignore").isin(severe)
        parts.append(is_severe.astype(float).where(weather.notna()))
    return pd.concat(parts, axis=1).max(axis=1) if parts else None


def _minutes(seconds: pd.Series | None) -> pd.Series | None:
    return None if seconds is None else seconds.astype(float) / 60


def _between(frame: pd.DataFrame, start: str, end: str) -> pd.Series | None:
    if start not in frame or end not in frame:
        return None
    return (frame[end] - frame[start]).dt.total_seconds() / 60


def _wait(frame: pd.DataFrame) -> pd.Series | None:
    """Minutes at the merchant, until the pick-up or the end of the order."""
    if "arrived_merchant_at" not in frame:
        return None
    left = pd.Series(minutes_after(frame, "picked_up_at"), frame.index)
    left = left.fillna(pd.Series(minutes_after(frame, "cancelled_at"), frame.index))
    return left - pd.Series(minutes_after(frame, "arrived_merchant_at"), frame.index)


def _promise_minus_fast(frame: pd.DataFrame) -> pd.Series | None:
    if "promised_at" not in frame or "usual_fast" not in frame:
        return None
    promise = pd.Series(minutes_after(frame, "promised_at"), frame.index)
    return promise - frame["usual_fast"].astype(float)
