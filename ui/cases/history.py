"""The days before of rider, merchant and customer, in one line each."""

from __future__ import annotations

import math

import streamlit as st

from ui.cases.evidence import HISTORY_NAMES, CaseFile, Past
from ui.cases.view import Desk
from ui.format import interval, number, percent
from ui.kpis.figures import name_of
from ui.show import plain
from ui.texts import t

MIN_ORDERS = 20


def strip(desk: Desk, file: CaseFile) -> None:
    """Who took part, and how their last weeks went; nothing in blind mode."""
    if desk.is_blind:
        st.caption(
            t(
                ":material/visibility_off: History and earlier decisions are hidden: "
                "this case is decided twice."
            )
        )
        return
    st.markdown("  \n".join(f":small[{told(past)}]" for past in file.past))


def told(past: Past) -> str:
    """One line: who, over how many days, how many orders, and their rates."""
    head = t("**{who}**, {days} days before", who=t(HISTORY_NAMES[past.who]),
        days=past.days)  # fmt: skip
    parts = [t("n {orders} orders", orders=number(past.orders))]
    if past.orders:
        parts += [_rate(name, *ends, few=past.orders < MIN_ORDERS)
            for name, ends in past.rates.items()]  # fmt: skip
    return f"{head}: {' · '.join(parts)}"


def _rate(name: str, value: float, low: float, high: float, *, few: bool) -> str:
    if math.isnan(value):
        return f":gray[{plain(name_of(name))} –]"
    ends = interval(percent(low, digits=0), percent(high, digits=0))
    text = f"{plain(name_of(name))} {percent(value)} :gray[({ends})]"
    return f":gray[{text}]" if few else text
