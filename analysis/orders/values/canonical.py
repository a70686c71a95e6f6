"""The words of a file in the words of the order model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from analysis.files import read_yaml
from analysis.orders.schema import Field, normalise_header
from analysis.orders.values.missing import clean_value
from analysis.orders.values.reading import Note
from analysis.words import N_

#: Different values of a column that are translated.
MOST_WORDS = 1_000

#: Unknown values that a note names.
NAMED_WORDS = 5
UNKNOWN_WORDS = N_("words that Doorstep does not know: {words}")

#: Word for what says that there was none.
NONE = ""

_STATUS_TABLES = {"orders"}


def canonical_values(field: Field, seen: Sequence[str]) -> dict[str, str]:
    """What each value of a status-like field is called in the order model.

    Args:
        field: The field, such as ``status`` of orders or ``outcome`` of offers.
        seen: Values as the file has them, without blanks around them.

    Returns:
        Each value seen and its word; a value that nobody knows stands for itself.
        Of a reason only the values that say that there was none, with an empty word.
        Empty for a field that has no words of its own.
    """
    words = _words_of(field)
    if not words:
        return {}
    present = [value for value in seen if clean_value(value) is not None]
    found = {value: words.get(normalise_header(value), value) for value in present}
    if set(words.values()) == {NONE}:
        return {value: ours for value, ours in found.items() if ours == NONE}
    return found


def words_of(
    field: Field, values: pd.Series, *, is_personal: bool = False
) -> dict[str, str]:
    """The file's words for a status and the like, in the words of the order model.

    Args:
        field: The field that the column is mapped to.
        values: A sample of the column.
        is_personal: Something personal is among them, so that only words that are
            known may be written down.
    """
    if field.type != "category":
        return {}
    seen = values.dropna().astype(str).str.strip().unique()[:MOST_WORDS]
    words = canonical_values(field, tuple(seen))
    unknown = unknown_values(field, words) if is_personal else ()
    return {value: ours for value, ours in words.items() if value not in unknown}


def unknown_values(field: Field, words: Mapping[str, str]) -> tuple[str, ...]:
    """Values whose word is none of the order model's.

    Args:
        field: The field.
        words: The word by the value in the file, as ``words_of`` gives it.
    """
    known = set(_words_of(field).values()) - {NONE}
    return tuple(value for value, ours in words.items() if known and ours not in known)


def unknown_notes(field: Field, words: Mapping[str, str]) -> tuple[Note, ...]:
    """A note that names some of the values that nobody knows; none if there are none.

    Args:
        field: The field.
        words: The word by the value in the file, as ``words_of`` gives it.
    """
    unknown = unknown_values(field, words)
    if not unknown:
        return ()
    shown = ", ".join(unknown[:NAMED_WORDS])
    return (Note.of(UNKNOWN_WORDS, words=shown),)


def _words_of(field: Field) -> Mapping[str, str]:
    if field.name == "status" and field.table not in _STATUS_TABLES:
        return {}
    if field.name == "outcome" and field.table != "offers":
        return {}
    return _all_words().get(field.name, {})


@cache
def _all_words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("canonical.yaml")
    fields = read_yaml(path)
    return {
        name: {
            normalise_header(word): ours
            for ours, words in entry.items()
            for word in words
        }
        for name, entry in fields.items()
    }
