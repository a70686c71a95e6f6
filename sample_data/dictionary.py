"""Write ``dictionary.md``: ``python -m sample_data.dictionary``."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as pads
import yaml

from analysis.orders.schema import Field, load_fields
from sample_data.simulate import simulate

HERE = Path(__file__).with_name("dictionary.md")
_HEAD = """# Data dictionary of the sample world

Written by `python -m sample_data.dictionary` from the tables themselves; do not edit.
Times are instants in UTC; money is in whole cents of the city's currency.
What is true and not in the data lies elsewhere: see `README.md`.
"""
_PROTECTED = {
    "id": "hashed when published",
    "name": "masked when published",
    "phone": "masked when published",
    "email": "masked when published",
    "address": "masked when published",
    "free_text": "masked inside when published",
}


@cache
def _notes() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("dictionary.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def schemas() -> dict[str, pa.Schema]:
    """The schema of every table, read from a small world."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        simulate(out, orders=1000)
        return {
            path.name: pads.dataset(path, format="parquet").schema
            for path in sorted(out.iterdir())
        }


def dictionary(tables: dict[str, pa.Schema]) -> str:
    """The dictionary as Markdown.

    Args:
        tables: Schemas by table.

    Raises:
        KeyError: if a table or column has no description.
    """
    parts = [_HEAD]
    for name, meaning in _notes()["tables"].items():
        parts.append(f"\n## {name}\n\n{meaning}\n\n| column | type | meaning |")
        parts.append("|---|---|---|")
        parts.extend(_row(name, column) for column in tables[name])
    undescribed = set(tables) - set(_notes()["tables"])
    if undescribed:
        raise KeyError(*undescribed)
    return "\n".join(parts) + "\n"


def _row(table: str, column: pa.Field) -> str:
    field = load_fields().get(table, {}).get(column.name)
    meaning = _meaning(field) if field else _notes()["columns"][column.name]
    return f"| `{column.name}` | {_type(column.type)} | {meaning} |"


def _meaning(field: Field) -> str:
    unit = f", in {field.unit}" if field.unit else ""
    hidden = f" ({_PROTECTED[field.personal]})" if field.personal else ""
    return f"{field.label_en} · {field.label_zh}{unit}{hidden}"


def _type(kind: pa.DataType) -> str:
    named = {
        "text": pa.types.is_string(kind),
        "time": pa.types.is_timestamp(kind),
        "date": pa.types.is_date(kind),
        "flag": pa.types.is_boolean(kind),
        "integer": pa.types.is_integer(kind),
        "number": pa.types.is_floating(kind),
    }
    return next(name for name, holds in named.items() if holds)


if __name__ == "__main__":
    HERE.write_text(dictionary(schemas()), encoding="utf-8")
