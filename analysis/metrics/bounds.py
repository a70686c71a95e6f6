"""How far values count, so that their sums scatter as counts do.

A count is skewed to its high side, by as much as its jumps of 1 are. Amounts scatter so
as well once the few far ones count as no more than the 99th percentile (Winsor). Where
the far ones lie on the low side, a value counts by what it lacks of the high ones, or,
where even that has far larger jumps than counts have, as no farther below what is usual
than high ones are above it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from analysis.errors import DataProblem
from analysis.metrics import trees
from analysis.metrics.query import Part, Request, rows_of
from analysis.metrics.registry import parse_reference
from analysis.words import N_

#: Share of the rows beyond which values count as no more, and of those below which
#: they count as no less.
BOUNDED, BOUNDED_BELOW = 0.99, 0.01
#: Where values are looked at: the lowest, the bounds, the usual one, the highest.
_LOOKED = (0.0, BOUNDED_BELOW, 0.5, BOUNDED, 1.0)
#: Jumps to the low side by which sums are no counts, and to the high side up to which
#: they still are; those of a count are 1, those of bounded lognormal amounts 2.3.
LOW_JUMPS, HIGH_JUMPS = 1.0, 2.5


@dataclass(frozen=True, slots=True)
class Bound:
    """How the values of a metric count.

    Attributes:
        most: They count as no more than this; None where there is no bound.
        least: As no less than this.
        best: What they count as a lack of; None where they count as they are.
        total: Their sum, without bounds.
    """

    most: float | None
    least: float | None
    best: float | None
    total: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """The lowest value, the bounds, the usual one and the highest of a metric's rows.

    Attributes:
        is_negative: Whether low values are what there is, as of amounts booked below
            0, or of what is nearly always the same and now and then less.
    """

    lowest: float
    least: float
    usual: float
    most: float
    highest: float
    is_negative: bool = False

    @property
    def is_low(self) -> bool:
        """Whether low values lie farther from what is usual than high ones."""
        return self.usual - self.least > self.most - self.usual


@dataclass(frozen=True, slots=True)
class _Shape:
    """Mean, standard deviation and skewness of bounded values."""

    mean: float
    spread: float
    skewness: float

    def jumps(self, origin: float) -> float:
        """How large jumps are, in events, if values count from an origin on."""
        return self.skewness * abs(self.mean - origin) / self.spread


def bounds_of(request: Request, part: Part) -> dict[str, Bound]:
    """How far the values of each metric count, learned from all rows.

    Args:
        request: Means and ratios, days and filters.
        part: The table that the metrics are read from.

    Raises:
        DataProblem: if values are infinite.
    """
    tops = {
        metric.name: part.row(item.value)
        for metric in request.metrics
        for item in metric.components
        if item.table == part.table and item.name == f"{metric.name}_num"
        and item.value is not None
    }  # fmt: skip
    looked = {name: _quantiles(value, _LOOKED) for name, value in tops.items()}
    looked |= {f"{name}_total": exp.Sum(this=value.copy())
               for name, value in tops.items()}  # fmt: skip
    row = _of_rows(request, part, looked)
    seen = {name: _Seen(*(row[name] or [0.0] * len(_LOOKED))) for name in tops}
    for name, item in seen.items():
        need_finite(name, item.lowest, item.highest)
    seen = _beyond_usual(request, part, tops, seen)
    shapes = _shapes(request, part, tops, seen)
    return {
        name: _bound(name, item, shapes.get(name), float(row[f"{name}_total"] or 0.0))
        for name, item in seen.items()
    }


def need_finite(metric: str, *values: float) -> None:
    """Insist on finite values.

    Raises:
        DataProblem: one is infinite; nothing would be seen beside it.
    """
    for value in values:
        if math.isinf(value):
            raise DataProblem(
                N_("{metric} holds infinite values, such as {seen}."),
                hint=N_("Mend the column that it is computed from, and publish again."),
                metric=metric,
                seen=value,
            )


def _bound(name: str, seen: _Seen, shape: _Shape | None, total: float) -> Bound:
    if _is_good(name):
        return Bound(None, None, seen.highest, total)
    if seen.lowest == seen.highest:
        return Bound(None, None, None, total)
    may_lack = seen.most <= 0 or parse_reference(name).definition.kind == "mean"
    if seen.is_negative and may_lack:
        return Bound(seen.most, seen.least, max(seen.most, 0.0), total)
    if not seen.is_low or (shape and shape.jumps(min(seen.least, 0)) >= -LOW_JUMPS):
        return Bound(seen.most, seen.least, None, total)
    if may_lack and shape and -shape.jumps(seen.most) <= HIGH_JUMPS:
        return Bound(seen.most, seen.least, seen.most, total)
    return Bound(seen.most, 2 * seen.usual - seen.most, None, total)


def _is_good(metric: str) -> bool:
    """Whether high values are the good ones, of which bad ones lack something."""
    definition = parse_reference(metric).definition
    return definition.kind == "mean" and definition.direction == "higher"


def _beyond_usual(
    request: Request, part: Part, tops: Mapping[str, exp.Expr],
    seen: Mapping[str, _Seen],
) -> dict[str, _Seen]:  # fmt: skip
    """The bounds of those that differ, where nearly all values are alike."""
    alike = {name: item for name, item in seen.items()
             if item.usual in (item.least, item.most)
             and item.lowest < item.highest}  # fmt: skip
    wanted: dict[str, exp.Expr] = {}
    for name, item in alike.items():
        usual = exp.convert(item.usual)
        above = exp.GT(this=tops[name].copy(), expression=usual)
        below = exp.LT(this=tops[name].copy(), expression=usual.copy())
        for side, rows, at in (
            ("above", above, BOUNDED),
            ("below", below, BOUNDED_BELOW),
        ):
            wanted[f"{name}_{side}"] = exp.CountIf(this=rows)
            wanted[f"{name}_{side}_bound"] = exp.Filter(
                this=_quantiles(tops[name], (at,)),
                expression=exp.Where(this=rows.copy()),
            )
    row = _of_rows(request, part, wanted)
    return {
        name: _by_rest(item, row, name) if name in alike else
        replace(item, is_negative=item.most <= 0 and item.lowest < 0)
        for name, item in seen.items()
    }  # fmt: skip


def _by_rest(seen: _Seen, row: Mapping[str, Any], name: str) -> _Seen:
    """Bounds by the rows that differ; the side of more of them is what there is."""
    above, below = row[f"{name}_above"], row[f"{name}_below"]
    is_negative = seen.most <= 0 and seen.least < seen.most
    if seen.least == seen.most:
        is_negative = below > above
    if is_negative and seen.usual == seen.least:
        seen = replace(seen, least=row[f"{name}_below_bound"][0])
    if not is_negative and seen.usual == seen.most and above:
        seen = replace(seen, most=row[f"{name}_above_bound"][0])
    return replace(seen, is_negative=is_negative)


def _shapes(
    request: Request, part: Part, tops: Mapping[str, exp.Expr],
    seen: Mapping[str, _Seen],
) -> dict[str, _Shape]:  # fmt: skip
    """The shape of bounded values, where the low ones lie far."""
    low = [name for name, item in seen.items()
           if item.is_low and not item.is_negative and not _is_good(name)]  # fmt: skip
    wanted: dict[str, exp.Expr] = {}
    for name in low:
        bounded = _within(tops[name], seen[name])
        for function in ("AVG", "STDDEV_POP", "SKEWNESS"):
            wanted[f"{name}_{function}"] = exp.func(function, bounded.copy())
    row = _of_rows(request, part, wanted)
    found = {name: (row[f"{name}_AVG"], row[f"{name}_STDDEV_POP"],
                    row[f"{name}_SKEWNESS"]) for name in low}  # fmt: skip
    return {name: _Shape(*item) for name, item in found.items() if None not in item}


def _within(value: exp.Expr, seen: _Seen) -> exp.Expr:
    """The value between its bounds; NULL stays NULL."""
    most, least = exp.convert(seen.most), exp.convert(seen.least)
    ifs = [
        exp.If(this=exp.GT(this=value.copy(), expression=most), true=most.copy()),
        exp.If(this=exp.LT(this=value.copy(), expression=least), true=least.copy()),
    ]
    return exp.Case(ifs=ifs, default=value.copy())


def _of_rows(
    request: Request, part: Part, wanted: Mapping[str, exp.Expr]
) -> dict[str, Any]:
    """Aggregates over the rows of a table; nothing is asked where none is wanted."""
    if not wanted:
        return {}
    rows = rows_of(request, part.table, part.columns)
    named = [trees.named(value, name) for name, value in wanted.items()]
    query = trees.select(named, trees.table(f"{part.table}_rows"))
    query = query.with_(trees.table(f"{part.table}_rows"), as_=rows, copy=False)
    return request.dataset.engine.run(query).to_pylist()[0]


def _quantiles(value: exp.Expr, fractions: Sequence[float]) -> exp.Expr:
    listed = exp.array(*map(exp.convert, fractions))
    return exp.func("QUANTILE_CONT", value.copy(), listed, dialect="duckdb")
