"""Two-way fixed effects: units and periods taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataProblem
from analysis.strategies.moments import Floats
from analysis.words import N_

Codes = NDArray[np.integer[Any]]

_LEFT = 1e-10


@dataclass(frozen=True, slots=True)
class TwoWay:
    """A coefficient with units and periods taken out.

    Attributes:
        effect: Of the exposure.
        se: Cluster-robust.
        df: Clusters minus 1.
        residual_exposure: Exposure with units, periods and covariates taken out.
    """

    effect: float
    se: float
    df: float
    residual_exposure: Floats


def two_way(
    rows: pd.DataFrame,
    exposed: Floats,
    *,
    covariates: Sequence[str] = (),
    cluster: str = "unit",
) -> TwoWay:
    """Regression of the outcome on an exposure, unit and period effects.

    The small-sample factor is G / (G - 1) x (N - 1) / (N - K); K counts covariates,
    the exposure and periods, and not the units, which are nested in the clusters.

    Args:
        rows: ``outcome``, ``unit``, ``time``, ``weight``, covariates.
        exposed: One number a row.
        covariates: Columns.
        cluster: Cluster column; units must lie within clusters.

    Reference:
        Cameron and Miller 2015, https://doi.org/10.3368/jhr.50.2.317
    """
    weight = rows["weight"].to_numpy(dtype=float)
    columns = [rows["outcome"].to_numpy(dtype=float), exposed]
    columns += [rows[name].to_numpy(dtype=float) for name in covariates]
    left = without_two_ways(np.column_stack(columns), rows, weight)
    outcome, own = left[:, 0], left[:, 1]
    if covariates:
        others = left[:, 2:]
        outcome, own = (_without(part, others, weight) for part in (outcome, own))
    spread = float(weight @ own**2)
    if spread <= _LEFT * max(float(weight @ exposed**2), 1e-300):
        raise DataProblem(
            N_("Nothing of the treatment is left once units and periods are out."),
            hint=N_("All units were treated at the same time, or none was."),
        )
    effect = float(weight @ (own * outcome)) / spread
    scores = weight * own * (outcome - effect * own)
    labels, levels = pd.factorize(rows[cluster])
    sums = np.bincount(labels, scores, minlength=len(levels))
    size, n = len(levels), len(rows)
    terms = 1 + len(covariates) + rows["time"].nunique()
    factor = size / (size - 1) * (n - 1) / (n - terms)
    se = float(np.sqrt(factor * (sums @ sums))) / spread
    return TwoWay(effect, se, float(size - 1), own)


def without_two_ways(values: Floats, rows: pd.DataFrame, weight: Floats) -> Floats:
    """Columns with weighted unit and period means taken out, exactly.

    The larger side is taken out by its means; what is left of the other is a
    regression on its dummies, which had those means taken out as well.
    """
    codes = [pd.factorize(rows[name], sort=True) for name in ("unit", "time")]
    codes.sort(key=lambda side: -len(side[1]))
    (units, unit_levels), (periods, period_levels) = codes
    u, t = len(unit_levels), len(period_levels)
    by_unit = np.bincount(units, weight, minlength=u).astype(float)
    left: Floats = values - _means(values, units, weight, by_unit)[units]
    table = np.bincount(units * t + periods, weight, minlength=u * t).reshape(u, t)
    # Cross-products of demeaned period dummies, and of them with the columns.
    inner = np.diag(table.sum(axis=0)) - table.T @ (table / by_unit[:, None])
    cross = np.stack(
        [np.bincount(periods, weight * column, minlength=t) for column in left.T],
        axis=1,
    )
    slope = np.linalg.lstsq(inner, cross, rcond=1e-12)[0]
    shift = (table / by_unit[:, None]) @ slope
    return left - (slope[periods] - shift[units])


def _means(values: Floats, codes: Codes, weight: Floats, total: Floats) -> Floats:
    sums = [
        np.bincount(codes, weight * column, minlength=len(total)) for column in values.T
    ]
    return np.stack(sums, axis=1) / total[:, None]


def _without(values: Floats, others: Floats, weight: Floats) -> Floats:
    root = np.sqrt(weight)[:, None]
    slope = np.linalg.lstsq(others * root, values * root[:, 0], rcond=1e-12)[0]
    return values - others @ slope
