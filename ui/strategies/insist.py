"""What a plan must be before it is frozen: able to give an answer at all."""

from __future__ import annotations

from typing import Final

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.strategies.arm_names import need_arms
from analysis.strategies.registration import PLACE_DESIGNS, Registration
from analysis.words import N_

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
