"""A registered plan as ``evaluate`` takes it: strategy, orders, assignment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date

import pandas as pd

from analysis.metrics.selection import Condition, Selection
from analysis.strategies.assignment_tables import load_assignment
from analysis.strategies.contract import Secondary, Strategy
from analysis.strategies.published.contract import UNITS
from analysis.strategies.registration import (
    PLACE_DESIGNS,
    STEPS,
    Registration,
    better_of,
)
from analysis.workspace import Workspace


def question(plan: Registration, *, method: str | None = None) -> Strategy:
    """The plan as ``evaluate`` takes it.

    Args:
        plan: What is registered.
        method: Another valid method than the plan's.
    """
    options, assignment = plan.options, plan.assignment
    by_place = plan.design in PLACE_DESIGNS and assignment.kind == "places"
    staggered = plan.design == "staggered"
    return Strategy(
        plan.design,
        plan.metric,
        unit=plan.unit,
        treatment=None if by_place and not staggered else _arm_column(plan),
        control=assignment.control or None,
        treated=_treated(plan),
        time=options.time or STEPS.get(plan.design),
        start=assignment.start if by_place and not staggered else None,
        period=(plan.first_day, plan.last_day),
        cluster=options.cluster,
        covariates=options.covariates,
        propensity=_planned_shares(plan),
        strata=options.strata,
        guardrails=plan.guardrails,
        secondary=tuple(Secondary(one, better_of(one)) for one in options.secondary),
        correction=options.correction or "holm",
        method=method or options.method,
        margin=options.margin,
        better=plan.better,
        smallest_effect=plan.smallest_effect or None,
        washout=options.washout,
        lags=options.lags,
        block=options.block,
        anytime=options.anytime,
        holidays=options.holidays,
    )


def scope_of(plan: Registration) -> Selection:
    """The orders a plan is about, of whatever version is at hand."""
    scope = Selection(conditions=plan.scope.conditions, event=plan.scope.event)
    if plan.design != "its":
        return scope
    # A series without a control is that of the places that began, of no other.
    place = UNITS[plan.unit][0]
    return scope.narrow(Condition(place, values=plan.assignment.begun))


def assigned(plan: Registration, workspace: Workspace) -> pd.DataFrame | None:
    """The assignment as a table; None where a column of the dataset says it.

    Raises:
        DataProblem: if the uploaded table is not in the workspace.
    """
    assignment = plan.assignment
    if assignment.kind == "table":
        return load_assignment(workspace, assignment.table)
    if assignment.kind == "places" and plan.design == "staggered":
        return _rollout(assignment.starts)
    return None


def _arm_column(plan: Registration) -> str:
    return plan.assignment.column if plan.assignment.kind == "column" else "variant"


def _planned_shares(
    plan: Registration,
) -> Mapping[Hashable, float] | float | None:
    """Planned shares by arm, where both are named; of a switchback that of being on."""
    assignment = plan.assignment
    if plan.design == "switchback":
        return assignment.share
    if plan.design != "ab" or not (assignment.control and assignment.treated):
        return None
    return {
        assignment.control: 1 - assignment.share,
        assignment.treated: assignment.share,
    }


def _treated(plan: Registration) -> object:
    assignment = plan.assignment
    if assignment.kind == "places":
        return None if plan.design == "staggered" else assignment.begun
    return assignment.treated or None


def _rollout(starts: Mapping[str, date | None]) -> pd.DataFrame:
    """Places and their first days as an assignment table."""
    return pd.DataFrame(
        {
            "unit": list(starts),
            "variant": [
                "treatment" if first else "control" for first in starts.values()
            ],
            "first": pd.to_datetime(pd.Series(list(starts.values()), dtype="object")),
        }
    )
