"""Small published worlds for strategies: riders in zones, a start, an effect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from tests.worlds import published

START = pd.Timestamp("2026-03-02")
DAYS_BEFORE = 14
DAYS = 28


def orders_of(
    seed: int,
    *,
    riders: int = 60,
    orders: int = 1500,
    offset: float = 0.0,
    effect: float = 0.4,
) -> pd.DataFrame:
    """Orders of riders in six zones; half of the riders are treated from START on.

    ``basket_amount`` is the outcome of means, ``rider_pay`` over delivered orders that
    of ratios; some values are missing.
    """
    rng = np.random.default_rng(seed)
    rider = rng.integers(riders, size=orders)
    zone = (rider * 7 + rng.integers(2, size=orders)) % 6
    day = rng.integers(DAYS, size=orders) - DAYS_BEFORE
    hour = rng.integers(8, 23, size=orders)
    arm = rng.permutation(riders) % 2
    skill = rng.normal(size=riders)
    treated = (arm[rider] == 1) & (day >= 0)
    created = START + pd.to_timedelta(day * 24 + hour, unit="h")
    delivered = rng.random(orders) < 0.95
    minutes = rng.gamma(9.0, 3.0, size=orders)
    distance = rng.gamma(4.0, 500.0, size=orders)
    basket = (
        offset + 5 + skill[rider] + 0.3 * zone + distance / 3000
        + effect * treated + rng.normal(size=orders)
    )  # fmt: skip
    pay = 3 + 0.2 * skill[rider] + 0.1 * treated + rng.gamma(2.0, size=orders)
    promised = created + pd.Timedelta(minutes=35)
    done = created + pd.to_timedelta(minutes, unit="min")
    frame = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(orders)],
            "rider_id": [f"r{i}" for i in rider],
            "zone": [f"z{i}" for i in zone],
            "city": [f"c{i // 3}" for i in zone],
            "capacity_type": np.where(rider % 3 == 0, "own", "crowd"),
            "created_at": created,
            "promised_at": promised,
            "delivered_at": done.where(delivered),
            "status": np.where(delivered, "delivered", "cancelled"),
            "basket_amount": np.where(rng.random(orders) < 0.97, basket, np.nan),
            "rider_pay": pay,
            "distance_m": distance,
            "variant": np.where(arm[rider] == 1, "treatment", "control"),
            "local_date": created.date,
            "local_hour": hour.astype("int8"),
            "local_weekday": created.day_of_week.astype("int8") + 1,
        }
    ).sort_values("created_at", ignore_index=True)
    frame.insert(0, "order_no", np.arange(orders, dtype="int32"))
    return frame


@contextmanager
def opened(orders: pd.DataFrame) -> Iterator[Dataset]:
    """The orders published in a folder that is gone afterwards."""
    with TemporaryDirectory() as folder:
        dataset = published(Path(folder), {"orders": orders})
        try:
            yield dataset
        finally:
            dataset.engine.close()


def repeated_zones() -> pd.DataFrame:
    """Six zones of three names: z0 to z2 in either of two cities."""
    made = orders_of(8, orders=4000)
    number = made["zone"].str[1:].astype(int)
    return made.assign(zone=[f"z{i % 3}" for i in number])


def gappy_cities() -> pd.DataFrame:
    """Centro in two cities, sometimes without; Alfama in Lisbon, sometimes without."""
    made = orders_of(8, orders=4000)
    number = made["zone"].str[1:].astype(int)
    city = made["city"].map({"c0": "Lisbon", "c1": "Porto"})
    names = np.where(city == "Lisbon", "Alfama", "Ribeira")
    names = np.where(number % 3 == 2, names + "2", names)
    zone = pd.Series(np.where(number % 3 == 0, "Centro", names))
    lost = (zone.isin(["Alfama", "Centro"])) & (made.index % 3 == 0)
    return made.assign(zone=zone, city=city.where(~lost))
