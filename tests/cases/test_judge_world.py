"""Judgement against the planted truth of the sample world."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cases import PARTIES, Cases, Verdicts, judge
from analysis.cases.backtest import party_set
from benchmarks.case_matrix import MARK, judged_world, matrix_text
from tests.sample_world import SampleWorld, sample_world

__all__ = ["sample_world"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "cases.md"


@pytest.fixture(scope="module")
def world(sample_world: SampleWorld) -> tuple[Verdicts, pd.DataFrame]:
    """Verdicts of every problem order, and the planted truth beside them."""
    return judged_world(sample_world.dataset, sample_world.table("parties"))


@pytest.fixture(scope="module")
def held(world: tuple[Verdicts, pd.DataFrame]) -> pd.DataFrame:
    """Truth with what was found; ``right`` compares sets of parties."""
    found = world[1]
    right = found["party"].map(party_set) == found["parties"].map(party_set)
    return found.assign(right=right)


def test_the_planted_party_is_found(held: pd.DataFrame) -> None:
    decidable = held[held["decidable"]]
    assert decidable["right"].mean() >= 0.95
    by_kind = decidable.groupby("truth_kind", observed=True)["right"].mean()
    assert by_kind.min() >= 0.95


def test_what_cannot_be_decided_ends_undetermined(held: pd.DataFrame) -> None:
    undecidable = held[~held["decidable"]]
    assert (undecidable["party"] == "undetermined").mean() >= 0.99


def test_shared_fault_matches_as_a_set(held: pd.DataFrame) -> None:
    shared = held[held["decidable"] & held["parties"].str.contains("+", regex=False)]
    assert len(shared) > 5000
    decided = shared[shared["party"] != "undetermined"]
    assert decided["right"].mean() >= 0.99
    assert shared["right"].mean() >= 0.88


def test_minutes_sum_to_the_lateness_and_are_the_planted_ones(
    held: pd.DataFrame,
) -> None:
    late = held[held["case_kind"] == "late"]
    names = [f"{name.replace(' ', '_')}_minutes" for name in PARTIES]
    total = late[[*names, "undetermined_minutes"]].sum(axis=1)
    assert (total - late["minutes_late"]).abs().max() < 0.1
    assert (late["minutes_late"] - late["late_minutes"]).abs().max() < 0.01


def test_early_taps_are_found(held: pd.DataFrame) -> None:
    called, planted = held["case_kind"] == "early tap", held["early_tap"]
    assert (called & planted).sum() / called.sum() >= 0.9
    assert (called & planted).sum() / planted.sum() >= 0.9


def test_orders_in_time_are_not_called_early_taps(sample_world: SampleWorld) -> None:
    planted = set(sample_world.table("parties")["order_id"])
    some = judge(Cases(sample_world.dataset, range(1, 400_000, 40)))
    others = some.facts[~some.facts["order_id"].isin(planted)]
    frame = some.to_frame().set_index("order_no").loc[others["order_no"]]
    assert (frame["case_kind"] == "early tap").mean() < 0.005


@pytest.mark.parametrize(
    "dropped",
    [
        ("events",),
        ("batch_id", "batch_detour_s"),
        ("promised_ready_at",),
        ("weather", "weather_alerts_n"),
        ("arrived_customer_at",),
    ],
)
def test_fewer_columns_undecide_but_do_not_misjudge(
    world: tuple[Verdicts, pd.DataFrame], dropped: tuple[str, ...]
) -> None:
    facts = world[0].facts.iloc[::20]
    events = [name for name in facts if name.endswith(("s_n", "reporters_n"))]
    columns = events if dropped == ("events",) else list(dropped)
    before = judge(facts).to_frame()
    after = judge(facts.drop(columns=columns)).to_frame()
    late = (before["case_kind"] == "late") & (after["case_kind"] == "late")
    moved = late & (after["party"] != before["party"])
    assert moved.any()
    assert ((after["party"] != "undetermined") & moved).sum() <= 0.005 * late.sum()


def test_the_document_shows_the_matrix(world: tuple[Verdicts, pd.DataFrame]) -> None:
    """``python -m benchmarks.case_matrix`` writes it anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.split(MARK)[1].strip() == matrix_text(world[1]).strip()
