"""The untreated history of a published dataset, for A/A."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import NotEnoughData
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.strategies.contract import Strategy
from analysis.strategies.published.binding import Bound, bind, day_of
from analysis.strategies.published.comparing import study_of
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.cuts import plan_arms, read_unit_rows
from analysis.strategies.published.panels import panel_study, plan_panel
from analysis.strategies.results import Text, text
from analysis.strategies.study import Study
from analysis.words import N_

#: Conditions on these say who was treated; nobody was before.
_OF_STRATEGY = ("strategy_id", "variant")
#: Days that are read where neither the strategy nor the user says which.
USUAL_DAYS = 56
#: Single orders beyond this many are sampled: their arms are drawn again and again.
MOST_ORDERS = 200_000
_LEAST_DAYS = 7
_DAY = timedelta(days=1)


def history_period(dataset: Dataset, strategy: Strategy, scope: Scope) -> Period:
    """Days of the history: before the start, else after the end, else the last ones.

    Days after the end serve where there are too few before the start: whatever became
    of the strategy, it is the same for arms that are drawn anew.

    Raises:
        NotEnoughData: fewer than a week of them.
    """
    whole = dataset.period
    if whole is None:
        raise _too_short(0)
    first, last = whole
    if scope.selection.period is not None:
        first = max(first, scope.selection.period.first)
        last = min(last, scope.selection.period.last)
    past = strategy.covariates and strategy.design == "ab"
    lead = timedelta(days=scope.before if past else 0)
    start, end = _start(strategy), _end(strategy)
    found = first + lead, last
    if start is not None and first < start:
        found = first + lead, min(last, start - _DAY)
    if _days(*found) < _LEAST_DAYS and end is not None and first <= end < last:
        found = end + _DAY + lead, last
    if _days(*found) < _LEAST_DAYS:
        raise _too_short(max(_days(*found), 0))
    first, last = found
    if strategy.design == "ab":
        first = max(first, last - timedelta(days=USUAL_DAYS - 1))
    return Period(first, last)


def _days(first: date, last: date) -> int:
    return (last - first).days + 1


def _end(strategy: Strategy) -> date | None:
    return None if strategy.period is None else day_of(strategy.period[1])


def _start(strategy: Strategy) -> date | None:
    if strategy.start is not None:
        return day_of(strategy.start)
    return None if strategy.period is None else day_of(strategy.period[0])


def _too_short(days: int) -> NotEnoughData:
    return NotEnoughData(
        N_("The history has {seen} days."),
        hint=N_("At least {least} days before the start or after the end are needed."),
        seen=days,
        least=_LEAST_DAYS,
    )


def history_study(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> Study:
    """Units or periods of the history, nobody treated.

    Args:
        dataset: The version that is read.
        strategy: What is to be evaluated; its names mean metrics and dimensions.
        scope: Which orders.
        alpha: Level of the tests to come.
        seed: Of a sample, where there are too many orders.

    Raises:
        NotEnoughData: the history is too short, or empty.
    """
    asked = scope or Scope()
    period = history_period(dataset, strategy, asked)
    own = replace(asked, selection=_open(asked), assignment=None)
    read = _units if strategy.design == "ab" else _panel
    study = read(dataset, strategy, own, period, alpha=alpha, seed=seed)
    end = _end(strategy)
    if end is None or period.first <= end:
        return study
    note = text(
        N_("There are too few days before the start: these are from after the end, "
           "{first} to {last}."),
        first=period.first.isoformat(), last=period.last.isoformat(),
    )  # fmt: skip
    return replace(study, notes=(*study.notes, note))


def _open(scope: Scope) -> Selection:
    found = replace(scope.selection, period=None)
    for name in _OF_STRATEGY:
        found = found.without(name)
    return found


def _units(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    period: Period,
    *,
    alpha: float,
    seed: int,
) -> Study:
    within = (period.first, period.last)
    blank = replace(
        strategy, treatment="treatment", treated=None, start=None, period=within,
        guardrails=(), secondary=(),
    )  # fmt: skip
    found = bind(dataset, replace(blank, treatment="local_date"), scope)
    bound = replace(found, arm=exp.Literal.string("control"), strategy=blank)
    plan = plan_arms(bound)
    if bound.unit == "order" and not strategy.cluster:
        return _orders(bound, read_unit_rows(plan), alpha=alpha, seed=seed)
    study = study_of(plan, alpha=alpha, seed=seed)
    return replace(study, strategy=replace(study.strategy, period=None))


def _orders(bound: Bound, frame: pd.DataFrame, *, alpha: float, seed: int) -> Study:
    """Order by order: a mean of many cannot be split at random."""
    rows = frame.dropna().reset_index(drop=True)
    notes: tuple[Text, ...] = ()
    if len(rows) > MOST_ORDERS:
        chosen = np.random.default_rng(seed).permutation(len(rows))[:MOST_ORDERS]
        notes = (
            text(N_("{seen:,} of {count:,} orders, drawn at random."),
                 seen=MOST_ORDERS, count=len(rows)),
        )  # fmt: skip
        rows = rows.iloc[np.sort(chosen)].reset_index(drop=True)
    numbers = [name for name in bound.strategy.covariates if name in rows]
    rows = rows.rename(columns={name: f"x: {name}" for name in numbers})
    strategy = replace(bound.strategy, period=None, unit=None)
    names = tuple(f"x: {name}" for name in numbers)
    missing = pd.DataFrame({"missing": [], "n": []})
    return Study(rows, names, strategy, alpha, seed, notes, missing)


def _panel(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    period: Period,
    *,
    alpha: float,
    seed: int,
) -> Study:
    """Units by periods; whatever the design, they are read alike."""
    series = strategy.design == "its"
    blank = replace(
        strategy, design="its" if series else "did", treatment=None,
        treated=None if series else "nobody", start=period.first,
        period=(period.first, period.last), time=strategy.time or "day",
        unit=strategy.unit or "zone", method=None, guardrails=(), secondary=(),
    )  # fmt: skip
    study = panel_study(plan_panel(bind(dataset, blank, scope)), alpha=alpha, seed=seed)
    after = pd.Timestamp(period.last + timedelta(days=1))
    own = replace(strategy, time="time", period=None, start=after)
    if not series:
        found = study.strategy
        own = replace(own, unit=found.unit, cluster=found.cluster)
    return replace(study, strategy=own)
