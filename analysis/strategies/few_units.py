"""Errors of imputed effects with few units: bias-reduced, with their own df.

With a dozen places the fit follows each of them, and the scatter of a handful is itself
uncertain: plain cluster-robust errors with clusters minus 1 degrees of freedom call
chance an effect too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.strategies.moments import Floats

Codes = NDArray[np.int64]

#: Cells of one cluster beyond which its square root is not taken.
LARGEST: Final = 1_500
_NOTHING: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Model:
    """A weighted regression whose residuals measure the errors.

    Attributes:
        columns: Units, periods, groups of effects and covariates, (cells, k).
        weight: Of each cell.
        outcome: (cells,)
        cluster: Code of each cell's cluster, from 0.
    """

    columns: Floats
    weight: Floats
    outcome: Floats
    cluster: Codes


def reduced(model: Model, own: Floats) -> tuple[Floats, Floats]:
    """What each cluster adds to some sums of outcomes, beyond the model, and their df.

    Residuals of a cluster are blown up by the inverse root of the share of their
    variance that the model leaves (CR2, errors alike and independent as the working
    model). Degrees of freedom are Satterthwaite's for the sum of squares.

    Args:
        model: The regression.
        own: Weights of the outcomes in each sum, (cells, sums).

    Returns:
        What clusters add, (clusters, sums): the variance is its sum of squares; and
        degrees of freedom, (sums,).

    Reference:
        Bell and McCaffrey 2002, "Bias reduction in standard errors for linear
        regression with multi-stage samples", Survey Methodology 28, 169-181;
        Pustejovsky and Tipton 2018, https://doi.org/10.1080/07350015.2016.1247004
    """
    x, weighted = model.columns, model.columns * model.weight[:, None]
    table = np.linalg.pinv(x.T @ weighted, rcond=1e-10, hermitian=True)
    inverse = np.asarray(table, dtype=np.float64)
    middle = inverse @ (weighted.T @ weighted) @ inverse
    left = model.outcome - x @ (inverse @ (weighted.T @ model.outcome))
    size, sums, k = int(model.cluster.max()) + 1, own.shape[1], x.shape[1]
    added = np.zeros((size, sums))
    squares = np.zeros((size, sums))
    plain, scaled = np.zeros((size, k, sums)), np.zeros((size, k, sums))
    for code in range(size):
        at = np.flatnonzero(model.cluster == code)
        cross = x[at] @ inverse @ weighted[at].T
        spread = np.eye(len(at)) - cross - cross.T + x[at] @ middle @ x[at].T
        turned = _inverse_root(spread) @ own[at]
        added[code] = turned.T @ left[at]
        squares[code] = (turned**2).sum(axis=0)
        plain[code], scaled[code] = x[at].T @ turned, weighted[at].T @ turned
    freedom = [
        _freedom(squares[:, i], plain[:, :, i], scaled[:, :, i], inverse, middle)
        for i in range(sums)
    ]
    return added, np.array(freedom)


def _inverse_root(spread: Floats) -> Floats:
    values, vectors = np.linalg.eigh(spread)
    kept = values > _NOTHING
    root: Floats = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return root


def _freedom(
    squares: Floats, plain: Floats, scaled: Floats, inverse: Floats, middle: Floats
) -> float:
    """Satterthwaite's degrees of freedom of the sum of squares."""
    across = plain @ inverse @ scaled.T
    table = np.diag(squares) - across - across.T + plain @ middle @ plain.T
    total = float(np.sum(table**2))
    return float(np.trace(table) ** 2 / total) if total > 0 else 1.0
