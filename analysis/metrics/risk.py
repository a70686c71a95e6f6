"""What is to be expected of orders like these: risk by what the orders are.

More rain, more bicycles or more orders at night change a rate without anything going
wrong. The expected rate of each kind of order, from all days, takes that out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.engine.dataset import Dataset
from analysis.metrics.counted import Counted, names_of
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection

Floats = NDArray[np.float64]

#: Rounds of proportional fitting; factors settle within a few.
ROUNDS = 8
#: Events by which the factor of a rare kind is drawn to 1.
DRAWN_BY = 5.0
#: A margin that more orders have no value of does not count for a metric.
MOST_MISSING = 0.002
#: Bits of a rate after the point; sums of two million of them are exact.
RATE_BITS = 32
TABLE = "risk"


@dataclass(frozen=True, slots=True)
class Risk:
    """Expected values by kind of order.

    Attributes:
        dimensions: What makes a kind.
        metrics: Metrics that there is an expectation of.
        table: A row per kind: ``kind_1`` and so on, then ``rate_1`` and so on, in the
            order of dimensions and metrics.
        overall: Value of each metric over all kinds.
    """

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    table: pa.Table
    overall: tuple[float, ...]


def expected_rates(
    dataset: Dataset,
    metrics: Sequence[str | Counted],
    *,
    margins: Sequence[Sequence[str]],
    period: Period,
    where: Selection | None = None,
) -> Risk:
    """Expected values of metrics for each kind of order.

    The expectation is a product of factors, one for each value (or combination) of
    each margin, fitted so that expected and seen events agree on every margin: the
    maximum-likelihood fit of a Poisson model with main effects. A margin that orders
    lack values of is left out: what is missing may be missing for what happened.

    Args:
        dataset: A published version.
        metrics: Metrics that are a sum over a sum, or any with how they are counted
            as events.
        margins: Dimensions, alone or together, that the expectation may depend on.
        period: Days it is learned from.
        where: Which orders; its period is not used.

    Reference:
        Deming and Stephan 1940, "On a least squares adjustment of a sampled frequency
        table", Annals of Mathematical Statistics 11, 427-444.
    """
    names = tuple(dict.fromkeys(name for margin in margins for name in margin))
    kinds = measure(dataset, list(metrics), by=names, period=period, where=where)
    listed = names_of(metrics)
    tops = _columns(kinds, listed, "_num")
    bottoms = _columns(kinds, listed, "_n")
    groups = [_codes(kinds, margin) for margin in margins]
    fitted = fitted_rates(tops, bottoms, groups)
    columns = {f"kind_{place}": kinds[name] for place, name in enumerate(names, 1)}
    for place in range(len(metrics)):
        columns[f"rate_{place + 1}"] = pd.Series(fitted[:, place])
    table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)
    overall = _rounded(tops.sum(axis=0) / np.maximum(bottoms.sum(axis=0), 1e-300))
    return Risk(names, listed, table, tuple(float(item) for item in overall))


def fitted_rates(
    tops: Floats, bottoms: Floats, groups: Sequence[NDArray[np.int64]]
) -> Floats:
    """Expected values by kind, as ``expected_rates`` has them, of sums at hand.

    The arguments are those of ``fit_factors``.
    """
    return _rounded(fit_factors(tops, bottoms, groups))


def _rounded(rates: Floats) -> Floats:
    """Rates whose sums are exact, so that they do not depend on the order of orders."""
    return np.asarray(np.ldexp(np.rint(np.ldexp(rates, RATE_BITS)), -RATE_BITS))


def fit_factors(
    tops: Floats, bottoms: Floats, groups: Sequence[NDArray[np.int64]]
) -> Floats:
    """Expected values by kind: factors of the margins, by proportional fitting.

    Args:
        tops: Events, kinds by metric.
        bottoms: What they are of, kinds by metric.
        groups: For each margin the value of each kind, -1 where it has no factor.
    """
    overall = tops.sum(axis=0) / np.maximum(bottoms.sum(axis=0), 1e-300)
    margins = [_margin(tops, bottoms, codes) for codes in groups]
    due = bottoms * overall
    for _ in range(ROUNDS):
        for margin in margins:
            steps = (margin.seen + DRAWN_BY) / (margin.member @ due + DRAWN_BY)
            steps[:, ~margin.is_known] = 1.0
            steps[-1] = 1.0
            margin.factors[:] *= steps
            due *= steps[margin.codes]
    rates = np.repeat(overall[None, :], len(tops), axis=0)
    for margin in margins:
        rates *= margin.factors[margin.codes]
    return rates


@dataclass(frozen=True, slots=True)
class _Margin:
    """One margin while it is fitted; values by metric, those without a factor last.

    Attributes:
        codes: Value of each kind, -1 for none.
        member: Which kinds are of which value, as a matrix.
        seen: Events.
        is_known: For which metrics it counts.
        factors: Factors so far.
    """

    codes: NDArray[np.int64]
    member: csr_array
    seen: Floats
    is_known: NDArray[np.bool_]
    factors: Floats


def _margin(tops: Floats, bottoms: Floats, codes: NDArray[np.int64]) -> _Margin:
    count = int(codes.max(initial=-1)) + 1
    of_value = np.where(codes < 0, count, codes)
    kinds = np.arange(len(codes))
    shape = (count + 1, len(codes))
    member = csr_array((np.ones(len(codes)), (of_value, kinds)), shape=shape)
    return _Margin(
        codes=codes,
        member=member,
        seen=np.asarray(member @ tops),
        is_known=_is_known(bottoms, codes >= 0),
        factors=np.ones((count + 1, tops.shape[1])),
    )


def _is_known(bottoms: Floats, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of which metrics nearly every order has a value of a margin.

    Who carried an order is missing where nobody did: a factor of the known values
    would then tell what happened.
    """
    missing = bottoms[~held].sum(axis=0)
    return missing <= MOST_MISSING * np.maximum(bottoms.sum(axis=0), 1e-300)


def _columns(kinds: pd.DataFrame, metrics: Sequence[str], suffix: str) -> Floats:
    columns = [f"{name}{suffix}" for name in metrics]
    return np.nan_to_num(kinds[columns].to_numpy(dtype=float, na_value=0.0))


def _codes(kinds: pd.DataFrame, margin: Sequence[str]) -> NDArray[np.int64]:
    columns = list(margin)
    codes = kinds.groupby(columns, dropna=False).ngroup().to_numpy(dtype=np.int64)
    missing = kinds[columns].isna().any(axis=1).to_numpy()
    return np.where(missing, -1, codes)
