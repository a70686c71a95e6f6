"""How surely it is told when an event began."""

from __future__ import annotations

import numpy as np

from analysis.trends.scales import Floats

#: How sure it is that an event began in its range.
SURE = 0.95


def likely_range(gains: Floats, *, sure: float = SURE) -> tuple[int, int]:
    """First and last of the fewest places that hold most of the likelihood.

    Where every place is as likely beforehand, the share of the likelihood that a place
    has is how sure it is to be the true one. A ratio of likelihoods alone would not
    tell that: the place of a step is no parameter that they are smooth in.

    Args:
        gains: Log-likelihood of each place.
        sure: How sure it is that the true place is among them.

    Reference:
        Smith 1975, "A Bayesian approach to inference about a change-point in a sequence
        of random variables", Biometrika 62, 407-416.

    >>> likely_range(np.array([0.0, 8.0, 9.0, 0.0]))
    (1, 2)
    """
    shares = np.exp(gains - gains.max())
    order = np.argsort(-shares, kind="stable")
    held = np.cumsum(shares[order]) / shares.sum()
    chosen = order[: int(np.searchsorted(held, sure)) + 1]
    return int(chosen.min()), int(chosen.max())
