"""Effects by segment with their covariance: do they differ, and which from the rest?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.stats.multiplicity import benjamini_hochberg, holm
from analysis.strategies.moments import Floats
from analysis.strategies.published.contract import Segments
from analysis.strategies.results import Estimate, Text, student, text
from analysis.words import N_


@dataclass(frozen=True, slots=True)
class Group:
    """Effects in the segments of one dimension.

    Attributes:
        dimension: Its name.
        values: Segments.
        effect: Effects, (segments,).
        covariance: (segments, segments)
        n: Orders, (segments,).
        df: Degrees of freedom, (segments,).
    """

    dimension: str
    values: tuple[Hashable, ...]
    effect: Floats
    covariance: Floats
    n: Floats
    df: Floats

    def estimate(self, weights: Floats, *, alpha: float) -> Estimate:
        """A weighted sum of the effects."""
        se = float(np.sqrt(max(float(weights @ self.covariance @ weights), 0.0)))
        used = self.df[weights != 0]
        return student(
            float(weights @ self.effect), se, alpha=alpha, df=float(used.min())
        )

    def rest(self, place: int) -> Floats:
        """Weights of all other segments, by their orders."""
        share = self.n.copy()
        share[place] = 0.0
        return share / share.sum()


def put_together(
    groups: Sequence[Group], overall: Estimate, *, alpha: float
) -> Segments:
    """Test every dimension and every segment, corrected for their number.

    A segment reverses the effect where its own interval lies on the other side of 0
    than the interval of all orders, and differs from the rest beyond chance.

    Args:
        groups: Effects by dimension.
        overall: The effect on all.
        alpha: Intervals cover with 1 - alpha, each by itself.
    """
    rows = [row for group in groups for row in _rows(group, alpha=alpha)]
    if not rows:
        return Segments(pd.DataFrame(), pd.DataFrame())
    table = pd.DataFrame(rows)
    p_values = table["difference_p"].to_numpy(dtype=float)
    table["p_adjusted"] = holm(p_values)
    table["q_value"] = benjamini_hochberg(p_values)
    table["reversed"] = _reversed(table, overall, alpha=alpha)
    tests = pd.DataFrame([_heterogeneity(group) for group in groups])
    tests["p_adjusted"] = holm(tests["p_value"].to_numpy(dtype=float))
    return Segments(table, tests, _sentences(table, tests, overall, alpha=alpha))


def _rows(group: Group, *, alpha: float) -> list[dict[str, object]]:
    rows = []
    for place, value in enumerate(group.values):
        own = np.zeros(len(group.values))
        own[place] = 1.0
        effect = group.estimate(own, alpha=alpha)
        rest = group.estimate(group.rest(place), alpha=alpha)
        apart = group.estimate(own - group.rest(place), alpha=alpha)
        rows.append(
            {
                "dimension": group.dimension, "value": value,
                "n": int(group.n[place]), **effect.row(), "rest": rest.effect,
                "difference": apart.effect, "difference_low": apart.interval[0],
                "difference_high": apart.interval[1], "difference_p": apart.p_value,
            }
        )  # fmt: skip
    return rows


def _heterogeneity(group: Group) -> dict[str, object]:
    """Whether all effects of a dimension may be equal (Wald test)."""
    k = len(group.values) - 1
    apart = np.hstack([np.eye(k), -np.ones((k, 1))])
    value = apart @ group.effect
    spread = apart @ group.covariance @ apart.T
    wald = float(value @ np.linalg.pinv(spread) @ value)
    df = float(group.df.min())
    p_value = stats.f.sf(wald / k, k, df) if np.isfinite(df) else stats.chi2.sf(wald, k)
    return {
        "dimension": group.dimension, "statistic": wald, "df": k,
        "p_value": float(p_value),
    }  # fmt: skip


def _reversed(table: pd.DataFrame, overall: Estimate, *, alpha: float) -> pd.Series:
    low, high = overall.interval
    differs = table["p_adjusted"] < alpha
    if low > 0:
        return differs & (table["high"] < 0)
    if high < 0:
        return differs & (table["low"] > 0)
    opposite = (table["low"] > 0) if overall.effect < 0 else (table["high"] < 0)
    return differs & opposite


def _sentences(
    table: pd.DataFrame, tests: pd.DataFrame, overall: Estimate, *, alpha: float
) -> tuple[Text, ...]:
    found = [_said(row, overall) for row in table[table["reversed"]].to_dict("records")]
    differing = tests[tests["p_adjusted"] < alpha]
    for row in differing.to_dict("records"):
        sentence = text(
            N_("The effect differs by {dimension} (p = {p:.2g} for all equal)."),
            dimension=row["dimension"], p=row["p_adjusted"],
        )  # fmt: skip
        found.append(sentence)
    if not found:
        found.append(text(N_("No segment differs from the others beyond chance.")))
    found.append(
        text(N_("Segments are hypotheses: {count} were looked at, corrected by Holm."),
             count=len(table))
    )  # fmt: skip
    return tuple(found)


def _said(row: dict[Hashable, object], overall: Estimate) -> Text:
    return text(
        N_("The effect reverses for {dimension} {value}: {effect:.3g} there, "
           "{overall:.3g} on all."),
        dimension=row["dimension"], value=row["value"], effect=row["effect"],
        overall=overall.effect,
    )  # fmt: skip
