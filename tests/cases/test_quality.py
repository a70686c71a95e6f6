"""Quality of decisions: counted by hand on a small past, and on the demo world's."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.cases.decided import agreed, decision_frame, disagreements, paired
from analysis.cases.decisions import mark_gold, record_decision
from analysis.cases.imported import (
    NO_REVIEWER,
    UNKNOWN_ORDER,
    UNKNOWN_PARTY,
    import_decisions,
)
from analysis.cases.quality import Rate, by_rule, quality
from analysis.cases.queues import queue
from analysis.errors import Conflict, DataProblem
from analysis.metrics import Selection
from analysis.records import audit_trail
from analysis.records.cases import case_at, cases_of, delete_queue, progress_of
from analysis.records.cases_answers import Answer, RuleHit, Seen
from analysis.records.cases_appeals import decide_appeal, file_appeal
from analysis.records.cases_decisions import decisions_on
from analysis.records.cases_leases import take
from analysis.stats.intervals import wilson
from tests.worlds import published

NOW = datetime.now(UTC).replace(microsecond=0)
WHY = "Seen on the timeline."

PAST = pd.DataFrame(
    [
        ("o1", "rider", "Ada", "", "2026-06-02 10:00", 60, ""),
        ("o1", "rider", "Bo", "", "2026-06-02 11:00", 90, ""),
        ("o1", "rider", None, "GOLD", "2026-06-03 10:00", None, ""),
        ("o2", "merchant", "Ada", "", "2026-06-02 10:00", 200, "overturned"),
        ("o2", "骑手", "Bo", "", "2026-06-02 12:00", 30, ""),
        ("o2", "rider", None, "GOLD", "2026-06-03 10:00", None, ""),
        ("o3", "force majeure", "Bo", "", "2026-06-09 10:00", 40, "upheld"),
        ("o3", "undetermined", "Cy", "", "2026-06-09 11:00", 50, ""),
        ("nowhere", "rider", "Ada", "", "2026-06-02 10:00", 60, ""),
        ("o4", "moon", "Ada", "", "2026-06-02 10:00", 60, ""),
        ("o4", "rider", "", "", "2026-06-02 10:00", 60, ""),
    ],
    columns=[
        "order_id", "verdict", "reviewer", "kind", "decided_at", "active_seconds",
        "appeal_result",
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    created = pd.Timestamp("2026-06-01") + pd.to_timedelta(range(40), unit="h")
    orders = pd.DataFrame(
        {
            "order_no": range(40),
            "order_id": [f"o{number}" for number in range(40)],
            "status": "delivered",
            "created_at": created,
            "promised_at": created + pd.Timedelta(minutes=40),
            "delivered_at": created + pd.Timedelta(minutes=55),
            "local_date": created.date,
        }
    )
    found = published(tmp_path_factory.mktemp("quality"), {"orders": orders})
    yield found
    found.engine.close()


def brought(dataset, records, past=PAST, **options):
    settings = {"records": records, "name": "Past", "by": "Ada"} | options
    return import_decisions(dataset, past, **settings)


def test_past_decisions_become_a_finished_queue(dataset, both_records):
    found = brought(dataset, both_records)
    assert (found.decisions, found.cases) == (8, 3)
    assert found.missing_ids == ("nowhere",)
    assert found.refused == {UNKNOWN_ORDER: 1, UNKNOWN_PARTY: 1, NO_REVIEWER: 1}
    figures = progress_of(both_records, [found.queue.id])[found.queue.id]
    assert (figures.n, figures.done, figures.open) == (3, 3, 0)
    assert take(both_records, found.queue.id, by="Di") is None
    first = case_at(both_records, found.queue.id, 1)
    assert (first.order_id, first.reviews, first.needed) == ("o1", 2, 2)
    assert first.decided_at == datetime(2026, 6, 2, 11, 0, tzinfo=UTC)
    told = decisions_on(both_records, first.id)
    assert [(one.kind, one.reviewer, one.version) for one in told] == [
        ("GOLD", "gold", 3), ("HUMAN", "Bo", 2), ("HUMAN", "Ada", 1),
    ]  # fmt: skip
    assert told[1].active_seconds == 90
    (written,) = audit_trail(both_records, kind="case_queue")
    assert written.after["source"] == "imported"


def test_figures_are_those_counted_by_hand(dataset, records):
    brought(dataset, records)
    found = quality(decision_frame(records, dataset=dataset.id))
    assert (found.decisions, found.cases) == (6, 3)
    assert found.accuracy == Rate.of(3, 4)
    assert found.accuracy.low == pytest.approx(float(wilson(3, 4).low))
    assert found.accuracy_matrix.loc["rider"].to_dict() == {"merchant": 1, "rider": 3}
    assert (found.agreement.n, found.agreement.percent.value) == (
        3,
        pytest.approx(1 / 3),
    )
    assert found.agreement.is_small
    assert found.agreement_random.n == 3
    seconds = [60, 90, 200, 30, 40, 50]
    assert found.active.p50 == np.median(seconds)
    assert found.active.p90 == pytest.approx(np.quantile(seconds, 0.9))
    assert found.active.within == Rate.of(5, 6)
    assert (found.appeals, found.overturned) == (Rate.of(2, 6), Rate.of(1, 2))
    assert found.undetermined == Rate.of(1, 6)
    reviewers = found.by_reviewer.set_index("reviewer")
    assert reviewers["decisions"].to_dict() == {"Ada": 2, "Bo": 3, "Cy": 1}
    assert reviewers.loc["Ada", ["gold_n", "accuracy", "overturned"]].tolist() == [
        2, 0.5, 1,
    ]  # fmt: skip
    assert reviewers.loc["Bo", "agreement"] == pytest.approx(1 / 3)
    assert np.isnan(reviewers.loc["Cy", "accuracy"])
    assert reviewers["ruled"].to_dict() == {"Ada": 1, "Bo": 1, "Cy": 0}
    assert np.isnan(reviewers.loc["Cy", "overturned"])
    weeks = found.by_week.set_index("week")["decisions"]
    assert weeks.tolist() == [4, 2]
    assert weeks.index[0] == pd.Timestamp("2026-06-01")


def test_who_differs_and_what_is_agreed(dataset, records):
    brought(dataset, records)
    frame = decision_frame(records)
    differ = disagreements(frame)
    assert differ["order_id"].tolist() == ["o2", "o3"]
    assert differ["parties"].tolist() == [
        ("merchant", "rider"), ("force_majeure", "undetermined"),
    ]  # fmt: skip
    assert paired(frame)["first_reviewer"].tolist() == ["Ada", "Ada", "Bo"]
    sure = agreed(frame)
    assert dict(zip(sure["order_id"], sure["party"], strict=True)) == {
        "o1": "rider", "o2": "rider",
    }  # fmt: skip


def test_agreement_of_one_reviewer_takes_the_others(dataset, records):
    brought(dataset, records)
    frame = decision_frame(records)
    ada = frame[frame["reviewer"] == "Ada"]
    assert quality(ada).agreement is None
    found = quality(ada, beside=frame[frame["case"].isin(ada["case"])])
    assert found.decisions == 2
    assert (found.agreement.n, found.agreement.percent.value) == (2, 0.5)
    assert found.by_reviewer["pairs"].tolist() == [2]


def test_one_person_alone_agrees_with_nobody(dataset, records):
    brought(dataset, records, PAST.iloc[[4]])
    brought(dataset, records, PAST.iloc[[4]], name="Again")
    assert agreed(decision_frame(records)).empty
    brought(dataset, records, PAST.iloc[[4]].assign(reviewer="Cy"), name="Third")
    assert agreed(decision_frame(records))["party"].tolist() == ["rider"]


def test_own_headers_missing_columns_and_empty_imports(dataset, records):
    other = PAST.head(1).rename(columns={"verdict": "Who", "reviewer": "判官"})
    found = brought(
        dataset, records, other, columns={"party": "Who", "reviewer": "判官"}
    )
    assert found.decisions == 1
    with pytest.raises(Conflict):
        brought(dataset, records)
    with pytest.raises(DataProblem, match="no column party"):
        brought(dataset, records, other, name="Other")
    with pytest.raises(DataProblem, match="None of the 1 rows"):
        brought(dataset, records, PAST.tail(1), name="Other")
    assert len(decision_frame(records)) == 1


def test_who_decides_twice_corrects_themselves(dataset, records):
    again = PAST.head(1).assign(verdict="customer", decided_at="2026-06-04")
    brought(dataset, records, pd.concat([again, PAST.head(2)]))
    frame = decision_frame(records)
    ada = frame[frame["reviewer"] == "Ada"]
    assert ada["party"].tolist() == ["rider", "customer"]
    assert ada["is_first"].tolist() == [True, False]
    assert ada["stands"].tolist() == [False, True]


def seen(party, *rules, missing=()):
    hits = tuple(RuleHit(rule, party, value=6.0, threshold=5.0) for rule in rules)
    return Seen("Doorstep 1", party, {party: 6.0}, hits, missing)


@pytest.fixture
def worked(dataset, records):
    """A queue of six cases, four decided: with suggestions, gold and an appeal."""
    made = queue(
        dataset, Selection(), records=records, name="Work", by="Ada", limit=6,
        order=("created_at",), double_review_share=0.0, time_target=100.0,
        due_hours=1.0,
    )  # fmt: skip
    ids = [case.id for case in cases_of(records, made.id)]
    told = [
        ("merchant", seen("merchant", "M1", "P1"), 0, 80.0),
        ("rider", seen("merchant", "M1"), 30, 120.0),
        ("rider", seen("rider", "R2"), 90, 60.0),
        (
            "undetermined",
            seen("undetermined", missing=("tap_lat", "ready_at")),
            0,
            20.0,
        ),
    ]
    decided = [
        record_decision(
            records, case, by="Ada" if place % 2 else "Bo", party=party,
            explanation=WHY, seen=shown, active_seconds=seconds,
            now=NOW + timedelta(minutes=minutes),
        )
        for place, (case, (party, shown, minutes, seconds)) in enumerate(
            zip(ids, told, strict=False)
        )
    ]  # fmt: skip
    mark_gold(records, ids[0], by="Expert", party="merchant", explanation=WHY)
    mark_gold(records, ids[1], by="Expert", party="merchant", explanation=WHY)
    appeal = file_appeal(
        records, decided[1].id, by="Desk", grounds="The kitchen.", now=NOW, due_hours=10
    )
    decide_appeal(
        records, appeal.id, by="Cy", outcome="overturned", explanation=WHY,
        answer=Answer("merchant", WHY), now=NOW + timedelta(hours=4),
    )  # fmt: skip
    return made


def test_overrides_are_counted_by_rule_with_what_was_missing(worked, records):
    frame = decision_frame(records, queue=worked.id)
    found = quality(frame)
    assert found.overridden == Rate.of(1, 4)
    rules = found.overrides.set_index("rule")
    assert rules["shown"].to_dict() == {"M1": 2, "P1": 1, "R2": 1}
    assert rules["overridden"].to_dict() == {"M1": 1, "P1": 0, "R2": 0}
    assert rules.loc["M1", "share"] == 0.5
    assert set(found.missing["field"]) == {"ready_at", "tap_lat"}
    assert found.missing["cases"].tolist() == [1, 1]
    assert set(by_rule(frame)) == {"M1", "P1", "R2"}
    assert len(by_rule(frame)["M1"]) == 2 + 1
    assert frame[frame["kind"] == "HUMAN"]["was_shown"].all()


def test_times_are_held_against_their_targets(worked, records):
    found = quality(decision_frame(records, queue=worked.id))
    assert found.active.within == Rate.of(3, 4)
    assert found.turnaround.within == Rate.of(3, 4)
    made = worked.created_at - NOW
    by_hand = (timedelta(minutes=15) - made) / timedelta(hours=1)
    assert found.turnaround.p50 == pytest.approx(by_hand, abs=0.02)
    assert found.appeal_hours.p50 == pytest.approx(4)
    assert found.appeal_hours.within == Rate.of(1, 1)
    assert (found.appeals, found.overturned) == (Rate.of(1, 4), Rate.of(1, 1))
    assert found.accuracy == Rate.of(1, 2)
    assert found.agreement is None
    assert found.agreement_random is None


def test_the_frame_is_narrowed_by_queue_and_time(worked, dataset, records):
    brought(dataset, records, PAST.head(2))
    everything = decision_frame(records, dataset=dataset.id)
    assert set(everything["queue_name"]) == {"Work", "Past"}
    assert len(decision_frame(records, queue=worked.id)) == len(everything) - 2
    later = decision_frame(records, since=NOW - timedelta(days=1))
    assert set(later["queue_name"]) == {"Work"}
    assert len(decision_frame(records, until=NOW - timedelta(days=1))) == 2
    assert decision_frame(records, dataset="other").empty
    delete_queue(records, worked.id, by="Ada")
    assert set(decision_frame(records)["queue_name"]) == {"Past"}


def test_without_decisions_every_figure_says_so(records):
    found = quality(decision_frame(records))
    assert (found.decisions, found.accuracy.value, found.agreement) == (0, None, None)
    assert found.active.p50 is None
    for table in (found.overrides, found.missing, found.by_reviewer, found.by_week):
        assert table.empty


def test_the_demo_world_past_is_brought_in_whole(sample_world, records):
    past = sample_world.table("decisions")
    found = import_decisions(
        sample_world.dataset, past, records=records, name="Past", by="Demo"
    )
    assert found.decisions == len(past)
    assert found.refused == {}
    frame = decision_frame(records, dataset=sample_world.dataset.id)
    figures = quality(frame)
    people = past[past["kind"] == "HUMAN"].merge(
        past.loc[past["kind"] == "GOLD", ["order_id", "party"]],
        on="order_id", suffixes=("", "_gold"),
    )  # fmt: skip
    right = (people["party"].astype(str) == people["party_gold"].astype(str)).sum()
    assert figures.accuracy == Rate.of(int(right), len(people))
    worst = figures.by_reviewer.sort_values("accuracy").iloc[0]
    assert worst["reviewer"] == "V04"
    assert figures.agreement.n == found.cases
