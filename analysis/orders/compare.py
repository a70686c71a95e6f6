"""What changed from one version of a dataset to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.orders.versions import VersionInfo

Facts = dict[tuple[str, str], str | int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison of two versions.

    Attributes:
        kind: ``rows``, ``column`` or ``check``.
        table: Table it is about.
        name: Name of the column or check; empty for rows.
        before: Rows, type or count in the first version; None where it was not there.
        after: The same in the second version.
    """

    kind: str
    table: str
    name: str
    before: str | int | None
    after: str | int | None


def compare_versions(before: VersionInfo, after: VersionInfo) -> list[Difference]:
    """What changed between two versions: rows, columns and check results."""
    lines = [*_differing(before, after, "rows", _row_counts)]
    lines += _differing(before, after, "column", _column_types)
    lines += _differing(before, after, "check", _check_counts)
    return lines


def _differing(
    before: VersionInfo,
    after: VersionInfo,
    kind: str,
    facts: Callable[[Mapping[str, Any]], Facts],
) -> Iterator[Difference]:
    old: Facts = facts(before.manifest)
    new: Facts = facts(after.manifest)
    for key in sorted({**old, **new}):
        if old.get(key) != new.get(key):
            yield Difference(kind, *key, old.get(key), new.get(key))


def _row_counts(manifest: Mapping[str, Any]) -> Facts:
    return {(name, ""): table["rows"] for name, table in manifest["tables"].items()}


def _column_types(manifest: Mapping[str, Any]) -> Facts:
    return {
        (name, column["name"]): column["type"]
        for name, table in manifest["tables"].items()
        for column in table["columns"]
    }


def _check_counts(manifest: Mapping[str, Any]) -> Facts:
    return {
        (check["table"], check["name"]): check["count"] for check in manifest["checks"]
    }
