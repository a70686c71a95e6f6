"""Every metric that a file can give, computed once more with pandas alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

Tables = Mapping[str, pd.DataFrame]
Found = tuple[float, float]

PARTIES = {
    "customer": ["customer", "User", "顾客"],
    "merchant": ["Restaurant", "商家"],
    "rider": ["courier", "骑手"],
    "platform": ["SYSTEM", "平台"],
}
SOURCES = [*(word for words in PARTIES.values() for word in words), "ghost"]
FAULTY = ["missing item", "WRONG order", "洒漏", "food quality"]
COSTS = [
    "rider_pay", "incentive_cost", "compensation_amount", "refund_amount",
    "contact_cost", "return_cost",
]  # fmt: skip


def delivered(orders: pd.DataFrame) -> pd.Series:
    return orders["status"].eq("delivered").fillna(value=False).astype(bool)


def cancelled(orders: pd.DataFrame) -> pd.Series:
    return orders["status"].eq("cancelled").fillna(value=False).astype(bool)


def minutes(frame: pd.DataFrame, start: str, end: str) -> pd.Series:
    return (frame[end] - frame[start]).dt.total_seconds() / 60


def late(orders: pd.DataFrame) -> pd.Series:
    """Minutes late of the delivered orders for which they are known."""
    return minutes(orders, "promised_at", "delivered_at")[delivered(orders)].dropna()


def share(happened: pd.Series, counted: pd.Series) -> Found:
    counted = counted.fillna(value=False).astype(bool)
    happened = happened.fillna(value=False).astype(bool)
    return float((happened & counted).sum()), float(counted.sum())


def every(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(data=True, index=frame.index)


def past_promise(orders: pd.DataFrame) -> pd.Series:
    times = orders[["created_at", "delivered_at", "cancelled_at"]]
    known = orders["status"].notna() & ~delivered(orders)
    passed = orders["promised_at"] < times.max().max()
    before = cancelled(orders) & (orders["cancelled_at"] <= orders["promised_at"])
    return known & passed & ~before


def party(orders: pd.DataFrame, *names: str) -> pd.Series:
    words = [word for name in names for word in PARTIES[name]]
    return cancelled(orders) & orders["cancel_source"].isin(words)


def linked(tables: Tables, name: str) -> pd.DataFrame:
    """Rows of a related table that have an order, with whether it was delivered."""
    orders = tables["orders"]
    known = orders.assign(is_delivered=delivered(orders))[["order_no", "is_delivered"]]
    return tables[name].dropna(subset=["order_no"]).merge(known, on="order_no")


def orders_with(rows: pd.DataFrame, chosen: pd.Series) -> float:
    chosen = chosen.fillna(value=False).astype(bool)
    return float(rows[chosen & rows["is_delivered"]]["order_no"].nunique())


def outcome(tables: Tables, *words: str) -> pd.Series:
    return linked(tables, "offers")["outcome"].isin(words)


def offered(orders: pd.DataFrame) -> pd.DataFrame:
    return orders[orders["pushed_count"] > 0]


def issues(tables: Tables, days: int) -> Found:
    contacts = linked(tables, "contacts").sort_values("opened_at", na_position="last")
    gaps, total, kept = pd.Timedelta(days=days), 0, 0
    for _, rows in contacts.groupby(["order_no", "reason_l1"], dropna=False):
        times = list(rows["opened_at"])
        for place, time in enumerate(times):
            before = times[place - 1] if place else pd.NaT
            after = times[place + 1] if place + 1 < len(times) else pd.NaT
            new = pd.isna(before) or time - before > gaps
            total += new
            kept += new and (pd.isna(after) or after - time > gaps)
    return float(kept), float(total)


def cost(*columns: str) -> Callable[[Tables], Found]:
    def compute(tables: Tables) -> Found:
        orders = tables["orders"]
        spent = sum(float(orders[name].sum()) for name in columns)
        return spent, float(delivered(orders).sum())

    return compute


def stage(start: str, end: str, *, of: str = "") -> Callable[[Tables], pd.Series]:
    def compute(tables: Tables) -> pd.Series:
        orders = tables["orders"]
        chosen = delivered(orders) if of else every(orders)
        return minutes(orders[chosen], start, end)

    return compute


def avoidable_wait(tables: Tables) -> pd.Series:
    needed = ["promised_ready_at", "arrived_merchant_at", "picked_up_at"]
    orders = tables["orders"].dropna(subset=needed)
    start = orders[needed[:2]].max(axis=1)
    waited = (orders["picked_up_at"] - start).dt.total_seconds() / 60
    return waited.clip(lower=0)


def by_day(orders: pd.DataFrame, *, is_late: bool) -> Found:
    known = orders[delivered(orders)].dropna(subset=["promised_at", "delivered_at"])
    days = known["delivered_at"].dt.normalize() > known["promised_at"].dt.normalize()
    return float((days == is_late).sum()), float(len(known))


def order_error(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column].isin(FAULTY)


def on_orders(compute: Callable[[pd.DataFrame], Found]) -> Callable[[Tables], Found]:
    return lambda tables: compute(tables["orders"])


def lateness(orders: pd.DataFrame, keep: Callable[[pd.Series], pd.Series]) -> Found:
    known = late(orders)
    return float(keep(known).sum()), float(len(known))


def with_promise(orders: pd.DataFrame, happened: pd.Series) -> Found:
    return share(happened, orders["promised_at"].notna())


def late_or_past(orders: pd.DataFrame) -> pd.Series:
    is_late = (late(orders) > 0).reindex(orders.index, fill_value=False)
    return is_late | past_promise(orders)


def counted(chosen: pd.Series) -> Found:
    return float(chosen.sum()), float(chosen.sum())


#: Numerator and denominator of shares, ratios and counts.
SUMS: Mapping[str, Callable[[Tables], Found]] = {
    "orders": on_orders(lambda o: counted(every(o))),
    "delivered_orders": on_orders(lambda o: counted(delivered(o))),
    "on_time_rate": on_orders(lambda o: lateness(o, lambda m: m <= 0)),
    "on_time_rate(grace=5)": on_orders(lambda o: lateness(o, lambda m: m <= 5)),
    "on_time_rate(by=day)": on_orders(lambda o: by_day(o, is_late=False)),
    "late_rate": on_orders(lambda o: lateness(o, lambda m: m > 0)),
    "late_rate(by=day)": on_orders(lambda o: by_day(o, is_late=True)),
    "late_band_rate": on_orders(
        lambda o: lateness(o, lambda m: m.between(0, 5, inclusive="right"))
    ),
    "late_band_rate(over=10,upto=0)": on_orders(
        lambda o: lateness(o, lambda m: m > 10)
    ),
    "undelivered_past_promise_rate": on_orders(
        lambda o: with_promise(o, past_promise(o))
    ),
    "past_promise_rate": on_orders(lambda o: with_promise(o, late_or_past(o))),
    "cancellation_rate": on_orders(lambda o: share(cancelled(o), every(o))),
    **{
        f"cancellation_rate(party={name})": on_orders(
            lambda o, name=name: share(party(o, name), every(o))
        )
        for name in PARTIES
    },
    "cancellation_rate(party=unknown)": on_orders(
        lambda o: share(cancelled(o) & ~party(o, *PARTIES), every(o))
    ),
    "merchant_avoidable_cancellation_rate": on_orders(
        lambda o: share(party(o, "merchant"), every(o))
    ),
    "delivered_share": on_orders(lambda o: share(delivered(o), every(o))),
    "undelivered_rate": on_orders(
        lambda o: share(o["status"].isin(["failed", "returned"]), every(o))
    ),
    "completion_rate": on_orders(
        lambda o: share(
            delivered(o) | party(o, "customer", "merchant"), o["accepted_at"].notna()
        )
    ),
    "complaint_rate": lambda t: (
        orders_with(rows := linked(t, "complaints"), every(rows)),
        float(delivered(t["orders"]).sum()),
    ),
    "complaint_rate(of=created)": lambda t: (
        float(linked(t, "complaints")["order_no"].nunique()),
        float(len(t["orders"])),
    ),
    "order_error_rate": lambda t: (
        orders_with(rows := linked(t, "complaints"), order_error(rows, "class")),
        float(delivered(t["orders"]).sum()),
    ),
    "low_rating_rate": lambda t: share(
        (rows := linked(t, "reviews"))["stars"] <= 2, rows["stars"].notna()
    ),
    "rated_share": lambda t: (
        orders_with(rows := linked(t, "reviews"), rows["stars"].notna()),
        float(delivered(t["orders"]).sum()),
    ),
    "push_completion_rate": lambda t: share(
        outcome(t, "accepted", "抢单") & linked(t, "offers")["is_delivered"],
        every(linked(t, "offers")),
    ),
    "refusal_rate": lambda t: share(
        outcome(t, "Refused", "拒单"), every(linked(t, "offers"))
    ),
    "offer_timeout_rate": lambda t: share(
        outcome(t, "timeout"), every(linked(t, "offers"))
    ),
    "acceptance_rate": lambda t: share(
        outcome(t, "accepted", "抢单", "reassigned"),
        linked(t, "offers")["is_exclusive"].fillna(value=True),
    ),
    "offers_per_order": on_orders(
        lambda o: (float(o["pushed_count"].sum()), float((o["pushed_count"] > 0).sum()))
    ),
    "contact_rate": lambda t: (
        float(len(linked(t, "contacts"))), float(len(t["orders"])),
    ),
    "csat": lambda t: share(
        (rows := linked(t, "contacts"))["csat"] >= 4, rows["csat"].notna()
    ),
    "csat_response_rate": lambda t: share(
        (rows := linked(t, "contacts"))["csat"].notna(), every(rows)
    ),
    "fcr": lambda t: issues(t, 7),
    "fcr(days=1)": lambda t: issues(t, 1),
    "bot_contained_rate": lambda t: share(
        (rows := linked(t, "contacts"))["is_bot_contained"],
        rows["is_bot_contained"].notna(),
    ),
    "cpo": cost(*COSTS),
    "cpo_rider_pay": cost("rider_pay"),
    "cpo_incentives": cost("incentive_cost"),
    "cpo_compensation": cost("compensation_amount"),
    "cpo_refunds": cost("refund_amount"),
    "cpo_contacts": cost("contact_cost"),
    "cpo_returns": cost("return_cost"),
}  # fmt: skip


def late_minutes(tables: Tables) -> pd.Series:
    known = late(tables["orders"])
    return known[known > 0]


def late_minutes_of_all(tables: Tables) -> pd.Series:
    return late(tables["orders"]).clip(lower=0)


def of_table(table: str, column: str) -> Callable[[Tables], pd.Series]:
    return lambda tables: linked(tables, table)[column]


def between(table: str, start: str, end: str) -> Callable[[Tables], pd.Series]:
    return lambda tables: minutes(linked(tables, table), start, end)


TOTAL = stage("created_at", "delivered_at", of="delivered")
REPLY = between("contacts", "opened_at", "first_human_reply_at")

#: The numbers whose mean or percentile a metric is; missing ones do not count.
SERIES: Mapping[str, Callable[[Tables], pd.Series]] = {
    "mean_minutes_late": late_minutes,
    "mean_minutes_late(of=all)": late_minutes_of_all,
    "p50_minutes_late": late_minutes,
    "p90_minutes_late": late_minutes,
    "p90_minutes_late(of=all)": late_minutes_of_all,
    "delivery_minutes": TOTAL,
    "p50_delivery_minutes": TOTAL,
    "p90_delivery_minutes": TOTAL,
    "promised_minutes": stage("created_at", "promised_at"),
    "dispatch_minutes": stage("created_at", "accepted_at"),
    "to_merchant_minutes": stage("accepted_at", "arrived_merchant_at"),
    "kitchen_minutes": stage("merchant_accepted_at", "ready_at"),
    "merchant_wait_minutes": stage("arrived_merchant_at", "picked_up_at"),
    "merchant_avoidable_wait_minutes": avoidable_wait,
    "ride_minutes": stage("picked_up_at", "arrived_customer_at"),
    "handover_minutes": stage("arrived_customer_at", "delivered_at"),
    "mean_rating": of_table("reviews", "stars"),
    "offer_response_seconds": lambda t: (
        60 * between("offers", "pushed_at", "responded_at")(t)
    ),
    "first_response_minutes": REPLY,
    "p90_first_response_minutes": REPLY,
    "resolution_minutes": between("contacts", "opened_at", "resolved_at"),
    "mean_basket": lambda t: t["orders"]["basket_amount"],
    "mean_distance": lambda t: t["orders"]["distance_m"],
}


def counts(column: str, low: float) -> Callable[[Tables], Found]:
    return on_orders(lambda o: share(o[column] <= low, o[column].notna()))


#: What stands in where there are no related tables, nor times of single stages.
ORDERS_SUMS: Mapping[str, Callable[[Tables], Found]] = {
    "complaint_rate": on_orders(
        lambda o: share(o["complaint_reason"].notna(), delivered(o))
    ),
    "complaint_rate(of=created)": on_orders(
        lambda o: share(o["complaint_reason"].notna(), every(o))
    ),
    "order_error_rate": on_orders(
        lambda o: share(order_error(o, "complaint_reason"), delivered(o))
    ),
    "low_rating_rate": counts("rating", 2),
    "rated_share": on_orders(lambda o: share(o["rating"].notna(), delivered(o))),
    "push_completion_rate": on_orders(
        lambda o: (float(delivered(offered(o)).sum()), offered(o)["pushed_count"].sum())
    ),
    "refusal_rate": on_orders(
        lambda o: (
            float(offered(o)[["refused_count", "pushed_count"]]
                  .fillna({"refused_count": 0}).min(axis=1).sum()),
            offered(o)["pushed_count"].sum(),
        )
    ),
    "acceptance_rate": on_orders(
        lambda o: (
            float(offered(o)["accepted_at"].notna().sum()),
            offered(o)["pushed_count"].sum(),
        )
    ),
    "contact_rate": on_orders(lambda o: share(o["contact_reason"].notna(), every(o))),
}  # fmt: skip
ORDERS_SERIES: Mapping[str, Callable[[Tables], pd.Series]] = {
    "mean_rating": lambda t: t["orders"]["rating"],
    "kitchen_minutes": stage("created_at", "ready_at"),
    "ride_minutes": stage("picked_up_at", "delivered_at"),
}
