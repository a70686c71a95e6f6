"""Uploaded assignment tables: checked, protected, kept under their own content."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.engine.dataset import Dataset
from analysis.errors import DataProblem, InvalidInput
from analysis.metrics.known import known_values
from analysis.orders.privacy.masks import hash_id
from analysis.words import N_
from analysis.workspace import Workspace

MAX_BYTES: Final = 50_000_000
MAX_ARMS: Final = 20
#: Column of the orders that tells units apart, and whether it names people.
UNIT_COLUMNS: Final = {
    "order": ("order_id", False),
    "rider": ("rider_id", True),
    "merchant": ("merchant_id", False),
    "zone-hour": ("zone", False),
    "zone": ("zone", False),
    "city-day": ("city", False),
    "city": ("city", False),
}
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_KEY: Final = re.compile(r"[0-9a-f]{64}")


def read_table(content: bytes) -> pd.DataFrame:
    """The rows of an uploaded CSV or Parquet file, every value as text.

    Raises:
        DataProblem: if it is neither, or too large.
    """
    if len(content) > MAX_BYTES:
        raise DataProblem(
            N_("The file has {seen} MB."),
            hint=N_("Upload at most {limit} MB: one row per unit is enough."),
            seen=round(len(content) / 1e6, 1),
            limit=MAX_BYTES // 1_000_000,
        )
    if content[:4] == b"PAR1":
        return _parquet(content).astype("string")
    for encoding in _ENCODINGS:
        try:
            return _csv(content, encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def read_assignment(
    frame: pd.DataFrame,
    *,
    kind: str,
    unit: str,
    variant: str,
    first: str | None = None,
    last: str | None = None,
    key: bytes,
) -> pd.DataFrame:
    """An uploaded table as ``evaluate`` takes it, ids of people hashed.

    Args:
        frame: Its rows.
        kind: What was assigned, one of ``UNITS``.
        unit: Column of the units.
        variant: Column of the arms.
        first: Column of the local time from which an arm holds.
        last: Column of the last one.
        key: Key of the workspace.

    Returns:
        Columns ``unit``, ``variant`` and, where there are times, ``first``, ``last``.

    Raises:
        DataProblem: a column or value is missing, a unit is in two arms, or there is
            one arm only.
    """
    _require(frame, [unit, variant, *[name for name in (first, last) if name]])
    table = pd.DataFrame(
        {"unit": _texts(frame[unit]), "variant": _texts(frame[variant])}
    )
    _complete(table)
    for name, column in (("first", first), ("last", last)):
        if column:
            table[name] = _times(frame[column], column)
    table = table.drop_duplicates(ignore_index=True)
    _check_arms(table)
    _check_once(table)
    if UNIT_COLUMNS[kind][1]:
        table["unit"] = [hash_id(unit, key=key) for unit in table["unit"]]
    return table


def units_found(dataset: Dataset, table: pd.DataFrame, *, kind: str) -> int:
    """How many units of a table the dataset knows.

    Raises:
        DataProblem: none of them.
        MissingField: the dataset has no column for such units.
    """
    column, _ = UNIT_COLUMNS[kind]
    units = table["unit"].drop_duplicates()
    found = known_values(dataset, column, units.tolist())
    if not found:
        raise DataProblem(
            N_("None of the {count} units of the table is in {dataset}."),
            hint=N_("Check that the column holds values of {column}."),
            count=len(units),
            dataset=dataset.name,
            column=column,
        )
    return found


def check_variants(table: pd.DataFrame, known: Sequence[str]) -> None:
    """Insist that the arms that are asked about are in the table.

    Raises:
        DataProblem: names the arm that is not there, and those that are.
    """
    arms = sorted(table["variant"].unique())
    for name in known:
        if name and name not in arms:
            raise DataProblem(
                N_("No unit is in arm {name}."),
                hint=N_("The table has the arms: {known}."),
                name=name,
                known=", ".join(arms),
            )


def store_assignment(workspace: Workspace, table: pd.DataFrame) -> str:
    """Keep a table in the workspace under the SHA-256 of its content.

    Returns:
        The SHA-256; the same table gives the same one.
    """
    order = ["unit", *[name for name in ("first",) if name in table]]
    arrow = pa.Table.from_pandas(
        table.sort_values(order, ignore_index=True), preserve_index=False
    ).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(arrow, buffer, compression="zstd")
    content = buffer.getvalue()
    name = hashlib.sha256(content).hexdigest()
    path = _path(workspace, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.chmod(0o600)
        partial.replace(path)
    return name


def load_assignment(workspace: Workspace, name: str) -> pd.DataFrame:
    """A table that was kept.

    Raises:
        DataProblem: it is not there, or not what was kept.
    """
    path = _path(workspace, name)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != name:
        raise DataProblem(
            N_("The assignment table {name} is not in this workspace as it was kept."),
            hint=N_("Upload it again, or bring the folder back from a backup."),
            name=name[:12],
        )
    return pq.read_table(io.BytesIO(content)).to_pandas()


def _path(workspace: Workspace, name: str) -> Path:
    if not _KEY.fullmatch(name):
        raise InvalidInput(
            N_("{seen} is not the name of an assignment table."),
            hint=N_("Upload the table again."),
            seen=name[:80],
        )
    return workspace.root / "assignments" / f"{name}.parquet"


def _parquet(content: bytes) -> pd.DataFrame:
    try:
        return pq.read_table(io.BytesIO(content)).to_pandas()
    except pa.ArrowException as error:
        raise _unreadable() from error


def _csv(content: bytes, encoding: str) -> pd.DataFrame:
    try:
        return pd.read_csv(
            io.StringIO(content.decode(encoding)), sep=None, engine="python",
            dtype="string", keep_default_na=False, na_values=[""],
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise _unreadable() from error


def _unreadable() -> DataProblem:
    return DataProblem(
        N_("The file cannot be read as a table."),
        hint=N_("Upload CSV or Parquet with one row per unit."),
    )


def _require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise DataProblem(
                N_("The table has no column {name}."),
                hint=N_("It has: {columns}."),
                name=name,
                columns=", ".join(map(str, frame.columns)),
            )


def _texts(values: pd.Series) -> pd.Series:
    texts = values.astype("string").str.strip()
    return texts.mask(texts == "").reset_index(drop=True)


def _times(values: pd.Series, name: str) -> pd.Series:
    texts = _texts(values)
    times = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    wrong = texts[texts.notna() & times.isna()]
    if len(wrong):
        raise DataProblem(
            N_("Column {name} holds {seen}, which is no date."),
            hint=N_("Write dates as 2026-03-24, hours as 2026-03-24 18:00."),
            name=name,
            seen=str(wrong.iloc[0])[:40],
        )
    return times


def _complete(table: pd.DataFrame) -> None:
    lacking = table.isna().any(axis=1)
    if table.empty or lacking.any():
        raise DataProblem(
            N_("{count} of {total} rows lack a unit or a variant."),
            hint=N_("Fill them in, or leave those rows out."),
            count=int(lacking.sum()),
            total=len(table),
        )


def _check_arms(table: pd.DataFrame) -> None:
    arms = table["variant"].nunique()
    if not 1 < arms <= MAX_ARMS:
        raise DataProblem(
            N_("The table has {seen} variants."),
            hint=N_("It needs 2 to {limit}, one of them the control."),
            seen=arms,
            limit=MAX_ARMS,
        )


def _check_once(table: pd.DataFrame) -> None:
    """A unit is in one arm, or in one at a time."""
    key = ["unit", "first"] if "first" in table else ["unit"]
    twice = table[table.duplicated(key, keep=False)]
    if len(twice):
        raise DataProblem(
            N_("{count} units are in two arms at once, such as {name}."),
            hint=N_("Give each unit one row, or name the columns of its times."),
            count=int(twice["unit"].nunique()),
            name=str(twice["unit"].iloc[0])[:40],
        )
