"""Which orders a selection or a list means: numbers, ids and how grave they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS, Scope, require
from analysis.metrics.filters import filters_of
from analysis.metrics.joins import joined
from analysis.metrics.query import within
from analysis.metrics.rows import order_value
from analysis.metrics.selection import Selection

#: How grave a case is, 1 to 4: each of these where its columns are there, the most of
#: them counts. Minutes late in the bands that compensation schemes publish.
SEVERITY = (
    """CASE WHEN NOT coalesce(has_known_punctuality, FALSE) THEN 1
        WHEN minutes_late > 30 THEN 4 WHEN minutes_late > 20 THEN 3
        WHEN minutes_late > 10 THEN 2 ELSE 1 END""",
    "CASE WHEN status IN ('failed', 'returned') THEN 3 ELSE 1 END",
    "CASE WHEN coalesce(is_cancelled, FALSE) THEN 2 ELSE 1 END",
)
HIGHEST = 4

_BROUGHT = "brought"
_PLACE = "place"


@dataclass(frozen=True, slots=True)
class Listed:
    """Orders named one by one.

    Attributes:
        column: ``order_id`` or ``order_no``.
        wanted: Their values in it, each once.
    """

    column: str
    wanted: Sequence[str | int]


def members(
    dataset: Dataset,
    chosen: Selection | Listed,
    *,
    columns: Sequence[str] = (),
    order: Sequence[str] = (),
    seed: int = 0,
    limit: int | None = None,
) -> pd.DataFrame:
    """Orders of a selection or of a list, one row each.

    Args:
        dataset: A published version.
        chosen: Which orders.
        columns: Columns or dimensions to bring along, beside those always there.
        order: Names to sort by, descending with a leading ``-``: columns, dimensions,
            figures of an order, ``severity``, or ``random``. Orders that tie stay in
            the order of time, or of the list.
        seed: Of the random order.
        limit: At most this many.

    Returns:
        ``order_no``, ``order_id`` (text), ``severity`` (1 to 4) and the columns named.

    Raises:
        UnknownName: if there is no such column, dimension or event.
        MissingField: if the dataset lacks a column that is needed.
    """
    values = {name: order_value(dataset, name) for name in dict.fromkeys(columns)}
    severity = _severity(dataset)
    keys = [_sorted(dataset, name, severity, seed) for name in order]
    filters = _filters(dataset, chosen)
    identity = exp.cast(trees.column("order_id", ORDERS), "VARCHAR")
    query = exp.select(
        trees.column("order_no", ORDERS),
        trees.named(identity, "order_id"),
        trees.named(severity.copy(), "severity"),
        *(trees.named(value, name) for name, value in values.items()),
    )
    query = joined(
        query.from_(trees.table(ORDERS)),
        ORDERS,
        [*values.values(), *(key.this for key in keys), *filters],
    )
    query = _with_complaints(dataset, query)
    query, tables = _with_listed(query, chosen)
    query = query.where(*filters) if filters else query
    last = trees.column(_PLACE, _BROUGHT) if tables else _number()
    query = query.order_by(*keys, trees.last_nulls(last))
    query = query.limit(limit) if limit is not None else query
    return dataset.engine.run(query, tables=tables).to_pandas()


def _severity(dataset: Dataset) -> exp.Expr:
    scope = Scope(dataset)
    parts = [scope.bind(text) for text in SEVERITY if not scope.missing(text)]
    if _has_grades(dataset):
        grade = trees.column("severity", "graded")
        parts.append(exp.func("coalesce", grade, exp.Literal.number(1)))
    least = exp.Literal.number(1)
    most = exp.func(
        "least", exp.func("greatest", least, *parts), exp.Literal.number(HIGHEST)
    )
    return exp.cast(most, "INTEGER")


def _has_grades(dataset: Dataset) -> bool:
    return (
        dataset.has("complaints", "order_no", "severity")
        and dataset.tables["complaints"].columns["severity"].type == "integer"
    )


def _with_complaints(dataset: Dataset, query: exp.Select) -> exp.Select:
    """Join the gravest complaint of each order, one row an order."""
    if not _has_grades(dataset):
        return query
    gravest = exp.Max(this=trees.column("severity"))
    grades = exp.select(trees.column("order_no"), trees.named(gravest, "severity"))
    grades = grades.from_(trees.table("complaints")).group_by(trees.column("order_no"))
    on = exp.EQ(this=_number(), expression=trees.column("order_no", "graded"))
    named = grades.subquery(exp.to_identifier("graded", quoted=True))
    return query.join(named, on=on, join_type="left")


def _with_listed(
    query: exp.Select, chosen: Selection | Listed
) -> tuple[exp.Select, dict[str, pa.Table]]:
    if isinstance(chosen, Selection):
        return query, {}
    values = list(chosen.wanted)
    kind = pa.string() if chosen.column == "order_id" else pa.int64()
    brought = pa.table(
        {"value": pa.array(values, kind), _PLACE: pa.array(range(len(values)))}
    )
    own = trees.column(chosen.column, ORDERS)
    key = exp.cast(own, "VARCHAR") if chosen.column == "order_id" else own
    on = exp.EQ(this=key, expression=trees.column("value", _BROUGHT))
    return query.join(trees.table(_BROUGHT), on=on), {_BROUGHT: brought}


def _filters(dataset: Dataset, chosen: Selection | Listed) -> list[exp.Expr]:
    if isinstance(chosen, Listed):
        return []
    filters = list(filters_of(dataset, chosen))
    if chosen.period is not None:
        require(dataset, "local_date")
        filters.append(within(chosen.period))
    return filters


def _sorted(dataset: Dataset, name: str, severity: exp.Expr, seed: int) -> exp.Ordered:
    plain = name.removeprefix("-")
    if plain == "severity":
        value = severity.copy()
    elif plain == "random":
        value = _shuffled(seed)
    else:
        value = order_value(dataset, plain)
    return trees.last_nulls(value, descending=name.startswith("-"))


def _shuffled(seed: int) -> exp.Expr:
    """A value without any meaning, the same for the same order and seed."""
    salted = exp.DPipe(
        this=exp.cast(_number(), "VARCHAR"), expression=exp.Literal.string(f"/{seed}")
    )
    return exp.func("md5", salted)


def _number() -> exp.Column:
    return trees.column("order_no", ORDERS)
