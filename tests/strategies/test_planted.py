"""The eight planted strategies of the demo world: right decisions, truth inside."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats

from analysis.metrics import Selection
from analysis.strategies import Evaluation, Guardrail, Strategy, evaluate
from tests.sample_world import SampleWorld, sample_world

__all__ = ["sample_world"]

ZONES = {"Hong Kong": "Asia/Hong_Kong", "São Paulo": "America/Sao_Paulo"}
PLACES = ("S4", "S5", "S6")


def registered(world: SampleWorld, code: str) -> dict:
    table = world.table("strategies").set_index("strategy_id")
    return table.loc[code].to_dict()


def guardrails(row: dict, code: str) -> tuple[Guardrail, ...]:
    margin = 0.02 if code in PLACES else 0.01
    names = [name.strip() for name in row["guardrails"].split(",")]
    return tuple(Guardrail(name, margin, better="lower") for name in names)


def strategy_of(world: SampleWorld, code: str, **more: object) -> Strategy:
    row = registered(world, code)
    metric = row["primary_metric"]
    return Strategy(
        outcome=metric,
        better="higher" if metric == "on_time_rate" else "lower",
        smallest_effect=row["mde"],
        guardrails=guardrails(row, code),
        period=(row["start"], row["end"]),
        **more,
    )


def own_orders(code: str) -> Selection:
    return Selection.of({"strategy_id": [code]})


def true_effect(world: SampleWorld, code: str, metric: str) -> float:
    listed = {item["id"]: item for item in world.document()["strategies"]}
    change = listed[code]["effect"]["all"]["change"]
    return -change["late_rate"] if metric == "on_time_rate" else change[metric]


def holds_truth(world: SampleWorld, code: str, found: Evaluation) -> bool:
    metric = registered(world, code)["primary_metric"]
    half = float(stats.t.isf(0.0005, found.df)) * found.se
    return abs(found.effect - true_effect(world, code, metric)) <= half


def riders(world: SampleWorld, code: str, **more: object) -> Evaluation:
    assigned = world.table("assignments")
    assigned = assigned[assigned["strategy_id"] == code]
    table = pd.DataFrame({"unit": assigned["unit_id"], "variant": assigned["variant"]})
    strategy = strategy_of(
        world, code, design="ab", treatment="variant", unit="rider",
        covariates=("delivery_minutes",),
    )  # fmt: skip
    return evaluate(
        world.dataset, strategy, assignment=table, key=world.workspace.key(),
        selection=Selection.of({"city": sorted(assigned["city"].unique())}), **more,
    )  # fmt: skip


def orders(world: SampleWorld, code: str, **more: object) -> Evaluation:
    strategy = strategy_of(world, code, design="ab", treatment="variant", **more)
    return evaluate(world.dataset, strategy, selection=own_orders(code))


def test_a_rider_trial_that_works(sample_world: SampleWorld) -> None:
    found = riders(sample_world, "S1")
    assert found.verdict.decision == "roll out"
    assert holds_truth(sample_world, "S1", found)
    # The riders' own past takes more than half of the error away.
    assert found.se < found.raw.se / 2
    assert found.second.agrees


def test_the_table_of_riders_and_the_column_of_orders_agree(
    sample_world: SampleWorld,
) -> None:
    strategy = strategy_of(
        sample_world, "S1", design="ab", treatment="variant", unit="rider",
        covariates=("delivery_minutes",),
    )  # fmt: skip
    column = evaluate(
        sample_world.dataset, strategy, selection=own_orders("S1"), segments=()
    )
    table = riders(sample_world, "S1", segments=())
    assert table.effect == pytest.approx(column.effect, abs=column.se / 5)
    assert table.source.orders >= column.source.orders


def test_an_a_a_is_not_called(sample_world: SampleWorld) -> None:
    found = riders(sample_world, "S2")
    assert found.interval[0] < 0 < found.interval[1]
    assert found.verdict.decision == "stop"
    assert "smallest effect that matters" in str(found.verdict)
    assert holds_truth(sample_world, "S2", found)
    assert not found.segments.reversed


@pytest.mark.parametrize("planned", [0.5, None])
def test_a_mismatch_blocks(sample_world: SampleWorld, planned: float | None) -> None:
    """Also where nobody said how large the arms were meant to be."""
    found = orders(sample_world, "S3", propensity=planned)
    assert found.verdict.decision == "cannot tell"
    assert found.check("sample_ratio_by_segment").light == "red"
    assert found.check("sample_ratio").light == ("red" if planned else "amber")
    assert holds_truth(sample_world, "S3", found)


def test_carry_over_is_found(sample_world: SampleWorld) -> None:
    strategy = strategy_of(
        sample_world, "S4", design="switchback", treatment="variant",
        unit="zone-hour", time="hour",
    )  # fmt: skip
    found = evaluate(sample_world.dataset, strategy, selection=own_orders("S4"))
    assert found.verdict.decision == "roll out"
    assert found.check("carry_over").value < 1e-6
    assert holds_truth(sample_world, "S4", found)
    # Without the carry-over a third of the effect would be missed.
    assert abs(found.extra["naive"].effect) < 0.8 * abs(found.effect)


def starts(world: SampleWorld) -> pd.DataFrame:
    assigned = world.table("assignments")
    assigned = assigned[assigned["strategy_id"] == "S5"]
    local = [
        row.start_at.tz_convert(ZoneInfo(ZONES[row.city])).tz_localize(None)
        for row in assigned.itertuples()
    ]
    return pd.DataFrame(
        {"unit": assigned["zone"], "variant": assigned["variant"], "first": local}
    )


def test_a_roll_out_over_zones_that_grows(sample_world: SampleWorld) -> None:
    strategy = strategy_of(
        sample_world, "S5", design="staggered", treatment="variant", unit="zone",
        time="day",
    )  # fmt: skip
    found = evaluate(
        sample_world.dataset, strategy, assignment=starts(sample_world),
        selection=Selection.of({"city": list(ZONES)}),
    )  # fmt: skip
    assert found.verdict.decision == "roll out"
    assert holds_truth(sample_world, "S5", found)
    assert found.check("novelty").light == "amber"
    growing = found.extra["dynamic"].set_index("event_time")["effect"]
    assert growing.loc[35:].mean() < growing.loc[:6].mean()


def pilot(world: SampleWorld, design: str, *cities: str) -> Evaluation:
    strategy = strategy_of(
        world, "S6", design=design, unit="city", time="day", start="2026-03-24",
        treated="Riyadh" if design == "did" else None,
    )  # fmt: skip
    selection = Selection.of({"city": list(cities)})
    return evaluate(world.dataset, strategy, selection=selection)


def test_the_seasonal_trap(sample_world: SampleWorld) -> None:
    """By itself the city got better as Ramadan ended; against another it got worse."""
    found = pilot(sample_world, "did", "Riyadh", "Kuwait City")
    assert found.verdict.decision == "stop"
    assert found.interval[0] > 0
    assert holds_truth(sample_world, "S6", found)
    assert found.check("special_days").light == "amber"
    alone = pilot(sample_world, "its", "Riyadh")
    assert alone.check("special_days").light == "red"
    assert alone.verdict.decision == "cannot tell"


def test_a_reversal_is_said(sample_world: SampleWorld) -> None:
    found = orders(sample_world, "S7")
    assert holds_truth(sample_world, "S7", found)
    assert found.segments.reversed == (("capacity_type", "crowd"),)
    assert found.verdict.decision == "go on"
    assert "crowd" in str(found.verdict)
    by_type = found.segments.table.set_index(["dimension", "value"])
    listed = {item["id"]: item for item in sample_world.document()["strategies"]}
    for name, truth in listed["S7"]["effect"].items():
        if name.startswith("capacity_type="):
            row = by_type.loc[("capacity_type", name.partition("=")[2])]
            change = truth["change"]["delivery_minutes"]
            assert abs(row["effect"] - change) <= 3.3 * row["se"]


def test_a_harmed_guardrail_is_said(sample_world: SampleWorld) -> None:
    """The on-time rate rises because late orders are cancelled."""
    found = orders(sample_world, "S8")
    assert found.verdict.decision == "stop"
    assert "cancellation_rate" in str(found.verdict)
    assert found.interval[0] > 0
    assert holds_truth(sample_world, "S8", found)
    assert found.check("missing_outcome").light == "red"
