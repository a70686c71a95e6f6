"""Bootstrap and permutation against their definitions, draw by draw."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from analysis.stats.bootstrap import ClusterSums, permutation, wild_cluster


def clustered(seed: int, clusters: int = 8, size: int = 6):
    rng = np.random.default_rng(seed)
    treated = (np.arange(clusters) % 2).astype(float)
    x = np.stack(
        [np.ones((clusters, size)), np.repeat(treated[:, None], size, axis=1)], axis=2
    )
    y = rng.normal(size=(clusters, 1)) + rng.normal(size=(clusters, size))
    return x, y + 0.8 * treated[:, None]


def sums_of(x, y):
    xtx = np.einsum("cik,cil->ckl", x, x)
    return ClusterSums(xtx, np.einsum("cik,ci->ck", x, y))


def ratio(x, y, null):
    sums = sums_of(x, y)
    bread = np.linalg.inv(sums.xtx.sum(axis=0))
    coef = bread @ sums.xty.sum(axis=0)
    scores = (sums.xty - sums.xtx @ coef) @ bread
    return (coef[1] - null) / np.sqrt((scores[:, 1] ** 2).sum())


@pytest.mark.parametrize("null", [0.0, 0.5, -1.0])
def test_wild_bootstrap_is_its_definition(null):
    x, y = clustered(1)
    shifted = y - null * x[:, :, 1]
    restricted = shifted.mean()
    residuals = shifted - restricted
    draws = []
    for signs in product((-1.0, 1.0), repeat=len(x)):
        drawn = restricted + residuals * np.array(signs)[:, None]
        draws.append(abs(ratio(x, drawn, 0.0)))
    expected = np.mean(np.array(draws) >= abs(ratio(x, shifted, 0.0)) - 1e-10)
    found = wild_cluster(
        sums_of(x, shifted), 1, draws=999, rng=np.random.default_rng(0)
    )
    assert found.exact
    assert found.p_value == pytest.approx(expected)


@pytest.mark.parametrize("clusters", [10, 16, 30])
def test_interval_ends_where_the_test_rejects(clusters):
    x, y = clustered(2, clusters)
    found = wild_cluster(sums_of(x, y), 1, draws=499, rng=np.random.default_rng(0))
    for bound, step in ((found.low, -1e-6), (found.high, 1e-6)):
        inside, outside = (
            wild_cluster(
                sums_of(x, y - at * x[:, :, 1]), 1, draws=499,
                rng=np.random.default_rng(0),
            ).p_value
            for at in (bound - step, bound + step)
        )  # fmt: skip
        assert outside <= 0.05 < inside


def test_permutation_is_its_definition():
    rng = np.random.default_rng(3)
    y = rng.normal(size=9)
    treated = np.arange(9) < 4
    y[treated] += 1.2

    def contrast(assigned, tops):
        return assigned @ tops / assigned.sum(axis=1) - (1 - assigned) @ tops / (
            1 - assigned
        ).sum(axis=1)

    observed = y[treated].mean() - y[~treated].mean()
    means = []
    for chosen in combinations(range(9), 4):
        mask = np.isin(np.arange(9), chosen)
        means.append(y[mask].mean() - y[~mask].mean())
    expected = np.mean(np.abs(means) >= abs(observed) - 1e-12)
    found = permutation(
        contrast, y, treated, per_treated=np.ones(9), rng=np.random.default_rng(0)
    )
    assert found.exact
    assert found.p_value == pytest.approx(expected)
    assert found.low < observed < found.high


def test_a_test_that_never_rejects_has_no_bounds():
    def contrast(assigned, tops):
        return assigned @ tops - (1 - assigned) @ tops / 2

    found = permutation(
        contrast, np.array([1.0, 2.0, 4.0]), np.array([True, False, False]),
        per_treated=np.ones(3), rng=np.random.default_rng(0),
    )  # fmt: skip
    assert (found.low, found.high) == (-np.inf, np.inf)
