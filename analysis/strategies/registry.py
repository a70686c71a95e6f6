"""The registry: plans in the records, how they are read, where each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np

from analysis import records as kept
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics.registry import parse_reference
from analysis.records import Decision, Deviation, Look, Records, StoredStrategy
from analysis.records.strategy_parts import PLAN, canonical_plan, plan_hash
from analysis.strategies.evaluating import evaluate
from analysis.strategies.published.conditions import definition_since
from analysis.strategies.published.contract import Scope
from analysis.strategies.published.worth import effects_and_gaps
from analysis.strategies.questions import assigned, question, scope_of
from analysis.strategies.registration import (
    Registration,
    from_stored,
    is_readable,
    to_values,
)
from analysis.strategies.results import Estimate, Evaluation
from analysis.strategies.rules import decide_by
from analysis.strategies.verdict import decide
from analysis.workspace import Workspace

Status = Literal["draft", "frozen", "running", "ended", "decided"]
STATUSES: Final[tuple[Status, ...]] = ("draft", "frozen", "running", "ended", "decided")
FINAL: Final = ("roll out", "stop")


@dataclass(frozen=True, slots=True)
class Entry:
    """One strategy of the list.

    Attributes:
        stored: As the records keep it.
        plan: What is registered.
        status: Where it stands.
        days_done: Days of its period that have passed.
        looks: What was read of it, the oldest first.
        decisions: What was decided, the oldest first.
        deviations: Changes since it was frozen, the oldest first.
    """

    stored: StoredStrategy
    plan: Registration
    status: Status
    days_done: int
    looks: tuple[Look, ...] = ()
    decisions: tuple[Decision, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    @property
    def id(self) -> str:
        """Its id in the records."""
        return self.stored.id

    @property
    def decision(self) -> Decision | None:
        """The newest decision."""
        return self.decisions[-1] if self.decisions else None

    @property
    def look(self) -> Look | None:
        """The newest results that were read by the plan."""
        return next((look for look in reversed(self.looks)), None)

    @property
    def read_early(self) -> Look | None:
        """Results read before the plan was frozen; None if there are none."""
        return next((look for look in self.looks if look.is_exploratory), None)


def register(records: Records, plan: Registration, *, by: str) -> StoredStrategy:
    """Write a plan as a draft.

    Raises:
        InvalidInput: if a part of it is out of its range.
        Conflict: if the dataset has a strategy of that name.
    """
    options = replace(plan.options, definition=definition_of(plan.metric))
    return kept.add_strategy(records, to_values(replace(plan, options=options)), by=by)


def amend(
    records: Records,
    stored: StoredStrategy,
    plan: Registration,
    *,
    by: str,
    reason: str = "",
) -> StoredStrategy:
    """Change a plan; once it is frozen, each change stays as a deviation.

    Raises:
        InvalidInput: if the plan is frozen and no reason is given.
        Conflict: if somebody else changed it meanwhile.
    """
    return kept.amend_strategy(
        records, stored.id, to_values(plan), by=by, version=stored.version,
        reason=reason,
    )  # fmt: skip


def entries(records: Records, dataset: Dataset) -> tuple[Entry, ...]:
    """All readable strategies of a dataset, the one that began last first."""
    stored = kept.list_strategies(records, dataset=dataset.name)
    ids = [item.id for item in stored]
    looks = kept.looks_of(records, ids)
    decisions = kept.decisions_of(records, ids)
    return tuple(
        _entry(dataset, item, looks=looks[item.id], decisions=decisions[item.id])
        for item in stored
        if is_readable(item)
    )


def unreadable(records: Records, dataset: Dataset) -> tuple[StoredStrategy, ...]:
    """Strategies of a dataset whose plan this version cannot read."""
    stored = kept.list_strategies(records, dataset=dataset.name)
    return tuple(item for item in stored if not is_readable(item))


def entry_of(records: Records, dataset: Dataset, identifier: str) -> Entry:
    """One strategy with everything that was written about it.

    Raises:
        UnknownName: if there is none of that id.
    """
    stored = kept.strategy_of(records, identifier)
    return _entry(
        dataset,
        stored,
        looks=kept.looks_of(records, [identifier])[identifier],
        decisions=kept.decisions_of(records, [identifier])[identifier],
        deviations=kept.deviations_of(records, identifier),
    )


def status_of(
    stored: StoredStrategy, *, day: date | None, decision: Decision | None
) -> Status:
    """Where a strategy stands on a day.

    Args:
        stored: As the records keep it.
        day: Last day of the data, None where they have no dates.
        decision: The newest decision.
    """
    if decision is not None and decision.decision in FINAL:
        return "decided"
    if not stored.is_frozen:
        return "draft"
    if day is None or day < stored.first_day:
        return "frozen"
    return "running" if day < stored.last_day else "ended"


def current_hash(stored: StoredStrategy) -> str:
    """SHA-256 of the plan in force, deviations included."""
    return plan_hash(canonical_plan({name: getattr(stored, name) for name in PLAN}))


def evaluate_plan(
    dataset: Dataset,
    plan: Registration,
    workspace: Workspace,
    *,
    method: str | None = None,
    segments: tuple[str, ...] | None = None,
) -> Evaluation:
    """Evaluate a plan on a dataset and decide by its rule.

    Args:
        dataset: A published version.
        plan: What is registered.
        workspace: Holds uploaded assignments and the key of the ids.
        method: Another valid method than the plan's.
        segments: Dimensions to ask "for whom"; None takes the usual ones.

    Raises:
        DoorstepError: what ``evaluate`` raises.
    """
    found = evaluate(
        dataset,
        question(plan, method=method),
        alpha=plan.rule.alpha,
        selection=scope_of(plan),
        assignment=assigned(plan, workspace),
        key=workspace.key(),
        before=plan.options.before,
        segments=segments,
    )
    return decided(plan, found)


def effects_for_worth(
    dataset: Dataset, plan: Registration, workspace: Workspace
) -> tuple[Mapping[str, Estimate], Mapping[str, DoorstepError]]:
    """Effects that the worth of a plan is reckoned from, and why others are lacking.

    Both are by metric.
    """
    scope = Scope(
        scope_of(plan), assigned(plan, workspace), workspace.key(),
        before=plan.options.before,
    )  # fmt: skip
    return effects_and_gaps(dataset, question(plan), scope, alpha=plan.rule.alpha)


def decided(plan: Registration, found: Evaluation) -> Evaluation:
    """The evaluation with the verdict of the plan's own rule.

    A definition of the metric that changed since it was planned is a red check.
    """
    found = _with_definition(plan, found)
    verdict = decide_by(
        plan.rule, found, better=plan.better, smallest=plan.smallest_effect
    )
    return replace(found, verdict=verdict)


def _with_definition(plan: Registration, found: Evaluation) -> Evaluation:
    planned, now = plan.options.definition, definition_of(plan.metric)
    if planned in (0, now):
        return found
    check = definition_since(now, planned, plan.metric)
    finding = replace(found.finding, checks=(check, *found.finding.checks))
    verdict = decide(question(plan), finding, found.guardrails)
    return replace(found, finding=finding, verdict=verdict)


def definition_of(metric: str) -> int:
    """Version of a metric's definition now."""
    return parse_reference(metric).definition.version


def figures_of(found: Evaluation) -> dict[str, Any]:
    """The main figures as plain JSON, to be kept beside a look or a decision."""
    estimate = found.finding.estimate
    low, high = estimate.interval
    return {
        "effect": _known(estimate.effect),
        "low": _known(low),
        "high": _known(high),
        "p_value": _known(estimate.p_value),
        "alpha": found.alpha,
        "n": found.n,
        "baseline": _known(found.baseline),
        "method": found.method,
        "decision": found.verdict.decision,
        "reason": str(found.verdict.reason),
        "checks": {check.name: check.light for check in found.checks},
        "guardrails": {item.outcome: item.state for item in found.guardrails},
        "secondary": {item.outcome: item.state for item in found.secondary},
    }


def note_result(
    records: Records, entry: Entry, dataset: Dataset, found: Evaluation
) -> None:
    """Keep that results were read, once for a version of data and plan."""
    kept.note_look(
        records,
        entry.id,
        dataset=dataset.name,
        version=dataset.version,
        plan_hash=current_hash(entry.stored),
        is_exploratory=not entry.stored.is_frozen,
        figures=figures_of(found),
    )


def is_fresh(entry: Entry, dataset: Dataset) -> bool:
    """Whether the newest figures are those of this version and the plan in force."""
    look = entry.look
    return look is not None and (look.version, look.plan_hash) == (
        dataset.version, current_hash(entry.stored),
    )  # fmt: skip


def days_done(plan: Registration, *, day: date | None) -> int:
    """Days of the plan's period that have passed on a day."""
    if day is None:
        return 0
    done = min(day, plan.last_day) - plan.first_day + timedelta(days=1)
    return max(0, done.days)


def _entry(
    dataset: Dataset,
    stored: StoredStrategy,
    *,
    looks: tuple[Look, ...],
    decisions: tuple[Decision, ...],
    deviations: tuple[Deviation, ...] = (),
) -> Entry:
    plan = from_stored(stored)
    day = dataset.period[1] if dataset.period else None
    newest = decisions[-1] if decisions else None
    return Entry(
        stored, plan, status_of(stored, day=day, decision=newest),
        days_done(plan, day=day), looks, decisions, deviations,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
