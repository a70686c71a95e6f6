"""Queues of cases from a selection of orders or from a list of ids."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, NotEnoughData
from analysis.metrics import Selection
from analysis.metrics.members import HIGHEST, Listed, members
from analysis.records import Records
from analysis.records.cases import (
    DoubledBy,
    NewCase,
    Queue,
    QueueSettings,
    add_queue,
)
from analysis.records.cases_gold import gold_orders
from analysis.words import N_

MAX_CASES = 20_000
MOST_REVIEWERS = 5
SHORTEST_LEASE = 30
SECONDS_A_DAY = 86_400
HOURS_A_YEAR = 8_760


def queue(
    dataset: Dataset,
    selection: Selection | None = None,
    *,
    records: Records,
    name: str,
    by: str,
    ids: Sequence[str] | None = None,
    hashed: Callable[[str], str] | None = None,
    rubric: str = "",
    order: Sequence[str] = ("-severity",),
    limit: int = MAX_CASES,
    reviewers_per_case: int = 1,
    double_review_share: float = 0.10,
    double_from_severity: int = HIGHEST,
    gold: int = 0,
    time_target: float = 120.0,
    lease_seconds: int = 900,
    due_hours: float = 48.0,
    seed: int | None = None,
) -> Queue:
    """Make a queue of cases, fixed to this version of the dataset.

    Args:
        dataset: A published version.
        selection: Which orders; a bar, an anomaly and a saved view are all one.
        records: Where the queue is kept.
        name: Its name; a dataset has one queue of a name.
        by: Who makes it.
        ids: Order ids instead of a selection; those that the dataset has not are
            reported as ``missing_ids``, repeated ones count once.
        hashed: Hash of an id, tried for ids that the dataset does not have as they
            are, where order ids were hashed at publishing.
        rubric: What reviewers should look at.
        order: Columns to sort by, descending with a leading ``-``, as in ``rows``;
            also ``severity`` and ``random``. With ``ids`` an empty order keeps theirs.
        limit: At most this many cases, the first in that order.
        reviewers_per_case: Independent decisions that every case needs, 1 to 5.
        double_review_share: Share of cases drawn at random that need two.
        double_from_severity: Cases of this severity (1 to 4) or more need two as well;
            5 for none.
        gold: Cases with a known right answer mixed in, unmarked, as far as the dataset
            has them.
        time_target: Active seconds that a case should take at most.
        lease_seconds: How long a case stays with somebody who does nothing.
        due_hours: Hours until the cases should be decided; 0 for no date.
        seed: Of the random order and the random double reviews; drawn if None.

    Returns:
        The queue; ``missing_ids`` says which ids were not found.

    Raises:
        NotEnoughData: if no order is in it.
        InvalidInput: if a setting is out of its range, or both or neither of selection
            and ids are given.
        Conflict: if the dataset has a queue of that name.
    """
    settings = QueueSettings(
        name=name,
        dataset=dataset.id,
        dataset_version=dataset.version,
        source="ids" if selection is None else "selection",
        selection={} if selection is None else selection.to_json(),
        rubric=rubric,
        order=tuple(order),
        reviewers_per_case=reviewers_per_case,
        double_review_share=double_review_share,
        lease_seconds=lease_seconds,
        time_target=time_target,
        due_hours=due_hours,
    )
    _check_settings(settings)
    _check("limit", limit, 1, MAX_CASES)
    drawn = secrets.randbits(31) if seed is None else seed
    rng = np.random.default_rng(drawn)
    chosen = _chosen(dataset, selection, ids, hashed)
    found = members(dataset, chosen, order=order, seed=drawn, limit=limit)
    missing = _missing(dataset, chosen, found, limit=limit)
    known = gold_orders(records, dataset.id) if gold else ()
    mixed = _with_gold(dataset, found, known, most=gold, rng=rng)
    doubled = _doubled(mixed, rng, settings, grave=double_from_severity)
    cases = _cases(mixed, doubled, needed=reviewers_per_case)
    return replace(add_queue(records, settings, cases, by=by), missing_ids=missing)


def _check_settings(settings: QueueSettings) -> None:
    _check("reviewers_per_case", settings.reviewers_per_case, 1, MOST_REVIEWERS)
    _check("double_review_share", settings.double_review_share, 0, 1)
    _check("time_target", settings.time_target, 1, SECONDS_A_DAY)
    _check("lease_seconds", settings.lease_seconds, SHORTEST_LEASE, SECONDS_A_DAY)
    _check("due_hours", settings.due_hours, 0, HOURS_A_YEAR)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidInput(
            N_("{name} is {value}, must be from {low} to {high}."),
            hint=N_("Choose a value in that range."),
            name=name,
            value=value,
            low=low,
            high=high,
        )


def _chosen(
    dataset: Dataset,
    selection: Selection | None,
    ids: Sequence[str] | None,
    hashed: Callable[[str], str] | None,
) -> Selection | Listed:
    if (selection is None) == (ids is None):
        raise InvalidInput(
            N_("A queue needs either a selection or a list of ids."),
            hint=N_("Give one of the two."),
        )
    if selection is not None:
        return selection
    cleaned = (str(value).strip() for value in ids or ())
    wanted = list(dict.fromkeys(filter(None, cleaned)))
    if hashed is None:
        return Listed("order_id", wanted)
    known = set(members(dataset, Listed("order_id", wanted))["order_id"])
    tried = (value if value in known else hashed(value) for value in wanted)
    return Listed("order_id", list(dict.fromkeys(tried)))


def _missing(
    dataset: Dataset, chosen: Selection | Listed, found: pd.DataFrame, *, limit: int
) -> tuple[str, ...]:
    """Ids that were not found.

    Raises:
        NotEnoughData: if nothing was.
    """
    absent: tuple[str, ...] = ()
    if isinstance(chosen, Listed) and len(found) < limit:
        known = set(found["order_id"])
        absent = tuple(str(value) for value in chosen.wanted if value not in known)
    if found.empty:
        raise NotEnoughData(
            N_("No order of {dataset} is in this queue; {missing} ids are unknown."),
            hint=N_("Widen the filters, or check the ids."),
            missing=len(absent),
            dataset=dataset.name,
        )
    return absent


def _with_gold(
    dataset: Dataset,
    found: pd.DataFrame,
    known: Sequence[str],
    *,
    most: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Cases with a known answer at random places among the others."""
    others = sorted(set(known) - set(found["order_id"]))
    picked = rng.permutation(others)[:most].tolist()
    if not picked:
        return found
    extra = members(dataset, Listed("order_id", picked))
    places = rng.integers(0, len(found) + 1, size=len(extra)) - 0.5
    order = np.concatenate([np.arange(len(found), dtype=float), places])
    mixed = pd.concat([found, extra], ignore_index=True)
    return mixed.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _doubled(
    found: pd.DataFrame,
    rng: np.random.Generator,
    settings: QueueSettings,
    *,
    grave: int,
) -> list[DoubledBy]:
    """Why each case needs two reviews; chance comes first, so that it stays chance."""
    if settings.reviewers_per_case > 1:
        return ["queue"] * len(found)
    drawn = np.zeros(len(found), dtype=bool)
    count = round(settings.double_review_share * len(found))
    drawn[rng.permutation(len(found))[:count]] = True
    return [
        "random" if by_chance else "severity" if grade >= grave else ""
        for by_chance, grade in zip(drawn, found["severity"], strict=True)
    ]


def _cases(
    found: pd.DataFrame, doubled: Iterable[DoubledBy], *, needed: int
) -> list[NewCase]:
    columns = (found[name].tolist() for name in ("order_no", "order_id", "severity"))
    return [
        NewCase(
            order_no=number,
            order_id=identifier,
            severity=grade,
            needed=max(needed, 2) if why else needed,
            doubled_by=why,
        )
        for number, identifier, grade, why in zip(*columns, doubled, strict=True)
    ]
