"""What the page Strategies looks at: its address."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from pydantic import Field

from analysis.engine.dataset import Dataset
from ui.state import View, update_view

PAGE: Final = "strategies"

Show = Literal["list", "plan"]
Status = Literal["all", "draft", "frozen", "running", "ended", "decided"]


class StrategyView(View):
    """What the page Strategies looks at.

    Attributes:
        strategy: Id of the strategy; empty for the list or a new plan.
        show: The list (or the one strategy), or the form of its plan.
        status: Which strategies the list shows.
        design: Only those of this design, where one is named.
        metric: Only those with this primary metric, where one is named.
        method: Another valid method than the plan's.
        explore: Whether results of a plan that is not frozen may be read.
        step: Step of the form.
    """

    strategy: str = Field("", max_length=64)
    show: Show = "list"
    status: Status = "all"
    design: str = Field("", max_length=40)
    metric: str = Field("", max_length=200)
    method: str = Field("", max_length=40)
    explore: bool = False
    step: int = Field(1, ge=1, le=4)


def pinned(view: StrategyView, dataset: Dataset) -> StrategyView:
    """The view with the dataset in it; the version stays the current one."""
    selection = replace(view.selection, dataset=dataset.name)
    return view.model_copy(update={"selection": selection})


def go(view: StrategyView, **changes: object) -> None:
    """Write a changed view into the address; for callbacks of widgets."""
    update_view(view, changes)


def open_one(view: StrategyView, identifier: str, **changes: object) -> None:
    """Look at one strategy."""
    go(
        view,
        **{
            "strategy": identifier, "show": "list", "method": "", "explore": False,
            **changes,
        },
    )  # fmt: skip


def open_list(view: StrategyView) -> None:
    """Back to the list."""
    open_one(view, "")
