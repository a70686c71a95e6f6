"""A small published world: two cities, four kinds, one thing that goes wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from tests.worlds import published

DAYS = 84
A_DAY = 240
BEGAN, ENDED = 63, 69
#: Days before in which the east did better, where that is asked for.
BEFORE = 14


def orders(
    *,
    seed: int = 2,
    wrong: bool = True,
    mix: bool = False,
    opposite: bool = False,
    outage: bool = False,
    lost: bool = False,
    unsent: bool = False,
    disaster: bool = False,
    blank: bool = False,
    before: bool = False,
    days: int = DAYS,
) -> pd.DataFrame:
    """Orders of which one in ten is late, bicycles twice as often.

    All of it in one week. ``wrong``: grills in the east are late four times as often.
    ``mix``: two thirds of the orders go by bicycle; no rate changes. ``opposite``:
    noodles in the east are late a tenth as often. ``outage``: on the first evening
    nearly everything from 19 to 21 is late in the east. ``lost``: deliveries in the
    east have no times. ``unsent``: the orders of the east are not in the data.
    ``disaster``: everything is late four times as often. ``blank``: deliveries of tea
    have no times. ``before``: in the two weeks before, the east is late a fifth as
    often.
    """
    rng = np.random.default_rng(seed)
    count = DAYS * A_DAY
    day = np.repeat(np.arange(DAYS), A_DAY)
    city = rng.choice(["east", "west"], count)
    kind = rng.choice(["grill", "noodles", "sushi", "tea"], count)
    during = (day >= BEGAN) & (day <= ENDED)
    share = np.where(during & mix, 0.66, 0.2)
    vehicle = np.where(rng.random(count) < share, "bicycle", "motorbike")
    chance = np.where(vehicle == "bicycle", 0.2, 0.1)
    guilty = during & disaster
    chance = np.where(guilty, 4 * chance, chance)
    guilty = during & (city == "east") & (kind == "grill") & wrong
    chance = np.where(guilty, 4 * chance, chance)
    better = during & (city == "east") & (kind == "noodles") & opposite
    chance = np.where(better, chance / 10, chance)
    quiet = before & (city == "east") & (day >= BEGAN - BEFORE) & (day < BEGAN)
    chance = np.where(quiet, chance / 5, chance)
    drawn = rng.random(count)
    hour = rng.integers(8, 22, count)
    out = (day == BEGAN) & (city == "east") & (hour >= 19) & (hour <= 20) & outage
    is_late = drawn < np.where(out, 0.95, chance)
    created = pd.Timestamp("2026-01-05") + pd.to_timedelta(day * 24 + hour, unit="h")
    minutes = np.where(is_late, 45, 25)
    made = pd.DataFrame(
        {
            "order_no": np.arange(count),
            "order_id": [f"o{number}" for number in range(count)],
            "city": city,
            "merchant_type": kind,
            "vehicle": vehicle,
            "created_at": created,
            "local_date": (created.normalize()).date,
            "local_hour": hour,
            "local_weekday": created.day_of_week + 1,
            "promised_at": created + timedelta(minutes=35),
            "delivered_at": created + pd.to_timedelta(minutes, unit="min"),
            "status": "delivered",
        }
    )
    made.loc[during & (city == "east") & lost, "delivered_at"] = pd.NaT
    made.loc[during & (kind == "tea") & blank, "delivered_at"] = pd.NaT
    kept = ~(during & (city == "east") & unsent)
    return made[(day < days) & kept]


def world(folder: Path, **options) -> Dataset:
    """The orders, published."""
    return published(folder, {"orders": orders(**options)})
