"""What was said and done about one order, and where: marks and places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from analysis.cases.moments import Mark, MarkKind, Place, PlaceKind
from analysis.cases.verdicts import Evidence
from analysis.engine.dataset import Dataset
from analysis.metrics.rows import related

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class _Source:
    """Which columns of a related table make a mark.

    Attributes:
        kind: Kind of the mark.
        at: When.
        what: What happened, the first column that has a value.
        who: Who did it.
        text: What was said.
        figure: Stars, severity.
        key: Identifies the row.
    """

    kind: MarkKind
    at: str
    what: tuple[str, ...]
    who: str
    text: str
    figure: str
    key: str


SOURCES: Mapping[str, _Source] = {
    "offers": _Source(
        "offer", "pushed_at", ("outcome", "refuse_reason"), "", "", "", "offer_id"
    ),
    "events": _Source(
        "event", "event_at", ("event_type",), "actor_kind", "detail", "", "event_id"
    ),
    "messages": _Source(
        "message", "sent_at", (), "sender_kind", "text", "", "message_id"
    ),
    "contacts": _Source(
        "contact", "opened_at", ("reason_l1", "channel"), "party", "", "csat",
        "contact_id",
    ),
    "complaints": _Source(
        "complaint", "created_at", ("class",), "claimed_party", "text", "severity",
        "complaint_id",
    ),
    "reviews": _Source(
        "review", "created_at", ("target",), "", "text", "stars", "review_id"
    ),
}  # fmt: skip


def marks_of(dataset: Dataset, order: pd.Series) -> tuple[Mark, ...]:
    """Marks of an order in the order of time, those without a time last.

    Args:
        dataset: A published version.
        order: Its row of ``metrics.case_facts``.
    """
    number = int(order["order_no"])
    found = [
        mark
        for table, source in SOURCES.items()
        if dataset.has(table, "order_no")
        for mark in _marks(related(dataset, number, table), table, source)
    ]
    if not dataset.has("complaints", "order_no"):
        found += _own_complaint(order)
    return tuple(sorted(found, key=lambda mark: (mark.at is None, mark.at)))


def _marks(rows: pd.DataFrame, table: str, source: _Source) -> list[Mark]:
    return [_mark(row, table, source) for _, row in rows.iterrows()]


def _mark(row: pd.Series, table: str, source: _Source) -> Mark:
    key = source.key if source.key in row.index else "order_no"
    what = ", ".join(text for name in source.what if (text := _text(row, name)))
    return Mark(
        kind=source.kind,
        at=_time(row, source.at),
        what=what,
        who=_text(row, source.who),
        text=_text(row, source.text),
        translated=_text(row, "text_translated"),
        lang=_text(row, "lang"),
        figure=_number(row, source.figure),
        lat=_number(row, "lat"),
        lng=_number(row, "lng"),
        evidence=Evidence(table, source.at, {key: _text(row, key)}),
    )


def _own_complaint(order: pd.Series) -> list[Mark]:
    """The complaint as the orders table has it, without a time."""
    if not _text(order, "complaint_reason"):
        return []
    evidence = Evidence("orders", "complaint_reason", {"order_no": order["order_no"]})
    return [
        Mark("complaint", None, _text(order, "complaint_reason"), "", "", "", "",
             None, None, None, evidence)
    ]  # fmt: skip


def places_of(dataset: Dataset, order: pd.Series) -> tuple[Place, ...]:
    """Pick-up, pin, tap and places of events, in metres around the pin.

    Args:
        dataset: A published version.
        order: Its row of ``metrics.case_facts``.
    """
    found = [
        _Found(kind, kind, order, f"{kind}_lat", f"{kind}_lng")
        for kind in ("pickup", "drop", "tap")
    ]
    if dataset.has("events", "order_no", "lat", "lng"):
        rows = related(dataset, int(order["order_no"]), "events")
        found += [
            _Found("event", _text(row, "event_type"), row, "lat", "lng")
            for _, row in rows.iterrows()
        ]
    known = [item for item in found if item.is_known]
    if not known:
        return ()
    origin = next((item for item in known if item.kind == "drop"), known[0])
    return tuple(item.place(origin) for item in known)


@dataclass(frozen=True, slots=True)
class _Found:
    kind: PlaceKind
    label: str
    row: pd.Series
    lat: str
    lng: str

    @property
    def is_known(self) -> bool:
        return _number(self.row, self.lat) is not None and (
            _number(self.row, self.lng) is not None
        )

    @property
    def degrees(self) -> tuple[float, float]:
        return float(self.row[self.lat]), float(self.row[self.lng])

    def place(self, origin: _Found) -> Place:
        lat, lng = self.degrees
        at_lat, at_lng = origin.degrees
        narrow = float(np.cos(np.radians(at_lat)))
        accuracy = "tap_accuracy_m" if self.kind == "tap" else "accuracy_m"
        moment = "delivered_at" if self.kind == "tap" else "event_at"
        return Place(
            kind=self.kind,
            label=self.label,
            lat=lat,
            lng=lng,
            x_m=(lng - at_lng) * _METRES_A_DEGREE * narrow,
            y_m=(lat - at_lat) * _METRES_A_DEGREE,
            accuracy_m=_number(self.row, accuracy),
            at=_time(self.row, moment),
        )


def _text(row: pd.Series, name: str) -> str:
    value = row.get(name) if name else None
    return "" if value is None or pd.isna(value) else str(value)


def _number(row: pd.Series, name: str) -> float | None:
    value = row.get(name) if name else None
    return None if value is None or pd.isna(value) else float(value)


def _time(row: pd.Series, name: str) -> datetime | None:
    value = row.get(name)
    if value is None or pd.isna(value):
        return None
    return pd.Timestamp(value).to_pydatetime()
