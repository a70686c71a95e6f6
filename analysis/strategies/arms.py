"""The arms of an A/B test: which rows, which control, which clusters."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import DataProblem, InvalidInput, NotEnoughData, UnknownName
from analysis.strategies import checks
from analysis.strategies.results import Check, Text, text
from analysis.strategies.study import Study
from analysis.strategies.treatment import control_label
from analysis.words import N_

#: Above this share of units in two arms the assignment itself is broken.
MOST_IN_BOTH = 0.01
_LEAST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Arms:
    """An A/B study ready to be compared.

    Attributes:
        study: Its rows, units in two arms left out.
        control: Label of the control arm.
        others: Labels of the other arms, in order.
        judged: The arm whose effect is the effect.
        clusters: Cluster columns, with the unit where it has several rows.
        checks: What the assignment showed.
        notes: What the reader must know.
    """

    study: Study
    control: Hashable
    others: tuple[Hashable, ...]
    judged: Hashable
    clusters: tuple[str, ...]
    checks: tuple[Check, ...]
    notes: tuple[Text, ...]

    @property
    def rows(self) -> pd.DataFrame:
        """The rows."""
        return self.study.rows

    @property
    def labels(self) -> tuple[Hashable, ...]:
        """Control first."""
        return (self.control, *self.others)

    @property
    def binary(self) -> bool:
        """Whether the outcome is 0 or 1."""
        if self.study.cells is not None:
            return self.study.cells.is_share
        return bool(self.rows["outcome"].isin((0.0, 1.0)).all())


def sizes_of(rows: pd.DataFrame) -> pd.Series:
    """Rows by arm; rows that stand for many count as many."""
    if "size" in rows:
        return rows.groupby("treatment")["size"].sum()
    return rows["treatment"].value_counts()


def read_arms(study: Study) -> Arms:
    """Check the arms and leave out units that were in two of them.

    Raises:
        DataProblem: one arm only, no variation, or many units in two arms.
        NotEnoughData: an arm with fewer than two rows.
    """
    _need_two_arms(study)
    study, found = _without_contaminated(study)
    rows = study.rows
    control = control_label(rows["treatment"], study.strategy.control)
    levels = [level for level in pd.unique(rows["treatment"]) if level != control]
    others = tuple(sorted(levels, key=lambda level: (str(type(level)), level)))
    _need_rows(rows, study)
    _need_variation(rows, study)
    clusters = study.clusters
    notes: tuple[Text, ...] = ()
    if not clusters and "unit" in rows and rows["unit"].duplicated().any():
        clusters = ("unit",)
        notes = (text(N_("Units have several rows: errors are clustered by unit.")),)
    return Arms(study, control, others, _judged(study, others), clusters, found, notes)


def _need_two_arms(study: Study) -> None:
    levels = pd.unique(study.rows["treatment"])
    if len(levels) < 2:  # noqa: PLR2004 - a comparison takes two
        raise DataProblem(
            N_("There is only one arm, {seen}, in column {name}."),
            hint=N_(
                "A comparison needs a second one: widen the selection or the period."
            ),
            seen=levels[0],
            name=study.strategy.treatment,
        )


def _need_rows(rows: pd.DataFrame, study: Study) -> None:
    sizes = sizes_of(rows)
    if sizes.min() < _LEAST_ROWS:
        raise NotEnoughData(
            N_("Arm {arm} has {seen} row with a value of {name}."),
            hint=N_("Each arm needs two at the very least: widen the selection."),
            arm=sizes.idxmin(),
            seen=int(sizes.min()),
            name=study.strategy.outcome,
        )


def _need_variation(rows: pd.DataFrame, study: Study) -> None:
    if "denominator" in rows:
        return
    if not _varies(rows, study):
        raise DataProblem(
            N_("Outcome {name} is {seen:g} in every row."),
            hint=N_("Without variation there is nothing to compare: check the column."),
            name=study.strategy.outcome,
            seen=float(rows["outcome"].iloc[0]),
        )


def _varies(rows: pd.DataFrame, study: Study) -> bool:
    if study.cells is None:
        return bool(np.ptp(rows["outcome"].to_numpy()) > 0)
    return bool(study.sums(rows, ["outcome"], by=[]).covariances()[0, 0, 0] > 0)


def _judged(study: Study, others: tuple[Hashable, ...]) -> Hashable:
    asked = study.strategy.treated
    if asked is None:
        return others[0]
    for label in others:
        if label == asked or str(label) == str(asked):
            return label
    raise UnknownName.of("arm", asked, others)


def _without_contaminated(study: Study) -> tuple[Study, tuple[Check, ...]]:
    rows = study.rows
    if "unit" not in rows:
        return study, ()
    arms = rows.groupby("unit")["treatment"].nunique()
    both = arms[arms > 1]
    if len(both) > MOST_IN_BOTH * len(arms):
        raise DataProblem(
            N_("{both} of {units} units are in more than one arm, such as {seen}."),
            hint=N_("Name the unit that was really assigned, or mend the assignment."),
            both=len(both),
            units=len(arms),
            seen=both.index[0],
        )
    check = checks.contamination(len(both), len(arms))
    if len(both):
        kept = rows[~rows["unit"].isin(both.index)].reset_index(drop=True)
        study = replace(study, rows=kept)
    return study, (check,)


def planned_shares(arms: Arms) -> dict[Hashable, float] | None:
    """Shares by arm that were planned, or None where nothing was said.

    Raises:
        InvalidInput: a single share for more than two arms.
    """
    given = arms.study.strategy.propensity
    if given is None or isinstance(given, str):
        return None
    if not isinstance(given, int | float):
        return dict(given)
    if len(arms.others) > 1 or not 0 < given < 1:
        raise InvalidInput(
            N_("propensity is {seen} for {count} arms."),
            hint=N_("Give a share for every arm, such as {{'a': 0.5, 'b': 0.5}}."),
            seen=given,
            count=len(arms.labels),
        )
    return {arms.control: 1 - given, arms.others[0]: float(given)}
