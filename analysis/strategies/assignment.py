"""Who gets what, and when: calendars of switchbacks and assignment of few units."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from analysis.errors import InvalidInput
from analysis.words import N_


def switchback_calendar(
    units: Sequence[Hashable],
    *,
    start: str | pd.Timestamp,
    days: int,
    block_hours: int,
    chance: float = 0.5,
    seed: int = 0,
) -> pd.DataFrame:
    """When each unit is on and off, drawn block by block.

    Args:
        units: Places that are switched.
        start: First day.
        days: Number of days.
        block_hours: Hours between two drawings.
        chance: Of a block being on.
        seed: Of the draws.

    Returns:
        Columns ``unit``, ``from``, ``to``, ``on``; neighbouring blocks that drew the
        same stay separate rows.
    """
    hours = days * 24
    if not 0 < block_hours <= hours or not 0 < chance < 1:
        raise InvalidInput(
            N_("Blocks of {hours} hours with a chance of {chance} cannot be drawn."),
            hint=N_("Give blocks shorter than the time, and a chance between 0 and 1."),
            hours=block_hours,
            chance=chance,
        )
    count = -(-hours // block_hours)
    begins = pd.date_range(start, periods=count, freq=f"{block_hours}h")
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"unit": np.repeat(np.array(units, dtype=object), len(begins)),
         "from": np.tile(begins, len(units))}
    )  # fmt: skip
    table["to"] = table["from"] + pd.Timedelta(hours=block_hours)
    table["on"] = (rng.random(len(table)) < chance).astype(int)
    return table


def matched_assignment(
    units: pd.DataFrame,
    *,
    unit: str,
    by: Sequence[str],
    arms: Sequence[Hashable] = ("control", "treatment"),
    seed: int = 0,
) -> pd.DataFrame:
    """Assign few units in groups of likes, one of each group to every arm.

    Units are put in order along the first principal component of the standardised
    columns, cut into groups as large as there are arms, and drawn within them.

    Args:
        units: One row per unit.
        unit: Column of the unit.
        by: Numeric columns that should be alike in all arms.
        arms: Labels.
        seed: Of the draws.

    Returns:
        Columns ``unit``, ``group``, ``arm`` in the order of the units.

    Reference:
        Imai, King and Nall 2009, https://doi.org/10.1214/08-STS274
    """
    if len(units) < len(arms) or units[unit].duplicated().any():
        raise InvalidInput(
            N_("{seen} rows cannot be assigned to {arms} arms."),
            hint=N_("Give one row per unit, and at least one unit per arm."),
            seen=len(units),
            arms=len(arms),
        )
    values = units[list(by)].to_numpy(dtype=float)
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    direction = np.linalg.svd(scaled, full_matrices=False)[2][0]
    order = np.argsort(scaled @ direction, kind="stable")
    rng = np.random.default_rng(seed)
    group = np.empty(len(units), dtype=int)
    group[order] = np.arange(len(units)) // len(arms)
    arm = np.empty(len(units), dtype=object)
    for number in range(int(group.max()) + 1):
        members = np.nonzero(group == number)[0]
        drawn = rng.permutation(len(arms))[: len(members)]
        arm[members] = np.array(arms, dtype=object)[drawn]
    return pd.DataFrame({"unit": units[unit].to_numpy(), "group": group, "arm": arm})
