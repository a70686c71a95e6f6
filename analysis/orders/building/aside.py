"""Rows that are set aside: which ones, why, and where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sqlglot import exp

from analysis.orders.building import trees
from analysis.orders.privacy import protect
from analysis.orders.privacy.patterns import MASK

#: Columns of the table of rows to set aside.
ROW, REASON, RANK = "row", "reason", "rank"

MISSING_KEY = "missing_key"
DUPLICATE_KEY = "duplicate_key"
RAGGED = "ragged"

#: Rows of an order that are offers only; they are not set aside.
FURTHER_OFFER = "further_offer"

Keep = Literal["first", "last"]


def keyless(source: exp.Table, key: str) -> exp.Select:
    """Rows without a key."""
    return _rows(source, MISSING_KEY, 0).where(trees.missing(key))


def repeated(source: exp.Table, *keys: str) -> exp.Select:
    """Keys that stand in more than one row; a hash aggregate, so it is cheap."""
    columns = [trees.column(key) for key in keys]
    query = exp.select(*columns).from_(source).where(trees.present(*keys))
    more = exp.GT(this=trees.count_rows(), expression=exp.Literal.number(1))
    return query.group_by(*(column.copy() for column in columns)).having(more)


def duplicates(
    source: exp.Table, *keys: str, keep: Keep, faults: Sequence[exp.Expr] = ()
) -> exp.Select:
    """Rows of repeated keys, all but the first (or last) of each.

    Args:
        source: The rows.
        keys: Columns that name a row together.
        keep: Which row stays.
        faults: Conditions of rows that are set aside anyway; none of them stays.
    """
    named = exp.Tuple(expressions=[trees.column(key) for key in keys])
    known = exp.In(this=named, query=exp.Subquery(this=repeated(source, *keys)))
    row = exp.column("rowid")
    place = _place([trees.column(key) for key in keys], _by_row(row, keep))
    ranked = exp.select(trees.aliased(row, ROW), trees.aliased(place, "n"))
    ranked = ranked.from_(source).where(known)
    for fault in faults:
        sound = exp.Coalesce(this=fault.copy(), expressions=[exp.false()])
        ranked = ranked.where(exp.not_(sound))
    return _all_but_first(ranked, DUPLICATE_KEY)


def further_offers(
    source: exp.Table, offers: exp.Table, key: str, *, keep: Keep
) -> exp.Select:
    """Rows of an order beside the one that a rider accepted.

    Args:
        source: The rows as orders.
        offers: The same rows, in the same order, as offers.
        key: Column that names the order.
        keep: Which of several accepted rows, or of rows that nobody accepted, is the
            order.
    """
    row = exp.column("rowid", table="o")
    outcome = trees.column("outcome", "f")
    accepted = exp.EQ(this=outcome, expression=exp.Literal.string("accepted"))
    sure = exp.Coalesce(this=accepted, expressions=[exp.false()])
    order = [exp.Ordered(this=sure, desc=True), _by_row(row, keep)]
    place = _place([trees.column(key, "o")], *order)
    same = exp.EQ(this=row, expression=exp.column("rowid", table="f"))
    ranked = (
        exp.select(trees.aliased(row.copy(), ROW), trees.aliased(place, "n"))
        .from_(exp.alias_(source, "o", table=True))
        .join(exp.Join(this=exp.alias_(offers, "f", table=True), on=same))
        .where(exp.Is(this=trees.column(key, "o"), expression=exp.Null()).not_())
    )
    return _all_but_first(ranked, FURTHER_OFFER)


def _by_row(row: exp.Expr, keep: Keep) -> exp.Ordered:
    return exp.Ordered(this=row.copy(), desc=keep == "last")


def _place(keys: Sequence[exp.Expr], *order: exp.Expr) -> exp.Window:
    return exp.Window(
        this=exp.RowNumber(),
        partition_by=list(keys),
        order=exp.Order(expressions=list(order)),
    )


def _all_but_first(ranked: exp.Select, reason: str) -> exp.Select:
    later = exp.GT(this=trees.column("n"), expression=exp.Literal.number(1))
    return (
        exp.select(trees.column(ROW), *_why(reason, 1))
        .from_(exp.Subquery(this=ranked, alias=exp.TableAlias(this="ranked")))
        .where(later)
    )


def failing(
    source: exp.Table, name: str, condition: exp.Expr, *, rank: int
) -> exp.Select:
    """Rows that a check sets aside."""
    return _rows(source, name, rank).where(condition.copy())


def reasons(queries: Sequence[exp.Select]) -> exp.Select:
    """One reason a row: the one of the lowest rank."""
    together: exp.Query = queries[0]
    for query in queries[1:]:
        together = together.union(query, distinct=False)
    first = exp.ArgMin(this=trees.column(REASON), expression=trees.column(RANK))
    return (
        exp.select(trees.column(ROW), trees.aliased(first, REASON))
        .from_(exp.Subquery(this=together, alias=exp.TableAlias(this="found")))
        .group_by(trees.column(ROW))
    )


def _rows(source: exp.Table, reason: str, rank: int) -> exp.Select:
    row = trees.aliased(exp.column("rowid"), ROW)
    return exp.select(row, *_why(reason, rank)).from_(source)


def _why(reason: str, rank: int) -> tuple[exp.Alias, exp.Alias]:
    return (
        trees.aliased(exp.Literal.string(reason), REASON),
        trees.aliased(exp.Literal.number(rank), RANK),
    )


def without(query: exp.Select, aside: exp.Table, *, alias: str) -> exp.Select:
    """The query without the rows set aside, by an anti-join on the row number."""
    same = exp.EQ(
        this=exp.column("rowid", table=alias),
        expression=exp.column(ROW, table="aside", quoted=True),
    )
    joined = exp.Join(this=exp.alias_(aside, "aside", table=True), kind="ANTI", on=same)
    return query.join(joined)


def kept_rows(
    source: exp.Table, aside: exp.Table, *, title: str, columns: Sequence[str]
) -> exp.Select:
    """Rows set aside as they are kept: reason, source, row, and values as JSON."""
    row = exp.column("rowid", table="typed")
    same = exp.EQ(this=row, expression=exp.column(ROW, table="aside", quoted=True))
    number = exp.Add(this=row.copy(), expression=exp.Literal.number(1))
    reason = trees.column(REASON, "aside")
    return (
        exp.select(
            reason.copy(),
            trees.aliased(exp.Literal.string(title), "source"),
            trees.aliased(number, "row"),
            trees.aliased(_as_json(columns), "values"),
        )
        .from_(exp.alias_(source, "typed", table=True))
        .join(exp.Join(this=exp.alias_(aside, "aside", table=True), on=same))
        .where(exp.NEQ(this=reason, expression=exp.Literal.string(FURTHER_OFFER)))
        .order_by(row.copy())
    )


def _as_json(columns: Sequence[str]) -> exp.Expr:
    pairs: list[exp.Expr] = []
    for name in columns:
        value = exp.column(name, table="typed", quoted=True)
        text = exp.Cast(this=value, to=exp.DataType.build("VARCHAR"))
        pairs += [exp.Literal.string(name), text]
    packed = exp.Anonymous(this="json_object", expressions=pairs)
    return exp.Cast(this=packed, to=exp.DataType.build("VARCHAR"))


def ragged_rows(path: Path, *, title: str, is_personal: bool) -> exp.Select:
    """Rows that staging could not cut into cells, as they are kept aside.

    Args:
        path: Where staging put them.
        title: Of their file.
        is_personal: Columns of the file are hashed or masked. Which cell of such a row
            belongs to them nobody knows, so only its line and width are kept.
    """
    source = exp.Anonymous(
        this="read_parquet", expressions=[exp.Literal.string(str(path))]
    )
    raw = protect(trees.column("raw"), "free_text", key=b"")
    if is_personal:
        raw = exp.Literal.string(MASK)
    text = exp.Anonymous(
        this="json_object",
        expressions=[exp.Literal.string("text"), raw],
    )
    return exp.select(
        trees.aliased(exp.Literal.string(RAGGED), REASON),
        trees.aliased(exp.Literal.string(title), "source"),
        trees.aliased(trees.column("line"), "row"),
        trees.aliased(exp.Cast(this=text, to=exp.DataType.build("VARCHAR")), "values"),
    ).from_(exp.Table(this=source))
