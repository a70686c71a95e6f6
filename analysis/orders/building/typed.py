"""The typed pass: one SELECT that reads a staged table into typed, protected values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from analysis.orders.building import trees
from analysis.orders.draft import StagedTable
from analysis.orders.mapping import ColumnMapping, PromiseRule, TableMapping
from analysis.orders.privacy import protect
from analysis.orders.schema import FieldType
from analysis.orders.staging import relation
from analysis.orders.values.parse import is_missing, look, settle
from analysis.orders.values.reading import Reading
from analysis.orders.values.trees import equals_any
from analysis.orders.values.zones import to_local, to_utc

#: Column of a typed table with the texts that could not be read, as ``place␟text␞``:
#: the place of the column among the used ones.
UNREAD = "unread␟"

#: Before the name of a column as it is in the file, beside its typed value.
RAW = "raw␟"

#: Between the place and its text, and behind each of them.
UNIT, RECORD = "\x1f", "\x1e"

#: Local dates that a version keeps beside the instants, by the time they come from.
LOCAL_DATES: Mapping[str, str] = {
    "created_at": "local_date",
    "promised_at": "promised_date",
    "delivered_at": "delivered_date",
}

PROMISED = "promised_at"

#: The status as the file wrote it, kept beside the one of the order model.
REPORTED_STATUS = "status_reported"

_STORED: Mapping[FieldType, str] = {
    "integer": "BIGINT", "number": "DOUBLE", "money": "DOUBLE", "date": "DATE",
    "flag": "BOOLEAN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TypedPass:
    """What the typed pass of one table needs to know.

    Attributes:
        staged: The table on disk.
        entry: Its mapping.
        zone: Zone of wall clocks where the table has no time zone column.
        zones: Zones that occur in its time zone column; empty without one.
        key: Key of the workspace, for hashes.
        promise: Rule that stands in for a promise that the orders have not.
    """

    staged: StagedTable
    entry: TableMapping
    zone: str
    zones: tuple[str, ...]
    key: bytes
    promise: PromiseRule | None = None

    @property
    def name(self) -> str:
        """Name of the typed table in the scratch database."""
        return f"typed_{self.staged.id}"

    @property
    def can_fail(self) -> bool:
        """Whether any of its texts might not be readable."""
        return any(entry.reading.type != "text" for entry in self.entry.used())

    def select(self) -> exp.Select:
        """The SELECT that reads, types and protects every used column.

        Three levels, so that each names the results of the one inside it instead of
        repeating them: look at each text, settle its value, publish it.
        """
        used = self.entry.used()
        source = relation(self.staged, columns=[entry.column for entry in used])
        looked = exp.select(*_looked(used)).from_(source)
        settled = exp.select(*_settled(used)).from_(_inner(looked))
        columns = [*self._columns(used), *self._unread(used)]
        return exp.select(*columns).from_(_inner(settled))

    def names(self) -> tuple[str, ...]:
        """Published names of its columns, without what serves the build only."""
        return tuple(item.alias for item in self._columns(self.entry.used()))

    def _columns(self, used: tuple[ColumnMapping, ...]) -> Iterator[exp.Alias]:
        for entry in used:
            yield from self._published(entry)
        yield from self._assumed_promise()

    def _assumed_promise(self) -> Iterator[exp.Alias]:
        """The promise by rule and its local date, where the orders have none."""
        created = self.entry.of_field("created_at")
        is_missing = self.entry.target == "orders" and not self.entry.of_field(PROMISED)
        if self.promise is None or created is None or not is_missing:
            return
        minutes = self._promised_minutes(self.promise)
        promised = trees.plus_minutes(self._value(created), minutes)
        local = trees.plus_minutes(self._wall_clock(created), minutes.copy())
        yield trees.aliased(promised, PROMISED)
        yield trees.aliased(_cast(local, "DATE"), LOCAL_DATES[PROMISED])

    def _promised_minutes(self, rule: PromiseRule) -> exp.Expr:
        minutes: exp.Expr = exp.convert(rule.minutes)
        distance = self.entry.of_field("distance_m")
        if not rule.minutes_per_km or distance is None:
            return minutes
        metres = trees.column(distance.column)
        kilometres = exp.Div(this=metres, expression=exp.Literal.number("1000.0"))
        rate = exp.convert(rule.minutes_per_km)
        further = exp.Mul(this=exp.Paren(this=kilometres), expression=rate)
        return exp.Add(this=minutes, expression=further)

    def _published(self, entry: ColumnMapping) -> Iterator[exp.Alias]:
        yield trees.aliased(self._protected(self._value(entry), entry), entry.field)
        if entry.field == "status" and entry.use == "field":
            reported = self._protected(trees.column(entry.column), entry)
            yield trees.aliased(reported, REPORTED_STATUS)
        if entry.use == "field" and self.entry.target == "orders":
            yield from self._local(entry)

    def _protected(self, value: exp.Expr, entry: ColumnMapping) -> exp.Expr:
        kind = entry.protection
        return protect(value, kind, key=self.key) if kind else value

    def _value(self, entry: ColumnMapping) -> exp.Expr:
        """The value of one column: a time in UTC, a word of ours, a number."""
        value = trees.column(entry.column)
        field = self.entry.order_field(entry)
        if entry.after:
            return self._after(entry, value)
        if entry.reading.type == "time":
            return self._utc(entry.reading, value)
        if entry.values:
            return _in_our_words(value, entry.values)
        stored = _STORED.get(field.type) if field else None
        if stored is None:
            return value
        return exp.TryCast(this=value, to=exp.DataType.build(stored, dialect="duckdb"))

    def _after(self, entry: ColumnMapping, minutes: exp.Expr) -> exp.Expr:
        """A duration as the time it ends: the time it starts plus its minutes."""
        start = self.entry.of_field(entry.after)
        if start is None:
            return _cast(exp.Null(), "TIMESTAMP")
        return trees.plus_minutes(self._value(start), minutes)

    def _utc(self, reading: Reading, moment: exp.Expr) -> exp.Expr:
        return moment if reading.has_offset else to_utc(moment, self._zone())

    def _zone(self) -> str | tuple[exp.Expr, tuple[str, ...]]:
        column = self.entry.of_field("timezone")
        if column is None or not self.zones:
            return self.zone
        name = exp.Coalesce(
            this=trees.column(column.column),
            expressions=[exp.Literal.string(self.zone)],
        )
        return name, tuple(dict.fromkeys((*self.zones, self.zone)))

    def _local(self, entry: ColumnMapping) -> Iterator[exp.Alias]:
        """Local date of a time; for the creation its hour and weekday as well."""
        name = LOCAL_DATES.get(entry.field)
        if name is None:
            return
        local = self._wall_clock(entry)
        yield trees.aliased(_cast(local, "DATE"), name)
        if entry.field == "created_at":
            hour = exp.Extract(this=exp.var("hour"), expression=local.copy())
            weekday = exp.Extract(this=exp.var("isodow"), expression=local.copy())
            yield trees.aliased(_cast(hour, "TINYINT"), "local_hour")
            yield trees.aliased(_cast(weekday, "TINYINT"), "local_weekday")

    def _wall_clock(self, entry: ColumnMapping) -> exp.Expr:
        if not entry.after and not entry.reading.has_offset:
            return trees.column(entry.column)
        start = self.entry.of_field(entry.after) if entry.after else None
        if start is not None and not start.reading.has_offset:
            minutes = trees.column(entry.column)
            return trees.plus_minutes(trees.column(start.column), minutes)
        return to_local(self._value(entry), self._zone())

    def _unread(self, used: tuple[ColumnMapping, ...]) -> Iterator[exp.Alias]:
        """Texts that were there and could not be read, only where there are any."""
        typed = [entry for entry in used if entry.reading.type != "text"]
        if not typed:
            return
        texts = [_unread_text(entry, place=used.index(entry)) for entry in typed]
        joined = exp.Nullif(
            this=exp.Anonymous(this="concat", expressions=texts),
            expression=exp.Literal.string(""),
        )
        any_empty = exp.or_(*(_is_empty(entry) for entry in typed))
        yield trees.aliased(exp.Case().when(any_empty, joined), UNREAD)


def _looked(used: tuple[ColumnMapping, ...]) -> Iterator[exp.Alias]:
    for entry in used:
        raw = trees.column(entry.column)
        yield trees.aliased(raw, RAW + entry.column)
        yield trees.aliased(look(raw.copy(), entry.reading), entry.column)


def _settled(used: tuple[ColumnMapping, ...]) -> Iterator[exp.Alias]:
    for entry in used:
        raw = trees.column(RAW + entry.column)
        value = settle(trees.column(entry.column), raw, entry.reading)
        yield trees.aliased(raw.copy(), RAW + entry.column)
        yield trees.aliased(value, entry.column)


def _inner(query: exp.Select) -> exp.Subquery:
    return exp.Subquery(
        this=query, alias=exp.TableAlias(this=exp.to_identifier("read"))
    )


def _is_empty(entry: ColumnMapping) -> exp.Expr:
    """Whether a text gave no value; most rows stop here, so it has to be cheap."""
    raw = trees.column(RAW + entry.column)
    there = exp.Is(this=raw, expression=exp.Null()).not_()
    return exp.and_(
        exp.Is(this=trees.column(entry.column), expression=exp.Null()), there
    )


def _unread_text(entry: ColumnMapping, *, place: int) -> exp.Expr:
    """``place␟text␞`` if the text could not be read; empty if it says "no value"."""
    raw = trees.column(RAW + entry.column)
    empty = exp.Literal.string("")
    inside = [_cast(raw, "VARCHAR"), exp.Literal.string(UNIT + RECORD), empty]
    plain = exp.Anonymous(this="translate", expressions=inside)
    parts = (exp.Literal.string(f"{place}{UNIT}"), plain, exp.Literal.string(RECORD))
    text = exp.Anonymous(this="concat", expressions=list(parts))
    missing = is_missing(raw, entry.reading)
    told = exp.Case().when(missing, empty).else_(text)
    return exp.Case().when(_is_empty(entry), told).else_(empty.copy())


def _in_our_words(tree: exp.Expr, words: Mapping[str, str]) -> exp.Expr:
    """The file's own words replaced, an empty one by NULL; others stay as they are."""
    changed = {seen: ours for seen, ours in words.items() if seen != ours}
    if not changed:
        return tree
    case = exp.Case()
    for ours in sorted(set(changed.values())):
        seen = [key for key, word in changed.items() if word == ours]
        word = exp.Literal.string(ours) if ours else exp.null()
        case = case.when(equals_any(tree, seen), word)
    return case.else_(tree)


def _cast(tree: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=tree, to=exp.DataType.build(kind, dialect="duckdb"))


def status_from_times(entry: TableMapping) -> exp.Expr | None:
    """Status of an order without one: cancelled, delivered or open, by its times.

    Without a time of cancelling nobody knows who cancelled, and a status would say
    that nobody did; so there is none then.
    """
    if entry.of_field("status") or not entry.of_field("cancelled_at"):
        return None
    case = exp.Case().when(
        trees.present("cancelled_at"), exp.Literal.string("cancelled")
    )
    if entry.of_field("delivered_at"):
        case = case.when(trees.present("delivered_at"), exp.Literal.string("delivered"))
    return case.else_(exp.Literal.string("open"))
