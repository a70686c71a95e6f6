"""Least squares from sufficient statistics, with the usual covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
        terms: Terms that were estimated, mixes of earlier ones left out.
        coef: Coefficients; columns are centred, so constants are at their centres.
        bread: Inverse of X'X.
        residual_squares: Sum of squared residuals.
        n: Rows.
        crossed: X'X and X'y by group, made as they are asked for.
    """

    terms: tuple[Term, ...]
    coef: Floats
    bread: Floats
    residual_squares: float
    n: int
    crossed: Crossed

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms)

    def index(self, name: str) -> int:
        """Position of a term."""
        return self.names.index(name)

    @property
    def df(self) -> float:
        """Rows minus terms."""
        return float(self.n - len(self.terms))

    def classical(self) -> Floats:
        """Covariance with one error variance for all rows."""
        if self.df <= 0:
            raise NotEnoughData(
                N_("{rows} rows cannot carry a regression with {terms} terms."),
                hint=N_("Give more rows or fewer covariates."),
                rows=self.n,
                terms=len(self.terms),
            )
        return self.bread * (self.residual_squares / self.df)

    def cluster_sums(self, by: Sequence[str]) -> ClusterSums:
        """X'X and X'y by cluster."""
        codes = _labels(self.crossed.moments.groups, by)
        return self.crossed.by_cluster(codes)

    def clustered(self, by: Sequence[str]) -> tuple[Floats, float]:
        """Cluster-robust covariance (CR1) and its degrees of freedom.

        Two columns give two-way clustering; each of its three parts has its own
        small-sample factor, and the smaller number of clusters minus 1 counts.

        Reference:
            Cameron and Miller 2015, https://doi.org/10.3368/jhr.50.2.317;
            Cameron, Gelbach and Miller 2011, https://doi.org/10.1198/jbes.2010.07136
        """
        scores = self.crossed.scores(self.coef) @ self.bread
        if len(by) == 1:
            return self._one_way(scores, by)
        first, second = (self._one_way(scores, [name]) for name in by)
        both, _ = self._one_way(scores, by)
        return first[0] + second[0] - both, min(first[1], second[1])

    def _one_way(self, scores: Floats, by: Sequence[str]) -> tuple[Floats, float]:
        codes = _labels(self.crossed.moments.groups, by)
        size = int(codes.max()) + 1
        summed = np.stack(
            [np.bincount(codes, one, minlength=size) for one in scores.T], axis=1
        )
        factor = size / (size - 1) * (self.n - 1) / self.df
        return factor * summed.T @ summed, float(size - 1)


@dataclass(frozen=True, slots=True)
class Crossed:
    """Products of terms with each other and with the outcome.

    There may be a group for every rider: products by group are made one at a time,
    never all of them together.

    Attributes:
        moments: Sums by group.
        factors: The terms' factors, (groups, terms).
        places: Column of each term, -1 for the constant, (terms,).
        target: Column of the outcome.
    """

    moments: Moments
    factors: Floats
    places: NDArray[np.int64]
    target: int

    def only(self, kept: Sequence[int]) -> Crossed:
        """Some of the terms."""
        return replace(
            self, factors=self.factors[:, kept], places=self.places[list(kept)]
        )

    def total(self) -> tuple[Floats, Floats]:
        """X'X and X'y over all groups, (terms, terms) and (terms,)."""
        size = len(self.places)
        xtx, xty = np.empty((size, size)), np.empty(size)
        for one in np.unique(self.places):
            rows = self._of(one)
            xty[rows] = self._sum(one, self.target) @ self.factors[:, rows]
            for other in np.unique(self.places):
                columns = self._of(other)
                weighted = self._sum(one, other)[:, None] * self.factors[:, columns]
                xtx[np.ix_(rows, columns)] = self.factors[:, rows].T @ weighted
        return xtx, xty

    def scores(self, coef: Floats) -> Floats:
        """X'residuals by group, (groups, terms)."""
        found = np.empty_like(self.factors)
        for one in np.unique(self.places):
            left = self._sum(one, self.target)
            for other in np.unique(self.places):
                columns = self._of(other)
                fitted = self.factors[:, columns] @ coef[columns]
                left = left - self._sum(one, other) * fitted
            rows = self._of(one)
            found[:, rows] = left[:, None] * self.factors[:, rows]
        return found

    def by_cluster(self, codes: NDArray[np.int64]) -> ClusterSums:
        """X'X and X'y by cluster.

        Args:
            codes: Cluster of each group, (groups,).
        """
        clusters, size = int(codes.max()) + 1, len(self.places)
        xtx, xty = np.empty((clusters, size, size)), np.empty((clusters, size))

        def added(one: int, values: Floats) -> Floats:
            weighted = self.factors[:, one] * values
            return np.bincount(codes, weighted, minlength=clusters).astype(float)

        for i, place in enumerate(self.places):
            xty[:, i] = added(i, self._sum(place, self.target))
            for j in range(i + 1):
                values = self.factors[:, j] * self._sum(place, self.places[j])
                xtx[:, i, j] = xtx[:, j, i] = added(i, values)
        return ClusterSums(xtx, xty)

    def squares(self) -> float:
        """Sum of squares of the outcome."""
        return float(self._sum(self.target, self.target).sum())

    def _of(self, place: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.places == place)

    def _sum(self, one: int, other: int) -> Floats:
        """Sums by group of the product of two columns, (groups,)."""
        low, high = sorted((int(one), int(other)))
        if low >= 0:
            return self.moments.products[:, low, high]
        return self.moments.weight if high < 0 else self.moments.sums[:, high]


def fit(moments: Moments, outcome: str, terms: Sequence[Term]) -> Fit:
    """Least squares of a column on terms; mixes of earlier terms are left out."""
    crossed = Crossed(
        moments,
        np.stack([term.factor for term in terms], axis=1),
        np.array([_place(moments, term) for term in terms]),
        moments.index(outcome),
    )
    xtx, xty = crossed.total()
    kept = _independent(xtx)
    if len(kept) < len(terms):
        crossed = crossed.only(kept)
        xtx, xty = xtx[np.ix_(kept, kept)], xty[kept]
    bread = np.linalg.inv(xtx).astype(float)
    coef = bread @ xty
    # One step of refinement: X'X of dummies and covariates may be ill scaled.
    coef = coef + bread @ (xty - xtx @ coef)
    squares = crossed.squares() - 2 * float(coef @ xty) + float(coef @ xtx @ coef)
    return Fit(
        tuple(terms[j] for j in kept), coef, bread, max(squares, 0.0),
        int(moments.n.sum()), crossed,
    )  # fmt: skip


def _independent(total: Floats) -> list[int]:
    """Positions of the terms that are no mix of earlier ones.

    Args:
        total: X'X of all rows.
    """
    kept: list[int] = []
    for j in range(len(total)):
        left = total[j, j]
        if kept and left > 0:
            known = total[np.ix_(kept, kept)]
            left -= total[j, kept] @ np.linalg.solve(known, total[kept, j])
        if left > _COLLINEAR * total[j, j]:
            kept.append(j)
    return kept


def _place(moments: Moments, term: Term) -> int:
    return -1 if term.column is None else moments.index(term.column)


def _labels(groups: pd.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    codes = groups.groupby(list(by), sort=False, observed=True).ngroup()
    return np.asarray(codes, dtype=np.int64)
