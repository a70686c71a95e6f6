"""What an evaluation of a published dataset is asked and gives back besides.

On a `Dataset` the names of a `Strategy` mean:

- ``outcome``, and that of guardrails: metrics of the registry, with settings where
  wanted; ``denominator`` stays empty, a metric has its own.
- ``unit``: one of `UNITS`, what was assigned; ``order`` where it is left out.
- ``treatment``: a dimension that holds the arm, such as ``variant`` or
  ``riders.scheme``; without it the assignment table says it, or ``treated`` (values of
  the unit's place) from ``start`` on.
- ``time``: step of a panel or series, ``hour``, ``day``, ``week`` or ``month``.
- ``start``, ``period``: local dates. A period is first and last day, both included.
- ``cluster``, ``strata``: dimensions, or the units above such as ``zone-hour``.
- ``covariates``: metrics, each unit's own before the start (CUPED), or dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

from analysis.metrics.selection import Selection
from analysis.strategies.results import Estimate, Text, text

PublishedUnit = Literal[
    "order", "rider", "merchant", "zone-hour", "city-day", "zone", "city"
]

#: Dimensions that tell units apart.
UNITS: Mapping[str, tuple[str, ...]] = {
    "order": ("order_no",),
    "rider": ("rider_id",),
    "merchant": ("merchant_id",),
    "zone-hour": ("zone", "local_date", "local_hour"),
    "city-day": ("city", "local_date"),
    "zone": ("zone",),
    "city": ("city",),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look, beside the strategy.

    Attributes:
        selection: Which orders; its period bounds that of the strategy.
        assignment: Who was in which arm, where no column says so: columns ``unit`` (ids
            as in the files, or as published) and ``variant``; with ``first`` and
            ``last`` (local dates or hours, both included, missing is open) the arm
            holds within them only.
        key: Key of the workspace, to hash ids as they were hashed at publishing.
        before: Days before the start that covariates and balance are read from.
        segments: Dimensions to ask "for whom"; for A/B None takes the usual ones that
            are there, see `SEGMENTS`, and an empty tuple asks none. Panels ask only
            those named: each segment is an evaluation of its own.
    """

    selection: Selection = field(default_factory=Selection)
    assignment: pd.DataFrame | None = None
    key: bytes | None = None
    before: int = 28
    segments: tuple[str, ...] | None = None


#: "For whom" is asked by these dimensions as far as the dataset has them.
SEGMENTS = (
    "capacity_type", "city", "zone", "zone_type", "hour_band", "tenure_band",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """What an evaluation was read from.

    Attributes:
        dataset: Name of the dataset.
        version: Its version.
        metric: The metric as it was asked for.
        definition: Version of the metric's definition.
        assumed: Fields of it that a rule stands in for.
        unit: What was assigned.
        first: First local date that counts.
        last: Last local date that counts.
        start: First treated date of a panel; None for A/B.
        orders: Orders that count.
        sql: Every query that was run, in order, as text.
    """

    dataset: str
    version: str
    metric: str
    definition: int
    assumed: tuple[str, ...]
    unit: str
    first: date
    last: date
    start: date | None
    orders: int
    sql: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """For whom it worked: hypotheses, unless planned beforehand.

    Attributes:
        table: One row per segment: ``dimension``, ``value``, ``n``, ``effect``, ``se``,
            ``low``, ``high``, ``p_value``, ``rest`` (effect on all others),
            ``difference`` from it, ``difference_low``, ``difference_high``,
            ``difference_p``, ``p_adjusted`` (Holm over all segments), ``q_value``
            (Benjamini-Hochberg), ``reversed`` (whether the effect is the other way
            round here, beyond chance).
        heterogeneity: One row per dimension: ``dimension``, ``statistic``, ``df``,
            ``p_value`` of equal effects, ``p_adjusted`` (Holm).
        sentences: What is to be said, sign reversals first.
        adjusted: Whether effects are adjusted for what the effect on all is.
    """

    table: pd.DataFrame
    heterogeneity: pd.DataFrame
    sentences: tuple[Text, ...] = ()
    adjusted: bool = False

    @property
    def reversed(self) -> tuple[tuple[str, str], ...]:
        """Dimension and value of every sign reversal."""
        if self.table.empty:
            return ()
        rows = self.table[self.table["reversed"]]
        return tuple(zip(rows["dimension"], rows["value"].astype(str), strict=True))


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Another valid method for the same design.

    Attributes:
        method: Its name.
        estimate: What it found.
        distance: Difference to the first, in standard errors of the larger one.
        agrees: Whether both say the same.
        sentence: What that means.
    """

    method: str
    estimate: Estimate
    distance: float
    agrees: bool
    sentence: Text


@dataclass(frozen=True, slots=True)
class DaysLeft:
    """How long until the smallest effect that matters can be told from none.

    Attributes:
        days: Days more at the pace so far; 0 if it can be told now, infinite if not
            within ten times the days so far.
        se: Standard error now.
        needed: Standard error that tells it with the power asked for.
        sentence: In words.
    """

    days: float
    se: float
    needed: float
    sentence: Text


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the worth of a strategy is reckoned with; all of it can be edited.

    Attributes:
        orders: Orders a month that it would reach.
        cost: What it costs for each order reached, in ``currency``.
        fixed: What it costs a month, whatever the orders.
        on_time: Worth of one more order on time.
        complaint: Worth of one complaint avoided.
        currency: Of all amounts.
    """

    orders: float
    cost: float = 0.0
    fixed: float = 0.0
    on_time: float = 0.0
    complaint: float = 0.0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure of a worth with its interval, a month.

    Attributes:
        name: ``on_time_orders``, ``complaints_avoided``, ``cost_per_order`` (change,
            not a month), ``benefit``, ``cost``, ``net``.
        value: Best guess.
        low: Lower bound.
        high: Upper bound.
        unit: ``orders``, ``complaints`` or the currency.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Worth:
    """What a strategy would be worth a month.

    Attributes:
        assumptions: What was assumed.
        amounts: Figures by name, in order.
        break_even: Gain in the on-time rate (a share) at which it pays for itself;
            None where an order on time is worth nothing.
        lacking: Metrics the dataset cannot give.
        sentence: In words.
        has_cost: Whether anything is known of what it costs, entered or measured.
    """

    assumptions: Assumptions
    amounts: tuple[Amount, ...]
    break_even: float | None
    lacking: tuple[str, ...] = ()
    sentence: Text = field(default_factory=lambda: text(""))
    has_cost: bool = True
