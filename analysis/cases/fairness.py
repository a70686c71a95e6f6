"""Whether decisions fall on some groups more than on others."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.engine.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Fairness:
    """Rates of groups against all others.

    Attributes:
        table: One row a dimension and group: dimension, group, n, count, rate, low,
            high, others_rate, difference, difference_low, difference_high, p_value,
            p_adjusted, stands_out (adjusted over all rows).
        outcome: ``fault`` or ``overturned``.
        party: Whose fault.
        locked: Dimensions the dataset has no columns for, with what would unlock them.
    """

    table: pd.DataFrame
    outcome: str
    party: str
    locked: dict[str, tuple[str, ...]]


def fairness(
    dataset: Dataset,
    decisions: pd.DataFrame,
    *,
    outcome: str = "fault",
    party: str = "rider",
    alpha: float = 0.05,
) -> Fairness:
    """Fault or overturn rates by capacity type, tenure, place, weather and night.

    Args:
        dataset: The version that the decisions' orders are of.
        decisions: From ``decision_frame``.
        outcome: ``fault`` for decisions that hold the party responsible,
            ``overturned`` for those of them that an appeal overturned.
        party: Whose fault.
        alpha: Level after Holm's correction.
    """
    raise NotImplementedError
