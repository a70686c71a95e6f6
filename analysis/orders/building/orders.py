"""The orders of a version: checked, put together, in time order, numbered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from analysis.orders.building import aside, assemble, details, trees, waybills
from analysis.orders.building.assemble import Joined, Published
from analysis.orders.building.checks import (
    CheckResult,
    RowCheck,
    counts_query,
    row_checks,
    samples_query,
)  # fmt: skip
from analysis.orders.building.context import Build
from analysis.orders.building.typed import UNREAD
from analysis.orders.columns import DETAILS, Action, TableMapping
from analysis.orders.links import lookups
from analysis.orders.schema import DIMENSION_TABLES
from analysis.words import N_

KEY = "order_id"
RIDER, RIDER_NO = "rider_id", "rider_no"

#: A rating above five is on a scale of ten, one above ten on a scale of a hundred;
#: at least this share of the ratings has to say so.
SCALES = (5.0, 10.0, 100.0)
SCALE_SHARE = 0.05


def set_orders_aside(build: Build) -> tuple[RowCheck, ...]:
    """Count what the checks find, and collect the rows that are set aside.

    Returns:
        The checks that found something.
    """
    entry = build.mapping.orders
    item = build.passes[entry.table]
    source = trees.scratch(item.name)
    checks = row_checks(
        item.names(),
        now=build.now,
        rating_top=_rating_top(build, item.names(), source),
        actions=build.mapping.actions,
    )
    counts = build.first(counts_query(checks, source)) if checks else {}
    rows = build.sources[entry.table].rows
    build.checks += [
        _result(build, check, counts[check.name], rows) for check in checks
    ]
    failing = tuple(check for check in checks if counts[check.name])
    taken = [check for check in failing if check.action == "set_aside"]
    faults = [check.condition for check in taken]
    queries = [
        aside.keyless(source, KEY),
        _repeats(build, source, faults),
        *(
            aside.failing(source, check.name, check.condition, rank=place)
            for place, check in enumerate(taken, start=2)
        ),
    ]
    set_aside(build, entry, queries)
    return failing


def _repeats(build: Build, source: exp.Table, faults: Sequence[exp.Expr]) -> exp.Select:
    """Rows of an order beside the one that stands for it."""
    keep = build.mapping.duplicates
    twin = waybills.twin_of(build.mapping)
    if twin is None:
        return aside.duplicates(source, KEY, keep=keep, faults=faults)
    offers = trees.scratch(build.passes[twin.table].name)
    return aside.further_offers(source, offers, KEY, keep=keep)


def _result(build: Build, check: RowCheck, count: int, rows: int) -> CheckResult:
    item = build.passes[build.mapping.orders.table]
    query = samples_query(check, trees.scratch(item.name), key=KEY)
    return CheckResult(
        name=check.name,
        text=check.text,
        values=check.values,
        table="orders",
        column=check.columns[-1],
        count=count,
        of=rows,
        action=check.action,
        samples=tuple(build.records(query)) if count else (),
    )


def _rating_top(build: Build, names: Sequence[str], source: exp.Table) -> float:
    """Upper end of the rating scale: five, ten or a hundred, as the ratings say."""
    if "rating" not in names:
        return SCALES[0]
    rating = trees.column("rating")
    above = [
        trees.aliased(
            trees.count_if(exp.GT(this=rating.copy(), expression=exp.convert(top))),
            f"above_{place}",
        )
        for place, top in enumerate(SCALES[:-1])
    ]
    total = trees.aliased(exp.Count(this=rating), "total")
    found = build.first(exp.select(total, *above).from_(source))
    steps = [
        found[f"above_{place}"] > SCALE_SHARE * found["total"]
        for place in range(len(SCALES) - 1)
    ]
    return SCALES[sum(steps)]


def set_aside(build: Build, entry: TableMapping, queries: Sequence[exp.Select]) -> int:
    """Make the table of the rows to set aside of one table, and keep these rows.

    Args:
        build: The version.
        entry: The table.
        queries: Rows with their reasons: no key, a key twice, a check that failed.

    Returns:
        Number of rows that are not published.
    """
    item = build.passes[entry.table]
    source = trees.scratch(item.name)
    target = aside_table(entry)
    rows = build.create(target, aside.reasons(queries))
    found = _reason_counts(build, target) if rows else {}
    offers = found.get(aside.FURTHER_OFFER, 0)
    build.sources[entry.table].set_aside += rows - offers
    build.sources[entry.table].used += offers
    build.checks += [
        _key_result(build, entry, check, found.get(check[0], 0))
        for check in _key_checks(build, entry)
    ]
    if rows:
        names = [name for name in item.names() if name != UNREAD]
        build.kept.append(
            aside.kept_rows(source, target, title=entry.title, columns=names)
        )
    return rows


def _key_checks(build: Build, entry: TableMapping) -> Iterator[tuple[str, str, Action]]:
    """The checks on the key of a table: name, text, and what is done."""
    if entry.target in {"orders", *DIMENSION_TABLES}:
        yield aside.MISSING_KEY, N_("Rows without a key"), "set_aside"
    if entry.target == "orders" and waybills.twin_of(build.mapping):
        yield aside.FURTHER_OFFER, N_("Further offers of an order"), "keep"
    else:
        yield aside.DUPLICATE_KEY, N_("Rows that repeat a key"), "set_aside"


def _reason_counts(build: Build, target: exp.Table) -> dict[str, int]:
    reason = trees.column(aside.REASON)
    query = exp.select(reason, trees.aliased(trees.count_rows(), "count"))
    rows = build.records(query.from_(target).group_by(reason.copy()))
    return {row[aside.REASON]: row["count"] for row in rows}


def _key_result(
    build: Build, entry: TableMapping, check: tuple[str, str, Action], count: int
) -> CheckResult:
    name, text, action = check
    item = build.passes[entry.table]
    samples: tuple[dict[str, object], ...] = ()
    if count:
        names = [trees.column(name) for name in item.names()[:4]]
        row = exp.column("rowid", table="o")
        same = exp.EQ(this=row, expression=trees.column(aside.ROW, "aside"))
        is_reason = exp.EQ(
            this=trees.column(aside.REASON, "aside"), expression=exp.convert(name)
        )
        target = exp.alias_(aside_table(entry), "aside", table=True)
        query = (
            exp.select(*names)
            .from_(exp.alias_(trees.scratch(item.name), "o", table=True))
            .join(exp.Join(this=target, on=same))
            .where(is_reason)
        )
        samples = tuple(build.records(query.limit(3)))
    return CheckResult(
        name=name,
        text=text,
        values={},
        table=entry.target,
        column="",
        count=count,
        of=build.sources[entry.table].rows,
        action=action,
        samples=samples,
    )


def aside_table(entry: TableMapping) -> exp.Table:
    """Scratch table of the rows of one table that are set aside."""
    return trees.scratch(f"aside_{entry.table}")


def publish_orders(build: Build, failing: Sequence[RowCheck]) -> None:
    """Make the published orders: every column, in time order, numbered from 1."""
    entry = build.mapping.orders
    item = build.passes[entry.table]
    columns = assemble.own_columns(entry, item.names(), failing)
    columns = assemble.with_status(columns, entry)
    columns = assemble.with_promise(columns, entry)
    joined = _joined(build, entry, columns)
    source = trees.scratch(item.name)
    query = assemble.orders_query(source, columns, joined)
    counts = build.sources[entry.table]
    if counts.set_aside + counts.used > build.draft.table(entry.table).ragged_rows:
        query = aside.without(query, aside_table(entry), alias=assemble.ORDER)
    has_time = "created_at" in item.names()
    # A join may give back the rows in any order.
    is_plain = not (query.args.get("joins") or joined)
    if not (has_time and is_plain and _is_in_time_order(build, source)):
        query = assemble.in_time_order(query, has_time=has_time)
    target = trees.table("orders")
    counts.published = build.create(target, query)
    for statement in trees.add_row_number(target, "order_no"):
        build.connection.execute(statement)
    added = tuple(column for item in joined for column in item.columns)
    number = Published("order_no", trees.column("order_no"), "derived")
    columns = (number, *columns, *added)
    if any(column.name == RIDER for column in columns):
        _number_riders(build, target)
        columns += (Published(RIDER_NO, trees.column(RIDER_NO), "derived"),)
    build.columns["orders"] = columns


def _number_riders(build: Build, orders: exp.Table) -> None:
    """Number the riders from 1 in the order of their ids.

    Adding up by rider is what strategies do most, and goes faster and in less memory by
    a small number than by a hash of sixteen characters.
    """
    numbers = trees.scratch("rider_numbers")
    build.create(numbers, trees.numbered(orders, RIDER, RIDER_NO))
    for statement in trees.add_looked_up(orders, numbers, key=RIDER, name=RIDER_NO):
        build.connection.execute(statement)
    build.drop(numbers)


def _is_in_time_order(build: Build, source: exp.Table) -> bool:
    """Whether the rows already lie in time order, so that no sort is needed."""
    row = exp.Order(expressions=[exp.column("rowid")])
    created = trees.column("created_at")
    before = exp.Window(this=exp.Lag(this=created), order=row)
    pair = exp.select(
        trees.aliased(created.copy(), "now"), trees.aliased(before, "before")
    ).from_(source)
    back = exp.LT(this=trees.column("now"), expression=trees.column("before"))
    late = exp.or_(back, trees.missing("now"))
    query = (
        exp.select(trees.aliased(exp.convert(1), "found"))
        .from_(exp.Subquery(this=pair, alias=exp.TableAlias(this="pair")))
        .where(late)
        .limit(1)
    )
    return not build.first(query)


def _joined(
    build: Build, entry: TableMapping, columns: Sequence[Published]
) -> tuple[Joined, ...]:
    """Everything that other tables add to the orders."""
    taken = {column.name for column in columns} | {"order_no"}
    _make_lookups(build)
    found = list(details.orders_lookups(build.mapping, entry, taken))
    taken |= {column.name for item in found for column in item.columns}
    for other in build.mapping.tables:
        added = _summed(build, other, taken) or _lent(build, entry, other, taken)
        if added is not None:
            found.append(added)
            taken |= {column.name for column in added.columns}
    return tuple(found)


def _make_lookups(build: Build) -> None:
    """One row a key of every table that orders or their details look up."""
    users = (build.mapping.orders, *build.mapping.targeting(DETAILS))
    links = (link for user in users for link in lookups(build.mapping, user))
    for table, column in dict.fromkeys((link.to, link.to_column) for link in links):
        make_unique(build, table, build.mapping.table(table).column(column).field)
        counts = build.sources[table]
        counts.used = counts.rows - counts.set_aside


def _summed(build: Build, other: TableMapping, taken: set[str]) -> Joined | None:
    """A table with several rows an order, one row an order by its rules."""
    if other.table not in build.passes:
        return None
    if other.target == DETAILS:
        counts = build.sources[other.table]
        counts.used = counts.rows - counts.set_aside
        query, columns = details.details_query(build.mapping, other, taken)
    else:
        summed = assemble.summed_query(other, taken)
        if summed is None:
            return None
        query, columns = summed
    if not columns:
        return None
    target = trees.scratch(f"summed_{other.table}")
    build.create(target, query)
    return Joined(target, f"s_{other.table}", KEY, KEY, columns)


def make_unique(build: Build, table: str, key: str) -> exp.Table:
    """The scratch table with the first row of each key, made when first asked for."""
    target = details.unique_table(table, key)
    if target.name not in build.unique:
        build.unique.add(target.name)
        build.create(target, details.unique_query(table, key))
    return target


def _lent(
    build: Build, entry: TableMapping, other: TableMapping, taken: set[str]
) -> Joined | None:
    """Fields that riders, merchants or customers lend to their orders."""
    columns = assemble.lent_columns(other, taken)
    if not columns or other.table not in build.passes:
        return None
    key = assemble.dimension_key(other.target)
    if entry.of_field(key) is None or other.of_field(key) is None:
        return None
    source = make_unique(build, other.table, key)
    return Joined(source, f"k_{other.table}", key, key, columns)
