"""The typed pass of every table of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlglot import exp

from analysis.errors import DataProblem
from analysis.orders.building import aside, trees
from analysis.orders.building.checks import CheckResult
from analysis.orders.building.context import Build, Source
from analysis.orders.building.names import shown
from analysis.orders.building.typed import RECORD, UNIT, UNREAD, TypedPass
from analysis.orders.columns import (
    DETAILS,
    IGNORED,
    LOOKUP,
    ColumnMapping,
    TableMapping,
)
from analysis.orders.links import reaches_orders
from analysis.orders.mapping import Mapping
from analysis.orders.privacy import shape_of
from analysis.orders.staging import relation
from analysis.orders.values.missing import clean
from analysis.words import N_

#: Zones that one file may name.
MAX_ZONES = 100

#: Characters of an unreadable text that a sample shows.
SHOWN = 60


def read_tables(build: Build, *, share: tuple[float, float]) -> None:
    """Run the typed pass of every table that is used.

    Args:
        build: The version.
        share: Share of all work done before and after.
    """
    entries = used_tables(build.mapping)
    start, end = share
    for number, entry in enumerate(entries):
        done = start + (end - start) * number / len(entries)
        build.watch.step(done, N_("Reading the files"))
        _read_table(build, entry)
    build.checks += [
        _unused(entry)
        for entry in build.mapping.tables
        if entry.target != IGNORED and entry not in entries
    ]


def _unused(entry: TableMapping) -> CheckResult:
    return CheckResult(
        name="unused_file",
        text=N_("{title} is not used: no key links it to the orders"),
        values={"title": entry.title},
        table=entry.title,
        column="",
        count=1,
        of=1,
        action="keep",
    )


def used_tables(mapping: Mapping) -> list[TableMapping]:
    """Tables that are published or add to orders, the orders first."""
    found = [
        entry
        for entry in mapping.tables
        if entry.target not in {IGNORED, DETAILS, LOOKUP}
        or (entry.target != IGNORED and reaches_orders(mapping, entry))
    ]
    return sorted(found, key=lambda entry: entry.target != "orders")


def _read_table(build: Build, entry: TableMapping) -> None:
    staged = build.draft.table(entry.table)
    mapping = build.mapping
    item = TypedPass(staged, entry, mapping.timezone, (), build.key, mapping.promise)
    item = replace(item, zones=_zones(build, item))
    build.passes[entry.table] = item
    rows = build.create(trees.scratch(item.name), item.select())
    build.sources[entry.table] = Source(
        entry.title,
        entry.target,
        rows=rows + staged.ragged_rows,
        set_aside=staged.ragged_rows,
    )
    if staged.ragged is not None:
        _keep_ragged(build, entry, rows + staged.ragged_rows)
    if item.can_fail:
        _count_unread(build, item, rows)


def _zones(build: Build, item: TypedPass) -> tuple[str, ...]:
    """The zones that a table names, checked."""
    column = item.entry.of_field("timezone")
    if column is None:
        return ()
    name = clean(trees.column(column.column))
    query = exp.select(trees.aliased(name, "zone")).distinct()
    query = query.from_(relation(item.staged, columns=[column.column]))
    rows = build.records(query.limit(MAX_ZONES + 1))
    zones = tuple(sorted(row["zone"] for row in rows if row["zone"]))
    if len(zones) > MAX_ZONES:
        raise DataProblem(
            N_("Column {column} of {title} names more than {limit} time zones."),
            hint=N_("Map another column to Time zone, or none."),
            column=column.column,
            title=item.entry.title,
            limit=MAX_ZONES,
        )
    for zone in zones:
        _require_zone(zone, column.column, item.entry.title)
    return zones


def _require_zone(zone: str, column: str, title: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataProblem(
            N_("{zone!r} in column {column} of {title} is not a time zone."),
            hint=N_("Use names such as Asia/Riyadh, or do not map the column."),
            zone=zone,
            column=column,
            title=title,
        ) from error


def _keep_ragged(build: Build, entry: TableMapping, rows: int) -> None:
    """Keep the rows with too few or too many cells that staging found."""
    staged = build.draft.table(entry.table)
    assert staged.ragged is not None  # noqa: S101 - the caller looked
    build.kept.append(
        aside.ragged_rows(
            staged.ragged, title=entry.title, is_personal=_has_protected(entry)
        )
    )
    build.checks.append(
        CheckResult(
            name=aside.RAGGED,
            text=N_("Rows with too few or too many cells"),
            values={},
            table=_published_name(entry),
            column="",
            count=staged.ragged_rows,
            of=rows,
            action="set_aside",
        )
    )


def _has_protected(entry: TableMapping) -> bool:
    """Whether some cell of a row must not be shown, in whichever place it lies."""
    kinds = {item.protection for item in entry.columns}
    return bool(kinds - {"", "free_text"})


def _count_unread(build: Build, item: TypedPass, rows: int) -> None:
    """One check a column with texts that could not be read."""
    name = trees.column(UNREAD)
    parts = exp.Anonymous(
        this="string_split",
        expressions=[
            exp.Anonymous(this="rtrim", expressions=[name, exp.Literal.string(RECORD)]),
            exp.Literal.string(RECORD),
        ],
    )
    cells = exp.select(trees.aliased(exp.Explode(this=parts), "cell"))
    cells = cells.from_(trees.scratch(item.name)).where(trees.present(UNREAD))
    split = exp.Anonymous(
        this="string_split",
        expressions=[trees.column("cell"), exp.Literal.string(UNIT)],
    )
    place = exp.Bracket(this=split, expressions=[exp.Literal.number(1)], offset=1)
    text = exp.Bracket(this=split.copy(), expressions=[exp.Literal.number(2)], offset=1)
    query = (
        exp.select(
            trees.aliased(place, "place"),
            trees.aliased(trees.count_rows(), "count"),
            trees.aliased(exp.Anonymous(this="min", expressions=[text,
                          exp.Literal.number(3)]), "samples"),
        )
        .from_(exp.Subquery(this=cells, alias=exp.TableAlias(this="cells")))
        .group_by(trees.column("place"))
    )  # fmt: skip
    for found in build.records(query):
        entry = item.entry.used()[int(found["place"])]
        build.checks.append(
            CheckResult(
                name=f"unreadable_{entry.field}",
                text=N_("Text in {column} that is no {type}"),
                values={"column": shown(entry.column), "type": entry.reading.type},
                table=_published_name(item.entry),
                column=entry.field,
                count=found["count"],
                of=rows,
                action="missing",
                samples=_shapes(entry, found["samples"]),
            )
        )


def _shapes(entry: ColumnMapping, texts: Sequence[str]) -> tuple[dict[str, str], ...]:
    """Unreadable texts by their shape: a misplaced cell may hold anybody's name."""
    shapes = dict.fromkeys(shape_of(text[:SHOWN]) for text in texts)
    return tuple({shown(entry.column): shape} for shape in shapes)


def _published_name(entry: TableMapping) -> str:
    return entry.title if entry.target in {DETAILS, LOOKUP} else entry.target
