"""Sufficient statistics of linear estimators, by unit, cluster and arm.

Everything linear is computed from these, whether they were summed here from the rows of
a DataFrame or by a database. Values are centred before they are squared and summed:
sums of raw squares lose their digits when the mean is large beside the spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Weighted sums and cross-products of columns, by group.

    Attributes:
        names: The k columns.
        groups: One row per group: the arm, clusters or period it stands for.
        n: Rows by group, (groups,).
        weight: Sums of weights by group, equal to ``n`` without weights, (groups,).
        centre: What was taken off each column before summing, (k,).
        sums: Weighted sums of centred values, (groups, k).
        products: Weighted sums of their products, (groups, k, k).
    """

    names: tuple[str, ...]
    groups: pd.DataFrame
    n: Floats
    weight: Floats
    centre: Floats
    sums: Floats
    products: Floats

    def index(self, name: str) -> int:
        """Position of a column."""
        return self.names.index(name)

    def means(self) -> Floats:
        """Means by group, NaN where a group has no rows, (groups, k)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.centre + self.sums / self.weight[:, None]

    def covariances(self) -> Floats:
        """Sample covariances (n - 1) by group, without weights, (groups, k, k)."""
        mean = self.sums / self.n[:, None]
        outer = mean[:, :, None] * mean[:, None, :] * self.n[:, None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.products - outer) / (self.n - 1)[:, None, None]

    def extended(self) -> Floats:
        """Products with a leading constant, (groups, k + 1, k + 1)."""
        k = len(self.names)
        table = np.empty((len(self.n), k + 1, k + 1))
        table[:, 0, 0] = self.weight
        table[:, 0, 1:] = table[:, 1:, 0] = self.sums
        table[:, 1:, 1:] = self.products
        return table

    def total(self, by: Sequence[str]) -> Moments:
        """The same sums by fewer group columns."""
        codes, groups = codes_of(self.groups, by)
        if _is_all(codes, len(self.n)):
            return replace(self, groups=groups)
        return Moments(
            self.names, groups, _add(self.n, codes, len(groups)),
            _add(self.weight, codes, len(groups)), self.centre,
            _add(self.sums, codes, len(groups)),
            _add(self.products, codes, len(groups)),
        )  # fmt: skip

    def where(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Moments:
        """Only some of the groups, by a mask or by their positions."""
        places = _positions(kept)
        if _is_all(places, len(self.n)):
            return self.labelled(self.groups)
        return Moments(
            self.names, self.groups.iloc[places].reset_index(drop=True),
            self.n[kept], self.weight[kept], self.centre, self.sums[kept],
            self.products[kept],
        )  # fmt: skip

    def labelled(self, groups: pd.DataFrame) -> Moments:
        """The same groups under other labels, one row each."""
        return replace(self, groups=groups.reset_index(drop=True))

    def only(self, names: Sequence[str]) -> Moments:
        """Only some of the columns, in this order."""
        if tuple(names) == self.names:
            return self
        at = np.array([self.index(name) for name in names], dtype=np.int64)
        return Moments(
            tuple(names), self.groups, self.n, self.weight, self.centre[at],
            self.sums[:, at], self.products[:, at[:, None], at],
        )  # fmt: skip

    def with_constant(self, name: str, values: Floats) -> Moments:
        """A further column that is the same in all rows of a group.

        Args:
            name: What it is called.
            values: One number a group, (groups,).
        """
        centre = float(np.average(values, weights=self.weight)) if len(values) else 0.0
        off = values - centre
        k = len(self.names)
        products = np.empty((len(self.n), k + 1, k + 1))
        products[:, :k, :k] = self.products
        products[:, k, :k] = products[:, :k, k] = off[:, None] * self.sums
        products[:, k, k] = off**2 * self.weight
        return Moments(
            (*self.names, name), self.groups, self.n, self.weight,
            np.append(self.centre, centre),
            np.column_stack([self.sums, off * self.weight]), products,
        )  # fmt: skip


def _positions(
    kept: NDArray[np.bool_] | NDArray[np.int64],
) -> NDArray[np.int64]:
    return np.flatnonzero(kept) if kept.dtype == bool else kept.astype(np.int64)


def _is_all(places: NDArray[np.int64], size: int) -> bool:
    """Whether these are all positions in order: nothing needs to be copied then."""
    return len(places) == size and bool((places == np.arange(size)).all())


def moments_of(
    rows: pd.DataFrame,
    columns: Sequence[str],
    *,
    by: Sequence[str],
    weights: Floats | None = None,
) -> Moments:
    """Sum the rows of a DataFrame; groups come out sorted by their labels.

    Args:
        rows: Without missing values in the columns used.
        columns: Numeric columns.
        by: Columns that make the groups; none makes one group.
        weights: One weight a row.
    """
    codes, groups = codes_of(rows, by)
    centred = rows[list(columns)].to_numpy(dtype=float)
    centre = centred.mean(axis=0) if len(rows) else np.zeros(len(columns))
    centred = centred - centre
    weight = None if weights is None else np.asarray(weights, dtype=float)
    weighted = centred if weight is None else centred * weight[:, None]
    size, k = len(groups), len(columns)
    products = np.empty((size, k, k))
    for i in range(k):
        for j in range(i + 1):
            products[:, i, j] = products[:, j, i] = np.bincount(
                codes, weighted[:, i] * centred[:, j], minlength=size
            )
    return Moments(
        tuple(columns),
        groups,
        np.bincount(codes, minlength=size).astype(float),
        np.bincount(codes, weight, minlength=size).astype(float),
        centre,
        _add(weighted, codes, size),
        products,
    )


def codes_of(
    frame: pd.DataFrame, by: Sequence[str]
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """The group of each row, and the groups, sorted by their labels.

    Args:
        frame: Without missing values in ``by``.
        by: Columns that make the groups; none makes one group.
    """
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=[0])
    grouped = frame.groupby(list(by), sort=True, observed=True)
    codes = grouped.ngroup().to_numpy().astype(np.int64)
    if _is_all(codes, len(frame)):
        return codes, frame[list(by)].reset_index(drop=True)
    first = np.unique(codes, return_index=True)[1]
    groups = frame[list(by)].iloc[first].reset_index(drop=True)
    return codes, groups


def _add(values: Floats, codes: NDArray[np.int64], size: int) -> Floats:
    """Sums of rows of an array by group code."""
    flat = values.reshape(len(values), -1)
    summed = np.stack(
        [np.bincount(codes, flat[:, i], minlength=size) for i in range(flat.shape[1])],
        axis=1,
    )
    return summed.reshape((size, *values.shape[1:]))
