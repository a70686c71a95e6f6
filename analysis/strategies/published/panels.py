"""Panels and series out of a published dataset: units by periods, summed in SQL."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.errors import DataProblem, InvalidInput
from analysis.metrics import trees
from analysis.metrics.cells import Cells, read_moments
from analysis.metrics.expressions import ORDERS
from analysis.metrics.moments import Cut, moments_query
from analysis.metrics.periods import Period
from analysis.strategies.contract import Strategy
from analysis.strategies.few_clusters import LEAST
from analysis.strategies.published import days_off
from analysis.strategies.published.assigned import starts
from analysis.strategies.published.binding import (
    Bound,
    day_of,
    period_of,
    step_of,
)
from analysis.strategies.published.contract import UNITS
from analysis.strategies.published.cuts import ARM, need_finite, need_rows, stratum_of
from analysis.strategies.results import Text, text
from analysis.strategies.study import Compressed, Study
from analysis.strategies.treatment import control_label
from analysis.words import N_

#: Where the unit says its own step: an hour, a day.
_OWN_STEP = {"zone-hour": "hour", "city-day": "day"}
#: Where units are places: those without the step.
_PLACE = {"zone-hour": "zone", "city-day": "city"}


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """A panel as a cut.

    Attributes:
        bound: The strategy.
        period: Local dates that count.
        cut: What is added up.
        step: ``hour``, ``day``, ``week`` or ``month``.
        unit: Place or unit of the panel; empty for a series.
    """

    bound: Bound
    period: Period
    cut: Cut
    step: str
    unit: str

    @property
    def sql(self) -> str:
        """The query as text."""
        return self.bound.dataset.engine.sql(moments_query(self.cut))


def plan_panel(bound: Bound) -> PanelPlan:
    """The cut of a panel or a series.

    Raises:
        InvalidInput: covariates that cannot be read by period.
    """
    strategy = bound.strategy
    period, step = period_of(bound), step_name(bound)
    unit = "" if strategy.design == "its" else _PLACE.get(bound.unit, bound.unit)
    if unit == "order":
        raise InvalidInput(
            N_("Orders are seen once only, a {design} needs units seen again."),
            hint=N_("Name the unit: rider, merchant, zone or city."),
            design=strategy.design,
        )
    keys: dict[str, exp.Expr] = {"time": step_of(step)}
    if unit:
        keys["unit"] = bound.key(unit)
    if needs_arm(bound):
        keys[ARM] = bound.arm.copy() if bound.arm is not None else exp.null()
    for number, name in enumerate(strategy.cluster, start=1):
        keys[f"cluster_{number}"] = bound.key(name)
    if strategy.design in ("staggered", "did") and strategy.strata:
        keys["stratum"] = stratum_of(bound)
    filters = bound.filters
    if strategy.design == "switchback" and bound.arm is not None:
        known = exp.Not(this=exp.Is(this=bound.arm.copy(), expression=exp.null()))
        filters = (*filters, known)
    cut = Cut(
        bound.figure, keys, _numbers(bound), period, filters, bound.brought,
        weighted=True,
    )  # fmt: skip
    return PanelPlan(bound, period, cut, step, unit)


def step_name(bound: Bound) -> str:
    """Length of a period."""
    own = _OWN_STEP.get(bound.unit, "day")
    asked = bound.strategy.time
    return own if asked in (None, "time", "local_date", "created_at") else str(asked)


def needs_arm(bound: Bound) -> bool:
    """Whether rows say themselves who was treated."""
    strategy = bound.strategy
    if strategy.design == "its":
        return False
    if strategy.design == "staggered" and bound.assigned is not None:
        return False
    return bound.assigned is not None or strategy.treatment is not None


def _numbers(bound: Bound) -> dict[str, exp.Expr]:
    """Numeric columns of orders, averaged by cell."""
    found: dict[str, exp.Expr] = {}
    for name in bound.strategy.covariates:
        column = bound.dataset.fields.get(name)
        if column is None or column.type not in ("integer", "number"):
            raise InvalidInput(
                N_("Covariate {name} is not a number of the order."),
                hint=N_("Name a numeric column such as distance_m."),
                name=name,
            )
        found[name] = trees.column(name, ORDERS)
    return found


def panel_study(plan: PanelPlan, *, alpha: float, seed: int) -> Study:
    """What a panel design works on.

    Raises:
        NotEnoughData: no order is selected.
        DataProblem: values are infinite, or a period belongs to two arms.
    """
    cells = read_moments(plan.bound.dataset, plan.cut)
    need_rows(cells, plan.bound)
    need_finite(cells, plan.bound)
    rows, notes = _rows(plan, cells)
    rows, strategy, more = _treated(plan, rows)
    strategy, rows, last = _clustered(plan, strategy, rows)
    figure = plan.bound.figure
    compressed = Compressed(cells.moments, {}, figure.is_share)
    own_sums = None if figure.is_count else compressed
    nothing = pd.DataFrame({"missing": [], "n": []})
    rows, holidays, told = _with_holidays(plan, strategy, rows)
    return Study(
        rows.reset_index(drop=True), (*_numbers(plan.bound), *holidays), strategy,
        alpha, seed, (*notes, *more, *last, *told), nothing, own_sums,
    )  # fmt: skip


def _with_holidays(
    plan: PanelPlan, strategy: Strategy, rows: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[Text, ...]]:
    """A series with its days off, where their effect is seen before the start."""
    if strategy.design != "its" or not strategy.holidays or rows.empty:
        return rows, (), ()
    off = days_off.per_period(plan.bound, plan.period, rows["time"], plan.step)
    early = (rows["time"] < pd.Timestamp(strategy.start)).to_numpy()
    once = _once_a_day(plan, rows["time"])
    # A single one would be explained away by itself, whatever it was like.
    seen = np.count_nonzero(off[early & once])
    if seen < 2 or np.ptp(off[early]) == 0:  # noqa: PLR2004 - see above
        return rows, (), ()
    note = text(N_("Public holidays are taken out of the series: {count} days."),
                count=round(float(off[once].sum())))  # fmt: skip
    return rows.assign(**{days_off.COLUMN: off}), (days_off.COLUMN,), (note,)


def _once_a_day(plan: PanelPlan, times: pd.Series) -> np.ndarray:
    """Which periods count as a day or more: of hours the first of each day."""
    days = times.dt.normalize() if plan.step == "hour" else times
    return ~days.duplicated().to_numpy()


def _rows(plan: PanelPlan, cells: Cells) -> tuple[pd.DataFrame, tuple[Text, ...]]:
    moments = cells.moments
    rows = moments.groups.copy()
    rows["time"] = pd.to_datetime(rows["time"]).astype("datetime64[ns]")
    rows["denominator"] = moments.weight
    rows["outcome"] = moments.sums[:, 0] + moments.centre[0] * moments.weight
    means = moments.means()
    for place, name in enumerate(moments.names[1:], start=1):
        rows[name] = means[:, place]
    rows["size"] = moments.n
    rows["total"] = cells.rows
    rows["cell"] = np.arange(len(rows))
    kept = rows["time"].notna()
    if plan.unit:
        kept &= rows["unit"].notna()
    if not plan.bound.figure.is_count:
        kept &= rows["denominator"] > 0
    else:
        rows = rows.drop(columns="denominator")
    left_out = int(cells.rows[~kept.to_numpy()].sum())
    notes: tuple[Text, ...] = ()
    if left_out:
        notes = (text(N_("{count:,} orders have no value or unit and are left out."),
                      count=left_out),)  # fmt: skip
    return rows[kept], notes


def _with_empty_periods(plan: PanelPlan, rows: pd.DataFrame) -> pd.DataFrame:
    """Counts with a 0 for each unit and period without an order.

    Clusters and averages of orders are not known of such cells, so that where those
    are asked for the rows stay as they are.
    """
    known = {"time", "unit", "outcome", "size", "total", "cell"}
    if not plan.bound.figure.is_count or not set(rows) <= known or rows.empty:
        return rows
    times = _every_period(plan, rows["time"])
    if not plan.unit:
        whole = rows.set_index("time").reindex(times)
    else:
        index = pd.MultiIndex.from_product(
            [times, rows["unit"].unique()], names=["time", "unit"]
        )
        whole = rows.set_index(["time", "unit"]).reindex(index)
    return whole.fillna(0.0).reset_index()


def _every_period(plan: PanelPlan, seen: pd.Series) -> pd.DatetimeIndex:
    """Periods from the first to the last; hours only as far as anybody has them."""
    if plan.step == "hour":
        return pd.DatetimeIndex(np.sort(seen.unique()), name="time")
    steps = {"day": "D", "week": "W-MON", "month": "MS"}
    return pd.date_range(seen.min(), seen.max(), freq=steps[plan.step], name="time")


def _treated(
    plan: PanelPlan, rows: pd.DataFrame
) -> tuple[pd.DataFrame, Strategy, tuple[Text, ...]]:
    """Rows with what the design wants to know about the treatment."""
    strategy = replace(plan.bound.strategy, time="time", unit=plan.unit or None)
    if not needs_arm(plan.bound):
        rows = _with_empty_periods(plan, rows)
    if strategy.design == "its":
        return _whole(plan, rows), replace(strategy, start=_start(plan)), ()
    if strategy.design == "staggered":
        return _first_treated(plan, rows, strategy)
    if strategy.design == "switchback":
        return rows, strategy, ()
    if not needs_arm(plan.bound):
        own = replace(strategy, start=_start(plan), treatment=None)
        return _whole(plan, rows), own, ()
    arms = _arm_of_units(rows)
    rows = _with_empty_periods(plan, rows.drop(columns=ARM))
    rows = rows.merge(arms, on="unit", how="inner")
    start = None if strategy.start is None else _start(plan)
    return rows, replace(strategy, treatment=ARM, start=start), ()


def _whole(plan: PanelPlan, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without the period in which the start lies, but for its first moment."""
    mixed = _whole_step(pd.Timestamp(plan.bound.strategy.start), plan.step)
    return rows[rows["time"] != mixed] if mixed < _start(plan) else rows


def _start(plan: PanelPlan) -> pd.Timestamp:
    """First period that is treated from its beginning."""
    start = pd.Timestamp(plan.bound.strategy.start)
    steps = {"day": start.normalize(), "hour": start.floor("h")}
    if plan.step in steps:
        return steps[plan.step]
    period = start.to_period("W-SUN" if plan.step == "week" else "M")
    begins = period.start_time
    return begins if begins == start else (period + 1).start_time


def _arm_of_units(rows: pd.DataFrame) -> pd.DataFrame:
    """The one arm of every unit that has one.

    Raises:
        DataProblem: a unit has two.
    """
    known = rows.dropna(subset=[ARM])
    counts = known.groupby("unit")[ARM].nunique()
    if (counts > 1).any():
        raise DataProblem(
            N_("{both} of {units} units are in more than one arm, such as {seen}."),
            hint=N_("Name the unit that was really assigned, or mend the assignment."),
            both=int((counts > 1).sum()),
            units=len(counts),
            seen=counts.idxmax(),
        )
    return known.groupby("unit")[ARM].first().reset_index()


def _first_treated(
    plan: PanelPlan, rows: pd.DataFrame, strategy: Strategy
) -> tuple[pd.DataFrame, Strategy, tuple[Text, ...]]:
    """First treated period of each unit: from the table, or from its orders' arm."""
    assigned = plan.bound.assigned
    if assigned is not None:
        control = control_label(assigned.frame["variant"], strategy.control)
        first = starts(assigned, str(control))
        named = rows["unit"].astype("str").isin(first.index)
        rows = rows[named]
        when = rows["unit"].astype("str").map(first)
    else:
        control = control_label(rows[ARM], strategy.control)
        on = rows["time"].where(rows[ARM].notna() & (rows[ARM] != control))
        first = on.groupby(rows["unit"]).min()
        rows = _with_empty_periods(plan, _without_arms(rows).drop(columns=ARM))
        when = rows["unit"].map(first)
    whole = [_whole_step(one, plan.step) for one in when]
    first_time = pd.Series(pd.to_datetime(whole), index=rows.index)
    return rows.assign(**{ARM: first_time}), replace(strategy, treatment=ARM), ()


def _whole_step(moment: Hashable, step: str) -> pd.Timestamp:
    """The period in which a unit started."""
    if pd.isna(moment):  # type: ignore[call-overload]
        return pd.NaT  # type: ignore[return-value]
    stamp = pd.Timestamp(moment)  # type: ignore[arg-type]
    if step == "hour":
        return stamp.floor("h")
    if step == "day":
        return stamp.normalize()
    return stamp.to_period("W-SUN" if step == "week" else "M").start_time


def _without_arms(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per unit and period; the arm was a key only to read the start from."""
    if not rows.duplicated(["unit", "time"]).any():
        return rows
    raise DataProblem(
        N_("Orders of one unit and period are in more than one arm, such as {seen}."),
        hint=N_(
            "Name the unit that was really assigned, or bring an assignment table."
        ),
        seen=rows.loc[rows.duplicated(["unit", "time"]), "unit"].iloc[0],
    )


def _clustered(
    plan: PanelPlan, strategy: Strategy, rows: pd.DataFrame
) -> tuple[Strategy, pd.DataFrame, tuple[Text, ...]]:
    """With too few places to cluster by, days stand in for them."""
    few = plan.unit and rows["unit"].nunique() < LEAST
    if strategy.design != "did" or strategy.cluster or not few:
        return strategy, rows, ()
    note = text(
        N_("{count} places cannot be clustered by: errors are clustered by {step}."),
        count=rows["unit"].nunique(), step=plan.step,
    )  # fmt: skip
    return replace(strategy, cluster=(plan.step,)), rows.assign(
        cluster_1=rows["time"]
    ), (note,)  # fmt: skip


def before_start(plan: PanelPlan, days: int) -> Period:
    """Days before the start, as far as the panel reaches."""
    start = day_of(plan.bound.strategy.start)
    first = max(plan.period.first, start - timedelta(days=days))
    return Period(first, start - timedelta(days=1))


def place_column(unit: str) -> str:
    """Column of the place that a unit is, or lies in."""
    return UNITS[unit][0]
