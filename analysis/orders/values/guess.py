"""How the text of a column is to be read, decided on a sample of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from analysis.orders.schema import FieldType
from analysis.orders.values.guess_numbers import (
    guess_duration,
    guess_flag,
    guess_number,
    id_notes,
    is_float_id,
    is_identifier,
)
from analysis.orders.values.guess_times import guess_time
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.sampled import Sampled
from analysis.words import N_

#: Share that a type must read before a column without a known field gets it.
SURE = 0.98
#: Share that a wanted type must read before it is proposed at all.
LIKELY = 0.5

#: How a column without any value is read where its field is known.
_EMPTY = {
    "time": Reading("time", ("YYYY-MM-DD HH:mm:ss",)),
    "date": Reading("date", ("YYYY-MM-DD",)),
    "integer": Reading("integer"),
    "number": Reading("number"),
    "money": Reading("number"),
    "flag": Reading("flag"),
}

_TEXTS = {"id", "text", "category", "free_text"}


def guess(
    values: Sequence[str | None] | pd.Series,
    *,
    wanted: FieldType | None = None,
    unit: str = "",
) -> Reading:
    """Decide how a column of text is read.

    Args:
        values: A sample as text; at most 50,000 of them are looked at, evenly.
        wanted: Type of the field that the column is meant for; None decides by the
            values alone and only where nearly all of them agree.
        unit: Unit of that field (``m``, ``degree``), to choose a scale.

    Returns:
        A reading with the share that it reads; text if nothing else fits. For a
        wanted time it may be a duration (``is_duration``).
    """
    sample = Sampled.of(values)
    found = _typed(sample, wanted, unit) if sample.present else _EMPTY.get(wanted or "")
    if found is None or found.share < (LIKELY if wanted else SURE):
        found = _text(sample, wanted)
    counted = replace(
        found, sampled=sample.total, missing=sample.missing, blanks=sample.blanks
    )
    return counted.with_reasons(*_notes(sample, counted))


def _typed(sample: Sampled, wanted: FieldType | None, unit: str) -> Reading | None:
    if wanted in _TEXTS:
        return None
    if wanted in {"time", "date"}:
        return _time(sample, wanted)
    if wanted == "flag":
        return guess_flag(sample, wanted=True)
    if wanted in {"number", "money", "integer"}:
        return guess_number(sample, unit=unit) or guess_duration(sample, wanted=False)
    return _by_content(sample)


def _time(sample: Sampled, wanted: FieldType | None) -> Reading | None:
    found = guess_time(sample, wanted=True)
    if found is None or found.share < LIKELY:
        return guess_duration(sample, wanted=True) or found
    if wanted == "time" and found.type == "date":
        options = tuple(replace(item, type="time") for item in found.options)
        return replace(found, type="time", options=options)
    return found


def _by_content(sample: Sampled) -> Reading | None:
    time = guess_time(sample, wanted=False)
    if time is not None and time.share >= SURE and not _is_only_compact(time):
        return time
    flag = guess_flag(sample, wanted=False)
    if flag is not None:
        return flag
    if is_identifier(sample):
        return None
    number = guess_number(sample)
    if number is not None and number.share >= SURE:
        return number
    return guess_duration(sample, wanted=False)


def _is_only_compact(reading: Reading) -> bool:
    # Eight digits in a column that nobody knows are as likely a number as a date.
    return reading.formats == ("YYYYMMDD",)


def _text(sample: Sampled, wanted: FieldType | None) -> Reading:
    if wanted != "id":
        return Reading("text", reasons=tuple(id_notes(sample)) if not wanted else ())
    zeros = int(sample.counts[sample.matches(r"0+|0\.0")].sum())
    return Reading(
        "text",
        formats=("whole number",) if is_float_id(sample) else (),
        zero_is_missing=True,
        zeros=zeros,
        reasons=tuple(id_notes(sample)),
    )


def _notes(sample: Sampled, reading: Reading) -> Iterable[Note]:
    if sample.blanks:
        yield Note.of(N_("{count} values have blanks around them"), count=sample.blanks)
    unread = round((1 - reading.share) * sample.present)
    if unread:
        yield Note.of(N_("{count} sampled values cannot be read"), count=unread)
