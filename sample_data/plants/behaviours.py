"""Habits of people: early taps, early closing, wrong pins, a harsh reviewer; dirt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sample_data.plants.base import Levers, Plant
from sample_data.streams import draws, share
from sample_data.traits import Setting
from sample_data.world import Columns, Span

EARLY_TAPPERS = 0.06
EARLY_TAPS = 0.35
EARLY_CLOSERS = 0.04
CLOSING_HOUR = 21
CLOSED_ORDERS = 0.45
WRONG_PIN_ZONE = ("Kuwait City", "Farwaniya")
WRONG_PINS = 0.28
HARSH_REVIEWER = "V04"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyTaps(Plant):
    """Some riders tap "delivered" minutes before they arrive."""

    seed: int

    def tappers(self, riders: int) -> NDArray[np.bool_]:
        """Which riders have the habit."""
        return draws(self.seed, "early tappers", riders) < share(EARLY_TAPPERS)

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of these riders on which they do it."""
        riders = len(setting.people.riders["zone"])
        habit = self.tappers(riders)[orders["rider"]]
        return habit & (orders["tap"] < share(EARLY_TAPS))

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Tap a minute and more before the arrival."""
        seconds = 60 + orders["tap"].astype(np.int32) % 300
        levers.pull("tap", seconds, self.scope(orders, setting))


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyClosing(Plant):
    """Some merchants close before they say, and cancel what still comes in."""

    seed: int

    def closers(self, merchants: int) -> NDArray[np.bool_]:
        """Which merchants have the habit."""
        return draws(self.seed, "early closers", merchants) < share(EARLY_CLOSERS)

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Their orders in the late evening."""
        merchants = len(setting.people.merchants["zone"])
        closes = self.closers(merchants)[orders["merchant id"]]
        return closes & (orders["second"] >= CLOSING_HOUR * 3600)

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Let the merchant cancel."""
        levers.pull(
            "merchant_cancel", share(CLOSED_ORDERS), self.scope(orders, setting)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPins(Plant):
    """In one zone the map is wrong, and riders search for the door."""

    def scope(self, orders: Columns, setting: Setting) -> NDArray[np.bool_]:
        """Orders of the zone whose pin is wrong."""
        zone = [z.name for z in setting.city.zones].index(WRONG_PIN_ZONE[1])
        low = share(0.5)
        wrong = (orders["address"] >= low) & (
            orders["address"] < low + share(WRONG_PINS)
        )
        return (orders["zone"] == zone) & wrong

    def pull(self, levers: Levers, orders: Columns, setting: Setting) -> None:
        """Move the pin and let the rider search."""
        where = self.scope(orders, setting)
        drawn = orders["address"].astype(np.int32)
        levers.pull("pin", 180 + drawn % 240, where)
        levers.pull("pin off", 280 + drawn % 350, where)


def behaviours(seed: int, span: Span) -> tuple[Plant, ...]:
    """The habits of the world, and its dirt; they last as long as the world."""
    whole: dict[str, Any] = {"first": 0, "last": span.days - 1}
    return (
        EarlyTaps(name="early_taps", kind="behaviour", seed=seed, **whole),
        EarlyClosing(name="early_closing", kind="behaviour", seed=seed, **whole),
        WrongPins(
            name="wrong_pins", kind="behaviour", cities=WRONG_PIN_ZONE[:1], **whole
        ),
        Plant(name="harsh_reviewer", kind="reviewer", **whole),
        Plant(name="dirt", kind="dirt", **whole),
    )
