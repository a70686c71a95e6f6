"""From sums to values, as SQL; from values to intervals and changes, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlglot import exp

from analysis.metrics.components import BoundMetric, quantile_fractions
from analysis.stats.intervals import (
    Floats,
    Interval,
    Sample,
    difference,
    mean_interval,
    newcombe,
    percentile_ranks,
    poisson_interval,
    ratio_interval,
    welch,
    wilson,
)

#: Sums that intervals need beside value, numerator and denominator.
_EXTRAS = {
    "mean": ("squares",),
    "percentile": ("quantiles",),
    "ratio": ("squares", "n_squares", "products", "units"),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric in each group of a result.

    Attributes:
        value: Values, NaN where nothing counts.
        n: Denominators.
        interval: Bounds of 95 %, NaN where there are none.
    """

    value: Floats
    n: Floats
    interval: Interval


def outputs(metric: BoundMetric, side: str) -> list[tuple[str, exp.Expr]]:
    """Columns of a metric in the query, over the sums.

    Args:
        metric: Which.
        side: Empty, or ``_before`` for the period compared with.
    """
    sums = _Sums(metric, side)
    name = f"{metric.name}{side}"
    found = [
        (name, sums.value()),
        (f"{name}_num", sums.numerator()),
        (f"{name}_n", sums.denominator()),
    ]
    extras = _extras(metric)
    return [*found, *((f"{name}_{extra}", sums.of(extra)) for extra in extras)]


def extra_columns(metric: BoundMetric, side: str) -> list[str]:
    """Columns of the query that the result of ``measure`` does not show."""
    shown = ("num", "n") if side else ()
    return [f"{metric.name}{side}_{extra}" for extra in (*shown, *_extras(metric))]


def _extras(metric: BoundMetric) -> tuple[str, ...]:
    extras = _EXTRAS.get(metric.reference.definition.kind, ())
    return (*extras, "currency") if _has_currencies(metric) else extras


def _has_currencies(metric: BoundMetric) -> bool:
    """Whether it adds up amounts that may be of several currencies."""
    names = {item.name for item in metric.components}
    return f"{metric.name}_currency" in names


def estimate(frame: pd.DataFrame, metric: BoundMetric, side: str) -> Estimate:
    """Values and intervals of a metric from the columns of its query."""
    columns = _Columns(frame, f"{metric.name}{side}")
    value, n = columns.numbers(""), columns.numbers("_n")
    interval = _interval(columns, metric)
    known = ~np.isnan(value)
    bounds = (np.where(known, item, np.nan) for item in (interval.low, interval.high))
    return Estimate(value, n, Interval(*bounds))


def change(frame: pd.DataFrame, metric: BoundMetric) -> tuple[Floats, Interval]:
    """The value minus the one before, and the interval of that difference.

    Both are NaN where either value is, or where their currencies differ.
    """
    now, before = (estimate(frame, metric, side) for side in ("", "_before"))
    kind = metric.reference.definition.kind
    if kind == "mean":
        first, second = (
            _sample(_Columns(frame, f"{metric.name}{side}")) for side in ("", "_before")
        )
        interval = welch(first, second)
    elif kind == "rate":
        shares = (
            _Columns(frame, metric.name),
            _Columns(frame, f"{metric.name}_before"),
        )
        pairs = [(item.numbers("_num"), item.numbers("_n")) for item in shares]
        interval = newcombe(*pairs[0], *pairs[1])
    else:
        interval = difference(now.value, now.interval, before.value, before.interval)
    step = now.value - before.value
    if _has_currencies(metric):
        step = np.where(_other_currency(frame, metric), np.nan, step)
    bounds = (
        np.where(np.isnan(step), np.nan, item) for item in (interval.low, interval.high)
    )
    return step, Interval(*bounds)


def _other_currency(frame: pd.DataFrame, metric: BoundMetric) -> npt.NDArray[np.bool_]:
    """Where the amounts before were of another currency than those now."""
    now = frame[f"{metric.name}_currency"]
    before = frame[f"{metric.name}_before_currency"]
    differs = now.notna() & before.notna() & (now != before)
    return differs.to_numpy(dtype=bool)


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums of one metric, on one side of a comparison, as SQL."""

    metric: BoundMetric
    side: str

    def value(self) -> exp.Expr:
        definition = self.metric.reference.definition
        if definition.kind == "count":
            return exp.cast(self.numerator(), "DOUBLE")
        if definition.kind == "percentile":
            place = quantile_fractions(definition.percentile).index(
                definition.percentile
            )
            listed = self.of("quantiles")
            return exp.func("LIST_EXTRACT", listed, exp.convert(place + 1))
        top = self.numerator()
        if definition.kind == "per":
            scale = exp.convert(self.metric.reference.settings["per"])
            top = exp.Mul(this=top, expression=scale)
        bottom = exp.func("NULLIF", self.denominator(), exp.convert(0))
        return exp.Div(this=exp.cast(top, "DOUBLE"), expression=bottom)

    def numerator(self) -> exp.Expr:
        kind = self.metric.reference.definition.kind
        if kind == "percentile":
            return exp.cast(exp.null(), "DOUBLE")
        if kind in ("mean", "ratio"):
            return self._one_currency(self.of("num"))
        return self._count("num")

    def denominator(self) -> exp.Expr:
        kind = self.metric.reference.definition.kind
        return self._count("num" if kind == "count" else "n")

    def of(self, suffix: str) -> exp.Expr:
        return exp.column(f"{self.metric.name}_{suffix}{self.side}", quoted=True)

    def _count(self, suffix: str) -> exp.Expr:
        known = exp.func("COALESCE", self.of(suffix), exp.convert(0))
        return exp.cast(known, "BIGINT")

    def _one_currency(self, amount: exp.Expr) -> exp.Expr:
        """The amount, but NULL where amounts of several currencies were added."""
        if not _has_currencies(self.metric):
            return amount
        mixed = exp.NEQ(this=self.of("currency"), expression=self.of("other_currency"))
        empty = exp.If(this=mixed, true=exp.null())
        return exp.Case(ifs=[empty], default=amount)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of one metric in a result, as arrays."""

    frame: pd.DataFrame
    name: str

    def numbers(self, suffix: str) -> Floats:
        column = self.frame[f"{self.name}{suffix}"]
        return column.to_numpy(dtype=float, na_value=np.nan)

    def lists(self, suffix: str, width: int) -> Floats:
        column = self.frame[f"{self.name}{suffix}"]
        empty = np.full(width, np.nan)
        rows = [empty if item is None else np.asarray(item, float) for item in column]
        return np.array(rows, dtype=float).reshape(len(rows), width)


def _interval(columns: _Columns, metric: BoundMetric) -> Interval:
    kind = metric.reference.definition.kind
    top, n = columns.numbers("_num"), columns.numbers("_n")
    if kind == "rate":
        return wilson(top, n)
    if kind == "mean":
        return mean_interval(_sample(columns))
    if kind == "percentile":
        return _percentile(columns, n, metric.reference.definition.percentile)
    if kind == "ratio":
        return _ratio(columns, top, n)
    if kind == "per":
        return poisson_interval(top, n / float(metric.reference.settings["per"]))
    none = np.full(len(n), np.nan)
    return Interval(none, none)


def _sample(columns: _Columns) -> Sample:
    top, n, squares = (columns.numbers(item) for item in ("_num", "_n", "_squares"))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = top / n
        # The difference of two large sums may come out a crumb below 0.
        variance = np.maximum(squares - top * mean, 0) / (n - 1)
    return Sample(mean, np.where(n > 1, variance, np.nan), n)


def _ratio(columns: _Columns, top: Floats, n: Floats) -> Interval:
    return ratio_interval(
        top,
        n,
        numerator_squares=columns.numbers("_squares"),
        denominator_squares=columns.numbers("_n_squares"),
        products=columns.numbers("_products"),
        n=columns.numbers("_units"),
    )


def _percentile(columns: _Columns, n: Floats, fraction: float) -> Interval:
    """Order statistics at the ranks, interpolated between the quantiles there are."""
    fractions = np.array(quantile_fractions(fraction))
    quantiles = columns.lists("_quantiles", len(fractions))
    ranks = percentile_ranks(n, fraction)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (ranks.low - 1) / (n - 1), (ranks.high - 1) / (n - 1)
    return Interval(_at(low, fractions, quantiles), _at(high, fractions, quantiles))


def _at(wanted: Floats, fractions: Floats, quantiles: Floats) -> Floats:
    rows = zip(wanted, quantiles, strict=True)
    found = [
        np.nan if np.isnan(place) else np.interp(place, fractions, row)
        for place, row in rows
    ]
    return np.array(found, dtype=float)
