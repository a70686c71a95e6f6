"""What is planted in the sample world, and how it takes hold."""

from __future__ import annotations

from collections.abc import Collection

from analysis.errors import UnknownName
from sample_data.plants.base import Plant
from sample_data.plants.behaviours import behaviours
from sample_data.plants.incidents import incidents
from sample_data.plants.strategies import strategies
from sample_data.world import Span


def all_plants(
    seed: int, span: Span, *, only: bool | Collection[str] = True
) -> tuple[Plant, ...]:
    """The plants of a world, or those of them that are named.

    Raises:
        UnknownName: if a name is not that of a plant.
    """
    known = (*incidents(seed, span), *strategies(seed, span), *behaviours(seed, span))
    if isinstance(only, bool):
        return known if only else ()
    names = {plant.name for plant in known}
    for name in sorted(set(only) - names):
        raise UnknownName.of("plant", name, names)
    return tuple(plant for plant in known if plant.name in only)
