"""The words of a file in the words of the order model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from analysis.orders.schema import Field, normalise_header
from analysis.orders.values.missing import clean_value

_STATUS_TABLES = {"orders"}


def canonical_values(field: Field, seen: Sequence[str]) -> dict[str, str]:
    """What each value of a status-like field is called in the order model.

    Args:
        field: The field, such as ``status`` of orders or ``outcome`` of offers.
        seen: Values as the file has them, without blanks around them.

    Returns:
        Each value seen and its word; a value that nobody knows stands for itself.
        Empty for a field that has no words of its own.
    """
    words = _words_of(field)
    if not words:
        return {}
    present = (value for value in seen if clean_value(value) is not None)
    return {value: words.get(normalise_header(value), value) for value in present}


def unknown_values(field: Field, seen: Sequence[str]) -> tuple[str, ...]:
    """Values that are no word of the order model and have no translation."""
    words = _words_of(field)
    known = set(words.values())
    mapped = canonical_values(field, seen)
    return tuple(value for value, word in mapped.items() if word not in known)


def _words_of(field: Field) -> Mapping[str, str]:
    if field.name == "status" and field.table not in _STATUS_TABLES:
        return {}
    if field.name == "outcome" and field.table != "offers":
        return {}
    return _all_words().get(field.name, {})


@cache
def _all_words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("canonical.yaml")
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: {
            normalise_header(word): ours
            for ours, words in entry.items()
            for word in words
        }
        for name, entry in fields.items()
    }
