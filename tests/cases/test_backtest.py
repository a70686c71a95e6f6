"""Trying rule sets, similar cases, and the sheet for the rider, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analysis.cases import (
    Verdict,
    backtest,
    explanation_sheet,
    judge,
    load_ruleset,
    signature,
    signatures,
    similar,
)
from analysis.cases.moments import Milestone, Timeline
from analysis.cases.sheet import Sheet, masked
from tests.cases.case_frames import START, delayed, frame_of


def some() -> pd.DataFrame:
    return frame_of(
        delayed(1, kitchen=12),
        delayed(2, kitchen=8, ride=4),
        delayed(3, ride=9),
        delayed(4, kitchen=11),
    )


def test_a_backtest_counts_what_changes_and_holds_it_against_gold() -> None:
    tried = load_ruleset().with_parameters("draft", tolerance=5)
    gold = {1: "merchant", 2: "merchant + rider"}
    found = backtest(some(), tried, gold=gold)
    assert (found.n, found.changed) == (4, 1)
    assert found.moves.to_dict("records") == [
        {"before": "rider + merchant", "after": "merchant", "cases": 1}
    ]
    case = found.cases.iloc[0]
    assert (case["order_no"], case["rules_before"], case["rules_after"]) == (
        2, "M1 R2", "M1",
    )  # fmt: skip
    assert (found.gold_before.right, found.gold_before.n) == (2, 2)
    assert (found.gold_after.right, found.gold_after.share) == (1, 0.5)
    assert found.gold_after.low < 0.5 < found.gold_after.high
    assert found.matrix.loc["rider + merchant", "merchant"] == 1
    assert found.tried.endswith("draft")


def test_a_rule_set_against_itself_changes_nothing() -> None:
    found = backtest(some(), load_ruleset())
    assert (found.changed, found.gold_after) == (0, None)
    assert found.moves.empty


def test_without_gold_answers_nothing_is_held_against_them() -> None:
    found = backtest(some(), load_ruleset(), gold={})
    assert found.gold_after.n == 0
    assert pd.isna(found.gold_after.share)


def test_cases_of_one_root_cause_are_similar() -> None:
    verdicts = judge(some())
    found = similar(verdicts, verdicts[0])
    assert (found.signature, found.orders, found.n, found.of) == (
        "late/merchant/M1", (4,), 1, 3,
    )  # fmt: skip
    assert signature(verdicts[1]) == "late/rider + merchant/M1 R2"
    table = signatures(verdicts)
    assert table["cases"].tolist() == [2, 1, 1]
    assert table["share"].sum() == pytest.approx(1)


def test_undetermined_cases_are_alike_where_the_same_is_missing() -> None:
    verdicts = judge(frame_of(delayed(1, door=9), delayed(2, door=11)))
    assert signature(verdicts[0]) == "late/undetermined/events.call_attempt"
    assert similar(verdicts, verdicts[0]).n == 1


def sheet_of(verdict: Verdict, **settings: object) -> Sheet:
    empty = Timeline(
        order_no=1, order_id="HK0020000409", timezone="Asia/Hong_Kong", milestones=(),
        stages=(), promised_at=START, delivered_at=None, cancelled_at=None,
        minutes_late=None, marks=(), places=(), peers_by=(), peers_n=0, would_add={},
        facts={"customer_id": "C77", "drop_lat": 22.3},
    )  # fmt: skip
    milestone = Milestone("created_at", START, START, "plan", is_recorded=True)
    return explanation_sheet(
        replace(empty, milestones=(milestone,)), verdict, **settings
    )


def test_the_sheet_says_facts_rules_and_how_to_object() -> None:
    verdict = judge(frame_of(delayed(kitchen=6, ride=6)))[0]
    sheet = sheet_of(verdict, told_on=date(2026, 7, 1), appeal_days=7)
    assert str(sheet.summary) == "Late. Responsible: rider, merchant."
    assert sheet.order == "********0409"
    assert sheet.times == (("created_at", "17:00"), ("promised_at", "17:00"))
    assert "6.0 min" in str(sheet.rules[0])
    assert "2026-07-08" in str(sheet.appeal[0])
    written = " ".join(
        str(text)
        for part in (sheet.facts, sheet.rules, sheet.not_counted, sheet.appeal)
        for text in part
    )
    assert "C77" not in written
    assert "HK0020000409" not in written


@pytest.mark.parametrize(
    ("facts", "summary"),
    [
        ({"kitchen": 12}, "Late. This is not held against you. Responsible: merchant."),
        ({"door": 9}, "Late. Nobody is held responsible; the platform bears it."),
    ],
)
def test_the_sheet_says_first_what_it_means_for_the_rider(
    facts: dict, summary: str
) -> None:
    assert str(sheet_of(judge(frame_of(delayed(**facts)))[0]).summary) == summary


def test_short_ids_are_hidden_too() -> None:
    assert masked("A7") == "*7"
    assert masked("ORDER-12345") == "*******2345"
