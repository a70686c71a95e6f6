"""What a strategy would be worth a month, with assumptions that can be edited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.strategies import Assumptions, Evaluation, Worth
from analysis.strategies.published.conditions import SeveralCurrencies
from analysis.strategies.published.contract import Amount
from analysis.strategies.published.worth import COST, worth_of
from analysis.strategies.registration import Registration
from analysis.strategies.registry import Entry, effects_for_worth
from analysis.strategies.results import Estimate
from analysis.workspace import Workspace
from ui import cached, errors
from ui.counted import sentences
from ui.format import MISSING, number, percent
from ui.kpis.figures import name_of
from ui.show import plain
from ui.strategies.words import said
from ui.texts import N_, t

MONTH: Final = 30
_KEY: Final = "strategies_worth"
AMOUNTS: Final[Mapping[str, str]] = {
    "on_time_orders": N_("Orders on time gained"),
    "complaints_avoided": N_("Complaints avoided"),
    "cost_per_order": N_("Cost per order"),
    "benefit": N_("Benefit"),
    "cost": N_("Cost"),
    "net": N_("Net"),
}


def section(dataset: Dataset, entry: Entry, found: Evaluation) -> None:
    """Assumptions at the left, what follows from them at the right."""
    st.space("small")
    st.header(t("Worth a month"), anchor=False)
    opened = st.expander(
        t("Reckon with assumptions"), icon=":material/calculate:",
        key=f"{_KEY}_{entry.id}", on_change="rerun",
    )  # fmt: skip
    if not opened.open:
        return
    with opened:
        left, right = st.columns([1, 2], gap="large")
        with left:
            assumed = _assumptions(entry, found)
        with right, st.skeleton(200):
            root = str(cached.workspace().root)
            effects, gaps = cached.result(_effects, dataset, entry.plan, root)
            _amounts(worth_of(effects, assumed, alpha=entry.plan.rule.alpha), gaps)


def _effects(
    dataset: Dataset, plan: Registration, root: str
) -> tuple[Mapping[str, Estimate], Mapping[str, DoorstepError]]:
    return effects_for_worth(dataset, plan, Workspace.open(root))


def _assumptions(entry: Entry, found: Evaluation) -> Assumptions:
    """All of them can be edited; orders a month are those seen so far."""
    st.caption(t("Assumptions, all of them yours to change"))
    orders = found.source.orders if found.source is not None else found.n
    monthly = round(orders / max(entry.days_done, 1) * MONTH, -1)
    mark = entry.id
    values = {
        name: st.number_input(
            label, min_value=0.0, value=value, step=step, format="%.2f",
            key=f"{_KEY}_{name}_{mark}",
        )
        for name, label, value, step in (
            ("orders", t("Orders it would reach"), float(max(monthly, 1)), 100.0),
            ("on_time", t("Worth of one more order on time"), 1.0, 0.5),
            ("complaint", t("Worth of one complaint avoided"), 5.0, 0.5),
            ("cost", t("Cost for each order reached"), 0.0, 0.1),
            ("fixed", t("Cost a month, whatever the orders"), 0.0, 100.0),
        )
    }  # fmt: skip
    currency = st.text_input(t("Currency"), max_chars=8, key=f"{_KEY}_currency_{mark}")
    return Assumptions(currency=currency, **values)


def _amounts(found: Worth, gaps: Mapping[str, DoorstepError]) -> None:
    if found.sentence.template:
        st.markdown(f"**{said(found.sentence)}**")
    mixed = [name for name in gaps if isinstance(gaps[name], SeveralCurrencies)]
    for amount in found.amounts:
        if amount.name == "cost_per_order" and COST in mixed:
            continue
        name, value, ends = st.columns([3, 2, 3])
        name.markdown(t(AMOUNTS[amount.name]))
        value.markdown(f"**{_written(amount.value, amount)}**")
        ends.caption(
            t(
                "{low} to {high}",
                low=_written(amount.low, amount),
                high=_written(amount.high, amount),
            )
        )
    st.caption(_break_even(found))
    for name in mixed:
        st.caption(_why_mixed(name, gaps[name]))
    lacking = [name for name in found.lacking if name not in mixed]
    if lacking:
        names = t(", ").join(plain(name_of(name)) for name in lacking)
        st.caption(
            t("Not in the data, and counted as no effect: {names}.", names=names)
        )


def _why_mixed(metric: str, error: DoorstepError) -> str:
    """Why amounts are left out, with the metric under its name."""
    values = dict(error.values) | {"metric": name_of(metric)}
    named = SeveralCurrencies(error.problem, hint=error.hint, **values)
    left_out = t("Its effect is left out of the cost.")
    return sentences(*errors.safe_sentences(named), left_out)


def _written(value: float, amount: Amount) -> str:
    if math.isnan(value):
        return MISSING
    each = amount.name == "cost_per_order"
    text = number(value, digits=2 if each else 0, sign=True)
    unit = amount.unit if amount.unit not in ("orders", "complaints") else ""
    return f"{text} {plain(unit)}".strip()


def _break_even(found: Worth) -> str:
    if not found.has_cost:
        return t("It has no break-even: what it costs was not entered.")
    if found.break_even is None:
        return t("It has no break-even: an order on time is taken to be worth nothing.")
    return t(
        "It pays for itself from {share} more orders on time.",
        share=percent(max(found.break_even, 0.0), digits=2),
    )
