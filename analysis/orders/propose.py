"""The proposed mapping: what each table and column most likely is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import DataProblem, UnknownName
from analysis.orders import links, mapping, memory
from analysis.orders.draft import Draft, StagedTable
from analysis.orders.mapping import ColumnMapping, Rule, TableMapping
from analysis.orders.match import Fit, fits
from analysis.orders.privacy import find_personal
from analysis.orders.schema import (
    DIMENSION_TABLES,
    MAX_DIMENSION_VALUES,
    MILESTONES,
    Field,
    FieldType,
    fields_of,
    load_fields,
)  # fmt: skip
from analysis.orders.staged import sample
from analysis.orders.values.canonical import canonical_values
from analysis.orders.values.guess import guess
from analysis.orders.values.native import reading_of_native
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_
from analysis.workspace import Workspace

SAMPLE_ROWS = 20_000

#: Fields that a table must show before it can be one of the order model: one of each
#: group. Order matters: the first table whose signs are all there and score best wins.
SIGNS: Mapping[str, tuple[frozenset[str], ...]] = {
    "offers": (frozenset({"order_id"}), frozenset({"offer_id", "outcome"}),
               frozenset({"outcome", "responded_at", "refuse_reason"})),
    "events": (frozenset({"order_id"}), frozenset({"event_type"}),
               frozenset({"event_at"})),
    "messages": (frozenset({"order_id", "contact_id"}), frozenset({"text"}),
                 frozenset({"sent_at", "sender_kind"})),
    "contacts": (frozenset({"contact_id"}), frozenset({"channel", "opened_at"})),
    "complaints": (frozenset({"order_id"}), frozenset({"complaint_id", "severity"}),
                   frozenset({"class", "text"})),
    "reviews": (frozenset({"order_id"}), frozenset({"stars"}),
                frozenset({"review_id", "text"})),
    "shifts": (frozenset({"rider_id", "shift_id"}), frozenset({"planned_start",
               "online_start"})),
    "riders": (frozenset({"rider_id"}),),
    "merchants": (frozenset({"merchant_id"}),),
    "customers": (frozenset({"customer_id"}),),
}  # fmt: skip

#: Signs of a table with one row an order, beside the order ID.
ORDER_SIGNS = frozenset(MILESTONES) | {"promised_at", "status", "cancelled_at"}

#: How several rows an order become one value, by field; ``first`` for the others.
DETAIL_RULES: Mapping[str, Rule] = {
    "basket_amount": "sum", "delivery_fee": "sum", "refund_amount": "sum",
    "compensation_amount": "sum", "promised_pickup_at": "min", "rating": "last",
}  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """A staged table with a sample of its values and how they may be read."""

    table: StagedTable
    frame: pd.DataFrame

    @cached_property
    def readings(self) -> dict[str, _Readings]:
        kinds = _kinds(self.table)
        return {
            name: _Readings(self.frame[name], kinds.get(name))
            for name in self.table.columns
        }

    def is_unique(self, column: str) -> bool:
        values = self.frame[column].dropna()
        return bool(len(values)) and values.is_unique

    def fits(self, model: str) -> dict[str, Sequence[Fit]]:
        fields = fields_of(model)
        return {
            name: fits(name, fields, self.readings[name]) for name in self.table.columns
        }


class _Readings(dict[str, Reading]):
    """Readings of one column by wanted field type, guessed when asked for.

    Args:
        values: A sample of the column.
        kind: Its type where the file has types of its own; None for text.
    """

    def __init__(self, values: pd.Series, kind: pa.DataType | None) -> None:
        super().__init__()
        self._values = values
        self._kind = kind

    def __missing__(self, wanted: str) -> Reading:
        reading = self._guess(wanted)
        self[wanted] = reading
        return reading

    def _guess(self, wanted: str) -> Reading:
        type_wanted = cast("FieldType | None", wanted or None)
        if self._kind is None or pa.types.is_string(self._kind):
            return guess(self._values, wanted=type_wanted)
        if wanted in _TIMES and _is_number(self._kind):
            text = self._values.dropna().astype("str")
            return replace(guess(text, wanted=type_wanted), native=True)
        if wanted in _TEXTS:
            return Reading("text", ("native",), native=True)
        return reading_of_native(self._kind, _arrow(self._values, self._kind))


_TIMES = ("time", "date")
_TEXTS = ("id", "text", "category", "free_text")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _arrow(values: pd.Series, kind: pa.DataType) -> pa.Array | None:
    """The values as Arrow, for types whose values tell more than the type."""
    if not pa.types.is_timestamp(kind):
        return None
    return pa.Array.from_pandas(values.dropna(), type=kind)


def _kinds(table: StagedTable) -> dict[str, pa.DataType]:
    """Types of the columns of a Parquet table; text columns and CSV have none."""
    if table.format == "csv":
        return {}
    schema = pq.read_schema(table.paths[0])
    plain = (item for item in schema if item.name not in table.text)
    return {item.name: _plain_kind(item.type) for item in plain}


def _plain_kind(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if pa.types.is_large_string(kind) else kind


def propose_mapping(
    draft: Draft, *, workspace: Workspace | None = None
) -> mapping.Mapping:
    """Propose what every table and column of a draft means.

    Args:
        draft: What was brought in.
        workspace: Where mappings of files with the same headers are remembered; the
            draft's own by default.

    Returns:
        A mapping with a confidence and reasons for every column; what could not be
        decided is in its ``questions()``.

    Raises:
        DataProblem: if the draft has no table.
    """
    if not draft.tables:
        raise DataProblem(
            N_("The draft {draft} has no table."),
            hint=N_("Bring in at least one file."),
            draft=draft.id,
        )
    workspace = workspace or Workspace.open(draft.path.parent.parent)
    return memory.recall(draft, workspace=workspace) or _proposal(draft)


def _proposal(draft: Draft) -> mapping.Mapping:
    seen = [_Seen(table, sample(table, rows=SAMPLE_ROWS)) for table in draft.tables]
    orders = _orders_table(seen)
    taken: set[str] = set()
    tables = {}
    for item in sorted(seen, key=lambda item: item is not orders):
        target = "orders" if item is orders else _target(item)
        entry = _table_mapping(item, target, taken)
        tables[item.table.id] = entry
        taken |= _order_fields(entry)
    entries = tuple(tables[item.table.id] for item in seen)
    unique = {
        (item.table.id, name)
        for item in seen
        for name in item.table.columns
        if item.is_unique(name)
    }
    return links.linked(mapping.Mapping(tables=entries), unique=unique)


def _order_fields(entry: TableMapping) -> set[str]:
    """Fields of the order that a table has already filled."""
    if entry.target not in {"orders", mapping.DETAILS, mapping.LOOKUP}:
        return set()
    return {item.field for item in entry.columns if item.use == "field"}


def _orders_table(seen: Sequence[_Seen]) -> _Seen | None:
    """The table with one row an order: it names orders and shows their milestones."""
    ranked = [(_order_score(item), -place) for place, item in enumerate(seen)]
    score, place = max(ranked)
    return seen[-place] if score > 0 else None


def _order_score(item: _Seen) -> float:
    chosen = _assigned(item.fits("orders"))
    names = {fit.field.name: column for column, fit in chosen.items()}
    if "order_id" not in names:
        return 0.0
    signs = len(ORDER_SIGNS & names.keys())
    unique = item.is_unique(names["order_id"])
    return 1.0 + signs + (2.0 if unique else 0.0) + len(names) / 100


def _target(item: _Seen) -> str:
    """The table of the order model that a further table is."""
    scores = {model: _sign_score(item, model) for model in SIGNS}
    best = max(scores, key=lambda model: scores[model])
    if scores[best] > 0:
        return best
    names = {fit.field.name for fit in _assigned(item.fits("orders")).values()}
    return mapping.DETAILS if "order_id" in names else mapping.LOOKUP


def _sign_score(item: _Seen, model: str) -> float:
    chosen = _assigned(item.fits(model))
    names = {fit.field.name: column for column, fit in chosen.items()}
    if not all(group & names.keys() for group in SIGNS[model]):
        return 0.0
    if model in DIMENSION_TABLES:
        key = names[f"{model.removesuffix('s')}_id"]
        return sum(fit.confidence for fit in chosen.values()) / 2 * item.is_unique(key)
    return sum(fit.confidence for fit in chosen.values()) + len(SIGNS[model])


def _assigned(found: Mapping[str, Sequence[Fit]]) -> dict[str, Fit]:
    """One field a column and one column a field, the surest first."""
    pairs = [(fit, column) for column, options in found.items() for fit in options]
    chosen: dict[str, Fit] = {}
    used: set[str] = set()
    for fit, column in sorted(pairs, key=lambda pair: -pair[0].confidence):
        if column not in chosen and fit.field.name not in used:
            chosen[column] = fit
            used.add(fit.field.name)
    return chosen


def _table_mapping(item: _Seen, target: str, taken: Iterable[str]) -> TableMapping:
    model = target if target in load_fields() else "orders"
    keep = {"order_id"} if target == mapping.DETAILS else set()
    blocked = set(taken) - keep if model == "orders" and target != "orders" else set()
    chosen = {
        column: fit
        for column, fit in _assigned(item.fits(model)).items()
        if fit.field.name not in blocked
    }
    columns = tuple(
        _fitted(item, name, chosen[name], target)
        if name in chosen
        else _further(item, name, target)
        for name in item.table.columns
    )
    return TableMapping(
        table=item.table.id,
        title=item.table.title,
        signature=mapping.signature(item.table.columns),
        target=target,
        columns=columns,
    )


def _fitted(item: _Seen, name: str, fit: Fit, target: str) -> ColumnMapping:
    values = item.frame[name]
    personal = find_personal(name, values, fit.field)
    return ColumnMapping(
        column=name,
        use="field",
        field=fit.field.name,
        reading=fit.reading,
        after="created_at" if fit.reading.is_duration and _is_time(fit.field) else "",
        rule=DETAIL_RULES.get(fit.field.name, "first"),
        values=_words(fit.field, values),
        personal=personal.kind,
        confidence=fit.confidence,
        reasons=(*fit.reasons, *fit.reading.reasons),
    )


def _further(item: _Seen, name: str, target: str) -> ColumnMapping:
    """A column that is no field: a dimension where it has few values."""
    reading = item.readings[name][""]
    values = item.frame[name]
    personal = find_personal(name, values, None)
    distinct = int(values.nunique())
    entry = ColumnMapping(
        column=name,
        use="other",
        field=name,
        reading=replace(reading, options=(), is_ambiguous=False),
        rule="sum" if reading.type == "number" else "first",
        personal=personal.kind,
        confidence=0.5,
        reasons=(Note.of(N_("no field has such a name")), *reading.reasons),
    )
    if target == mapping.LOOKUP and not item.is_unique(name) and distinct == 0:
        return replace(entry, use="ignore")
    if personal.kind or distinct > MAX_DIMENSION_VALUES or reading.type == "time":
        return entry
    reason = Note.of(N_("{count} distinct values: a dimension"), count=distinct)
    return replace(entry, use="dimension", reasons=(*entry.reasons, reason))


def _words(field: Field, values: pd.Series) -> dict[str, str]:
    """The file's words for a status and the like, in the words of the order model."""
    if field.type != "category":
        return {}
    seen = values.dropna().astype(str).str.strip().unique()[:1_000]
    return dict(canonical_values(field, tuple(seen)))


def _is_time(field: Field) -> bool:
    return field.type in {"time", "date"}


def propose_table(
    table: StagedTable, target: str, *, taken: Iterable[str] = ()
) -> TableMapping:
    """What the columns of a table mean once a person has said what the table is.

    Args:
        table: A table of a draft.
        target: A table of the order model, ``details``, ``lookup`` or ``ignored``.
        taken: Fields of the order that other tables fill.
    """
    seen = _Seen(table, sample(table, rows=SAMPLE_ROWS))
    return _table_mapping(seen, target, taken)


def propose_column(
    table: StagedTable, column: str, *, target: str, field: str
) -> ColumnMapping:
    """What a column means once a person has said which field it is.

    Args:
        table: A table of a draft.
        column: Header of the column.
        target: What the table is.
        field: A field of that table; empty for a column that is no field.

    Raises:
        UnknownName: if there is no such field.
    """
    seen = _Seen(table, sample(table, rows=SAMPLE_ROWS))
    chosen = Note.of(N_("you chose it"))
    if not field:
        further = _further(seen, column, target)
        return replace(
            further, confidence=1.0, reasons=(chosen, *further.reading.reasons)
        )
    known = fields_of(target if target in load_fields() else "orders")
    if field not in known:
        raise UnknownName.of(N_("field"), field, known)
    reading = seen.readings[column][known[field].type]
    return _fitted(seen, column, Fit(known[field], 1.0, reading, (chosen,)), target)
