"""A remembered mapping held against the files that it is to read now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from analysis.orders.columns import ColumnMapping, TableMapping
from analysis.orders.draft import Draft
from analysis.orders.mapping import CHOSEN, Mapping, choices_of
from analysis.orders.match import ANYTHING, Wanted, wanted
from analysis.orders.privacy import find_inside, find_personal
from analysis.orders.schema import Field
from analysis.orders.seen import Seen, in_metres
from analysis.orders.values.canonical import UNKNOWN_WORDS, unknown_notes, words_of
from analysis.orders.values.parse import read_value, says_missing
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.sampled import Sampled
from analysis.words import N_

#: Different texts of a column that two readings are compared on.
COMPARED = 5_000

#: Days in one order of day and month that are too many against the other order.
WIDER = 5

_TEXTS = {"id", "text", "category", "free_text"}
_SPECIAL = {"epoch", "excel serial"}


def held_against(known: Mapping, draft: Draft) -> Mapping:
    """A remembered mapping with what these files show to be otherwise now.

    What a person said of a column stays: its field, use, rule and protection. Its
    reading gives way where it no longer reads the values, or where they leave open
    what only other values had decided; words and personal data that are new are added.

    Args:
        known: A mapping fitted to the draft.
        draft: What was brought in.
    """
    for table in draft.tables:
        seen = Seen.of(table)
        known = known.with_table(_entry(known.table(table.id), seen))
        if known.offers is not None and known.offers.table == table.id:
            known = replace(known, offers=_entry(known.offers, seen))
    return known


def _entry(entry: TableMapping, seen: Seen) -> TableMapping:
    columns = (
        _held(item, seen, entry.order_field(item), seen.frame[item.column])
        for item in entry.columns
    )
    return replace(entry, columns=tuple(columns))


def _held(
    item: ColumnMapping, seen: Seen, field: Field | None, values: pd.Series
) -> ColumnMapping:
    item = _protected(_read_anew(item, seen, field), values, field)
    return _with_words(item, field, values) if field and item.use == "field" else item


def _protected(
    item: ColumnMapping, values: pd.Series, field: Field | None
) -> ColumnMapping:
    if item.personal:
        return item
    kind = find_personal(item.column, values, field).kind
    if not kind and item.reading.type == "text":
        kind = find_inside(values, field)
    return replace(item, personal=kind) if kind else item


def _read_anew(item: ColumnMapping, seen: Seen, field: Field | None) -> ColumnMapping:
    """The column with the reading and the words that its values need now."""
    if item.use == "ignore":
        return item
    values = seen.frame[item.column]
    found = seen.readings[item.column][_wanted(item, field)]
    if field is not None:
        found = in_metres(found, field, item.column)
    else:
        found = replace(found, options=(), is_ambiguous=False)
    reading = _reading(item.reading, found, Sampled.of(values), field)
    if reading is not item.reading:
        item = _with_reading(item, reading, field)
    return item


def _with_words(item: ColumnMapping, field: Field, values: pd.Series) -> ColumnMapping:
    """The column with words that are new; what a person said of others stays."""
    fresh = words_of(field, values, is_personal=bool(item.personal))
    if not fresh:
        return item
    kept = dict(item.values)
    said = {word: ours for word, ours in kept.items() if word != ours}
    notes = unknown_notes(field, {**fresh, **said})
    others = (note for note in item.reasons if note.text != UNKNOWN_WORDS)
    words = {**kept, **fresh, **said}
    return replace(item, values=words, reasons=(*notes, *others))


def _wanted(item: ColumnMapping, field: Field | None) -> Wanted:
    if field is not None:
        return wanted(field)
    is_key = item.reading.type == "text" and item.reading.zero_is_missing
    return ("id", "") if is_key else ANYTHING


def _with_reading(
    item: ColumnMapping, reading: Reading, field: Field | None
) -> ColumnMapping:
    """The column read otherwise, with the reason before all others."""
    if reading.is_ambiguous:
        text = N_("it was read as {before}, but these values fit {others} as well")
        others = ", ".join(" ".join(option.formats) for option in reading.options)
        note = Note.of(text, before=_told(item.reading), others=others)
    else:
        text = N_("its values are no longer written as {before}: read as {now}")
        note = Note.of(text, before=_told(item.reading), now=_told(reading))
    after = item.after if reading.is_duration else ""
    is_time = field is not None and field.type in {"time", "date"}
    if is_time and reading.is_duration and not item.reading.is_duration:
        after = "created_at"
    adds = item.rule in {"sum", "mean"} and reading.type in {"integer", "number"}
    rule = item.rule if adds or item.rule not in {"sum", "mean"} else "first"
    reasons = (note, *item.reasons)
    return replace(item, reading=reading, after=after, rule=rule, reasons=reasons)


def _told(reading: Reading) -> str:
    return ", ".join((*reading.formats, *filter(None, [reading.unit]))) or reading.type


def _reading(
    kept: Reading, found: Reading, sample: Sampled, field: Field | None
) -> Reading:
    """The kept reading where it still holds, otherwise the one found now."""
    if not sample.present:
        return kept
    if kept.sampled and kept.sampled == kept.missing:
        return found  # Nothing was there to decide on.
    if kept.native or found.native:
        is_same = (kept.native, kept.type) == (found.native, found.type)
        return kept if is_same else found
    if kept.type == "text":
        return found if _is_fuller_text(kept, found) else kept
    is_typed = field is not None and field.type not in _TEXTS
    return kept if is_typed and found.type == "text" else _typed(kept, found, sample)


def _typed(kept: Reading, found: Reading, sample: Sampled) -> Reading:
    """The same for two readings of text, of which the kept one may fail."""
    if _are_alike(kept, found) and not found.is_ambiguous:
        return kept
    texts = _some(sample)
    if _is_other_kind(kept, found) or _reads(found, texts) > _reads(kept, texts):
        return found
    return _asked(kept, found, texts) if found.is_ambiguous else kept


def _is_fuller_text(kept: Reading, found: Reading) -> bool:
    return found.type == "text" and not set(found.formats) <= set(kept.formats)


def _are_alike(one: Reading, other: Reading) -> bool:
    return _marks(one) == _marks(other) and one.formats == other.formats


def _marks(reading: Reading) -> tuple[object, ...]:
    marks = (reading.decimal, reading.thousands, reading.unit, reading.scale)
    return (reading.type, reading.has_offset, *marks)


def _is_other_kind(kept: Reading, found: Reading) -> bool:
    """Whether the values count or mean something else, though both readings read."""
    if found.type == "text":
        return False
    if kept.is_duration or found.is_duration:
        return kept.is_duration != found.is_duration
    if _SPECIAL & {*kept.formats, *found.formats}:
        return (kept.formats, kept.unit) != (found.formats, found.unit)
    return (kept.unit, kept.scale) != (found.unit, found.scale)


def _asked(kept: Reading, found: Reading, texts: Sequence[str]) -> Reading:
    """The kept reading if a person chose it and nothing speaks against it.

    Otherwise the question, with the kept reading as the first answer: that other
    values were written so says nothing of these.
    """
    choices = choices_of(replace(found, options=()))
    choices += found.options
    ours = [one for one in choices if set(one.formats) & set(kept.formats)]
    others = tuple(one for one in choices if one not in ours[:1])
    if not ours:
        return found
    is_chosen = any(note.text == CHOSEN for note in kept.reasons)
    if is_chosen and not _spreads(kept, others, texts):
        return kept
    return replace(ours[0], options=_bare(others), is_ambiguous=True)


def _bare(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    return tuple(
        replace(one, options=(), is_ambiguous=False, reasons=()) for one in readings
    )


def _spreads(kept: Reading, others: Sequence[Reading], texts: Sequence[str]) -> bool:
    """Whether days that follow each other in another order lie far apart in ours."""
    spans = [_days(other, texts) for other in others]
    return any(_days(kept, texts) >= WIDER * (span + 1) for span in spans)


def _days(reading: Reading, texts: Sequence[str]) -> int:
    read = (read_value(text, reading) for text in texts)
    days = [value.toordinal() for value in read if isinstance(value, date)]
    return max(days) - min(days) if days else 0


def _reads(reading: Reading, texts: Sequence[str]) -> int:
    return sum(
        says_missing(text, reading) or read_value(text, reading) is not None
        for text in texts
    )


def _some(sample: Sampled) -> Sequence[str]:
    """Different texts of the sample, evenly drawn where there are many."""
    texts: list[str] = sample.texts.to_pylist()
    places = np.linspace(0, len(texts) - 1, min(len(texts), COMPARED), dtype=int)
    return [texts[place] for place in places]
