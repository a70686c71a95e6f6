"""Saved views: an address of a page under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from analysis.errors import InvalidInput
from analysis.records import trail
from analysis.records.database import Records
from analysis.records.tables import saved_views
from analysis.words import N_

MAX_ADDRESS: Final = 6_000


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view of a page that somebody keeps.

    Attributes:
        id: Its name in the trail.
        page: Page it belongs to, such as ``kpis``.
        name: Name the user gave it.
        address: Value of the page's ``v`` parameter.
        owner: Who saved it.
        shared: Whether others see it in their lists.
        version: Rises with each change; give it back when changing.
        created_at: When it was saved, in UTC.
        created_by: By whom.
        changed_at: When it was last changed, in UTC.
        changed_by: By whom.
    """

    id: str
    page: str
    name: str
    address: str
    owner: str
    shared: bool
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


def save_view(
    records: Records,
    *,
    page: str,
    name: str,
    address: str,
    by: str,
    shared: bool = False,
) -> SavedView:
    """Save a view under a name; the owner's view of that name is replaced, traced.

    Raises:
        InvalidInput: if a text is empty or too long.
        Conflict: if the same name was saved at the same moment.
    """
    owner = trail.author(by)
    values = {
        "page": trail.label(page),
        "name": trail.label(name),
        "address": _address(address),
        "owner": owner,
        "shared": shared,
    }
    same = [saved_views.c[name] == values[name] for name in ("page", "name", "owner")]
    query = sa.select(saved_views).where(*same, saved_views.c.deleted_at.is_(None))
    with records.writing() as connection:
        found = connection.execute(query).mappings().first()
        if found is None:
            return _view(trail.create(connection, "saved_view", values, by=by))
        return _view(trail.revise(connection, "saved_view", dict(found), values, by=by))


def rename_view(
    records: Records,
    identifier: str,
    *,
    name: str,
    by: str,
    version: int | None = None,
) -> SavedView:
    """Give a saved view another name.

    Raises:
        InvalidInput: if the name is empty or too long.
        UnknownName: if there is no such view.
        Conflict: if the name is taken, or somebody else changed the view meanwhile.
    """
    values = {"name": trail.label(name)}
    with records.writing() as connection:
        row = trail.live(connection, "saved_view", identifier)
        trail.expect(row, version)
        return _view(trail.revise(connection, "saved_view", row, values, by=by))


def delete_view(
    records: Records, identifier: str, *, by: str, version: int | None = None
) -> None:
    """Delete a saved view; ``undo_delete`` brings it back.

    Raises:
        UnknownName: if there is no such view.
        Conflict: if somebody else changed or deleted it meanwhile.
    """
    trail.remove(records, "saved_view", identifier, by=by, version=version)


def list_views(
    records: Records, *, page: str | None = None, person: str | None = None
) -> tuple[SavedView, ...]:
    """Saved views, the last changed first.

    Args:
        records: The open records.
        page: Only of this page.
        person: Only their own and the shared ones; None for all.
    """
    query = sa.select(saved_views).where(saved_views.c.deleted_at.is_(None))
    if page is not None:
        query = query.where(saved_views.c.page == page)
    if person is not None:
        query = query.where(
            sa.or_(saved_views.c.owner == person, saved_views.c.shared.is_(True))
        )
    query = query.order_by(saved_views.c.changed_at.desc())
    with records.reading() as connection:
        return tuple(_view(dict(row)) for row in connection.execute(query).mappings())


def _view(row: Mapping[str, Any]) -> SavedView:
    return SavedView(**{field.name: row[field.name] for field in fields(SavedView)})


def _address(address: str) -> str:
    if len(address) > MAX_ADDRESS:
        raise InvalidInput(
            N_("The view has {seen} characters, at most {limit} can be saved."),
            hint=N_("Choose fewer values in its filters."),
            seen=len(address),
            limit=MAX_ADDRESS,
        )
    return address
