"""Assignment tables: who was in which arm, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlglot import exp

from analysis.errors import DataProblem, UnknownName
from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS
from analysis.metrics.moments import Brought
from analysis.orders.privacy import hash_id
from analysis.words import N_

NAME = "assignment"
VARIANT = "variant"

#: Share of units in two arms at once above which the assignment itself is broken.
_MOST_IN_BOTH = 0.01

#: Stand for times that are open.
_EARLIEST, _LATEST = pd.Timestamp(1700, 1, 1), pd.Timestamp(2250, 1, 1)
#: Column of orders that holds the id of a unit in an assignment table.
_KEYS: Mapping[str, str] = {
    "order": "order_id",
    "rider": "rider_id",
    "merchant": "merchant_id",
    "zone-hour": "zone",
    "zone": "zone",
    "city-day": "city",
    "city": "city",
}


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment table, cleaned.

    Attributes:
        frame: ``unit`` (text), ``variant`` (text), ``first``, ``last`` (local times or
            NaT), units in two arms left out.
        both: Number of units that were in two arms at once.
        units: Number of units.
    """

    frame: pd.DataFrame
    both: int
    units: int


def read_assigned(table: pd.DataFrame) -> Assigned:
    """Clean an assignment table.

    Args:
        table: Columns ``unit``, ``variant`` and, where wanted, ``first`` and ``last``
            or ``period``.

    Raises:
        UnknownName: a column is not there.
        DataProblem: empty, or many units are in two arms at once.
    """
    for name in ("unit", VARIANT):
        if name not in table.columns:
            raise UnknownName.of("column", name, table.columns)
    frame = pd.DataFrame(
        {"unit": table["unit"].astype("str").str.strip(),
         VARIANT: table[VARIANT].astype("str").str.strip()}
    )  # fmt: skip
    one = "period" in table.columns
    for name in ("first", "last"):
        source = "period" if one else name
        frame[name] = _times(table[source]) if source in table.columns else pd.NaT
    known = table["unit"].notna() & table[VARIANT].notna()
    frame = frame[known.to_numpy()].drop_duplicates(ignore_index=True)
    if frame.empty:
        raise DataProblem(
            N_("The assignment table has {seen} rows with a unit and a variant."),
            hint=N_("Bring one row per unit, with the columns unit and variant."),
            seen=0,
        )
    return _without_both(frame)


def _joined_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Times of a unit in one arm that overlap as one, or its orders would count twice.

    Args:
        frame: ``unit``, ``variant``, ``first`` and ``last``, NaT where open.
    """
    ordered = frame.assign(
        first=frame["first"].fillna(_EARLIEST), last=frame["last"].fillna(_LATEST)
    ).sort_values(["unit", VARIANT, "first"], ignore_index=True)
    keys = [ordered["unit"], ordered[VARIANT]]
    ended = ordered.groupby(["unit", VARIANT])["last"].cummax().groupby(keys).shift()
    stretch = (ordered["first"] > ended).astype(int).groupby(keys).cumsum()
    merged = ordered.groupby(
        ["unit", VARIANT, stretch.rename("stretch")], as_index=False, sort=True
    ).agg(first=("first", "min"), last=("last", "max"))
    merged["first"] = merged["first"].mask(merged["first"] == _EARLIEST)
    merged["last"] = merged["last"].mask(merged["last"] == _LATEST)
    return merged[["unit", VARIANT, "first", "last"]]


def _times(values: pd.Series) -> pd.Series:
    times = pd.to_datetime(values, errors="coerce", format="mixed")
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_localize(None)
    return times.astype("datetime64[us]")


def _without_both(frame: pd.DataFrame) -> Assigned:
    both = _in_both(frame)
    units = int(frame["unit"].nunique())
    if len(both) > _MOST_IN_BOTH * units:
        raise DataProblem(
            N_("{both} of {units} units are in more than one arm, such as {seen}."),
            hint=N_("Name the unit that was really assigned, or mend the assignment."),
            both=len(both),
            units=units,
            seen=both[0],
        )
    kept = frame[~frame["unit"].isin(both)].reset_index(drop=True)
    if kept["unit"].duplicated().any():
        kept = _joined_times(kept)
    return Assigned(kept, len(both), units)


def _in_both(frame: pd.DataFrame) -> list[str]:
    """Units with two variants whose times overlap."""
    arms = frame.groupby("unit")[VARIANT].transform("nunique")
    several = frame[arms > 1].copy()
    several["first"] = several["first"].fillna(pd.Timestamp.min)
    several["last"] = several["last"].fillna(pd.Timestamp.max)
    several = several.sort_values(["unit", "first"], ignore_index=True)
    grouped = several.groupby("unit")
    changed = several[VARIANT] != grouped[VARIANT].shift()
    ended = grouped["last"].cummax().groupby(several["unit"]).shift()
    met = changed & (several["first"] <= ended)
    return list(several.loc[met, "unit"].unique())


def renamed(assigned: Assigned, names: list[str]) -> Assigned:
    """The table with other names of its units, row by row."""
    frame = assigned.frame.assign(unit=names)
    return replace(assigned, frame=frame)


def brought(
    assigned: Assigned,
    unit: str,
    *,
    key: bytes | None,
    place: exp.Expr | None = None,
) -> Brought:
    """The table as the query joins it to orders.

    Ids stand in it as they are and as publishing hashes them, so that both kinds meet.

    Args:
        assigned: The table.
        unit: What was assigned.
        key: Key of the workspace.
        place: The place of an order, where units are or lie in places.
    """
    frame = assigned.frame
    if key is not None and unit in ("rider", "order", "merchant"):
        hashed = frame.assign(unit=[hash_id(one, key=key) for one in frame["unit"]])
        frame = pd.concat([frame, hashed], ignore_index=True)
    frame = frame.drop_duplicates(["unit", "first", "last"])
    table = pa.table(
        {
            "unit": pa.array(frame["unit"].tolist(), pa.string()),
            VARIANT: pa.array(frame[VARIANT].tolist(), pa.string()),
            "first": pa.array(frame["first"], pa.timestamp("us")),
            "last": pa.array(frame["last"], pa.timestamp("us")),
        }
    )
    column = trees.column(_KEYS[unit], ORDERS) if place is None else place.copy()
    return Brought(NAME, table, _condition(column, frame))


def _condition(column: exp.Expr, frame: pd.DataFrame) -> exp.Expr:
    own = exp.cast(column, "VARCHAR")
    parts: list[exp.Expr] = [exp.EQ(this=own, expression=trees.column("unit", NAME))]
    if frame["first"].notna().any():
        parts.append(_bound("first", frame["first"], exp.GTE))
    if frame["last"].notna().any():
        parts.append(_bound("last", frame["last"], exp.LTE))
    return exp.and_(*parts)


def _bound(name: str, times: pd.Series, comparison: type[exp.Binary]) -> exp.Expr:
    limit = trees.column(name, NAME)
    hourly = (times.dropna() != times.dropna().dt.normalize()).any()
    moment = local_hour() if hourly else local_day()
    met = comparison(this=moment, expression=limit)
    return exp.paren(exp.or_(exp.Is(this=limit.copy(), expression=exp.null()), met))


def local_day() -> exp.Expr:
    """Local date of an order as a time."""
    return exp.cast(trees.column("local_date", ORDERS), "TIMESTAMP")


def local_hour() -> exp.Expr:
    """Local hour of an order as a time."""
    step = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("HOUR"))
    hours = exp.Mul(this=trees.column("local_hour", ORDERS), expression=step)
    return exp.paren(exp.Add(this=local_day(), expression=hours))


def starts(assigned: Assigned, control: str) -> pd.Series:
    """First treated time by unit, NaT for units that never were."""
    frame = assigned.frame
    treated = frame["first"].where(frame[VARIANT] != control)
    return treated.groupby(frame["unit"]).min()


def hourly(times: pd.Series) -> bool:
    """Whether any time is not midnight."""
    known = times.dropna()
    return bool(np.any(known != known.dt.normalize()))
