"""The switch from cluster-robust errors to what holds with few clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import NotEnoughData
from analysis.stats.bootstrap import Inverted, permutation, wild_cluster
from analysis.strategies.least_squares import Fit
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate
from analysis.words import N_

#: Clusters from which the cluster-robust error is trusted.
FEW = 40
#: Fewer than these carry no inference at all.
LEAST = 4
#: With fewer treated (or control) clusters the wild bootstrap fails.
_LEAST_PER_SIDE = 6

Procedure = Literal["cluster_robust", "wild_bootstrap", "randomisation"]

REFERENCES: dict[str, str] = {
    "cluster_robust": "Cameron and Miller 2015",
    "wild_bootstrap": "Cameron, Gelbach and Miller 2008; Roodman et al. 2019",
    "randomisation": "Fisher 1935; MacKinnon and Webb 2020",
}


def choose(
    clusters: int, *, treated: int | None, asked: str | None = None
) -> Procedure:
    """Which procedure the number of clusters calls for.

    Args:
        clusters: Number of clusters (the smaller one of two ways).
        treated: Clusters wholly treated, where treatment is by cluster; else None.
        asked: The user's own choice.

    Raises:
        NotEnoughData: fewer than 4 clusters.
    """
    if clusters < LEAST:
        raise NotEnoughData(
            N_("There are {seen} clusters, at least {least} are needed."),
            hint=N_("Cluster by something finer, or compare over more places or days."),
            seen=clusters,
            least=LEAST,
        )
    if asked in REFERENCES:
        return asked  # type: ignore[return-value]
    if clusters >= FEW:
        return "cluster_robust"
    if treated is not None and min(treated, clusters - treated) < _LEAST_PER_SIDE:
        return "randomisation"
    return "wild_bootstrap"


def wholly_treated(
    rows: pd.DataFrame, cluster: str, treated: pd.Series
) -> pd.Series | None:
    """0/1 by cluster where treatment never varies within one, else None."""
    grouped = treated.astype("float64").groupby(rows[cluster])
    low, high = grouped.min(), grouped.max()
    return None if (low != high).any() else low


@dataclass(frozen=True, slots=True)
class Draws:
    """How many draws, from where, at which level, against which effect."""

    alpha: float
    draws: int
    rng: np.random.Generator
    null: float = 0.0


def bootstrapped(
    estimate: Estimate, fitted: Fit, weights: Floats, by: Sequence[str], how: Draws
) -> tuple[Estimate, Inverted]:
    """Interval and p-value of a contrast of terms by the wild cluster bootstrap.

    Args:
        estimate: Effect and cluster-robust error, which stay.
        fitted: The regression.
        weights: The effect is ``weights @ coef``.
        by: The cluster column.
        how: Level and draws.
    """
    sums = fitted.cluster_sums(by)
    turned, term = _turned(sums.xtx, sums.xty, weights)
    inverted = wild_cluster(
        type(sums)(*turned), term,
        alpha=how.alpha, draws=how.draws, rng=how.rng, null=how.null,
    )  # fmt: skip
    return with_test(estimate, inverted), inverted


def _turned(
    xtx: Floats, xty: Floats, weights: Floats
) -> tuple[tuple[Floats, Floats], int]:
    """The regression with its terms changed so that a coefficient is the contrast."""
    term = int(np.argmax(np.abs(weights)))
    change = np.eye(len(weights))
    change[term] = weights
    # coef_new = change @ coef, hence X_new = X @ inverse(change).
    back = np.linalg.inv(change)
    return (back.T @ xtx @ back, xty @ back), term


def with_test(estimate: Estimate, inverted: Inverted) -> Estimate:
    """The estimate with the interval and p-value of another procedure."""
    return replace(
        estimate, interval=(inverted.low, inverted.high), p_value=inverted.p_value
    )


def permuted_means(
    rows: pd.DataFrame, cluster: str, treated: pd.Series, how: Draws
) -> Inverted:
    """Randomisation inference for a difference of (weighted) means by cluster."""
    weight = _weight(rows)
    table = pd.DataFrame(
        {"top": rows["outcome"] * weight, "bottom": weight, "cluster": rows[cluster]}
    )
    sums = table.groupby("cluster").sum()
    chosen = treated.reindex(sums.index).to_numpy() == 1
    bottom = sums["bottom"].to_numpy()

    def contrast(assigned: Floats, tops: Floats) -> Floats:
        one, other = assigned @ tops, (1 - assigned) @ tops
        return one / (assigned @ bottom) - other / ((1 - assigned) @ bottom)

    return permutation(
        contrast, sums["top"].to_numpy(), chosen, per_treated=bottom,
        alpha=how.alpha, draws=how.draws, rng=how.rng, null=how.null,
    )  # fmt: skip


def permuted_changes(
    rows: pd.DataFrame, cluster: str, treated: pd.Series, how: Draws
) -> Inverted:
    """Randomisation inference for a difference in differences by cluster.

    Args:
        rows: With ``outcome`` and ``post`` (0/1).
        cluster: Cluster column.
        treated: 0/1 by cluster.
        how: Level and draws.
    """
    weight = _weight(rows)
    table = pd.DataFrame(
        {"top": rows["outcome"] * weight, "bottom": weight,
         "cluster": rows[cluster], "post": rows["post"]}
    )  # fmt: skip
    sums = table.pivot_table(
        index="cluster", columns="post", values=["top", "bottom"], aggfunc="sum",
        fill_value=0.0,
    )  # fmt: skip
    chosen = treated.reindex(sums.index).to_numpy() == 1
    bottom = sums["bottom"].to_numpy()

    def contrast(assigned: Floats, tops: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            one = (assigned @ tops) / (assigned @ bottom)
            other = ((1 - assigned) @ tops) / ((1 - assigned) @ bottom)
        return (one[:, 1] - one[:, 0]) - (other[:, 1] - other[:, 0])

    added = bottom * np.array([0.0, 1.0])
    return permutation(
        contrast, sums["top"].to_numpy(), chosen, per_treated=added,
        alpha=how.alpha, draws=how.draws, rng=how.rng, null=how.null,
    )  # fmt: skip


def _weight(rows: pd.DataFrame) -> pd.Series:
    if "weight" in rows:
        return rows["weight"]
    return pd.Series(1.0, index=rows.index)
