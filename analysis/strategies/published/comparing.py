"""A/B comparisons on a published dataset, from sufficient statistics or from rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import InvalidInput
from analysis.strategies import checks
from analysis.strategies.arm_means import plain_means
from analysis.strategies.contract import Strategy
from analysis.strategies.published.cuts import (
    ARM,
    LEVELS,
    Labelled,
    Plan,
    frame_of,
    of_units,
    read_labelled,
    read_unit_rows,
)
from analysis.strategies.results import Check, Light, Text, text
from analysis.strategies.study import Compressed, Study
from analysis.words import N_

#: Methods that sums are not enough for.
_NEED_ROWS = ("quantile", "weighted", "ipw")


def needs_rows(plan: Plan) -> bool:
    """Whether the method reads every row."""
    strategy = plan.bound.strategy
    by_rank = strategy.quantile is not None or plan.bound.figure.percentile is not None
    return by_rank or strategy.method in _NEED_ROWS or isinstance(
        strategy.propensity, str
    )  # fmt: skip


def study_of(plan: Plan, *, alpha: float, seed: int) -> Study:
    """What a comparison works on.

    Raises:
        NotEnoughData: no order lies in an arm.
        DataProblem: values are infinite.
    """
    strategy = _named(plan)
    if needs_rows(plan):
        return _of_rows(plan, strategy, alpha=alpha, seed=seed)
    labelled = read_labelled(plan)
    rows = frame_of(labelled)
    compressed = Compressed(
        labelled.cells.moments, labelled.sizes, plan.bound.figure.is_share,
        _checks(labelled, rows, plan), labelled.cells.labels,
        of_units(labelled.covariates),
    )  # fmt: skip
    return Study(
        rows, labelled.covariates, strategy, alpha, seed, labelled.notes,
        labelled.missing, compressed,
    )  # fmt: skip


def _named(plan: Plan) -> Strategy:
    """The strategy, with a percentile for a metric that is one."""
    strategy, percentile = plan.bound.strategy, plan.bound.figure.percentile
    if percentile is None or strategy.quantile is not None:
        return strategy
    return replace(strategy, quantile=percentile)


def _of_rows(plan: Plan, strategy: Strategy, *, alpha: float, seed: int) -> Study:
    if isinstance(strategy.propensity, str):
        raise InvalidInput(
            N_("Chances of treatment by order, {seen}, mean nothing on a dataset."),
            hint=N_("Name strata= instead, or evaluate a table of units."),
            seen=strategy.propensity,
        )
    frame = read_unit_rows(plan)
    missing = _missing(frame)
    names = [name for name in frame if not str(name).startswith(LEVELS)]
    rows = frame[names].dropna().reset_index(drop=True)
    numbers = {name: f"x: {name}" for name in plan.covariates.numbers}
    rows = rows.rename(columns=numbers)
    left_out = len(frame) - len(rows)
    notes: tuple[Text, ...] = ()
    if left_out:
        notes = (text(N_("{count:,} orders have no value and are left out."),
                      count=left_out),)  # fmt: skip
    return Study(
        rows, tuple(numbers.values()), strategy, alpha, seed, notes, missing
    )  # fmt: skip


def _missing(frame: pd.DataFrame) -> pd.DataFrame:
    lacks = frame["outcome"].isna().groupby(frame[ARM])
    return pd.DataFrame({"missing": lacks.sum(), "n": lacks.size()})


def _checks(labelled: Labelled, rows: pd.DataFrame, plan: Plan) -> tuple[Check, ...]:
    found = [_outliers(labelled), _balance(labelled, rows), _few_events(rows, plan)]
    assigned = plan.bound.assigned
    if assigned is not None:
        found.append(checks.contamination(assigned.both, assigned.units))
    return tuple(check for check in found if check is not None)


def _outliers(labelled: Labelled) -> Check | None:
    moments = labelled.cells.moments
    spread = float(moments.total([]).covariances()[0, 0, 0]) * float(moments.n.sum())
    far = float(labelled.cells.farthest.max())
    share = far**2 / spread if spread > 0 else 0.0
    light: Light = "amber" if share > checks.HEAVY_ROW else "green"
    sentence = text(
        N_("The most extreme row carries {share:.1%} of the spread."), share=share
    )
    return Check("outliers", light, share, sentence)


def _balance(labelled: Labelled, rows: pd.DataFrame) -> Check | None:
    """Whether units were alike before the start: one row a unit."""
    history = labelled.cells.history
    if "unit" not in rows:
        return _balance_of_orders(labelled)
    if history.empty:
        return None
    units = rows[[ARM, "unit"]].join(history).drop_duplicates([ARM, "unit"])
    names = [str(name) for name in history if np.isfinite(units[name]).sum() > 2]  # noqa: PLR2004 - a variance takes a pair
    parts = units.dropna(subset=names)
    return checks.balance(parts, names)


def _balance_of_orders(labelled: Labelled) -> Check | None:
    """Whether orders drawn one by one were alike in what they are adjusted for."""
    by_arm = labelled.cells.moments.total([ARM])
    if not labelled.covariates or len(by_arm.n) < 2 or by_arm.n.min() < 2:  # noqa: PLR2004 - a pair, and a variance
        return None
    found = {}
    for name in labelled.covariates:
        means = plain_means(by_arm, name)
        pairs = range(1, len(by_arm.n))
        tests = [means.difference(one, 0, alpha=checks.DOUBT) for one in pairs]
        found[name] = float(np.nanmin([test.p_value for test in tests]))
    return checks.worst_balance(found)


def _few_events(rows: pd.DataFrame, plan: Plan) -> Check | None:
    if not plan.bound.figure.is_share or "unit" in rows:
        return None
    events = rows["outcome"] * rows["size"]
    sums = pd.DataFrame({ARM: rows[ARM], "hit": events, "n": rows["size"]})
    by_arm = sums.groupby(ARM).sum()
    least = float(min(by_arm["hit"].min(), (by_arm["n"] - by_arm["hit"]).min()))
    return checks.events(round(least))
