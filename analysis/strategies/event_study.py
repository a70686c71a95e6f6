"""Effects by period around one start, the test of their pre-trend, its sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.stats.multiplicity import holm
from analysis.strategies.cells import CellMeans
from analysis.strategies.checks import DOUBT
from analysis.strategies.moments import Floats
from analysis.strategies.results import Check, Estimate, Light, student, text
from analysis.words import N_

#: A joint test of more coefficients than this share of the clusters is not trusted.
_JOINT_SHARE = 0.25
_RED = 0.01
_WEAK = 1.0


def event_table(means: CellMeans, before: int, *, alpha: float) -> pd.DataFrame:
    """Effect by period against the last period before the start.

    Args:
        means: Gaps by period.
        before: Number of periods before the start.
        alpha: The intervals cover with 1 - alpha, each by itself.
    """
    rows = []
    for place, period in enumerate(means.periods):
        weights = np.zeros(len(means.periods))
        weights[place] += 1
        weights[before - 1] -= 1
        estimate = contrast(means, weights, alpha=alpha)
        rows.append(
            {"period": period, "event_time": place - before, **estimate.row(),
             "n": int(means.n[place])}
        )  # fmt: skip
    return pd.DataFrame(rows)


def contrast(means: CellMeans, weights: Floats, *, alpha: float) -> Estimate:
    """A weighted sum of gaps."""
    se = float(np.sqrt(max(float(weights @ means.covariance @ weights), 0.0)))
    return student(float(weights @ means.gap), se, alpha=alpha, df=means.df)


def pre_trend(means: CellMeans, before: int) -> Check:
    """Whether the groups moved alike before the start.

    The slope of the gaps before the start, and where the clusters allow it also all of
    them jointly, Holm-corrected.
    """
    if before < 2:  # noqa: PLR2004 - a trend takes two points
        sentence = text(
            N_("There is one period before the start: whether both groups moved alike "
               "cannot be tested."),
        )  # fmt: skip
        return Check("pre_trend", "amber", np.nan, sentence)
    tests = [_slope(means, before)]
    if before - 1 <= max(1.0, _JOINT_SHARE * means.df):
        tests.append(_joint(means, before))
    p_value = float(np.nanmin(holm(tests)))
    light: Light = "green"
    if p_value < DOUBT:
        light = "red" if p_value < _RED else "amber"
    sentence = text(
        N_("Before the start the gap between the groups moved with p = {p:.2g}."),
        p=p_value,
    )
    return Check("pre_trend", light, p_value, sentence)


def _slope(means: CellMeans, before: int) -> float:
    step = np.arange(before) - (before - 1) / 2
    weights = np.zeros(len(means.periods))
    weights[:before] = step / (step @ step)
    return float(contrast(means, weights, alpha=0.05).p_value)


def _joint(means: CellMeans, before: int) -> float:
    change = np.zeros((before - 1, len(means.periods)))
    change[:, : before - 1] = np.eye(before - 1)
    change[:, before - 1] = -1
    value = change @ means.gap
    covariance = change @ means.covariance @ change.T
    if np.linalg.matrix_rank(covariance) < before - 1:
        return np.nan
    wald = float(value @ np.linalg.solve(covariance, value)) / (before - 1)
    return float(stats.f.sf(wald, before - 1, means.df))


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How large a trend gap the result survives.

    Attributes:
        breakdown: Multiple of the worst gap seen before at which the interval takes
            in 0; 0 where it does already.
        worst: Worst change of the gap from one stretch before the start to the next.
        stretch: Periods in a stretch.
    """

    breakdown: float
    worst: float
    stretch: int


def sensitivity(
    means: CellMeans, before: int, interval: tuple[float, float]
) -> Sensitivity | None:
    """Relative-magnitude bounds on violations of parallel trends.

    Periods before the start are put together in stretches as long as the time after it,
    as far as two fit. Were the gap to go on drifting by M times its worst change from
    one stretch to the next, the effect would be off by at most M x worst x distance;
    the breakdown is the M at which the interval takes in 0. None with fewer than two
    periods before the start.

    Reference:
        Rambachan and Roth 2023, https://doi.org/10.1093/restud/rdad018
    """
    after = len(means.periods) - before
    stretch = min(after, before // 2)
    if stretch == 0:
        return None
    blocks = before // stretch
    edges = before - stretch * np.arange(blocks, -1, -1)
    levels = np.array(
        [means.gap[edges[i] : edges[i + 1]].mean() for i in range(blocks)]
    )
    worst = float(np.abs(np.diff(levels)).max())
    # All blocks before the start are the reference: their middle is farther away.
    distance = (after / stretch + blocks) / 2
    low, high = interval
    room = max(low, -high, 0.0)
    breakdown = np.inf if worst == 0 else room / (worst * distance)
    return Sensitivity(float(breakdown), worst, int(stretch))


def sensitivity_check(found: Sensitivity | None) -> Check | None:
    """The breakdown in words."""
    if found is None:
        return None
    light: Light = "green" if found.breakdown >= _WEAK else "amber"
    if found.breakdown == 0:
        sentence = text(N_("The interval holds 0 even if both groups moved alike."))
        return Check("pre_trend_sensitivity", "green", 0.0, sentence)
    sentence = text(
        N_(
            "It holds unless the trend gap was more than {times:.1f} x the worst seen "
            "before ({worst:.3g} from one stretch of {stretch} periods to the next)."
        ),
        times=found.breakdown,
        worst=found.worst,
        stretch=found.stretch,
    )
    return Check("pre_trend_sensitivity", light, found.breakdown, sentence)


def usable_periods(rows: pd.DataFrame, periods: Sequence) -> list:
    """Periods in which both groups were seen."""
    sides = rows.groupby("time")["treated"].nunique()
    return [period for period in periods if sides.loc[period] == 2]  # noqa: PLR2004
