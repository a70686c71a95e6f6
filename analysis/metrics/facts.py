"""The facts of problem cases: one row an order, everything a judgement may read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput
from analysis.metrics import trees
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import ORDERS, Scope
from analysis.metrics.facts_related import related_facts
from analysis.metrics.peers import usual_facts
from analysis.metrics.stages import STAGE_MILESTONES
from analysis.words import N_

#: Name under which the orders asked for are brought along.
ASKED = "asked"
MAX_CASES = 100_000

IDENTITY = (
    "order_id", "rider_id", "merchant_id", "customer_id", "batch_id", "country",
    "city", "zone", "zone_type", "timezone", "merchant_name", "merchant_type",
    "category", "scenario", "capacity_type", "vehicle", "weather", "is_surge",
    "is_prebook", "distance_m", "local_date", "local_hour", "local_weekday",
)  # fmt: skip
MILESTONES = (
    "created_at", "merchant_accepted_at", "pushed_at", "accepted_at",
    "arrived_merchant_at", "ready_at", "picked_up_at", "arrived_customer_at",
    "delivered_at", "cancelled_at",
)  # fmt: skip
#: Plans and promises; the planned ones are columns by their names, no fields.
PLANS = (
    "promised_at", "promised_ready_at", "promised_pickup_at", "planned_accepted_at",
    "planned_arrived_merchant_at", "planned_arrived_customer_at",
    "planned_delivered_at",
)  # fmt: skip
OUTCOME = (
    "status", "cancel_source", "cancel_reason", "complaint_reason", "contact_reason",
    "rating", "pushed_count", "refused_count", "batch_detour_s", "refund_amount",
    "compensation_amount", "currency", "strategy_id", "variant",
)  # fmt: skip
COORDINATES = (
    "pickup_lat", "pickup_lng", "drop_lat", "drop_lng", "tap_lat", "tap_lng",
    "tap_accuracy_m",
)  # fmt: skip
COLUMNS = (*IDENTITY, *MILESTONES, *PLANS, *OUTCOME, *COORDINATES)
BANDS = ("hour_band", "distance_band")

_METRES_A_DEGREE = 111_195.0


def case_facts(dataset: Dataset, orders: Sequence[int]) -> pd.DataFrame:
    """Everything known of these orders that a timeline or a judgement may read.

    Args:
        dataset: A published version.
        orders: Numbers (``order_no``) of at most ``MAX_CASES`` orders.

    Returns:
        One row an order, in the order asked for; times are naive UTC. ``order_no`` and,
        as far as the dataset has what they are made from, the rest: columns of
        ``COLUMNS`` under their own names; ``hour_band``, ``distance_band``;
        ``minutes_late``; ``tenure_days`` of the rider; ``<fact>_n`` and ``<fact>_at``
        (first time) of the events of ``facts.yaml``, 0 where there is none;
        ``calls_last_at``, ``closed_reporters_n``, ``damage_detail``, ``door_lat``,
        ``door_lng``; ``offers_n``, ``refusals_n``, ``timeouts_n``, ``given_back_n``;
        ``contacts_n``, ``contact_at``; ``messages_n``, ``rider_messages_n``,
        ``customer_messages_n``; ``complaint_class``, ``complaint_severity``,
        ``complaint_at``, ``claimed_party``; ``tap_pin_m``, ``tap_door_m``,
        ``pin_door_m``; where the dataset lacks plans, ``usual_<stage>``,
        ``usual_fast`` (tenth percentile of the whole) and ``usual_n``, from comparable
        orders. A column that is absent is unknown for every order; within a column,
        a missing value is unknown for that order.

    Raises:
        InvalidInput: if an order is asked for twice, or does not exist.
    """
    asked = _asked(orders)
    frame = _own(dataset, asked)
    _require_found(frame, asked)
    parts = [frame, *related_facts(dataset, asked), usual_facts(dataset, frame)]
    whole = pd.concat([part.set_index("order_no") for part in parts], axis=1)
    whole = whole.loc[asked["order_no"].to_numpy()].reset_index()
    return whole.assign(**_figures(whole))


def _asked(orders: Sequence[int]) -> pa.Table:
    numbers = np.asarray(list(orders), dtype=np.int64)
    if len(numbers) > MAX_CASES or len(np.unique(numbers)) != len(numbers):
        raise InvalidInput(
            N_("{count} orders cannot be looked at together, some of them twice."),
            hint=N_("Ask for at most {most} orders, each once."),
            count=len(numbers),
            most=MAX_CASES,
        )
    return pa.table({"order_no": numbers})


def _require_found(frame: pd.DataFrame, asked: pa.Table) -> None:
    lost = set(asked["order_no"].to_pylist()) - set(frame["order_no"])
    if lost:
        raise InvalidInput(
            N_("There is no order number {number} in this version."),
            hint=N_("Numbers belong to one version; look the order up by its ID."),
            number=min(lost),
        )


def _own(dataset: Dataset, asked: pa.Table) -> pd.DataFrame:
    """The orders' own columns, bands and the rider's tenure."""
    there = [name for name in COLUMNS if name in dataset.fields]
    values: dict[str, exp.Expr] = {name: trees.column(name, ORDERS) for name in there}
    scope = Scope(dataset)
    for band in BANDS:
        if _has_band(dataset, band):
            values[band] = dimension(dataset, band).expression
    if not scope.missing("promised_at") and not scope.missing("delivered_at"):
        values["minutes_late"] = scope.bind(
            "minutes_between(promised_at, delivered_at)"
        )
    query = exp.select(
        trees.column("order_no", ORDERS),
        *(trees.named(value, name) for name, value in values.items()),
    )
    query = query.from_(trees.table(ORDERS)).join(
        trees.table(ASKED), on=_same_order(), copy=False
    )
    return dataset.engine.run(query, tables={ASKED: asked}).to_pandas()


def _has_band(dataset: Dataset, band: str) -> bool:
    needed = {"hour_band": "local_hour", "distance_band": "distance_m"}[band]
    return needed in dataset.fields


def _same_order() -> exp.Expr:
    return exp.EQ(
        this=trees.column("order_no", ORDERS),
        expression=trees.column("order_no", ASKED),
    )


def _figures(facts: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Distances between the tap, the pin and the real door, in metres."""
    pairs = {
        "tap_pin_m": ("tap", "drop"),
        "tap_door_m": ("tap", "door"),
        "pin_door_m": ("drop", "door"),
    }
    return {
        name: metres_apart(*(facts[f"{place}_{axis}"].to_numpy(float)
                             for place in pair for axis in ("lat", "lng")))
        for name, pair in pairs.items()
        if all(f"{place}_lat" in facts and f"{place}_lng" in facts for place in pair)
    }  # fmt: skip


def metres_apart(
    lat: NDArray[np.float64],
    lng: NDArray[np.float64],
    other_lat: NDArray[np.float64],
    other_lng: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Metres between places that are near one another; NaN where one is unknown.

    Flat within a city: the error is below a thousandth up to 50 km.
    """
    north = (other_lat - lat) * _METRES_A_DEGREE
    east = (other_lng - lng) * _METRES_A_DEGREE * np.cos(np.radians(lat))
    return np.hypot(north, east)


def milestones_of(dataset: Dataset) -> tuple[str, ...]:
    """The six milestones as far as the dataset has them."""
    return tuple(name for name in STAGE_MILESTONES if name in dataset.fields)
