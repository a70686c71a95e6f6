"""Text to typed values: a reading is guessed on a sample, then applied to a column."""

from analysis.orders.values.canonical import canonical_values
from analysis.orders.values.guess import guess
from analysis.orders.values.missing import clean, clean_value
from analysis.orders.values.native import reading_of_native
from analysis.orders.values.parse import is_missing, parse, read_value, says_missing
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.zones import to_local, to_utc

__all__ = [
    "Note",
    "Reading",
    "canonical_values",
    "clean",
    "clean_value",
    "guess",
    "is_missing",
    "parse",
    "read_value",
    "reading_of_native",
    "says_missing",
    "to_local",
    "to_utc",
]
