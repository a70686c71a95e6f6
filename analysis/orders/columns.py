"""What one column of a file means, and what one file is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, Self, get_args

from analysis.errors import UnknownName
from analysis.orders.schema import Field, Personal, fields_of, load_fields
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_

Use = Literal["field", "dimension", "other", "ignore"]
Rule = Literal["first", "last", "min", "max", "sum", "mean", "count", "list"]
Action = Literal["keep", "missing", "set_aside"]

RULES: tuple[Rule, ...] = (
    "first", "last", "min", "max", "sum", "mean", "count", "list",
)  # fmt: skip

#: Targets beside the tables of the order model: several rows an order, summed up by
#: rules; a key with names to look up; not used at all.
DETAILS, LOOKUP, IGNORED = "details", "lookup", "ignored"

#: The words that a column's entry may hold.
_WORDS = {"use": get_args(Use), "rule": RULES, "personal": get_args(Personal)}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column means.

    Attributes:
        column: Header in the staged table.
        use: As a ``field`` of the order model, as a ``dimension`` to drill by under
            its own header, as an ``other`` column that is only kept, or not at all.
        field: Name of the field; for the other uses the name it is published under.
        reading: How its text becomes typed values.
        after: Time field that a duration is added to; empty for no duration.
        rule: How several rows an order become one value.
        values: The file's own words for a status, outcome and the like.
        personal: Kind of personal data found in it.
        keep_personal: True only where the user keeps them on purpose.
        confidence: Of the proposal, 0 to 1; 1 once a person has said so.
        reasons: Why it was proposed.
    """

    column: str
    use: Use
    field: str = ""
    reading: Reading = dataclasses.field(default_factory=lambda: Reading(type="text"))
    after: str = ""
    rule: Rule = "first"
    values: AnyMapping[str, str] = dataclasses.field(default_factory=dict)
    personal: Personal = ""
    keep_personal: bool = False
    confidence: float = 1.0
    reasons: tuple[Note, ...] = ()

    @property
    def protection(self) -> Personal:
        """Kind of protection to apply at publishing; empty for none."""
        return "" if self.keep_personal else self.personal

    @classmethod
    def from_dict(cls, content: AnyMapping[str, Any]) -> Self:
        """The column that ``plain`` wrote."""
        notes = (Note.of(item["text"], **item["values"]) for item in content["reasons"])
        reading = Reading.from_dict(content["reading"])
        for name, words in _WORDS.items():
            require_word(content.get(name, words[0]), words)
        return cls(**{**content, "reading": reading, "reasons": tuple(notes)})


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What one staged table is, and its columns.

    Attributes:
        table: Id of the staged table.
        title: As the user knows it.
        signature: Of its headers; finds the mapping again for such files.
        target: A table of the order model, ``details``, ``lookup`` or ``ignored``.
        columns: One entry a column, in the order of the file.
    """

    table: str
    title: str
    signature: str
    target: str
    columns: tuple[ColumnMapping, ...]

    def column(self, name: str) -> ColumnMapping:
        """The entry of one column.

        Raises:
            UnknownName: if the table has no such column.
        """
        for entry in self.columns:
            if entry.column == name:
                return entry
        known = [entry.column for entry in self.columns]
        raise UnknownName.of(N_("column"), name, known)

    def used(self) -> tuple[ColumnMapping, ...]:
        """Columns that are published or needed to publish."""
        return tuple(entry for entry in self.columns if entry.use != "ignore")

    def of_field(self, name: str) -> ColumnMapping | None:
        """The column mapped to a field, if any."""
        for entry in self.columns:
            if entry.use == "field" and entry.field == name:
                return entry
        return None

    def order_field(self, entry: ColumnMapping) -> Field | None:
        """The field of the order model that a column is mapped to."""
        if entry.use != "field":
            return None
        model = self.target if self.target in load_fields() else "orders"
        return fields_of(model).get(entry.field)

    @classmethod
    def from_dict(cls, content: AnyMapping[str, Any]) -> Self:
        """The table that ``plain`` wrote."""
        require_word(content["target"], (*load_fields(), DETAILS, LOOKUP, IGNORED))
        columns = tuple(ColumnMapping.from_dict(item) for item in content["columns"])
        return cls(**{**content, "columns": columns})


def require_word(value: object, words: Sequence[object]) -> None:
    """Insist on one of a few words in a mapping that came from a file.

    Raises:
        ValueError: names the word and those there are.
    """
    if value not in words:
        known = ", ".join(str(word) for word in words if word)
        raise ValueError(f"{value!r} is none of {known}")


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a mapping
    """Plain data for YAML, without tuples and classes that it would tag."""
    if isinstance(value, Reading):
        return value.to_dict()
    if isinstance(value, Note):
        return {"text": value.text, "values": dict(value.values)}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, AnyMapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
