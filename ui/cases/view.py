"""What the page Cases looks at: its address, and the queue and case behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import Field

from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError, UnknownName
from analysis.metrics import Selection
from analysis.orders.versions import dataset_id
from analysis.records.cases import Case, Queue, case_at, find_queue
from analysis.records.cases_leases import take
from ui import cached, datasets
from ui.guard import allowed, person
from ui.state import View, write_view

PAGE: Final = "cases"
MAX_POSITION: Final = 1_000_000


class CasesView(View):
    """What the page Cases looks at.

    Without queue and position it is the list of queues. With a position and no queue it
    is a case of the selection, to look at only.

    Attributes:
        queue: Id of a queue.
        position: Place of the case in it, from 1; 0 for the next one to decide.
        label: What the selection is called, for a look at its cases.
        sheet: Whether the explanation sheet for the rider is shown.
    """

    queue: str = Field("", max_length=64)
    position: int = Field(0, ge=0, le=MAX_POSITION)
    label: str = Field("", max_length=200)
    sheet: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """One case on the desk of one person.

    Attributes:
        view: The view that led here.
        dataset: The version that the queue is fixed to.
        queue: The queue; None where a case is only looked at.
        case: The case; None where it is only looked at.
        order_no: The order.
        position: Place of the case, from 1.
        size: Number of cases.
        reviewer: Who sits here; empty if they have no name yet.
        is_mine: Whether they hold the case and may decide it.
        why_not: Why they may not; None where they may.
    """

    view: CasesView
    dataset: Dataset
    queue: Queue | None
    case: Case | None
    order_no: int
    position: int
    size: int
    reviewer: str
    is_mine: bool
    why_not: DoorstepError | None = None

    @property
    def id(self) -> str:
        """What tells the case apart, for keys of widgets."""
        return self.case.id if self.case else f"look_{self.order_no}"

    @property
    def is_blind(self) -> bool:
        """Whether others decide the case as well, and none may see the other."""
        return self.is_open and self.case is not None and self.case.needed > 1

    @property
    def is_open(self) -> bool:
        """Whether the case waits for a decision."""
        return self.case is not None and self.case.state == "open"


def reviewer() -> str:
    """The signature of the person here; empty if they have no name yet."""
    who = person()
    return who.signature if who.name else ""


def dataset_of_queue(queue: Queue) -> Dataset:
    """The version of a dataset that a queue is fixed to.

    Raises:
        UnknownName: if the dataset or that version is not here any more.
    """
    for info in datasets.listing():
        if dataset_id(info.dataset) == queue.dataset:
            return cached.opened(info.dataset, queue.dataset_version)
    raise UnknownName.of(
        "dataset", queue.dataset, [info.dataset for info in datasets.listing()]
    )


def seat(view: CasesView) -> Desk | None:
    """The case of a view, held for this person where that is possible.

    Gives back None where the queue has nothing left for them.

    Raises:
        UnknownName: if there is no such queue or position.
    """
    records = cached.records()
    queue = find_queue(records, view.queue)
    dataset = dataset_of_queue(queue)
    who = reviewer() if allowed("review", person().role) else ""
    case, why_not = _held(queue, position=view.position, by=who)
    if case is None:
        return None
    return Desk(
        view=view,
        dataset=dataset,
        queue=queue,
        case=case,
        order_no=case.order_no,
        position=case.position,
        size=queue.size,
        reviewer=who,
        is_mine=bool(who) and case.holder == who and why_not is None,
        why_not=why_not,
    )


def _held(
    queue: Queue, *, position: int, by: str
) -> tuple[Case | None, DoorstepError | None]:
    records = cached.records()
    if not by:
        return case_at(records, queue.id, position or 1), None
    try:
        return take(records, queue.id, by=by, position=position or None), None
    except UnknownName:
        raise
    except DoorstepError as error:
        return case_at(records, queue.id, position), error


def to_case(view: CasesView, position: int) -> None:
    """Go to another case of the same queue or selection; for callbacks."""
    write_view(view.model_copy(update={"position": position, "sheet": False}))


def to_queue(queue: Queue, *, position: int = 0, dataset: Dataset) -> None:
    """Go to a queue; for callbacks."""
    write_view(queue_view(queue, position=position, dataset=dataset))


def queue_view(queue: Queue, *, position: int = 0, dataset: Dataset) -> CasesView:
    """The view of a place of a queue."""
    return CasesView(
        selection=Selection(dataset=dataset.name, version=queue.dataset_version),
        queue=queue.id,
        position=position,
    )


def to_list(view: CasesView) -> None:
    """Go to the list of queues; for callbacks."""
    selection = Selection(dataset=view.selection.dataset)
    write_view(CasesView(selection=selection))
