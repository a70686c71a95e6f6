"""Deciding a case: every part of an answer is of its list."""

from pathlib import Path

import pytest
import yaml

from analysis.cases import taxonomy
from analysis.cases.decisions import checked, mark_gold, record_decision, seen_of
from analysis.cases.taxonomy import PARTIES, party_code
from analysis.cases.taxonomy_texts import LIST_TEXTS
from analysis.cases.verdicts import PARTIES as RULED
from analysis.cases.verdicts import Evidence, Hit, Missing, Verdict
from analysis.errors import InvalidInput, UnknownName
from analysis.records.cases_decisions import decisions_on
from tests.records.case_help import a_queue, case_ids

WHY = "The kitchen was late."


@pytest.fixture
def case(records):
    return case_ids(records, a_queue(records))[0]


def test_the_lists_have_codes_labels_and_known_parties():
    lists = [
        taxonomy.load_causes(), taxonomy.load_solutions(), taxonomy.load_exemptions(),
        *(taxonomy.load_details(cause.code) for cause in taxonomy.load_causes()),
    ]  # fmt: skip
    for choices in lists:
        codes = [choice.code for choice in choices]
        assert len(set(codes)) == len(codes) >= 2
        assert all(choice.label for choice in choices)
        assert {choice.party for choice in choices} <= {"", *PARTIES}
    assert {cause.party for cause in lists[0]} >= set(PARTIES) - {"partner", "shared"}


def test_rules_and_decisions_know_the_same_causes_and_parties():
    from analysis.cases.rules import CAUSES  # noqa: PLC0415 - the lists meet here alone

    assert set(CAUSES) <= {cause.code for cause in taxonomy.load_causes()}
    assert {party_code(name) for name in RULED} < set(PARTIES)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Rider", "rider"), ("骑手", "rider"), ("force majeure", "force_majeure"),
        ("FORCE_MAJEURE", "force_majeure"), ("3PL", "partner"), (" App ", ""),
        ("rider + merchant", "shared"), ("rider + moon", ""), ("moon", ""), ("", ""),
        ("无法判责", "undetermined"),
    ],
)  # fmt: skip
def test_parties_are_known_by_several_names(name, code):
    assert party_code(name) == code


def test_a_decision_is_written_with_its_parts(records, case):
    made = record_decision(
        records, case, by="Ada", shares={"rider": 0.4, "merchant": 0.6},
        explanation=WHY, cause="kitchen", detail="slow_kitchen", solution="refund",
        exemption="weather", note="Called them.", active_seconds=12.0,
    )  # fmt: skip
    assert made.answer.party == "shared"
    assert made.answer.shares == {"rider": 0.4, "merchant": 0.6}
    assert decisions_on(records, case) == (made,)


@pytest.mark.parametrize(
    "options",
    [
        {"party": "moon"}, {"party": ""}, {"party": "rider", "cause": "x"},
        {"party": "rider", "cause": "kitchen", "detail": "detour"},
        {"party": "rider", "detail": "slow_kitchen"},
        {"party": "rider", "solution": "x"}, {"party": "rider", "exemption": "x"},
    ],
)  # fmt: skip
def test_what_is_on_no_list_is_refused(records, case, options):
    with pytest.raises(UnknownName):
        record_decision(records, case, by="Ada", explanation=WHY, **options)
    assert decisions_on(records, case) == ()


@pytest.mark.parametrize(
    "options",
    [
        {"party": "shared"},
        {"party": "rider", "shares": {"rider": 0.5, "merchant": 0.5}},
        {"shares": {"rider": 1.0}},
        {"shares": {"rider": 0.5, "merchant": 0.4}},
        {"shares": {"rider": 1.2, "merchant": -0.2}},
        {"shares": {"rider": 0.5, "undetermined": 0.5}},
    ],
)
def test_shares_fit_their_party(options):
    with pytest.raises(InvalidInput, match="shares"):
        checked(explanation=WHY, **options)


def test_a_verdict_is_kept_as_it_was_seen(records, case):
    hit = Hit(
        "M1", "Slow kitchen", "merchant", "kitchen", 6.4, 5.0, 1.4, "min", 6.4,
        (Evidence("orders", "picked_up_at", {"order_no": 10}),),
    )  # fmt: skip
    verdict = Verdict(
        order_no=10, case_kind="late", kind="shared",
        parties=("merchant", "force majeure"), minutes_late=8.0,
        minutes_by_party={"merchant": 6.4, "force majeure": 1.6}, minutes_by_cause={},
        hits=(hit, hit), missing=(Missing("tap_lat", ("R3",), 3.0, is_decisive=True),),
        explanation="8 min late", ruleset="Doorstep", version="2026.1",
        signature="",
    )  # fmt: skip
    made = record_decision(
        records, case, by="Ada", party="merchant", explanation=WHY, seen=verdict
    )
    assert made.seen == decisions_on(records, case)[0].seen == seen_of(verdict)
    assert (made.seen.party, made.seen.ruleset) == ("shared", "Doorstep 2026.1")
    assert made.seen.minutes == {"merchant": 6.4, "force_majeure": 1.6}
    assert made.seen.hits[0].margin == pytest.approx(1.4)
    assert made.seen.missing_evidence == ("tap_lat",)


def test_gold_is_checked_too(records, case):
    with pytest.raises(UnknownName):
        mark_gold(records, case, by="Ada", party="moon", explanation=WHY)
    assert mark_gold(
        records, case, by="Ada", party="customer", explanation=WHY
    ).kind == "GOLD"  # fmt: skip


def test_every_text_of_the_lists_is_in_the_catalogues():
    content = yaml.safe_load(Path(taxonomy.__file__).with_suffix(".yaml").read_text())
    entries = [entry for part in content.values() for entry in part]
    entries += [detail for entry in entries for detail in entry.get("details", ())]
    said = {
        entry[name] for entry in entries for name in ("label", "help") if name in entry
    }
    assert said == set(LIST_TEXTS)
