"""The order model: every field Doorstep knows, in one list (``fields.yaml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from analysis.errors import UnknownName
from analysis.files import read_yaml

FieldType = Literal[
    "id", "text", "category", "integer", "number", "money", "time", "date", "flag",
    "free_text",
]  # fmt: skip
Personal = Literal["", "id", "name", "phone", "email", "address", "free_text"]

#: Milestones of an order in the order in which they happen.
MILESTONES = (
    "created_at", "merchant_accepted_at", "pushed_at", "accepted_at",
    "arrived_merchant_at", "ready_at", "picked_up_at", "arrived_customer_at",
    "delivered_at",
)  # fmt: skip

#: Milestones that follow each other; the kitchen works beside the rider's way to it.
SEQUENCES = (
    ("created_at", "pushed_at", "accepted_at", "arrived_merchant_at", "picked_up_at",
     "arrived_customer_at", "delivered_at"),
    ("created_at", "merchant_accepted_at", "ready_at", "picked_up_at"),
)  # fmt: skip

#: Groups of fields that every order can be expected to have.
EXPECTED_GROUPS = ("identity", "place", "kind", "milestone", "promise")

#: Fields of those groups that many an order goes without.
OPTIONAL = (
    "batch_id", "merchant_name", "customer_name", "customer_phone", "customer_email",
    "customer_address", "rider_name", "cancelled_at", "is_prebook", "is_surge",
)  # fmt: skip

#: Tables on the key of a person or place, joined n:1 to orders.
DIMENSION_TABLES = ("riders", "merchants", "customers")

#: The six fields that give the full first view; only ``order_id`` is required.
FIRST_VIEW = (
    "order_id", "created_at", "promised_at", "delivered_at", "status", "rider_id",
)  # fmt: skip

#: A further column with at most this many distinct values drills under its own name.
MAX_DIMENSION_VALUES = 200

#: Groups whose fields have one meaning in every table.
SHARED_GROUPS = frozenset({"identity", "place", "kind"})

STATUSES = ("delivered", "cancelled", "returned", "failed", "open")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the order model.

    Attributes:
        table: Table it belongs to, such as ``orders`` or ``offers``.
        name: Column name in a published dataset.
        type: What its values are; ``id`` and ``category`` are text in storage.
        group: Part of the order (identity, place, milestone, ...); empty elsewhere.
        unit: Unit of a number, such as ``m``.
        personal: How publishing protects it; empty if it is not personal.
        label_en: Its name in English.
        label_zh: Its name in Chinese.
        synonyms: Normalised headers under which it is known elsewhere.
    """

    table: str
    name: str
    type: FieldType
    group: str
    unit: str
    personal: Personal
    label_en: str
    label_zh: str
    synonyms: frozenset[str]

    def label(self, language: str = "en") -> str:
        """Its name in the language asked for (``en`` or ``zh_CN``)."""
        return self.label_zh if language.startswith("zh") else self.label_en


def normalise_header(header: str) -> str:
    """A header as synonyms are written: lower case, one underscore between words.

    >>> normalise_header(" Order.ID ")
    'order_id'
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header.strip())
    return re.sub(r"[\W_]+", "_", spaced.lower()).strip("_")


def _field(table: str, name: str, entry: dict[str, Any]) -> Field:
    label_en, label_zh = entry["label"]
    known = [name, label_en, label_zh, *entry.get("synonyms", ())]
    return Field(
        table=table,
        name=name,
        type=entry["type"],
        group=str(entry.get("group", "")),
        unit=str(entry.get("unit", "")),
        personal=entry.get("personal", ""),
        label_en=label_en,
        label_zh=label_zh,
        synonyms=frozenset(normalise_header(str(text)) for text in known),
    )


@cache
def load_fields() -> dict[str, dict[str, Field]]:
    """All fields: table name, then field name."""
    path = Path(__file__).with_name("fields.yaml")
    tables = read_yaml(path)
    found = {
        table: {name: _field(table, name, entry) for name, entry in fields.items()}
        for table, fields in tables.items()
    }
    return {
        table: {name: _known_as(field, found["orders"]) for name, field in own.items()}
        for table, own in found.items()
    }


def _known_as(field: Field, orders: dict[str, Field]) -> Field:
    """The field with the synonyms of its namesake: a courier is one in every table."""
    other = orders.get(field.name)
    if other is None or other.group not in SHARED_GROUPS or other.type != field.type:
        return field
    return replace(field, synonyms=field.synonyms | other.synonyms)


def fields_of(table: str) -> dict[str, Field]:
    """Fields of one table by name.

    Raises:
        UnknownName: if the order model has no such table.
    """
    tables = load_fields()
    if table not in tables:
        raise UnknownName.of("table", table, tables)
    return tables[table]
