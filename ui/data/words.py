"""The words that the page Data uses for what the analysis names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from analysis.orders.mapping import ColumnMapping, TableMapping
from analysis.orders.schema import Field, fields_of, load_fields
from analysis.words import N_
from ui.show import shortened
from ui.texts import language, t

TARGETS: Final[Mapping[str, str]] = {
    "orders": N_("Orders, one row each"),
    "details": N_("Details, several rows an order"),
    "lookup": N_("Names to look up by a key"),
    "offers": N_("Offers to riders"),
    "events": N_("Events"),
    "messages": N_("Messages"),
    "contacts": N_("Contacts"),
    "complaints": N_("Complaints"),
    "reviews": N_("Reviews"),
    "riders": N_("Riders"),
    "merchants": N_("Merchants"),
    "customers": N_("Customers"),
    "shifts": N_("Shifts"),
    "ignored": N_("Not used"),
}
TABLES: Final[Mapping[str, str]] = {
    **TARGETS,
    "orders": N_("Orders"),
    "details": N_("Details"),
    "lookup": N_("Names"),
}

#: Places of coordinates, as sentences of checks begin with them.
PLACES: Final[Mapping[str, str]] = {
    "pickup": N_("Pickup"),
    "drop": N_("Drop-off"),
    "tap": N_("Delivery tap"),
}

RULES: Final[Mapping[str, str]] = {
    "first": N_("the first value"),
    "last": N_("the last value"),
    "min": N_("the smallest"),
    "max": N_("the largest"),
    "sum": N_("the sum"),
    "mean": N_("the mean"),
    "count": N_("how many"),
    "list": N_("all, as a list"),
}
PERSONAL: Final[Mapping[str, str]] = {
    "": N_("not personal"),
    "id": N_("an ID of a person"),
    "name": N_("a name"),
    "phone": N_("a phone number"),
    "email": N_("an e-mail address"),
    "address": N_("an address"),
    "free_text": N_("personal data inside text"),
}
PROTECTION: Final[Mapping[str, str]] = {
    "id": N_("hashed, still joins"),
    "name": N_("masked"),
    "phone": N_("masked"),
    "email": N_("masked"),
    "address": N_("masked"),
    "free_text": N_("masked inside the text"),
}
ACTIONS: Final[Mapping[str, str]] = {
    "keep": N_("kept as they are"),
    "missing": N_("set to missing"),
    "set_aside": N_("set aside"),
}
TYPES: Final[Mapping[str, str]] = {
    "text": N_("text"),
    "integer": N_("whole number"),
    "number": N_("number"),
    "time": N_("time"),
    "date": N_("date"),
    "flag": N_("yes or no"),
}
USES: Final[Mapping[str, str]] = {
    "dimension": N_("Keep, to drill by"),
    "other": N_("Keep, not to drill by"),
    "ignore": N_("Leave out"),
}
STATUSES: Final[Mapping[str, str]] = {
    "delivered": N_("delivered"),
    "cancelled": N_("cancelled"),
    "returned": N_("returned"),
    "failed": N_("failed"),
    "open": N_("under way"),
}
UNITS: Final[Mapping[str, str]] = {
    "milliseconds": N_("milliseconds"),
    "seconds": N_("seconds"),
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
}

SURE: Final = 0.9
LIKELY: Final = 0.7


def confidence_word(entry: ColumnMapping) -> str:
    """How sure the proposal of a column is, in a word."""
    if entry.confidence >= SURE:
        return t("sure")
    return t("likely") if entry.confidence >= LIKELY else t("a guess")


def needs_a_look(entry: ColumnMapping) -> bool:
    """Whether a person should look at the proposal of a column."""
    if entry.use == "field":
        return entry.confidence < SURE or entry.reading.is_ambiguous
    return False


def model_of(table: TableMapping) -> str:
    """The table of the order model whose fields a staged table can hold."""
    return table.target if table.target in load_fields() else "orders"


def field_label(name: str) -> str:
    """A field's name in the user's language, from ``table.name`` or ``name``."""
    table, _, column = name.rpartition(".")
    field = fields_of(table or "orders").get(column)
    label = field.label(language()) if field else column
    return f"{t(TABLES[table])} › {label}" if table else label


def column_label(table: str, name: str) -> str:
    """The name of a published column: its field's label, else the file's header."""
    field = load_fields().get(table, {}).get(name)
    return field.label(language()) if field else name


def place_label(place: str) -> str:
    """The place of a pair of coordinates, such as ``drop``."""
    return t(PLACES[place]) if place in PLACES else place


def column_labels(table: str, names: Sequence[str]) -> list[str]:
    """Headers of some published columns; the bare name where two would be alike."""
    labels = [column_label(table, name) for name in names]
    taken = Counter(labels)
    return [
        shortened(name if taken[label] > 1 else label)
        for name, label in zip(names, labels, strict=True)
    ]


def field_option(field: Field) -> str:
    """A field as a list of choices shows it; plain text, not Markdown."""
    return f"{field.label(language())} · {field.name}"
