"""What the form of a plan holds, and the registration that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics.registry import parse_reference
from analysis.metrics.selection import Selection
from analysis.strategies import Guardrail
from analysis.strategies.registration import (
    PLACE_DESIGNS,
    Assignment,
    Options,
    Registration,
    Rule,
    better_of,
)
from analysis.strategies.registry import Entry, definition_of
from ui.strategies import form_settings
from ui.strategies.form_fields import PREFIX, get, put

_LOADED: Final = "plan_loaded"
DAYS: Final = 28
#: Place that a unit lies in.
PLACE_OF: Final[Mapping[str, str]] = {
    "zone": "zone", "zone-hour": "zone", "city": "city", "city-day": "city",
}  # fmt: skip
#: Units that a design can assign.
UNITS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "ab": ("order", "rider", "merchant"),
    "switchback": ("zone-hour",),
    "did": ("zone", "city-day"),
    "staggered": ("zone", "city"),
    "its": ("city-day",),
    "synthetic_control": ("city", "zone"),
}


def units_of(dataset: Dataset, design: str) -> list[str]:
    """Units of a design that the dataset has a column for, riders before orders."""
    found = [
        unit
        for unit in UNITS_OF[design]
        if dataset.has("orders", PLACE_OF.get(unit) or f"{unit}_id")
    ]
    return sorted(found, key=lambda unit: unit == "order")


def prepare(dataset: Dataset, entry: Entry | None) -> None:
    """Fill the form once: with the plan that is edited, or with usual values."""
    mark = (
        f"{dataset.name}:{entry.id}:{entry.stored.version}" if entry else dataset.name
    )
    if st.session_state.get(_LOADED) == mark:
        return
    st.session_state[_LOADED] = mark
    values = _of_plan(entry.plan) if entry else _usual(dataset)
    for name, value in values.items():
        put(name, value)


def clear() -> None:
    """Forget what the form holds."""
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]


def registration(dataset: Dataset) -> Registration:
    """The plan that the form holds.

    Raises:
        InvalidInput: if a part is missing or out of its range.
    """
    design = get("design")
    return Registration(
        name=get("name") or "",
        hypothesis=get("hypothesis") or "",
        owner=get("owner") or "",
        dataset=dataset.name,
        design=design,
        unit=get("unit"),
        assignment=_assignment(design),
        first_day=get("first_day"),
        last_day=get("last_day"),
        metric=get("metric"),
        smallest_effect=smallest_effect(),
        guardrails=guardrails(),
        rule=Rule(1 - get("confidence") / 100, get("rule_effect"), get("rule_guard")),
        scope=Selection.of(scope()),
        options=_options(dataset),
    )


def smallest_effect() -> float:
    """Smallest effect that matters, in the unit of the metric."""
    return float(get("smallest") or 0) / scale(get("metric"))


def scale(metric: str) -> float:
    """What a figure of the form is divided by: shares are typed in points."""
    return 100.0 if parse_reference(metric).definition.unit == "share" else 1.0


def scope() -> dict[str, list[str]]:
    """The orders that the plan is about: values by dimension."""
    return {
        name: list(get(f"scope_{name}"))
        for name in get("scope_by") or []
        if get(f"scope_{name}")
    }


def orders_around() -> Selection:
    """The orders of the plan; of places also those that stay out of it.

    Which of few places would begin does not matter to how much they vary.
    """
    place = PLACE_OF.get(get("unit")) if get("design") in PLACE_DESIGNS else None
    return Selection.of({name: kept for name, kept in scope().items() if name != place})


def _assignment(design: str) -> Assignment:
    kind = get("kind")
    if design in PLACE_DESIGNS:
        return Assignment("places", starts=get("starts") or {})
    arms = {"control": get("control") or "", "treated": get("treated") or ""}
    share = float(get("share") or 50) / 100
    if kind == "table":
        return Assignment("table", table=get("table") or "", share=share, **arms)
    return Assignment("column", get("column") or "", share=share, **arms)


def guardrails() -> tuple[Guardrail, ...]:
    """The guardrails of the form with their margins."""
    return tuple(
        Guardrail(
            name,
            float(get(f"margin_{name}") or 0) / scale(name),
            better_of(name),
        )
        for name in get("guardrails") or []
    )


def has_past(dataset: Dataset) -> bool:
    """Whether there are data before the first day, which CUPED adjusts for."""
    first = get("first_day")
    return (
        dataset.period is not None and first is not None and (dataset.period[0] < first)
    )


def _options(dataset: Dataset) -> Options:
    people = get("unit") in ("rider", "merchant")
    adjust = get("adjust") and people and has_past(dataset)
    switchback = get("design") == "switchback"
    same = get("options_of") == (get("design"), get("metric"))
    kept = get("options") if same else None
    margin = float(get("margin") or 0) / scale(get("metric"))
    secondary = tuple(get("secondary") or ())
    return replace(
        kept or Options(),
        **form_settings.chosen(dataset),
        margin=margin if get("no_worse") else None,
        secondary=secondary,
        correction=get("correction") if len(secondary) > 1 else None,
        covariates=(get("metric"),) if adjust else (),
        block=int(get("block") or 1) if switchback else None,
        anytime=bool(get("anytime")) and get("design") == "ab",
        definition=definition_of(get("metric")),
        holidays=kept.holidays if kept else get("design") == "its",
    )


def _usual(dataset: Dataset) -> dict[str, Any]:
    begin, end = usual_days(dataset, design="ab", starts={})
    unit = next(iter(units_of(dataset, "ab")), "order")
    return {
        "name": "", "hypothesis": "", "owner": "", "metric": "late_rate",
        "smallest": 1.0, "guardrails": ["cancellation_rate"],
        "margin_cancellation_rate": 0.5, "design": "ab", "unit": unit,
        "kind": "column", "column": "variant", "control": "control",
        "treated": "treatment", "share": 50, "table": "", "starts": {},
        "scope_by": [], "first_day": begin,
        "last_day": end, "proposed": (begin, end), "confidence": 95,
        "rule_effect": "estimate", "rule_guard": "held", "adjust": True, "block": 3,
        "anytime": False, "power": 80, "options": None,
        "options_of": (), "secondary": [], "correction": "holm", "no_worse": False,
        "margin": None, "cluster": [], "strata": [], "washout": 0,
        "lags": form_settings.USUAL_LAGS,
    }  # fmt: skip


def propose_days(dataset: Dataset) -> None:
    """Propose the days looked at, as long as nobody chose others.

    Where places begin, four weeks of history come before the first of them, or as many
    days as there are.
    """
    if (get("first_day"), get("last_day")) != get("proposed"):
        return
    days = usual_days(dataset, design=get("design"), starts=get("starts") or {})
    for name, value in zip(("first_day", "last_day"), days, strict=True):
        put(name, value)
    put("proposed", days)


def usual_days(
    dataset: Dataset, *, design: str, starts: Mapping[str, date | None]
) -> tuple[date, date]:
    """First and last day to look at, of places with the days on which they begin."""
    known = dataset.period or (date.today(), date.today())  # noqa: DTZ011
    begun = [first for first in starts.values() if first]
    if design not in PLACE_DESIGNS or not begun:
        begin = known[1] + timedelta(days=1)
        return begin, begin + timedelta(days=DAYS - 1)
    first = min(begun)
    history = max(first - timedelta(days=DAYS), min(known[0], first))
    return history, max(begun) + timedelta(days=DAYS - 1)


def _of_plan(plan: Registration) -> dict[str, Any]:
    assignment = plan.assignment
    conditions = {
        item.dimension: list(item.values)
        for item in plan.scope.conditions
        if item.kind == "in"
    }
    return {
        "name": plan.name, "hypothesis": plan.hypothesis, "owner": plan.owner,
        "metric": plan.metric, "smallest": plan.smallest_effect * scale(plan.metric),
        "guardrails": [item.outcome for item in plan.guardrails],
        **{
            f"margin_{item.outcome}": item.margin * scale(item.outcome)
            for item in plan.guardrails
        },
        "design": plan.design, "unit": plan.unit, "kind": assignment.kind,
        "column": assignment.column, "control": assignment.control,
        "treated": assignment.treated, "share": round(100 * assignment.share),
        "table": assignment.table, "starts": dict(assignment.starts),
        "scope_by": list(conditions),
        **{f"scope_{name}": values for name, values in conditions.items()},
        "first_day": plan.first_day, "last_day": plan.last_day, "proposed": (),
        "confidence": round(100 * (1 - plan.rule.alpha)),
        "rule_effect": plan.rule.effect, "rule_guard": plan.rule.guardrails,
        **form_settings.of_options(plan.options, plan.unit),
        "secondary": list(plan.options.secondary),
        "correction": plan.options.correction or "holm",
        "no_worse": plan.options.margin is not None,
        "margin": (plan.options.margin or 0) * scale(plan.metric) or None,
        "adjust": bool(plan.options.covariates), "block": plan.options.block or 1,
        "anytime": plan.options.anytime, "power": 80,
        "options": plan.options, "options_of": (plan.design, plan.metric),
    }  # fmt: skip
