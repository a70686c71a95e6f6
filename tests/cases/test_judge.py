"""Judgement by hand-worked cases."""

from __future__ import annotations

import pytest

from analysis.cases import judge, load_ruleset
from analysis.cases.verdicts import Verdict
from analysis.errors import UnknownName
from tests.cases.case_frames import case, delayed, frame_of


def verdict(*cases: dict) -> Verdict:
    return judge(frame_of(*cases))[0]


def minutes(found: Verdict) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.minutes_by_party.items()}


def test_an_order_in_time_is_no_case() -> None:
    found = verdict(case())
    assert (found.case_kind, found.party, found.minutes_late) == (
        "none", "undetermined", None,
    )  # fmt: skip


def test_a_slow_kitchen_is_the_merchants() -> None:
    found = verdict(delayed(kitchen=12))
    assert (found.case_kind, found.kind, found.party) == ("late", "sole", "merchant")
    assert found.minutes_late == pytest.approx(5)
    assert minutes(found) == {"merchant": 5}
    hit = found.hits[0]
    assert (hit.rule, hit.value, hit.threshold, hit.margin, hit.unit) == (
        "M1", pytest.approx(12), 0.0, pytest.approx(12), "min",
    )  # fmt: skip
    assert hit.evidence[0].table == "orders"
    assert "picked_up_at" in hit.evidence[0].column
    assert hit.evidence[0].row == {"order_no": 1}


def test_the_sentence_names_the_minutes_of_each_part() -> None:
    found = verdict(delayed(kitchen=17, ride=8, dispatch=7))
    assert str(found.explanation) == "21 min late: 13 kitchen, 6 last leg, 2 dispatch."


def test_two_causes_share_the_lateness_in_proportion() -> None:
    found = verdict(delayed(kitchen=6, ride=6))
    assert (found.kind, found.party) == ("shared", "rider + merchant")
    assert minutes(found) == {"rider": 2.5, "merchant": 2.5}


def test_seven_tenths_are_alone_and_three_tenths_are_named() -> None:
    assert verdict(delayed(kitchen=7, ride=3)).party == "merchant"
    assert verdict(delayed(kitchen=6.9, ride=3.1)).party == "rider + merchant"


def test_no_party_with_three_tenths_is_undetermined() -> None:
    parts = {"kitchen": 4, "ride": 4, "dispatch": 8, "door": 4}
    found = verdict(delayed(**parts, address_changes_n=1.0, building_delays_n=1.0,
                            weather="storm"))  # fmt: skip
    assert found.party == "undetermined"
    assert found.missing_evidence == ()
    assert sum(found.minutes_by_party.values()) == pytest.approx(found.minutes_late)


def test_a_late_rider_costs_nothing_while_the_food_is_not_ready() -> None:
    found = verdict(delayed(leg=4, kitchen=12))
    assert minutes(found) == {"merchant": 5}


def test_a_late_start_is_shared_by_dispatch_and_the_way() -> None:
    found = verdict(delayed(dispatch=9, leg=3))
    assert minutes(found) == {"platform": 0.75, "rider": 0.25}


@pytest.mark.parametrize(
    ("facts", "party", "rule"),
    [
        ({"ride": 9}, "rider", "R2"),
        ({"ride": 9, "weather": "storm"}, "force majeure", "F3"),
        ({"ride": 9, "weather_alerts_n": 1.0}, "force majeure", "F3"),
        ({"ride": 9, "address_changes_n": 1.0}, "customer", "C1"),
        ({"ride": 9, "pin_door_m": 180.0}, "customer", "C1"),
        ({"ride": 9, "pin_door_m": 80.0}, "rider", "R2"),
        ({"ride": 9, "road_closures_n": 1.0}, "force majeure", "F2"),
        ({"ride": 9, "batch_id": "B1", "batch_detour_s": 600.0}, "platform", "P3"),
        ({"leg": 14}, "rider", "R1"),
        ({"leg": 14, "weather": "typhoon"}, "force majeure", "F1"),
        ({"dispatch": 14}, "platform", "P1"),
        ({"door": 9, "calls_n": 2.0}, "customer", "C2"),
        ({"door": 9, "building_delays_n": 1.0}, "force majeure", "F4"),
        ({"promised_at": 15}, "platform", "P2"),
    ],
)
def test_time_over_plan_belongs_to_its_cause(
    facts: dict, party: str, rule: str
) -> None:
    found = verdict(delayed(**facts))
    assert (found.party, found.hits[0].rule) == (party, rule)


def test_a_detour_takes_its_own_minutes_and_the_rider_the_rest() -> None:
    found = verdict(delayed(ride=10, batch_id="B1", batch_detour_s=240.0))
    assert minutes(found) == {"rider": 1.8, "platform": 1.2}


def test_a_log_without_calls_does_not_prove_that_nobody_rang() -> None:
    found = verdict(delayed(door=9))
    assert (found.kind, found.party) == ("undetermined", "undetermined")
    assert found.missing_evidence == ("events.call_attempt",)
    missing = found.missing[0]
    assert (missing.rules, missing.is_decisive) == (("C2", "C4"), True)
    assert missing.minutes == pytest.approx(2)
    assert minutes(found) == {"undetermined": 2}


def test_what_a_missing_log_could_not_change_is_decided() -> None:
    found = verdict(delayed(door=1, kitchen=12))
    assert found.party == "merchant"
    assert found.missing_evidence == ()
    assert [item.field for item in found.missing] == ["events.call_attempt"]


@pytest.mark.parametrize(
    ("lost", "facts"),
    [
        ("accepted_at", {"leg": 14}),
        ("arrived_merchant_at", {"leg": 14}),
        ("arrived_merchant_at", {"kitchen": 12}),
        ("picked_up_at", {"kitchen": 12}),
        ("arrived_customer_at", {"ride": 9, "calls_n": 2.0}),
    ],
)
def test_a_missing_milestone_between_two_parties_leaves_it_open(
    lost: str, facts: dict
) -> None:
    found = verdict({**delayed(**facts), lost: None})
    assert found.party == "undetermined"
    assert lost in found.missing_evidence


@pytest.mark.parametrize("lost", ["accepted_at", "arrived_customer_at"])
def test_a_missing_milestone_elsewhere_changes_nothing(lost: str) -> None:
    assert verdict({**delayed(kitchen=14), lost: None}).party == "merchant"


@pytest.mark.parametrize(
    ("column", "facts", "field"),
    [
        ("promised_ready_at", {"kitchen": 12}, "promised_ready_at"),
        ("batch_id", {"ride": 9}, "batch_id"),
        ("address_changes_n", {"ride": 9}, "events.address_change"),
        ("road_closures_n", {"ride": 9}, "events.road_closure"),
        ("calls_n", {"door": 9}, "events.call_attempt"),
    ],
)
def test_a_column_that_might_clear_somebody_is_asked_for(
    column: str, facts: dict, field: str
) -> None:
    frame = frame_of(delayed(**facts)).drop(columns=column)
    found = judge(frame)[0]
    assert found.party == "undetermined"
    assert field in found.missing_evidence


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ({"cancel_reason": "Out of stock"}, "merchant"),
        ({"cancel_reason": "商家关门"}, "merchant"),
        ({"cancel_reason": None, "closed_reporters_n": 2.0}, "undetermined"),
        ({"cancel_reason": "changed mind"}, "customer"),
        ({"cancel_reason": "no rider found"}, "platform"),
        ({"cancel_reason": "rider refused"}, "rider"),
        ({"cancel_reason": "vehicle failure"}, "rider"),
        ({"cancel_reason": "something else", "cancel_source": "merchant"}, "merchant"),
        ({"cancel_reason": "something else"}, "undetermined"),
        ({"cancel_reason": None}, "undetermined"),
    ],
)
def test_cancelled_orders_go_by_their_reason(facts: dict, party: str) -> None:
    ended = {"status": "cancelled", "cancelled_at": 8, "delivered_at": None,
             "arrived_customer_at": None, "picked_up_at": None}  # fmt: skip
    found = verdict(case(**ended, **facts))
    assert (found.case_kind, found.party) == ("cancelled", party)
    assert found.minutes_by_party == {}
    if facts["cancel_reason"] is None:
        assert "cancel_reason" in found.missing_evidence


def test_a_broken_vehicle_is_exempt_and_a_long_wait_is_the_merchants() -> None:
    ended = {"status": "cancelled", "delivered_at": None, "picked_up_at": None,
             "arrived_customer_at": None}  # fmt: skip
    broken = verdict(
        case(**ended, cancel_reason="vehicle failure", cancelled_at=8),
    )
    assert broken.exemptions == ("vehicle_failure",)
    waited = verdict(case(**ended, cancel_reason="rider refused", cancelled_at=24))
    assert (waited.party, waited.exemptions) == ("merchant", ("long_wait",))


def test_who_gave_up_waiting_waited_for_whoever_was_slowest() -> None:
    ended = {"status": "cancelled", "cancel_reason": "waited too long",
             "cancelled_at": 25, "delivered_at": None, "arrived_customer_at": None,
             "picked_up_at": None}  # fmt: skip
    kitchen = case(**ended)
    dispatch = case(**ended | {"accepted_at": None, "arrived_merchant_at": None})
    assert verdict(kitchen).party == "merchant"
    assert verdict(dispatch).party == "platform"


def gave_up(**facts: object) -> dict:
    reason = {"status": "cancelled", "cancel_reason": "waited too long"}
    times = {"cancelled_at": 40, "delivered_at": None, "arrived_customer_at": None}
    return case(**reason | times | facts)


def test_an_acceptance_that_nobody_saw_is_no_late_dispatch() -> None:
    """The rider was there in time, so the platform had found one before."""
    seen = gave_up(accepted_at=None, picked_up_at=35)
    assert verdict(seen).party == "merchant"


def test_a_wait_that_nobody_saw_is_read_in_every_way() -> None:
    lost = gave_up(accepted_at=None, arrived_merchant_at=None, picked_up_at=35)
    found = verdict(lost)
    assert found.party == "undetermined"
    assert {"accepted_at", "arrived_merchant_at"} <= set(found.missing_evidence)


def test_without_columns_for_the_wait_nobody_is_slowest() -> None:
    frame = frame_of(gave_up(picked_up_at=None))
    bare = frame.drop(columns=["accepted_at", "arrived_merchant_at", "picked_up_at"])
    assert judge(frame)[0].party == "merchant"
    found = judge(bare)[0]
    assert found.party == "undetermined"
    assert "arrived_merchant_at" in found.missing_evidence


def test_a_kitchen_without_a_promise_may_have_been_the_slowest() -> None:
    waited = frame_of(gave_up(accepted_at=5, arrived_merchant_at=9, picked_up_at=None))
    found = judge(waited.drop(columns="promised_ready_at"))[0]
    assert found.party == "undetermined"
    assert "promised_ready_at" in found.missing_evidence


def test_a_refusal_may_be_excused_by_a_wait_that_nobody_records() -> None:
    refused = frame_of(gave_up(cancel_reason="rider refused", picked_up_at=None))
    assert judge(refused)[0].party == "merchant"
    found = judge(refused.drop(columns="arrived_merchant_at"))[0]
    assert found.party == "undetermined"
    assert "arrived_merchant_at" in found.missing_evidence


def test_what_leaves_a_cancellation_open_is_named() -> None:
    frame = frame_of(gave_up(cancel_reason="changed mind"))
    found = judge(frame.drop(columns="closed_reporters_n"))[0]
    assert found.party == "undetermined"
    assert "events.merchant_closed_report" in found.missing_evidence


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ({"cancel_reason": "customer unreachable", "calls_n": 3.0}, "customer"),
        ({"cancel_reason": "customer unreachable"}, "undetermined"),
        ({"cancel_reason": "customer refused"}, "customer"),
        ({"cancel_reason": "damaged on the way"}, "rider"),
    ],
)
def test_undelivered_orders_go_by_reason_and_protocol(facts: dict, party: str) -> None:
    found = verdict(case(status="failed", delivered_at=None, **facts))
    assert (found.case_kind, found.party) == ("undelivered", party)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"arrived_customer_at": 20, "delivered_at": 17}, "early tap"),
        ({"arrived_customer_at": 20, "delivered_at": 19.5}, "none"),
        ({"arrived_customer_at": None, "tap_pin_m": 300.0}, "early tap"),
        (
            {"arrived_customer_at": None, "tap_pin_m": 300.0, "tap_accuracy_m": 80.0},
            "none",
        ),
        ({"tap_pin_m": 300.0}, "none"),
    ],
)
def test_early_taps_are_before_the_arrival_or_far_from_the_pin(
    facts: dict, kind: str
) -> None:
    found = verdict(case(**facts))
    assert found.case_kind == kind
    if kind == "early tap":
        assert (found.party, found.hits[0].rule) == ("rider", "R3")


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ({"complaint_class": "missing item"}, "merchant"),
        ({"complaint_class": "spilled", "damage_detail": "bag crushed"}, "rider"),
        (
            {"complaint_class": "spilled", "damage_detail": "lid open at pick-up"},
            "merchant",
        ),
        ({"complaint_class": "spilled"}, "undetermined"),
        ({"complaint_class": "attitude", "rider_messages_n": 1.0}, "rider"),
        ({"complaint_class": "attitude"}, "undetermined"),
        ({"complaint_class": "too salty"}, "undetermined"),
    ],
)
def test_complaints_go_by_class_and_evidence(facts: dict, party: str) -> None:
    found = verdict(case(**facts))
    assert (found.case_kind, found.party) == ("complained", party)


def test_without_any_plan_or_peers_nobody_is_blamed() -> None:
    frame = frame_of(delayed(kitchen=12))
    plans = [name for name in frame if name.startswith("planned_")]
    found = judge(frame.drop(columns=plans))[0]
    assert (found.kind, found.party) == ("undetermined", "undetermined")
    assert minutes(found) == {"undetermined": 5}
    assert "planned_arrived_merchant_at" in found.missing_evidence


def test_a_flat_file_is_judged_as_far_as_it_goes() -> None:
    """Created, promised, picked up and delivered, with what is usual from peers."""
    usual = {
        "usual_dispatch+to_merchant+kitchen_wait": 11.0,
        "usual_ride+hand_over": 12.0,
        "usual_fast": 18.0,
        "usual_n": 5000.0,
    }
    columns = ["order_no", "created_at", "promised_at", "picked_up_at",
               "delivered_at", "minutes_late"]  # fmt: skip
    slow = delayed(1, kitchen=12, promised_at=24)
    never = delayed(2, promised_at=10)
    frame = frame_of(slow, never)[columns].assign(**usual)
    before_pickup, promise = judge(frame)
    assert before_pickup.party == "undetermined"
    assert {"accepted_at", "arrived_merchant_at", "promised_ready_at"} <= set(
        before_pickup.missing_evidence
    )
    assert (promise.party, promise.hits[0].rule) == ("platform", "P2")


def test_verdicts_are_a_sequence_and_a_frame() -> None:
    found = judge(frame_of(delayed(7, kitchen=12), delayed(9, ride=9)))
    assert [item.order_no for item in found] == [7, 9]
    assert found.of(9).party == "rider"
    assert found[-1].order_no == 9
    assert [item.order_no for item in found[0:1]] == [7]
    with pytest.raises(UnknownName):
        found.of(8)
    with pytest.raises(IndexError):
        found[2]
    frame = found.to_frame()
    assert list(frame["signature"]) == ["late/merchant/M1", "late/rider/R2"]
    assert list(frame["rules"]) == ["M1", "R2"]
    assert frame["merchant_minutes"].tolist() == pytest.approx([5, 0])


def test_a_verdict_keeps_the_version_it_was_made_with() -> None:
    tried = load_ruleset().with_parameters("2027-draft", tolerance=5)
    frame = frame_of(delayed(kitchen=12))
    assert judge(frame)[0].version == load_ruleset().version
    assert judge(frame, ruleset=tried)[0].version == "2027-draft"


def test_a_tolerance_leaves_small_overruns_to_nobody() -> None:
    tried = load_ruleset().with_parameters("draft", tolerance=5)
    found = judge(frame_of(delayed(kitchen=8, ride=4)), ruleset=tried)[0]
    assert minutes(found) == {"merchant": 3.33, "undetermined": 1.67}
    assert found.hits[0].margin == pytest.approx(3)


def test_newcomers_are_excused_for_as_long_as_the_rule_set_says() -> None:
    frame = frame_of(delayed(ride=9, tenure_days=12.0))
    excusing = load_ruleset().with_parameters("draft", newcomer_days=30)
    assert judge(frame)[0].exemptions == ()
    found = judge(frame, ruleset=excusing)[0]
    assert (found.party, found.exemptions) == ("rider", ("newcomer",))
