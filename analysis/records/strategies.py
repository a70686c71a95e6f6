"""Strategies as people write them: drafts, plans that are frozen, their deviations.

What a plan means is for ``analysis.strategies.registry``; here it is kept. Values that
have a form of their own (assignment, guardrails, rule, scope, options) are JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput
from analysis.records import trail
from analysis.records.database import Records
from analysis.records.strategies_tables import strategies, strategy_deviations
from analysis.records.strategy_parts import (
    PLAN,
    canonical_plan,
    check_days,
    clean,
    clean_text,
    plan_hash,
)
from analysis.words import N_


@dataclass(frozen=True, slots=True)
class StoredStrategy:
    """A strategy as it stands now.

    Attributes:
        id: Its name in the trail.
        dataset: Name of the dataset it is judged on.
        name: What people call it.
        hypothesis: What it should bring about, and why.
        owner: Who answers for it.
        design: How the treatment comes about.
        unit: What is assigned.
        assignment: Who gets it, as JSON.
        first_day: First local day.
        last_day: Last local day, included.
        metric: Primary metric with its settings.
        guardrails: Metrics that must not get worse, as JSON.
        smallest_effect: Smallest effect that matters, in the unit of the metric.
        rule: Decision rule, as JSON.
        scope: The orders it is about, a Selection as JSON.
        options: Further settings of the design, as JSON.
        frozen_plan: The plan as it was frozen, canonical JSON; None for a draft.
        frozen_hash: SHA-256 of it.
        frozen_at: When it was frozen, in UTC.
        frozen_by: By whom.
        version: Rises with each change; give it back when changing.
        created_at: When it was first written, in UTC.
        created_by: By whom.
        changed_at: When it was last changed, in UTC.
        changed_by: By whom.
    """

    id: str
    dataset: str
    name: str
    hypothesis: str
    owner: str
    design: str
    unit: str
    assignment: str
    first_day: date
    last_day: date
    metric: str
    guardrails: str
    smallest_effect: float
    rule: str
    scope: str
    options: str
    frozen_plan: str | None
    frozen_hash: str | None
    frozen_at: datetime | None
    frozen_by: str | None
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str

    @property
    def is_frozen(self) -> bool:
        """Whether its plan is frozen."""
        return self.frozen_hash is not None


@dataclass(frozen=True, slots=True)
class Deviation:
    """A change of a frozen plan.

    Attributes:
        at: When, in UTC.
        by: Who.
        field: Part of the plan.
        before: Its value before, as text.
        after: Its value after, as text.
        reason: Why.
    """

    at: datetime
    by: str
    field: str
    before: str
    after: str
    reason: str


def add_strategy(
    records: Records, values: Mapping[str, Any], *, by: str
) -> StoredStrategy:
    """Write the draft of a plan.

    Args:
        records: The open records.
        values: Every part of ``PLAN``; those of JSON as texts.
        by: Who writes it.

    Raises:
        InvalidInput: if a part is missing or out of its range.
        Conflict: if the dataset has a strategy of that name.
    """
    missing = [name for name in PLAN if name not in values]
    if missing:
        raise InvalidInput(
            N_("The plan lacks {missing}."),
            hint=N_("Fill it in."),
            missing=", ".join(missing),
        )
    row = clean(values)
    check_days(row)
    unfrozen = dict.fromkeys(("frozen_plan", "frozen_hash", "frozen_at", "frozen_by"))
    with records.writing() as connection:
        return _stored(trail.create(connection, "strategy", row | unfrozen, by=by))


def list_strategies(
    records: Records, *, dataset: str | None = None
) -> tuple[StoredStrategy, ...]:
    """All strategies, the one that began last first.

    Args:
        records: The open records.
        dataset: Only those of this dataset.
    """
    query = sa.select(strategies).where(strategies.c.deleted_at.is_(None))
    if dataset is not None:
        query = query.where(strategies.c.dataset == dataset)
    query = query.order_by(strategies.c.first_day.desc(), strategies.c.name)
    with records.reading() as connection:
        return tuple(_stored(row) for row in connection.execute(query).mappings())


def strategy_of(records: Records, identifier: str) -> StoredStrategy:
    """One strategy.

    Raises:
        UnknownName: if there is none of that id.
        Conflict: if it was deleted.
    """
    with records.reading() as connection:
        return _stored(trail.live(connection, "strategy", identifier))


def amend_strategy(
    records: Records,
    identifier: str,
    changes: Mapping[str, Any],
    *,
    by: str,
    version: int | None = None,
    reason: str = "",
) -> StoredStrategy:
    """Change a plan; once it is frozen each change is kept as a deviation.

    Args:
        records: The open records.
        identifier: Id of the strategy.
        changes: Parts of ``PLAN`` with their new values.
        by: Who changes it.
        version: Version the user saw.
        reason: Why; needed once the plan is frozen.

    Raises:
        UnknownName: if there is none of that id.
        InvalidInput: if a value is out of its range or the reason is missing.
        Conflict: if somebody else changed it meanwhile.
    """
    wanted = clean(changes)
    with records.writing() as connection:
        row = trail.live(connection, "strategy", identifier)
        trail.expect(row, version)
        changed = {name: new for name, new in wanted.items() if row[name] != new}
        check_days({**row, **changed})
        if not changed:
            return _stored(row)
        after = trail.revise(connection, "strategy", row, changed, by=by)
        if row["frozen_hash"] is not None:
            _deviate(connection, row, after, names=tuple(changed), reason=reason)
        return _stored(after)


def freeze_strategy(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> StoredStrategy:
    """Freeze a plan: keep it word for word with its SHA-256.

    Raises:
        UnknownName: if there is none of that id.
        Conflict: if it is frozen already, or changed meanwhile.
    """
    with records.writing() as connection:
        row = trail.live(connection, "strategy", identifier)
        trail.expect(row, version)
        if row["frozen_hash"] is not None:
            raise Conflict(
                N_("{who} froze this plan already."),
                hint=N_("Changes from now on are kept as deviations."),
                who=row["frozen_by"],
            )
        plan = canonical_plan(row)
        frozen = {
            "frozen_plan": plan,
            "frozen_hash": plan_hash(plan),
            "frozen_at": datetime.now(UTC),
            "frozen_by": trail.author(by),
        }
        return _stored(trail.revise(connection, "strategy", row, frozen, by=by))


def delete_strategy(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Mark a draft as deleted; a frozen plan stays.

    Raises:
        UnknownName: if there is none of that id.
        Conflict: if it is frozen, deleted or changed meanwhile.
    """
    if strategy_of(records, identifier).is_frozen:
        raise Conflict(
            N_("A frozen plan cannot be deleted."),
            hint=N_("Record the decision to stop it instead."),
        )
    trail.remove(records, "strategy", identifier, by=by, version=version)


def deviations_of(records: Records, identifier: str) -> tuple[Deviation, ...]:
    """Changes since a plan was frozen, the oldest first."""
    query = (
        sa.select(strategy_deviations)
        .where(strategy_deviations.c.strategy == identifier)
        .order_by(strategy_deviations.c.id)
    )
    names = [field.name for field in fields(Deviation)]
    with records.reading() as connection:
        return tuple(
            Deviation(**{name: row[name] for name in names})
            for row in connection.execute(query).mappings()
        )


def _deviate(
    connection: sa.Connection,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    names: tuple[str, ...],
    reason: str,
) -> None:
    why = clean_text(reason, what=N_("reason"))
    rows = [
        {
            "strategy": after["id"],
            "at": after["changed_at"],
            "by": after["changed_by"],
            "field": name,
            "before": str(before[name]),
            "after": str(after[name]),
            "reason": why,
        }
        for name in names
    ]
    connection.execute(sa.insert(strategy_deviations), rows)


def _stored(row: Mapping[Any, Any]) -> StoredStrategy:
    return StoredStrategy(
        **{field.name: row[field.name] for field in fields(StoredStrategy)}
    )
