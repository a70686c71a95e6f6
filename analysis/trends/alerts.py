"""Evaluating alert rules: once for each rule and version of a dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics.measure import measure
from analysis.metrics.periods import Period
from analysis.metrics.registry import Definition, parse_reference
from analysis.metrics.selection import Selection
from analysis.metrics.territories import holidays_of
from analysis.records import Records, targets_for
from analysis.records.alerts import (
    AlertResult,
    AlertRule,
    RuleGrain,
    State,
    alert_results,
    alert_rules,
    keep_alert_results,
)
from analysis.trends.detect import detect
from analysis.trends.missing import missing_days
from analysis.trends.scales import Floats

#: Kinds that ``detect`` knows as events of orders.
_COUNTED = ("rate", "per")
#: Steps of several days, as pandas names them.
_CODES: Final[Mapping[RuleGrain, str]] = {"week": "W", "month": "M"}


def evaluate_alerts(
    dataset: Dataset,
    records: Records,
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[AlertResult, ...]:
    """Evaluate the rules of a dataset that were not evaluated on this version yet.

    A rule that fails (its metric or dimension is gone) keeps the reason; the others go
    on. Results are kept, so a second call costs one look into the records.

    Args:
        dataset: A published version.
        records: Where the rules and their results are.
        progress: Told the share done, 0 to 1.

    Returns:
        The results of all rules of the dataset, new and kept, by name of the rule.
    """
    known = _known(dataset, records)
    rules = alert_rules(records, dataset=dataset.id)
    due = [rule for rule in rules if (rule.id, rule.version) not in known]
    for place, rule in enumerate(due, 1):
        keep_alert_results(records, [evaluate_rule(dataset, records, rule)])
        if progress is not None:
            progress(place / len(due))
    return alert_results(records, dataset=dataset.id, dataset_version=dataset.version)


def evaluate_rule(dataset: Dataset, records: Records, rule: AlertRule) -> AlertResult:
    """What one rule finds in a version of a dataset; nothing is kept."""
    empty = AlertResult(
        rule=rule.id,
        rule_version=rule.version,
        dataset=dataset.id,
        dataset_version=dataset.version,
        state="quiet",
        period=None,
        began=None,
        value=None,
        limit=None,
        expected=None,
        orders=None,
        reason="",
        evaluated_at=datetime.now(UTC),
    )
    try:
        where = Selection.from_json(json.loads(rule.scope))
        gone = missing_days(dataset, rule.metric, selection=where)
        steps = _steps(dataset, records, rule, where, gone)
    except DoorstepError as error:
        return replace(empty, state="failed", reason=str(error))
    if gone and _is_missing(dataset, rule, gone):
        return replace(empty, state="missing", period=_last_step(dataset, rule))
    if not len(steps):
        return replace(empty, state="too_few")
    return _judged(empty, steps)


def _known(dataset: Dataset, records: Records) -> set[tuple[str, int]]:
    kept = alert_results(records, dataset=dataset.id, dataset_version=dataset.version)
    return {(item.rule, item.rule_version) for item in kept}


def _judged(empty: AlertResult, steps: pd.DataFrame) -> AlertResult:
    """The last step, and since when it has been so."""
    last = steps.iloc[-1]
    raised = steps["is_raised"].to_numpy(dtype=bool)
    state: State = "too_few" if last["is_too_few"] else "quiet"
    if raised[-1]:
        state = "raised"
    quiet = np.flatnonzero(~raised)
    begin = int(quiet[-1]) + 1 if len(quiet) else 0
    return replace(
        empty,
        state=state,
        period=last["period"].to_pydatetime(),
        began=steps["period"].iloc[begin].to_pydatetime() if raised[-1] else None,
        value=_number(last["value"]),
        limit=_number(last["limit"]),
        expected=_number(last["expected"]),
        orders=_number(last["orders"]),
    )


def _steps(
    dataset: Dataset,
    records: Records,
    rule: AlertRule,
    where: Selection,
    gone: frozenset[date],
) -> pd.DataFrame:
    """The series of a rule but for missing days, each step held against its limit."""
    frame = measure(dataset, rule.metric, grain=rule.grain, where=where)
    definition = parse_reference(rule.metric).definition
    steps = pd.DataFrame(
        {
            "period": frame["period"],
            "value": frame[rule.metric].astype(float),
            "orders": frame[f"{rule.metric}_n"].astype(float),
            "events": frame[f"{rule.metric}_num"].astype(float),
        }
    )
    steps = _whole(dataset, rule, steps)
    there = [not gone & _days_of(start, rule.grain) for start in steps["period"]]
    steps = steps[np.array(there, dtype=bool)]
    if rule.kind == "anomaly":
        return _with_detection(rule, definition, steps, _holidays(dataset, rule, where))
    limit = (
        _targets(records, rule, steps["period"])
        if rule.kind == "target"
        else np.full(len(steps), float(rule.limit or 0.0))
    )
    side = rule.side
    if rule.kind == "target":
        side = "below" if definition.direction == "higher" else "above"
    few = (steps["orders"] < definition.minimum_sample) | steps["value"].isna()
    beyond = _beyond(steps["value"].to_numpy(), limit, limit, side)
    return steps.assign(
        limit=limit, expected=np.nan, is_too_few=few | np.isnan(limit),
        is_raised=beyond & ~few.to_numpy(),
    )  # fmt: skip


def _with_detection(
    rule: AlertRule,
    definition: Definition,
    steps: pd.DataFrame,
    holidays: frozenset[date],
) -> pd.DataFrame:
    if not len(steps):
        return steps
    counted = definition.kind in _COUNTED
    found = detect(
        steps,
        numerator="events" if counted else None,
        denominator="orders" if counted else None,
        value=None if counted else "value",
        holidays=holidays,
    )
    unit = found["value"] / (found["events"] / found["orders"])
    scale = unit.median() if counted and unit.notna().any() else 1.0
    low, high, expected = (found[name] * scale for name in ("low", "high", "expected"))
    parts = (found["value"], low, high)
    value, floor, ceiling = (item.to_numpy(dtype=float) for item in parts)
    beyond = _beyond(value, floor, ceiling, rule.side)
    left = np.where(found["value"] > expected, high, low)
    return found.assign(
        limit=left, expected=expected, is_raised=beyond & found["is_anomaly"],
    )  # fmt: skip


def _holidays(dataset: Dataset, rule: AlertRule, where: Selection) -> frozenset[date]:
    """Holidays of the orders of a rule, where its steps are no longer than one."""
    days = Period.of(dataset.period)
    if days is None or rule.grain not in ("hour", "day"):
        return frozenset()
    return holidays_of(dataset, period=days, selection=where)


def _beyond(values: Floats, low: Floats, high: Floats, side: str) -> NDArray[np.bool_]:
    above, below = values > high, values < low
    return {"above": above, "below": below, "either": above | below}[side]


def _targets(records: Records, rule: AlertRule, periods: pd.Series) -> Floats:
    """The target in force on each step; NaN where there is none."""
    known = targets_for(records, metric=rule.metric, scope=rule.scope)
    found = []
    for moment in periods:
        day = moment.date()
        values = [item.target for item in known if item.holds_on(day)]
        found.append(values[0] if values else np.nan)
    return np.array(found, dtype=float)


def _days_of(start: pd.Timestamp, grain: RuleGrain) -> frozenset[date]:
    """The days of a step."""
    if grain in ("hour", "day"):
        return frozenset([start.date()])
    last = start.to_period(_CODES[grain]).end_time
    return frozenset(item.date() for item in pd.date_range(start, last, freq="D"))


def _last_step(dataset: Dataset, rule: AlertRule) -> datetime | None:
    """First moment of the last step that the data cover whole."""
    if dataset.period is None:
        return None
    last = pd.Timestamp(dataset.period[1])
    if rule.grain in ("hour", "day"):
        return last.to_pydatetime()
    step = last.to_period(_CODES[rule.grain])
    step = step if step.end_time.date() <= last.date() else step - 1
    return step.start_time.to_pydatetime()


def _is_missing(dataset: Dataset, rule: AlertRule, gone: frozenset[date]) -> bool:
    """Whether data of the step that is to be judged are missing."""
    last = _last_step(dataset, rule)
    return last is not None and bool(gone & _days_of(pd.Timestamp(last), rule.grain))


def _whole(dataset: Dataset, rule: AlertRule, steps: pd.DataFrame) -> pd.DataFrame:
    """Steps that the data cover whole: a week that has begun says nothing yet."""
    if dataset.period is None or rule.grain not in ("week", "month"):
        return steps
    ends = steps["period"].dt.to_period(_CODES[rule.grain]).dt.end_time.dt.date
    last: date = dataset.period[1]
    return steps[ends <= last]


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return number if np.isfinite(number) else None
