"""From a DataFrame and a strategy to clean rows under standard column names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.errors import DataProblem, InvalidInput, NotEnoughData, UnknownName
from analysis.strategies.contract import Strategy
from analysis.strategies.moments import Floats, Moments, moments_of
from analysis.strategies.results import Check, Text, text
from analysis.strategies.times import Moment, read_moment, read_times, show
from analysis.words import N_

#: Distinct values up to which a column of texts is taken as groups to adjust for.
_MOST_LEVELS = 50

#: Prefix of the columns of predictors.
PREDICTOR = "p: "


@dataclass(frozen=True, slots=True)
class Compressed:
    """What rows that stand for many are made from.

    Attributes:
        moments: Sums by row; the row's ``cell`` is its position here.
        sizes: Units assigned, by arm.
        is_share: Whether every outcome is 0 or 1.
        checks: Checks that were made where the rows were still to be seen.
        labels: Ids that the codes of units stand for.
        by_unit: Covariates that are the same in all rows of a unit.
    """

    moments: Moments
    sizes: Mapping[Hashable, float]
    is_share: bool
    checks: tuple[Check, ...] = ()
    labels: Mapping[str, pa.Array] = field(default_factory=dict)
    by_unit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """What a design works on.

    Attributes:
        rows: Clean rows: ``outcome``, and where they were named ``denominator``,
            ``treatment``, ``unit``, ``time``, ``cluster_1``, ``cluster_2``,
            ``stratum``, ``propensity``.
        covariates: Names of numeric columns of ``rows``.
        strategy: What was asked.
        alpha: The interval covers with 1 - alpha.
        seed: Of everything drawn.
        notes: Rows left out, and why.
        missing: Rows without an outcome by the value of the treatment.
        cells: For rows that stand for many: what they are made from. They have the
            mean as ``outcome``, and ``weight``, ``size`` and ``cell`` besides.
    """

    rows: pd.DataFrame
    covariates: tuple[str, ...]
    strategy: Strategy
    alpha: float
    seed: int
    notes: tuple[Text, ...]
    missing: pd.DataFrame
    cells: Compressed | None = None

    @property
    def clusters(self) -> tuple[str, ...]:
        """Names of the cluster columns of ``rows``."""
        return tuple(name for name in ("cluster_1", "cluster_2") if name in self.rows)

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator, so that every step is repeatable by itself."""
        return np.random.default_rng(self.seed)

    def sums(
        self,
        rows: pd.DataFrame,
        columns: Sequence[str],
        *,
        by: Sequence[str],
        weights: Floats | None = None,
    ) -> Moments:
        """Sufficient statistics of some of the rows.

        Args:
            rows: Rows of this study, perhaps with further columns.
            columns: Numeric columns.
            by: Columns of ``rows`` that make the groups.
            weights: One a row; rows that stand for many have theirs already.
        """
        if self.cells is None:
            return moments_of(rows, columns, by=by, weights=weights)
        cells = self.cells.moments.where(rows["cell"].to_numpy()).only(columns)
        return cells.labelled(rows[list(by)]).total(by)

    def moment(self, value: object, *, name: str) -> Moment:
        """A period in the kind of the time column."""
        return read_moment(value, like=self.rows["time"], name=name)


def read_study(
    data: pd.DataFrame, strategy: Strategy, *, alpha: float, seed: int
) -> Study:
    """Check the data and bring it under standard names.

    Rows without outcome, denominator, treatment, unit, time, cluster or covariate are
    left out and counted in the notes (a missing first treated time means "never").

    Raises:
        UnknownName: a column that the strategy names is not there.
        DataProblem: a column is not numeric, or holds infinite values.
        NotEnoughData: nothing is left.
    """
    _check_frame(data, alpha)
    rows = _standard(data, strategy)
    covariates = _add_covariates(rows, data, strategy)
    _add_predictors(rows, data, strategy)
    rows = _within(rows, strategy)
    missing = _missing_by_arm(rows)
    complete, notes = _complete(rows, strategy)
    return Study(complete, covariates, strategy, alpha, seed, notes, missing)


def _check_frame(data: object, alpha: float) -> None:
    if not isinstance(data, pd.DataFrame):
        raise InvalidInput(
            N_("The data is a {seen}."),
            hint=N_("Give a pandas DataFrame with one row per unit or period."),
            seen=type(data).__name__,
        )
    if not 0 < alpha < 1:
        raise InvalidInput(
            N_("alpha is {seen}."),
            hint=N_("Give a share between 0 and 1, such as 0.05."),
            seen=alpha,
        )
    if data.empty:
        raise NotEnoughData(
            N_("The data has {seen} rows."),
            hint=N_("Widen the period or the selection."),
            seen=len(data),
        )


def column(data: pd.DataFrame, name: Hashable) -> pd.Series:
    """A column by its name.

    Raises:
        UnknownName: it is not there.
        DataProblem: the name stands for several columns.
    """
    if name not in data.columns:
        raise UnknownName.of("column", name, data.columns)
    found = data[name]
    if isinstance(found, pd.DataFrame):
        raise DataProblem(
            N_("{count} columns are named {name}."),
            hint=N_("Give each column its own name."),
            count=found.shape[1],
            name=name,
        )
    return found


def numeric(data: pd.DataFrame, name: str) -> pd.Series:
    """A column as float64.

    Raises:
        DataProblem: it holds texts or infinite values.
    """
    values = column(data, name)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    lost = values.notna().to_numpy() & numbers.isna().to_numpy()
    if lost.any():
        raise DataProblem(
            N_("Column {name} holds {seen!r}, which is not a number."),
            hint=N_("Name a numeric column, or mend the value."),
            name=name,
            seen=values[lost].iloc[0],
        )
    infinite = np.isinf(numbers.to_numpy())
    if infinite.any():
        raise DataProblem(
            N_("Column {name} holds {count} infinite values."),
            hint=N_("Replace them by a number, or leave those rows out."),
            name=name,
            count=int(infinite.sum()),
        )
    return numbers


def _standard(data: pd.DataFrame, strategy: Strategy) -> pd.DataFrame:
    rows = pd.DataFrame({"outcome": numeric(data, strategy.outcome).to_numpy()})
    if strategy.denominator is not None:
        rows["denominator"] = _denominator(data, strategy.denominator)
    for name in ("unit", "treatment"):
        given = getattr(strategy, name)
        if given is not None:
            rows[name] = _labels(column(data, given))
    if strategy.time is not None:
        times = read_times(column(data, strategy.time), name=strategy.time)
        rows["time"] = times.array
    for number, name in enumerate(strategy.cluster, start=1):
        rows[f"cluster_{number}"] = _labels(column(data, name))
    if strategy.strata:
        parts = [column(data, name).astype("str") for name in strategy.strata]
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.str.cat(part, sep=" / ")
        rows["stratum"] = joined.array
    if isinstance(strategy.propensity, str):
        rows["propensity"] = _chance(data, strategy.propensity)
    return rows


def _labels(values: pd.Series) -> pd.api.extensions.ExtensionArray:
    """Labels without the categories that nobody is in."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object).infer_objects().array
    return values.array


def _denominator(data: pd.DataFrame, name: str) -> np.ndarray:
    values = numeric(data, name).to_numpy()
    if (values < 0).any():
        raise DataProblem(
            N_("Denominator {name} holds {seen}."),
            hint=N_("A denominator counts something: give values of 0 or more."),
            name=name,
            seen=values[values < 0][0],
        )
    return values


def _chance(data: pd.DataFrame, name: str) -> np.ndarray:
    values = numeric(data, name).to_numpy()
    outside = ~((values > 0) & (values < 1)) & ~np.isnan(values)
    if outside.any():
        raise DataProblem(
            N_("Chance of treatment {name} holds {seen}."),
            hint=N_("Every unit needs a chance above 0 and below 1."),
            name=name,
            seen=values[outside][0],
        )
    return values


def _add_covariates(
    rows: pd.DataFrame, data: pd.DataFrame, strategy: Strategy
) -> tuple[str, ...]:
    names: list[str] = []
    if strategy.outcome in strategy.covariates:
        raise InvalidInput(
            N_("{seen} is the outcome and a covariate."),
            hint=N_("Adjust only for what was known before the start."),
            seen=strategy.outcome,
        )
    for name in strategy.covariates:
        values = column(data, name)
        if pd.api.types.is_numeric_dtype(values):
            rows[f"x: {name}"] = numeric(data, name).to_numpy()
            names.append(f"x: {name}")
        else:
            names.extend(_add_levels(rows, values, name))
    return tuple(names)


def _add_predictors(rows: pd.DataFrame, data: pd.DataFrame, strategy: Strategy) -> None:
    """Predictors of a synthetic control may be missing in most periods."""
    for predictor in strategy.predictors:
        name = predictor if isinstance(predictor, str) else predictor.column
        rows[f"{PREDICTOR}{name}"] = numeric(data, name).to_numpy()


def _add_levels(rows: pd.DataFrame, values: pd.Series, name: str) -> list[str]:
    levels = sorted(values.dropna().unique(), key=str)
    if len(levels) > _MOST_LEVELS:
        raise DataProblem(
            N_("Covariate {name} has {seen} different texts."),
            hint=N_("Give a number, or a column of at most {most} groups."),
            name=name,
            seen=len(levels),
            most=_MOST_LEVELS,
        )
    for level in levels[1:]:
        flag = (values == level).astype("float64").where(values.notna())
        rows[f"x: {name} = {level}"] = flag.to_numpy()
    return [f"x: {name} = {level}" for level in levels[1:]]


def _within(rows: pd.DataFrame, strategy: Strategy) -> pd.DataFrame:
    if strategy.period is None or "time" not in rows:
        return rows
    first, last = (
        read_moment(bound, like=rows["time"], name="period")
        for bound in strategy.period
    )
    kept = rows[rows["time"].between(first, last)]
    if kept.empty:
        raise InvalidInput(
            N_("No row lies within the period {first} to {last}."),
            hint=N_("The data runs from {start} to {end}."),
            first=show(first),
            last=show(last),
            start=show(rows["time"].min()),
            end=show(rows["time"].max()),
        )
    return kept


def _missing_by_arm(rows: pd.DataFrame) -> pd.DataFrame:
    if "treatment" not in rows:
        return pd.DataFrame({"missing": [], "n": []})
    lacks = rows["outcome"].isna()
    grouped = lacks.groupby(rows["treatment"])
    return pd.DataFrame({"missing": grouped.sum(), "n": grouped.size()})


def _complete(
    rows: pd.DataFrame, strategy: Strategy
) -> tuple[pd.DataFrame, tuple[Text, ...]]:
    needed = [name for name in rows.columns if not name.startswith(PREDICTOR)]
    if strategy.design == "staggered":
        needed.remove("treatment")
    complete = rows.dropna(subset=needed).reset_index(drop=True)
    left_out = len(rows) - len(complete)
    if complete.empty:
        raise NotEnoughData(
            N_("None of {count} rows has a value in every column that is used."),
            hint=N_("Most are missing in: {columns}."),
            count=len(rows),
            columns=", ".join(_worst(rows[needed])),
        )
    if not left_out:
        return complete, ()
    note = text(
        N_("{count} of {total} rows lack a value and are left out, mostly {columns}."),
        count=left_out,
        total=len(rows),
        columns=", ".join(_worst(rows[needed])),
    )
    return complete, (note,)


def _worst(rows: pd.DataFrame) -> Sequence[str]:
    counts = rows.isna().sum().sort_values(ascending=False)
    return [str(name) for name in counts[counts > 0].index[:3]]
