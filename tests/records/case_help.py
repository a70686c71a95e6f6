"""Small queues for the tests of cases, and what two processes do with one."""

from datetime import UTC, datetime, timedelta

from analysis.records.cases import NewCase, Queue, QueueSettings, add_queue, cases_of
from analysis.records.cases_answers import Answer
from analysis.records.cases_decisions import Handling, add_decision

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
LEASE = 900
LATER = NOW + timedelta(seconds=LEASE + 1)
RIDER = Answer(party="rider", explanation="Late at the merchant by nine minutes.")
KITCHEN = Answer(party="merchant", explanation="The kitchen was twelve minutes late.")


def a_queue(records, size=3, *, needed=1, **changes) -> Queue:
    """A queue of orders o1, o2, ...; ``needed`` may be one number or a list."""
    settings = {
        "name": "Late",
        "dataset": "demo",
        "dataset_version": "v001",
        "source": "selection",
        "selection": {"event": "late"},
        "rubric": "Look at the kitchen first.",
        "order": ("-severity",),
        "reviewers_per_case": 1,
        "double_review_share": 0.1,
        "lease_seconds": LEASE,
        "time_target": 120.0,
        "due_hours": 48.0,
    } | changes
    counts = [needed] * size if isinstance(needed, int) else needed
    members = [
        NewCase(
            order_no=place * 10,
            order_id=f"o{place}",
            severity=1 + place % 4,
            needed=count,
            doubled_by="random" if count > 1 else "",
        )
        for place, count in enumerate(counts, start=1)
    ]
    return add_queue(records, QueueSettings(**settings), members, by="Ada", now=NOW)


def case_ids(records, queue) -> list[str]:
    return [case.id for case in cases_of(records, queue.id, limit=10_000)]


def decide(records, case, by, answer=RIDER, now=NOW, **options):
    """Decide a case at a fixed time."""
    handling = Handling(now=now, is_blind=options.pop("is_blind", False))
    return add_decision(records, case, answer, by=by, handling=handling, **options)
