"""Alert rules, and what they found in each version of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analysis.records.database import Records

RuleKind = Literal["threshold", "target", "anomaly"]
RuleGrain = Literal["hour", "day", "week", "month"]
Side = Literal["above", "below", "either"]
State = Literal["raised", "quiet", "too_few", "failed"]


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
        state: ``raised``, ``quiet``, ``too_few`` (orders to tell) or ``failed``.
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
    raise NotImplementedError


def alert_rules(
    records: Records, *, dataset: str | None = None, metric: str | None = None
) -> tuple[AlertRule, ...]:
    """The rules there are, by name."""
    raise NotImplementedError


def delete_alert_rule(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a rule; ``undo_delete`` brings it back.

    Raises:
        UnknownName: if there is no such rule.
        Conflict: if somebody else changed or deleted it meanwhile.
    """
    raise NotImplementedError


def alert_results(
    records: Records, *, dataset: str, dataset_version: str
) -> tuple[AlertResult, ...]:
    """Results of the rules as they are now, for one version of a dataset."""
    raise NotImplementedError
