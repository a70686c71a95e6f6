"""The proposed mapping: what each table and column most likely is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.errors import DataProblem, UnknownName
from analysis.orders import links, mapping, memory
from analysis.orders.anew import held_against
from analysis.orders.draft import Draft, StagedTable
from analysis.orders.mapping import ColumnMapping, Rule, TableMapping
from analysis.orders.match import ANYTHING, Fit, wanted
from analysis.orders.privacy import find_inside, find_personal
from analysis.orders.schema import (
    DIMENSION_TABLES,
    MAX_DIMENSION_VALUES,
    MILESTONES,
    Field,
    fields_of,
    load_fields,
)  # fmt: skip
from analysis.orders.seen import Seen, in_metres
from analysis.orders.values.canonical import unknown_notes, words_of
from analysis.orders.values.reading import Note
from analysis.words import N_
from analysis.workspace import Workspace

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
    "complaints": (frozenset({"order_id", "contact_id"}),
                   frozenset({"complaint_id", "severity"}),
                   frozenset({"class", "text"})),
    "reviews": (frozenset({"order_id"}), frozenset({"stars"}),
                frozenset({"review_id", "text"})),
    "shifts": (frozenset({"rider_id", "shift_id"}), frozenset({"planned_start",
               "online_start"})),
    "riders": (frozenset({"rider_id"}),),
    "merchants": (frozenset({"merchant_id"}),),
    "customers": (frozenset({"customer_id"}),),
}  # fmt: skip


#: Confidence in an order ID that only its values tell.
UNIQUE_ID = 0.5

#: Signs of a table with one row an order, beside the order ID.
ORDER_SIGNS = frozenset(MILESTONES) | {"promised_at", "status", "cancelled_at"}

#: How several rows an order become one value, by field; ``first`` for the others.
DETAIL_RULES: Mapping[str, Rule] = {
    "basket_amount": "sum", "delivery_fee": "sum", "refund_amount": "sum",
    "compensation_amount": "sum", "promised_pickup_at": "min", "rating": "last",
}  # fmt: skip


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
    known = memory.recall(draft, workspace=workspace)
    return held_against(known, draft) if known else _proposal(draft)


def _proposal(draft: Draft) -> mapping.Mapping:
    seen = [Seen.of(table) for table in draft.tables]
    orders = _orders_table(seen)
    offers = _offers_in(orders) if orders else None
    found = mapping.Mapping(tables=_tables(seen, orders, offers))
    if offers is not None:
        # Of several riders who accepted, the last one brought the order.
        found = replace(found, offers=offers, duplicates="last")
    keys = {
        (item.table.id, name)
        for item in seen
        for name in item.table.columns
        if item.is_key(name)
    }
    return _with_keys_as_ids(links.linked(found, unique=keys), seen)


def _with_keys_as_ids(found: mapping.Mapping, seen: Sequence[Seen]) -> mapping.Mapping:
    """The mapping with the keys of its links read as ids on both sides."""
    by_id = {item.table.id: item for item in seen}
    ends = {(link.table, link.column) for link in found.links}
    ends |= {(link.to, link.to_column) for link in found.links}
    for table, column in sorted(ends):
        if found.table(table).column(column).use != "field":
            reading = by_id[table].readings[column]["id", ""]
            found = found.changed(table, column, reading=reading)
    return found


def _tables(
    seen: Sequence[Seen], orders: Seen | None, offers: TableMapping | None
) -> tuple[TableMapping, ...]:
    """Each table, the orders first, since they take the fields that they show."""
    taken: set[str] = set()
    tables = {}
    for item in sorted(seen, key=lambda item: item is not orders):
        target = "orders" if item is orders else _target(item, orders)
        last = _told_of_offers(offers) if item is orders else ()
        entry = _table_mapping(item, target, taken, last=last)
        tables[item.table.id] = entry
        taken |= _order_fields(entry)
    return tuple(tables[item.table.id] for item in seen)


def _offers_in(orders: Seen) -> TableMapping | None:
    """What its rows say of offers, if it has a row for every rider asked.

    That is so where orders stand in several rows that say how a rider answered.
    """
    names = {
        fit.field.name: column
        for column, fit in _assigned(orders.fits("offers")).items()
    }
    if not {"order_id", "outcome"} <= names.keys():
        return None
    if orders.is_unique(names["order_id"]):
        return None
    found = _table_mapping(orders, "offers", ())
    outcome = found.column(names["outcome"])
    if "accepted" not in set(outcome.values.values()):
        return None
    fields = (item for item in found.columns if item.use == "field")
    return replace(found, columns=tuple(fields))


def _told_of_offers(offers: TableMapping | None) -> Collection[str]:
    """Columns that say something of an offer, and only by default of its order."""
    own = fields_of("offers").keys() - fields_of("orders").keys() | {"pushed_at"}
    columns = offers.columns if offers else ()
    return {item.column for item in columns if item.field in own}


def _order_fields(entry: TableMapping) -> set[str]:
    """Fields of the order that a table has already filled."""
    if entry.target not in {"orders", mapping.DETAILS, mapping.LOOKUP}:
        return set()
    return {item.field for item in entry.columns if item.use == "field"}


def _orders_table(seen: Sequence[Seen]) -> Seen | None:
    """The table with one row an order: it names orders and shows their milestones."""
    ranked = [(_order_score(item), -place) for place, item in enumerate(seen)]
    score, place = max(ranked)
    return seen[-place] if score > 0 else None


def _order_score(item: Seen) -> float:
    chosen = _assigned(item.fits("orders"))
    names = {fit.field.name: column for column, fit in chosen.items()}
    signs = len(ORDER_SIGNS & names.keys())
    if "order_id" not in names:
        # Milestones without a known order ID: orders all the same, with a guess.
        return signs / 100 if signs > 1 else 0.0
    unique = item.is_unique(names["order_id"])
    return 1.0 + signs + (2.0 if unique else 0.0) + len(names) / 100


def _target(item: Seen, orders: Seen | None) -> str:
    """The table of the order model that a further table is."""
    if orders and sorted(item.table.columns) == sorted(orders.table.columns):
        return "orders"
    scores = {model: _sign_score(item, model) for model in SIGNS}
    best = max(scores, key=lambda model: scores[model])
    if scores[best] > 0:
        return best
    names = {fit.field.name for fit in _assigned(item.fits("orders")).values()}
    return mapping.DETAILS if "order_id" in names else mapping.LOOKUP


def _sign_score(item: Seen, model: str) -> float:
    chosen = _assigned(item.fits(model))
    names = {fit.field.name: column for column, fit in chosen.items()}
    if not all(group & names.keys() for group in SIGNS[model]):
        return 0.0
    if model in DIMENSION_TABLES:
        key = names[f"{model.removesuffix('s')}_id"]
        return sum(fit.confidence for fit in chosen.values()) / 2 * item.is_key(key)
    return sum(fit.confidence for fit in chosen.values()) + len(SIGNS[model])


def _assigned(
    found: Mapping[str, Sequence[Fit]], *, last: Collection[str] = ()
) -> dict[str, Fit]:
    """One field a column and one column a field, the surest first.

    Args:
        found: What each column may be.
        last: Columns that stand back behind others as sure.
    """

    def sureness(pair: tuple[Fit, str]) -> tuple[float, bool]:
        fit, column = pair
        return -fit.confidence, column in last

    pairs = [(fit, column) for column, options in found.items() for fit in options]
    chosen: dict[str, Fit] = {}
    used: set[str] = set()
    for fit, column in sorted(pairs, key=sureness):
        if column not in chosen and fit.field.name not in used:
            chosen[column] = fit
            used.add(fit.field.name)
    return chosen


def _table_mapping(
    item: Seen, target: str, taken: Iterable[str], *, last: Collection[str] = ()
) -> TableMapping:
    model = target if target in load_fields() else "orders"
    keep = {"order_id"} if target == mapping.DETAILS else set()
    blocked = set(taken) - keep if model == "orders" and target != "orders" else set()
    chosen = {
        column: fit
        for column, fit in _assigned(item.fits(model), last=last).items()
        if fit.field.name not in blocked
    }
    if target == "orders":
        chosen = _with_order_id(item, chosen)
    columns = tuple(
        _fitted(item, name, chosen[name])
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


def _with_order_id(item: Seen, chosen: dict[str, Fit]) -> dict[str, Fit]:
    """The fields, with the first column of unique values as order ID if none is."""
    if any(fit.field.name == "order_id" for fit in chosen.values()):
        return chosen
    field = fields_of("orders")["order_id"]
    for name in item.table.columns:
        reading = item.readings[name][ANYTHING]
        is_id = reading.type in {"text", "integer"} and item.is_unique(name)
        if name not in chosen and is_id:
            note = Note.of(N_("each of its values stands there once"))
            reading = item.readings[name][wanted(field)]
            return {**chosen, name: Fit(field, UNIQUE_ID, reading, (note,))}
    return chosen


def _fitted(item: Seen, name: str, fit: Fit) -> ColumnMapping:
    values = item.frame[name]
    fit = replace(fit, reading=in_metres(fit.reading, fit.field, name))
    personal = find_personal(name, values, fit.field).kind
    personal = personal or find_inside(values, fit.field)
    words = words_of(fit.field, values, is_personal=bool(personal))
    return ColumnMapping(
        column=name,
        use="field",
        field=fit.field.name,
        reading=fit.reading,
        after="created_at" if fit.reading.is_duration and _is_time(fit.field) else "",
        rule=DETAIL_RULES.get(fit.field.name, "first"),
        values=words,
        personal=personal,
        confidence=fit.confidence,
        reasons=(
            *unknown_notes(fit.field, words), *fit.reasons, *fit.reading.reasons,
        ),
    )  # fmt: skip


def _further(item: Seen, name: str, target: str) -> ColumnMapping:
    """A column that is no field: a dimension where it has few values."""
    reading = item.readings[name][ANYTHING]
    values = item.frame[name]
    personal = find_personal(name, values, None).kind
    if not personal and reading.type == "text":
        personal = find_inside(values, None)
    distinct = int(values.nunique())
    entry = ColumnMapping(
        column=name,
        use="other",
        field=name,
        reading=replace(reading, options=(), is_ambiguous=False),
        rule="sum" if reading.type == "number" and not personal else "first",
        personal=personal,
        confidence=0.5,
        reasons=(Note.of(N_("no field has such a name")), *reading.reasons),
    )
    if name in item.partitions or (target == mapping.LOOKUP and distinct == 0):
        return replace(entry, use="ignore")
    if personal or distinct > MAX_DIMENSION_VALUES or reading.type == "time":
        return entry
    reason = Note.of(N_("{count} distinct values: a dimension"), count=distinct)
    return replace(entry, use="dimension", reasons=(*entry.reasons, reason))


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
    seen = Seen.of(table)
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
    seen = Seen.of(table)
    chosen = Note.of(N_("you chose it"))
    if not field:
        further = _further(seen, column, target)
        return replace(
            further, confidence=1.0, reasons=(chosen, *further.reading.reasons)
        )
    known = fields_of(target if target in load_fields() else "orders")
    if field not in known:
        raise UnknownName.of(N_("field"), field, known)
    reading = seen.readings[column][wanted(known[field])]
    return _fitted(seen, column, Fit(known[field], 1.0, reading, (chosen,)))
