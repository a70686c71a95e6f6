"""Where places lie: the middle of the orders' coordinates, by zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import ORDERS, missing_field
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection
from analysis.stats.intervals import Floats

#: Pairs of latitude and longitude that say where an order was, the best one first.
COORDINATES: Final = (("drop_lat", "drop_lng"), ("pickup_lat", "pickup_lng"))
#: Mean length of a degree of latitude.
KILOMETRES_A_DEGREE: Final = 111.195


def places_query(
    dataset: Dataset,
    *,
    by: Sequence[str] = ("zone",),
    selection: Selection | None = None,
    period: Period | None = None,
) -> exp.Select:
    """The query of ``places``, which see."""
    lat, lng = _coordinates(dataset)
    keys = {f"key_{place}": dimension(dataset, name) for place, name in enumerate(by)}
    values = {name: found.expression for name, found in keys.items()}
    rows = chosen(
        dataset, {**values, "lat": lat, "lng": lng}, selection=selection, period=period
    ).subquery("located")
    # A pin at 0 degrees is one that was never set.
    unset = exp.and_(
        exp.EQ(this=trees.column("lat"), expression=exp.convert(0)),
        exp.EQ(this=trees.column("lng"), expression=exp.convert(0)),
    )
    columns = [
        trees.named(trees.column(key), found.name) for key, found in keys.items()
    ]
    middle = [
        trees.named(exp.Median(this=trees.column(name)), name)
        for name in ("lat", "lng")
    ]
    located = trees.named(exp.Count(this=trees.column("lat"), big_int=True), "located")
    query = exp.select(*columns, *middle, located).from_(rows)
    query = query.where(exp.Not(this=exp.func("COALESCE", unset, exp.true())))
    return query.group_by(*(trees.column(key) for key in keys)).order_by(
        *(trees.last_nulls(trees.column(key)) for key in keys)
    )


def places(
    dataset: Dataset,
    *,
    by: Sequence[str] = ("zone",),
    selection: Selection | None = None,
    period: Period | None = None,
) -> pd.DataFrame:
    """The middle (median) of the coordinates of the orders of each place.

    Args:
        dataset: A published version.
        by: Dimensions that name a place, such as city and zone.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.

    Returns:
        The dimensions, ``lat`` and ``lng`` in degrees, ``located`` (orders with
        coordinates; pins at 0, 0 were never set and do not count).

    Raises:
        MissingField: if the dataset has no coordinates.
    """
    query = places_query(dataset, by=by, selection=selection, period=period)
    return dataset.engine.run(query).to_pandas()


def kilometres(lat: Floats, lng: Floats) -> tuple[Floats, Floats]:
    """Coordinates as kilometres east and north of their middle.

    An equirectangular projection at the middle latitude: true to a city's size (an
    error below 0.1 % over 100 km at 60 degrees), not made for continents.

    Reference:
        Snyder 1987, Map Projections: A Working Manual, section 12.
    """
    if not len(lat):
        return lat, lng
    # Around the first longitude, so that places at both sides of 180 degrees are near.
    turned = (lng - lng[0] + 180) % 360 - 180
    middle = (float(lat.min()) + float(lat.max())) / 2
    east = (turned - (turned.min() + turned.max()) / 2) * np.cos(np.radians(middle))
    return east * KILOMETRES_A_DEGREE, (lat - middle) * KILOMETRES_A_DEGREE


def _coordinates(dataset: Dataset) -> tuple[exp.Expr, exp.Expr]:
    for lat, lng in COORDINATES:
        if dataset.has(ORDERS, lat, lng):
            return trees.column(lat, ORDERS), trees.column(lng, ORDERS)
    raise missing_field(dataset, tuple((ORDERS, name) for name in COORDINATES[0]))
