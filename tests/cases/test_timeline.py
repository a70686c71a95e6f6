"""The timeline of a case: on the sample world, and on files with few columns."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from analysis.cases import Cases, judge, timeline
from analysis.cases.timeline import would_add
from analysis.errors import InvalidInput
from analysis.metrics import case_facts, related
from analysis.metrics.stages import STAGE_MILESTONES, stage_minutes
from tests.cases.case_frames import START
from tests.sample_world import SampleWorld, sample_world
from tests.worlds import published

__all__ = ["sample_world"]


@pytest.fixture(scope="module")
def numbers(sample_world: SampleWorld) -> list[int]:
    """Some late orders with a complaint."""
    few = judge(Cases(sample_world.dataset, range(1, 40_000, 7)))
    frame = few.to_frame()
    late = (frame["case_kind"] == "late").to_numpy()
    told = few.facts["complaint_class"].notna().to_numpy()
    return frame.loc[late & told, "order_no"].head(8).tolist()


def test_stages_sum_to_the_total_and_gaps_to_the_lateness(
    sample_world: SampleWorld, numbers: list[int]
) -> None:
    verdicts = judge(Cases(sample_world.dataset, numbers))
    for number, verdict in zip(numbers, verdicts, strict=True):
        found = timeline(sample_world.dataset, number, verdict=verdict)
        times = {item.name: item.at for item in found.milestones}
        minutes = stage_minutes(times)
        assert {line.name: line.minutes for line in found.stages} == minutes
        passed = (found.delivered_at - times["created_at"]).total_seconds() / 60
        assert sum(minutes.values()) == pytest.approx(passed)
        gaps = sum(line.gap for line in found.stages)
        promise = verdict.minutes_by_cause.get("promise", 0.0)
        assert gaps + promise == pytest.approx(verdict.minutes_late, abs=0.3)


def test_plan_peers_and_places_are_beside_it(
    sample_world: SampleWorld, numbers: list[int]
) -> None:
    found = timeline(sample_world.dataset, numbers[0])
    facts = case_facts(sample_world.dataset, numbers[:1]).iloc[0]
    planned = {item.name: item.planned for item in found.milestones}
    assert planned["picked_up_at"] == facts["promised_pickup_at"]
    assert planned["delivered_at"] == facts["planned_delivered_at"]
    assert {item.planned_from for item in found.milestones} == {"plan"}
    assert found.peers_by == ("city", "hour_band", "distance_band")
    assert all(line.p10 < line.p50 < line.p90 and line.n >= 30 for line in found.stages)
    kinds = {place.kind for place in found.places}
    assert {"pickup", "drop", "tap"} <= kinds
    drop = next(place for place in found.places if place.kind == "drop")
    assert (drop.x_m, drop.y_m) == (0, 0)
    assert found.timezone == facts["timezone"]
    assert found.would_add == {}


def test_everything_said_is_on_the_axis(
    sample_world: SampleWorld, numbers: list[int]
) -> None:
    dataset = sample_world.dataset
    found = timeline(dataset, numbers[0])
    for table, kind in (("messages", "message"), ("complaints", "complaint"),
                        ("events", "event"), ("offers", "offer")):  # fmt: skip
        rows = related(dataset, numbers[0], table)
        assert sum(mark.kind == kind for mark in found.marks) == len(rows)
    complaint = next(mark for mark in found.marks if mark.kind == "complaint")
    assert complaint.text
    assert complaint.evidence.row["complaint_id"]
    times = [mark.at for mark in found.marks if mark.at is not None]
    assert times == sorted(times)


def test_an_order_that_does_not_exist(sample_world: SampleWorld) -> None:
    with pytest.raises(InvalidInput):
        timeline(sample_world.dataset, 0)


def flat(size: int = 60) -> pd.DataFrame:
    """Created, promised, picked up, delivered; the last order is 80 minutes late."""
    created = [START + timedelta(minutes=at) for at in range(size)]
    frame = pd.DataFrame({"order_no": range(1, size + 1), "created_at": created})
    frame["promised_at"] = frame["created_at"] + timedelta(minutes=40)
    frame["picked_up_at"] = frame["created_at"] + timedelta(minutes=15)
    frame["delivered_at"] = frame["created_at"] + timedelta(minutes=30)
    frame.loc[size - 1, "delivered_at"] += timedelta(minutes=90)
    return frame


def test_a_flat_file_has_fewer_stages_and_says_what_would_add_more(
    tmp_path: Path,
) -> None:
    dataset = published(tmp_path, {"orders": flat()})
    found = timeline(dataset, 60)
    assert [line.name for line in found.stages] == [
        "dispatch+to_merchant+kitchen_wait", "ride+hand_over",
    ]  # fmt: skip
    assert found.stages[1].p50 == pytest.approx(15)
    assert found.stages[1].gap_by_party == {"undetermined": pytest.approx(80)}
    assert found.stages[1].party == "undetermined"
    recorded = {item.name: item.is_recorded for item in found.milestones}
    assert recorded == {
        name: name in ("created_at", "picked_up_at", "delivered_at")
        for name in STAGE_MILESTONES
    }
    assert {"accepted_at", "promised_ready_at", "events", "messages"} <= set(
        would_add(dataset)
    )
    assert (found.marks, found.places) == ((), ())
    verdict = judge(Cases(dataset, [60]))[0]
    assert (verdict.case_kind, verdict.party) == ("late", "undetermined")
    assert {"events.address_change", "events.call_attempt", "batch_id"} <= set(
        verdict.missing_evidence
    )
    assert "promised_ready_at" not in verdict.missing_evidence


def test_orders_without_times_have_no_stages(tmp_path: Path) -> None:
    orders = pd.DataFrame(
        {"order_no": [1], "order_id": ["A1"], "status": ["cancelled"],
         "cancel_reason": ["out of stock"], "complaint_reason": ["missing item"]}
    )  # fmt: skip
    dataset = published(tmp_path, {"orders": orders})
    found = timeline(dataset, 1)
    assert (found.stages, found.peers_n) == ((), 0)
    assert [mark.what for mark in found.marks] == ["missing item"]
    assert judge(Cases(dataset, [1]))[0].party == "merchant"
