"""Who holds which case: leases that run out, skipping and discarding."""

from __future__ import annotations

from datetime import datetime

from analysis.records.cases import Case
from analysis.records.database import Records


def take(
    records: Records,
    queue: str,
    *,
    by: str,
    position: int | None = None,
    after: int = 0,
    now: datetime | None = None,
) -> Case | None:
    """Take a case to decide it: nobody else gets it before the lease runs out.

    Somebody holds at most one case of a queue: taking another lets go of the one held.
    Without a position the case held already comes first (after a reload, a killed
    server); then the first open one after ``after`` that this person has not decided,
    then those before it, and those that they skipped last.

    Args:
        records: The open records.
        queue: Id of the queue.
        by: Who takes it.
        position: Take exactly this one.
        after: Start looking behind this position.
        now: The present, for tests.

    Returns:
        The case with ``holder`` and ``held_until``; None if nothing is left for this
        person.

    Raises:
        Conflict: if the case at ``position`` is held by somebody else, finished, or
            already decided by this person; read it with ``case_at`` then.
        UnknownName: if there is no such queue or position.
    """
    raise NotImplementedError


def renew(records: Records, case: str, *, by: str, now: datetime | None = None) -> Case:
    """Keep a case for another lease, as long as nobody else took it.

    Raises:
        Conflict: if somebody else holds it by now, or it is decided.
    """
    raise NotImplementedError


def release(records: Records, case: str, *, by: str) -> None:
    """Let go of a case; nothing happens if this person does not hold it."""
    raise NotImplementedError


def skip(records: Records, case: str, *, by: str, reason: str = "") -> None:
    """Let go of a case and see it again only after all others; drafts stay."""
    raise NotImplementedError


def discard(records: Records, case: str, *, by: str, reason: str) -> Case:
    """Take a case out of its queue for everybody, with a reason.

    Raises:
        InvalidInput: if there is no reason.
        Conflict: if somebody else holds it or it is decided.
    """
    raise NotImplementedError


def restore(records: Records, case: str, *, by: str) -> Case:
    """Bring a discarded case back into its queue.

    Raises:
        Conflict: if it is not discarded.
    """
    raise NotImplementedError
