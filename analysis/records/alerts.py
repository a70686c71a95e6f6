"""Alert rules, and what they found in each version of a dataset."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa

from analysis.errors import InvalidInput
from analysis.records import trail
from analysis.records.alerts_tables import alert_results as results
from analysis.records.alerts_tables import alert_rules as rules
from analysis.records.database import Records
from analysis.words import N_

RuleKind = Literal["threshold", "target", "anomaly"]
RuleGrain = Literal["hour", "day", "week", "month"]
Side = Literal["above", "below", "either"]
State = Literal["raised", "quiet", "too_few", "missing", "failed"]

MAX_SCOPE: Final = 20_000
MAX_METRIC: Final = 200


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What somebody wants to be told of.

    Attributes:
        id: Its name in the trail.
        name: Name the user gave it.
        kind: ``threshold``: beyond ``limit``; ``target``: short of the target in force;
            ``anomaly``: not what the days before let expect.
        metric: Metric with its settings.
        scope: The orders it is for: a Selection as JSON; ``{}`` is all of them.
        dataset: Id of the dataset it watches.
        grain: Step of the series; the last whole step is judged.
        side: Which side of the limit or the interval is told.
        limit: For ``threshold``, in the unit of the metric.
        owner: Who is told.
        version: Rises with each change; give it back when changing.
        created_at: When it was made, in UTC.
        created_by: By whom.
        changed_at: When it was last changed, in UTC.
        changed_by: By whom.
    """

    id: str
    name: str
    kind: RuleKind
    metric: str
    scope: str
    dataset: str
    grain: RuleGrain
    side: Side
    limit: float | None
    owner: str
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class AlertResult:
    """What one rule found in one version of a dataset; kept for good.

    Attributes:
        rule: Id of the rule.
        rule_version: Version of the rule that was evaluated.
        dataset: Id of the dataset.
        dataset_version: Version of it.
        state: ``raised``, ``quiet``, ``too_few`` (orders to tell), ``missing`` (data of
            the step) or ``failed``.
        period: First moment of the step judged; None where there is none.
        began: First step of the unbroken run of raised ones; None unless raised.
        value: Value of the metric in that step.
        limit: What it was held against: the limit, the target, or the side of the
            interval that it left.
        expected: What was to be expected, for ``anomaly``.
        orders: Denominator of that step.
        reason: Why it failed; empty otherwise.
        evaluated_at: When, in UTC.
    """

    rule: str
    rule_version: int
    dataset: str
    dataset_version: str
    state: State
    period: datetime | None
    began: datetime | None
    value: float | None
    limit: float | None
    expected: float | None
    orders: float | None
    reason: str
    evaluated_at: datetime


def save_alert_rule(
    records: Records,
    *,
    name: str,
    kind: RuleKind,
    metric: str,
    dataset: str,
    by: str,
    scope: str = "{}",
    grain: RuleGrain = "day",
    side: Side = "above",
    limit: float | None = None,
    owner: str = "",
    identifier: str | None = None,
    version: int | None = None,
) -> AlertRule:
    """Make an alert rule, or change the one of an id.

    Raises:
        InvalidInput: if a value is out of its range, or a threshold has no limit.
        UnknownName: if there is no rule of that id.
        Conflict: if the name is taken, or somebody else changed the rule meanwhile.
    """
    values = {
        "name": trail.label(name),
        "kind": _one_of("kind", kind, get_args(RuleKind)),
        "metric": _metric(metric),
        "scope": _scope(scope),
        "dataset": dataset,
        "grain": _one_of("grain", grain, get_args(RuleGrain)),
        "side": _one_of("side", side, get_args(Side)),
        "limit": _limit(kind, limit),
        "owner": trail.label(owner or by),
    }
    with records.writing() as connection:
        if identifier is None:
            return _rule(trail.create(connection, "alert_rule", values, by=by))
        row = trail.live(connection, "alert_rule", identifier)
        trail.expect(row, version)
        return _rule(trail.revise(connection, "alert_rule", row, values, by=by))


def alert_rules(
    records: Records, *, dataset: str | None = None, metric: str | None = None
) -> tuple[AlertRule, ...]:
    """The rules there are, by name."""
    query = sa.select(rules).where(rules.c.deleted_at.is_(None))
    if dataset is not None:
        query = query.where(rules.c.dataset == dataset)
    if metric is not None:
        query = query.where(rules.c.metric == metric)
    with records.reading() as connection:
        found = connection.execute(query.order_by(rules.c.name)).mappings()
        return tuple(_rule(dict(row)) for row in found)


def delete_alert_rule(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a rule; ``undo_delete`` brings it back.

    Raises:
        UnknownName: if there is no such rule.
        Conflict: if somebody else changed or deleted it meanwhile.
    """
    trail.remove(records, "alert_rule", identifier, by=by, version=version)


def alert_results(
    records: Records, *, dataset: str, dataset_version: str
) -> tuple[AlertResult, ...]:
    """Results of the rules as they are now, for one version of a dataset.

    What was found by an earlier form of a rule stays in the database and is not among
    them; a rule that was not evaluated on this version has none.
    """
    current = (
        (results.c.rule == rules.c.id)
        & (results.c.rule_version == rules.c.version)
        & rules.c.deleted_at.is_(None)
    )
    query = (
        sa.select(results)
        .join(rules, current)
        .where(results.c.dataset == dataset)
        .where(results.c.dataset_version == dataset_version)
        .order_by(rules.c.name)
    )
    with records.reading() as connection:
        return tuple(_result(dict(row)) for row in connection.execute(query).mappings())


def keep_alert_results(records: Records, found: Sequence[AlertResult]) -> None:
    """Keep what rules found; what is kept already stays as it is."""
    with records.writing() as connection:
        for item in found:
            key = ("rule", "rule_version", "dataset", "dataset_version")
            same = sa.and_(*(results.c[name] == getattr(item, name) for name in key))
            if (
                connection.execute(sa.select(results.c.rule).where(same)).first()
                is None
            ):
                connection.execute(sa.insert(results).values(asdict(item)))


def _rule(row: Mapping[str, Any]) -> AlertRule:
    return AlertRule(**{field.name: row[field.name] for field in fields(AlertRule)})


def _result(row: Mapping[str, Any]) -> AlertResult:
    return AlertResult(**{field.name: row[field.name] for field in fields(AlertResult)})


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise _wrong(name, value, ", ".join(allowed))
    return value


def _metric(metric: str) -> str:
    if not 0 < len(metric) <= MAX_METRIC:
        raise _wrong("metric", metric, f"1-{MAX_METRIC} characters")
    return metric


def _limit(kind: str, limit: float | None) -> float | None:
    if kind != "threshold":
        return None
    if limit is None or not math.isfinite(limit):
        raise _wrong("limit", limit, N_("a number"))
    return float(limit)


def _scope(scope: str) -> str:
    """A selection in one spelling."""
    try:
        values = json.loads(scope) if len(scope) <= MAX_SCOPE else None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise _wrong("scope", scope, N_("a selection as JSON"))
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _wrong(name: str, value: object, allowed: str) -> InvalidInput:
    return InvalidInput(
        N_("{name} of an alert rule cannot be {value}."),
        hint=N_("Allowed: {allowed}."),
        name=name,
        value=repr(value)[:80],
        allowed=allowed,
    )
