"""How the text of one column becomes typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from analysis.engine.dataset import ColumnType

#: Minutes in one unit of a duration.
DURATION_UNITS: Mapping[str, float] = {
    "milliseconds": 1 / 60_000,
    "seconds": 1 / 60,
    "minutes": 1.0,
    "hours": 60.0,
    "days": 1440.0,
}


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the user: a template marked for translation, and its values."""

    text: str
    values: tuple[tuple[str, str | int | float], ...] = ()

    @classmethod
    def of(cls, text: str, **values: str | float) -> Note:
        """A note with its values by name."""
        return cls(text, tuple(values.items()))

    def __str__(self) -> str:
        return self.text.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of one column becomes typed values.

    Attributes:
        type: What ``parse`` gives.
        formats: Names from ``formats.TIME_FORMATS`` or ``DURATION_FORMATS``, or of a
            special reading (``epoch``, ``excel serial``); tried in this order.
        unit: Of an epoch ``s``, ``ms``, ``us`` or ``ns``; of a duration one of
            ``DURATION_UNITS``; of a number ``%`` or a unit written behind it.
        decimal: Decimal mark of numbers.
        thousands: Mark between groups of three digits; empty if there is none.
        scale: Factor on every number, such as 0.01 for per cent.
        has_offset: The times say their UTC offset, so ``parse`` gives UTC; otherwise
            it gives the wall clock of a zone still to be asked for.
        zero_is_missing: ``0`` stands for "no value" (ids).
        native: The column is not text: the source has types of its own.
        share: Share of the sampled, non-missing values that it reads.
        sampled: Number of values looked at.
        missing: Sampled values that say "no value" (empty, ``null``, ``NaN``, ...).
        blanks: Sampled values with blanks before or after, which are trimmed.
        zeros: Sampled zeros that are taken as missing.
        options: Other readings that fit as well; where ``is_ambiguous``, ask.
        reasons: Why, and what was noticed, as notes for the user.
        is_ambiguous: The values alone cannot decide between it and its options.
    """

    type: ColumnType
    formats: tuple[str, ...] = ()
    unit: str = ""
    decimal: str = "."
    thousands: str = ""
    scale: float = 1.0
    has_offset: bool = False
    zero_is_missing: bool = False
    native: bool = False
    share: float = 1.0
    sampled: int = 0
    missing: int = 0
    blanks: int = 0
    zeros: int = 0
    options: tuple[Reading, ...] = ()
    reasons: tuple[Note, ...] = ()
    is_ambiguous: bool = False

    @property
    def is_duration(self) -> bool:
        """Whether ``parse`` gives minutes."""
        return any(name.startswith("duration") for name in self.formats)

    @property
    def is_clock(self) -> bool:
        """Whether it is a time of day without a date; ``parse`` gives minutes."""
        return any(name.startswith("duration clock") for name in self.formats)

    def with_reasons(self, *reasons: Note) -> Reading:
        """The same reading with further notes."""
        return replace(self, reasons=(*self.reasons, *reasons))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for YAML or JSON, without what is at its default."""
        found: dict[str, Any] = {"type": self.type}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "type" and value != field.default:
                found[field.name] = _plain(value)
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Reading:
        """The reading that ``to_dict`` wrote; unknown keys are ignored."""
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        given["formats"] = tuple(given.get("formats", ()))
        given["options"] = tuple(map(cls.from_dict, given.get("options", ())))
        given["reasons"] = tuple(map(_note, given.get("reasons", ())))
        return cls(**given)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Reading):
        return value.to_dict()
    if isinstance(value, Note):
        return asdict(value) | {"values": dict(value.values)}
    return value


def _note(entry: Mapping[str, Any]) -> Note:
    values = cast("Mapping[str, str | int | float]", entry.get("values", {}))
    return Note(str(entry["text"]), tuple(values.items()))
