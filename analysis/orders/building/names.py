"""Names of published columns: no two the same, none that Doorstep makes itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis.orders.building.typed import LOCAL_DATES, REPORTED_STATUS, UNREAD
from analysis.orders.mapping import Mapping, TableMapping
from analysis.orders.privacy import protect_value
from analysis.orders.schema import load_fields

#: Columns that publishing adds.
OWN_NAMES = (
    "order_no", "rider_no", "local_hour", "local_weekday", *LOCAL_DATES.values(),
    REPORTED_STATUS, UNREAD, "rowid",
)  # fmt: skip


def free_names(wanted: Sequence[str], taken: Iterable[str]) -> list[str]:
    """The wanted names, numbered where another column has them already.

    >>> free_names(["city", "City"], ["zone"])
    ['city', 'City (2)']
    """
    used = {name.casefold() for name in taken}
    found = []
    for name in wanted:
        free, number = name, 2
        while free.casefold() in used:
            free, number = f"{name} ({number})", number + 1
        used.add(free.casefold())
        found.append(free)
    return found


def shown(header: str) -> str:
    """A header as it is published: without personal data.

    A file without a header has its first row for one, with names and phones in it.
    """
    return str(protect_value(header, "free_text", key=b""))


def without_personal_headers(mapping: Mapping) -> Mapping:
    """The mapping as a version keeps it, for people to read."""
    return replace(mapping, tables=tuple(map(_with_shown, mapping.tables)))


def _with_shown(entry: TableMapping) -> TableMapping:
    columns = tuple(replace(item, column=shown(item.column)) for item in entry.columns)
    return replace(entry, columns=columns)


def has_personal_header(mapping: Mapping) -> bool:
    """Whether a header of the files must not be written down."""
    return without_personal_headers(mapping) != mapping


def settled(mapping: Mapping) -> Mapping:
    """The mapping with a name of its own for every column that is no field.

    A column keeps its header unless a field, or a column that publishing adds, has
    that name; then it is numbered.
    """
    return replace(mapping, tables=tuple(_settled(entry) for entry in mapping.tables))


def _settled(entry: TableMapping) -> TableMapping:
    model = entry.target if entry.target in load_fields() else "orders"
    reserved = (*OWN_NAMES, *load_fields()[model])
    further = [item for item in entry.columns if item.use in {"dimension", "other"}]
    wanted = [shown(item.field or item.column) for item in further]
    names = free_names(wanted, reserved)
    by_column = {item.column: name for item, name in zip(further, names, strict=True)}
    columns = tuple(
        replace(item, field=by_column[item.column])
        if item.column in by_column
        else item
        for item in entry.columns
    )
    return replace(entry, columns=columns)
