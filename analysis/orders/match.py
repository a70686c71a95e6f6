"""How well a column fits a field: by its header, and by what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache

from analysis.orders.schema import Field, load_fields, normalise_header
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_

#: Confidence by how a header was recognised.
OWN_NAME, SYNONYM, PART, SIMILAR = 1.0, 0.95, 0.7, 0.6

#: Below this similarity two headers have nothing to do with each other.
SIMILARITY = 0.86

#: Least share of values that the reading has to understand.
READABLE = 0.5

TIME_TYPES = ("time", "date")
NUMBER_TYPES = ("integer", "number")

#: What decides how a column is read: the type and the unit of the field it is for.
Wanted = tuple[str, str]

#: A column that is for no field.
ANYTHING: Wanted = ("", "")


def wanted(field: Field) -> Wanted:
    """What a field wants of a reading."""
    return field.type, field.unit


@dataclass(frozen=True, slots=True)
class Fit:
    """A column that may hold a field.

    Attributes:
        field: The field of the order model.
        confidence: 0 to 1.
        reading: How the column would be read for this field.
        reasons: Why.
    """

    field: Field
    confidence: float
    reading: Reading
    reasons: tuple[Note, ...]


def header_fit(header: str, field: Field) -> tuple[float, Note] | None:
    """How a header names a field: its confidence and the reason, None if it does not.

    >>> from analysis.orders.schema import fields_of
    >>> header_fit("下单时间", fields_of("orders")["created_at"])[0]
    0.95
    """
    name = normalise_header(header)
    if name == field.name:
        return OWN_NAME, Note.of(N_("the header is the field's own name"))
    if name in field.synonyms:
        return SYNONYM, Note.of(N_("the header is a known name of it"))
    part = _longest_part(name, field.synonyms)
    if part:
        return PART, Note.of(N_("the header contains {part}"), part=part)
    # "order_id" is no misspelt "rider_id".
    close = "" if name in _known_headers() else _closest(name, field.synonyms)
    if close:
        return SIMILAR, Note.of(N_("the header looks like {name}"), name=close)
    return None


def content_fit(field: Field, reading: Reading) -> tuple[float, Note] | None:
    """How well a reading suits a field: a factor and the reason, None if not at all."""
    if reading.share < READABLE:
        return None
    if field.type in TIME_TYPES:
        return _time_fit(reading)
    if field.type in {"number", "money", "integer"}:
        suits = reading.type in NUMBER_TYPES
        return (1.0, Note.of(N_("its values are numbers"))) if suits else None
    if field.type == "flag":
        suits = reading.type in {"flag", "integer", "text"}
        return (0.95, Note.of(N_("its values say yes or no"))) if suits else None
    if field.type in {"category", "free_text"} and reading.type in TIME_TYPES:
        return None
    return 1.0, Note.of(N_("its values are text"))


def fits(
    header: str, fields: Mapping[str, Field], readings: Mapping[Wanted, Reading]
) -> Sequence[Fit]:
    """All fields that a column may hold, the best first.

    Args:
        header: Header of the column.
        fields: Fields of the table in question.
        readings: Reading of the column by what ``wanted`` says of a field.
    """
    found = []
    for field in fields.values():
        by_header = header_fit(header, field)
        by_content = by_header and content_fit(field, readings[wanted(field)])
        if by_header and by_content:
            found.append(
                Fit(
                    field=field,
                    confidence=round(by_header[0] * by_content[0], 3),
                    reading=readings[wanted(field)],
                    reasons=(by_header[1], by_content[1]),
                )
            )
    return sorted(found, key=lambda fit: -fit.confidence)


def _time_fit(reading: Reading) -> tuple[float, Note] | None:
    if reading.is_duration:
        return 0.9, Note.of(N_("its values are durations"))
    if reading.type in TIME_TYPES:
        return 1.0, Note.of(N_("its values are times"))
    return None


def _longest_part(name: str, synonyms: frozenset[str]) -> str:
    """The longest synonym of two words or more that stands whole in the header."""
    padded = f"_{name}_"
    parts = [known for known in synonyms if "_" in known and f"_{known}_" in padded]
    return max(parts, key=len, default="")


@cache
def _known_headers() -> frozenset[str]:
    """Every header under which some field is known."""
    fields = (field for table in load_fields().values() for field in table.values())
    return frozenset(name for field in fields for name in field.synonyms)


@lru_cache(maxsize=50_000)
def _closest(name: str, synonyms: frozenset[str]) -> str:
    """The synonym that differs by a slip of the pen; empty if there is none."""
    matcher = SequenceMatcher(b=name)
    best, found = SIMILARITY, ""
    for known in sorted(synonyms):
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
            continue
        if matcher.ratio() >= best:
            best, found = matcher.ratio(), known
    return found
