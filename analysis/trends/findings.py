"""What the watch lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd

from analysis.metrics.periods import Period
from analysis.metrics.selection import Condition, Scalar, Selection

#: ``segment``: it went bad (or well) itself; ``mix_shift``: other orders than before,
#: each kind as good as ever; ``data_fault``: the data are wrong, not the deliveries.
Kind = Literal["segment", "mix_shift", "data_fault"]
Shape = Literal["spike", "shift", "drift"]
Segment = tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it is the data.

    Attributes:
        reason: A template marked with ``N_``.
        values: What it names.
    """

    reason: str
    values: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not normal.

    Attributes:
        metric: Metric in which it costs most; ``orders`` where orders did not arrive.
        segment: Dimensions with their values; empty for all orders.
        kind: See ``Kind``.
        shape: Back to normal after a few periods (``spike``), a lasting step
            (``shift``), or growing (``drift``).
        grain: ``day``, or ``hour`` where it was found within a day.
        began: First local day or hour of it.
        ended: Last local day or hour of it; None while it goes on.
        is_worse: By the metric's direction; False for an improvement, and where no way
            is better.
        excess: Orders (or units of the numerator, such as minutes) beyond what was to
            be expected over its time; negative for an improvement, or for fewer of
            them where no way is better. Of a percentile the orders beyond its usual
            value, see ``beyond``.
        orders: Denominator over its time.
        observed: Value of the metric over its time.
        expected: Value that was to be expected.
        score: 0 to 1, as ``detect`` has it, of its clearest point.
        q_value: Share of false ones among everything at least as clear.
        reason: Why it is a mix shift or data fault, as a template marked with ``N_``.
        values: What the template names.
        also: Other metrics that left their range in the same segment and time; all
            that are watched where orders did not arrive.
        worth: Orders that a unit of the excess stands for: 1 for those of orders, for
            minutes and amounts their part of what one order usually has (or of the
            standard deviation, where that is more; all of them together at most the
            orders it befell), 0 where no way is better.
        beyond: Value beyond which orders are counted, for a percentile.
        begin_range: First and last local day on which it began, 95 % sure; None where
            that is not told: of hours, of what did not arrive, of a mix shift.
    """

    metric: str
    segment: Segment
    kind: Kind
    shape: Shape
    grain: Literal["day", "hour"]
    began: datetime
    ended: datetime | None
    is_worse: bool
    excess: float
    orders: float
    observed: float
    expected: float
    score: float
    q_value: float
    reason: str = ""
    values: dict[str, Scalar] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    worth: float = 1.0
    beyond: float | None = None
    begin_range: tuple[datetime, datetime] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.ended is not None

    @property
    def cost(self) -> float:
        """What it costs in orders: so minutes, amounts and events have one measure."""
        return self.excess * self.worth

    @property
    def is_neutral(self) -> bool:
        """Whether it is neither worse nor better."""
        return self.worth == 0

    def is_opposite(self, other: Finding) -> bool:
        """Whether one went the other way; what is no good or bad goes with all."""
        if self.metric == other.metric:
            return (self.excess > 0) != (other.excess > 0)
        return self.is_worse != other.is_worse and not (
            self.is_neutral or other.is_neutral
        )

    def selection(self, last: datetime, *, base: Selection | None = None) -> Selection:
        """The orders of it.

        Args:
            last: End of the period watched, for what goes on.
            base: What the watch was narrowed to.
        """
        days = Period(self.began.date(), (self.ended or last).date())
        chosen = Selection(period=days, metric=self.metric)
        if base is not None:
            chosen = chosen.narrow(*base.conditions)
        conditions = [Condition(name, values=(value,)) for name, value in self.segment]
        return chosen.narrow(*conditions)


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything watched, and what of it is not normal.

    Attributes:
        findings: What data are missing, then by what they cost (``Finding.cost``),
            the dearest first; improvements last.
        period: Days that were looked through.
        metrics: Metrics watched.
        dimensions: Sets of dimensions watched; the empty one is all orders.
        series: Number of series screened.
        too_few: Number of series with too few orders to tell.
        detections: What ``detect`` says of each finding, by ``(metric, segment)``.
    """

    findings: tuple[Finding, ...]
    period: Period
    metrics: tuple[str, ...]
    dimensions: tuple[tuple[str, ...], ...]
    series: int
    too_few: int
    detections: dict[tuple[str, Segment], pd.DataFrame]

    def to_frame(self) -> pd.DataFrame:
        """A row per finding."""
        names = [name for name in Finding.__dataclass_fields__ if name != "values"]
        rows = [{name: getattr(item, name) for name in names} for item in self.findings]
        return pd.DataFrame(rows, columns=names)
