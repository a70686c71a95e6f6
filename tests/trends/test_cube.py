"""The name of what stands out, of sums that are known."""

from __future__ import annotations

import itertools

import numpy as np

from analysis.trends.cube import Cube, Sums, named

SETS = [(), ("city",), ("zone",), ("kind",), ("rider",), ("zone", "rider"),
        ("city", "rider"), ("kind", "rider")]  # fmt: skip
#: Zones with their city and kind.
ZONES = [("a", "north", "gated"), ("b", "north", "gated"), ("c", "north", "open"),
         ("d", "south", "gated"), ("e", "south", "open")]  # fmt: skip
RIDERS = ("own", "partner")


def cube(height) -> Cube:
    """Twenty events a zone and kind of rider, times a height; ten times before."""
    names = ("city", "zone", "kind", "rider")
    rows = [
        (city, zone, kind, rider)
        for (zone, city, kind), rider in itertools.product(ZONES, RIDERS)
    ]
    values = tuple(tuple(sorted(set(column))) for column in zip(*rows, strict=True))
    codes = np.array(
        [
            [known.index(value) for known, value in zip(values, row, strict=True)]
            for row in rows
        ]
    )
    due = np.full(len(rows), 20.0)
    now = np.array([20.0 * height(*row) for row in rows])
    return Cube(names, codes, values, Sums(now, due, 10 * due, 10 * due))


def test_of_several_zones_alike_all_are_named():
    """Only partners in the gated zones of the north: a and b, not one of them."""

    def height(city, zone, kind, rider):
        return 4.0 if (city, kind, rider) == ("north", "gated", "partner") else 1.0

    for first in [
        (("city", "north"), ("rider", "partner")),
        (("zone", "a"), ("rider", "partner")),
    ]:
        found = named(cube(height), first, SETS)
        assert dict(found) == {"city": "north", "kind": "gated", "rider": "partner"}
