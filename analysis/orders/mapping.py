"""A mapping: what each column of a draft means, and how its tables belong together."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import yaml

from analysis.errors import DataProblem, InvalidInput, OpenQuestion, UnknownName
from analysis.orders.columns import (
    DETAILS,
    IGNORED,
    LOOKUP,
    RULES,
    Action,
    ColumnMapping,
    Rule,
    TableMapping,
    Use,
    plain,
    require_word,
)  # fmt: skip
from analysis.orders.schema import DIMENSION_TABLES, load_fields
from analysis.orders.values.reading import Note, Reading
from analysis.words import N_

__all__ = [
    "DETAILS", "IGNORED", "LOOKUP", "RULES", "Action", "ColumnMapping", "Link",
    "Mapping", "PromiseRule", "Question", "Rule", "TableMapping", "Use",
    "choice_name", "choices_of", "require_answers", "require_publishable", "signature",
]  # fmt: skip

FORMAT_VERSION = 1

#: Types of values that have a sum and a mean.
NUMBERS = ("integer", "number", "flag")

#: Reason of a reading that a person chose among several.
CHOSEN = N_("you chose this way to read it")

Grain = Literal["order", "waybill"]


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
        offers: What a row of the orders says of one offer, where its file has a row
            for every rider asked; see ``grain``.
    """

    tables: tuple[TableMapping, ...]
    links: tuple[Link, ...] = ()
    timezone: str = "UTC"
    promise: PromiseRule | None = None
    duplicates: Literal["first", "last"] = "first"
    actions: AnyMapping[str, Action] = dataclasses.field(default_factory=dict)
    remembered: bool = False
    offers: TableMapping | None = None

    @property
    def grain(self) -> Grain:
        """What one row of the orders is: an order, or one rider asked to take it.

        Of an order's waybills the accepted one becomes the order, and all of them
        become offers.
        """
        offers = self.offers
        is_there = any(
            entry.target == "orders" and offers and entry.table == offers.table
            for entry in self.tables
        )
        return "waybill" if is_there else "order"

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
        _require_single("orders", found)
        if found and found[0].of_field("order_id"):
            return found[0]
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
        chosen = chosen.with_reasons(Note.of(CHOSEN))
        return self.changed(table, column, reading=chosen)

    def changed(self, table: str, column: str, **changes: Any) -> Self:  # noqa: ANN401 - fields of ColumnMapping
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
        return {"version": FORMAT_VERSION, **plain(self)}

    @classmethod
    def from_dict(cls, content: AnyMapping[str, Any]) -> Self:
        """The mapping that ``to_dict`` wrote.

        Raises:
            InvalidInput: if it is not one.
        """
        try:
            require_word(content["duplicates"], ("first", "last"))
            for action in content["actions"].values():
                require_word(action, get_args(Action))
            return cls(
                tables=tuple(map(TableMapping.from_dict, content["tables"])),
                links=tuple(Link(**entry) for entry in content["links"]),
                timezone=str(content["timezone"]),
                promise=content["promise"] and PromiseRule(**content["promise"]),
                duplicates=content["duplicates"],
                actions=dict(content["actions"]),
                remembered=bool(content["remembered"]),
                offers=_offers(content.get("offers")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(
                N_("This is not a mapping that Doorstep wrote: {reason}."),
                hint=N_("Start from the proposal, or bring back the saved file."),
                reason=f"{type(error).__name__} {error}",
            ) from error

    def to_yaml(self) -> str:
        """The mapping as a text that people can read and keep."""
        return yaml.dump(
            self.to_dict(), Dumper=_Dumper, allow_unicode=True, sort_keys=False
        )

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


class _Dumper(yaml.SafeDumper):
    """Writes texts so that each of their characters comes back."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A line break such as U+0085 is a blank once it is read back without quotes.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


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


def require_publishable(mapping: Mapping) -> None:
    """Insist on answers, on one table of orders, and on one file a related table.

    Raises:
        OpenQuestion: the first open question, with its options.
        DataProblem: if no table, or more than one, is the orders or another table.
    """
    require_answers(mapping)
    targets = {mapping.orders.target, *(entry.target for entry in mapping.tables)}
    for target in sorted(targets & load_fields().keys()):
        found = mapping.targeting(target)
        if target == "offers" and mapping.grain == "waybill" and mapping.offers:
            found = (*found, mapping.offers)
        _require_single(target, found)
        if target in DIMENSION_TABLES:
            _require_key(found[0])
    for entry in mapping.tables:
        if entry.target in {DETAILS, LOOKUP}:
            _require_numbers(entry)


def _require_single(target: str, found: tuple[TableMapping, ...]) -> None:
    if len(found) > 1:
        raise DataProblem(
            N_("{count} tables are marked as {target}: {titles}."),
            hint=N_("Keep one of them, and bring in the others separately."),
            count=len(found),
            target=target,
            titles=", ".join(entry.title for entry in found),
        )


def _require_key(entry: TableMapping) -> None:
    key = f"{entry.target.removesuffix('s')}_id"
    if entry.of_field(key) is None:
        raise DataProblem(
            N_("{title} is a table of {target}, but no column is mapped to {key}."),
            hint=N_("Map the column that names each row, or say what the table is."),
            title=entry.title,
            target=entry.target,
            key=key,
        )


def _require_numbers(entry: TableMapping) -> None:
    for item in entry.used():
        is_number = item.reading.type in NUMBERS and not item.protection
        if item.rule in {"sum", "mean"} and (item.after or not is_number):
            raise DataProblem(
                N_("Column {column} of {title} has no {rule}: its values are {type}."),
                hint=N_("Choose another rule for it, such as first or list."),
                column=item.column,
                title=entry.title,
                rule=item.rule,
                type=item.protection or item.reading.type,
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


def _offers(content: AnyMapping[str, Any] | None) -> TableMapping | None:
    return None if content is None else TableMapping.from_dict(content)
