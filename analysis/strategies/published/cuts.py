"""Rows of a published dataset as arms, clusters, strata and covariates."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.errors import DataProblem, InvalidInput, NotEnoughData
from analysis.metrics.cells import Cells, read_moments, read_rows
from analysis.metrics.dimensions import dimension
from analysis.metrics.figures import figure_of
from analysis.metrics.moments import (
    CLUSTER,
    OUTCOME,
    UNIT,
    WEIGHT,
    Cut,
    History,
    moments_query,
    rows_query,
)
from analysis.metrics.periods import Period
from analysis.metrics.registry import load_definitions
from analysis.strategies.arms import MOST_IN_BOTH
from analysis.strategies.published.binding import Bound, label_of, period_of
from analysis.strategies.results import Text, text
from analysis.words import N_

ARM = "treatment"
LEVELS = "level of "
_HISTORY = "before: "
#: What has a past of its own that a metric can be read from.
_LASTING = ("rider", "merchant", "zone", "city")
_NUMERIC = ("integer", "number")


@dataclass(frozen=True, slots=True)
class Covariates:
    """Covariates by the way they get into a query.

    Attributes:
        numbers: Numeric columns of an order.
        levels: Dimensions that become dummies.
        history: Metrics of each unit before the start.
    """

    numbers: Mapping[str, exp.Expr]
    levels: Mapping[str, exp.Expr]
    history: tuple[History, ...]


def covariates_of(bound: Bound, period: Period) -> Covariates:
    """Sort the covariates of a strategy.

    Raises:
        InvalidInput: a metric is asked for units that have no past of their own.
        UnknownName: there is no such metric or dimension.
    """
    numbers: dict[str, exp.Expr] = {}
    levels: dict[str, exp.Expr] = {}
    history: list[History] = []
    for name in bound.strategy.covariates:
        if name.partition("(")[0].strip() in load_definitions():
            history.append(_history(bound, name, period))
            continue
        found = dimension(bound.dataset, name)
        target = numbers if found.type in _NUMERIC else levels
        target[name if target is numbers else LEVELS + name] = found.expression.copy()
    return Covariates(numbers, levels, tuple(history))


def _history(bound: Bound, name: str, period: Period) -> History:
    if bound.unit not in _LASTING or bound.strategy.design != "ab":
        raise InvalidInput(
            N_("Covariate {name} is a metric, and {unit} has no past to read it from."),
            hint=N_("Name a column of the order, or assign riders or merchants."),
            name=name,
            unit=bound.unit,
        )
    start = period.first
    earlier = Period(
        start - timedelta(days=bound.scope.before), start - timedelta(days=1)
    )
    return History(
        name, figure_of(bound.dataset, name), "unit", bound.unit_code, earlier,
        bound.history_filters,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """An A/B comparison as a cut.

    Attributes:
        bound: The strategy.
        period: Local dates that count.
        cut: What is added up.
        covariates: As they were sorted.
    """

    bound: Bound
    period: Period
    cut: Cut
    covariates: Covariates

    @property
    def sql(self) -> str:
        """The query as text."""
        return self.bound.dataset.engine.sql(moments_query(self.cut))

    @property
    def rows_sql(self) -> str:
        """The query of the rows themselves as text."""
        return self.bound.dataset.engine.sql(rows_query(self.cut))


def plan_arms(bound: Bound) -> Plan:
    """The cut of an A/B comparison: arms by clusters, strata and levels."""
    if bound.arm is None:
        raise InvalidInput(
            N_("It is not said which orders were in which arm."),
            hint=N_("Name the column with treatment=, or bring an assignment table."),
        )
    period = period_of(bound)
    found = covariates_of(bound, period)
    keys = {ARM: bound.arm, **_unit_keys(bound), **found.levels}
    if bound.strategy.strata:
        keys["stratum"] = stratum_of(bound)
    known = exp.Not(this=exp.Is(this=bound.arm.copy(), expression=exp.null()))
    cut = Cut(
        bound.figure, keys, found.numbers, period, (*bound.filters, known),
        bound.brought, found.history, weighted=_is_clustered(bound), coded=True,
    )  # fmt: skip
    return Plan(bound, period, cut, found)


def _is_clustered(bound: Bound) -> bool:
    return bound.unit != "order" or bool(bound.strategy.cluster)


def _unit_keys(bound: Bound) -> dict[str, exp.Expr]:
    """The unit, and the clusters that are named; without any the unit is one."""
    keys: dict[str, exp.Expr] = {}
    if bound.unit != "order":
        keys[UNIT] = bound.unit_code
    for number, name in enumerate(bound.strategy.cluster, start=1):
        keys[f"{CLUSTER}{number}"] = bound.code(name)
    return keys


def stratum_of(bound: Bound) -> exp.Expr:
    """All strata of an order as one value."""
    parts = [
        exp.func(
            "COALESCE",
            exp.cast(bound.key(name), "VARCHAR"),
            exp.Literal.string(""),
        )
        for name in bound.strategy.strata
    ]
    return exp.func("CONCAT_WS", exp.Literal.string(" / "), *parts)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Cells with labels, and what was left out of them.

    Attributes:
        cells: Sums by group; every covariate is a column of the moments.
        covariates: Names of those columns.
        notes: What was left out.
        missing: Rows without an outcome by arm.
        sizes: Units assigned by arm.
    """

    cells: Cells
    covariates: tuple[str, ...]
    notes: tuple[Text, ...]
    missing: pd.DataFrame
    sizes: Mapping[Hashable, float]


def read_labelled(plan: Plan) -> Labelled:
    """Run the cut and put labels and covariates on it.

    Raises:
        NotEnoughData: no order lies in any arm.
        DataProblem: infinite values.
    """
    cells = read_moments(plan.bound.dataset, plan.cut)
    need_rows(cells, plan.bound)
    need_finite(cells, plan.bound)
    kept, notes = _with_labels(cells, plan.bound)
    missing = _missing(kept)
    sizes = _sizes(kept)
    usable = kept.moments.n > 0
    kept = _taken(kept, usable)
    need_rows(kept, plan.bound)
    filled, names, more = _with_covariates(kept, plan)
    return Labelled(filled, names, (*notes, *more), missing, sizes)


def need_rows(cells: Cells, bound: Bound) -> None:
    """Insist on rows with a value.

    Raises:
        NotEnoughData: none is there.
    """
    if cells.rows.sum() == 0 or cells.moments.n.sum() == 0:
        raise NotEnoughData(
            N_("{rows:,} orders are selected, {n:,} of them with a value of {name}."),
            hint=N_("Widen the period or the selection, and look at the arms' column."),
            rows=int(cells.rows.sum()),
            n=int(cells.moments.n.sum()),
            name=bound.strategy.outcome,
        )


def need_finite(cells: Cells, bound: Bound) -> None:
    """Insist on finite sums.

    Raises:
        DataProblem: a value is infinite.
    """
    finite = np.isfinite(cells.moments.sums).all(axis=1) & np.isfinite(cells.farthest)
    # Infinite values among the first rows make the centre itself infinite.
    finite &= bool(np.isfinite(cells.moments.centre).all())
    if not finite.all():
        raise DataProblem(
            N_("{name} holds infinite values in {count} groups of orders."),
            hint=N_("Mend the column that it is computed from, and publish again."),
            name=bound.strategy.outcome,
            count=int((~finite).sum()),
        )


def _taken(cells: Cells, kept: np.ndarray) -> Cells:
    return Cells(
        cells.moments.where(kept), cells.rows[kept], cells.farthest[kept],
        cells.history[kept].reset_index(drop=True), cells.labels,
    )  # fmt: skip


def _with_labels(cells: Cells, bound: Bound) -> tuple[Cells, tuple[Text, ...]]:
    """Groups whose unit or cluster is known."""
    groups = cells.moments.groups
    if UNIT in groups and f"{CLUSTER}1" not in groups:
        groups = groups.assign(**{f"{CLUSTER}1": groups[UNIT]})
        cells = replace(cells, moments=cells.moments.labelled(groups))
    names = [str(name) for name in groups if not str(name).startswith(LEVELS)]
    known = cells.known(names)
    if UNIT in cells.labels:
        known &= (groups[UNIT] >= 0).to_numpy()
        _need_one_arm(cells, bound)
    if known.all():
        return cells, ()
    note = text(
        N_("{count:,} orders have no unit or cluster and are left out."),
        count=int(cells.rows[~known].sum()),
    )
    return _taken(cells, known), (note,)


def _need_one_arm(cells: Cells, bound: Bound) -> None:
    """Insist on units that are in one arm, but for a few that are left out later.

    Raises:
        DataProblem: many units are in several.
    """
    groups = cells.moments.groups
    once = groups[groups[UNIT] >= 0].drop_duplicates([ARM, UNIT])[UNIT]
    both = once[once.duplicated()].unique()
    units = once.size - len(both)
    if len(both) > MOST_IN_BOTH * units:
        raise DataProblem(
            N_("{both} of {units} units are in more than one arm, such as {seen}."),
            hint=N_("Name the unit that was really assigned, or mend the assignment."),
            both=len(both),
            units=units,
            seen=label_of(bound, cells.labels[UNIT][int(both[0])].as_py()),
        )


def _missing(cells: Cells) -> pd.DataFrame:
    frame = pd.DataFrame(
        {ARM: cells.moments.groups[ARM], "n": cells.rows,
         "missing": cells.rows - cells.moments.n}
    )  # fmt: skip
    return frame.groupby(ARM)[["missing", "n"]].sum()


def _sizes(cells: Cells) -> dict[Hashable, float]:
    """Units by arm; orders where those were assigned."""
    groups = cells.moments.groups
    if "unit" in groups:
        ones = pd.Series(1.0, index=groups.index)
        counted = ones[~groups.duplicated([ARM, "unit"])]
    else:
        counted = pd.Series(cells.rows, index=groups.index)
    sums = counted.groupby(groups[ARM]).sum()
    return {str(arm): float(size) for arm, size in sums.items()}


def _with_covariates(
    cells: Cells, plan: Plan
) -> tuple[Cells, tuple[str, ...], tuple[Text, ...]]:
    moments = cells.moments
    names = list(plan.covariates.numbers)
    notes: list[Text] = []
    added: dict[str, np.ndarray] = {}
    for level in plan.covariates.levels:
        added |= dummies(moments.groups[level], level.removeprefix(LEVELS))
    for column in cells.history:
        columns, more = _filled(cells, str(column))
        added |= columns
        notes += more
    for name, values in added.items():
        moments = moments.with_constant(name, values)
    found = replace(cells, moments=moments)
    return found, (*names, *added), tuple(notes)


def dummies(values: pd.Series, name: str) -> dict[str, np.ndarray]:
    """A column for every level of a dimension but the first."""
    texts = values.astype("str").where(values.notna(), "")
    levels = sorted(texts.unique())
    return {f"{name} = {one}": (texts == one).to_numpy(float) for one in levels[1:]}


def _filled(cells: Cells, name: str) -> tuple[dict[str, np.ndarray], list[Text]]:
    """A unit's past; units without one get the mean, and a column that says so."""
    values = cells.history[name].to_numpy(dtype=float)
    known = np.isfinite(values)
    if not known.any():
        raise NotEnoughData(
            N_("No unit has a value of {name} before the start."),
            hint=N_("Read more days before the start, or leave the covariate out."),
            name=name,
        )
    weight = cells.moments.weight
    mean = float(np.average(values[known], weights=weight[known]))
    found = {_HISTORY + name: np.where(known, values, mean)}
    if known.all():
        return found, []
    found[f"{_HISTORY}{name} is missing"] = (~known).astype(float)
    note = text(
        N_("{share:.1%} of orders are of units without {name} before the start; they "
           "have a mean of their own."),
        share=float(weight[~known].sum() / weight.sum()), name=name,
    )  # fmt: skip
    return found, [note]


def of_units(covariates: tuple[str, ...]) -> tuple[str, ...]:
    """Covariates that are a unit's own past, the same in all its rows."""
    return tuple(name for name in covariates if name.startswith(_HISTORY))


def frame_of(labelled: Labelled) -> pd.DataFrame:
    """Rows that stand for many, under the names that designs know."""
    moments = labelled.cells.moments
    means = moments.means()
    rows = moments.groups.drop(
        columns=[name for name in moments.groups if str(name).startswith(LEVELS)]
    ).copy()
    rows[OUTCOME] = np.nan_to_num(means[:, 0])
    if "denominator" in moments.names:
        rows["denominator"] = means[:, moments.index("denominator")]
    for name in labelled.covariates:
        rows[name] = means[:, moments.index(name)]
    rows[WEIGHT] = moments.weight
    rows["size"] = moments.n
    rows["cell"] = np.arange(len(rows))
    return rows


def read_unit_rows(plan: Plan) -> pd.DataFrame:
    """Rows of a comparison that has no sufficient statistics."""
    return read_rows(plan.bound.dataset, plan.cut)
