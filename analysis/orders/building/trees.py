"""Short names for the SQL trees that publishing builds over raw input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlglot import exp

#: Database in memory that holds typed tables while a version is built.
SCRATCH = "scratch"


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column."""
    return exp.column(name, table=table, quoted=True)


def aliased(tree: exp.Expr, name: str) -> exp.Alias:
    """A tree under a quoted name."""
    return exp.Alias(this=tree, alias=exp.to_identifier(name, quoted=True))


def table(name: str) -> exp.Table:
    """A quoted table of the version that is being built."""
    return exp.table_(name, quoted=True)


def scratch(name: str, alias: str | None = None) -> exp.Table:
    """A quoted table of the scratch database."""
    return exp.table_(name, catalog=SCRATCH, db="main", alias=alias, quoted=True)


def create(target: exp.Table, query: exp.Expr) -> exp.Create:
    """``CREATE TABLE target AS query``."""
    return exp.Create(this=target, kind="TABLE", expression=query)


def attach_scratch() -> exp.Attach:
    """``ATTACH ':memory:' AS scratch``."""
    memory = exp.alias_(exp.Literal.string(":memory:"), SCRATCH, quoted=False)
    return exp.Attach(this=memory)


def copy_to_parquet(query: exp.Select, path: Path) -> exp.Copy:
    """``COPY (query) TO path`` as compressed Parquet."""
    return exp.Copy(
        this=exp.Subquery(this=query),
        kind=False,
        files=[exp.Literal.string(str(path))],
        params=[
            exp.CopyParameter(this=exp.var("FORMAT"), expression=exp.var("parquet")),
            exp.CopyParameter(this=exp.var("COMPRESSION"), expression=exp.var("zstd")),
        ],
    )


def add_row_number(target: exp.Table, name: str) -> Sequence[exp.Expr]:
    """Statements that number the rows of a new table from 1, in their order."""
    number = exp.Add(this=exp.column("rowid"), expression=exp.Literal.number(1))
    return (
        _added(target, name, "BIGINT"),
        exp.update(target.copy(), {f'"{name}"': number}, dialect="duckdb"),
    )


def _added(target: exp.Table, name: str, kind: str) -> exp.Alter:
    """``ALTER TABLE target ADD COLUMN name``."""
    definition = exp.ColumnDef(
        this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind)
    )
    return exp.Alter(this=target.copy(), kind="TABLE", actions=[definition])


def numbered(source: exp.Table, key: str, name: str) -> exp.Select:
    """Every key of a table once, numbered from 1 in the order of the keys."""
    known = exp.Is(this=column(key), expression=exp.Null()).not_()
    keys = exp.select(column(key)).from_(source.copy()).where(known).distinct()
    order = exp.Order(expressions=[column(key)])
    number = exp.Window(this=exp.RowNumber(), order=order)
    return exp.select(
        column(key), aliased(exp.cast(number, "INTEGER"), name)
    ).from_(exp.Subquery(this=keys, alias=exp.TableAlias(this="keys")))  # fmt: skip


def add_looked_up(
    target: exp.Table, source: exp.Table, *, key: str, name: str
) -> Sequence[exp.Expr]:
    """Statements that add a whole number to each row of a table, by a key.

    Args:
        target: The table that gets the column.
        source: Where the number is, one row a key.
        key: Column of both.
        name: Column of the number.
    """
    same = exp.EQ(this=column(key, "n"), expression=column(key, target.name))
    change = exp.EQ(this=column(name), expression=column(name, "n"))
    return (
        _added(target, name, "INTEGER"),
        exp.Update(
            this=target.copy(),
            expressions=[change],
            from_=exp.From(this=exp.alias_(source.copy(), "n", table=True)),
            where=exp.Where(this=same),
        ),
    )


def count_if(condition: exp.Expr) -> exp.Expr:
    """How many rows meet a condition."""
    return exp.Filter(this=count_rows(), expression=exp.Where(this=condition))


def count_rows() -> exp.Expr:
    """``COUNT(*)``."""
    return exp.Count(this=exp.Star())


def all_of(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Conditions joined by AND; true if there are none."""
    found = tuple(conditions)
    return exp.and_(*found) if found else exp.true()


def present(*names: str) -> exp.Expr:
    """Whether all columns have a value."""
    return all_of(missing(name).not_() for name in names)


def missing(name: str) -> exp.Expr:
    """Whether a column has no value."""
    return exp.Is(this=column(name), expression=exp.Null())


def minutes_between(first: str, last: str) -> exp.Expr:
    """Minutes from one time column to another."""
    difference = exp.Paren(this=exp.Sub(this=column(last), expression=column(first)))
    seconds = exp.Anonymous(this="epoch", expressions=[difference])
    return exp.Div(this=seconds, expression=exp.Literal.number(60))


def plus_minutes(moment: exp.Expr, minutes: exp.Expr) -> exp.Expr:
    """A time plus a number of minutes."""
    seconds = exp.Mul(this=exp.Paren(this=minutes), expression=exp.Literal.number(60))
    interval = exp.Anonymous(this="to_seconds", expressions=[seconds])
    return exp.Paren(this=exp.Add(this=moment, expression=interval))
