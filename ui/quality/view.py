"""What the page Quality looks at: which decisions, and which part of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args

import pandas as pd
from pydantic import Field

from analysis.cases.quality import decision_frame
from analysis.engine.dataset import Dataset
from analysis.orders.versions import dataset_id
from analysis.words import N_
from ui import cached
from ui.state import View, update_view

Part = Literal["figures", "alike", "fair", "reviewers", "rules"]
PAGE: Final = "quality"
PARTS: Final[dict[Part, str]] = {
    "figures": N_("Right and in time"),
    "alike": N_("Alike"),
    "fair": N_("Fair"),
    "reviewers": N_("Reviewers"),
    "rules": N_("Rule sets"),
}


class QualityView(View):
    """What the page Quality looks at.

    Attributes:
        part: Part of the page.
        queue: Id of the queue; empty for all.
        week: First day of the week; None for all.
        reviewer: One reviewer; empty for all.
        rule: Decisions on which this rule fired; empty for all.
        party: Whose fault the parts on fairness and reviewers are about.
    """

    part: Part = "figures"
    queue: str = Field("", max_length=64)
    week: date | None = None
    reviewer: str = Field("", max_length=200)
    rule: str = Field("", max_length=40)
    party: str = Field("rider", max_length=40)


@dataclass(frozen=True, slots=True)
class Scope:
    """The decisions that are looked at.

    Attributes:
        dataset: Their dataset.
        view: The view.
        every: All decisions on the dataset, for the choices of the filters.
        decisions: Those of the filters.
    """

    dataset: Dataset
    view: QualityView
    every: pd.DataFrame
    decisions: pd.DataFrame

    @property
    def hands(self) -> pd.DataFrame:
        """First-hand decisions of people among them."""
        return self.decisions[self.decisions["is_first"].astype(bool)]

    @property
    def beside(self) -> pd.DataFrame:
        """Decisions of everybody on the same cases, to compare people."""
        return self.every[self.every["case"].isin(self.decisions["case"])]


def scope(dataset: Dataset, view: QualityView) -> Scope:
    """The decisions of a view."""
    every = decision_frame(cached.records(), dataset=dataset_id(dataset.name))
    return Scope(dataset, view, every, narrowed(every, view))


def narrowed(every: pd.DataFrame, view: QualityView) -> pd.DataFrame:
    """The decisions that the filters leave."""
    kept = pd.Series(True, index=every.index)  # noqa: FBT003 - a mask
    if view.queue:
        kept &= every["queue"] == view.queue
    if view.reviewer:
        kept &= every["reviewer"] == view.reviewer
    if view.rule:
        kept &= every["rules"].map(lambda rules: view.rule in rules)
    if view.week is not None:
        first = datetime.combine(view.week, datetime.min.time(), UTC)
        days = pd.to_datetime(every["decided_at"], utc=True)
        kept &= (days >= first) & (days < first + timedelta(days=7))
    return every[kept]


def weeks(every: pd.DataFrame) -> list[date]:
    """First days of the weeks with decisions, the newest first."""
    days = pd.to_datetime(every["decided_at"], utc=True).dropna()
    first = (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).dt.date
    return sorted(set(first), reverse=True)


def rules(every: pd.DataFrame) -> list[str]:
    """Rules that fired on any of the decisions."""
    return sorted({rule for fired in every["rules"] for rule in fired})


def go(view: QualityView, **changes: object) -> None:
    """Write a changed view into the address; for callbacks."""
    update_view(view, changes)


def is_part(name: object) -> bool:
    """Whether the page has such a part."""
    return name in get_args(Part)
