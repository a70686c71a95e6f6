"""Two people never hold one case: leases on SQLite and on a PostgreSQL server."""

import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.records import audit_trail, open_records, undo_delete
from analysis.records.cases import (
    case_at,
    cases_of,
    delete_queue,
    find_queue,
    list_queues,
    progress_of,
)
from analysis.records.cases_leases import (
    discard,
    release,
    renew,
    restore,
    skip,
    take,
)
from tests.records.case_help import (
    KITCHEN,
    LATER,
    LEASE,
    NOW,
    a_queue,
    case_ids,
    decide,
)

TRIALS = 200
PEOPLE = 4

#: Both processes wait for a line, then take cases until none is left.
TAKE_ALL = """
import json, sys
from analysis.records import open_records
from analysis.records.cases_leases import take, release
location, queue, person = sys.argv[1:]
records = open_records(location)
print("ready", flush=True)
sys.stdin.readline()
taken = []
while (case := take(records, queue, by=person, after=len(taken))) is not None:
    if case.position in taken:
        break
    taken.append(case.position)
    if len(taken) == 1:
        print("holds one", flush=True)
        sys.stdin.readline()
    with records.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE cases SET state = 'decided' WHERE id = '" + case.id + "'"
        )
print(json.dumps(taken))
"""


def test_a_queue_comes_back_as_it_was_made(records):
    made = a_queue(records)
    assert find_queue(records, made.id) == made
    assert list_queues(records, dataset="demo") == (made,)
    assert list_queues(records, dataset="other") == ()
    assert (made.size, made.order, made.selection) == (
        3,
        ("-severity",),
        {"event": "late"},
    )
    first = case_at(records, made.id, 1)
    assert (first.order_no, first.order_id, first.state) == (10, "o1", "open")
    assert first.due_at == NOW + timedelta(hours=48)
    with pytest.raises(UnknownName, match="no case 4"):
        case_at(records, made.id, 4)


def test_a_name_is_taken_once_a_dataset_until_deleted(records):
    made = a_queue(records)
    with pytest.raises(Conflict):
        a_queue(records, name="LATE")
    a_queue(records, dataset="other")
    delete_queue(records, made.id, by="Ada", version=made.version)
    with pytest.raises(Conflict, match="deleted"):
        take(records, made.id, by="Bo")
    undo_delete(records, "case_queue", made.id, by="Ada")
    assert take(records, made.id, by="Bo", now=NOW).position == 1


def test_everybody_gets_another_case_and_a_reload_the_same(records):
    queue = a_queue(records)
    first = take(records, queue.id, by="Ada", now=NOW)
    assert (first.position, first.holder) == (1, "Ada")
    assert first.held_until == NOW + timedelta(seconds=LEASE)
    assert take(records, queue.id, by="Bo", now=NOW).position == 2
    assert take(records, queue.id, by="Ada", now=NOW).position == 1
    assert take(records, queue.id, by="Cy", now=NOW).position == 3
    assert take(records, queue.id, by="Di", now=NOW) is None
    figures = progress_of(records, [queue.id], now=NOW)[queue.id]
    assert (figures.n, figures.open, figures.in_review, figures.done) == (3, 3, 3, 0)


def test_taking_another_lets_go_of_the_first(records):
    queue = a_queue(records)
    take(records, queue.id, by="Ada", now=NOW)
    assert take(records, queue.id, by="Ada", position=2, now=NOW).position == 2
    assert take(records, queue.id, by="Bo", now=NOW).position == 1
    with pytest.raises(Conflict, match="Ada holds this case"):
        take(records, queue.id, by="Bo", position=2, now=NOW)
    assert case_at(records, queue.id, 2, now=NOW).holder == "Ada"


def test_a_lease_runs_out_and_can_be_renewed_until_somebody_takes_over(records):
    queue = a_queue(records, 1)
    case = take(records, queue.id, by="Ada", now=NOW)
    late = NOW + timedelta(seconds=LEASE - 1)
    assert renew(records, case.id, by="Ada", now=late).held_until > LATER
    assert take(records, queue.id, by="Bo", now=LATER) is None
    over = late + timedelta(seconds=LEASE)
    assert case_at(records, queue.id, 1, now=over).holder == ""
    assert renew(records, case.id, by="Ada", now=over).holder == "Ada"
    after = over + timedelta(seconds=LEASE)
    assert take(records, queue.id, by="Bo", now=after).holder == "Bo"
    with pytest.raises(Conflict, match="Bo holds"):
        renew(records, case.id, by="Ada", now=after)
    with pytest.raises(Conflict, match="Bo holds"):
        decide(records, case.id, "Ada", now=after)


def test_only_the_holder_releases(records):
    queue = a_queue(records, 1)
    case = take(records, queue.id, by="Ada", now=NOW)
    release(records, case.id, by="Bo")
    assert take(records, queue.id, by="Bo", now=NOW) is None
    release(records, case.id, by="Ada")
    assert take(records, queue.id, by="Bo", now=NOW).position == 1


def test_skipped_cases_come_last_and_only_for_who_skipped(records):
    queue = a_queue(records)
    first = take(records, queue.id, by="Ada", now=NOW)
    skip(records, first.id, by="Ada", reason="Waiting for the merchant.")
    order = []
    for _ in range(3):
        case = take(records, queue.id, by="Ada", after=0, now=NOW)
        order.append(case.position)
        decide(records, case.id, "Ada")
    assert order == [2, 3, 1]
    other = a_queue(records, name="Other")
    skip(records, case_ids(records, other)[0], by="Ada")
    assert take(records, other.id, by="Bo", now=NOW).position == 1
    assert progress_of(records, [other.id])[other.id].skipped == 1


def test_what_is_decided_is_not_skipped(records):
    queue = a_queue(records, 1, needed=2)
    case = take(records, queue.id, by="Ada", now=NOW)
    decide(records, case.id, "Ada")
    with pytest.raises(Conflict, match="decided this case already"):
        skip(records, case.id, by="Ada")


def test_the_next_one_is_looked_for_behind_and_then_from_the_start(records):
    queue = a_queue(records)
    assert take(records, queue.id, by="Ada", after=2, now=NOW).position == 3
    decide(records, case_ids(records, queue)[2], "Ada")
    assert take(records, queue.id, by="Ada", after=3, now=NOW).position == 1


def test_a_double_review_goes_to_two_people(records):
    queue = a_queue(records, 1, needed=2)
    case = take(records, queue.id, by="Ada", now=NOW)
    assert not case.is_second_opinion
    decide(records, case.id, "Ada")
    assert take(records, queue.id, by="Ada", now=NOW) is None
    with pytest.raises(Conflict, match="decided this case already"):
        take(records, queue.id, by="Ada", position=1, now=NOW)
    with pytest.raises(Conflict, match="decided this case already"):
        decide(records, case.id, "Ada", KITCHEN)
    second = take(records, queue.id, by="Bo", now=NOW)
    assert second.is_second_opinion
    assert progress_of(records, [queue.id])[queue.id].second == 1
    decide(records, case.id, "Bo", KITCHEN)
    done = case_at(records, queue.id, 1)
    assert (done.state, done.reviews, done.holder) == ("decided", 2, "")
    assert take(records, queue.id, by="Cy", now=NOW) is None
    with pytest.raises(Conflict, match="finished"):
        take(records, queue.id, by="Cy", position=1, now=NOW)


def test_discarding_needs_a_reason_and_can_be_taken_back(records):
    queue = a_queue(records, 2)
    case = take(records, queue.id, by="Ada", now=NOW)
    with pytest.raises(InvalidInput):
        discard(records, case.id, by="Ada", reason="  ")
    with pytest.raises(Conflict, match="Ada holds"):
        discard(records, case.id, by="Bo", reason="A test order.", now=NOW)
    assert (
        discard(records, case.id, by="Ada", reason="A test order.").state == "discarded"
    )
    assert take(records, queue.id, by="Bo", now=NOW).position == 2
    assert progress_of(records, [queue.id])[queue.id].discarded == 1
    with pytest.raises(Conflict, match="finished"):
        decide(records, case.id, "Ada")
    assert restore(records, case.id, by="Bo").state == "open"
    told = [
        change.action for change in audit_trail(records, kind="case", subject=case.id)
    ]
    assert told == ["restore", "discard"]


def test_unknown_cases_are_named(records):
    with pytest.raises(UnknownName):
        skip(records, "nowhere", by="Ada")
    with pytest.raises(UnknownName):
        renew(records, "nowhere", by="Ada")
    with pytest.raises(UnknownName):
        take(records, "nowhere", by="Ada")


def test_progress_counts_what_is_overdue(records):
    queue = a_queue(records)
    late = NOW + timedelta(hours=49)
    figures = progress_of(records, [queue.id, "none"], now=late)
    assert list(figures) == [queue.id]
    assert (figures[queue.id].overdue, figures[queue.id].next_due) == (
        3, NOW + timedelta(hours=48),
    )  # fmt: skip


def test_threads_never_share_a_case(records):
    """200 trials: people who take at the same moment get different cases."""
    queue = a_queue(records, PEOPLE + 1)
    ids = case_ids(records, queue)
    together = threading.Barrier(PEOPLE)
    taken: list[list[str]] = [[] for _ in range(PEOPLE)]

    def work(number):
        for _ in range(TRIALS):
            together.wait()
            case = take(records, queue.id, by=f"person {number}")
            taken[number].append(case.id)
            together.wait()
            release(records, case.id, by=f"person {number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for held in zip(*taken, strict=True):
        assert len(set(held)) == PEOPLE
        assert set(held) <= set(ids)
    assert [len(cases) for cases in taken] == [TRIALS] * PEOPLE


def test_two_processes_never_share_a_case(location):
    """200 cases, two processes: each case goes to one of them, none is left."""
    records = open_records(location)
    queue = a_queue(records, TRIALS)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", TAKE_ALL, str(location), queue.id, person],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=Path(__file__).parents[2],
        )
        for person in ("Ada", "Bo")
    ]  # fmt: skip
    for process in running:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        assert process.stdout.readline() == "holds one\n", process.stderr.read()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=120) for process in running]
    taken = [json.loads(out) for out, _ in ended]
    counts = Counter(position for mine in taken for position in mine)
    assert sorted(counts) == list(range(1, TRIALS + 1))
    assert set(counts.values()) == {1}
    assert all(taken)
    assert all(
        case.state == "decided" for case in cases_of(records, queue.id, limit=300)
    )
    with records.reading() as connection:
        assert (
            connection.execute(sa.text("SELECT count(*) FROM cases")).scalar() == TRIALS
        )
    records.close()
