"""For whom: an A/B comparison by segments, from sums of one query a dimension."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import MissingField, UnknownName
from analysis.metrics.cells import Cells, read_moments
from analysis.metrics.dimensions import dimension
from analysis.metrics.moments import CLUSTER, UNIT, Cut, moments_query
from analysis.strategies.checks import MISMATCH
from analysis.strategies.moments import Floats
from analysis.strategies.published.adjusted import (
    Covaried,
    adjusted_cells,
    with_covariates,
    with_known,
)
from analysis.strategies.published.binding import Bound
from analysis.strategies.published.contract import SEGMENTS
from analysis.strategies.published.contrasts import Group
from analysis.strategies.published.cuts import ARM, LEVELS, Plan
from analysis.strategies.results import Check, Light, text
from analysis.words import N_

SEGMENT = "segment"
#: Segments of a dimension that are looked at, those with the most orders.
MOST = 12
#: Orders of either arm below which a segment says nothing.
LEAST = 30


@dataclass(frozen=True, slots=True)
class Segmented:
    """Sums by arm, cluster and segment of one dimension.

    Attributes:
        dimension: Its name.
        cells: The sums.
        sql: The query.
    """

    dimension: str
    cells: Cells
    sql: str


def dimensions_for(bound: Bound, asked: Sequence[str] | None) -> tuple[str, ...]:
    """Dimensions to ask "for whom": those asked for, or the usual ones that are there.

    Raises:
        UnknownName: one that was asked for is not there.
    """
    if asked is not None:
        for name in asked:
            dimension(bound.dataset, name)
        return tuple(dict.fromkeys(asked))
    return tuple(name for name in SEGMENTS if _is_there(bound, name))


def _is_there(bound: Bound, name: str) -> bool:
    try:
        dimension(bound.dataset, name)
    except (UnknownName, MissingField):
        return False
    return True


def read_segments(
    plan: Plan, names: Sequence[str], *, adjusted: bool = False
) -> tuple[Segmented, ...]:
    """Add up by each dimension in turn; those with one value are left out.

    Args:
        plan: The comparison.
        names: Dimensions.
        adjusted: Whether covariates are wanted beside the outcome.
    """
    found = (_read(plan, name, adjusted=adjusted) for name in names)
    return tuple(one for one in found if _varies(one.cells))


def _read(plan: Plan, name: str, *, adjusted: bool) -> Segmented:
    keys = {
        key: value
        for key, value in plan.cut.keys.items()
        if key == ARM or key.startswith(CLUSTER)
    }
    if len(keys) == 1 and UNIT in plan.cut.keys:
        keys[f"{CLUSTER}1"] = plan.cut.keys[UNIT]
    if adjusted:
        own = (UNIT,) if plan.cut.history else ()
        keys |= {
            key: value
            for key, value in plan.cut.keys.items()
            if key in own or key.startswith(LEVELS)
        }
    value = dimension(plan.bound.dataset, name).expression.copy()
    numbers = plan.cut.numbers if adjusted else {}
    cut = Cut(
        plan.cut.figure, {**keys, SEGMENT: value}, numbers, plan.cut.period,
        plan.cut.filters, plan.cut.brought, weighted=plan.cut.weighted, coded=True,
    )  # fmt: skip
    cells = read_moments(plan.bound.dataset, cut)
    return Segmented(name, cells, plan.bound.dataset.engine.sql(moments_query(cut)))


def _varies(cells: Cells) -> bool:
    return len(cells.moments.groups[SEGMENT].dropna().unique()) > 1


def effects_by(
    segmented: Segmented,
    *,
    judged: Hashable,
    control: Hashable,
    given: Covaried | None = None,
) -> Group | None:
    """Effects in the segments of a dimension, with their covariance.

    Units that lie in several segments make their effects hang together; scores are
    added up by cluster, as in a regression with a mean for every arm and segment.

    Args:
        segmented: Sums.
        judged: The arm that is compared.
        control: The arm it is compared with.
        given: What the effect on all is adjusted for.

    Returns:
        None where fewer than two segments are large enough.
    """
    known = segmented.cells if given is None else with_known(segmented.cells, given)
    values = _large(known, judged, control)
    if len(values) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    cells = _kept(known, values, judged, control)
    covariates: tuple[str, ...] = ()
    if given is not None:
        cells, covariates = with_covariates(cells, given)
    groups = cells.moments.groups
    segment = pd.Categorical(groups[SEGMENT], categories=values).codes.astype(int)
    treated = (groups[ARM] == judged).to_numpy()
    place = 2 * segment + treated
    k = len(values)
    parts = _Parts(cells, place, 2 * k)
    mean, covariance, df = parts.found()
    if covariates:
        mean, covariance, df = adjusted_cells(cells.moments, place, 2 * k, covariates)
    signs = np.zeros((k, 2 * k))
    signs[np.arange(k), 2 * np.arange(k) + 1] = 1.0
    signs[np.arange(k), 2 * np.arange(k)] = -1.0
    effect = signs @ mean
    return Group(
        segmented.dimension, values, effect, signs @ covariance @ signs.T,
        parts.n.reshape(k, 2).sum(axis=1), np.full(k, df),
    )  # fmt: skip


def _large(cells: Cells, judged: Hashable, control: Hashable) -> tuple[Hashable, ...]:
    """Segments with enough orders in both arms, the largest first."""
    groups = cells.moments.groups
    frame = groups.assign(n=cells.moments.n)
    frame = frame[frame[ARM].isin((judged, control))]
    table = frame.pivot_table(
        index=SEGMENT, columns=ARM, values="n", aggfunc="sum", fill_value=0
    )
    if table.shape[1] < 2:  # noqa: PLR2004 - both arms
        return ()
    large = table[table.min(axis=1) >= LEAST]
    order = large.sum(axis=1).sort_values(ascending=False, kind="stable")
    return tuple(order.index[:MOST])


def _kept(
    cells: Cells, values: Sequence[Hashable], judged: Hashable, control: Hashable
) -> Cells:
    groups = cells.moments.groups
    kept = groups[SEGMENT].isin(values) & groups[ARM].isin((judged, control))
    clusters = [str(name) for name in groups if str(name).startswith(CLUSTER)]
    where = kept.to_numpy() & cells.known(clusters) & (cells.moments.n > 0)
    return replace(
        cells, moments=cells.moments.where(where), rows=cells.rows[where],
        farthest=cells.farthest[where], history=cells.history[where],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Parts:
    """Means by arm and segment, and what their covariance is made from."""

    cells: Cells
    place: np.ndarray
    size: int

    def _added(self, values: Floats) -> Floats:
        return np.bincount(self.place, values, minlength=self.size).astype(float)

    @property
    def n(self) -> Floats:
        return self._added(self.cells.moments.n)

    @property
    def weight(self) -> Floats:
        return self._added(self.cells.moments.weight)

    @property
    def mean(self) -> Floats:
        """Centred means; their differences are what counts."""
        return self._ratio() if self._is_ratio else self._plain()

    @property
    def _is_ratio(self) -> bool:
        return "denominator" in self.cells.moments.names

    def found(self) -> tuple[Floats, Floats, float]:
        """Means, their covariance and its degrees of freedom."""
        return self.mean, *self.covariance()

    def _plain(self) -> Floats:
        return self._added(self.cells.moments.sums[:, 0]) / self.weight

    def _ratio(self) -> Floats:
        sums = self._totals()
        return sums[:, 0] / sums[:, 1]

    def _totals(self) -> Floats:
        """Uncentred sums of numerator and denominator."""
        moments = self.cells.moments
        raw = moments.sums + moments.centre * moments.weight[:, None]
        return np.column_stack([self._added(raw[:, i]) for i in (0, 1)])

    def covariance(self) -> tuple[Floats, float]:
        """Of the means, by cluster where there is one, and its degrees of freedom."""
        groups = self.cells.moments.groups
        clusters = [str(name) for name in groups if str(name).startswith(CLUSTER)]
        if not clusters:
            return self._independent()
        parts = [self._by_cluster([name]) for name in clusters]
        if len(parts) == 1:
            return parts[0]
        both, _ = self._by_cluster(clusters)
        df = min(parts[0][1], parts[1][1])
        return parts[0][0] + parts[1][0] - both, df

    def _by_cluster(self, names: list[str]) -> tuple[Floats, float]:
        moments = self.cells.moments
        codes = moments.groups.groupby(names, sort=False).ngroup().to_numpy()
        count = int(codes.max()) + 1
        off = moments.sums[:, 0] - self.mean[self.place] * moments.weight
        scores = np.zeros((count, self.size))
        np.add.at(scores, (codes, self.place), off / self.weight[self.place])
        total = float(moments.n.sum())
        factor = count / (count - 1) * (total - 1) / max(total - self.size, 1)
        return factor * scores.T @ scores, float(count - 1)

    def _independent(self) -> tuple[Floats, float]:
        moments = self.cells.moments
        if self._is_ratio:
            return self._delta()
        squares = self._added(moments.products[:, 0, 0])
        middle = self._plain()
        inside = squares - self.n * middle**2
        return np.diag(inside / (self.n - 1) / self.n), np.inf

    def _delta(self) -> tuple[Floats, float]:
        moments = self.cells.moments
        table = moments.labelled(pd.DataFrame({"place": self.place})).total(["place"])
        means, covariance = table.means(), table.covariances()
        ratio = means[:, 0] / means[:, 1]
        gradient = np.column_stack([np.ones(len(ratio)), -ratio]) / means[:, [1]]
        spread = np.einsum("gi,gij,gj->g", gradient, covariance[:, :2, :2], gradient)
        return np.diag(spread / table.n), np.inf


def sample_ratio_by(segmented: Sequence[Segmented]) -> Check | None:
    """Whether the arms' shares are the same in all segments (chi-square, Bonferroni).

    Orders, or clusters where those were assigned, are counted.
    """
    found = {one.dimension: _independence(one.cells) for one in segmented}
    known = {name: p for name, p in found.items() if np.isfinite(p)}
    if not known:
        return None
    name = min(known, key=lambda one: known[one])
    p_value = min(known[name] * len(known), 1.0)
    light: Light = "red" if p_value < MISMATCH else "green"
    sentence = text(
        N_("The arms' shares differ most by {dimension} (p = {p:.2g})."),
        dimension=name, p=p_value,
    )  # fmt: skip
    if light == "red":
        sentence = text(
            N_("The arms' shares differ by {dimension} (p = {p:.2g}): units were lost "
               "or assigned wrongly in some of them."),
            dimension=name, p=p_value,
        )  # fmt: skip
    return Check("sample_ratio_by_segment", light, p_value, sentence)


def _independence(cells: Cells) -> float:
    groups = cells.moments.groups
    clusters = [str(name) for name in groups if str(name).startswith(CLUSTER)]
    count = np.ones(len(groups)) if clusters else cells.rows
    frame = groups[[ARM, SEGMENT]].assign(count=count)
    table = frame.pivot_table(
        index=SEGMENT, columns=ARM, values="count", aggfunc="sum", fill_value=0
    ).to_numpy(dtype=float)
    table = table[table.sum(axis=1) >= LEAST]
    if min(table.shape) < 2 or (table.sum(axis=0) == 0).any():  # noqa: PLR2004 - a table
        return np.nan
    return float(stats.chi2_contingency(table, correction=False).pvalue)
