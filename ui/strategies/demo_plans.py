"""The strategies of the demo world, registered as their owners would have."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.errors import Conflict
from analysis.metrics.selection import Selection
from analysis.records import Records, freeze_strategy
from analysis.strategies import Guardrail
from analysis.strategies.assignment_tables import read_assignment, store_assignment
from analysis.strategies.registration import Assignment, Options, Registration
from analysis.strategies.registry import register
from analysis.workspace import Workspace
from sample_data.world import cities

AUTHOR: Final = "Demo"
#: Largest loss of a guardrail that is accepted: one point where orders or riders are
#: drawn, two where places or hours are, since those can show no less.
MARGIN: Final = 0.01
MARGIN_OF_PLACES: Final = 0.02
SECONDARY: Final = ("delivery_minutes", "on_time_rate", "complaint_rate")
_DESIGNS: Final = {"before_after": "did"}


def register_demo(
    records: Records, workspace: Workspace, folder: Path, *, dataset: str
) -> int:
    """Register the strategies of a simulated world; gives back how many are new.

    Args:
        records: The open records.
        workspace: Keeps the tables of who was assigned to what.
        folder: Folder of the simulated tables.
        dataset: Name under which the orders are published.
    """
    strategies = pd.read_parquet(folder / "strategies")
    assignments = pd.read_parquet(folder / "assignments")
    new = 0
    for row in strategies.to_dict("records"):
        assigned = assignments[assignments["strategy_id"] == row["strategy_id"]]
        plan = demo_plan(row, assigned, workspace=workspace, dataset=dataset)
        try:
            made = register(records, plan, by=AUTHOR)
        except Conflict:
            continue
        freeze_strategy(records, made.id, by=AUTHOR)
        new += 1
    return new


def demo_plan(
    row: dict[str, Any], assigned: pd.DataFrame, *, workspace: Workspace, dataset: str
) -> Registration:
    """One strategy of the simulated table as a plan."""
    design = _DESIGNS.get(row["type"], row["type"])
    metric = row["primary_metric"]
    margin = MARGIN if design == "ab" else MARGIN_OF_PLACES
    return Registration(
        name=row["name"],
        hypothesis=row["hypothesis"],
        owner=row["owner"].capitalize(),
        dataset=dataset,
        design=design,
        unit=row["unit"],
        assignment=_assignment(row["unit"], assigned, workspace),
        first_day=date.fromisoformat(str(row["start"])[:10]),
        last_day=date.fromisoformat(str(row["end"])[:10]),
        metric=metric,
        smallest_effect=float(row["mde"]),
        guardrails=tuple(
            Guardrail(name.strip(), margin, "lower")
            for name in row["guardrails"].split(",")
        ),
        scope=_scope(row, assigned),
        options=Options(
            covariates=(metric,) if row["unit"] == "rider" else (),
            secondary=_secondary(design, metric, row["guardrails"]),
        ),
    )


def _secondary(design: str, metric: str, guardrails: str) -> tuple[str, ...]:
    """What is looked at besides, where reading it is quick."""
    taken = {metric, *(name.strip() for name in guardrails.split(","))}
    return tuple(name for name in SECONDARY if name not in taken and design == "ab")


def _assignment(unit: str, assigned: pd.DataFrame, workspace: Workspace) -> Assignment:
    """Riders by a table, zones and cities by their days, the rest by a column."""
    arms = {"control": "control", "treated": "treatment"}
    if unit == "rider":
        table = read_assignment(
            assigned, kind=unit, unit="unit_id", variant="variant", key=workspace.key()
        )
        return Assignment("table", table=store_assignment(workspace, table), **arms)
    if unit in ("zone", "city-day"):
        return Assignment("places", starts=_starts(assigned, unit))
    return Assignment("column", "variant", **arms)


def _starts(assigned: pd.DataFrame, unit: str) -> dict[str, date | None]:
    """Places with the local day on which each began."""
    name = "zone" if unit == "zone" else "city"
    zones = {city.name: ZoneInfo(city.timezone) for city in cities()}
    return {
        row[name]: row["start_at"].astimezone(zones[row["city"]]).date()
        if row["variant"] == "treatment"
        else None
        for row in assigned.to_dict("records")
    }


def _scope(row: dict[str, Any], assigned: pd.DataFrame) -> Selection:
    """Units of a table or place by their city, so that their past counts too."""
    if row["unit"] in ("rider", "zone", "city-day"):
        return Selection.of({"city": sorted(assigned["city"].unique())})
    return Selection.of({"strategy_id": [row["strategy_id"]]})
