"""Units that are alike: assignment within strata, controls that moved alike before."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, NotEnoughData, UnknownName
from analysis.metrics import Selection, measure
from analysis.metrics.filters import filters_of
from analysis.metrics.place_names import WIDER, Places, full_names, places_of
from analysis.strategies.history import HISTORY_DAYS, recent
from analysis.words import N_


def unit_history(
    dataset: Dataset, *, dimension: str, metric: str, selection: Selection | None = None
) -> pd.DataFrame:
    """Units with their past, to match them before they are assigned.

    Returns:
        Columns ``unit`` (places by their full names), ``orders``, ``metric`` (its value
        over the history).
    """
    period = recent(dataset, HISTORY_DAYS)
    places = _places(dataset, dimension, selection)
    table = measure(
        dataset, ["orders", metric], by=places.columns, period=period,
        selection=selection,
    )  # fmt: skip
    return (
        table.assign(unit=full_names(table, places))
        .assign(metric=lambda frame: frame[metric])[["unit", "orders", "metric"]]
        .dropna()
        .reset_index(drop=True)
    )


def match_controls(
    dataset: Dataset,
    *,
    dimension: str,
    metric: str,
    treated: Hashable,
    selection: Selection | None = None,
) -> pd.DataFrame:
    """Places whose weeks moved most like those of one place.

    Args:
        dataset: What is read.
        dimension: ``zone`` or ``city``.
        metric: What should have moved alike.
        treated: The place, by its full name where names repeat.
        selection: Which orders.

    Returns:
        Columns ``place``, ``gap`` (root mean square of the weekly difference once the
        usual distance is taken out, in the unit of the metric), ``correlation``,
        ``trend_gap`` (change of the difference per week), the likest first.

    Raises:
        UnknownName: there is no such place.
        DataProblem: its bare name stands for several places.
        NotEnoughData: fewer than four weeks, or no other place.
    """
    period = recent(dataset, 26 * 7)
    places = _places(dataset, dimension, selection)
    treated = places.named(treated)
    table = measure(
        dataset, [metric], by=places.columns, grain="week", period=period,
        selection=selection,
    )  # fmt: skip
    named = table.assign(place=full_names(table, places)).dropna(subset="place")
    wide = named.pivot_table(index="period", columns="place", values=metric)
    if treated not in wide:
        raise UnknownName.of("place", treated, wide.columns)
    complete = wide.dropna(axis=1)
    weeks, others = len(complete), complete.shape[1] - 1
    if weeks < 4 or others < 1 or treated not in complete:  # noqa: PLR2004
        raise NotEnoughData(
            N_("{weeks} weeks of {places} other places can be compared."),
            hint=N_("Matching needs 4 weeks and one other place or more."),
            weeks=weeks,
            places=max(others, 0),
        )
    rows = [
        _likeness(complete, treated, place) for place in complete if place != treated
    ]
    return pd.DataFrame(rows).sort_values("gap", ignore_index=True)


def stratified_assignment(
    units: pd.DataFrame,
    *,
    unit: str,
    strata: Sequence[str],
    arms: Sequence[Hashable] = ("control", "treatment"),
    seed: int = 0,
) -> pd.DataFrame:
    """Assign units so that every arm has its share of every stratum.

    Numbers are cut into thirds first. Within a stratum arms differ by one unit at most.

    Returns:
        Columns ``unit``, ``stratum``, ``arm`` in the order of the units.

    Raises:
        InvalidInput: a unit is there twice.
    """
    if units[unit].duplicated().any():
        raise InvalidInput(
            N_("{seen} rows name a unit twice."),
            hint=N_("Give one row per unit."),
            seen=int(units[unit].duplicated().sum()),
        )
    parts = [_levels(units[name]) for name in strata]
    stratum = pd.concat(parts, axis=1).agg(" / ".join, axis=1)
    rng = np.random.default_rng(seed)
    arm = np.empty(len(units), dtype=object)
    for level in sorted(stratum.unique()):
        members = np.nonzero((stratum == level).to_numpy())[0]
        order = rng.permutation(len(members))
        labels = np.array(arms, dtype=object)[rng.permutation(len(arms))]
        arm[members[order]] = np.resize(labels, len(members))
    return pd.DataFrame(
        {"unit": units[unit].to_numpy(), "stratum": stratum.to_numpy(), "arm": arm}
    )


def _places(dataset: Dataset, column: str, selection: Selection | None) -> Places:
    """How units are told apart; only places can share a name."""
    if column not in WIDER:
        return Places(column, (column,))
    return places_of(dataset, column, filters_of(dataset, selection or Selection()))


def _levels(values: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(values):
        return values.astype("str")
    thirds = np.ceil(values.rank(method="first", pct=True).to_numpy() * 3).clip(1, 3)
    return pd.Series(
        thirds.astype(int).astype(str), index=values.index, name=values.name
    )


def _likeness(wide: pd.DataFrame, treated: Hashable, place: Hashable) -> dict[str, Any]:
    gap = (wide[place] - wide[treated]).to_numpy()
    return {
        "place": place,
        "gap": float(np.sqrt(np.mean((gap - gap.mean()) ** 2))),
        "correlation": float(np.corrcoef(wide[place], wide[treated])[0, 1]),
        "trend_gap": float(np.polyfit(np.arange(len(gap)), gap, 1)[0]),
    }
