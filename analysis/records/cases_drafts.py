"""What somebody has typed on a case and not decided yet.

Drafts are overwritten with each pause of typing and leave no trail; what was decided
leaves one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.records.database import Records


@dataclass(frozen=True, slots=True)
class Draft:
    """A form half filled in.

    Attributes:
        case: Id of the case.
        reviewer: Whose it is; everybody has their own.
        content: Values of the form by name, as JSON data.
        opened_at: When this person first opened the case.
        active_seconds: Seconds they were active on it so far.
        saved_at: When it was saved.
    """

    case: str
    reviewer: str
    content: Mapping[str, Any]
    opened_at: datetime
    active_seconds: float
    saved_at: datetime


def save_draft(
    records: Records,
    case: str,
    *,
    by: str,
    content: Mapping[str, Any],
    active_seconds: float = 0.0,
    now: datetime | None = None,
) -> Draft:
    """Keep what is typed; active seconds never fall, the opening stays the first.

    Raises:
        InvalidInput: if the content is no JSON data or too long.
        UnknownName: if there is no such case.
    """
    raise NotImplementedError


def draft_of(records: Records, case: str, *, by: str) -> Draft | None:
    """What this person typed on a case and has not decided."""
    raise NotImplementedError


def drop_draft(records: Records, case: str, *, by: str) -> None:
    """Forget a draft."""
    raise NotImplementedError
