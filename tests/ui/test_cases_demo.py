"""The demo's queues: its past decisions, and late orders of the malls to work on."""

from analysis.cases import decision_frame, quality
from analysis.records import open_records
from analysis.records.cases import case_at, list_queues, progress_of
from analysis.records.cases_leases import take
from ui.cases.demo_queues import CASES, PAST, TO_WORK_ON, register_queues


def test_the_demo_has_a_past_and_a_queue_to_work_on(sample_world, tmp_path):
    records = open_records(tmp_path)
    register_queues(records, sample_world.dataset, sample_world.out)
    register_queues(records, sample_world.dataset, sample_world.out)
    queues = {queue.name: queue for queue in list_queues(records)}
    assert set(queues) == {PAST, TO_WORK_ON}
    figures = progress_of(records, [queue.id for queue in queues.values()])
    assert figures[queues[TO_WORK_ON].id].open == CASES
    assert figures[queues[PAST].id].done == queues[PAST].size
    first = take(records, queues[TO_WORK_ON].id, by="Ada")
    assert first.severity == case_at(records, queues[TO_WORK_ON].id, 1).severity == 4
    told = quality(decision_frame(records, dataset=sample_world.dataset.id))
    assert told.overridden.n == told.decisions
    assert 0 < told.overridden.value < 0.5
    assert len(told.overrides) > 10
    assert len(told.missing)
    records.close()
