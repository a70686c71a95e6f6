"""Imputation of what treated cells would have been without treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import NotEnoughData
from analysis.strategies import few_units
from analysis.strategies.cohorts import Codes, Cohorts
from analysis.strategies.few_clusters import FEW, LEAST
from analysis.strategies.group_time import Effects
from analysis.strategies.moments import Floats
from analysis.words import N_

#: Units below which the spread of effects among cells alike cannot be seen.
_ALIKE = 5
#: Directions with less than this share of the largest spread are not told apart.
_LEFT = 1e-9


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells in long form; period dummies are kept as codes.

    Attributes:
        unit: Unit of each cell.
        time: Period of each cell.
        period: Stratum and period of each cell, as one code.
        cohort: Cohort of each cell's unit.
        treated: Whether the cell is treated.
        weight: Of each cell, the same for all of a unit.
        extra: Covariates, (cells, k)
        shares: Means of dummies and covariates over a unit's untreated cells,
            (units, codes + k)
    """

    unit: Codes
    time: Codes
    period: Codes
    cohort: Codes
    treated: NDArray[np.bool_]
    weight: Floats
    extra: Floats
    shares: Floats

    @property
    def dummies(self) -> int:
        """Number of period codes."""
        return self.shares.shape[1] - self.extra.shape[1]

    def times(self, slope: Floats) -> Floats:
        """Columns less unit means, times coefficients, (cells, m)."""
        own = slope[self.period] + self.extra @ slope[self.dummies :]
        return own - (self.shares @ slope)[self.unit]

    def transposed(self, values: Floats) -> Floats:
        """Sums of values times columns less unit means, (codes + k, m)."""
        own = np.concatenate(
            [_sums(values, self.period, self.dummies), self.extra.T @ values]
        )
        return own - self.shares.T @ _sums(values, self.unit, len(self.shares))


@dataclass(frozen=True, slots=True)
class Imputed:
    """The fit on untreated cells.

    Attributes:
        cells: The cells.
        left: Effect where treated, residual elsewhere.
        inverse: Inverse of the columns' cross-products over untreated cells.
    """

    cells: Cells
    left: Floats
    inverse: Floats


def impute(cohorts: Cohorts) -> Imputed:
    """Fit unit and period effects on untreated cells, impute the treated ones.

    Treated cells in periods without any untreated cell are left out.

    Reference:
        Borusyak, Jaravel and Spiess 2024, https://doi.org/10.1093/restud/rdae007
    """
    cells, usable = _cells(cohorts)
    free = ~cells.treated
    outcome = cohorts.outcome[usable]
    outcome = (
        outcome - _unit_means(outcome[:, None], cells, len(cells.shares))[cells.unit, 0]
    )
    table = np.linalg.pinv(_cross_products(cells), rcond=_LEFT, hermitian=True)
    inverse = np.asarray(table, dtype=np.float64)
    own = np.where(free, cells.weight * outcome, 0.0)[:, None]
    slope = inverse @ cells.transposed(own)
    left: Floats = outcome - cells.times(slope)[:, 0]
    return Imputed(cells, left, inverse)


def _cells(cohorts: Cohorts) -> tuple[Cells, NDArray[np.bool_]]:
    ahead = cohorts.study.strategy.anticipation
    periods = len(cohorts.periods)
    seen = np.isfinite(cohorts.outcome)
    first = cohorts.cohort[:, None] - ahead
    started: NDArray[np.bool_] = np.greater_equal(np.arange(periods), first)
    free = seen & ~started
    unit_seen = np.any(free, axis=1, keepdims=True)
    usable = seen & unit_seen & _comparable(cohorts.stratum, free)
    unit, time = np.nonzero(usable)
    treated = started[usable]
    if not treated.any():
        raise NotEnoughData(
            N_("No treated cell can be imputed: {seen} untreated cells."),
            hint=N_("Units need periods before, and periods need untreated units."),
            seen=int(free.sum()),
        )
    cells = Cells(
        unit, time, cohorts.stratum[unit] * periods + time, cohorts.cohort[unit],
        treated, cohorts.weight[unit], cohorts.covariates[usable], np.zeros((0, 0)),
    )  # fmt: skip
    codes = periods * (int(cohorts.stratum.max()) + 1)
    return replace(cells, shares=_shares(cells, len(cohorts.units), codes)), usable


def _shares(cells: Cells, units: int, codes: int) -> Floats:
    free = ~cells.treated
    flat = np.bincount(
        cells.unit[free] * codes + cells.period[free], minlength=units * codes
    )
    table = flat.reshape(units, codes)
    share = table / np.maximum(table.sum(axis=1), 1)[:, None]
    return np.column_stack([share, _unit_means(cells.extra, cells, units)])


def _cross_products(cells: Cells) -> Floats:
    """Of columns less unit means over untreated cells."""
    free = ~cells.treated
    weight, extra = cells.weight[free], cells.extra[free]
    size = cells.dummies
    table = np.zeros((cells.shares.shape[1], cells.shares.shape[1]))
    table[:size, :size] = np.diag(np.bincount(cells.period[free], weight, size))
    weighted = extra * weight[:, None]
    table[:size, size:] = _sums(weighted, cells.period[free], size)
    table[size:, :size] = table[:size, size:].T
    table[size:, size:] = weighted.T @ extra
    mass = np.bincount(cells.unit[free], weight, len(cells.shares))
    return table - (cells.shares * mass[:, None]).T @ cells.shares


def _added(codes: Codes, values: Floats, size: int) -> Floats:
    """Sums by code, (size,)."""
    return np.asarray(np.bincount(codes, values, size), dtype=np.float64)


def _sums(values: Floats, codes: Codes, size: int) -> Floats:
    """Sums of rows by code, (size, m)."""
    sums = [np.bincount(codes, column, size) for column in values.T]
    return np.stack(sums, axis=1) if sums else np.zeros((size, 0))


def _comparable(stratum: Codes, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells have an untreated one of their stratum and period."""
    levels = int(stratum.max()) + 1
    known = np.stack([free[stratum == level].any(axis=0) for level in range(levels)])
    return known[stratum]


def _unit_means(values: Floats, cells: Cells, units: int) -> Floats:
    """Means over untreated cells by unit, (units, m)."""
    free = ~cells.treated
    count = np.bincount(cells.unit[free], minlength=units)
    return _sums(values[free], cells.unit[free], units) / np.maximum(count, 1)[:, None]


@dataclass(frozen=True, slots=True)
class Means:
    """Weighted means over treated cells, each cell in one of them.

    Attributes:
        part: The mean that each treated cell belongs to, (treated,).
        weight: Of each treated cell in it; they add up to 1, (treated,).
        size: Number of means.
    """

    part: Codes
    weight: Floats
    size: int

    def sums(self, values: Floats, codes: Codes, size: int) -> Floats:
        """Sums of the treated cells' values by code and mean, (size, means)."""
        flat = codes * self.size + self.part
        return _added(flat, values, size * self.size).reshape(size, self.size)


def imputed_effects(
    cohorts: Cohorts, imputed: Imputed, labels: pd.DataFrame, part: Codes
) -> Effects:
    """Weighted means of imputed effects with conservative errors.

    Args:
        cohorts: The panel.
        imputed: Its cells.
        labels: One row per mean.
        part: The mean that each treated cell belongs to, (treated,).
    """
    cells = imputed.cells
    weight = cells.weight[cells.treated]
    weight = weight / np.bincount(part, weight, len(labels))[part]
    means = Means(part, weight, len(labels))
    effect = _added(part, weight * imputed.left[cells.treated], means.size)
    labels = labels.assign(n=np.bincount(part, minlength=means.size))
    small = _few(cohorts, imputed, means)
    if small is not None:
        return Effects(
            labels, effect, small[0], cohorts.cluster, cohorts.cohort, small[1]
        )
    influence = _influence(imputed, means, len(cohorts.units))
    return Effects(labels, effect, influence, cohorts.cluster, cohorts.cohort)


def _few(
    cohorts: Cohorts, imputed: Imputed, means: Means
) -> tuple[Floats, Floats] | None:
    """Influence and df by the errors of few units; None where there are many.

    The regression holds units, periods and a mean effect of cells alike, so that the
    scatter of the effects counts as error.
    """
    cells = imputed.cells
    cluster = np.unique(cohorts.cluster[cells.unit], return_inverse=True)[1]
    sizes = np.bincount(cluster)
    if not LEAST <= len(sizes) < FEW or sizes.max() > few_units.LARGEST:
        return None
    units = len(cohorts.units)
    columns = [
        _dummies(cells.unit), _dummies(cells.period), _dummies(_grouped(cells)),
        cells.extra,
    ]  # fmt: skip
    outcome = cohorts.outcome[cells.unit, cells.time]
    model = few_units.Model(
        np.column_stack(columns), cells.weight / cells.weight.mean(),
        outcome - outcome.mean(), cluster,
    )  # fmt: skip
    own = _own(imputed, means, units)
    added, freedom = few_units.reduced(model, own)
    influence = np.zeros((units, own.shape[1]))
    first = np.unique(cluster, return_index=True)[1]
    influence[cells.unit[first]] = units * added
    return influence, freedom


def _grouped(cells: Cells) -> Codes:
    """Cells whose effects have one mean; untreated ones are -1."""
    likes = np.where(cells.treated, _likes(cells), -1)
    if len(np.unique(likes)) > len(np.unique(cells.time)):
        likes = np.where(cells.treated, cells.time - cells.cohort, -1)
    return likes


def _dummies(codes: Codes) -> Floats:
    levels = np.unique(codes)
    columns: Floats = (codes[:, None] == levels[levels >= 0]).astype(float)
    return columns


def _own(imputed: Imputed, means: Means, units: int) -> Floats:
    """Weight of each cell's outcome in each mean, (cells, means)."""
    cells = imputed.cells
    treated = np.flatnonzero(cells.treated)
    asked = means.sums(means.weight, cells.unit[treated], units)
    mass = np.bincount(cells.unit[~cells.treated], cells.weight[~cells.treated], units)
    slope = imputed.inverse @ _asked_of_columns(cells, means, asked)
    per_unit = asked / np.where(mass > 0, mass, np.inf)[:, None]
    own = -cells.weight[:, None] * (per_unit[cells.unit] + cells.times(slope))
    own[treated] = 0.0
    own[treated, means.part] = means.weight
    return np.asarray(own, dtype=np.float64)


def _influence(imputed: Imputed, means: Means, units: int) -> Floats:
    """Influence of each unit on each mean, on the scale of n times its share."""
    cells = imputed.cells
    unit = cells.unit[cells.treated]
    treated = means.sums(means.weight * _surprise(imputed, means), unit, units)
    size = len(np.unique(cells.unit))
    scale = units * np.sqrt(size / (size - 1))
    return scale * (treated - _untreated(imputed, means, units))


def _untreated(imputed: Imputed, means: Means, units: int) -> Floats:
    """Residuals of a unit's untreated cells, by what the means ask of these cells.

    What a mean asks of unit and period effects is spread over the untreated cells.
    """
    cells = imputed.cells
    free = ~cells.treated
    unit, weight = cells.unit[free], cells.weight[free]
    asked = means.sums(means.weight, cells.unit[cells.treated], units)
    mass = np.bincount(unit, weight, units)
    slope = imputed.inverse @ _asked_of_columns(cells, means, asked)
    per_unit = asked / np.where(mass > 0, mass, np.inf)[:, None]
    left = weight * imputed.left[free]
    flat = unit * cells.dummies + cells.period[free]
    by_period = np.bincount(flat, left, units * cells.dummies).reshape(units, -1)
    columns = [by_period, _sums(left[:, None] * cells.extra[free], unit, units)]
    total = np.bincount(unit, left, units)[:, None]
    own: Floats = total * (per_unit - cells.shares @ slope)
    return own + np.concatenate(columns, axis=1) @ slope


def _asked_of_columns(cells: Cells, means: Means, asked: Floats) -> Floats:
    """Means of columns less unit means, (codes + k, means)."""
    treated = cells.treated
    rows = [means.sums(means.weight, cells.period[treated], cells.dummies)]
    rows += [
        _added(means.part, means.weight * extra, means.size)[None]
        for extra in cells.extra[treated].T
    ]
    return np.concatenate(rows) - cells.shares.T @ asked


def _surprise(imputed: Imputed, means: Means) -> Floats:
    """Effect of each treated cell beyond that of cells like it, (treated,).

    Alike are cells of one cohort and period, where these are enough units; else cells
    as long after their start; else all of them. What a unit adds to the mean of its
    likes is made up for, as in HC2.
    """
    cells = imputed.cells
    left, unit = imputed.left[cells.treated], cells.unit[cells.treated]
    alike = _numbered(_likes(cells)[cells.treated], means.part)
    square = means.weight**2
    total = np.maximum(np.bincount(alike, square), np.finfo(float).tiny)[alike]
    mean = np.bincount(alike, square * left)[alike] / total
    mine = _numbered(unit, alike)
    share = np.bincount(mine, square)[mine] / total
    surprise: Floats = (left - mean) / np.sqrt(np.maximum(1 - share, 1 / _ALIKE))
    return surprise


def _numbered(one: Codes, other: Codes) -> Codes:
    """Pairs of codes as one code."""
    pairs = one * (int(other.max()) + 1) + other
    return np.unique(pairs, return_inverse=True)[1].astype(np.int64)


def _likes(cells: Cells) -> Codes:
    """Which cells are alike, as codes; untreated ones do not matter."""
    span = int(cells.time.max()) + 1
    cohort = np.where(cells.treated, cells.cohort, 0)
    keys = (cohort * span + cells.time, cells.time - cohort, np.zeros_like(cohort))
    found, first = np.full(len(cohort), -1, dtype=np.int64), 0
    for key in keys:
        codes = np.unique(key, return_inverse=True)[1]
        enough = np.bincount(codes, cells.treated)[codes] >= _ALIKE
        last = key is keys[-1]
        chosen = (found < 0) & (enough | last)
        found[chosen] = first + codes[chosen]
        first += int(codes.max()) + 1
    return found


def overall_imputed(cohorts: Cohorts, imputed: Imputed) -> Effects:
    """The mean effect over all treated cells."""
    label = pd.DataFrame([{"effect": "overall"}])
    part = np.zeros(int(imputed.cells.treated.sum()), dtype=np.int64)
    return imputed_effects(cohorts, imputed, label, part)


def imputed_by(cohorts: Cohorts, imputed: Imputed, by: str) -> Effects:
    """Mean effects by time since start (``dynamic``), ``group`` or ``calendar``."""
    values, name = _keys(imputed, by)
    levels, part = np.unique(values[imputed.cells.treated], return_inverse=True)
    shown = (
        levels if name == "event_time" else [cohorts.periods[level] for level in levels]
    )
    return imputed_effects(cohorts, imputed, pd.DataFrame({name: shown}), part)


def _keys(imputed: Imputed, by: str) -> tuple[Codes, str]:
    if by == "group":
        return imputed.cells.cohort, "group"
    if by == "calendar":
        return imputed.cells.time, "period"
    return imputed.cells.time - imputed.cells.cohort, "event_time"
