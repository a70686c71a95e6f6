"""How far two or more reviewers agree: percent, kappa, alpha and AC1 side by side.

No single figure is enough: on skewed labels kappa and alpha fall although hardly
anything is disputed, and percent ignores chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import InvalidInput, NotEnoughData
from analysis.stats.intervals import CONFIDENCE, wilson
from analysis.words import N_

Floats = NDArray[np.float64]

#: Below so many pairs figures are shown in grey.
FEW: Final = 30

ONE_LABEL: Final = N_(
    "All cases have the same label, so chance agreement cannot be told from any other."
)
NO_SPREAD: Final = N_(
    "Nobody differs on any case, so there is no spread to draw an interval from."
)
#: Of the bootstrap tables at least this share must have the figure.
_ENOUGH: Final = 0.9


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
    confidence: float = CONFIDENCE,
    draws: int = 999,
    seed: int = 0,
) -> Agreement:
    """Agreement of two label sequences, case by case.

    Args:
        first: Labels of the first reviewer; None or NaN where there is none.
        second: Labels of the second, in the same order.
        labels: All labels there are, also unused ones (AC1 counts them); those seen
            if None.
        confidence: Nominal coverage of the bootstrap intervals (percentile).
        draws: Bootstrap samples of cases.
        seed: Of the bootstrap.

    Raises:
        InvalidInput: if the lengths differ, or a label is not among ``labels``.
        NotEnoughData: if no case has both labels.

    Reference:
        Cohen 1960, https://doi.org/10.1177/001316446002000104; Krippendorff 2011,
        https://repository.upenn.edu/asc_papers/43; Gwet 2008,
        https://doi.org/10.1348/000711006X126600

    >>> found = agreement(["a", "a", "b", "b"], ["a", "b", "b", "b"])
    >>> round(found.kappa.value, 4), found.n
    (0.5, 4)
    """
    matrix = confusion(first, second, labels=labels)
    table = matrix.to_numpy(dtype=float)
    n = int(table.sum())
    if n == 0:
        raise NotEnoughData(
            N_("Of {seen} cases none has both labels."),
            hint=N_("Let a share of the cases be reviewed twice."),
            seen=len(first),
        )
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, (table / n).ravel(), size=draws)
    tables = drawn.astype(float).reshape(draws, *table.shape)
    kappa, alpha, ac1 = (
        _coefficient(figure, table, tables, confidence) for figure in FIGURES
    )
    return Agreement(
        n=n,
        percent=_percent(table, confidence),
        kappa=kappa,
        alpha=alpha,
        ac1=ac1,
        matrix=matrix,
        is_small=n < FEW,
        confidence=confidence,
    )


def confusion(
    first: Sequence[object] | pd.Series,
    second: Sequence[object] | pd.Series,
    *,
    labels: Sequence[object] | None = None,
) -> pd.DataFrame:
    """Counts of label pairs, rows the first; cases that lack one are left out.

    Raises:
        InvalidInput: if the lengths differ, or a label is not among ``labels``.
    """
    if len(first) != len(second):
        raise InvalidInput(
            N_("There are {first} labels of one reviewer and {second} of the other."),
            hint=N_("Give both in the order of the cases, None where one is missing."),
            first=len(first),
            second=len(second),
        )
    pairs = pd.DataFrame({"first": list(first), "second": list(second)}).dropna()
    seen = sorted({*pairs["first"], *pairs["second"]}, key=str)
    known = list(labels) if labels is not None else seen
    strange = [label for label in seen if label not in known]
    if strange:
        raise InvalidInput(
            N_("The label {label} is not among the labels."),
            hint=N_("Add it to them, or leave them out."),
            label=strange[0],
        )
    counts = pd.crosstab(pairs["first"], pairs["second"])
    return counts.reindex(index=known, columns=known, fill_value=0).astype(int)


def alpha_of(ratings: pd.DataFrame) -> float | None:
    """Krippendorff's alpha of any number of reviewers, nominal, ratings may be missing.

    Args:
        ratings: One row a case, one column a reviewer.

    Returns:
        The figure; None where fewer than two labels were given to pairable cases.
    """
    codes, labels = pd.factorize(ratings.to_numpy().ravel())
    each = codes.reshape(ratings.shape)
    counts = np.stack([(each == code).sum(axis=1) for code in range(len(labels))], 1)
    counts = counts[counts.sum(axis=1) > 1].astype(float)
    if counts.size == 0:
        return None
    ratings_of_case = counts.sum(axis=1, keepdims=True)
    pairs = counts * (ratings_of_case - counts) / (ratings_of_case - 1)
    total, margin = counts.sum(), counts.sum(axis=0)
    expected = (margin * (total - margin)).sum() / (total - 1)
    return None if expected == 0 else float(1 - pairs.sum() / expected)


def cohen_kappa(tables: Floats) -> Floats:
    """Cohen's kappa of tables (..., labels, labels); NaN where not defined."""
    n = tables.sum(axis=(-2, -1))
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    return _beyond(_agreed(tables), (rows * columns).sum(axis=-1) / n**2)


def nominal_alpha(tables: Floats) -> Floats:
    """Krippendorff's alpha of two complete reviewers; NaN where not defined."""
    total = 2 * tables.sum(axis=(-2, -1))
    margin = tables.sum(axis=-1) + tables.sum(axis=-2)
    alike = (margin * (margin - 1)).sum(axis=-1) / (total * (total - 1))
    return _beyond(_agreed(tables), alike)


def gwet_ac1(tables: Floats) -> Floats:
    """Gwet's AC1; NaN where there is but one label."""
    labels = tables.shape[-1]
    n = tables.sum(axis=(-2, -1))
    share = (tables.sum(axis=-1) + tables.sum(axis=-2)) / (2 * n[..., None])
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = (share * (1 - share)).sum(axis=-1) / np.float64(labels - 1)
    return _beyond(_agreed(tables), chance)


Figure = Callable[[Floats], Floats]
FIGURES: Final[tuple[Figure, ...]] = (cohen_kappa, nominal_alpha, gwet_ac1)


def _agreed(tables: Floats) -> Floats:
    same: Floats = np.trace(tables, axis1=-2, axis2=-1)
    return same / tables.sum(axis=(-2, -1))


def _beyond(agreed: Floats, chance: Floats) -> Floats:
    """Agreement beyond chance, as a share of what chance leaves."""
    room = 1 - chance
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(room > 0, (agreed - chance) / room, np.nan)


def _coefficient(
    figure: Figure, table: Floats, tables: Floats, confidence: float
) -> Coefficient:
    value = float(figure(table[None])[0])
    if np.isnan(value):
        return Coefficient(None, None, None, ONE_LABEL)
    drawn = figure(tables)
    drawn = drawn[~np.isnan(drawn)]
    # A table without any dispute gives itself back in every sample.
    if _agreed(table) == 1 or len(drawn) < _ENOUGH * len(tables):
        return Coefficient(value, None, None, NO_SPREAD)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Coefficient(value, float(low), float(high))


def _percent(table: Floats, confidence: float) -> Coefficient:
    n, same = table.sum(), np.trace(table)
    bounds = wilson(same, n, confidence=confidence)
    return Coefficient(float(same / n), float(bounds.low), float(bounds.high))
