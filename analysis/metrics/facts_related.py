"""What related tables say of problem cases, one row an order that they mention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.files import read_yaml
from analysis.metrics import trees
from analysis.metrics.expressions import ORDERS
from analysis.metrics.stages import minutes_between

ASKED = "asked"
MINUTES_A_DAY = 1440
NO_TIME = "9999-12-31"

Values = Mapping[str, exp.Expr]


class Vocabulary(BaseModel):
    """What ``facts.yaml`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: dict[str, tuple[str, ...]]
    at_the_door: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    """Read and validate ``facts.yaml``."""
    path = Path(__file__).with_name("facts.yaml")
    return Vocabulary.model_validate(read_yaml(path))


def plain_word(text: object) -> str:
    """A word as vocabularies compare it.

    >>> plain_word("Call-Attempt ")
    'call_attempt'
    """
    return re.sub(r"[\s._-]+", "_", str(text).strip().lower())


def related_facts(dataset: Dataset, asked: pa.Table) -> list[pd.DataFrame]:
    """One frame a related table that the dataset has, ``order_no`` first.

    Args:
        dataset: A published version.
        asked: The orders, as ``order_no``.
    """
    parts = (_tenure, _events, _offers, _contacts, _messages, _complaints)
    frames = (part(dataset, asked) for part in parts)
    return [frame for frame in frames if frame is not None]


def event_types(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Types of events by fact, as this dataset writes them; none for facts it lacks."""
    if not dataset.has("events", "event_type", "order_no"):
        return {}
    query = exp.select(trees.column("event_type")).distinct()
    found = dataset.engine.run(query.from_(trees.table("events")))
    words = [text for text in found["event_type"].to_pylist() if text is not None]
    facts = vocabulary().events
    by_fact = {
        fact: tuple(sorted(text for text in words if plain_word(text) in types))
        for fact, types in facts.items()
    }
    return {fact: types for fact, types in by_fact.items() if types}


def _tenure(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    keyed = dataset.has("riders", "rider_id", "joined_at")
    if not keyed or not dataset.has(ORDERS, "rider_id", "created_at"):
        return None
    joined = exp.Min(this=trees.column("joined_at", "riders"))
    minutes = minutes_between(joined, trees.column("created_at", ORDERS))
    number = trees.column("order_no", ORDERS)
    created = trees.column("created_at", ORDERS)
    days = exp.Div(this=minutes, expression=exp.Literal.number(MINUTES_A_DAY))
    query = exp.select(number, trees.named(days, "tenure_days"))
    query = query.from_(trees.table(ASKED)).join(
        trees.table(ORDERS), on=_same(ASKED, ORDERS, "order_no"), copy=False
    )
    query = query.join(
        trees.table("riders"), on=_same(ORDERS, "riders", "rider_id"), copy=False
    )
    return _run(dataset, query.group_by(number.copy(), created.copy()), asked)


def _events(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    types = event_types(dataset)
    values: dict[str, exp.Expr] = {}
    for fact, words in types.items():
        values |= dict(_event_values(dataset, fact, words))
    values |= dict(_door_values(dataset, types))
    return _summed(dataset, "events", values, asked, zeros=True) if values else None


def _event_values(
    dataset: Dataset, fact: str, words: tuple[str, ...]
) -> Iterator[tuple[str, exp.Expr]]:
    is_type = _is_one("events", "event_type", words)
    yield f"{fact}_n", _count(is_type)
    if dataset.has("events", "event_at"):
        at = trees.column("event_at", "events")
        yield f"{fact}_at", _only(exp.Min(this=at), is_type)
        if fact == "calls":
            yield "calls_last_at", _only(exp.Max(this=at.copy()), is_type)
    if fact == "closed_reports" and dataset.has("events", "actor_id"):
        who = exp.Distinct(expressions=[trees.column("actor_id", "events")])
        yield "closed_reporters_n", _only(exp.Count(this=who), is_type)
    if fact == "damage_photos" and dataset.has("events", "detail"):
        detail = trees.column("detail", "events")
        yield "damage_detail", _only(exp.Min(this=detail), is_type)


def _offers(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    if not dataset.has("offers", "order_no", "outcome"):
        return None
    outcomes = {
        "refusals_n": "refused",
        "timeouts_n": "timeout",
        "given_back_n": "reassigned",
    }
    values: dict[str, exp.Expr] = {"offers_n": exp.Count(this=exp.Star())}
    for name, outcome in outcomes.items():
        values[name] = _count(_is_one("offers", "outcome", (outcome,)))
    return _summed(dataset, "offers", values, asked, zeros=True)


def _contacts(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    if not dataset.has("contacts", "order_no"):
        return None
    values: dict[str, exp.Expr] = {"contacts_n": exp.Count(this=exp.Star())}
    if dataset.has("contacts", "opened_at"):
        values["contact_at"] = exp.Min(this=trees.column("opened_at", "contacts"))
    return _summed(dataset, "contacts", values, asked, zeros=True)


def _messages(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    if not dataset.has("messages", "order_no"):
        return None
    values: dict[str, exp.Expr] = {"messages_n": exp.Count(this=exp.Star())}
    if dataset.has("messages", "sender_kind"):
        for who in ("rider", "customer"):
            sent = _is_one("messages", "sender_kind", (who,))
            values[f"{who}_messages_n"] = _count(sent)
    return _summed(dataset, "messages", values, asked, zeros=True)


def _complaints(dataset: Dataset, asked: pa.Table) -> pd.DataFrame | None:
    """The first complaint of each order."""
    if not dataset.has("complaints", "order_no", "class"):
        return None
    names = {
        "complaint_class": "class",
        "complaint_severity": "severity",
        "complaint_at": "created_at",
        "claimed_party": "claimed_party",
    }
    key: exp.Expr = trees.column("class", "complaints")
    if dataset.has("complaints", "created_at"):
        # A complaint without a time is one still, after those that have one.
        last = exp.cast(exp.Literal.string(NO_TIME), "TIMESTAMP")
        at = trees.column("created_at", "complaints")
        key = exp.func("coalesce", at, last)
    values = {
        name: exp.ArgMin(this=trees.column(column, "complaints"), expression=key.copy())
        for name, column in names.items()
        if dataset.has("complaints", column)
    }
    return _summed(dataset, "complaints", values, asked, zeros=False)


def _summed(
    dataset: Dataset, table: str, values: Values, asked: pa.Table, *, zeros: bool
) -> pd.DataFrame:
    """Aggregates of a related table by order; all orders, with zeros for counts."""
    number = trees.column("order_no", table)
    named = [trees.named(value, name) for name, value in values.items()]
    query = exp.select(number, *named).from_(trees.table(table))
    query = query.join(
        trees.table(ASKED), on=_same(table, ASKED, "order_no"), copy=False
    ).group_by(number.copy())
    frame = _run(dataset, query, asked).set_index("order_no")
    frame = frame.reindex(asked["order_no"].to_numpy())
    if zeros:
        counts = [name for name in values if name.endswith("_n")]
        frame[counts] = frame[counts].astype(float).fillna(0.0)
    return frame.rename_axis("order_no").reset_index()


def _door_values(
    dataset: Dataset, types: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, exp.Expr]]:
    """Where riders reported from the customer's door: the mean of these places."""
    words = tuple(w for fact in vocabulary().at_the_door for w in types.get(fact, ()))
    if not words or not dataset.has("events", "lat", "lng"):
        return
    at_door = _is_one("events", "event_type", words)
    for axis in ("lat", "lng"):
        place = exp.Avg(this=trees.column(axis, "events"))
        yield f"door_{axis}", _only(place, at_door)


def _run(dataset: Dataset, query: exp.Select, asked: pa.Table) -> pd.DataFrame:
    return dataset.engine.run(query, tables={ASKED: asked}).to_pandas()


def _same(left: str, right: str, key: str) -> exp.Expr:
    return exp.EQ(this=trees.column(key, left), expression=trees.column(key, right))


def _is_one(table: str, column: str, words: tuple[str, ...]) -> exp.Expr:
    """Whether a column is one of the words: ORs, since a longer IN becomes a join."""
    tests = [
        exp.EQ(this=trees.column(column, table), expression=exp.Literal.string(word))
        for word in words
    ]
    return exp.paren(exp.or_(*tests), copy=False)


def _count(condition: exp.Expr) -> exp.Expr:
    return exp.CountIf(this=condition)


def _only(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition.copy()))
