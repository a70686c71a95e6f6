"""Switchback data: units by periods, with what was on before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import gcd

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataProblem, NotEnoughData
from analysis.strategies.moments import Floats
from analysis.strategies.results import Text
from analysis.strategies.study import Study
from analysis.strategies.treatment import exposure
from analysis.words import N_

_LEAST_CELLS = 12


@dataclass(frozen=True, slots=True)
class Switches:
    """Cells in the order of unit and period.

    Attributes:
        study: What was asked.
        cells: ``outcome``, ``weight``, ``on`` (0/1), ``unit``, ``time``, ``place`` (the
            number of the period, also of those without a row), covariates, cluster
            columns.
        block: Periods between two drawings of the treatment.
        notes: What the reader must know.
    """

    study: Study
    cells: pd.DataFrame
    block: int
    notes: tuple[Text, ...]

    def lagged(self, lag: int) -> Floats:
        """What was on some periods before, NaN where unknown."""
        grouped = self.cells.groupby("unit")
        apart = self.cells["place"] - grouped["place"].shift(lag)
        shifted = grouped["on"].shift(lag).where(apart == lag)
        return shifted.to_numpy(dtype=float)

    @property
    def since(self) -> NDArray[np.int64]:
        """Periods since the treatment last changed within the unit, 0 at a change."""
        changed = self.cells.groupby("unit")["on"].diff().fillna(0) != 0
        run = changed.groupby(self.cells["unit"]).cumsum()
        counted = self.cells.groupby([self.cells["unit"], run]).cumcount()
        # Before the first change nobody knows how long it had been on.
        return np.where(run == 0, np.iinfo(np.int32).max, counted).astype(np.int64)


def read_switches(study: Study) -> Switches:
    """Put rows together to one per unit and period.

    Raises:
        DataProblem: treatment varies within a unit and period, or never changes.
        NotEnoughData: fewer than twelve cells.
    """
    rows = study.rows.assign(on=exposure(study))
    if "unit" not in rows:
        rows["unit"] = 0
    keys = ["unit", "time"]
    grouped = rows.groupby(keys)["on"]
    if (grouped.min() != grouped.max()).any():
        mixed = rows.loc[grouped.transform("nunique") > 1, "unit"].iloc[0]
        raise DataProblem(
            N_("Unit {unit} is both on and off in one period."),
            hint=N_("Use finer periods or units, those that were switched."),
            unit=mixed,
        )
    cells = _cells(rows, study, keys)
    _need_switches(cells, study)
    cells["place"] = _places(cells["time"])
    block = study.strategy.block or _block(cells)
    return Switches(study, cells, block, study.notes)


def _cells(rows: pd.DataFrame, study: Study, keys: list[str]) -> pd.DataFrame:
    grouped = rows.groupby(keys, sort=True)
    means = [*study.covariates, "on"]
    table = grouped[means].mean()
    if "denominator" in rows:
        sums = grouped[["outcome", "denominator"]].sum()
        table["weight"] = sums["denominator"]
        table["outcome"] = sums["outcome"] / sums["denominator"].where(
            sums["denominator"] > 0
        )
    else:
        table["weight"] = grouped.size().astype("float64")
        table["outcome"] = grouped["outcome"].mean()
    for name in study.clusters:
        table[name] = grouped[name].first()
    return table.dropna(subset=["outcome"]).reset_index()


def _places(times: pd.Series) -> pd.Series:
    """Numbers of periods, also of those that no unit has.

    Else the last hour of an evening would pass for the one before the next morning.
    Where periods are not all as far apart, such as months, only those seen count.
    """
    every = np.sort(times.unique())
    since = every - every[0]
    step = np.diff(every).min()
    whole = bool((since % step == np.zeros_like(step)).all())
    numbers = since // step if whole else np.arange(len(every))
    return times.map(dict(zip(every, numbers, strict=True))).astype("int64")


def _need_switches(cells: pd.DataFrame, study: Study) -> None:
    if len(cells) < _LEAST_CELLS:
        raise NotEnoughData(
            N_("There are {seen} units and periods."),
            hint=N_("At least {least} are needed: widen the period."),
            seen=len(cells),
            least=_LEAST_CELLS,
        )
    if np.ptp(cells["outcome"].to_numpy()) == 0:
        raise DataProblem(
            N_("Outcome {name} is {seen:g} in every period."),
            hint=N_("Without variation there is nothing to compare: check the column."),
            name=study.strategy.outcome,
            seen=float(cells["outcome"].iloc[0]),
        )
    changes = cells.groupby("unit")["on"].diff().fillna(0).abs().sum()
    if changes == 0:
        raise DataProblem(
            N_("The treatment changed {seen} times within units."),
            hint=N_("Units that are always on or off make an A/B test."),
            seen=0,
        )


def _block(cells: pd.DataFrame) -> int:
    """Longest block length of which all runs are multiples."""
    lengths: list[int] = []
    for _, part in cells.groupby("unit"):
        change = np.nonzero(np.diff(part["on"].to_numpy()) != 0)[0] + 1
        places = part["place"].to_numpy()
        lengths.extend(int(place) for place in places[change] - places[0])
    return max(reduce(gcd, lengths, 0), 1)
