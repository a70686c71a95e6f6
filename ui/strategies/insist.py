"""What a plan or a decision must have: an answer it can give, a reason, a name."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.records.trail import MAX_NAME
from analysis.strategies.arm_names import need_arms
from analysis.strategies.registration import PLACE_DESIGNS, Registration
from analysis.words import N_
from ui.format import number
from ui.texts import t

#: Here places that begin at once are left out, and later ones are still judged.
_MANY_STARTS: Final = "staggered"


def need_workable(dataset: Dataset, plan: Registration) -> None:
    """Insist that a plan has something to compare with.

    Raises:
        InvalidInput: no day before the start is looked at, an arm is judged against
            itself, or no order has one of the arms.
    """
    if plan.assignment.kind == "places":
        _need_before(plan)
        return
    _need_two_arms(plan)
    need_arms(dataset, plan)


def need_reason(reason: str) -> None:
    """Insist that a reason is given.

    Raises:
        InvalidInput: it is empty.
    """
    if not reason.strip():
        raise InvalidInput(
            N_("Please give a reason."),
            hint=N_("A sentence is enough; it stays beside the record."),
        )


def tell_length(name: str) -> None:
    """Say below an input that its name is longer than the records keep.

    An input with a limit of its own drops a longer text that is pasted without a word.
    """
    seen = len(" ".join(name.split()))
    if seen <= MAX_NAME:
        return
    told = t(
        "This has {seen} characters; up to {limit} can be kept. Shorten it.",
        seen=number(seen),
        limit=number(MAX_NAME),
    )
    st.caption(f":red[{told}]")


def _need_before(plan: Registration) -> None:
    starts = [first for first in plan.assignment.starts.values() if first]
    begins = max(starts) if plan.design == _MANY_STARTS else min(starts)
    if plan.design not in PLACE_DESIGNS or begins > plan.first_day:
        return
    raise InvalidInput(
        N_("The start {start} leaves no day before it: the first day looked at is "
           "{first}."),
        hint=N_("Choose an earlier first day in step 3, four weeks before the start "
                "if there are data, or a later start in step 2."),
        start=begins.isoformat(),
        first=plan.first_day.isoformat(),
    )  # fmt: skip


def _need_two_arms(plan: Registration) -> None:
    assignment = plan.assignment
    if not assignment.treated or assignment.control != assignment.treated:
        return
    raise InvalidInput(
        N_("The arm {name} is judged against itself."),
        hint=N_("Choose two different arms in step 2."),
        name=assignment.treated,
    )
