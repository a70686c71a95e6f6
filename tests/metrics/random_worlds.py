"""Random published tables, and a plain pandas computation of what measure promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

HOSTILE = 'area "A"; drop table orders; --'
FIRST_DAY = date(2024, 2, 20)
DAYS = 40


@dataclass(frozen=True)
class World:
    """Tables as published, with NULLs everywhere a file may have them."""

    tables: dict[str, pd.DataFrame]

    def merged(self, table: str) -> pd.DataFrame:
        """Rows of a related table that have an order, with that order's columns."""
        orders = self.keyed()
        related = self.tables[table].dropna(subset=["order_no"])
        return related.merge(orders, on="order_no", suffixes=("", "_order"))

    def keyed(self) -> pd.DataFrame:
        orders = self.tables["orders"].copy()
        first = self.tables["riders"].groupby("rider_id").min()
        orders["riders.vehicle"] = orders["rider_id"].map(first["vehicle"])
        bands = pd.cut(orders["local_hour"], [-1, 5, 10, 13, 16, 20, 23], labels=BANDS)
        orders["hour_band"] = bands.astype(object)
        return orders


BANDS = ["00-06", "06-11", "11-14", "14-17", "17-21", "21-24"]


def world(seed: int, orders: int) -> World:
    generator = np.random.default_rng(seed)
    frame = _orders(generator, orders)
    related = {
        name: _related(generator, frame, columns) for name, columns in RELATED.items()
    }
    riders = pd.DataFrame(
        {
            "rider_id": ["r1", "r2", "r2", "r3"],
            "vehicle": ["bike", "car", "car", None],
            "joined_at": pd.Series([pd.NaT] * 4, dtype="datetime64[us]"),
        }
    )
    return World({"orders": frame, "riders": riders, **related})


def _orders(generator: np.random.Generator, n: int) -> pd.DataFrame:
    days = np.sort(generator.integers(0, DAYS * 86_400, n))
    created = pd.Series(pd.Timestamp(FIRST_DAY) + pd.to_timedelta(days, unit="s"))
    created = created.astype("datetime64[us]")
    promised = created + pd.to_timedelta(generator.integers(10, 60, n), unit="m")
    delivered = created + pd.to_timedelta(generator.integers(300, 5_400, n), unit="s")
    frame = pd.DataFrame({"order_no": np.arange(n), "created_at": created})
    frame["promised_at"] = _holes(generator, promised, 0.1)
    frame["delivered_at"] = _holes(generator, delivered, 0.2)
    frame["status"] = _choice(generator, n, ["delivered"] * 5 + ["cancelled", "open"])
    frame["city"] = _choice(generator, n, ["Riyadh", "Kuwait City", "香港", None])
    frame["merchant_type"] = _choice(generator, n, ["chain", "mall", 'it\'s "one"'])
    frame[HOSTILE] = _choice(generator, n, ["x", "y", None])
    frame["is_prebook"] = _choice(generator, n, [True, False, None])
    frame["rider_id"] = _choice(generator, n, ["r1", "r2", "r3", None])
    frame["rating"] = _choice(generator, n, [1.0, 2.0, 4.0, 5.0, None])
    frame["rider_pay"] = np.round(generator.gamma(2, 3, n), 2)
    frame["cancel_source"] = _choice(generator, n, ["User", "merchant", "骑手", None])
    frame["pushed_count"] = _choice(generator, n, [0.0, 1.0, 3.0, None])
    frame["local_date"] = created.dt.date
    frame["local_hour"] = created.dt.hour.astype("int64")
    frame["local_weekday"] = created.dt.day_of_week.astype("int64") + 1
    frame["promised_date"] = frame["promised_at"].dt.date
    frame["delivered_date"] = frame["delivered_at"].dt.date
    return frame


RELATED = {
    "reviews": {"stars": [1.0, 2.0, 3.0, 5.0, None]},
    "complaints": {"class": ["late", "missing item", None]},
    "contacts": {"csat": [1.0, 4.0, 5.0, None]},
    "offers": {"outcome": ["accepted", "refused", "timeout", "拒单", None]},
}


def _related(
    generator: np.random.Generator, orders: pd.DataFrame, columns: dict[str, list]
) -> pd.DataFrame:
    n = int(generator.integers(0, 2 * len(orders) + 2))
    highest = max(len(orders), 1)
    numbers = pd.Series(generator.integers(0, highest, n), dtype="Int64")
    numbers[generator.random(n) < 0.1] = pd.NA
    frame = pd.DataFrame({"order_no": numbers if len(orders) else numbers * pd.NA})
    for name, values in columns.items():
        frame[name] = _choice(generator, n, values)
    return frame


def _choice(generator: np.random.Generator, n: int, values: list) -> pd.Series:
    picked = generator.integers(0, len(values), n)
    kinds = {type(value) for value in values if value is not None}
    dtype = {float: "float64", bool: "boolean"}.get(kinds.pop(), "str")
    return pd.Series([values[place] for place in picked], dtype=dtype)


def _holes(
    generator: np.random.Generator, values: pd.Series, share: float
) -> pd.Series:
    return values.mask(generator.random(len(values)) < share)


Figures = tuple[float, float, float]


def _share(happened: pd.Series, counted: pd.Series) -> Figures:
    counted = counted.fillna(value=False).astype(bool)
    happened = happened.fillna(value=False).astype(bool) & counted
    return _ratio(float(happened.sum()), float(counted.sum()))


def _ratio(top: float, bottom: float, scale: float = 1.0) -> Figures:
    value = scale * top / bottom if bottom else float("nan")
    return value, top, bottom


def _delivered(orders: pd.DataFrame) -> pd.Series:
    return (orders["status"] == "delivered").fillna(value=False).astype(bool)


def _minutes(orders: pd.DataFrame, start: str, end: str) -> pd.Series:
    return (orders[end] - orders[start]).dt.total_seconds() / 60


def _punctual(orders: pd.DataFrame) -> pd.Series:
    known = orders["promised_at"].notna() & orders["delivered_at"].notna()
    return _delivered(orders) & known


def _minutes_late(orders: pd.DataFrame) -> pd.Series:
    late = _minutes(orders, "promised_at", "delivered_at")[_punctual(orders)]
    return late[late > 0]


def _mean(values: pd.Series) -> Figures:
    values = values.dropna()
    return _ratio(float(values.sum()), float(len(values)))


def _late_by(orders: pd.DataFrame, grace: float) -> Figures:
    late = _minutes(orders, "promised_at", "delivered_at") > grace
    return _share(late, _punctual(orders))


def _late_by_day(orders: pd.DataFrame) -> Figures:
    pairs = zip(orders["delivered_date"], orders["promised_date"], strict=True)
    late = [a > b if pd.notna(a) and pd.notna(b) else False for a, b in pairs]
    return _share(pd.Series(late, orders.index, dtype="boolean"), _punctual(orders))


def _p90(orders: pd.DataFrame) -> Figures:
    late = _minutes_late(orders)
    value = float(late.quantile(0.9)) if len(late) else float("nan")
    return value, float("nan"), float(len(late))


def _complaints(orders: pd.DataFrame, complaints: pd.DataFrame) -> Figures:
    there = complaints[_delivered(complaints)]["order_no"].nunique()
    return _ratio(float(there), float(_delivered(orders).sum()))


def _cancelled_by_customer(orders: pd.DataFrame) -> Figures:
    cancelled = orders["status"] == "cancelled"
    user = orders["cancel_source"].str.lower() == "user"
    return _share(cancelled & user, orders["order_no"].notna())


def _push_completed(orders: pd.DataFrame, offers: pd.DataFrame) -> Figures:
    kept = (offers["outcome"] == "accepted") & _delivered(offers)
    return _share(kept, offers["order_no"].notna())


def _refused(orders: pd.DataFrame, offers: pd.DataFrame) -> Figures:
    refused = offers["outcome"].isin(["refused", "拒单"])
    return _share(refused, offers["order_no"].notna())


def _cpo(orders: pd.DataFrame) -> Figures:
    delivered = float(_delivered(orders).sum())
    return _ratio(float(orders["rider_pay"].sum()), delivered)


def _count(values: pd.Series) -> Figures:
    return float(values.sum()), float(values.sum()), float(values.sum())


#: Metric -> related table (or none), and the computation by hand.
BY_HAND: dict[str, tuple[str, Callable[..., Figures]]] = {
    "orders": ("", lambda o: _count(o["order_no"].notna())),
    "delivered_orders": ("", lambda o: _count(_delivered(o))),
    "late_rate": ("", lambda o: _late_by(o, 0)),
    "late_rate(grace=10)": ("", lambda o: _late_by(o, 10)),
    "late_rate(by=day)": ("", _late_by_day),
    "mean_minutes_late": ("", lambda o: _mean(_minutes_late(o))),
    "p90_minutes_late": ("", _p90),
    "delivery_minutes": (
        "",
        lambda o: _mean(_minutes(o, "created_at", "delivered_at")[_delivered(o)]),
    ),
    "cancellation_rate": (
        "",
        lambda o: _share(o["status"] == "cancelled", o["order_no"].notna()),
    ),
    "cancellation_rate(party=customer)": ("", _cancelled_by_customer),
    "cpo": ("", _cpo),
    "mean_rating": ("reviews", lambda o, r: _mean(r["stars"])),
    "low_rating_rate": (
        "reviews",
        lambda o, r: _share(r["stars"] <= 2, r["stars"].notna()),
    ),
    "complaint_rate": ("complaints", _complaints),
    "refusal_rate": ("offers", _refused),
    "push_completion_rate": ("offers", _push_completed),
    "contact_rate": (
        "contacts",
        lambda o, c: _ratio(float(len(c)), float(len(o)), 100.0),
    ),
    "csat": ("contacts", lambda o, c: _share(c["csat"] >= 4, c["csat"].notna())),
}
