"""Least squares from sufficient statistics, with the usual covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import NotEnoughData
from analysis.stats.bootstrap import ClusterSums
from analysis.strategies.moments import Floats, Moments
from analysis.words import N_

#: A column with less than this share of its spread left is a mix of the others.
_COLLINEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Term:
    """One regressor: a number by group, times a column or the constant.

    Attributes:
        name: What the coefficient is called.
        factor: One number per group of the moments, such as a dummy of the arm.
        column: Column to multiply it with; None is the constant 1.
    """

    name: str
    factor: Floats
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A least-squares fit that keeps what its covariances need.

    Attributes:
        names: Terms that were estimated, mixes of earlier ones left out.
        coef: Coefficients; columns are centred, so constants are at their centres.
        bread: Inverse of X'X.
        sums: X'X and X'y by group.
        residual_squares: Sum of squared residuals.
        n: Rows.
        groups: Labels of the groups.
    """

    names: tuple[str, ...]
    coef: Floats
    bread: Floats
    sums: ClusterSums
    residual_squares: float
    n: int
    groups: pd.DataFrame

    def index(self, name: str) -> int:
        """Position of a term."""
        return self.names.index(name)

    @property
    def df(self) -> float:
        """Rows minus terms."""
        return float(self.n - len(self.names))

    def classical(self) -> Floats:
        """Covariance with one error variance for all rows."""
        if self.df <= 0:
            raise NotEnoughData(
                N_("{rows} rows cannot carry a regression with {terms} terms."),
                hint=N_("Give more rows or fewer covariates."),
                rows=self.n,
                terms=len(self.names),
            )
        return self.bread * (self.residual_squares / self.df)

    def cluster_sums(self, by: Sequence[str]) -> ClusterSums:
        """X'X and X'y by cluster."""
        codes = _labels(self.groups, by)
        size = int(codes.max()) + 1
        xtx = np.zeros((size, *self.sums.xtx.shape[1:]))
        xty = np.zeros((size, self.sums.xty.shape[1]))
        np.add.at(xtx, codes, self.sums.xtx)
        np.add.at(xty, codes, self.sums.xty)
        return ClusterSums(xtx, xty)

    def clustered(self, by: Sequence[str]) -> tuple[Floats, float]:
        """Cluster-robust covariance (CR1) and its degrees of freedom.

        Two columns give two-way clustering; each of its three parts has its own
        small-sample factor, and the smaller number of clusters minus 1 counts.

        Reference:
            Cameron and Miller 2015, https://doi.org/10.3368/jhr.50.2.317;
            Cameron, Gelbach and Miller 2011, https://doi.org/10.1198/jbes.2010.07136
        """
        if len(by) == 1:
            return self._one_way(by)
        first, second = (self._one_way([name]) for name in by)
        both, _ = self._one_way(by)
        return first[0] + second[0] - both, min(first[1], second[1])

    def _one_way(self, by: Sequence[str]) -> tuple[Floats, float]:
        sums = self.cluster_sums(by)
        size = len(sums.xty)
        scores = (sums.xty - sums.xtx @ self.coef) @ self.bread
        factor = size / (size - 1) * (self.n - 1) / self.df
        return factor * scores.T @ scores, float(size - 1)


def fit(moments: Moments, outcome: str, terms: Sequence[Term]) -> Fit:
    """Least squares of a column on terms; mixes of earlier terms are left out."""
    kept, xtx = _independent(moments.extended(), moments, terms)
    table = moments.extended()
    places = [_place(moments, term) for term in kept]
    factors = np.stack([term.factor for term in kept], axis=1)
    target = moments.index(outcome) + 1
    xty = factors * table[:, places, target]
    total = xty.sum(axis=0)
    bread = np.linalg.inv(xtx.sum(axis=0))
    coef = bread @ total
    # One step of refinement: X'X of dummies and covariates may be ill scaled.
    coef = coef + bread @ (total - xtx.sum(axis=0) @ coef)
    squares = float(table[:, target, target].sum() - 2 * coef @ total)
    squares += float(coef @ xtx.sum(axis=0) @ coef)
    return Fit(
        tuple(term.name for term in kept), coef, bread, ClusterSums(xtx, xty),
        max(squares, 0.0), int(moments.n.sum()), moments.groups,
    )  # fmt: skip


def _independent(
    table: Floats, moments: Moments, terms: Sequence[Term]
) -> tuple[list[Term], Floats]:
    places = [_place(moments, term) for term in terms]
    factors = np.stack([term.factor for term in terms], axis=1)
    xtx = factors[:, :, None] * factors[:, None, :] * table[:, places][:, :, places]
    total = xtx.sum(axis=0)
    kept: list[int] = []
    for j in range(len(terms)):
        left = total[j, j]
        if kept and left > 0:
            known = total[np.ix_(kept, kept)]
            left -= total[j, kept] @ np.linalg.solve(known, total[kept, j])
        if left > _COLLINEAR * total[j, j]:
            kept.append(j)
    return [terms[j] for j in kept], xtx[:, kept][:, :, kept]


def _place(moments: Moments, term: Term) -> int:
    return 0 if term.column is None else moments.index(term.column) + 1


def _labels(groups: pd.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    codes = groups.groupby(list(by), sort=False, observed=True).ngroup()
    return np.asarray(codes, dtype=np.int64)
