"""Guessing numbers, durations and flags from a text sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from analysis.orders.values import numbers as written
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.sampled import Sampled
from analysis.words import N_

#: More digits make an identifier: a DOUBLE would no longer tell them apart.
LONGEST_NUMBER = 15

#: How numbers may be written: an example as name, decimal and thousands mark.
_MARKS = (
    ("1234.56", ".", ""), ("1,234.56", ".", ","), ("1.234,56", ",", "."),
    ("1234,56", ",", ""), ("1 234,56", ",", " "), ("1 234.56", ".", " "),
)  # fmt: skip
_LONGEST_PROMISE_MINUTES = 1_440.0
_AFTERNOON_MINUTES = 240.0
_MICRODEGREES = 1e6
_HALF_CIRCLE = 180.0


def guess_number(sample: Sampled, *, unit: str = "") -> Reading | None:
    """The reading of a column of numbers; None if none of its values is one.

    Args:
        sample: The text sample.
        unit: Unit of the field that is looked for, such as ``degree`` or ``m``.
    """
    plain = ~np.isnan(sample.numbers())
    ranked: list[Reading] = []
    for name, decimal, thousands in _MARKS:
        reading = Reading("number", (name,), decimal=decimal, thousands=thousands)
        reads = sample.matches(_narrow_or_wide(reading))
        if decimal == ".":
            reads = reads | plain
        ranked.append(replace(reading, share=sample.share(reads)))
    best = max(ranked, key=lambda item: item.share)
    if not best.share:
        return None
    best = _with_comma_option(sample, best, ranked)
    return _with_whole(sample, _with_unit(sample, best, unit))


def _with_comma_option(
    sample: Sampled, best: Reading, ranked: list[Reading]
) -> Reading:
    """``1,234`` may be a thousand or one and a bit: ask where nothing else tells."""
    comma = next(item for item in ranked if item.formats == ("1234,56",))
    all_commas = bool(pc.all(pc.match_substring(sample.texts, ",")).as_py())
    if best.thousands != "," or comma.share < best.share or not all_commas:
        return best
    return replace(best, options=(comma,), is_ambiguous=True)


def _narrow_or_wide(reading: Reading) -> str:
    # Full-width digits stand where narrow ones may.
    return written.decorated_expression(reading).replace("[0-9]", "[0-9０-９]")


def _with_unit(sample: Sampled, reading: Reading, unit: str) -> Reading:
    percent = pc.ends_with(sample.texts, "%").to_numpy(zero_copy_only=False)
    if sample.share(percent) > 0.5:  # noqa: PLR2004 - most of them
        note = Note.of(N_("percentages are taken as shares of one"))
        return replace(reading, unit="%", scale=0.01).with_reasons(note)
    kilometres = sample.matches(r"(?i).*[0-9]\s*(?:km|公里|千米)")
    if sample.share(kilometres) > 0.5:  # noqa: PLR2004 - most of them
        factor = 1000.0 if unit == "m" else 1.0
        return replace(reading, unit="km", scale=factor)
    if unit == "degree" and _is_micro(sample):
        note = Note.of(N_("coordinates are written in millionths of a degree"))
        return replace(reading, scale=1 / _MICRODEGREES).with_reasons(note)
    return reading


def _is_micro(sample: Sampled) -> bool:
    numbers = sample.numbers()
    size = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    if not len(size):
        return False
    return bool(np.median(size) > _HALF_CIRCLE and size.max() <= 180 * _MICRODEGREES)


def _with_whole(sample: Sampled, reading: Reading) -> Reading:
    whole = sample.matches(r"[+-]?[0-9０-９]{1,15}(?:\.0+)?")
    if reading.scale == 1.0 and not reading.options and sample.share(whole) == 1.0:
        return replace(reading, type="integer")
    return reading


def is_identifier(sample: Sampled) -> bool:
    """Whether digits name something: leading zeros, or too many digits to count."""
    leading = sample.matches("0[0-9]+")
    too_long = sample.matches(f"[0-9]{{{LONGEST_NUMBER + 1},}}")
    return bool(leading.any() or too_long.any())


def id_notes(sample: Sampled) -> Iterable[Note]:
    """What went wrong with identifiers before they came here."""
    scientific = sample.matches(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
    count = int(sample.counts[scientific].sum())
    if count:
        yield Note.of(
            N_("{count} ids like {example} lost their digits in a spreadsheet"),
            count=count,
            example=sample.texts.filter(scientific)[0].as_py(),
        )


def is_float_id(sample: Sampled) -> bool:
    """Whether ids were written as floating-point numbers (``123.0``)."""
    floats = sample.matches(r"[0-9]+\.0+")
    return bool(floats.any()) and sample.share(floats) == 1.0


def guess_flag(sample: Sampled, *, wanted: bool) -> Reading | None:
    """The reading of yes and no; 0 and 1 alone only where a flag is looked for."""
    known = {*written.TRUE_WORDS, *written.FALSE_WORDS}
    words = pc.utf8_lower(sample.texts).to_pylist()
    mask = np.array([word in known for word in words], bool)
    if not mask.any():
        return None
    numeric = all(word in {"0", "1", "0.0", "1.0"} for word in words)
    single = {word for word in words if word in known} <= {"s", "t", "f", "n", "y"}
    if not wanted and (numeric or not mask.all() or (single and len(words) < 2)):  # noqa: PLR2004
        return None
    return Reading("flag", share=sample.share(mask))


def guess_duration(sample: Sampled, *, wanted: bool) -> Reading | None:
    """The reading of durations; plain numbers only where a time is looked for."""
    clock = _by_clock(sample)
    if clock is not None:
        return clock
    words = Reading("number", ("duration words",), unit="minutes")
    reads = [
        written.read_duration(text, words) is not None
        for text in sample.texts.to_pylist()[:2_000]
    ]
    seen = sample.where(np.arange(len(sample.texts)) < len(reads))
    share = seen.share(np.array(reads, bool))
    if share > 0.5:  # noqa: PLR2004 - most of them
        return replace(words, share=share)
    return _plain_minutes(sample) if wanted else None


def _by_clock(sample: Sampled) -> Reading | None:
    """``HH:mm:ss``: a time of day if it is in the afternoon as often as not."""
    shape = r"(?:[0-9]+ days?,? +)?[0-9]+:[0-5]?[0-9](?::[0-5]?[0-9](?:\.[0-9]+)?)?"
    mask = sample.matches(shape)
    share = sample.share(mask)
    if share <= 0.5:  # noqa: PLR2004 - most of them
        return None
    long = Reading("number", ("duration HH:mm:ss",), unit="minutes", share=share)
    clock = replace(long, formats=("duration clock",))
    short = replace(long, formats=("duration mm:ss",))
    minutes = [
        written.read_duration(text, long) or 0.0
        for text in sample.where(mask).texts.to_pylist()[:2_000]
    ]
    has_seconds = bool(sample.matches(".*:.*:.*").any())
    if max(minutes) < 1440 and np.median(minutes) > _AFTERNOON_MINUTES:  # noqa: PLR2004
        return replace(clock, options=(long,))
    return replace(long, options=(clock,) if has_seconds else (short, clock))


def _plain_minutes(sample: Sampled) -> Reading | None:
    numbers = sample.numbers()
    fits = (numbers >= 0) & (numbers <= _LONGEST_PROMISE_MINUTES)
    share = sample.share(fits)
    if share <= 0.5:  # noqa: PLR2004 - most of them
        return None
    note = Note.of(N_("its numbers are taken as minutes"))
    found = Reading("number", ("duration number",), "minutes", share=share)
    others = tuple(replace(found, unit=unit) for unit in ("seconds", "hours"))
    return replace(found, options=others, reasons=(note,))
