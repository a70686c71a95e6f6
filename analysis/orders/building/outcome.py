"""What a version keeps beside its database: Parquet, profile, manifest, set-aside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from sqlglot import exp

from analysis.engine.dataset import Column, ColumnType
from analysis.orders import versions
from analysis.orders.building import aside, trees, waybills
from analysis.orders.building.checks import (
    FUTURE,
    GAP_DAYS,
    MUCH_MISSING,
    STALE_DAYS,
    CheckResult,
)  # fmt: skip
from analysis.orders.building.context import Build
from analysis.orders.building.names import without_personal_headers
from analysis.orders.profile import ColumnProfile, TableProfile, profile
from analysis.orders.schema import (
    EXPECTED_GROUPS,
    MAX_DIMENSION_VALUES,
    OPTIONAL,
    fields_of,
)
from analysis.words import N_

FORMAT_VERSION = 1

#: Times of an order that show how far the data reach.
OBSERVED = ("created_at", "delivered_at", "cancelled_at")

#: How DuckDB's types are told to the rest of Doorstep.
TYPES: Mapping[str, ColumnType] = {
    "VARCHAR": "text", "BIGINT": "integer", "INTEGER": "integer", "SMALLINT": "integer",
    "TINYINT": "integer", "UTINYINT": "integer", "USMALLINT": "integer",
    "UINTEGER": "integer", "UBIGINT": "integer", "HUGEINT": "number",
    "DOUBLE": "number", "FLOAT": "number", "TIMESTAMP": "time", "DATE": "date",
    "BOOLEAN": "flag",
}  # fmt: skip

#: Types that a dimension may have.
GROUPABLE = ("text", "integer", "flag")


def write(build: Build, *, name: str, dataset_id: str) -> None:
    """Write everything but the database itself into the folder of the version."""
    folder = build.folder
    write_parquet(build)
    write_aside(build)
    profiles = {table: _profile(build, table) for table in build.columns}
    tables = {
        table: {
            "rows": found.rows,
            "columns": [asdict(item) for item in _columns(build, found)],
        }
        for table, found in profiles.items()
    }
    period = _period(build)
    build.checks += list(_table_checks(build, profiles, period))
    manifest = {
        "format": FORMAT_VERSION,
        "name": name,
        "id": dataset_id,
        "version": "",
        "published_at": build.now.replace(tzinfo=UTC).isoformat(),
        "timezone": build.mapping.timezone,
        "period": period and [day.isoformat() for day in period],
        "observed_until": _observed_until(build),
        "tables": tables,
        "sources": [asdict(source) for source in build.sources.values()],
        "checks": [_check(check) for check in build.checks],
    }
    _write_json(folder / versions.MANIFEST, manifest)
    found_profiles = {table: item.to_dict() for table, item in profiles.items()}
    _write_json(folder / versions.PROFILE, found_profiles)
    mapping = without_personal_headers(waybills.single(build.mapping))
    (folder / versions.MAPPING).write_text(mapping.to_yaml(), encoding="utf-8")


def write_parquet(build: Build) -> None:
    """Every published table as one Parquet file, in the order of the table."""
    folder = build.folder / versions.PARQUET
    folder.mkdir()
    for table in build.columns:
        query = exp.select("*").from_(trees.table(table))
        path = folder / f"{table}.parquet"
        build.connection.execute(trees.copy_to_parquet(query, path))


def write_aside(build: Build) -> None:
    """All rows set aside, of all tables, with their reason, as one Parquet file."""
    query: exp.Query = _nothing_aside()
    for kept in build.kept:
        part = exp.select("*").from_(exp.Subquery(this=kept, alias=_named("kept")))
        query = query.union(part, distinct=False)
    together = exp.select("*").from_(exp.Subquery(this=query, alias=_named("aside")))
    path = build.folder / versions.ASIDE
    build.connection.execute(trees.copy_to_parquet(together, path))


def _nothing_aside() -> exp.Select:
    """No rows, with the columns that rows set aside have."""
    kinds = {aside.REASON: "VARCHAR", "source": "VARCHAR", "row": "BIGINT",
             "values": "VARCHAR"}  # fmt: skip
    columns = [
        trees.aliased(exp.Cast(this=exp.Null(), to=exp.DataType.build(kind)), name)
        for name, kind in kinds.items()
    ]
    return exp.select(*columns).where(exp.false())


def _named(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))


def _profile(build: Build, table: str) -> TableProfile:
    return profile(
        build.connection.run,
        trees.table(table),
        [item.name for item in build.columns[table]],
    )


def _columns(build: Build, found: TableProfile) -> Iterator[Column]:
    """Columns as the manifest lists them; few distinct values make a dimension."""
    published = {item.name: item for item in build.columns[found.table]}
    for item in found.columns:
        source = published[item.name]
        kind = source.kind
        if kind in {"dimension", "other"}:
            kind = "dimension" if _is_dimension(item) else "other"
        yield Column(
            name=item.name,
            type=item.type,
            kind=kind,
            distinct=item.distinct,
            missing=item.missing,
            origin=source.origin,
            assumed=source.assumed,
        )


def _is_dimension(item: ColumnProfile) -> bool:
    return item.type in GROUPABLE and 0 < item.distinct <= MAX_DIMENSION_VALUES


def _period(build: Build) -> tuple[date, date] | None:
    """First and last local day of the orders, without days that cannot be meant."""
    if "local_date" not in {item.name for item in build.columns["orders"]}:
        return None
    day = trees.column("local_date")
    latest = exp.cast(exp.convert((build.now + FUTURE).date().isoformat()), "DATE")
    query = exp.select(
        trees.aliased(exp.Min(this=day), "first"),
        trees.aliased(exp.Max(this=day.copy()), "last"),
    ).from_(trees.table("orders"))
    found = build.first(query.where(exp.LTE(this=day.copy(), expression=latest)))
    return (found["first"], found["last"]) if found["first"] else None


def _observed_until(build: Build) -> str | None:
    """The last moment that the orders tell of, in UTC, as ISO text."""
    there = {item.name for item in build.columns["orders"]}
    names = [name for name in OBSERVED if name in there]
    if not names:
        return None
    latest = exp.cast(exp.convert((build.now + FUTURE).isoformat(sep=" ")), "TIMESTAMP")
    last = [
        trees.aliased(
            exp.Filter(
                this=exp.Max(this=trees.column(name)),
                expression=exp.Where(
                    this=exp.LTE(this=trees.column(name), expression=latest.copy())
                ),
            ),
            name,
        )
        for name in names
    ]
    found = build.first(exp.select(*last).from_(trees.table("orders")))
    moments = [moment for moment in found.values() if moment is not None]
    return max(moments).isoformat() if moments else None


def _table_checks(
    build: Build,
    profiles: Mapping[str, TableProfile],
    period: tuple[date, date] | None,
) -> Iterator[CheckResult]:
    """Checks on whole tables; they keep everything as it is."""
    for found in profiles.values():
        own = _own_columns(build, found.table)
        yield from _column_checks(found, own)
    if period is not None:
        yield from _gap_check(build, period)
        yield _freshness(build, period)


def _own_columns(build: Build, table: str) -> frozenset[str]:
    """Columns whose values are those of the file: neither derived nor masked."""
    masked = {
        item.field
        for entry in build.mapping.targeting(table)
        for item in entry.columns
        if item.protection not in {"", "id"}
    }
    kinds = {item.name: item.kind for item in build.columns[table]}
    return frozenset(
        name for name in kinds if kinds[name] != "derived" and name not in masked
    )


def _column_checks(found: TableProfile, own: frozenset[str]) -> Iterator[CheckResult]:
    for item in found.columns:
        if item.name not in own:
            continue
        if found.rows > 1 and item.missing == found.rows:
            text = N_("{column} is empty")
        elif found.rows > 1 and item.distinct == 1 and item.missing == 0:
            text = N_("{column} has one value only")
        elif _is_expected(found, item) and item.missing > MUCH_MISSING * found.rows:
            text = N_("{column} is missing in more than half of the rows")
        else:
            continue
        count = item.missing or found.rows
        yield _kept(
            f"column_{item.name}",
            text,
            (found.table, item.name),
            (count, found.rows),
            values={"column": item.name},
        )


def _is_expected(found: TableProfile, item: ColumnProfile) -> bool:
    """Whether every row of a table can be expected to have a value of a column."""
    if found.table != "orders" or item.name in OPTIONAL:
        return False
    field = fields_of("orders").get(item.name)
    return field is not None and field.group in EXPECTED_GROUPS


def _gap_check(build: Build, period: tuple[date, date]) -> Iterator[CheckResult]:
    """Days without any order between the first and the last."""
    day = trees.column("local_date")
    query = exp.select(day).distinct().from_(trees.table("orders"))
    rows = build.records(query.where(trees.present("local_date")))
    there = {row["local_date"] for row in rows}
    first, last = period
    days = (last - first).days + 1
    if days > len(there) >= GAP_DAYS:
        span = (first + timedelta(days=number) for number in range(days))
        missing = [item for item in span if item not in there][:3]
        yield _kept(
            "time_gap",
            N_("Days without any order between the first and the last"),
            ("orders", "local_date"),
            (days - len(there), days),
            samples=[{"local_date": item} for item in missing],
        )


def _freshness(build: Build, period: tuple[date, date]) -> CheckResult:
    days = max((build.now.date() - period[1]).days, 0)
    stale = days > STALE_DAYS
    return _kept(
        "freshness",
        N_("The last order is {days} days old"),
        ("orders", "local_date"),
        (int(stale), 1),
        values={"days": days},
    )


def _kept(
    name: str,
    text: str,
    place: tuple[str, str],
    found: tuple[int, int],
    *,
    samples: Sequence[Mapping[str, Any]] = (),
    values: Mapping[str, Any] | None = None,
) -> CheckResult:
    """What a check found that keeps all as it is: table and column, count and of."""
    return CheckResult(
        name=name,
        text=text,
        values=values or {},
        table=place[0],
        column=place[1],
        count=found[0],
        of=found[1],
        action="keep",
        samples=tuple(samples),
    )


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "text": check.text,
        "values": dict(check.values),
        "table": check.table,
        "column": check.column,
        "count": check.count,
        "of": check.of,
        "action": check.action,
        "samples": [
            {key: None if value is None else str(value) for key, value in row.items()}
            for row in check.samples
        ],
    }


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8")
