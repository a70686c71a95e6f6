"""A mapping: what each column of a draft means, and how its tables belong together."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import yaml

from analysis.errors import DataProblem, InvalidInput, OpenQuestion, UnknownName
from analysis.orders.draft import Draft, StagedTable
from analysis.orders.schema import Field, Personal, fields_of, load_fields
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_
from analysis.workspace import Workspace

FORMAT_VERSION = 1

Use = Literal["field", "dimension", "other", "ignore"]
Rule = Literal["first", "last", "min", "max", "sum", "mean", "count", "list"]
Action = Literal["keep", "missing", "set_aside"]

RULES: tuple[Rule, ...] = (
    "first", "last", "min", "max", "sum", "mean", "count", "list",
)  # fmt: skip

#: Targets beside the tables of the order model: several rows an order, summed up by
#: rules; a key with names to look up; not used at all.
DETAILS, LOOKUP, IGNORED = "details", "lookup", "ignored"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column means.

    Attributes:
        column: Header in the staged table.
        use: As a ``field`` of the order model, as a ``dimension`` to drill by under
            its own header, as an ``other`` column that is only kept, or not at all.
        field: Name of the field; for the other uses the name it is published under.
        reading: How its text becomes typed values.
        after: Time field that a duration is added to; empty for no duration.
        rule: How several rows an order become one value.
        values: The file's own words for a status, outcome and the like.
        personal: Kind of personal data found in it.
        keep_personal: True only where the user keeps them on purpose.
        confidence: Of the proposal, 0 to 1; 1 once a person has said so.
        reasons: Why it was proposed.
    """

    column: str
    use: Use
    field: str = ""
    reading: Reading = dataclasses.field(default_factory=lambda: Reading(type="text"))
    after: str = ""
    rule: Rule = "first"
    values: AnyMapping[str, str] = dataclasses.field(default_factory=dict)
    personal: Personal = ""
    keep_personal: bool = False
    confidence: float = 1.0
    reasons: tuple[Note, ...] = ()

    @property
    def protection(self) -> Personal:
        """Kind of protection to apply at publishing; empty for none."""
        return "" if self.keep_personal else self.personal


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What one staged table is, and its columns.

    Attributes:
        table: Id of the staged table.
        title: As the user knows it.
        signature: Of its headers; finds the mapping again for such files.
        target: A table of the order model, ``details``, ``lookup`` or ``ignored``.
        columns: One entry a column, in the order of the file.
    """

    table: str
    title: str
    signature: str
    target: str
    columns: tuple[ColumnMapping, ...]

    def column(self, name: str) -> ColumnMapping:
        """The entry of one column.

        Raises:
            UnknownName: if the table has no such column.
        """
        for entry in self.columns:
            if entry.column == name:
                return entry
        known = [entry.column for entry in self.columns]
        raise UnknownName.of(N_("column"), name, known)

    def used(self) -> tuple[ColumnMapping, ...]:
        """Columns that are published or needed to publish."""
        return tuple(entry for entry in self.columns if entry.use != "ignore")

    def of_field(self, name: str) -> ColumnMapping | None:
        """The column mapped to a field, if any."""
        for entry in self.columns:
            if entry.use == "field" and entry.field == name:
                return entry
        return None

    def order_field(self, entry: ColumnMapping) -> Field | None:
        """The field of the order model that a column is mapped to."""
        if entry.use != "field":
            return None
        model = self.target if self.target in load_fields() else "orders"
        return fields_of(model).get(entry.field)


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of ``table`` belong to the one row of ``to`` with the same key."""

    table: str
    column: str
    to: str
    to_column: str


@dataclass(frozen=True, slots=True)
class PromiseRule:
    """A promise that stands in for a missing one: minutes, and minutes a kilometre.

    The promised time is ``created_at + minutes + minutes_per_km * distance``; it is
    marked "assumed" wherever a promised metric shows.
    """

    minutes: float
    minutes_per_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """What a proposal cannot decide alone.

    Attributes:
        table: Id of the staged table.
        title: The table as the user knows it.
        column: Its column.
        options: Answers, as ``Mapping.answered`` takes them.
    """

    table: str
    title: str
    column: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything that publishing has to know beside the files themselves.

    Attributes:
        tables: One entry a staged table.
        links: Which rows belong to which.
        timezone: IANA zone of local times and of places without one of their own.
        promise: Rule that stands in for a missing promise.
        duplicates: Which of several rows with one order_id is kept.
        actions: What a check does, where it is not its default.
        remembered: Whether it was found again by the headers of the files.
    """

    tables: tuple[TableMapping, ...]
    links: tuple[Link, ...] = ()
    timezone: str = "UTC"
    promise: PromiseRule | None = None
    duplicates: Literal["first", "last"] = "first"
    actions: AnyMapping[str, Action] = dataclasses.field(default_factory=dict)
    remembered: bool = False

    def table(self, table: str) -> TableMapping:
        """The entry of one staged table.

        Raises:
            UnknownName: if there is none of this id.
        """
        for entry in self.tables:
            if entry.table == table:
                return entry
        raise UnknownName.of(N_("table"), table, [entry.table for entry in self.tables])

    def targeting(self, target: str) -> tuple[TableMapping, ...]:
        """Tables of one target, in the order of the draft."""
        return tuple(entry for entry in self.tables if entry.target == target)

    @property
    def orders(self) -> TableMapping:
        """The table that holds one row an order.

        Raises:
            DataProblem: if there is none, or more than one.
        """
        found = self.targeting("orders")
        if len(found) == 1 and found[0].of_field("order_id"):
            return found[0]
        if len(found) > 1:
            raise DataProblem(
                N_("{count} tables are marked as orders: {titles}."),
                hint=N_("Keep one of them, and bring in the others separately."),
                count=len(found),
                titles=", ".join(entry.title for entry in found),
            )
        raise DataProblem(
            N_("No column holds the order ID in {titles}."),
            hint=N_("Map the column that names each order to Order ID."),
            titles=", ".join(entry.title for entry in self.tables) or "-",
        )

    def links_of(self, table: str) -> tuple[Link, ...]:
        """Links from one table to the rows that it looks up."""
        return tuple(link for link in self.links if link.table == table)

    def questions(self) -> tuple[Question, ...]:
        """What has to be answered before publishing."""
        return tuple(_questions(self.tables))

    def answered(self, table: str, column: str, option: str) -> Self:
        """The mapping with one question answered.

        Raises:
            UnknownName: if the option is not one of the question's.
        """
        reading = self.table(table).column(column).reading
        choices = {choice_name(choice): choice for choice in choices_of(reading)}
        if option not in choices:
            raise UnknownName.of(N_("answer"), option, choices)
        chosen = replace(choices[option], options=(), is_ambiguous=False)
        return self.changed(table, column, reading=chosen)

    def changed(self, table: str, column: str, **changes: Any) -> Self:
        """The mapping with one column's entry changed; a field moves to it.

        A field can be held by one column a table: the one that held it before
        becomes an ``other`` column.
        """
        entry = self.table(table)
        taken = changes.get("field") if changes.get("use", "field") == "field" else None
        columns = []
        for item in entry.columns:
            if item.column == column:
                columns.append(replace(item, **changes))
            elif taken and item.use == "field" and item.field == taken:
                columns.append(replace(item, use="other", field=item.column))
            else:
                columns.append(item)
        return self.with_table(replace(entry, columns=tuple(columns)))

    def with_table(self, entry: TableMapping) -> Self:
        """The mapping with one table's entry replaced."""
        tables = tuple(
            entry if item.table == entry.table else item for item in self.tables
        )
        return replace(self, tables=tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as the YAML file holds it."""
        return {"version": FORMAT_VERSION, **_plain(self)}

    @classmethod
    def from_dict(cls, content: AnyMapping[str, Any]) -> Self:
        """The mapping that ``to_dict`` wrote.

        Raises:
            InvalidInput: if it is not one.
        """
        try:
            return cls(
                tables=tuple(_table(entry) for entry in content["tables"]),
                links=tuple(Link(**entry) for entry in content["links"]),
                timezone=str(content["timezone"]),
                promise=content["promise"] and PromiseRule(**content["promise"]),
                duplicates=content["duplicates"],
                actions=dict(content["actions"]),
                remembered=bool(content["remembered"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(
                N_("This is not a mapping that Doorstep wrote: {reason}."),
                hint=N_("Start from the proposal, or bring back the saved file."),
                reason=f"{type(error).__name__} {error}",
            ) from error

    def to_yaml(self) -> str:
        """The mapping as a text that people can read and keep."""
        return yaml.safe_dump(self.to_dict(), allow_unicode=True, sort_keys=False)

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """The mapping that ``to_yaml`` wrote.

        Raises:
            InvalidInput: if it is not one.
        """
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InvalidInput(
                N_("The mapping is not YAML: {reason}."),
                hint=N_("Bring back the saved file, or start from the proposal."),
                reason=str(error).split("\n", 1)[0],
            ) from error
        return cls.from_dict(content)


def require_answers(mapping: Mapping) -> None:
    """Insist that nothing is left open.

    Raises:
        OpenQuestion: the first open question, with its options.
    """
    for question in mapping.questions():
        raise OpenQuestion(
            N_("Column {column} of {title} can be read in {count} ways: {choices}."),
            hint=N_("Its values fit them all: say which one it is."),
            column=question.column,
            title=question.title,
            table=question.table,
            count=len(question.options),
            choices=", ".join(question.options),
            options=question.options,
        )


def choices_of(reading: Reading) -> tuple[Reading, ...]:
    """The readings that a question offers, the proposed one first."""
    return (reading, *reading.options)


def choice_name(reading: Reading) -> str:
    """The name of one reading in a question, such as its format."""
    return ", ".join(reading.formats) or reading.type


def signature(columns: Iterable[str]) -> str:
    """What identifies files of the same headers, whatever their order."""
    text = "\x1f".join(sorted(columns))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def remember(mapping: Mapping, *, workspace: Workspace) -> None:
    """Keep the mapping for files with the same headers."""
    path = _remembered_path(mapping.tables, workspace)
    beside = path.with_name(f".{path.name}")
    beside.write_text(mapping.to_yaml(), encoding="utf-8")
    beside.replace(path)


def recall(draft: Draft, *, workspace: Workspace) -> Mapping | None:
    """The mapping last published for files with these headers, fitted to the draft."""
    path = workspace.mappings / f"{_together(_signatures(draft.tables))}.yaml"
    if not path.is_file():
        return None
    saved = Mapping.from_yaml(path.read_text(encoding="utf-8"))
    staged = {signature(table.columns): table for table in draft.tables}
    if len(staged) != len(draft.tables) or len(saved.tables) != len(staged):
        return None
    ids = {entry.table: staged[entry.signature].id for entry in saved.tables}
    return replace(
        saved,
        tables=tuple(_fitted(entry, staged[entry.signature]) for entry in saved.tables),
        links=tuple(
            replace(link, table=ids[link.table], to=ids[link.to])
            for link in saved.links
        ),
        remembered=True,
    )


def _fitted(entry: TableMapping, table: StagedTable) -> TableMapping:
    known = {item.column: item for item in entry.columns}
    columns = tuple(known[name] for name in table.columns)
    return replace(entry, table=table.id, title=table.title, columns=columns)


def _questions(tables: Iterable[TableMapping]) -> Iterator[Question]:
    for entry in tables:
        for item in entry.used() if entry.target != IGNORED else ():
            if item.reading.is_ambiguous:
                yield Question(
                    table=entry.table,
                    title=entry.title,
                    column=item.column,
                    options=tuple(map(choice_name, choices_of(item.reading))),
                )


def _signatures(tables: Iterable[StagedTable]) -> list[str]:
    return [signature(table.columns) for table in tables]


def _together(signatures: Iterable[str]) -> str:
    return signature(signatures)


def _remembered_path(tables: Iterable[TableMapping], workspace: Workspace) -> Path:
    return workspace.mappings / f"{_together(entry.signature for entry in tables)}.yaml"


def _table(content: AnyMapping[str, Any]) -> TableMapping:
    columns = tuple(_column(entry) for entry in content["columns"])
    return TableMapping(**{**content, "columns": columns})


def _column(content: AnyMapping[str, Any]) -> ColumnMapping:
    return ColumnMapping(
        **{
            **content,
            "reading": Reading.from_dict(content["reading"]),
            "reasons": tuple(
                Note.of(note["text"], **note["values"]) for note in content["reasons"]
            ),
        }
    )


def _plain(value: Any) -> Any:
    """Plain data for YAML, without tuples and classes that it would tag."""
    if isinstance(value, Reading):
        return value.to_dict()
    if isinstance(value, Note):
        return {"text": value.text, "values": dict(value.values)}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, AnyMapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
