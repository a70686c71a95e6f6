"""One series over time with one start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import DataProblem, InvalidInput, NotEnoughData
from analysis.strategies.moments import Floats
from analysis.strategies.results import Text, text
from analysis.strategies.study import Study
from analysis.strategies.times import Moment, show
from analysis.words import N_

_LEAST_SIDE = 2
_LEAST_BEFORE = 6
_WEEK = 7
#: Cycles that must fit before the start to tell a season from the effect.
_CYCLES = 2


@dataclass(frozen=True, slots=True)
class Timeline:
    """A series and what may explain it.

    Attributes:
        times: Periods in order.
        outcome: One value per period; rates where there is a denominator.
        exposure: Denominator by period; 1 where there is none.
        counts: Numerator by period.
        covariates: (periods, k)
        names: Of the covariates.
        before: Number of periods before the start.
        season: Periods in a cycle, or None.
        notes: What the reader must know.
    """

    times: tuple[Moment, ...]
    outcome: Floats
    exposure: Floats
    counts: Floats
    covariates: Floats
    names: tuple[str, ...]
    before: int
    season: int | None
    notes: tuple[Text, ...]

    @property
    def n(self) -> int:
        """Number of periods."""
        return len(self.outcome)

    @property
    def step(self) -> Floats:
        """1 from the start on, 0 before."""
        return (np.arange(self.n) >= self.before).astype(float)

    @property
    def since(self) -> Floats:
        """Periods since the start, 0 before and at it."""
        return np.maximum(np.arange(self.n) - self.before, 0).astype(float)

    def first(self, periods: int, before: int) -> Timeline:
        """The first periods only, with another start.

        Covariates that say nothing there beside a constant and the start are left out.
        """
        cut = slice(0, periods)
        made = Timeline(
            self.times[cut], self.outcome[cut], self.exposure[cut], self.counts[cut],
            self.covariates[cut], self.names, before, self.season, (),
        )  # fmt: skip
        told = _telling(np.column_stack([np.ones(periods), made.step]), made.covariates)
        names = tuple(self.names[place] for place in told)
        return replace(made, covariates=made.covariates[:, told], names=names)


def _telling(known: Floats, columns: Floats) -> list[int]:
    """Columns that are no mix of those that are known."""
    told: list[int] = []
    for place in range(columns.shape[1]):
        wider = np.column_stack([known, columns[:, place]])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            known, told = wider, [*told, place]
    return told


def read_timeline(study: Study) -> Timeline:
    """Put rows together to one value per period.

    Raises:
        InvalidInput: the start lies outside the data.
        NotEnoughData: too few periods before or after it.
        DataProblem: the series never varies.
    """
    rows = study.rows
    start = study.moment(study.strategy.start, name="start")
    table, notes = _by_period(study)
    before = int((table.index < start).sum())
    _need_periods(table, before, start)
    if np.ptp(table["outcome"].to_numpy()) == 0:
        raise DataProblem(
            N_("Outcome {name} is {seen:g} in every period."),
            hint=N_("Without variation there is nothing to compare: check the column."),
            name=study.strategy.outcome,
            seen=float(table["outcome"].iloc[0]),
        )
    season, season_notes = _season(study, table, before)
    exposure = table["denominator"].to_numpy(dtype=float)
    names = study.covariates
    return Timeline(
        tuple(table.index),
        table["outcome"].to_numpy(dtype=float),
        exposure,
        table["outcome"].to_numpy(dtype=float) * exposure,
        table[list(names)].to_numpy(dtype=float),
        tuple(name.removeprefix("x: ") for name in names),
        before,
        season,
        (*study.notes, *notes, *_gap_notes(rows), *season_notes),
    )


def _by_period(study: Study) -> tuple[pd.DataFrame, tuple[Text, ...]]:
    rows = study.rows
    grouped = rows.groupby("time")
    table = pd.DataFrame({"outcome": grouped["outcome"].mean(), "denominator": 1.0})
    notes: tuple[Text, ...] = ()
    if "denominator" in rows:
        sums = grouped[["outcome", "denominator"]].sum()
        sums = sums[sums["denominator"] > 0]
        table = sums.assign(outcome=sums["outcome"] / sums["denominator"])
    elif len(table) < len(rows):
        notes = (text(N_("Rows of one period are averaged.")),)
    means = grouped[list(study.covariates)].mean()
    return table.join(means), notes


def _need_periods(table: pd.DataFrame, before: int, start: Moment) -> None:
    after = len(table) - before
    first, last = show(table.index[0]), show(table.index[-1])
    if before == 0 or after == 0:
        raise InvalidInput(
            N_("The start {start} leaves no period before it or after it."),
            hint=N_("The rows looked at run from {first} to {last}."),
            start=show(start),
            first=first,
            last=last,
        )
    if before < _LEAST_BEFORE or after < _LEAST_SIDE:
        raise NotEnoughData(
            N_("There are {before} periods before the start and {after} after it."),
            hint=N_("At least {least} before and {side} after are needed."),
            before=before,
            after=after,
            least=_LEAST_BEFORE,
            side=_LEAST_SIDE,
        )


def _season(
    study: Study, table: pd.DataFrame, before: int
) -> tuple[int | None, tuple[Text, ...]]:
    asked = study.strategy.season
    if asked is not None:
        if before < _CYCLES * asked:
            raise NotEnoughData(
                N_("{before} periods before the start do not hold {cycles} cycles."),
                hint=N_("A season of {season} needs more periods, or leave it out."),
                before=before,
                cycles=_CYCLES,
                season=asked,
            )
        return asked, ()
    if _daily(table) and before >= _CYCLES * _WEEK:
        return _WEEK, (text(N_("A weekly season is taken out of the daily series.")),)
    return None, ()


def _daily(table: pd.DataFrame) -> bool:
    if not isinstance(table.index, pd.DatetimeIndex):
        return False
    steps = np.diff(table.index.to_numpy()).astype("timedelta64[D]").astype(int)
    return bool((steps == 1).all())


def _gap_notes(rows: pd.DataFrame) -> tuple[Text, ...]:
    times = np.sort(rows["time"].unique())
    steps = np.diff(times).astype(float)
    month = 1.2
    if len(steps) and steps.max() > month * np.median(steps):
        wide = int((steps > month * np.median(steps)).sum())
        return (text(N_("Periods are missing in {count} places."), count=wide),)
    return ()
