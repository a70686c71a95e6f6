"""One pass through an order's life, with a given set of plants in the world."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sample_data import fates, observe, stages
from sample_data.causes import calls_kept
from sample_data.plants.base import Levers, Plant
from sample_data.streams import share
from sample_data.traits import Setting
from sample_data.world import Columns

#: Share of cancellations whose source and reason were not kept.
REASON_HIDDEN = 0.06
_CONTACT_COST = 0.09


def live(drawn: Columns, setting: Setting, plants: Iterable[Plant]) -> Columns:
    """Carry orders out with these plants; ``drawn`` is left as it is.

    Args:
        drawn: Columns of ``traits.draw_orders``.
        setting: The city's setting.
        plants: Plants that act; all others are as if they had never been.

    Returns:
        The drawn columns with all that happened and all that was recorded.
    """
    orders = dict(drawn)
    active = tuple(plants)
    levers = Levers(len(orders["day"]))
    for plant in active:
        plant.move(orders, setting)
    for plant in active:
        plant.pull(levers, orders, setting)
    dirty = any(plant.kind == "dirt" for plant in active)
    stages.run(orders, setting, levers)
    fates.settle(orders, levers)
    _taps(orders, levers)
    fates.judge_by_customers(orders, orders["tap s"] > 0)
    _offers(orders)
    _arms(orders, active, setting)
    orders["contact"] = _contacts(orders)
    city = setting.city
    fates.money(orders, basket=city.basket, pay=city.rider_pay, spread=orders["basket"])
    cost = fates.cents(np.array([_CONTACT_COST]), city.basket)
    orders["contact c"] = np.where(orders["contact"], cost, 0)
    orders["promise fault"] = _whole(levers.of("promise"), orders)
    hidden = dirty & (orders["evidence"] < share(REASON_HIDDEN))
    orders["has calls"] = calls_kept(orders, active)
    orders["reason hidden"] = hidden & (orders["status"] == fates.CANCELLED)
    observe.see(orders, dirty=dirty)
    return orders


def _whole(pull: NDArray[np.int32] | int, orders: Columns) -> NDArray[np.int32]:
    return np.broadcast_to(np.asarray(pull, dtype=np.int32), len(orders["day"]))


def _taps(orders: Columns, levers: Levers) -> None:
    """Where and when "delivered" was tapped, and where the pin lies."""
    ahead = _whole(levers.of("tap"), orders)
    taps = (ahead > 0) & (orders["status"] == fates.DELIVERED)
    door = orders["done s"] - orders["there s"]
    orders["tap s"] = np.where(taps, ahead + door, 0)
    near = 4 + (orders["tap"] >> 11)
    orders["tap away m"] = np.where(taps, 190 + ahead * 2, near)
    wrong = orders["address"] < share(stages.WRONG_ADDRESS)
    natural = np.where(wrong, 180 + orders["address"] % 500, 0)
    orders["pin off m"] = natural + _whole(levers.of("pin off"), orders)


def _offers(orders: Columns) -> None:
    """Offers before the one that was taken: refused outright, and given back."""
    outright = np.zeros(len(orders["day"]), dtype=np.int8)
    for nth in range(stages.MOST_REFUSALS):
        late, _ = stages.answer_seconds(orders, nth)
        outright += (orders["refused"] > nth) & ~late
    orders["refused outright"] = outright
    orders["gives"] = stages.given_back(orders)[0].astype(np.int8)


def _arms(orders: Columns, plants: tuple[Plant, ...], setting: Setting) -> None:
    orders["strategy"] = np.full(len(orders["day"]), -1, dtype=np.int8)
    orders["variant"] = np.full(len(orders["day"]), -1, dtype=np.int8)
    for plant in plants:
        if plant.kind == "strategy":
            plant.label(orders, setting)


def _contacts(orders: Columns) -> NDArray[np.bool_]:
    late = np.clip(orders["late s"] // 60, 0, 40).astype(np.int32)
    level = share(0.018) + late * share(0.007)
    level = np.where(orders["complaint"] >= 0, share(0.7), level)
    lost = (orders["status"] != fates.DELIVERED) & (orders["status"] != 1)
    return orders["contacts"] < np.where(lost, share(0.85), level)
