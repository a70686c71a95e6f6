"""Guessing how times are written, from the shapes that occur in a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.orders.values.formats import TimeFormat, month_number, time_formats
from analysis.orders.values.missing import BLANKS
from analysis.orders.values.native import NANOSECONDS, SINCE_1970
from analysis.orders.values.reading import Note, Reading
from analysis.orders.values.sampled import Sampled
from analysis.orders.values.times import EPOCH_UNITS, is_zero_time
from analysis.words import N_

_SHAPES = 60
_PLAUSIBLE_YEARS = (1990, 2060)
_EPOCH_SECONDS = (631_152_000.0, 2_840_140_800.0)
_EXCEL_DAYS = (20_000.0, 60_000.0)
_PIVOT = 69
_MANY_YEARS = 8


@dataclass(frozen=True)
class _Fit:
    """A format, the distinct texts that it reads and the years between them."""

    format: TimeFormat
    reads: np.ndarray
    count: int
    years: int


def guess_time(sample: Sampled, *, wanted: bool) -> Reading | None:
    """The reading of a column of times or durations; None if it is none.

    Args:
        sample: The text sample.
        wanted: Whether a time is looked for, so that numbers may be times.
    """
    zero = np.array([is_zero_time(text) for text in sample.texts.to_pylist()], bool)
    rest = sample.where(~zero)
    special = _saved_as_timestamps(sample)
    if special is not None:
        return special
    if wanted and not len(rest.texts):
        nothing = Reading("time", ("epoch",), unit="s", has_offset=True)
        return replace(nothing, zeros=sample.present)
    found = _written(rest) or (_numeric(rest) if wanted else None)
    if found is None:
        return None
    zeros = int(sample.counts[zero].sum())
    return replace(found, zeros=zeros).with_reasons(*_zero_notes(zeros))


def _zero_notes(zeros: int) -> Iterable[Note]:
    if zeros:
        yield Note.of(N_("{count} zero times are taken as missing"), count=zeros)


def _saved_as_timestamps(sample: Sampled) -> Reading | None:
    """Durations that a program wrote as times of 1 January 1970."""
    nanoseconds = sample.matches(r"1970-01-01[ T]00:00:00\.000[0-9]{6}.*")
    zeros = sample.matches(r"1970-01-01(?:[ T]00:00(?::00(?:\.0+)?)?)?")
    if nanoseconds.any() and sample.share(nanoseconds | zeros) > 0.95:  # noqa: PLR2004
        kind = ("duration nanosecond timestamp",)
        return Reading("number", kind, unit="hours", reasons=(NANOSECONDS,))
    in_1970 = sample.matches(r"1970-01-0[1-3][ T][0-9:.]+")
    several = int((in_1970 & ~zeros).sum()) > 1
    if several and sample.share(in_1970) == 1.0:
        return Reading(
            "number", ("duration since 1970",), unit="minutes", reasons=(SINCE_1970,)
        )
    return None


def _written(sample: Sampled) -> Reading | None:
    fits = sorted(_fits(sample), key=_preference)
    if not fits or not fits[0].count:
        return None
    chosen = _chosen(fits)
    first = chosen[0].format
    twins = [fit for fit in fits if _are_twins(fit, chosen[0])]
    reads = np.logical_or.reduce([fit.reads for fit in chosen])
    has_time = any(fit.format.has_time for fit in chosen)
    reading = Reading(
        type="time" if has_time else "date",
        formats=tuple(fit.format.name for fit in chosen),
        has_offset=bool(first.zone),
        share=sample.share(reads),
    )
    options = tuple(_twin_reading(reading, chosen, twin) for twin in twins)
    return replace(
        reading,
        options=options,
        is_ambiguous=bool(options),
        reasons=(*_format_notes(chosen), *_order_notes(first, options)),
    )


def _format_notes(chosen: list[_Fit]) -> Iterable[Note]:
    for fit in chosen:
        yield Note.of(
            N_("{count} values are written {format}"),
            count=fit.count,
            format=fit.format.name,
        )


def _order_notes(first: TimeFormat, options: tuple[Reading, ...]) -> Iterable[Note]:
    if options:
        yield Note.of(
            N_("{format} and {other} fit every value: which one it is has to be said"),
            format=first.name,
            other=options[0].formats[0],
        )


def _preference(fit: _Fit) -> tuple[int, int, tuple[int, int, str]]:
    # Days taken for two-digit years would spread over decades.
    return -fit.count, fit.years // _MANY_YEARS, _rank(fit.format)


def _rank(item: TimeFormat) -> tuple[int, int, str]:
    # Day first is the usual order in the world, month first with AM and PM.
    is_american = "hh" in item.name
    orders = {
        "year": 0,
        "day": 2 if is_american else 1,
        "month": 1 if is_american else 2,
    }
    short_year = item.name.startswith("YY") and not item.name.startswith("YYYY")
    return (3 if short_year else orders[item.order], len(item.name), item.name)


def _chosen(fits: list[_Fit]) -> list[_Fit]:
    """The best format, then those that read what is left and do not contradict."""
    chosen = [fits[0]]
    left = ~fits[0].reads
    for fit in fits[1:]:
        first = chosen[0].format
        if bool(fit.format.zone) != bool(first.zone) or not (fit.reads & left).any():
            continue
        if any(_contradicts(fit.format, other.format) for other in chosen):
            continue
        chosen.append(fit)
        left &= ~fit.reads
    return chosen


def _digits_layout(item: TimeFormat) -> str:
    mark = next((mark for mark in "-/." if mark in item.date), "")
    return mark + ("" if "MMM" in item.name or "mês" in item.name else "digits")


def _contradicts(one: TimeFormat, other: TimeFormat) -> bool:
    """Whether the same digits would be a day in one and a month in the other."""
    same = _digits_layout(one) == _digits_layout(other)
    both_last = "YYYY" not in (one.date[:4], other.date[:4])
    return same and both_last and _date_order(one) != _date_order(other)


def _date_order(item: TimeFormat) -> tuple[str, bool]:
    return item.order, "YYYY" in item.date


def _are_twins(fit: _Fit, best: _Fit) -> bool:
    """Whether another order of the same digits reads as many values."""
    if fit is best or not _contradicts(fit.format, best.format):
        return False
    if fit.years // _MANY_YEARS != best.years // _MANY_YEARS:
        return False
    same_time = _time_part(fit.format) == _time_part(best.format)
    return same_time and bool((fit.reads | ~best.reads).all())


def _time_part(item: TimeFormat) -> str:
    return item.name.removeprefix(item.date)


def _twin_reading(reading: Reading, chosen: list[_Fit], twin: _Fit) -> Reading:
    """The reading in the other order, its further formats included."""
    date = twin.format.date
    formats = [twin.format.name]
    for fit in chosen[1:]:
        other = date + _time_part(fit.format)
        same = fit.format.date == chosen[0].format.date and other in time_formats()
        formats.append(other if same else fit.format.name)
    return replace(reading, formats=tuple(formats))


def _fits(sample: Sampled) -> Iterable[_Fit]:
    """Formats that match one of the common shapes, with what they really read."""
    shapes = pc.replace_substring_regex(sample.texts, pattern="[0-9]", replacement="9")
    found = pc.value_counts(shapes).sort(order="descending", by="counts")
    common = found.field("values")[:_SHAPES]
    places = [pc.index(shapes, shape).as_py() for shape in common]
    examples = [sample.texts[place].as_py() for place in places]
    for item in time_formats().values():
        if any(_matches(text, item) for text in examples):
            reads, years = reads_of(sample.texts, item)
            yield _Fit(item, reads, int(sample.counts[reads].sum()), years)


def _matches(text: str, item: TimeFormat) -> bool:
    text = text.lower() if item.lowers else text
    for old, new in item.replacements:
        text = text.replace(old, new)
    return item.expression.match(text) is not None


def reads_of(texts: pa.StringArray, item: TimeFormat) -> tuple[np.ndarray, int]:
    """Which texts are possible dates in this format, and how many years they span."""
    if item.lowers:
        texts = pc.utf8_lower(texts)
    for old, new in item.replacements:
        texts = pc.replace_substring(texts, pattern=old, replacement=new)
    texts = pc.utf8_trim(texts, characters=BLANKS)
    found = pc.extract_regex(texts, pattern=item.expression.pattern)
    matched = found.is_valid().to_numpy(zero_copy_only=False)
    groups = {field.name: found.field(field.name) for field in found.type}
    reads = matched & _possible(groups)
    years = _year(groups)[reads]
    return reads, int(np.ptp(years)) if len(years) else 0


def _possible(groups: dict[str, pa.Array]) -> np.ndarray:
    year, month, day = _year(groups), _month(groups), _whole(groups["day"])
    low, high = _PLAUSIBLE_YEARS
    years = (year >= low) & (year < high)
    months = (month >= 1) & (month <= 12)  # noqa: PLR2004 - months of a year
    first = (np.where(years, year, low) - 1970) * 12 + np.where(months, month, 1) - 1
    starts = first.astype("datetime64[M]")
    lengths = (starts + 1).astype("datetime64[D]") - starts.astype("datetime64[D]")
    days = (day >= 1) & (day <= lengths.astype(int))
    return years & months & days & _clock(groups)


def _clock(groups: dict[str, pa.Array]) -> np.ndarray:
    good = np.ones(len(groups["day"]), bool)
    for name, low, high in (
        ("hour", 0, 23), ("hour12", 1, 12), ("minute", 0, 59), ("second", 0, 59),
    ):  # fmt: skip
        if name in groups:
            value = _whole(groups[name])
            good &= (value >= low) & (value <= high)
    return good


def _whole(texts: pa.Array) -> np.ndarray:
    digits = pc.if_else(pc.equal(texts, ""), "-1", texts)
    return pc.fill_null(digits, "-1").cast(pa.int64()).to_numpy()


def _year(groups: dict[str, pa.Array]) -> np.ndarray:
    if "year" in groups:
        return _whole(groups["year"])
    short = _whole(groups["short_year"])
    return short + np.where(short >= _PIVOT, 1900, 2000)


def _month(groups: dict[str, pa.Array]) -> np.ndarray:
    if "month" in groups:
        return _whole(groups["month"])
    names = groups["month_name"].fill_null("").to_pylist()
    return np.array([month_number(name) if name else -1 for name in names], dtype=int)


def _numeric(sample: Sampled) -> Reading | None:
    """Epochs and the serial dates of spreadsheets, where a time is looked for."""
    numbers = sample.numbers()
    best: Reading | None = None
    for unit, factor in EPOCH_UNITS.items():
        seconds = numbers * factor / 1e6
        fits = (seconds >= _EPOCH_SECONDS[0]) & (seconds < _EPOCH_SECONDS[1])
        note = Note.of(N_("its numbers count {unit} from 1970"), unit=unit)
        found = Reading("time", ("epoch",), unit=unit, has_offset=True, reasons=(note,))
        best = _better(best, found, sample.share(fits))
    excel = (numbers >= _EXCEL_DAYS[0]) & (numbers < _EXCEL_DAYS[1])
    note = Note.of(N_("its numbers are the serial dates of a spreadsheet"))
    found = Reading("time", ("excel serial",), reasons=(note,))
    return _better(best, found, sample.share(excel))


def _better(best: Reading | None, found: Reading, share: float) -> Reading | None:
    if share <= (best.share if best else 0.5):  # at least every second value
        return best
    return replace(found, share=share)
