"""How metrics are counted as events: learned from the orders themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.bounds import Bound, bounds_of, need_finite
from analysis.metrics.components import BoundMetric, aggregate, bind_metric
from analysis.metrics.counted import (
    BEYOND,
    SCALED,
    Counted,
    bind_counted,
    require_countable,
)
from analysis.metrics.dimensions import dimension
from analysis.metrics.filters import filters_of
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.query import Part, Request, parts_of, rows_of
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.words import N_

#: Rows beyond those that kinds of order use up, below which kinds explain nothing.
LEAST_FREEDOM = 100
#: Values that hardly differ are taken to differ by this share of their mean.
LEAST_SPREAD = 0.01
_KINDS = "kinds"


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums of one metric over kinds of order.

    Attributes:
        top: Sum of the numerator.
        bottom: Sum of the denominator.
        squares: Squared distance of rows from what is usual of their kind.
        freedom: Rows that these rest on, less one a kind.
        all_squares: Squared distance of rows from what is usual of all.
        rows: All rows.
        lowest: The lowest value of a row.
        currencies: 1 where they are of several, else 0.
    """

    top: float
    bottom: float
    squares: float
    freedom: float
    all_squares: float
    rows: float
    lowest: float
    currencies: float


def counted_as(
    dataset: Dataset,
    metrics: Sequence[str],
    *,
    kinds: Sequence[str] = (),
    period: Period,
    where: Selection | None = None,
) -> tuple[Counted, ...]:
    """How each metric is counted as events.

    Means and ratios by the mean and the variance of their rows, that within kinds of
    order: what kinds let expect is no noise. Their values count as no more than the
    99th percentile of them and as no less than the 1st (Winsor): far ones are noisier
    than counts are. Where more than 99 % are alike, as compensations are, the bound is
    that of those that differ, on the side on which more of them do. Amounts booked
    below 0 count as their amount; values of which the low ones lie far by what they
    lack, or as no farther below what is usual than high ones are above it (``bounds``).
    Percentiles by the percentile of all the rows there are.

    Args:
        dataset: A published version.
        metrics: References of metrics.
        kinds: Dimensions that make a kind of order.
        period: Days it is learned from.
        where: Which orders; its period is not used.

    Raises:
        UnknownName: if there is no such metric or dimension.
        MissingField: if the dataset lacks columns that one of them needs.
        InvalidInput: if a metric is a plain count, or amounts of several currencies
            would be added up.
        DataProblem: if values are infinite.
    """
    for name in metrics:
        require_countable(name)
    chosen = where or Selection()
    found: dict[str, Counted] = {name: Counted(name) for name in metrics}
    found |= _beyond(dataset, _of(metrics, BEYOND), period, chosen)
    scaled = [bind_metric(dataset, parse_reference(name))
              for name in _of(metrics, SCALED)]  # fmt: skip
    request = Request(
        dataset=dataset,
        metrics=tuple(scaled),
        period=period,
        filters=filters_of(dataset, chosen),
    )
    bounds = {name: item for part in parts_of(scaled)
              for name, item in bounds_of(request, part).items()}  # fmt: skip
    bounded = [
        bind_counted(dataset, Counted(name, most=item.most, least=item.least))
        for name, item in bounds.items()
    ]
    own = tuple(dimension(dataset, name) for name in kinds)
    request = replace(request, metrics=tuple(bounded), dimensions=own)
    for part in parts_of(bounded):
        found |= _scaled(request, part, bounds)
    return tuple(found[name] for name in metrics)


def _of(metrics: Sequence[str], kinds: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(metrics)
            if parse_reference(name).definition.kind in kinds]  # fmt: skip


def _beyond(
    dataset: Dataset, metrics: list[str], period: Period, where: Selection
) -> dict[str, Counted]:
    if not metrics:
        return {}
    row = measure(dataset, metrics, period=period, where=where).iloc[0]
    for name in metrics:
        need_finite(name, float(row[name]))
    usual = {name: float(np.nan_to_num(row[name])) for name in metrics}
    return {name: Counted(name, beyond=value) for name, value in usual.items()}


def _scaled(
    request: Request, part: Part, bounds: Mapping[str, Bound]
) -> dict[str, Counted]:
    own = [metric for metric in request.metrics if metric.source.table == part.table]
    row = request.dataset.engine.run(_query(request, part, own)).to_pylist()[0]
    found = {}
    for metric in own:
        sums = _Moments(**{
            name: row[f"{metric.name}_{name}"] or 0.0
            for name in _Moments.__dataclass_fields__
        })  # fmt: skip
        found[metric.name] = _counted(metric, sums, bounds[metric.name])
    return found


def _counted(metric: BoundMetric, sums: _Moments, bound: Bound) -> Counted:
    """The factor that gives the sum of a metric's rows a variance like its mean."""
    if metric.reference.definition.unit == "money" and sums.currencies:
        raise InvalidInput(
            N_("{metric} would add up amounts of several currencies."),
            hint=N_("Choose orders of one currency first."),
            metric=metric.name,
        )
    if sums.bottom <= 0:
        return Counted(metric.name)
    by_kind = sums.freedom >= max(LEAST_FREEDOM, sums.rows / 10)
    squares = sums.squares / sums.freedom * sums.rows if by_kind else sums.all_squares
    shift = max(0.0, -sums.lowest) if bound.best is None else 0.0 - bound.best
    mean = sums.top / sums.bottom
    variance = squares / sums.bottom
    raised = mean + shift
    found = Counted(
        metric.name, 1.0, shift, bound.most, bound.least,
        _exact((bound.total - sums.top) / sums.bottom),
    )  # fmt: skip
    if raised == 0:
        return found
    factor = raised / max(variance, (LEAST_SPREAD * raised) ** 2)
    usual = max(abs(mean), variance**0.5)
    return replace(found, factor=_exact(factor), worth=_exact(1 / abs(factor) / usual))


def _exact(value: float) -> float:
    """A number without its last digits, which depend on the order of rows."""
    return float(f"{value:.6g}")


def _query(request: Request, part: Part, metrics: Sequence[BoundMetric]) -> exp.Select:
    """Sums over kinds of the sums of each kind, one row."""
    inner: list[exp.Expr] = [
        trees.named(aggregate(item, part.row), item.name) for item in part.components
    ]
    inner += [
        trees.named(_lowest(metric, part), f"{metric.name}_least") for metric in metrics
    ]
    rows = rows_of(request, part.table, part.columns)
    kinds = trees.select([*map(trees.column, request.groups), *inner],
                         trees.table(f"{part.table}_rows"))  # fmt: skip
    kinds = kinds.group_by(*map(trees.column, request.groups), copy=False)
    outer = [
        trees.named(exp.cast(value, "DOUBLE"), f"{metric.name}_{name}")
        for metric in metrics
        for name, value in _moments(metric).items()
    ]
    query = trees.select(outer, trees.table(_KINDS))
    query = query.with_(trees.table(f"{part.table}_rows"), as_=rows, copy=False)
    return query.with_(trees.table(_KINDS), as_=kinds, copy=False)


def _lowest(metric: BoundMetric, part: Part) -> exp.Expr:
    """The lowest value of a row; of a ratio its numerator by its denominator."""
    sums = {item.name.removeprefix(f"{metric.name}_"): item
            for item in metric.components}  # fmt: skip
    top = sums["num"].value
    value = exp.null() if top is None else part.row(top)
    pair = sums.get("products")
    if pair is not None and pair.other is not None:
        below = exp.func("NULLIF", part.row(pair.other), exp.Literal.number(0))
        value = exp.Div(this=value, expression=below)
    return exp.Min(this=value)


def _moments(metric: BoundMetric) -> dict[str, exp.Expr]:
    """The attributes of ``_Moments`` as SQL over kinds."""

    def of(name: str) -> exp.Expr:
        return trees.column(f"{metric.name}_{name}")

    is_ratio = metric.reference.definition.kind == "ratio"
    names = ("products", "n_squares", "units") if is_ratio else ("num", "n", "n")
    products, below, rows = (of(name) for name in names)
    own = _squares(of("squares"), products, below, _rate(of("num"), of("n")))
    whole = _squares(
        _sum(of("squares")), _sum(products), _sum(below),
        _rate(_sum(of("num")), _sum(of("n"))),
    )  # fmt: skip
    some = exp.CountIf(this=exp.GT(this=rows, expression=exp.Literal.number(0)))
    several: exp.Expr = exp.false()
    if f"{metric.name}_currency" in {item.name for item in metric.components}:
        several = exp.LT(this=exp.Min(this=of("currency")),
                         expression=exp.Max(this=of("other_currency")))  # fmt: skip
    return {
        "top": _sum(of("num")),
        "bottom": _sum(of("n")),
        "squares": _sum(own),
        "freedom": exp.Sub(this=_sum(rows), expression=some),
        "all_squares": whole,
        "rows": _sum(rows),
        "lowest": exp.Min(this=of("least")),
        "currencies": several,
    }


def _sum(value: exp.Expr) -> exp.Expr:
    return exp.Sum(this=value.copy())


def _rate(top: exp.Expr, bottom: exp.Expr) -> exp.Expr:
    zero = exp.Literal.number(0)
    below = exp.func("NULLIF", bottom, zero.copy())
    return exp.func("COALESCE", exp.Div(this=top, expression=below), zero)


def _squares(
    squares: exp.Expr, products: exp.Expr, below: exp.Expr, rate: exp.Expr
) -> exp.Expr:
    """Squared distance of rows from the rate times what they are of."""
    two = exp.Literal.number(2)
    twice = exp.Mul(this=exp.Mul(this=two, expression=rate), expression=products)
    square = exp.Mul(this=exp.Mul(this=rate.copy(), expression=rate.copy()),
                     expression=below)  # fmt: skip
    rest = exp.Add(this=exp.Sub(this=squares, expression=twice), expression=square)
    return exp.func("GREATEST", exp.paren(rest), exp.Literal.number(0))
