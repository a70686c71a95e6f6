"""Judgement holds together whatever the cases are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cases import PARTIES, judge
from tests.cases.case_frames import delayed, frame_of

delay = st.floats(-0.7, 15).map(lambda minutes: round(minutes, 2))
flag = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0])
LOST = ("accepted_at", "arrived_merchant_at", "picked_up_at", "arrived_customer_at")
#: Columns with evidence for or against somebody, beside the milestones.
EVIDENCE = (
    "calls_n", "address_changes_n", "road_closures_n", "building_delays_n",
    "weather_alerts_n", "weather", "batch_id", "batch_detour_s", "promised_ready_at",
)  # fmt: skip


@st.composite
def cases(draw: st.DrawFn, *, order_no: int = 1, whole: bool = False) -> dict:
    """A late order or one in time, with some of what may have happened to it."""
    facts = {
        name: draw(delay) for name in ("dispatch", "leg", "kitchen", "ride", "door")
    }
    for name in (*EVIDENCE[:4], "closed_reporters_n"):
        facts[name] = draw(flag)
    facts["weather"] = draw(st.sampled_from(["clear", "rain", "storm", None]))
    facts["weather_alerts_n"] = 1.0 if facts["weather"] == "storm" else 0.0
    if draw(st.booleans()):
        facts["batch_id"] = "B1"
        facts["batch_detour_s"] = draw(st.sampled_from([0.0, 90.0, 400.0, None]))
    facts["promised_at"] = draw(st.floats(10, 40))
    made = delayed(order_no, **facts)
    lost = () if whole else draw(st.sets(st.sampled_from(LOST)))
    return made | dict.fromkeys(lost)


many = st.lists(cases(), min_size=1, max_size=8).map(
    lambda found: [{**one, "order_no": at} for at, one in enumerate(found)]
)


@given(many)
@settings(max_examples=15, deadline=None)
def test_minutes_sum_to_the_lateness_and_are_never_negative(found: list[dict]) -> None:
    verdicts = judge(frame_of(*found))
    frame = verdicts.to_frame()
    late = frame[frame["case_kind"] == "late"]
    columns = [f"{name.replace(' ', '_')}_minutes" for name in PARTIES]
    minutes = late[[*columns, "undetermined_minutes"]]
    assert np.allclose(minutes.sum(axis=1), late["minutes_late"], atol=1e-6)
    assert (minutes.to_numpy() > -1e-6).all()
    for verdict in verdicts:
        if verdict.minutes_late is not None:
            for shares in (verdict.minutes_by_party, verdict.minutes_by_cause):
                assert sum(shares.values()) == pytest.approx(verdict.minutes_late)
                assert all(value > -1e-6 for value in shares.values())


@given(many)
@settings(max_examples=8, deadline=None)
def test_the_order_of_the_cases_and_their_company_change_nothing(
    found: list[dict],
) -> None:
    frame = frame_of(*found)
    together = judge(frame).to_frame().set_index("order_no")
    mixed = frame.sample(frac=1, random_state=1)
    again = judge(mixed).to_frame().set_index("order_no").loc[together.index]
    pd.testing.assert_frame_equal(together, again)
    alone = [judge(frame.iloc[[at]]).to_frame() for at in range(len(frame))]
    apart = pd.concat(alone).set_index("order_no")
    pd.testing.assert_frame_equal(together, apart)


@given(cases(whole=True), st.sets(st.sampled_from(EVIDENCE), min_size=1))
@settings(max_examples=25, deadline=None)
def test_without_a_column_a_verdict_stays_or_becomes_undetermined(
    found: dict, dropped: set[str]
) -> None:
    """Evidence that is not there never makes somebody else responsible."""
    frame = frame_of(found)
    before = judge(frame)[0]
    after = judge(frame.drop(columns=sorted(dropped)))[0]
    assert after.party in (before.party, "undetermined")
    if after.party != before.party:
        assert after.missing_evidence


def drawn(size: int, seed: int) -> pd.DataFrame:
    """Many late orders at once, of all that may have happened to them."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(size):
        stages = ("dispatch", "leg", "kitchen", "ride", "door")
        facts = dict(zip(stages, draw.uniform(-0.7, 15, 5).round(2), strict=True))
        facts |= {name: facts[name] * draw.integers(0, 2) for name in stages}
        facts |= {name: float(draw.choice([0, 0, 0, 1, 2])) for name in EVIDENCE[:4]}
        facts["weather"] = draw.choice(["clear", "storm", None])
        facts["weather_alerts_n"] = 1.0 if facts["weather"] == "storm" else 0.0
        if draw.integers(0, 2):
            facts["batch_id"] = "B1"
            facts["batch_detour_s"] = draw.choice([0.0, 90.0, 400.0, None])
        found.append(delayed(number, **facts, promised_at=draw.uniform(10, 40)))
    return frame_of(*found)


def test_no_set_of_columns_is_needed_to_keep_a_verdict_honest() -> None:
    draw = np.random.default_rng(3)
    frame = drawn(1500, 2)
    before = judge(frame).to_frame()["party"]
    sets = [[name] for name in EVIDENCE]
    sets += [
        draw.permutation(EVIDENCE)[: draw.integers(2, 9)].tolist() for _ in "12345"
    ]
    for dropped in [*sets, list(EVIDENCE)]:
        after = judge(frame.drop(columns=dropped)).to_frame()["party"]
        assert ((after == before) | (after == "undetermined")).all(), dropped


@given(cases(whole=True))
@settings(max_examples=25, deadline=None)
def test_without_the_arrival_at_the_customer_alike(found: dict) -> None:
    """Ride and hand-over are no shorter than three quarters of their plan here."""
    frame = frame_of(found)
    before = judge(frame)[0]
    after = judge(frame.drop(columns="arrived_customer_at"))[0]
    if before.case_kind == "late":
        assert after.party in (before.party, "undetermined")


@given(cases())
@settings(max_examples=25, deadline=None)
def test_every_hit_passed_its_threshold_and_names_where_it_stands(found: dict) -> None:
    verdict = judge(frame_of(found))[0]
    for hit in verdict.hits:
        assert hit.evidence
        if hit.value is not None:
            assert hit.margin == pytest.approx(hit.value - hit.threshold)
            assert hit.margin >= 0
    named = {hit.party for hit in verdict.hits}
    assert set(verdict.parties) <= named
