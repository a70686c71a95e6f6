"""A small published dataset in a workspace, for the KPI page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.orders.versions import (
    DATABASE,
    MANIFEST,
    PROFILE,
    dataset_id,
    set_current,
)
from analysis.workspace import Workspace
from tests.worlds import published

NAME = "World"
FIRST_DAY = "2026-01-01"
DAYS = 84
ORDERS_A_DAY = 60
HOSTILE = "![x](https://example.org/a.png) `=1+1` <script>"
CITIES = ["Riyadh", "Jeddah", HOSTILE]
TINY = "Tiny"


def orders() -> pd.DataFrame:
    """Orders of three cities; one in five of Jeddah's is late, of the others' fewer."""
    n = DAYS * ORDERS_A_DAY
    place = np.arange(n)
    created = (
        pd.Timestamp(FIRST_DAY)
        + pd.to_timedelta(place // ORDERS_A_DAY, unit="D")
        + pd.to_timedelta(8 + place % 14, unit="h")
    )
    city = np.take(CITIES, place % 3)
    zone = np.array([f"zone {number:02d}" for number in (place // 3) % 15])
    zone[place % 500 == 0] = TINY
    promised = created + pd.to_timedelta(40, unit="m")
    late = (place % 3 == 1) & (place % 5 == 0) | (place % 17 == 0)
    delivered = created + pd.to_timedelta(np.where(late, 55, 30 + place % 7), unit="m")
    cancelled = place % 29 == 0
    frame = pd.DataFrame(
        {
            "order_no": place,
            "order_id": [f"o{number}" for number in place],
            "city": city,
            "zone": zone,
            "fleet": np.where(place % 2 == 0, "own", "partner"),
            "status": np.where(cancelled, "cancelled", "delivered"),
            "created_at": created,
            "promised_at": promised,
            "delivered_at": pd.Series(delivered).mask(cancelled),
            "local_date": created.date,
            "local_hour": created.hour,
            "local_weekday": created.day_of_week + 1,
        }
    )
    frame.loc[place % 41 == 0, "fleet"] = None
    times = ["created_at", "promised_at", "delivered_at"]
    return frame.astype(dict.fromkeys(times, "datetime64[us]"))


def publish(
    folder: Path | str,
    frame: pd.DataFrame | None = None,
    *,
    name: str = NAME,
    version: str = "v001",
    assumed: bool = False,
) -> pd.DataFrame:
    """Write a version as publishing lays it out, and make it current."""
    frame = orders() if frame is None else frame
    place = Workspace.open(folder).datasets / dataset_id(name)
    path = place / version
    path.mkdir(parents=True)
    dataset = published(path, {"orders": frame}, dimensions=("fleet",))
    dataset.engine.close()
    assert (path / DATABASE).is_file()
    manifest = {
        "name": name,
        "id": place.name,
        "version": version,
        "published_at": "2026-03-26T10:00:00",
        "period": dataset.period and [str(day) for day in dataset.period],
        "timezone": "UTC",
        "tables": {"orders": _table(dataset.tables["orders"], assumed=assumed)},
        "checks": [],
    }
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    (path / PROFILE).write_text("{}", encoding="utf-8")
    set_current(place, name=name, version=version)
    return frame


def _table(table, *, assumed: bool) -> dict:
    columns = [dataclasses.asdict(column) for column in table.columns.values()]
    for column in columns:
        column["assumed"] = assumed and column["name"] == "promised_at"
    return {"name": table.name, "rows": table.rows, "columns": columns}
