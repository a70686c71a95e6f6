"""One treated series, the units it may be built from, and what must match."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import NotEnoughData
from analysis.strategies.contract import Predictor
from analysis.strategies.moments import Floats
from analysis.strategies.panel import Panel, read_panel
from analysis.strategies.results import Text, text
from analysis.strategies.study import PREDICTOR, Study
from analysis.strategies.times import Moment
from analysis.words import N_

_LEAST_DONORS = 2
_LEAST_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Donors:
    """What a synthetic control is made from.

    Attributes:
        treated: Mean outcome of the treated units, (periods,).
        outcome: Outcomes of donors, (periods, donors).
        names: Labels of donors.
        periods: In order.
        before: Number of periods before the start.
        treated_units: Number of treated units.
        fit: Which periods the fit is judged over, (periods,).
        predictors: Of the treated (first column) and donors, (k, 1 + donors).
        predictor_names: k labels.
        notes: What the reader must know.
    """

    treated: Floats
    outcome: Floats
    names: tuple[object, ...]
    periods: tuple[Moment, ...]
    before: int
    treated_units: int
    fit: np.ndarray
    predictors: Floats
    predictor_names: tuple[str, ...]
    notes: tuple[Text, ...]

    def placebo(self, place: int) -> Donors:
        """A donor in the place of the treated, the others as its donors."""
        others = np.arange(len(self.names)) != place
        first = self.predictors[:, [1 + place]]
        return replace(
            self,
            treated=self.outcome[:, place],
            outcome=self.outcome[:, others],
            names=tuple(np.array(self.names, dtype=object)[others]),
            treated_units=1,
            predictors=np.column_stack([first, self.predictors[:, 1:][:, others]]),
        )

    def without(self, place: int) -> Donors:
        """All but one donor."""
        others = np.arange(len(self.names)) != place
        return replace(
            self,
            outcome=self.outcome[:, others],
            names=tuple(np.array(self.names, dtype=object)[others]),
            predictors=np.column_stack(
                [self.predictors[:, [0]], self.predictors[:, 1:][:, others]]
            ),
        )

    def earlier(self, before: int) -> Donors:
        """Only the time before the start, with an earlier start."""
        cut = slice(0, self.before)
        return replace(
            self,
            treated=self.treated[cut],
            outcome=self.outcome[cut],
            periods=self.periods[cut],
            before=before,
            fit=np.arange(self.before) < before,
            predictors=np.zeros((0, 1 + len(self.names))),
            predictor_names=(),
        )


def read_donors(study: Study) -> Donors:
    """Read units by periods; donors with gaps are left out.

    Raises:
        NotEnoughData: fewer than two donors, or fewer than three periods before.
    """
    panel = read_panel(study)
    rows = panel.rows
    wide = rows.pivot_table(index="time", columns="unit", values="outcome")
    groups = rows.groupby("unit")["treated"].max()
    treated = wide[groups[groups == 1].index]
    _need_whole(treated)
    donors = wide[groups[groups == 0].index]
    whole = donors.dropna(axis=1)
    before = int((wide.index < panel.start).sum())
    _need_donors(whole, before)
    notes = _gap_note(donors.shape[1] - whole.shape[1])
    predictors, names = _predictors(panel, list(treated.columns), list(whole.columns))
    return Donors(
        treated.to_numpy(dtype=float).mean(axis=1),
        whole.to_numpy(dtype=float),
        tuple(whole.columns),
        tuple(wide.index),
        before,
        treated.shape[1],
        _fit_period(panel, wide.index, before),
        predictors,
        names,
        (*panel.notes, *notes),
    )


def _need_whole(treated: pd.DataFrame) -> None:
    gaps = int(treated.isna().to_numpy().sum())
    if gaps:
        raise NotEnoughData(
            N_("The treated units lack a value in {seen} periods."),
            hint=N_("Fill the gaps, or choose a period without them."),
            seen=gaps,
        )


def _need_donors(donors: pd.DataFrame, before: int) -> None:
    if donors.shape[1] < _LEAST_DONORS or before < _LEAST_BEFORE:
        raise NotEnoughData(
            N_("There are {donors} untreated units and {before} periods before."),
            hint=N_("A synthetic control needs at least {least} and {periods}."),
            donors=donors.shape[1],
            before=before,
            least=_LEAST_DONORS,
            periods=_LEAST_BEFORE,
        )


def _gap_note(count: int) -> tuple[Text, ...]:
    if not count:
        return ()
    return (text(N_("{count} units with gaps are left out."), count=count),)


def _fit_period(panel: Panel, periods: pd.Index, before: int) -> np.ndarray:
    early = np.arange(len(periods)) < before
    asked = panel.study.strategy.fit_period
    if asked is None:
        return early
    first, last = (panel.study.moment(bound, name="fit_period") for bound in asked)
    return early & np.asarray((periods >= first) & (periods <= last))


def _predictors(
    panel: Panel, treated: list, donors: list
) -> tuple[Floats, tuple[str, ...]]:
    asked = [
        item if isinstance(item, Predictor) else Predictor(item)
        for item in panel.study.strategy.predictors
    ]
    columns = []
    for predictor in asked:
        means = _means(panel, predictor)
        whole = [means.reindex(treated).mean(), *means.reindex(donors)]
        columns.append(np.array(whole, dtype=float))
    found = np.array(columns).reshape(len(asked), 1 + len(donors))
    names = tuple(predictor.column for predictor in asked)
    if np.isnan(found).any():
        lacking = names[int(np.argmax(np.isnan(found).any(axis=1)))]
        raise NotEnoughData(
            N_("Predictor {seen} has units without any value before the start."),
            hint=N_("Choose other periods for it, or leave it out."),
            seen=lacking,
        )
    return found, names


def _means(panel: Panel, predictor: Predictor) -> pd.Series:
    study, rows = panel.study, panel.rows
    kept = rows["time"] < panel.start
    if predictor.first is not None:
        kept &= rows["time"] >= study.moment(predictor.first, name=predictor.column)
    if predictor.last is not None:
        kept &= rows["time"] <= study.moment(predictor.last, name=predictor.column)
    return rows[kept].groupby("unit")[f"{PREDICTOR}{predictor.column}"].mean()
