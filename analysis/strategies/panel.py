"""Panels with one start: who was treated, and which periods came after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataProblem, InvalidInput, NotEnoughData, UnknownName
from analysis.strategies.results import Text, text
from analysis.strategies.study import Study
from analysis.strategies.times import Moment, show
from analysis.strategies.treatment import exposure
from analysis.words import N_

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows with ``treated`` (0/1 by unit), ``post`` (0/1 by period) and ``weight``.

    Attributes:
        study: What was asked.
        rows: Also ``outcome`` (divided by the denominator, where there is one).
        start: First treated period.
        periods: All periods in order.
        clusters: Cluster columns; the unit where none is named and units repeat.
        notes: What the reader must know.
    """

    study: Study
    rows: pd.DataFrame
    start: Moment
    periods: tuple[Moment, ...]
    clusters: tuple[str, ...]
    notes: tuple[Text, ...]

    @property
    def repeated(self) -> bool:
        """Whether units are seen more than once."""
        return "unit" in self.rows and bool(self.rows["unit"].duplicated().any())


def read_panel(study: Study) -> Panel:
    """Read a panel with one start.

    Raises:
        DataProblem: no or only treated units, or several starts.
        InvalidInput: the start lies outside the data.
    """
    rows = study.rows.copy()
    rows["treated"], start = _treated(study)
    periods = tuple(sorted(rows["time"].unique()))
    _need_both_sides(rows, study)
    _need_start_inside(rows, start)
    rows["post"] = (rows["time"] >= start).astype("float64")
    rows, notes = _weighted(rows)
    _need_cells(rows)
    clusters = study.clusters
    if not clusters and "unit" in rows and rows["unit"].duplicated().any():
        clusters = ("unit",)
    return Panel(study, rows, start, periods, clusters, (*study.notes, *notes))


def _treated(study: Study) -> tuple[pd.Series, Moment]:
    rows, strategy = study.rows, study.strategy
    if strategy.treatment is None:
        return _named(study), study.moment(strategy.start, name="start")
    exposed = exposure(study)
    if _is_group(rows, exposed):
        return exposed, _start_of_group(study)
    ever = exposed.groupby(rows["unit"]).transform("max")
    return ever, _start_of_exposure(study, exposed)


def _named(study: Study) -> pd.Series:
    asked = study.strategy.treated
    names = asked if isinstance(asked, tuple | list | set) else (asked,)
    units = study.rows["unit"]
    known = {str(unit) for unit in units.unique()}
    for name in names:
        if str(name) not in known:
            raise UnknownName.of("unit", name, known)
    return units.astype("str").isin({str(name) for name in names}).astype("float64")


def _is_group(rows: pd.DataFrame, exposed: pd.Series) -> bool:
    """Whether the column says who, rather than who when."""
    if "unit" in rows:
        grouped = exposed.groupby(rows["unit"])
        return bool((grouped.min() == grouped.max()).all())
    if exposed.groupby(rows["time"]).nunique().min() == _PAIR:
        return True
    raise InvalidInput(
        N_("The treatment column changes over time, and no unit is named."),
        hint=N_("Name the unit, or give a column of who was treated and start=."),
    )


def _start_of_group(study: Study) -> Moment:
    if study.strategy.start is not None:
        return study.moment(study.strategy.start, name="start")
    periods = sorted(study.rows["time"].unique())
    if len(periods) == _PAIR:
        return periods[1]
    told = _start_in_labels(study)
    if told is not None:
        return told
    raise InvalidInput(
        N_("It is not said when the treatment started; there are {count} periods."),
        hint=N_("Give the first treated period with start=."),
        count=len(periods),
    )


def _start_in_labels(study: Study) -> Moment | None:
    """The start, where the treatment column holds the first treated time itself."""
    rows = study.rows
    labels = rows.loc[exposure(study) == 1, "treatment"].unique()
    try:
        start = study.moment(labels[0], name="treatment")
    except InvalidInput:
        return None
    inside = rows["time"].min() < start <= rows["time"].max()
    return start if inside and len(labels) == 1 and str(labels[0]) != "1" else None


def _start_of_exposure(study: Study, exposed: pd.Series) -> Moment:
    if study.strategy.start is not None:
        return study.moment(study.strategy.start, name="start")
    rows = study.rows
    first = rows["time"].where(exposed == 1).groupby(rows["unit"]).min().dropna()
    starts = sorted(first.unique())
    if len(starts) > 1:
        raise DataProblem(
            N_("Units started at {count} different times, from {first} to {last}."),
            hint=N_("Use the design 'staggered'."),
            count=len(starts),
            first=show(starts[0]),
            last=show(starts[-1]),
        )
    return starts[0]


def _need_both_sides(rows: pd.DataFrame, study: Study) -> None:
    sides = rows["treated"].unique()
    if len(sides) < _PAIR:
        raise DataProblem(
            N_("Every row is {seen} by column {name}."),
            hint=N_("A comparison needs units that were never treated."),
            seen=N_("treated") if sides[0] == 1 else N_("untreated"),
            name=study.strategy.treatment or study.strategy.unit,
        )


def _need_start_inside(rows: pd.DataFrame, start: Moment) -> None:
    first, last = rows["time"].min(), rows["time"].max()
    if not first < start <= last:
        raise InvalidInput(
            N_("The start {start} leaves no period before it or after it."),
            hint=N_("The rows looked at run from {first} to {last}."),
            start=show(start),
            first=show(first),
            last=show(last),
        )


def _weighted(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Text, ...]]:
    """Ratios become outcomes that weigh as much as their denominator."""
    if "denominator" not in rows:
        return rows.assign(weight=1.0), ()
    empty = rows["denominator"] == 0
    kept = rows[~empty].reset_index(drop=True)
    kept = kept.assign(
        outcome=kept["outcome"] / kept["denominator"], weight=kept["denominator"]
    )
    if not empty.any():
        return kept, ()
    note = text(
        N_("{count} rows have a denominator of 0 and are left out."),
        count=int(empty.sum()),
    )
    return kept, (note,)


def _need_cells(rows: pd.DataFrame) -> None:
    sizes = rows.groupby(["treated", "post"]).size()
    for treated, post in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)):
        if (treated, post) not in sizes.index:
            raise NotEnoughData(
                N_("There are 0 rows of {who} units {when} the start."),
                hint=N_("Widen the period or the selection."),
                who=N_("treated") if treated else N_("untreated"),
                when=N_("after") if post else N_("before"),
            )
    if np.ptp(rows["outcome"].to_numpy()) == 0:
        raise DataProblem(
            N_("The outcome is {seen:g} in every row."),
            hint=N_("Without variation there is nothing to compare: check the column."),
            seen=float(rows["outcome"].iloc[0]),
        )


def treated_clusters(panel: Panel, cluster: str) -> pd.Series | None:
    """0/1 by cluster where whole clusters were treated, else None."""
    grouped = panel.rows["treated"].groupby(panel.rows[cluster])
    low = grouped.min()
    return None if (low != grouped.max()).any() else low
