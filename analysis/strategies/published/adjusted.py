"""Segments under covariates: means of arms and segments at the same covariates.

The effect on all is adjusted by one slope a covariate; so are those of segments, by the
same covariates, their slopes common to all segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.metrics.cells import Cells
from analysis.metrics.moments import CLUSTER, OUTCOME, UNIT
from analysis.stats.moments import Moments
from analysis.strategies.arm_means import adjusted_means
from analysis.strategies.least_squares import Term, fit
from analysis.strategies.moments import Floats
from analysis.strategies.published.cuts import LEVELS, dummies
from analysis.strategies.results import Finding
from analysis.strategies.study import Study


@dataclass(frozen=True, slots=True)
class Covaried:
    """Covariates of the effect on all, for its segments.

    Attributes:
        by_unit: Those that are the same in all rows of a unit, a column each, by the
            unit's id.
        numbers: Those that differ from row to row.
        levels: Dimensions that became dummies.
    """

    by_unit: pd.DataFrame
    numbers: tuple[str, ...]
    levels: tuple[str, ...]


def covaried(study: Study, finding: Finding) -> Covaried | None:
    """What the effect on all was adjusted for; None where it was not.

    Args:
        study: The study whose effect was found.
        finding: What was found.
    """
    cells = study.cells
    if finding.raw is None or not study.covariates or cells is None:
        return None
    own = [name for name in study.covariates if name in cells.by_unit]
    rest = [name for name in study.covariates if name not in own]
    levels = tuple(name for name in study.strategy.covariates if _is_level(name, rest))
    numbers = tuple(name for name in rest if name in study.strategy.covariates)
    return Covaried(_by_unit(study, own), numbers, levels)


def _is_level(name: str, columns: Sequence[str]) -> bool:
    return any(column.startswith(f"{name} = ") for column in columns)


def _by_unit(study: Study, names: Sequence[str]) -> pd.DataFrame:
    assert study.cells is not None  # noqa: S101 - told by the caller
    if not names:
        return pd.DataFrame()
    once = study.rows.drop_duplicates(UNIT)
    codes = once[UNIT].to_numpy(dtype=np.int64)
    labels = study.cells.labels.get(UNIT)
    ids = codes if labels is None else np.array(labels.to_pylist(), object)[codes]
    return once[list(names)].set_index(pd.Index(ids))


def with_known(cells: Cells, given: Covaried) -> Cells:
    """Sums of segments without units that the effect on all does not know."""
    if not len(given.by_unit):
        return cells
    return _where(cells, pd.Index(_ids(cells)).isin(given.by_unit.index))


def with_covariates(cells: Cells, given: Covaried) -> tuple[Cells, tuple[str, ...]]:
    """Sums of segments with the covariates beside the outcome, and their names.

    Args:
        cells: Of units that are known, see ``with_known``.
        given: What the effect on all is adjusted for.
    """
    added: dict[str, Floats] = {}
    if len(given.by_unit):
        past = given.by_unit.loc[_ids(cells)]
        added = {str(name): past[name].to_numpy(dtype=float) for name in past}
    for name in given.levels:
        added |= dummies(cells.moments.groups[LEVELS + name], name)
    moments = cells.moments
    for name, column in added.items():
        moments = moments.with_constant(name, column)
    return replace(cells, moments=moments), (*given.numbers, *added)


def _ids(cells: Cells) -> np.ndarray:
    codes = cells.moments.groups[UNIT].to_numpy()
    labels: Mapping[str, object] = cells.labels
    if UNIT not in labels:
        return codes
    # Units that are missing have the code -1, and no id of their own.
    names = np.array([*cells.labels[UNIT].to_pylist(), None], dtype=object)
    return names[codes]


def _where(cells: Cells, kept: np.ndarray) -> Cells:
    return replace(
        cells, moments=cells.moments.where(kept), rows=cells.rows[kept],
        farthest=cells.farthest[kept], history=cells.history[kept],
    )  # fmt: skip


def adjusted_cells(
    moments: Moments, place: np.ndarray, size: int, covariates: Sequence[str]
) -> tuple[Floats, Floats, float]:
    """Means by arm and segment at the same covariates, covariance and df.

    By cluster where there is one: a regression with a mean for every arm and segment
    and a slope for every covariate; else means of independent rows.

    Args:
        moments: Sums by arm, segment and cluster.
        place: Arm and segment of each group, from 0.
        size: Number of these.
        covariates: Columns of the moments.
    """
    clusters = [str(name) for name in moments.groups if str(name).startswith(CLUSTER)]
    if not clusters:
        return _independent(moments, place, covariates)
    terms = [Term(f"cell {i}", (place == i).astype(float)) for i in range(size)]
    ones = np.ones(len(moments.n))
    terms += [Term(name, ones, name) for name in covariates]
    fitted = fit(moments, OUTCOME, terms)
    covariance, df = fitted.clustered(clusters)
    own = [fitted.index(f"cell {i}") for i in range(size)]
    return fitted.coef[own], covariance[np.ix_(own, own)], df


def _independent(
    moments: Moments, place: np.ndarray, covariates: Sequence[str]
) -> tuple[Floats, Floats, float]:
    labelled = moments.labelled(pd.DataFrame({"treatment": place}))
    below = "denominator" if "denominator" in moments.names else None
    found = adjusted_means(
        labelled.total(["treatment"]), OUTCOME, covariates, denominator=below
    )
    return found.mean, found.covariance, np.inf
