"""What is true and not in the data: truth.yaml and a folder of Parquet."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from scipy.special import ndtri

from sample_data import causes, dirt, effects
from sample_data import columns as col
from sample_data.observe import order_keys
from sample_data.plants.base import Plant
from sample_data.plants.incidents import Incident, VehicleMix
from sample_data.plants.strategies import (
    CityPilot,
    OrderTrial,
    RollOut,
    Strategy,
    Switchback,
    capacity_effects,
)
from sample_data.traits import Setting, take
from sample_data.world import Columns, Span
from sample_data.write import Writer

#: The oracle tests its own cell at this level, two-sided, against a known history
#: whose days differ by this much more than chance.
ORACLE_ALPHA = 0.001
OVERDISPERSION = 2.2


@dataclass(slots=True)
class Truth:
    """Collects what is true while the world is simulated; safe to share by threads."""

    writer: Writer
    tallies: dict[effects.Key, tuple[effects.Tally, effects.Tally]] = field(
        default_factory=dict
    )
    cases: dict[str, int] = field(default_factory=dict)
    dirt: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take_in(
        self,
        drawn: Columns,
        orders: Columns,
        setting: Setting,
        plants: tuple[Plant, ...],
        *,
        where: dict[str, str],
    ) -> None:
        """Write the verdicts and potential outcomes of one piece, and add its sums."""
        found = causes.verdicts(orders)
        table = parties_table(orders, setting, found)
        self.writer.part("parties", table, **where)
        self._count(_case_counts(found))
        if any(plant.kind == "dirt" for plant in plants):
            self.note_dirt(dirt.amounts(orders, setting))
        for pair in effects.comparisons(drawn, orders, setting, plants):
            part = f"{where['part']}-{pair.plant.name}"
            outcomes = _outcomes_table(orders, setting, pair)
            self.writer.part(
                "potential_outcomes", outcomes, month=where["month"], part=part
            )
            self._add(pair)

    def _count(self, counts: dict[str, int]) -> None:
        with self._lock:
            for name, number in counts.items():
                self.cases[name] = self.cases.get(name, 0) + number

    def note_dirt(self, amounts: dict[str, int]) -> None:
        """Add up amounts of dirt."""
        with self._lock:
            for name, number in amounts.items():
                self.dirt[name] = self.dirt.get(name, 0) + number

    def _add(self, pair: effects.Comparison) -> None:
        for name, rows in pair.groups.items():
            without, treated = effects.Tally(), effects.Tally()
            without.add(pair.without, rows)
            treated.add(pair.treated, rows)
            with self._lock:
                held = self.tallies.setdefault(
                    (pair.plant.name, name), (effects.Tally(), effects.Tally())
                )
                held[0].merge(without)
                held[1].merge(treated)

    def document(
        self, plants: tuple[Plant, ...], span: Span, head: dict[str, Any]
    ) -> dict[str, Any]:
        """What ``truth.yaml`` says."""
        return {
            **head,
            "oracle": {"alpha": ORACLE_ALPHA, "overdispersion": OVERDISPERSION},
            "incidents": [
                self._incident(p, span)
                for p in plants
                if isinstance(p, Incident) and p.counts
            ],
            "too_small_on_purpose": [
                self._incident(p, span)
                for p in plants
                if isinstance(p, Incident) and not p.counts
            ],
            "strategies": [
                self._strategy(p, span) for p in plants if isinstance(p, Strategy)
            ],
            "behaviours": {
                p.name: self._measured(p.name) for p in plants if p.kind == "behaviour"
            },
            "cases": dict(sorted(self.cases.items())),
            "dirt": dict(sorted(self.dirt.items())),
        }

    def _groups(self, name: str) -> dict[str, tuple[effects.Tally, effects.Tally]]:
        found = {key[1]: pair for key, pair in self.tallies.items() if key[0] == name}
        return dict(sorted(found.items()))

    def _measured(self, name: str) -> dict[str, Any]:
        return {
            group: measured(without, treated)
            for group, (without, treated) in self._groups(name).items()
        }

    def _incident(self, plant: Incident, span: Span) -> dict[str, Any]:
        groups = self._groups(plant.name)
        powers = [
            oracle_power(*pair, mix=isinstance(plant, VehicleMix))
            for pair in groups.values()
        ]
        return {
            "name": plant.name,
            "type": plant.type,
            "story": plant.story,
            **_days(plant, span),
            "counts": plant.counts,
            "shape": "grows day by day" if plant.drifts else "step",
            "segments": _segments(plant),
            "effect": self._measured(plant.name),
            "oracle_power": round(min(powers, default=0.0), 4),
        }

    def _strategy(self, plant: Strategy, span: Span) -> dict[str, Any]:
        return {
            "id": plant.id,
            "name": plant.name,
            "design": plant.design,
            "unit": plant.unit,
            "cities": list(plant.cities),
            **_days(plant, span),
            "primary": plant.primary,
            "guardrails": list(plant.guardrails),
            "smallest_effect_that_matters": plant.mde,
            "right_decision": right_decision(plant),
            "planted": _planted(plant, span),
            "average_over": effects.described_scope(plant),
            "effect": self._measured(plant.name),
        }


def _days(plant: Plant, span: Span) -> dict[str, date]:
    return {"first_day": span.day(plant.first), "last_day": span.day(plant.last)}


def _segments(plant: Incident) -> list[dict[str, Any]]:
    if isinstance(plant, VehicleMix):
        return [{"city": plant.cities[0], "moved_to_bicycles": plant.moved}]
    return [
        {
            "city": part.city,
            **part.cell.values,
            **({"local_hours": list(part.cell.hours)} if part.cell.hours else {}),
            "lever": part.lever,
            "minutes": part.seconds / 60,
        }
        for part in plant.parts
    ]


def right_decision(plant: Strategy) -> str:
    """What a careful owner would decide."""
    known = {
        "route_guide": "roll out",
        "new_colours": "no effect",
        "priority_label": "blocked: sample-ratio mismatch",
        "peak_bonus": "roll out",
        "lockers": "roll out",
        "new_partner": "stop",
        "direct_ride": "not for crowd riders: the effect reverses there",
        "late_rescue": "stop: cancellations harmed",
    }
    return known[plant.name]


def _planted(plant: Strategy, span: Span) -> dict[str, Any]:
    """The effect as it was put in, in minutes of the ride of a treated order."""
    if isinstance(plant, Switchback):
        return {
            "direct_minutes": plant.seconds / 60,
            "carried_over_minutes": plant.carried / 60,
        }
    if isinstance(plant, RollOut):
        return {
            "minutes_each_week": plant.seconds / 60,
            "weeks_of_growth": plant.most_weeks,
            "starts": {
                city: [str(span.day(d)) if d <= plant.last else "never" for d in days]
                for city, days in plant.starts.items()
            },
        }
    if isinstance(plant, CityPilot):
        return {
            "ride_minutes": plant.seconds / 60,
            "start": span.day(plant.start),
            "control_city": plant.control,
            "season": "Ramadan ends as the treatment begins",
        }
    if isinstance(plant, OrderTrial) and plant.by_capacity:
        return {"ride_minutes": capacity_effects(plant)}
    details: dict[str, Any] = {"ride_minutes": plant.seconds / 60}
    if isinstance(plant, OrderTrial):
        details["treated_records_lost_in_busy_hours"] = plant.loses
        details["cancels_what_runs_late"] = plant.rescues
    return details


def measured(without: effects.Tally, treated: effects.Tally) -> dict[str, Any]:
    """Metrics in both worlds and their difference."""
    before, after = without.rates(), treated.rates()
    return {
        "orders": treated.orders,
        "without": {name: round(value, 6) for name, value in before.items()},
        "with": {name: round(value, 6) for name, value in after.items()},
        "change": {
            name: round(after[name] - value, 6) for name, value in before.items()
        },
    }


def oracle_power(
    without: effects.Tally, treated: effects.Tally, *, mix: bool = False
) -> float:
    """Chance that one who knows the cell calls it at ``ORACLE_ALPHA``, two-sided.

    A normal approximation of the cell's rate against its known expectation; for a mix
    shift the rate is the share that shifts.
    """
    name = "bicycle_share" if mix else "late_rate"
    before, after = without.rates()[name], treated.rates()[name]
    size = max(treated.orders if mix else treated.delivered, 1)
    spread = OVERDISPERSION / size
    null = math.sqrt(max(before * (1 - before), 1e-4) * spread)
    real = math.sqrt(max(after * (1 - after), 1e-4) * spread)
    reach = abs(after - before) - ndtri(1 - ORACLE_ALPHA / 2) * null
    return 0.5 * math.erfc(-reach / real / math.sqrt(2))


def _case_counts(found: Columns) -> dict[str, int]:
    counts = {}
    for code, name in enumerate(causes.KINDS):
        here = found["kind"] == code
        counts[f"{name}"] = int(here.sum())
        counts[f"{name}, undecidable"] = int((here & ~found["decidable"]).sum())
    return counts


def parties_table(orders: Columns, setting: Setting, found: Columns) -> pa.Table:
    """The true party of every case."""
    cases = take(orders, found["row"])
    minutes = {
        f"{party.replace(' ', '_')}_minutes": col.numbers(found["minutes"][:, place])
        for place, party in enumerate(causes.PARTIES)
    }
    return pa.table(
        {
            "order_id": order_keys(cases, setting),
            "kind": col.choices(found["kind"], causes.KINDS),
            "parties": col.choices(found["parties"], _party_sets()),
            "decidable": col.flags(found["decidable"]),
            "early_tap": col.flags(cases["tap s"] > 0),
            "late_minutes": col.numbers(found["late s"] / 60),
            **minutes,
        }
    )


def _party_sets() -> list[str]:
    """Names of sets of parties by their bits, joined by a plus sign."""
    names = causes.PARTIES
    return [
        " + ".join(name for place, name in enumerate(names) if bits >> place & 1)
        or "undetermined"
        for bits in range(1 << len(names))
    ]


def _outcomes_table(
    orders: Columns, setting: Setting, pair: effects.Comparison
) -> pa.Table:
    rows = take(orders, pair.rows)
    made: dict[str, pa.Array] = {
        "plant": col.constant(pair.plant.name, len(pair.rows)),
        "order_id": order_keys(rows, setting),
        "arm": col.integers(pair.arm),
    }
    for world, seen in (("without", pair.without), ("with", pair.treated)):
        delivered = seen["delivered"]
        made[f"delivered_{world}"] = col.flags(delivered)
        made[f"late_{world}"] = col.flags(seen["late"])
        made[f"cancelled_{world}"] = col.flags(seen["cancelled"])
        made[f"minutes_{world}"] = col.numbers(seen["seconds"] / 60, delivered)
    return pa.table(made)


def write_document(document: dict[str, Any], path: Path) -> None:
    """Write ``truth.yaml``."""
    text = yaml.safe_dump(_plain(document), sort_keys=False, allow_unicode=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _plain(value: object) -> object:
    """The same without numpy numbers and tuples."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
