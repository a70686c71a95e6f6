"""Staggered panels as a table of units by periods, with each unit's cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataProblem, NotEnoughData
from analysis.strategies.moments import Floats
from analysis.strategies.results import Text, text
from analysis.strategies.study import Study
from analysis.strategies.times import Moment, show
from analysis.strategies.treatment import first_treated
from analysis.words import N_

Codes = NDArray[np.int64]

#: Cohort of units that are not treated within the data.
NEVER = np.iinfo(np.int64).max // 4
_LEAST_UNITS = 4


@dataclass(frozen=True, slots=True)
class Cohorts:
    """A staggered panel.

    Attributes:
        study: What was asked.
        outcome: (units, periods), NaN where a unit was not seen.
        cohort: Position of each unit's first treated period, `NEVER` for none.
        weight: One number per unit; 1 without a denominator.
        covariates: (units, periods, k)
        cluster: Cluster code of each unit.
        stratum: Stratum code of each unit, within which periods have their own effect.
        periods: In order.
        units: Labels.
        notes: What the reader must know.
    """

    study: Study
    outcome: Floats
    cohort: Codes
    weight: Floats
    covariates: Floats
    cluster: Codes
    stratum: Codes
    periods: tuple[Moment, ...]
    units: tuple[object, ...]
    notes: tuple[Text, ...]

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Which cells are treated, (units, periods)."""
        return np.arange(len(self.periods)) >= self.cohort[:, None]

    @property
    def groups(self) -> Codes:
        """Cohorts that were treated, in order."""
        return np.unique(self.cohort[self.cohort < NEVER])


def read_cohorts(study: Study) -> Cohorts:
    """Read a staggered panel; units treated from the first period on are left out.

    Raises:
        DataProblem: nobody or everybody treated throughout, two rows for one unit and
            period, or two first treated times for one unit.
        NotEnoughData: fewer than four units.
    """
    rows = study.rows.assign(first=first_treated(study))
    rows, notes = _ratio(rows)
    _need_single_rows(rows, study)
    starts = _starts(rows, study)
    units, unit_codes = np.unique(rows["unit"].to_numpy(), return_inverse=True)
    periods = np.sort(rows["time"].unique())
    places = np.searchsorted(periods, rows["time"].to_numpy())
    cohort = _cohort(starts.reindex(units), periods)
    table = _Table(unit_codes, places, (len(units), len(periods)))
    weight = np.nanmean(table.filled(rows["weight"]), axis=1)
    covariates = [table.filled(rows[name]) for name in study.covariates]
    stratum = _codes_of(rows, "stratum", units)
    kept = cohort > 0
    _need_both(cohort[kept], study, starts)
    note = _always_note(units[~kept])
    shape = (*table.shape, 0)
    return Cohorts(
        study,
        table.filled(rows["outcome"])[kept],
        cohort[kept],
        weight[kept],
        (np.stack(covariates, axis=2) if covariates else np.zeros(shape))[kept],
        _clusters(rows, study, units)[kept],
        stratum[kept],
        tuple(pd.Series(periods)),
        tuple(units[kept]),
        (*study.notes, *notes, *note),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    units: Codes
    places: Codes
    shape: tuple[int, int]

    def filled(self, values: pd.Series) -> Floats:
        table = np.full(self.shape, np.nan)
        table[self.units, self.places] = values.to_numpy(dtype=float)
        return table


def _ratio(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Text, ...]]:
    if "denominator" not in rows:
        return rows.assign(weight=1.0), ()
    kept = rows[rows["denominator"] > 0].reset_index(drop=True)
    kept = kept.assign(
        outcome=kept["outcome"] / kept["denominator"], weight=kept["denominator"]
    )
    note = text(N_("Units weigh by their mean denominator."))
    return kept, (note,)


def _need_single_rows(rows: pd.DataFrame, study: Study) -> None:
    twice = rows.duplicated(["unit", "time"])
    if twice.any():
        seen = rows[twice].iloc[0]
        raise DataProblem(
            N_("Unit {unit} has several rows in period {period}."),
            hint=N_("Sum or average rows to one per {name} and period first."),
            unit=seen["unit"],
            period=show(seen["time"]),
            name=study.strategy.unit,
        )


def _starts(rows: pd.DataFrame, study: Study) -> pd.Series:
    grouped = rows.groupby("unit")["first"]
    mixed = grouped.nunique(dropna=False)
    if (mixed > 1).any():
        raise DataProblem(
            N_("Unit {unit} has {seen} different first treated times in {name}."),
            hint=N_("Write the same time in every row of a unit, or 0/1 exposure."),
            unit=mixed.idxmax(),
            seen=int(mixed.max()),
            name=study.strategy.treatment,
        )
    return grouped.first()


def _cohort(starts: pd.Series, periods: np.ndarray) -> Codes:
    known = starts.notna().to_numpy()
    cohort = np.full(len(starts), NEVER, dtype=np.int64)
    values = starts.to_numpy()[known].astype(periods.dtype)
    cohort[known] = np.searchsorted(periods, values)
    return cohort


def _need_both(cohort: Codes, study: Study, starts: pd.Series) -> None:
    if len(cohort) < _LEAST_UNITS:
        raise NotEnoughData(
            N_("There are {seen} units with a period before their treatment."),
            hint=N_("At least {least} are needed."),
            seen=len(cohort),
            least=_LEAST_UNITS,
        )
    groups = np.unique(cohort)
    if (groups == NEVER).all():
        raise DataProblem(
            N_("No unit is treated within the data by column {name}."),
            hint=N_("Give each unit's first treated time, or widen the period."),
            name=study.strategy.treatment,
        )
    if len(groups) == 1:
        raise DataProblem(
            N_("All units are treated from {seen} on."),
            hint=N_("Somebody must be treated later, or never, to compare with."),
            seen=show(starts.dropna().iloc[0]),
        )


def _always_note(units: np.ndarray) -> tuple[Text, ...]:
    if not len(units):
        return ()
    note = text(
        N_("{count} units are treated from the first period on and are left out."),
        count=len(units),
    )
    return (note,)


def _clusters(rows: pd.DataFrame, study: Study, units: np.ndarray) -> Codes:
    if not study.clusters:
        return np.arange(len(units))
    return _codes_of(rows, study.clusters[0], units)


def _codes_of(rows: pd.DataFrame, name: str, units: np.ndarray) -> Codes:
    """Codes of what a column says first about each unit; 0 without the column."""
    if name not in rows:
        return np.zeros(len(units), dtype=np.int64)
    labels = rows.groupby("unit")[name].first().reindex(units)
    return pd.factorize(labels)[0].astype(np.int64)
