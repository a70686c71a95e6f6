"""How far two or more reviewers agree: percent, kappa, alpha and AC1 side by side.

No single figure is enough: on skewed labels kappa and alpha fall although hardly
anything is disputed, and percent ignores chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

#: Below so many pairs figures are shown in grey.
FEW = 30


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A figure of agreement with its interval.

    Attributes:
        value: The figure; None where it is not defined, see ``note``.
        low: Lower bound; None where there is none.
        high: Upper bound.
        note: Why there is no value or no interval; empty if there is one.
    """

    value: float | None
    low: float | None
    high: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on the cases that both have judged.

    Attributes:
        n: Cases with both labels.
        percent: Share of equal labels, 0 to 1, with Wilson's interval.
        kappa: Cohen's kappa.
        alpha: Krippendorff's alpha, nominal.
        ac1: Gwet's AC1.
        matrix: Counts, rows the first reviewer's label, columns the second's.
        is_small: Fewer than 30 cases.
        confidence: Nominal coverage of the intervals.
    """

    n: int
    percent: Coefficient
    kappa: Coefficient
    alpha: Coefficient
    ac1: Coefficient
    matrix: pd.DataFrame
    is_small: bool
    confidence: float


def agreement(
    first: Sequence[object] | pd.Series,
    second: Sequence[object] | pd.Series,
    *,
    labels: Sequence[object] | None = None,
    confidence: float = 0.95,
    draws: int = 999,
    seed: int = 0,
) -> Agreement:
    """Agreement of two label sequences, case by case.

    Args:
        first: Labels of the first reviewer; None or NaN where there is none.
        second: Labels of the second, in the same order.
        labels: All labels there are, also unused ones (AC1 counts them); those seen
            if None.
        confidence: Nominal coverage of the bootstrap intervals.
        draws: Bootstrap samples of cases.
        seed: Of the bootstrap.

    Raises:
        InvalidInput: if the lengths differ.
        NotEnoughData: if no case has both labels.
    """
    raise NotImplementedError
