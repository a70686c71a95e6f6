"""Evaluate a strategy on a published dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.engine.dataset import Dataset
from analysis.metrics.availability import availability_of
from analysis.metrics.place_names import Places
from analysis.metrics.registry import parse_reference
from analysis.strategies.contract import Strategy
from analysis.strategies.designs import found
from analysis.strategies.published.binding import Bound, bind, day_of, period_of
from analysis.strategies.published.comparing import needs_rows, study_of
from analysis.strategies.published.conditions import need_one_currency
from analysis.strategies.published.contract import DaysLeft, Scope, Source
from analysis.strategies.published.cuts import Plan, plan_arms
from analysis.strategies.published.days_left import days_left
from analysis.strategies.published.judging import (
    Judged,
    judge_arms,
    judge_panel,
    smallest_of,
    with_reversal,
)
from analysis.strategies.published.panels import PanelPlan, panel_study, plan_panel
from analysis.strategies.results import Evaluation, Finding
from analysis.strategies.secondary import asked_alone, secondary_results
from analysis.strategies.study import Study
from analysis.strategies.verdict import decide, guard


@dataclass(frozen=True, slots=True)
class Read:
    """A study read from a dataset, and the query it came from."""

    bound: Bound
    plan: Plan | PanelPlan
    study: Study
    sql: str


def evaluate_published(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    *,
    alpha: float,
    seed: int,
) -> Evaluation:
    """Say whether a strategy worked, from a published dataset.

    Args:
        dataset: The version that is read.
        strategy: Its names mean metrics and dimensions, see the contract.
        scope: Which orders, and who was in which arm.
        alpha: The interval covers with 1 - alpha.
        seed: Of everything drawn.
    """
    read = read_study(dataset, strategy, scope, alpha=alpha, seed=seed)
    finding = found(read.study)

    def find(asked: Strategy) -> Finding:
        again = read_study(
            dataset, asked, scope, alpha=alpha, seed=seed, places=read.bound.places
        )
        return found(again.study)

    guardrails = tuple(
        guard(one, find(asked_alone(strategy, one)).estimate)
        for one in strategy.guardrails
    )
    judged = judge(read, finding)
    verdict = decide(read.study.strategy, judged.finding, guardrails)
    return Evaluation(
        strategy.design, alpha, judged.finding, guardrails,
        with_reversal(verdict, judged.segments),
        source=_source(read, (read.sql, *judged.sql)),
        segments=judged.segments, second=judged.second,
        days_left=_days_left(read.study, judged),
        secondary=secondary_results(strategy, find, alpha=alpha),
        correction=strategy.correction,
    )  # fmt: skip


def judge(read: Read, finding: Finding) -> Judged:
    """Everything around a finding."""
    if isinstance(read.plan, PanelPlan):
        return judge_panel(read.plan, read.study, finding)
    return judge_arms(read.plan, read.study, finding)


def _days_left(study: Study, judged: Judged) -> DaysLeft | None:
    smallest = smallest_of(study.strategy)
    if not smallest:
        return None
    estimate = judged.finding.estimate
    return days_left(estimate, smallest, days=judged.days, alpha=study.alpha)


def read_study(
    dataset: Dataset,
    strategy: Strategy,
    scope: Scope,
    *,
    alpha: float,
    seed: int,
    places: Mapping[str, Places] | None = None,
) -> Read:
    """Read what a strategy works on; ``places`` are as ``bind`` takes them."""
    bound = bind(dataset, strategy, scope, places=places)
    need_one_currency(bound, period_of(bound))
    if strategy.design == "ab":
        plan = plan_arms(bound)
        study = study_of(plan, alpha=alpha, seed=seed)
        sql = plan.rows_sql if needs_rows(plan) else plan.sql
        return Read(bound, plan, study, sql)
    panel = plan_panel(bound)
    return Read(bound, panel, panel_study(panel, alpha=alpha, seed=seed), panel.sql)


def _source(read: Read, sql: tuple[str, ...]) -> Source:
    strategy, dataset = read.bound.strategy, read.bound.dataset
    start = read.study.strategy.start
    return Source(
        dataset=dataset.name,
        version=dataset.version,
        metric=strategy.outcome,
        definition=parse_reference(strategy.outcome).definition.version,
        assumed=availability_of(dataset, strategy.outcome).assumed,
        unit=read.bound.unit,
        first=read.plan.period.first,
        last=read.plan.period.last,
        start=None if start is None else day_of(start),
        orders=_orders(read.study),
        sql=sql,
    )


def _orders(study: Study) -> int:
    rows = study.rows
    return int(rows["size"].sum()) if "size" in rows else len(rows)
