"""How long until the smallest effect that matters can be told from none."""

from __future__ import annotations

import numpy as np
from scipy import stats

from analysis.errors import InvalidInput
from analysis.strategies.published.contract import DaysLeft
from analysis.strategies.results import Estimate, Text, text
from analysis.words import N_

#: Beyond so many times the days so far nobody waits.
_PATIENCE = 10.0


def days_left(
    estimate: Estimate,
    smallest: float,
    *,
    days: float,
    alpha: float,
    power: float = 0.8,
) -> DaysLeft:
    """Days more at the pace so far: the standard error falls with the root of time.

    Args:
        estimate: The effect now.
        smallest: Smallest effect that matters.
        days: Days so far (after the start).
        alpha: Level of the interval.
        power: Chance to see the smallest effect that matters.

    Raises:
        InvalidInput: there is no smallest effect that matters.
    """
    if not smallest > 0:
        raise InvalidInput(
            N_("The smallest effect that matters is {seen}."),
            hint=N_("Give a number above 0 to know how long it takes."),
            seen=smallest,
        )
    needed = smallest / (_reach(estimate, alpha) + float(stats.norm.ppf(power)))
    if not np.isfinite(estimate.se):
        sentence = text(N_("The method has no standard error to reckon with."))
        return DaysLeft(np.inf, estimate.se, needed, sentence)
    more = max(days * ((estimate.se / needed) ** 2 - 1), 0.0)
    more = np.inf if more > _PATIENCE * days else float(np.ceil(more))
    return DaysLeft(more, estimate.se, needed, _said(more, smallest))


def _reach(estimate: Estimate, alpha: float) -> float:
    """Standard errors from the effect to the end of its interval.

    An interval that holds however often it is looked at reaches farther than Student's.
    """
    low, high = estimate.interval
    if np.isfinite(estimate.se) and estimate.se > 0 and np.isfinite(high - low):
        return float((high - low) / 2 / estimate.se)
    return float(stats.t.isf(alpha / 2, estimate.df))


def _said(more: float, smallest: float) -> Text:
    if np.isinf(more):
        return text(
            N_("At the pace so far it takes more than {times:.0f} times as long: look "
               "for more units, a steadier metric or a larger effect."),
            times=_PATIENCE,
        )  # fmt: skip
    if more == 0:
        return text(
            N_("An effect of {smallest:g} can be told from none now."),
            smallest=smallest,
        )
    return text(
        N_("About {days:.0f} more days until an effect of {smallest:g} can be told "
           "from none, at the pace so far."),
        days=more, smallest=smallest,
    )  # fmt: skip
