"""The published tables beside the orders."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from analysis.orders.building import aside, assemble, trees
from analysis.orders.building.assemble import Published
from analysis.orders.building.checks import CheckResult
from analysis.orders.building.context import Build
from analysis.orders.building.orders import KEY, aside_table, make_unique, set_aside
from analysis.orders.mapping import DETAILS, LOOKUP, TableMapping
from analysis.orders.schema import DIMENSION_TABLES
from analysis.words import N_

#: What names a row of a related table; one review may be of several orders.
OWN_KEYS: Mapping[str, tuple[str, ...]] = {
    "offers": ("offer_id",), "events": ("event_id",), "messages": ("message_id",),
    "contacts": ("contact_id",), "complaints": ("complaint_id",),
    "reviews": ("review_id", "order_id"), "shifts": ("shift_id",),
}  # fmt: skip


def publish_related(build: Build) -> None:
    """Make every table beside the orders."""
    for entry in build.mapping.tables:
        if entry.table not in build.passes or entry.target in {"orders", LOOKUP}:
            continue
        if entry.target == DETAILS:
            _count_strangers(
                build, entry, trees.scratch(build.passes[entry.table].name)
            )
        elif entry.target in DIMENSION_TABLES:
            _publish_dimension(build, entry)
        else:
            _publish_related(build, entry)


def _publish_dimension(build: Build, entry: TableMapping) -> None:
    """Riders, merchants or customers: one row a key, the others set aside."""
    item = build.passes[entry.table]
    source = trees.scratch(item.name)
    key = assemble.dimension_key(entry.target)
    repeats = aside.duplicates(source, key, keep="first")
    set_aside(build, entry, [aside.keyless(source, key), repeats])
    columns = assemble.own_columns(entry, item.names())
    query = assemble.related_query(source, columns, key=None)
    query = aside.without(query, aside_table(entry), alias=assemble.ORDER)
    rows = build.create(trees.table(entry.target), query)
    build.sources[entry.table].published = rows
    build.columns[entry.target] = columns


def _publish_related(build: Build, entry: TableMapping) -> None:
    """A table of events, offers, contacts and so on, with the order of each row."""
    item = build.passes[entry.table]
    columns = assemble.own_columns(entry, item.names())
    source = trees.scratch(item.name)
    key = KEY if entry.of_field(KEY) else None
    if key is None and _names_contacts(build, entry):
        source, key = _with_order_of_contact(build, entry), KEY
    query = assemble.related_query(source, columns, key=key)
    if _set_repeats_aside(build, entry):
        query = aside.without(query, aside_table(entry), alias=assemble.ORDER)
    rows = build.create(trees.table(entry.target), query)
    build.sources[entry.table].published = rows
    if key is not None:
        number = Published("order_no", trees.column("order_no"), "derived")
        columns = (number, *columns)
        _count_strangers(build, entry, source)
    build.columns[entry.target] = columns


def _set_repeats_aside(build: Build, entry: TableMapping) -> int:
    """Set aside rows that were brought in twice, as their own ids tell."""
    keys = OWN_KEYS.get(entry.target, ())
    if not keys or not all(entry.of_field(key) for key in keys):
        return 0
    source = trees.scratch(build.passes[entry.table].name)
    return set_aside(build, entry, [aside.duplicates(source, *keys, keep="first")])


def _names_contacts(build: Build, entry: TableMapping) -> bool:
    contacts = build.mapping.targeting("contacts")
    has_key = any(
        item.of_field("contact_id") and item.of_field(KEY) for item in contacts
    )
    return has_key and entry.of_field("contact_id") is not None


def _with_order_of_contact(build: Build, entry: TableMapping) -> exp.Table:
    """Rows that name a contact only, with the order that the contact names."""
    contacts = build.mapping.targeting("contacts")[0]
    unique = make_unique(build, contacts.table, "contact_id")
    same = exp.EQ(
        this=trees.column("contact_id", "m"), expression=trees.column("contact_id", "c")
    )
    query = (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("m")))
        .select(trees.column(KEY, "c"))
        .from_(
            exp.alias_(trees.scratch(build.passes[entry.table].name), "m", table=True)
        )
        .join(exp.Join(this=exp.alias_(unique, "c", table=True), side="LEFT", on=same))
        .order_by(exp.column("rowid", table="m"))
    )
    target = trees.scratch(f"ordered_{entry.table}")
    build.create(target, query)
    return target


def _count_strangers(build: Build, entry: TableMapping, source: exp.Table) -> None:
    """Rows that name an order which is not among the published ones."""
    same = exp.EQ(this=trees.column(KEY, "r"), expression=trees.column(KEY, "n"))
    numbers = exp.alias_(trees.table("orders"), "n", table=True)
    base = exp.select().from_(exp.alias_(source, "r", table=True))
    base = base.join(exp.Join(this=numbers, kind="ANTI", on=same))
    named = exp.Is(this=trees.column(KEY, "r"), expression=exp.Null()).not_()
    base = base.where(named)
    count = build.first(base.select(trees.aliased(trees.count_rows(), "count")))[
        "count"
    ]
    samples = base.select(trees.column(KEY, "r")).limit(3)
    is_table = entry.target != DETAILS
    build.checks.append(
        CheckResult(
            name=f"unknown_order_{entry.target if is_table else entry.table}",
            text=N_("Rows of {title} that name an order which is not there"),
            values={"title": entry.title},
            table=entry.target if is_table else entry.title,
            column=KEY,
            count=count,
            of=build.sources[entry.table].rows,
            action="keep",
            samples=tuple(build.records(samples)) if count else (),
        )
    )
