"""A small published trial: two arms, one of which delivers three minutes earlier."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.metrics import Selection
from analysis.strategies import Guardrail
from analysis.strategies.registration import Assignment, Registration
from tests.ui import kpi_world

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 25)
MINUTES = 3
HOSTILE = kpi_world.HOSTILE


def publish(folder: Path | str) -> pd.DataFrame:
    """Publish the trial; gives back its orders."""
    frame = kpi_world.orders()
    treated = np.random.default_rng(5).random(len(frame)) < 0.5
    frame["variant"] = np.where(treated, "treatment", "control")
    sooner = pd.to_timedelta(np.where(treated, MINUTES, 0), unit="m")
    frame["delivered_at"] = frame["delivered_at"] - sooner
    return kpi_world.publish(folder, frame)


def effect(frame: pd.DataFrame) -> float:
    """Mean minutes of delivered orders, treatment minus control, by hand."""
    done = frame[frame["status"] == "delivered"]
    minutes = (done["delivered_at"] - done["created_at"]).dt.total_seconds() / 60
    means = minutes.groupby(done["variant"]).mean()
    return float(means["treatment"] - means["control"])


def plan(**changes) -> Registration:
    """A plan of that trial."""
    options = {
        "name": "Quick hand-over", "hypothesis": "Waits less at the door.",
        "owner": "Ada", "dataset": kpi_world.NAME, "design": "ab", "unit": "order",
        "assignment": Assignment(
            "column", "variant", control="control", treated="treatment"
        ),
        "first_day": FIRST, "last_day": LAST, "metric": "delivery_minutes",
        "smallest_effect": 0.5,
        "guardrails": (Guardrail("cancellation_rate", 0.05, "lower"),),
        "scope": Selection(),
    } | changes  # fmt: skip
    return Registration(**options)
