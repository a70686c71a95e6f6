"""What is planted in the sample world, and how it takes hold."""

from __future__ import annotations

from collections.abc import Collection

from sample_data.people import People
from sample_data.plants.base import Plant
from sample_data.world import Span


def all_plants(
    seed: int, span: Span, people: People, *, only: bool | Collection[str] = True
) -> tuple[Plant, ...]:
    """The plants of a world, or those of them that are named."""
    known: tuple[Plant, ...] = ()
    if isinstance(only, bool):
        return known if only else ()
    return tuple(plant for plant in known if plant.name in only)
