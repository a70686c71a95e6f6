"""What a timeline is made of: milestones, stages, marks and places of one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analysis.cases.verdicts import Evidence

MarkKind = Literal["event", "message", "contact", "complaint", "review", "offer"]
PlaceKind = Literal["pickup", "drop", "tap", "event"]
PlannedFrom = Literal["plan", "peers", ""]


@dataclass(frozen=True, slots=True)
class Milestone:
    """One of the six milestones.

    Attributes:
        name: Column of the orders table, such as ``picked_up_at``.
        at: When it happened, naive UTC; None if it is not known.
        planned: When it was planned or promised; None if it is not known.
        planned_from: ``plan`` from the order's own columns, ``peers`` from the promise
            laid out as comparable orders usually go, or empty.
        is_recorded: Whether the dataset has the column at all.
    """

    name: str
    at: datetime | None
    planned: datetime | None
    planned_from: PlannedFrom
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of the order beside its plan and its peers.

    Attributes:
        name: As in ``metrics.stages``; stages that became one are joined by ``+``.
        start: When it began, naive UTC.
        end: When it ended.
        minutes: How long it took.
        planned: Minutes it was planned to take; None if that is not known.
        p10: Tenth percentile of comparable orders, minutes; None without peers.
        p50: Their median.
        p90: Their ninetieth percentile.
        n: How many comparable orders; 0 without.
        gap: Minutes over plan that delayed the order; 0 if none, None without plan.
        gap_by_party: The gap's minutes by party, ``undetermined`` among them.
    """

    name: str
    start: datetime
    end: datetime
    minutes: float
    planned: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    n: int
    gap: float | None
    gap_by_party: Mapping[str, float]

    @property
    def party(self) -> str:
        """The party with most of the gap; empty where there is none."""
        by = self.gap_by_party
        return max(by, key=lambda name: by[name]) if by else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something said or done at a moment, on the axis of the milestones.

    Attributes:
        kind: What it is.
        at: When, naive UTC; None if it is not known.
        what: Type of event, reason, class or outcome, as the data say it.
        who: Who did or said it, as the data say it; empty if that is not known.
        text: What was said; empty for none.
        translated: The same translated, where the data have it; empty for none.
        lang: Language of the text; empty if it is not known.
        figure: Stars, severity or the like; None for none.
        lat: Where; None for none.
        lng: Where; None for none.
        evidence: The row it is from.
    """

    kind: MarkKind
    at: datetime | None
    what: str
    who: str
    text: str
    translated: str
    lang: str
    figure: float | None
    lat: float | None
    lng: float | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Place:
    """A point for the map.

    Attributes:
        kind: ``pickup``, ``drop`` (the pin), ``tap`` (of "delivered") or ``event``.
        label: Type of the event, else the kind.
        lat: Latitude in degrees.
        lng: Longitude in degrees.
        x_m: Metres east of the pin (of the first place, where there is no pin).
        y_m: Metres north of it.
        accuracy_m: Radius of its accuracy; None if it is not known.
        at: When, naive UTC; None if it is not known.
    """

    kind: PlaceKind
    label: str
    lat: float
    lng: float
    x_m: float
    y_m: float
    accuracy_m: float | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One order on one time axis.

    Attributes:
        order_no: The order.
        order_id: Its id.
        timezone: IANA name of the zone of its place, to show times in.
        milestones: The six, first to last.
        stages: Stages that its milestones can tell apart; they sum to the total.
        promised_at: Promised delivery, naive UTC; None if there is none.
        delivered_at: Delivery; None if there is none.
        cancelled_at: Cancellation; None if there is none.
        minutes_late: From promise to delivery, negative if early; None if unknown.
        marks: Events, messages, contacts, complaint, review and offers, in time.
        places: Points for the map; empty without coordinates.
        peers_by: Dimensions in which the peers are the same, such as ``city``.
        peers_n: How many comparable orders.
        would_add: Columns that the dataset lacks, with what each would add to this.
        facts: The order's row of ``metrics.case_facts``, by column.
    """

    order_no: int
    order_id: str
    timezone: str
    milestones: tuple[Milestone, ...]
    stages: tuple[StageLine, ...]
    promised_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    minutes_late: float | None
    marks: tuple[Mark, ...]
    places: tuple[Place, ...]
    peers_by: tuple[str, ...]
    peers_n: int
    would_add: Mapping[str, str]
    facts: Mapping[str, object]
