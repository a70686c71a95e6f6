"""Queues from a selection or a list: who is in, in which order, seen by how many."""

from collections import Counter

import pandas as pd
import pytest

from analysis.cases.decisions import mark_gold
from analysis.cases.queues import queue
from analysis.errors import Conflict, InvalidInput, NotEnoughData, UnknownName
from analysis.metrics import Condition, Selection, rows
from analysis.metrics.members import Listed, members
from analysis.records.cases import cases_of, find_queue, list_queues
from tests.worlds import published

N = 120
LATE = Selection(event="late")


def tables():
    """Every third order is late, by 1 to 40 minutes; one in ten is cancelled."""
    place = pd.Series(range(N))
    created = pd.Timestamp("2026-06-01") + pd.to_timedelta(place, unit="h")
    late = (place % 3 == 0) * (1 + place % 40)
    promised = created + pd.Timedelta(minutes=40)
    delivered = promised + pd.to_timedelta(late.where(late > 0, -5), unit="m")
    cancelled = place % 10 == 7
    orders = pd.DataFrame(
        {
            "order_no": place,
            "order_id": [f"o{number}" for number in place],
            "city": ["Riyadh" if number % 2 else "Jeddah" for number in place],
            "status": cancelled.map({True: "cancelled", False: "delivered"}),
            "created_at": created,
            "promised_at": promised,
            "delivered_at": delivered.mask(cancelled),
            "local_date": created.dt.date,
        }
    )
    complaints = pd.DataFrame({"order_no": [3, 3, 4], "severity": [2, 3, 9]})
    return {"orders": orders, "complaints": complaints}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    found = published(tmp_path_factory.mktemp("queues"), tables())
    yield found
    found.engine.close()


def made(dataset, records, selection=LATE, **options):
    settings = {"name": "Late", "by": "Ada", "seed": 7} | options
    return queue(dataset, selection, records=records, **settings)


def listed(records, queue):
    return cases_of(records, queue.id, limit=1_000)


def test_members_are_the_rows_of_the_selection(dataset):
    selection = LATE.narrow(Condition("city", values=("Riyadh",)))
    found = members(dataset, selection, columns=["city"], order=["-minutes_late"])
    expected = rows(dataset, selection, columns=["order_id", "minutes_late"],
                    order=["-minutes_late"], limit=1_000)  # fmt: skip
    assert found["order_id"].tolist() == expected["order_id"].tolist()
    assert set(found["city"]) == {"Riyadh"}


def test_severity_is_the_most_of_lateness_outcome_and_complaint(dataset):
    found = members(dataset, Selection()).set_index("order_no")["severity"]
    late = {9: 1, 12: 2, 21: 3, 33: 4, 30: 4, 1: 1}
    assert {number: found[number] for number in late} == late
    assert found[3] == 3
    assert found[4] == 4
    assert found[17] == 2
    assert found.between(1, 4).all()


def test_listed_orders_come_in_the_order_of_the_list(dataset):
    found = members(dataset, Listed("order_id", ["o9", "none", "o2"]))
    assert found["order_no"].tolist() == [9, 2]
    numbers = members(dataset, Listed("order_no", [5, 4]), order=["order_no"])
    assert numbers["order_no"].tolist() == [4, 5]


def test_a_random_order_is_the_same_for_a_seed(dataset):
    once = members(dataset, Selection(), order=["random"], seed=1)["order_no"].tolist()
    again = members(dataset, Selection(), order=["random"], seed=1)["order_no"].tolist()
    other = members(dataset, Selection(), order=["random"], seed=2)["order_no"].tolist()
    assert once == again != other
    assert sorted(once) == list(range(N))


def test_a_queue_holds_the_orders_of_a_selection(dataset, both_records):
    found = made(
        dataset, both_records, rubric="Kitchen first.", order=["-minutes_late"]
    )
    expected = rows(dataset, LATE, order=["-minutes_late"], limit=1_000)
    cases = listed(both_records, found)
    assert [case.order_no for case in cases] == expected["order_no"].tolist()
    assert [case.position for case in cases] == list(range(1, found.size + 1))
    kept = find_queue(both_records, found.id)
    assert (kept.dataset, kept.dataset_version) == (dataset.id, dataset.version)
    assert Selection.from_json(kept.selection) == LATE
    assert (kept.rubric, kept.order, kept.size) == (
        "Kitchen first.", ("-minutes_late",), len(expected),
    )  # fmt: skip


def test_a_share_is_doubled_by_chance_and_the_grave_ones_all(dataset, records):
    found = made(dataset, records, Selection(), double_review_share=0.25)
    cases = listed(records, found)
    reasons = Counter(case.doubled_by for case in cases)
    assert reasons["random"] == N // 4
    for case in cases:
        assert (case.needed == 2) == bool(case.doubled_by)
        if case.severity == 4:
            assert case.doubled_by in ("random", "severity")
        if case.doubled_by == "severity":
            assert case.severity == 4
    again = made(dataset, records, Selection(), double_review_share=0.25, name="Again")
    assert [case.doubled_by for case in listed(records, again)] == [
        case.doubled_by for case in cases
    ]


def test_all_cases_can_need_several_reviewers(dataset, records):
    found = made(dataset, records, reviewers_per_case=3)
    assert {(case.needed, case.doubled_by) for case in listed(records, found)} == {
        (3, "queue")
    }


def test_an_uploaded_list_keeps_its_order_and_tells_what_is_unknown(dataset, records):
    ids = [" o5", "o3", "nothing", "o5", "", "o9"]
    found = made(dataset, records, None, ids=ids, order=())
    assert [case.order_id for case in listed(records, found)] == ["o5", "o3", "o9"]
    assert found.missing_ids == ("nothing",)
    assert (found.source, found.selection) == ("ids", {})


def test_ids_are_hashed_where_the_dataset_has_hashes(dataset, records):
    plain = {"A5": "o5", "A3": "o3"}
    found = made(
        dataset, records, None, ids=["A5", "o9", "A3", "A4"], order=(),
        hashed=lambda value: plain.get(value, f"hash of {value}"),
    )  # fmt: skip
    assert [case.order_id for case in listed(records, found)] == ["o5", "o9", "o3"]
    assert found.missing_ids == ("hash of A4",)


def test_gold_cases_are_mixed_in_unmarked(dataset, records):
    first = made(dataset, records, Selection())
    known = [case for case in listed(records, first) if case.order_no % 3][:10]
    for case in known:
        mark_gold(records, case.id, by="Expert", party="rider", explanation="Known.")
    mixed = made(dataset, records, name="Mixed", gold=6)
    late = set(rows(dataset, LATE, limit=1_000)["order_id"])
    extra = [case for case in listed(records, mixed) if case.order_id not in late]
    assert {case.order_id for case in extra} <= {case.order_id for case in known}
    assert (len(extra), mixed.size) == (6, len(late) + 6)
    assert len({case.order_id for case in listed(records, mixed)}) == mixed.size


def test_the_limit_takes_the_first(dataset, records):
    found = made(dataset, records, order=["-minutes_late"], limit=3)
    top = rows(dataset, LATE, order=["-minutes_late"], limit=3)["order_no"]
    assert [case.order_no for case in listed(records, found)] == top.tolist()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"double_review_share": 1.5}, InvalidInput),
        ({"reviewers_per_case": 0}, InvalidInput),
        ({"limit": 20_001}, InvalidInput),
        ({"lease_seconds": 1}, InvalidInput),
        ({"ids": ["o1"]}, InvalidInput),
        ({"selection": None}, InvalidInput),
        ({"selection": None, "ids": ["x"]}, NotEnoughData),
        ({"selection": Selection.of({"city": ["Atlantis"]})}, NotEnoughData),
        ({"order": ["nonsense"]}, UnknownName),
        ({"name": " "}, InvalidInput),
    ],
)
def test_bad_settings_make_no_queue(dataset, records, options, error):
    with pytest.raises(error):
        made(dataset, records, **options)
    assert list_queues(records) == ()


def test_a_name_is_taken_once(dataset, records):
    made(dataset, records)
    with pytest.raises(Conflict):
        made(dataset, records)
