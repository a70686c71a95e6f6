"""Where things are: coordinates of merchants, customers and taps."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sample_data.streams import LEVELS
from sample_data.traits import Setting
from sample_data.world import ZONES_PER_CITY, City, Columns

_METRES_PER_DEGREE = 111_320.0

Metres = tuple[NDArray[np.float64], NDArray[np.float64]]


@cache
def _compass() -> NDArray[np.float64]:
    """Unit vectors (east, north) by draw."""
    angle = 2 * np.pi * np.arange(LEVELS) / LEVELS
    return np.round(np.stack([np.cos(angle), np.sin(angle)]), 6)


def heading(drawn: NDArray[np.uint16], far: NDArray) -> Metres:
    """East and north offsets at a distance in a drawn direction."""
    east, north = _compass()[:, drawn]
    return east * far, north * far


def merchant_metres(setting: Setting, merchants: NDArray) -> Metres:
    """Merchants in metres from the centre of their city."""
    return shop_metres(setting.people.merchants, setting.city, merchants)


def shop_metres(table: Columns, city: City, merchants: NDArray) -> Metres:
    """The same for merchants of one city, given all merchants."""
    zone = table["zone"][merchants] - city.index * ZONES_PER_CITY
    east = np.array([z.east for z in city.zones])[zone] + table["east"][merchants]
    north = np.array([z.north for z in city.zones])[zone] + table["north"][merchants]
    return east, north


def drop_metres(orders: Columns, shop: Metres) -> Metres:
    """Customers in metres from the centre of their city."""
    east, north = heading(orders["east"], orders["metres"])
    return shop[0] + east, shop[1] + north


def degrees_of(city: City, metres: Metres) -> Metres:
    """Latitude and longitude of places in metres from a city's centre."""
    lat, lng = city.centre
    width = round(_METRES_PER_DEGREE * math.cos(math.radians(lat)), 3)
    east, north = metres
    return lat + north / _METRES_PER_DEGREE, lng + east / width
