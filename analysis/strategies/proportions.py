"""Differences of two proportions: score intervals and tests for any margin.

Written here because statsmodels 0.15.0 takes the unrestricted variance into its score
interval of a difference where the margin is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from analysis.strategies.results import Estimate

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Counts:
    """Successes and trials of two independent groups."""

    successes: float
    trials: float
    other_successes: float
    other_trials: float

    @property
    def difference(self) -> float:
        """First proportion minus the other."""
        other = self.other_successes / self.other_trials
        return self.successes / self.trials - other


def score_difference(
    counts: Counts, *, alpha: float = 0.05, null: float = 0.0, corrected: bool = True
) -> Estimate:
    """Score interval and test of a difference of proportions.

    Args:
        counts: Both groups.
        alpha: The interval covers with 1 - alpha.
        null: Difference that the p-value tests.
        corrected: Miettinen-Nurminen's factor N / (N - 1); without it, Mee's interval.

    Reference:
        Miettinen and Nurminen 1985, https://doi.org/10.1002/sim.4780040211;
        Mee 1984, https://doi.org/10.2307/2530951

    >>> found = score_difference(Counts(56, 70, 48, 80))
    >>> [round(bound, 4) for bound in found.interval]
    [0.0528, 0.3382]
    """
    effect = counts.difference
    z = float(stats.norm.isf(alpha / 2))
    rates = np.array(
        [counts.successes / counts.trials, counts.other_successes / counts.other_trials]
    )
    spread = rates * (1 - rates) / np.array([counts.trials, counts.other_trials])
    p_value = float(2 * stats.norm.sf(abs(score(counts, null, corrected=corrected))))
    low = _bound(counts, z, corrected=corrected, upper=False)
    high = _bound(counts, z, corrected=corrected, upper=True)
    return Estimate(effect, float(np.sqrt(spread.sum())), (low, high), p_value)


def score(counts: Counts, null: float, *, corrected: bool) -> float:
    """Score statistic of a difference of ``null``; infinite beyond what is possible."""
    gap = counts.difference - null
    first = restricted_rate(counts, null)
    other = first - null
    variance = first * (1 - first) / counts.trials
    variance += other * (1 - other) / counts.other_trials
    total = counts.trials + counts.other_trials
    if corrected:
        variance *= total / (total - 1)
    if variance <= _TOLERANCE**2:
        return 0.0 if abs(gap) < _TOLERANCE else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def restricted_rate(counts: Counts, null: float) -> float:
    """Maximum likelihood of the first rate where the difference is ``null``.

    The closed form of the cubic in Miettinen and Nurminen 1985, appendix I; the root is
    written for the other rate, as there.
    """
    x1, n1 = counts.successes, counts.trials
    x0, n0 = counts.other_successes, counts.other_trials
    total, events = n1 + n0, x1 + x0
    l2 = (n1 + 2 * n0) * null - total - events
    l1 = (n0 * null - total - 2 * x0) * null + events
    l0 = x0 * null * (1 - null)
    q = l2**3 / (3 * total) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    inside = max(l2**2 / (3 * total) ** 2 - l1 / (3 * total), 0.0)
    p = np.copysign(np.sqrt(inside), q)
    ratio = np.clip(q / p**3 if p else 0.0, -1.0, 1.0)
    angle = (np.pi + np.arccos(ratio)) / 3
    other = 2 * p * np.cos(angle) - l2 / (3 * total)
    # Both rates must lie between 0 and 1; rounding leaves crumbs.
    other = float(np.clip(other, max(0.0, -null), min(1.0, 1.0 - null)))
    return other + null


def _bound(counts: Counts, z: float, *, corrected: bool, upper: bool) -> float:
    edge = 1.0 if upper else -1.0
    target = -z if upper else z

    def gap(null: float) -> float:
        value = score(counts, null, corrected=corrected) - target
        return float(np.clip(value, -1e6, 1e6))

    inner = counts.difference
    limit = edge * (1 - _TOLERANCE)
    if abs(inner) >= abs(limit) and np.sign(inner) == edge:
        return edge
    if gap(inner) * gap(limit) > 0:
        return edge
    return float(optimize.brentq(gap, inner, limit, xtol=1e-14))
