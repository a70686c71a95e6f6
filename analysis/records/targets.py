"""Targets of metrics: what should be reached, and what must not be missed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from analysis.errors import InvalidInput
from analysis.records import trail
from analysis.records.database import Records
from analysis.records.tables import targets
from analysis.records.trail import Change
from analysis.words import N_

MAX_METRIC: Final = 200
MAX_SCOPE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Target:
    """A target of one metric for some orders in some period.

    Attributes:
        id: Its name in the trail.
        metric: Metric with its settings, such as ``late_rate(by=day)``.
        scope: The orders it is for: a Selection as JSON; ``{}`` is all of them.
        first_day: First local day it holds.
        last_day: Last day, included; None while it holds on.
        target: Value to reach, in the unit of the metric (a rate from 0 to 1).
        floor: Value that must not be missed; None without one.
        owner: Who answers for it.
        version: Rises with each change; give it back when changing.
        created_at: When it was first set, in UTC.
        created_by: By whom.
        changed_at: When it was last changed, in UTC.
        changed_by: By whom.
    """

    id: str
    metric: str
    scope: str
    first_day: date
    last_day: date | None
    target: float
    floor: float | None
    owner: str
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str

    def holds_on(self, day: date) -> bool:
        """Whether the target is in force on a day."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def set_target(
    records: Records,
    metric: str,
    *,
    target: float,
    first_day: date,
    by: str,
    last_day: date | None = None,
    floor: float | None = None,
    scope: str = "{}",
    owner: str = "",
    version: int | None = None,
) -> Target:
    """Set a target; the same metric, scope and period change the one that is there.

    Args:
        records: The open records.
        metric: Metric with its settings, such as ``late_rate(by=day)``.
        target: Value to reach, in the unit of the metric.
        first_day: First local day it holds.
        by: Who sets it.
        last_day: Last day, included; None to let it hold on.
        floor: Value that must not be missed.
        scope: A Selection as JSON.
        owner: Who answers for it; ``by`` if empty.
        version: Version the user saw, when changing one.

    Raises:
        InvalidInput: if a value is out of its range.
        Conflict: if somebody else changed it meanwhile.
    """
    values = {
        "metric": _metric(metric),
        "scope": _scope(scope),
        "first_day": first_day,
        "last_day": _last_day(first_day, last_day),
        "target": _finite(target),
        "floor": None if floor is None else _finite(floor),
        "owner": trail.label(owner or by),
    }
    values["key"] = _key(values)
    with records.writing() as connection:
        same = (targets.c.key == values["key"]) & targets.c.deleted_at.is_(None)
        found = connection.execute(sa.select(targets).where(same)).mappings().first()
        if found is None:
            return _target(trail.create(connection, "target", values, by=by))
        trail.expect(dict(found), version)
        return _target(trail.revise(connection, "target", dict(found), values, by=by))


def targets_for(
    records: Records,
    *,
    metric: str | None = None,
    scope: str | None = None,
    day: date | None = None,
) -> tuple[Target, ...]:
    """Targets in force, the newest first.

    Args:
        records: The open records.
        metric: Only of this metric with these settings.
        scope: Only for exactly this Selection.
        day: Only those that hold on this day.
    """
    query = sa.select(targets).where(targets.c.deleted_at.is_(None))
    if metric is not None:
        query = query.where(targets.c.metric == metric)
    if scope is not None:
        query = query.where(targets.c.scope == _scope(scope))
    query = query.order_by(targets.c.first_day.desc(), targets.c.created_at.desc())
    with records.reading() as connection:
        found = [_target(dict(row)) for row in connection.execute(query).mappings()]
    return tuple(item for item in found if day is None or item.holds_on(day))


def target_history(records: Records, identifier: str) -> tuple[Change, ...]:
    """Everything that was ever done to a target, the newest first."""
    return trail.audit_trail(
        records, kind="target", subject=identifier, limit=trail.MAX_CHANGES
    )


def delete_target(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a target; ``undo_delete`` brings it back.

    Raises:
        UnknownName: if there is no such target.
        Conflict: if somebody else changed or deleted it meanwhile.
    """
    trail.remove(records, "target", identifier, by=by, version=version)


def _target(row: Mapping[str, Any]) -> Target:
    return Target(**{field.name: row[field.name] for field in fields(Target)})


def _metric(metric: str) -> str:
    if not metric or len(metric) > MAX_METRIC:
        raise InvalidInput(
            N_("A metric has 1 to {limit} characters, this one has {seen}."),
            limit=MAX_METRIC,
            seen=len(metric),
        )
    return metric


def _scope(scope: str) -> str:
    """A selection in one spelling, so that the same scope is found again."""
    try:
        values = json.loads(scope) if len(scope) <= MAX_SCOPE else None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InvalidInput(
            N_("The scope of a target is not a selection."),
            hint=N_("Set the target from a page, whose selection it takes."),
        )
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _last_day(first_day: date, last_day: date | None) -> date | None:
    if last_day is not None and last_day < first_day:
        raise InvalidInput(
            N_("The period ends on {last}, before it begins on {first}."),
            hint=N_("Swap the two days."),
            first=first_day.isoformat(),
            last=last_day.isoformat(),
        )
    return last_day


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise InvalidInput(N_("A target must be a number, not {seen}."), seen=value)
    return float(value)


def _key(values: Mapping[str, Any]) -> str:
    """One text for metric, scope and period, short enough for an index."""
    parts = [values[name] for name in ("metric", "scope", "first_day", "last_day")]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
