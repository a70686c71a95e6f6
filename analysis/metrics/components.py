"""What each kind of metric adds up, and how its value comes out of the sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics.expressions import (
    ORDERS,
    Missing,
    Scope,
    Settings,
    data_end,
    missing_field,
)
from analysis.metrics.kinds import KINDS, only_flags
from analysis.metrics.locks import locked_metric
from analysis.metrics.registry import Reference, Source
from analysis.metrics.scales import rating_scales

Function = Literal[
    "rows", "true", "known", "sum", "squares", "products", "quantiles", "distinct",
    "lowest", "highest",
]  # fmt: skip

#: Distances from a percentile at which the distribution is looked at as well: the
#: bounds of its interval are interpolated between them.
QUANTILE_STEPS = (0.002, 0.006, 0.02, 0.06, 0.2)


@dataclass(frozen=True, slots=True)
class Component:
    """One aggregate of one table.

    Attributes:
        name: Column it becomes.
        table: Table whose rows are aggregated.
        function: How; ``rows`` counts all, ``true`` and ``known`` the rows where
            ``value`` is true or not NULL, ``distinct`` its distinct values.
        value: What is aggregated, a bound expression; None for ``rows``.
        other: The second factor of ``products``.
        fractions: For ``quantiles``.
    """

    name: str
    table: str
    function: Function
    value: exp.Expr | None = None
    other: exp.Expr | None = None
    fractions: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundMetric:
    """A metric bound to a dataset.

    Attributes:
        reference: As it was asked for.
        source: The way it is computed.
        components: What is added up.
    """

    reference: Reference
    source: Source
    components: tuple[Component, ...]

    @property
    def name(self) -> str:
        """The name of its columns."""
        return self.reference.text


def bind_metric(dataset: Dataset, reference: Reference) -> BoundMetric:
    """Choose the first source whose columns are there, and bind it.

    Raises:
        MissingField: if no source can be used; it names what would unlock the metric.
    """
    definition = reference.definition
    if definition.locked:
        raise locked_metric(definition.name, definition.locked)
    holding = [item for item in definition.sources if item.holds(reference.settings)]
    lacking = [missing_of(dataset, source) for source in holding]
    for source, missing in zip(holding, lacking, strict=True):
        if not missing:
            bound = _Binder(dataset, reference, source)
            return BoundMetric(reference, source, tuple(bound.components()))
    raise missing_field(dataset, min(lacking, key=_distance))


def _distance(missing: Missing) -> tuple[int, bool]:
    """How far a source is from being usable; a column of orders is soonest mapped."""
    return len(missing), any(table != ORDERS for table, _ in missing)


def missing_of(dataset: Dataset, source: Source) -> Missing:
    """Columns, and kinds in them, that a source needs and the dataset has not."""
    scope = Scope(dataset, optional=source.optional)
    related = source.numerator_table or source.table
    found: list[tuple[str, str]] = [
        (table, "order_no")
        for table in {source.table, related} - {ORDERS}
        if not dataset.has(table, "order_no")
    ]
    found += scope.missing(source.numerator, related) if source.numerator else ()
    for text in (source.denominator, source.measure, source.where):
        found += scope.missing(text, source.table) if text else ()
    if source.kinds and only_flags(dataset, related, source.kinds):
        found.append((related, KINDS))
    return tuple(dict.fromkeys(found))


def numerator_of(dataset: Dataset, metric: BoundMetric) -> tuple[str, exp.Expr]:
    """The rows a rate or count counts: their table, and the predicate they fulfil."""
    binder = _Binder(dataset, metric.reference, metric.source)
    return binder.numerator()


@dataclass(frozen=True, slots=True)
class _Binder:
    """Writes down the components of one metric."""

    dataset: Dataset
    reference: Reference
    source: Source

    def components(self) -> Iterable[Component]:
        kind = self.reference.definition.kind
        if kind == "rate":
            yield from self._rate()
        elif kind == "per":
            yield self._counted("num", self.source.numerator, self._related)
            yield self._counted("n", self.source.denominator, self.source.table)
        elif kind == "count":
            yield self._counted("num", self.source.numerator, self.source.table)
        elif kind == "ratio":
            yield from self._ratio()
        else:
            yield from self._distribution(kind)
        if self.reference.definition.unit == "money":
            yield from self._currencies()

    def numerator(self) -> tuple[str, exp.Expr]:
        source = self.source
        happened = self._bind(source.numerator, self._related)
        if source.summed:
            happened = exp.GT(this=exp.paren(happened), expression=exp.convert(0))
        elif source.denominator and not source.numerator_table:
            happened = exp.and_(self._bind(source.denominator), happened)
        return self._related, happened

    @property
    def _related(self) -> str:
        return self.source.numerator_table or self.source.table

    def _rate(self) -> Iterable[Component]:
        source = self.source
        if source.numerator_table:
            happened = self._bind(source.numerator, self._related)
            order = exp.column("order_no", table=self._related, quoted=True)
            yield self._of("num", "distinct", _when(happened, order), self._related)
            yield self._counted("n", source.denominator, source.table)
        elif source.summed:
            for name, text in (("num", source.numerator), ("n", source.denominator)):
                counted = _when(self._bind(source.where), self._bind(text))
                yield self._of(name, "sum", counted)
        else:
            happened = exp.func("COALESCE", self._bind(source.numerator), exp.false())
            flag = _when(self._bind(source.denominator), happened)
            yield self._of("num", "true", flag)
            yield self._of("n", "known", flag)

    def _distribution(self, kind: str) -> Iterable[Component]:
        value = _double(self._bind(self.source.measure))
        yield self._of("n", "known", value)
        if kind == "mean":
            yield self._of("num", "sum", value)
            yield self._of("squares", "squares", value)
        else:
            fractions = quantile_fractions(self.reference.definition.percentile)
            name = self._name("quantiles")
            table = self.source.table
            yield Component(name, table, "quantiles", value, fractions=fractions)

    def _ratio(self) -> Iterable[Component]:
        top = _double(self._bind(self.source.measure))
        bottom = _double(self._bind(self.source.denominator))
        table = self.source.table
        yield self._of("num", "sum", top)
        yield self._of("n", "sum", bottom)
        yield self._of("squares", "squares", top)
        yield self._of("n_squares", "squares", bottom)
        yield Component(self._name("products"), table, "products", top, bottom)
        yield Component(self._name("units"), table, "rows")

    def _currencies(self) -> Iterable[Component]:
        column = self.dataset.fields.get("currency")
        if column is not None and column.distinct != 1:
            value = exp.column("currency", table=ORDERS, quoted=True)
            yield self._of("currency", "lowest", value)
            yield self._of("other_currency", "highest", value)

    def _counted(self, name: str, text: str, table: str) -> Component:
        condition = self._bind(text, table)
        if isinstance(condition, exp.Boolean) and condition.this:
            return Component(self._name(name), table, "rows")
        return self._of(name, "true", condition, table)

    def _of(
        self, name: str, function: Function, value: exp.Expr, table: str = ""
    ) -> Component:
        return Component(self._name(name), table or self.source.table, function, value)

    def _name(self, suffix: str) -> str:
        return f"{self.reference.text}_{suffix}"

    def _bind(self, text: str, table: str = "") -> exp.Expr:
        settings: Settings = {
            **self.reference.settings,
            **rating_scales(self.dataset),
            "data_end": data_end(self.dataset),
        }
        scope = Scope(self.dataset, settings, self.source.optional)
        return scope.bind(text, table or self.source.table)


def quantile_fractions(fraction: float) -> tuple[float, ...]:
    """Where a distribution is looked at to know a percentile and its interval."""
    near = [
        fraction + side * step for step in (0.0, *QUANTILE_STEPS) for side in (-1, 1)
    ]
    inside = {round(item, 6) for item in near if 0 < item < 1}
    return (0.0, *sorted(inside), 1.0)


def aggregate(component: Component, row: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """The aggregate as SQL.

    Args:
        component: What to add up.
        row: Gives the column that holds an expression's value for each row.
    """
    if component.value is None:
        return exp.Count(this=exp.Star(), big_int=True)
    value = row(component.value)
    if component.function == "products" and component.other is not None:
        return exp.Sum(this=exp.Mul(this=value, expression=row(component.other)))
    if component.function == "quantiles":
        listed = [exp.Literal.number(str(item)) for item in component.fractions]
        return exp.func("QUANTILE_CONT", value, exp.array(*listed), dialect="duckdb")
    return _SIMPLE[component.function](value)


_SIMPLE: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "true": lambda value: exp.CountIf(this=value),
    "known": lambda value: exp.Count(this=value, big_int=True),
    "sum": lambda value: exp.Sum(this=value),
    "squares": lambda value: exp.Sum(this=exp.Mul(this=value, expression=value.copy())),
    "distinct": lambda value: exp.Count(this=exp.Distinct(expressions=[value])),
    "lowest": lambda value: exp.Min(this=value),
    "highest": lambda value: exp.Max(this=value),
}


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    """The value where the condition holds, else NULL."""
    if isinstance(condition, exp.Boolean) and condition.this:
        return value
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def _double(value: exp.Expr) -> exp.Expr:
    return exp.cast(value, "DOUBLE")
