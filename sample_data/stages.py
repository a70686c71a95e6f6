"""How long each stage takes: dispatch, way to the merchant, kitchen, ride, hand-over.

A stage is what its causes make of it: load and refusals for dispatch, distance,
vehicle, skill, tenure, traffic and weather for the ways, the kitchen's own speed for
the wait, the kind of building for the hand-over. Plans know the usual part of it. All
times are whole seconds, so stages add up to the total exactly.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data.capacity import LOAD_STEPS
from sample_data.demand import RAMADAN, day_kinds, hour_shares
from sample_data.plants.base import Levers
from sample_data.streams import LEVELS, exponential, lognormal, share
from sample_data.traits import Setting
from sample_data.world import RAIN, STORM, ZONES_PER_CITY, Columns, zone_types

Seconds = NDArray[np.int32]

#: Most offers of one order that end without the order being carried.
MOST_REFUSALS = 4

_PREP_S = np.array([640, 540, 800, 720, 560, 1020], dtype=np.float32)
_DISTANCE_M = np.array([1700, 1800, 2300, 2900, 2150], dtype=np.float32)
_DOOR_S = np.array([130, 175, 120, 150, 205], dtype=np.int32)
_SECONDS_PER_M = (1.28 / np.array([6.4, 5.9, 5.1, 6.3])).astype(np.float32)
_USUAL_SECONDS_PER_M = np.float32(1.28 / 6.15)
_WEATHER_SLOWS = np.array([1.0, 1.15, 1.42, 1.05], dtype=np.float32)
_PLAN_KNOWS = np.array([1.0, 1.07, 1.10, 1.02], dtype=np.float32)
_RUSH_HOURS = (15, 19)
_RUSH_SLOWS = np.float32(1.25)

PLANNED_LEG_S = 250
PLANNED_COUNTER_S = 80
_BUFFER_S = 470
FAR_M = 4000
#: Of sixteen failed offers, so many run out of time.
_UNANSWERED = 5

#: Share of orders whose address is wrong or was changed.
WRONG_ADDRESS = 0.006


@cache
def _busy(kind: int) -> NDArray[np.float32]:
    """How busy a local hour usually is, from 0 to 1, for a kind of day."""
    shares = hour_shares()[kind]
    return (np.round(shares / shares.max() * 4096) / 4096).astype(np.float32)


@cache
def _queue_table() -> NDArray[np.float32]:
    load = np.arange(3 * LOAD_STEPS) / LOAD_STEPS
    wait = 24 + 34 * load + 560 * np.clip(load - 0.62, 0, None) ** 2
    return (np.round(wait * 64) / 64).astype(np.float32)


@cache
def _newcomer_table() -> NDArray[np.float32]:
    """How much of a newcomer a rider is after so many days, from 1 to 0."""
    days = np.arange(181)
    return (np.round(np.exp(-days / 24) * 4096) / 4096).astype(np.float32)


def newcomer(orders: Columns) -> NDArray[np.float32]:
    """How much of a newcomer the rider of each order is."""
    return _newcomer_table()[np.minimum(orders["tenure"], 180)]


def refusals(orders: Columns, levers: Levers) -> NDArray[np.int8]:
    """Offers refused or left unanswered before one is taken.

    More likely in rain and storm, for far drops and under load.
    """
    chance = np.full(len(orders["day"]), share(0.085), dtype=np.int64)
    chance += np.array([0, share(0.07), share(0.14), share(0.02)])[orders["weather"]]
    chance += np.where(orders["metres"] > FAR_M, share(0.08), 0)
    chance += np.minimum(orders["load"], 512) * share(0.05) // LOAD_STEPS
    chance += levers.of("refuse")
    count = np.zeros(len(chance), dtype=np.int8)
    level = chance.copy()
    for _ in range(MOST_REFUSALS):
        count += orders["refusals"] < level
        level = level * chance // LEVELS
    return count


def answer_seconds(orders: Columns, nth: int) -> tuple[NDArray[np.bool_], Seconds]:
    """Whether the nth failed offer timed out, and how long it took."""
    bits = (orders["answers"] >> (4 * nth)) & 15
    late = bits < _UNANSWERED
    slow = (orders["hurry"] >> (4 * nth)) & 15
    return late, np.where(late, 60, 8 + 2 * slow).astype(np.int32)


def given_back(orders: Columns) -> tuple[NDArray[np.bool_], Seconds]:
    """Whether a first rider gave the order back, and how long that cost."""
    gives = orders["gives up"] < share(0.006)
    return gives, np.where(gives, 120 + orders["gives up"] % 256, 0).astype(np.int32)


def taking_seconds(orders: Columns) -> Seconds:
    """How long the rider who took the order thought about it."""
    return (6 + (orders["queue"] & 15)).astype(np.int32)


def metres(orders: Columns, setting: Setting) -> Seconds:
    """Distance from merchant to customer, in whole metres."""
    kind = zone_types()[orders["zone"] + setting.city.index * ZONES_PER_CITY]
    drawn = _DISTANCE_M[kind] * lognormal(0.42)[orders["distance"]]
    return np.clip(drawn, 350, 9000).astype(np.int32)


def plan(orders: Columns, setting: Setting) -> None:
    """What the platform expects of each stage, and what it promises; adds columns."""
    kind = day_kinds(setting.city, setting.span)[orders["day"]]
    hour = orders["second"] // 3600
    usual = np.array([_busy(0), _busy(1), _busy(min(RAMADAN, 2))])[kind, hour]
    zone_kind = zone_types()[orders["zone"] + setting.city.index * ZONES_PER_CITY]
    merchants = setting.people.merchants
    chosen = orders["merchant id"]
    prep = _PREP_S[merchants["type"][chosen]] * merchants["speed"][chosen]
    orders["usual prep"] = prep
    orders["busy"] = usual
    orders["plan dispatch"] = (75 + 45 * usual).astype(np.int32)
    orders["plan leg"] = np.full(len(hour), PLANNED_LEG_S, dtype=np.int32)
    known = merchants["known"][chosen]
    orders["plan prep"] = (prep * known * (np.float32(1.04) + usual / 16)).astype(
        np.int32
    )
    slows = _PLAN_KNOWS[orders["weather"]] * (1 + usual / 10)
    ride = 40 + orders["metres"] * _USUAL_SECONDS_PER_M * slows
    orders["plan ride"] = ride.astype(np.int32)
    orders["plan door"] = _DOOR_S[zone_kind]


def promise_seconds(orders: Columns) -> Seconds:
    """From the order to the promised delivery, in whole minutes.

    One estimate in seventy is far too short, for no fault of anybody on the way.
    """
    way = orders["plan dispatch"] + orders["plan leg"]
    total = np.maximum(way, orders["plan prep"]) + PLANNED_COUNTER_S
    total += orders["plan ride"] + orders["plan door"] + _BUFFER_S
    wrong = orders["estimate"] < share(0.014)
    total -= np.where(wrong, _BUFFER_S + 240 + (orders["estimate"] % 256), 0)
    return ((total + 59) // 60 * 60).astype(np.int32)


def _dispatch(orders: Columns, levers: Levers) -> Seconds:
    wait = _queue_table()[orders["load"]]
    noise = (np.float32(0.6) + exponential(0.4)[orders["queue"]]).astype(np.float32)
    seconds = (wait * noise).astype(np.int32) + taking_seconds(orders)
    for nth in range(MOST_REFUSALS):
        failed = answer_seconds(orders, nth)[1]
        seconds += np.where(orders["refused"] > nth, failed, 0)
    seconds += given_back(orders)[1]
    return np.maximum(seconds + levers.of("dispatch"), 25).astype(np.int32)


def _before_sunset(orders: Columns, setting: Setting) -> NDArray[np.bool_]:
    """Orders in the rush for home before the fast is broken."""
    ramadan = day_kinds(setting.city, setting.span)[orders["day"]] == RAMADAN
    hour = orders["second"] // 3600
    return ramadan & (hour >= _RUSH_HOURS[0]) & (hour < _RUSH_HOURS[1])


def _pace(orders: Columns, setting: Setting) -> NDArray[np.float32]:
    """Seconds a metre of the rider in this weather and traffic, without chance."""
    riders = setting.people.riders
    who = orders["rider"]
    pace = _SECONDS_PER_M[riders["vehicle"][who]] * riders["skill"][who]
    pace = pace * (1 + np.float32(0.62) * newcomer(orders))
    pace = pace * orders["traffic"] * (1 + orders["busy"] / 7)
    pace = pace * np.where(_before_sunset(orders, setting), _RUSH_SLOWS, 1)
    return pace * _WEATHER_SLOWS[orders["weather"]]


def _dawdles(orders: Columns) -> Seconds:
    """Extra seconds of riders who stop, lose their way or break down."""
    level = share(0.010) + (share(0.03) * newcomer(orders)).astype(np.int32)
    return np.where(
        orders["dawdles"] < level, 260 + orders["dawdles for"] // 80, 0
    ).astype(np.int32)


def _leg(orders: Columns, pace: NDArray[np.float32], levers: Levers) -> Seconds:
    scarce = 1 + np.float32(0.5) * np.clip(
        orders["load"].astype(np.float32) / LOAD_STEPS - np.float32(0.6), 0, 2
    )
    way = 620 * lognormal(0.45)[orders["approach"]] * scarce
    seconds = 35 + way * pace * lognormal(0.12)[orders["way there"]]
    lingers = np.where(orders["dawdles for"] % 3 == 0, _dawdles(orders), 0)
    return np.maximum(seconds.astype(np.int32) + lingers + levers.of("leg"), 20)


def _kitchen(orders: Columns, levers: Levers) -> Seconds:
    load = np.minimum(orders["load"], 2 * LOAD_STEPS).astype(np.float32) / LOAD_STEPS
    strain = 1 + np.clip(load - 1, 0, 1) / 10 + orders["busy"] / 16
    seconds = orders["usual prep"] * strain * lognormal(0.17)[orders["kitchen"]]
    jam = orders["jam"] < share(0.03)
    seconds += np.where(jam, 270 + (orders["jam"] & 1023), 0)
    return np.maximum(seconds.astype(np.int32) + levers.of("kitchen"), 60)


def detour(orders: Columns) -> Seconds:
    """Extra seconds on the road because two orders were carried together."""
    extra = exponential(130.0)[orders["detour"] ^ np.uint16(0x5A5A)].astype(np.int32)
    return np.where(
        orders["joins"], 80 + extra, np.where(orders["leads"], 15 + extra // 6, 0)
    ).astype(np.int32)


def address_trouble(orders: Columns, levers: Levers) -> Seconds:
    """Extra seconds on the road because the address was wrong or was changed."""
    wrong = orders["address"] < share(WRONG_ADDRESS)
    extra = np.where(wrong, 300 + orders["address"], 0)
    return (extra + levers.of("pin")).astype(np.int32)


def door_trouble(orders: Columns) -> Seconds:
    """Extra seconds at the door because the customer could not be reached."""
    waits = orders["unreachable"] < share(0.008)
    return np.where(waits, 430 + orders["unreachable"] % 350, 0).astype(np.int32)


def _door(orders: Columns) -> Seconds:
    seconds = orders["plan door"] * lognormal(0.22)[orders["door"]]
    seconds += 80 * newcomer(orders)
    whole = seconds.astype(np.int32) + door_trouble(orders) + orders["building s"]
    return np.maximum(whole, 15)


def run(orders: Columns, setting: Setting, levers: Levers) -> None:
    """Carry the orders out: adds the seconds from the order to every milestone."""
    orders["metres"] = metres(orders, setting)
    plan(orders, setting)
    orders["refused"] = refusals(orders, levers)
    orders["promise"] = promise_seconds(orders)
    pace = _pace(orders, setting)
    orders["confirmed s"] = (4 + (orders["confirmed"] & 7)).astype(np.int32)
    orders["accepted s"] = _dispatch(orders, levers)
    orders["pushed s"] = orders["confirmed s"] + 1 + (orders["confirmed"] >> 13)
    orders["arrived s"] = orders["accepted s"] + _leg(orders, pace, levers)
    orders["ready s"] = orders["confirmed s"] + _kitchen(orders, levers)
    counter = (55 * lognormal(0.35)[orders["counter"]]).astype(np.int32)
    met = np.maximum(orders["arrived s"], orders["ready s"])
    orders["picked s"] = met + np.maximum(counter, 10)
    orders["detour s"] = detour(orders)
    orders["address s"] = address_trouble(orders, levers)
    ride = 40 + orders["metres"] * pace * lognormal(0.10)[orders["ride"]]
    ride = ride.astype(np.int32) + orders["detour s"] + orders["address s"]
    ride += np.where(orders["dawdles for"] % 3 > 0, _dawdles(orders), 0)
    orders["road s"] = np.zeros(len(ride), np.int32) + levers.of("road")
    ride = np.maximum(ride + levers.of("ride") + orders["road s"], 45)
    orders["there s"] = orders["picked s"] + ride
    orders["building s"] = np.zeros(len(ride), np.int32) + levers.of("building")
    orders["done s"] = orders["there s"] + _door(orders)


def is_rain(orders: Columns) -> NDArray[np.bool_]:
    """Whether it rained or stormed when the order came in."""
    return (orders["weather"] == RAIN) | (orders["weather"] == STORM)
