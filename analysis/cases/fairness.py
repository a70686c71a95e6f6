"""Whether decisions fall on some groups more than on others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from analysis.cases.decided import first_hand
from analysis.cases.quality import OVERTURNED, RULED
from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, MissingField, UnknownName
from analysis.metrics.members import Listed, members
from analysis.metrics.rows import order_value
from analysis.stats.intervals import newcombe, wilson
from analysis.stats.multiplicity import holm
from analysis.stats.strata import pooled_difference
from analysis.words import N_

Outcome = Literal["fault", "overturned"]

#: Groups of fewer decisions are shown, and not tested.
FEW: Final = 30
#: With the suggestion known for this share, decisions are held alike by it.
MOSTLY: Final = 0.8
NEWCOMER: Final = "0-30 days"
LATE_HOURS: Final = (22, 6)

#: Dimensions looked at, with the column each is made from and the fields it needs.
DIMENSIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "capacity_type": ("capacity_type", ("capacity_type",)),
    "tenure": ("tenure_band", ("riders.joined_at", "rider_id", "created_at")),
    "vehicle": ("vehicle", ("vehicle",)),
    "zone_type": ("zone_type", ("zone_type",)),
    "zone": ("zone", ("zone",)),
    "weather": ("weather", ("weather",)),
    "night": ("local_hour", ("created_at",)),
}

SAME_SUGGESTION: Final = N_(
    "Differences between decisions for which the rules suggest the same party."
)
AS_DECIDED: Final = N_("Differences as decided, whatever happened in the cases.")

TABLE: Final = (
    "dimension", "group", "n", "count", "rate", "low", "high", "others_rate",
    "difference", "difference_low", "difference_high", "raw_difference", "p_value",
    "p_adjusted", "stands_out",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fairness:
    """Rates of groups against all others.

    Attributes:
        table: One row a dimension and group: dimension, group, n (decisions), count,
            rate, low, high (Wilson), others_rate, difference, difference_low,
            difference_high (against all others, see ``method``), raw_difference (as
            decided), p_value, p_adjusted (Holm over all rows; missing below 30
            decisions), stands_out. Of two groups that are each other's rest only the
            smaller is listed.
        outcome: ``fault`` or ``overturned``.
        party: Whose fault.
        method: What was held equal, a text marked for translation.
        locked: Dimensions the dataset has no columns for, with what would unlock them.
    """

    table: pd.DataFrame
    outcome: Outcome
    party: str
    method: str
    locked: Mapping[str, tuple[str, ...]]


def fairness(
    dataset: Dataset,
    decisions: pd.DataFrame,
    *,
    outcome: Outcome = "fault",
    party: str = "rider",
    alpha: float = 0.05,
) -> Fairness:
    """Fault or overturn rates by capacity type, tenure, place, weather and night.

    One decision a case, the first, so that none counts twice. Where the rules'
    suggestion is known, groups are compared among decisions with the same suggestion:
    what differs then is the judgement, not what happened.

    Args:
        dataset: The version that the decisions' orders are of.
        decisions: From ``decision_frame``.
        outcome: ``fault`` for decisions that hold the party responsible,
            ``overturned`` for appeals that overturned one of them, of those ruled on.
        party: Whose fault.
        alpha: Level after Holm's correction.

    Raises:
        InvalidInput: if there is no such outcome.
    """
    here = decisions[decisions["dataset"] == dataset.id]
    counted = _counted(here, outcome, party)
    groups, locked = _groups(dataset, counted["order_id"].tolist())
    joined = counted.join(groups.set_index("order_id"), on="order_id")
    is_ruled = len(joined) and (joined["suggested"] != "").mean() >= MOSTLY
    strata = joined["suggested"] if is_ruled else pd.Series("", index=joined.index)
    names = [name for name in DIMENSIONS if name in groups]
    rows = [row for name in names for row in _rows(joined, name, strata)]
    table = _tested(pd.DataFrame(rows, columns=[*TABLE]), alpha)
    method = SAME_SUGGESTION if is_ruled else AS_DECIDED
    return Fairness(table, outcome, party, method, locked)


def _counted(decisions: pd.DataFrame, outcome: str, party: str) -> pd.DataFrame:
    """The decisions that count, with whether it happened."""
    own = first_hand(decisions).sort_values(["case", "version"])
    own = own.drop_duplicates("case")[
        ["order_id", "party", "suggested", "appeal_outcome"]
    ]
    fault = own["party"] == party
    if outcome == "fault":
        return own.assign(happened=fault)
    if outcome == "overturned":
        upset = own["appeal_outcome"].isin(OVERTURNED)
        return own.assign(happened=upset)[fault & own["appeal_outcome"].isin(RULED)]
    raise InvalidInput(
        N_("There is no outcome {outcome}."),
        hint=N_("Use fault or overturned."),
        outcome=outcome,
    )


def _groups(
    dataset: Dataset, orders: list[str]
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Group of each order by dimension, and dimensions that are locked."""
    there, locked = [], {}
    for name, (column, needs) in DIMENSIONS.items():
        try:
            order_value(dataset, column)
        except (MissingField, UnknownName):
            locked[name] = needs
        else:
            there.append(name)
    listed = Listed("order_id", list(dict.fromkeys(orders)))
    columns = [DIMENSIONS[name][0] for name in there]
    found = members(dataset, listed, columns=columns)
    groups = {name: _group(name, found[DIMENSIONS[name][0]]) for name in there}
    return pd.DataFrame({"order_id": found["order_id"], **groups}), locked


def _group(name: str, values: pd.Series) -> pd.Series:
    if name == "tenure":
        newcomer = pd.Series(np.where(values == NEWCOMER, NEWCOMER, "over 30 days"))
        return newcomer.where(values.notna().to_numpy())
    if name == "night":
        start, end = LATE_HOURS
        late = (values >= start) | (values < end)
        return pd.Series(np.where(late, "22-06", "06-22")).where(values.notna())
    return values


def _rows(
    joined: pd.DataFrame, name: str, strata: pd.Series
) -> Iterator[dict[str, Any]]:
    known = joined.dropna(subset=[name])
    sizes = known[name].value_counts()
    # Of two groups one is the rest of the other.
    listed = sizes.index[-1:] if len(sizes) == len(("one", "rest")) else sizes.index
    for group in listed if len(sizes) > 1 else ():
        inside = known[name] == group
        yield {
            "dimension": name,
            "group": group,
            **_compared(known["happened"], inside, strata.loc[known.index]),
        }


def _compared(
    happened: pd.Series, inside: pd.Series, strata: pd.Series
) -> dict[str, Any]:
    count, n = int(happened[inside].sum()), int(inside.sum())
    other, rest = int(happened[~inside].sum()), int((~inside).sum())
    bounds = wilson(count, n)
    counts = pd.DataFrame({"happened": happened, "inside": inside, "stratum": strata})
    wide = counts.pivot_table(
        index="stratum", columns="inside", values="happened",
        aggfunc=["sum", "size"], fill_value=0,
    )  # fmt: skip
    pooled = pooled_difference(
        wide[("sum", True)], wide[("size", True)],
        wide[("sum", False)], wide[("size", False)],
    )  # fmt: skip
    low, high = pooled.low, pooled.high
    if len(wide) == 1:
        raw = newcombe(count, n, other, rest)
        low, high = float(raw.low), float(raw.high)
    return {
        "n": n,
        "count": count,
        "rate": count / n,
        "low": float(bounds.low),
        "high": float(bounds.high),
        "others_rate": other / rest,
        "difference": pooled.value,
        "difference_low": low,
        "difference_high": high,
        "raw_difference": count / n - other / rest,
        "p_value": pooled.p_value if n >= FEW else np.nan,
    }


def _tested(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Add the corrected p-values; groups too small to test stay without."""
    tested = table["p_value"].notna()
    adjusted = pd.Series(np.nan, index=table.index)
    adjusted[tested] = holm(table.loc[tested, "p_value"].to_numpy(dtype=float))
    return table.assign(p_adjusted=adjusted, stands_out=adjusted <= alpha)
