"""What was read of strategies and what was decided; nothing of it is ever changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar, get_args

import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.records import trail
from analysis.records.database import Records
from analysis.records.strategies_tables import strategy_decisions, strategy_looks
from analysis.records.strategy_parts import canonical_plan, clean_text, plan_hash
from analysis.words import N_

Decided = Literal["roll out", "go on", "stop"]

MAX_FIGURES: Final = 50_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """Results that were read: of which data, by which plan, and their figures.

    Attributes:
        strategy: Id of the strategy.
        at: When they were first computed, in UTC.
        dataset: Name of the dataset.
        version: Version of it.
        plan_hash: SHA-256 of the plan they follow.
        is_exploratory: Whether the plan was not frozen yet.
        figures: What was found, as plain JSON.
    """

    strategy: str
    at: datetime
    dataset: str
    version: str
    plan_hash: str
    is_exploratory: bool
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, as it stays for good.

    Attributes:
        strategy: Id of the strategy.
        at: When, in UTC.
        by: Who decided.
        decision: What.
        reason: Why, in their words.
        recommendation: What the frozen rule recommended at that time.
        second: Who else stands for it; empty where it follows the recommendation.
        plan_hash: SHA-256 of the plan in force.
        figures: Figures at that time, as plain JSON.
    """

    strategy: str
    at: datetime
    by: str
    decision: str
    reason: str
    recommendation: str
    second: str
    plan_hash: str
    figures: Mapping[str, Any]

    @property
    def overrides(self) -> bool:
        """Whether it is not what the rule recommended."""
        return overrides(self.decision, self.recommendation)


def overrides(decision: str, recommendation: str) -> bool:
    """Whether a decision goes against a recommendation.

    Where the rule cannot tell, going on or stopping is not against it.

    >>> overrides("roll out", "cannot tell"), overrides("stop", "cannot tell")
    (True, False)
    """
    if recommendation == "cannot tell":
        return decision == "roll out"
    return decision != recommendation


def note_look(
    records: Records,
    identifier: str,
    *,
    dataset: str,
    version: str,
    plan_hash: str,
    is_exploratory: bool,
    figures: Mapping[str, Any],
) -> None:
    """Keep what was read, once for a version of the data and a plan."""
    same = sa.select(strategy_looks.c.id).where(
        strategy_looks.c.strategy == identifier,
        strategy_looks.c.dataset == dataset,
        strategy_looks.c.version == version,
        strategy_looks.c.plan_hash == plan_hash,
        strategy_looks.c.is_exploratory == is_exploratory,
    )
    row = {
        "strategy": identifier,
        "at": datetime.now(UTC),
        "dataset": dataset,
        "version": version,
        "plan_hash": plan_hash,
        "is_exploratory": is_exploratory,
        "figures": _figures(figures),
    }
    with records.writing() as connection:
        if connection.execute(same).first() is None:
            connection.execute(sa.insert(strategy_looks).values(row))


def looks_of(
    records: Records, identifiers: Iterable[str]
) -> Mapping[str, tuple[Look, ...]]:
    """What was read of strategies, the oldest first, by id."""
    return _appended(records, strategy_looks, Look, identifiers)


def record_decision(
    records: Records,
    identifier: str,
    *,
    decision: Decided,
    reason: str,
    recommendation: str,
    figures: Mapping[str, Any],
    by: str,
    second: str = "",
    version: int | None = None,
) -> Decision:
    """Record a decision for good.

    Args:
        records: The open records.
        identifier: Id of the strategy.
        decision: What is decided.
        reason: Why.
        recommendation: What the frozen rule recommends now.
        figures: What the results are now.
        by: Who decides.
        second: Who else stands for it; needed where it overrides the recommendation.
        version: Version of the plan that the user saw.

    Raises:
        InvalidInput: if the reason or a second name is missing.
        Conflict: if the plan is not frozen, or changed meanwhile.
    """
    if decision not in get_args(Decided):
        raise UnknownName.of("decision", decision, get_args(Decided))
    row = {
        "strategy": identifier,
        "at": datetime.now(UTC),
        "by": trail.author(by),
        "decision": decision,
        "reason": clean_text(reason, what=N_("reason")),
        "recommendation": recommendation,
        "second": _second(second, by=by, needed=overrides(decision, recommendation)),
        "figures": _figures(figures),
    }
    with records.writing() as connection:
        plan = trail.live(connection, "strategy", identifier)
        trail.expect(plan, version)
        if plan["frozen_hash"] is None:
            raise Conflict(
                N_("The plan of {name} is not frozen."),
                hint=N_("Freeze it before you decide."),
                name=plan["name"],
            )
        row["plan_hash"] = plan_hash(canonical_plan(plan))
        connection.execute(sa.insert(strategy_decisions).values(row))
        trail.note(connection, "strategy", "decide", row)
    return _read(Decision, row)


def decisions_of(
    records: Records, identifiers: Iterable[str]
) -> Mapping[str, tuple[Decision, ...]]:
    """Decisions on strategies, the oldest first, by id."""
    return _appended(records, strategy_decisions, Decision, identifiers)


def _second(name: str, *, by: str, needed: bool) -> str:
    if not needed:
        return trail.label(name) if name.strip() else ""
    if not name.strip():
        raise InvalidInput(
            N_("This decision is not what the frozen rule recommends."),
            hint=N_("Name a second person who stands for it."),
        )
    second = trail.label(name)
    if _same_person(second, by):
        raise InvalidInput(
            N_("The second name is that of {name}, who decides."),
            hint=N_("Name somebody else who stands for it."),
            name=second,
        )
    return second


def _same_person(one: str, other: str) -> bool:
    """Whether two signatures name the same person, vouched for or not."""
    bare = [
        name.removesuffix("(unverified)").strip().casefold() for name in (one, other)
    ]
    return bare[0] == bare[1]


def _figures(figures: Mapping[str, Any]) -> str:
    text = json.dumps(dict(figures), ensure_ascii=False, allow_nan=False)
    if len(text) > MAX_FIGURES:
        raise InvalidInput(
            N_("The figures have {seen} characters, at most {limit} are kept."),
            hint=N_("Keep the main figures only."),
            seen=len(text),
            limit=MAX_FIGURES,
        )
    return text


def _appended(
    records: Records, table: sa.Table, kind: type[T], identifiers: Iterable[str]
) -> dict[str, tuple[T, ...]]:
    wanted = list(identifiers)
    query = sa.select(table).where(table.c.strategy.in_(wanted)).order_by(table.c.id)
    found: dict[str, list[T]] = {name: [] for name in wanted}
    with records.reading() as connection:
        for row in connection.execute(query).mappings():
            found[row["strategy"]].append(_read(kind, row))
    return {name: tuple(items) for name, items in found.items()}


def _read(kind: type[T], row: Mapping[Any, Any]) -> T:
    values = {field.name: row[field.name] for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{**values, "figures": json.loads(row["figures"])})
