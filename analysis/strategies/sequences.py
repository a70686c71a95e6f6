"""Always-valid inference: intervals that hold however often they are looked at."""

from __future__ import annotations

import numpy as np

from analysis.strategies.results import Estimate


def always_valid(
    estimate: Estimate, *, n: float, planned: float, alpha: float, null: float = 0.0
) -> Estimate:
    """Asymptotic confidence sequence at one look, with its p-value.

    A normal mixture whose width is smallest at ``planned`` units; any number fixed
    beforehand is valid, one chosen after seeing results is not.

    Args:
        estimate: Effect and standard error at this look.
        n: Units so far.
        planned: Units at which the interval is to be tightest.
        alpha: Chance of ever missing the truth, over all looks.
        null: Effect that the p-value tests.

    Reference:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024,
        https://doi.org/10.1214/24-AOS2408
    """
    information = n * mixture(alpha) / planned
    grown = information + 1
    half = estimate.se * np.sqrt(
        2 * grown / information * np.log(np.sqrt(grown) / alpha)
    )
    distance = (estimate.effect - null) / estimate.se if estimate.se else np.inf
    log_p = np.log(grown) / 2 - distance**2 * information / (2 * grown)
    return Estimate(
        estimate.effect,
        estimate.se,
        (float(estimate.effect - half), float(estimate.effect + half)),
        float(np.exp(min(log_p, 0.0))),
    )


def mixture(alpha: float) -> float:
    """Mixture variance times units that makes the interval tightest there."""
    spread = -2 * np.log(alpha)
    return float(spread + np.log(spread + 1))
