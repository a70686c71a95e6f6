"""Who was responsible: true minutes by party, and whether the evidence can tell.

Time over plan belongs to whoever caused it: dispatch to the platform, the way to the
merchant and the ride to the rider, the wait at the counter beyond both the rider's
arrival and the promised time to the merchant, detours for a second order to the
platform, wrong addresses and unreachable customers to the customer, ways in a storm or
through closed roads and buildings to nobody's fault. Time that slack absorbed is
nobody's. The minutes late are shared in proportion.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from sample_data import fates
from sample_data.plants.base import Plant
from sample_data.stages import PLANNED_COUNTER_S, door_trouble
from sample_data.streams import share
from sample_data.world import STORM, Columns

PARTIES = ("rider", "merchant", "customer", "platform", "force majeure")
RIDER, MERCHANT, CUSTOMER, PLATFORM, FORCE = range(5)
SOLE, SHARED = 0.70, 0.30

#: Share of orders whose call log was not kept, and of spills without a photograph.
CALLS_LOST = 0.20
PHOTO_LOST = 0.15
KINDS = ("late", "cancelled", "undelivered", "early tap", "complained")

Excess = dict[str, NDArray[np.int64]]


def lateness(orders: Columns) -> NDArray[np.int64]:
    """Seconds between promise and delivery as recorded."""
    promised = orders["promise"] + orders["promise fault"]
    return orders["seen delivered"].astype(np.int64) - promised


def _over(seconds: NDArray, planned: NDArray | int) -> NDArray[np.int64]:
    return np.maximum(seconds.astype(np.int64) - planned, 0)


def excess(orders: Columns) -> Excess:
    """Seconds over plan that delayed the order, by cause."""
    plan_way = orders["plan dispatch"] + orders["plan leg"]
    planned = np.maximum(plan_way, orders["plan prep"])
    met = np.maximum(orders["arrived s"], orders["plan prep"])
    late_start = _over(met, planned)
    dispatch = _over(orders["accepted s"], orders["plan dispatch"])
    leg = _over(orders["arrived s"] - orders["accepted s"], orders["plan leg"])
    of_dispatch = late_start * dispatch // np.maximum(dispatch + leg, 1)
    ride = _over(orders["there s"] - orders["picked s"], orders["plan ride"])
    door = _over(orders["done s"] - orders["there s"], orders["plan door"])
    due = orders["promise"] + orders["promise fault"]
    plan_rest = orders["plan ride"] + orders["plan door"] + PLANNED_COUNTER_S
    return {
        "dispatch": of_dispatch,
        "leg": late_start - of_dispatch,
        "kitchen": _over(orders["picked s"] - met, PLANNED_COUNTER_S),
        **_parts(ride, {
            "detour": orders["detour s"],
            "address": orders["address s"],
            "road": orders["road s"],
        }, rest="ride"),
        **_parts(door, {
            "calls": door_trouble(orders),
            "building": orders["building s"],
        }, rest="door"),
        "promise": _over(planned + plan_rest, due),
    }  # fmt: skip


def _parts(total: NDArray[np.int64], causes: Columns, *, rest: str) -> Excess:
    """Share a stage's excess out to causes, in their order.

    A detour takes its own seconds; a cause from outside takes all that is left of the
    stage, since nobody could tell what the rider added to it.
    """
    left, found = total, {}
    for name, seconds in causes.items():
        if name == "detour":
            found[name] = np.minimum(seconds, left)
        else:
            found[name] = np.where(seconds > 0, left, 0)
        left = left - found[name]
    found[rest] = left
    return found


def by_party(over: Excess, storm: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Seconds over plan by party, shape (orders, parties)."""
    found = np.zeros((len(storm), len(PARTIES)))
    ways = over["leg"] + over["ride"]
    found[:, RIDER] = np.where(storm, 0, ways) + over["door"]
    found[:, FORCE] = np.where(storm, ways, 0) + over["road"] + over["building"]
    found[:, MERCHANT] = over["kitchen"]
    found[:, CUSTOMER] = over["address"] + over["calls"]
    found[:, PLATFORM] = over["dispatch"] + over["detour"] + over["promise"]
    return found


def label(shares: NDArray[np.float64]) -> NDArray[np.int8]:
    """Responsible parties as bits: one with 70 % of the time, else all with 30 %."""
    bits = 1 << np.arange(len(PARTIES))
    sole = (shares >= SOLE) @ bits
    several = (shares >= SHARED) @ bits
    return np.where(sole > 0, sole, several).astype(np.int8)


def _shares(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return seconds / np.maximum(seconds.sum(axis=1, keepdims=True), 1)


#: What cannot be told apart when a piece of evidence is gone: two causes each.
_BLURS = {
    "has accepted": ("dispatch", "leg"),
    "has arrived": ("leg", "kitchen"),
    "has picked": ("kitchen", "ride"),
    "has there": ("ride", "calls"),
    "has calls": ("calls", "door"),
}


def decidable(orders: Columns, over: Excess) -> NDArray[np.bool_]:
    """Whether what is left in the data gives the same parties however it is read.

    Each missing piece of evidence blurs two causes; the verdict is decidable if giving
    all of their time to the one or to the other, in every combination, changes nothing.
    """
    storm = orders["weather"] == STORM
    truth = label(_shares(by_party(over, storm)))
    same = np.ones(len(storm), dtype=bool)
    gone = {name: ~orders[name] for name in _BLURS}
    worth = np.flatnonzero(np.any(list(gone.values()), axis=0))
    if not len(worth):
        return same
    for choice in product((0, 1), repeat=len(_BLURS)):
        part = {name: seconds[worth] for name, seconds in over.items()}
        for side, (name, pair) in zip(choice, _BLURS.items(), strict=True):
            _give(part, pair, side, gone[name][worth])
        read = label(_shares(by_party(part, storm[worth])))
        same[worth] &= read == truth[worth]
    return same


def _give(
    over: Excess, pair: tuple[str, str], side: int, where: NDArray[np.bool_]
) -> None:
    """Give the time of both causes to one of them."""
    winner, loser = pair[side], pair[1 - side]
    total = over[winner] + over[loser]
    over[winner] = np.where(where, total, over[winner])
    over[loser] = np.where(where, 0, over[loser])


def calls_kept(orders: Columns, plants: tuple[Plant, ...]) -> NDArray[np.bool_]:
    """Whether the call log of each order was kept."""
    dirty = any(plant.kind == "dirt" for plant in plants)
    return ~(dirty & (orders["evidence"] >= share(1 - CALLS_LOST)))


def photo_kept(orders: Columns) -> NDArray[np.bool_]:
    """Whether a spill was photographed."""
    return orders["evidence"] % 100 >= round(100 * PHOTO_LOST)


def crushed(orders: Columns) -> NDArray[np.bool_]:
    """Spills that happened on the way; the others were packed badly."""
    return (orders["words"] & 1) == 0


def chat_kept(orders: Columns) -> NDArray[np.bool_]:
    """Whether a chat confirms what a complaint about conduct says."""
    return orders["words"] % 3 != 0


_REASON_PARTY = np.array([
    MERCHANT, MERCHANT, CUSTOMER, PLATFORM, RIDER, RIDER, PLATFORM, PLATFORM,
    CUSTOMER, CUSTOMER, RIDER,
])  # fmt: skip


def kinds(orders: Columns) -> NDArray[np.int8]:
    """What kind of case each order is, as a place in ``KINDS``; -1 for none.

    An order cancelled or not delivered is that; of the others, an early tap comes
    before lateness, and lateness before a complaint.
    """
    status = orders["status"]
    delivered = status == fates.DELIVERED
    return np.select(
        [
            status == fates.CANCELLED,
            ~delivered,
            orders["tap s"] > 0,
            lateness(orders) > 0,
            orders["complaint"] >= 0,
        ],
        [1, 2, 3, 0, 4],
        default=-1,
    ).astype(np.int8)


def verdicts(orders: Columns) -> Columns:
    """Party, minutes and decidability of every case; ``row`` is the order's row.

    ``parties`` are bits in the order of ``PARTIES``; ``minutes`` (orders, parties)
    share the recorded lateness and are 0 where the order was not delivered late.
    """
    kind = kinds(orders)
    row = np.flatnonzero(kind >= 0)
    cases = {name: column[row] for name, column in orders.items()}
    kind = kind[row]
    over = excess(cases)
    seconds = by_party(over, cases["weather"] == STORM)
    late = np.where(kind == 0, lateness(cases), 0)
    parties = np.where(kind == 0, label(_shares(seconds)), 0)
    clear = (kind != 0) | decidable(cases, over)
    for code, found, known in _by_event(cases, seconds):
        parties = np.where(kind == code, 1 << found, parties)
        clear = np.where(kind == code, known, clear)
    return {
        "row": row,
        "kind": kind,
        "parties": parties.astype(np.int8),
        "minutes": _shares(seconds) * late[:, None] / 60,
        "decidable": clear.astype(bool),
        "late s": late,
    }


def _by_event(
    cases: Columns, seconds: NDArray[np.float64]
) -> list[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]:
    """Party and decidability for the kinds that events decide."""
    reason = cases["reason"]
    party = _REASON_PARTY[reason]
    before = np.stack([seconds[:, MERCHANT], seconds[:, PLATFORM]], axis=1)
    kitchen = before[:, 0] >= before[:, 1]
    waited = reason == fates.WAITED
    party = np.where(waited, np.where(kitchen, MERCHANT, PLATFORM), party)
    told = ~cases["reason hidden"]
    unreachable = reason == fates.UNREACHABLE
    rider = np.full(len(reason), RIDER)
    complaint = cases["complaint"]
    spill = complaint == fates.SPILLED
    blamed = np.select(
        [spill & crushed(cases), complaint == fates.ATTITUDE], [RIDER, RIDER], MERCHANT
    )
    seen = ~spill | photo_kept(cases)
    seen = np.where(complaint == fates.ATTITUDE, chat_kept(cases), seen)
    return [
        (1, party, told),
        (2, party, ~unreachable | cases["has calls"]),
        (3, rider, np.ones(len(rider), dtype=bool)),
        (4, blamed, seen),
    ]
