"""Actual, counterfactual and difference over time for designs with several units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.strategies.cells import cell_means
from analysis.strategies.event_study import usable_periods
from analysis.strategies.moments import Floats
from analysis.strategies.panel import read_panel
from analysis.strategies.results import Finding
from analysis.strategies.series import series_of, shared_and_own, with_bands
from analysis.strategies.study import Study
from analysis.strategies.treatment import exposure, first_treated


def path_of(study: Study, finding: Finding) -> pd.DataFrame | None:
    """The series of a finding with bands; None where there is no time in it."""
    if finding.series is not None:
        return with_bands(finding.series, finding.estimate, alpha=study.alpha)
    made: dict[str, Callable[[Study, Finding], pd.DataFrame | None]] = {
        "did": _difference,
        "staggered": _roll_out,
        "switchback": _turns,
    }
    made_by = made.get(study.strategy.design)
    return None if made_by is None else made_by(study, finding)


def _difference(study: Study, _finding: Finding) -> pd.DataFrame:
    """Gaps between the groups, less their mean before the start."""
    panel = read_panel(study)
    periods = usable_periods(panel.rows, panel.periods)
    rows = panel.rows[panel.rows["time"].isin(periods)]
    gaps = cell_means(rows, clusters=panel.clusters, periods=periods)
    after = np.array([float(period >= panel.start) for period in periods])
    weight, actual = _treated(rows, periods)
    base = weight * (1 - after)
    base = base / base.sum() if base.sum() else base
    turn = np.eye(len(periods)) - base[None, :]
    return series_of(
        periods, actual, turn @ gaps.gap, covariance=turn @ gaps.covariance @ turn.T,
        weight=_counted(study, weight), after=after, alpha=study.alpha, df=gaps.df,
    )  # fmt: skip


def _treated(rows: pd.DataFrame, periods: tuple | list) -> tuple[Floats, Floats]:
    """Weight and mean of treated units by period."""
    part = rows[rows["treated"] == 1]
    table = pd.DataFrame(
        {"weight": part["weight"], "total": part["weight"] * part["outcome"]}
    )
    sums = table.groupby(part["time"]).sum().reindex(list(periods))
    weight = sums["weight"].to_numpy(dtype=float)
    return weight, (sums["total"] / sums["weight"]).to_numpy(dtype=float)


def _counted(study: Study, weight: Floats) -> Floats:
    """Orders where rows stand for them, else one for each period."""
    return weight if study.cells is not None else np.ones(len(weight))


def _roll_out(study: Study, finding: Finding) -> pd.DataFrame | None:
    """Treated units by calendar period, against the effects of those periods."""
    table = finding.extra.get("calendar")
    if not isinstance(table, pd.DataFrame) or table.empty:
        return None
    rows = study.rows.assign(first=first_treated(study))
    rows = rows[(rows["time"] >= rows["first"]).to_numpy()]
    weight, actual = _levels(rows, list(table["period"]))
    own = np.nan_to_num(table["se"].to_numpy(dtype=float) ** 2)
    counted = _counted(study, weight)
    covariance = shared_and_own(own, finding.estimate, counted)
    return series_of(
        list(table["period"]), actual, table["effect"].to_numpy(dtype=float),
        covariance=covariance, weight=counted, after=np.ones(len(table)),
        alpha=study.alpha, df=finding.estimate.df,
    )  # fmt: skip


def _levels(rows: pd.DataFrame, periods: list) -> tuple[Floats, Floats]:
    weight = rows["denominator"] if "denominator" in rows else 1.0 + 0 * rows["outcome"]
    table = pd.DataFrame({"weight": weight, "total": rows["outcome"]})
    sums = table.groupby(rows["time"]).sum().reindex(periods)
    mean = (sums["total"] / sums["weight"]).to_numpy(dtype=float)
    return sums["weight"].to_numpy(dtype=float), mean


def _turns(study: Study, finding: Finding) -> pd.DataFrame | None:
    """Periods that were on against the overall level without the treatment, by day."""
    rows = study.rows
    day = _day(rows["time"])
    weight = rows["denominator"] if "denominator" in rows else 1.0 + 0 * rows["outcome"]
    frame = pd.DataFrame(
        {"day": day, "on": exposure(study).to_numpy(), "weight": weight,
         "total": rows["outcome"]}
    )  # fmt: skip
    wide = frame.pivot_table(
        index="day", columns="on", values=["weight", "total"], aggfunc="sum"
    )
    wide = wide.dropna()
    if wide.empty:
        return None
    weights = wide["weight"].to_numpy(dtype=float)
    means = wide["total"].to_numpy(dtype=float) / weights
    # A day's difference misses the carry-over; all days together are the estimate.
    difference = means[:, 1] - means[:, 0]
    counted = _counted(study, weights[:, 1])
    missed = finding.estimate.effect - float(np.average(difference, weights=counted))
    own = np.full(len(wide), float(difference.var(ddof=1)) if len(wide) > 1 else 0.0)
    return series_of(
        list(wide.index), means[:, 1], difference + missed,
        covariance=shared_and_own(own, finding.estimate, counted), weight=counted,
        after=np.ones(len(wide)), alpha=study.alpha, df=finding.estimate.df,
    )  # fmt: skip


def _day(times: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(times):
        return times.dt.normalize()
    return times
