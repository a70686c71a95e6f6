"""Facts of cases as numbers that a logit can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Minutes from the second to the first time, by name; the plan where there is one.
SPANS: Final[Mapping[str, tuple[str, str]]] = {
    "dispatch_over_plan": ("accepted_at", "planned_accepted_at"),
    "arrival_over_plan": ("arrived_merchant_at", "planned_arrived_merchant_at"),
    "ready_over_promise": ("ready_at", "promised_ready_at"),
    "pickup_over_promise": ("picked_up_at", "promised_pickup_at"),
    "customer_over_plan": ("arrived_customer_at", "planned_arrived_customer_at"),
    "delivery_over_plan": ("delivered_at", "planned_delivered_at"),
    "dispatch_minutes": ("accepted_at", "created_at"),
    "way_to_merchant_minutes": ("arrived_merchant_at", "accepted_at"),
    "wait_at_merchant_minutes": ("picked_up_at", "arrived_merchant_at"),
    "wait_after_ready_minutes": ("picked_up_at", "ready_at"),
    "ride_minutes": ("arrived_customer_at", "picked_up_at"),
    "hand_over_minutes": ("delivered_at", "arrived_customer_at"),
    "delivery_minutes": ("delivered_at", "created_at"),
    "cancelled_after_minutes": ("cancelled_at", "created_at"),
    "promised_minutes": ("promised_at", "created_at"),
}
#: Facts about the place, the time or a person's id tell whom to suspect, not what
#: happened; sums of money follow from a decision.
LEFT_OUT: Final = {
    "order_no", "order_id", "rider_id", "merchant_id", "customer_id", "batch_id",
    "country", "city", "zone", "timezone", "merchant_name", "merchant_type",
    "category", "capacity_type", "vehicle", "local_date", "local_hour",
    "local_weekday", "hour_band", "currency", "strategy_id", "variant", "tenure_days",
    "refund_amount", "compensation_amount", "claimed_party", "rating",
}  # fmt: skip
_PLACES: Final = ("_lat", "_lng")
#: A text with more distinct values than this is no category.
MOST_VALUES: Final = 25
#: Values rarer than this teach nothing.
FEWEST: Final = 10
#: Numbers beyond these percentiles count as these.
_TAILS: Final = (0.01, 0.99)
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Encoder:
    """How facts become numbers with mean 0 and spread 1.

    Attributes:
        numbers: Facts that are numbers, with low and high end and what stands for a
            missing one.
        values: Values of facts that are texts.
        facts: Fact of each column.
        means: Of each column, in what was learned from.
        spreads: Of each column.
    """

    numbers: Mapping[str, tuple[float, float, float]]
    values: Mapping[str, tuple[str, ...]]
    facts: tuple[str, ...]
    means: Floats
    spreads: Floats

    @classmethod
    def of(cls, facts: pd.DataFrame) -> Encoder:
        """Learn it from facts of cases; what never varies is left out."""
        told = told_of(facts)
        numbers = {
            name: _ends(column)
            for name, column in told.select_dtypes("number").items()
            if column.min() < column.max()
        }
        values = {
            name: _categories(column)
            for name, column in told.select_dtypes(exclude="number").items()
        }
        kept = {str(name): found for name, found in values.items() if found}
        named = {str(name): ends for name, ends in numbers.items()}
        plain = cls(named, kept, (), np.zeros(0), np.ones(0))
        columns, names = plain._columns(told)
        spread = columns.std(axis=0)
        return cls(
            named, kept, names, columns.mean(axis=0), np.where(spread > 0, spread, 1.0)
        )

    def encode(self, facts: pd.DataFrame) -> Floats:
        """Columns of facts, (cases, columns)."""
        columns, _ = self._columns(told_of(facts))
        return (columns - self.means) / self.spreads

    def _columns(self, told: pd.DataFrame) -> tuple[Floats, tuple[str, ...]]:
        columns: list[Floats] = []
        names: list[str] = []
        for name, (low, high, usual) in self.numbers.items():
            value = _numbers(told, name)
            missing = np.isnan(value)
            columns += [
                np.where(missing, usual, np.clip(value, low, high)),
                missing * 1.0,
            ]
            names += [name, name]
        for name, known in self.values.items():
            texts = told[name] if name in told else pd.Series(None, index=told.index)
            columns += [np.asarray(texts == value, dtype=float) for value in known]
            names += [name] * len(known)
        if not columns:
            return np.zeros((len(told), 0)), ()
        return np.column_stack(columns), tuple(names)


def told_of(facts: pd.DataFrame) -> pd.DataFrame:
    """Facts that may tell what happened: numbers, texts and minutes between times."""
    kept = [
        name
        for name, kind in facts.dtypes.items()
        if name not in LEFT_OUT
        and not str(name).endswith(_PLACES)
        and not pd.api.types.is_datetime64_any_dtype(kind)
    ]
    told = facts[kept].copy()
    for name in told.select_dtypes("bool"):
        told[name] = told[name].astype(float)
    spans = {
        name: (facts[end] - facts[start]).dt.total_seconds() / _MINUTE
        for name, (end, start) in SPANS.items()
        if end in facts and start in facts
    }
    return told.assign(**spans)


def _numbers(told: pd.DataFrame, name: str) -> Floats:
    if name not in told:
        return np.full(len(told), np.nan)
    return told[name].to_numpy(dtype=float, na_value=np.nan)


def _ends(column: pd.Series) -> tuple[float, float, float]:
    known = column.dropna().astype(float)
    low, high = known.quantile(list(_TAILS))
    return float(low), float(high), float(known.median())


def _categories(column: pd.Series) -> tuple[str, ...]:
    counts = column.value_counts()
    if len(counts) > MOST_VALUES:
        return ()
    return tuple(sorted(str(value) for value in counts.index[counts >= FEWEST]))
