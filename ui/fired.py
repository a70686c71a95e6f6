"""Alerts that fired and what stands out: worked out once a version, shown anywhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import Period, Selection
from analysis.metrics.registry import parse_reference
from analysis.records import Records
from analysis.records.alerts import AlertResult, AlertRule, alert_results, alert_rules
from analysis.trends import evaluate_alerts
from analysis.words import N_
from ui import cached
from ui.format import day, moment
from ui.jobs import Job
from ui.kpis.figures import name_of, write
from ui.kpis.view import KpiView
from ui.texts import t

KIND: Final = "alerts"
POLL_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fired on the last whole step of a version, or lacks its data.

    Attributes:
        rule: The rule.
        result: What it found.
        view: The KPI page on its orders.
    """

    rule: AlertRule
    result: AlertResult
    view: KpiView


def evaluate(dataset: Dataset, *, again: bool = False) -> Job:
    """Evaluate the rules of a version beside the page, once.

    Args:
        dataset: A published version.
        again: Also where it was done before, since a rule changed.
    """
    jobs, subject = cached.jobs(), str(dataset.path)
    found = jobs.find(KIND, subject)
    if found is not None and (found.state == "running" or not again):
        return found
    kept = cached.records()

    def work(job: Job) -> object:
        job.progress(0.0, N_("Evaluating alerts"))
        known = _rules(kept, dataset)
        found = evaluate_alerts(dataset, kept, progress=job.progress)
        # A rule may be saved while the others are evaluated.
        while (now := _rules(kept, dataset)) != known:
            known = now
            found = evaluate_alerts(dataset, kept, progress=job.progress)
        return found

    return jobs.start(KIND, subject, work)


def _rules(kept: Records, dataset: Dataset) -> tuple[tuple[str, int], ...]:
    found = alert_rules(kept, dataset=dataset.id)
    return tuple((rule.id, rule.version) for rule in found)


@st.fragment(run_every=POLL_SECONDS)
def _poll(job: Job) -> None:
    """Run the page again once the rules are evaluated."""
    if job.state != "running":
        st.rerun()


def waiting(dataset: Dataset) -> None:
    """Start the evaluation of a version's rules, and show them when they are there."""
    if not alert_rules(cached.records(), dataset=dataset.id):
        return
    job = evaluate(dataset)
    if job.state == "running":
        _poll(job)


def alerts(dataset: Dataset) -> list[Alert]:
    """The rules that fired on a version or lack data, as far as they were evaluated."""
    kept = cached.records()
    rules = {rule.id: rule for rule in alert_rules(kept, dataset=dataset.id)}
    found = alert_results(kept, dataset=dataset.id, dataset_version=dataset.version)
    return [
        Alert(rules[item.rule], item, view_of(dataset, rules[item.rule], item))
        for item in found
        if item.state in ("raised", "missing") and item.rule in rules
    ]


def view_of(dataset: Dataset, rule: AlertRule, result: AlertResult) -> KpiView:
    """The KPI page on the orders of a rule, since it fired first."""
    try:
        scope = Selection.from_json(json.loads(rule.scope))
    except (DoorstepError, ValueError):
        scope = Selection()
    chosen = replace(
        scope,
        dataset=dataset.name,
        version=dataset.version,
        metric=rule.metric,
        period=_days(dataset, result),
    )
    return KpiView(selection=chosen, span="days" if chosen.period else "auto")


def sentence(item: Alert) -> str:
    """What fired, in words; plain text."""
    definition = parse_reference(item.rule.metric).definition
    values = {
        "metric": name_of(item.rule.metric),
        "value": write(_or_nan(item.result.value), definition),
        "limit": write(_or_nan(item.result.limit), definition),
        "expected": write(_or_nan(item.result.expected), definition),
        "when": _when(item),
    }
    if item.result.state == "missing":
        return t("{metric} cannot be told: data are missing ({when})", **values)
    if item.rule.kind == "anomaly":
        return t("{metric} is {value} instead of {expected} ({when})", **values)
    if item.rule.kind == "target":
        return t("{metric} is {value}, the target is {limit} ({when})", **values)
    return t("{metric} is {value}, the limit is {limit} ({when})", **values)


def _days(dataset: Dataset, result: AlertResult) -> Period | None:
    """From the first step of the run on to the last day of the data."""
    if dataset.period is None or result.period is None:
        return None
    began = (result.began or result.period).date()
    return Period(began, max(began, dataset.period[1]))


def _when(item: Alert) -> str:
    when = item.result.period
    if when is None:
        return "–"
    return moment(when) if item.rule.grain == "hour" else day(when.date())


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
