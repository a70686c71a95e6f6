"""One order on one time axis: what was planned, what happened, and beside whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from analysis.cases.attribution import Plan, plan_of
from analysis.cases.judge import judge
from analysis.cases.marks import marks_of, places_of
from analysis.cases.moments import Milestone, StageLine, Timeline
from analysis.cases.verdicts import UNDETERMINED, Verdict
from analysis.engine.dataset import Dataset
from analysis.metrics.facts import case_facts
from analysis.metrics.peers import peers
from analysis.metrics.stages import STAGE_MILESTONES, STAGE_NAMES, Stage, stages_of
from analysis.words import N_

#: What a column that the dataset lacks would add to the page of a case.
WOULD_ADD: Mapping[str, str] = {
    "promised_at": N_("how late the order was"),
    "accepted_at": N_("dispatch apart from the way to the merchant"),
    "arrived_merchant_at": N_("the rider's way apart from the wait for the kitchen"),
    "picked_up_at": N_("the kitchen apart from the last leg"),
    "arrived_customer_at": N_("the last leg apart from the hand-over"),
    "promised_ready_at": N_("whether the kitchen was slower than it promised"),
    "planned_arrived_merchant_at": N_("plans for each stage instead of usual times"),
    "batch_id": N_("detours for a second order"),
    "distance_m": N_("peers of the same distance"),
    "city": N_("peers of the same city"),
    "cancel_reason": N_("who is responsible for a cancellation"),
    "drop_lat": N_("the map, early taps and wrong pins"),
    "tap_lat": N_("where delivered was tapped"),
    "events": N_("calls, changed addresses, closed roads and weather alerts"),
    "messages": N_("what was said, beside what happened"),
    "complaints": N_("what the customer complained of"),
    "offers": N_("which riders were asked, and refusals"),
}
#: Less of a minute is nothing.
_LEAST = 0.05
_OVER_OF = dict(zip(STAGE_NAMES, STAGE_NAMES, strict=True)) | {
    "kitchen_wait": "kitchen"
}


def timeline(
    dataset: Dataset,
    order: int,
    *,
    verdict: Verdict | None = None,
    facts: pd.DataFrame | None = None,
) -> Timeline:
    """One order on one time axis.

    Args:
        dataset: A published version.
        order: Its number (``order_no``).
        verdict: Of the order, for the parties of the gaps; judged by the default rules
            if None.
        facts: The order's row of ``metrics.case_facts``, if it is there already.

    Returns:
        Milestones, stages beside plan and peers, marks, places; times are naive UTC.

    Raises:
        InvalidInput: if there is no such order.
    """
    if facts is None:
        facts = case_facts(dataset, [order])
    found = verdict or judge(facts)[0]
    row = facts.iloc[0]
    plan = plan_of(facts)
    beside = peers(dataset, order, facts=facts)
    places = places_of(dataset, row)
    return Timeline(
        order_no=order,
        order_id=str(row.get("order_id", order)),
        timezone=_text(row, "timezone") or dataset.timezone,
        milestones=_milestones(dataset, row, plan),
        stages=_stages(row, plan, beside, found),
        promised_at=time_of(row, "promised_at"),
        delivered_at=time_of(row, "delivered_at"),
        cancelled_at=time_of(row, "cancelled_at"),
        minutes_late=_number(row, "minutes_late"),
        marks=marks_of(dataset, row),
        places=places,
        peers_by=_shared(beside),
        peers_n=0 if beside.empty else int(beside["n"].max()),
        would_add=would_add(dataset),
        facts={str(name): _plain(value) for name, value in row.items()},
    )


def would_add(dataset: Dataset) -> dict[str, str]:
    """Columns and tables that the dataset lacks, with what each would add to a case."""
    return {
        name: what
        for name, what in WOULD_ADD.items()
        if name not in dataset.fields and name not in dataset.tables
    }


def time_of(row: pd.Series, name: str) -> datetime | None:
    """A time of an order as Python has it; None where it is not known."""
    value = row.get(name)
    if value is None or pd.isna(value):
        return None
    return pd.Timestamp(value).to_pydatetime()


def _milestones(dataset: Dataset, row: pd.Series, plan: Plan) -> tuple[Milestone, ...]:
    created = time_of(row, "created_at")
    minutes = plan.milestones[0]
    source = "plan" if plan.is_own[0] else "peers"
    return tuple(
        Milestone(
            name=name,
            at=time_of(row, name),
            planned=_after(created, minutes[place]),
            planned_from=source if np.isfinite(minutes[place]) and created else "",  # type: ignore[arg-type]
            is_recorded=name in dataset.fields,
        )
        for place, name in enumerate(STAGE_MILESTONES)
    )


def _after(created: datetime | None, minutes: float) -> datetime | None:
    if created is None or not np.isfinite(minutes):
        return None
    return created + timedelta(minutes=float(minutes))


def _stages(
    row: pd.Series, plan: Plan, beside: pd.DataFrame, verdict: Verdict
) -> tuple[StageLine, ...]:
    times = {name: time_of(row, name) for name in STAGE_MILESTONES}
    known = {name: at for name, at in times.items() if at is not None}
    planned = dict(zip(STAGE_MILESTONES, plan.milestones[0], strict=True))
    quantiles = _quantiles(beside)
    lines = [
        _line(stage, known, planned[stage.end] - planned[stage.start],
              quantiles.get(stage.name, {}))
        for stage in stages_of(known)
    ]  # fmt: skip
    parts = {stage.name: stage.parts for stage in stages_of(known)}
    return tuple(_with_gaps(lines, parts, verdict))


def _line(
    stage: Stage,
    times: Mapping[str, datetime],
    planned: float,
    beside: Mapping[str, float],
) -> StageLine:
    """A stage beside its plan and its peers, without gaps so far."""
    start, end = times[stage.start], times[stage.end]
    return StageLine(
        name=stage.name,
        start=start,
        end=end,
        minutes=(end - start).total_seconds() / 60,
        planned=float(planned) if np.isfinite(planned) else None,
        p10=beside.get("p10"),
        p50=beside.get("p50"),
        p90=beside.get("p90"),
        n=int(beside.get("n", 0)),
        gap=None,
        gap_by_party={},
    )


def _with_gaps(
    lines: list[StageLine], parts: Mapping[str, tuple[str, ...]], verdict: Verdict
) -> Iterator[StageLine]:
    """The stages with what each adds to the lateness, by party.

    What no party can be charged with lies where time is over plan and not charged yet.
    """
    charged = {line.name: charged_by_party(parts[line.name], verdict) for line in lines}
    over = {line.name: line.minutes - (line.planned or line.minutes) for line in lines}
    free = {
        name: max(over[name] - sum(charged[name].values()), 0.0) for name in charged
    }
    rest = verdict.minutes_by_party.get(UNDETERMINED, 0.0)
    whole = sum(free.values())
    for line in lines:
        gap = dict(charged[line.name])
        if rest > _LEAST and free[line.name] > 0:
            gap[UNDETERMINED] = rest * free[line.name] / whole
        has_plan = line.planned is not None
        yield replace(
            line, gap=sum(gap.values()) if has_plan else None, gap_by_party=gap
        )


def charged_by_party(parts: tuple[str, ...], verdict: Verdict) -> dict[str, float]:
    """Minutes of the lateness that rules found in some stages, by party."""
    causes = {_OVER_OF[part] for part in parts}
    found: dict[str, float] = {}
    for hit in verdict.hits:
        if hit.cause in causes:
            found[hit.party] = found.get(hit.party, 0.0) + hit.minutes
    return found


def _quantiles(beside: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Percentiles and n by stage."""
    return {
        str(row["stage"]): {
            name: float(row[name]) for name in ("p10", "p50", "p90", "n")
        }
        for row in beside.to_dict("records")
    }


def _shared(beside: pd.DataFrame) -> tuple[str, ...]:
    total = beside[beside["stage"] == "total"]
    return tuple(str(total["by"].iloc[0]).split()) if len(total) else ()


def _text(row: pd.Series, name: str) -> str:
    value = row.get(name)
    return "" if value is None or pd.isna(value) else str(value)


def _number(row: pd.Series, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _plain(value: object) -> object:
    """A value as Python has it, None where it is missing."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value
