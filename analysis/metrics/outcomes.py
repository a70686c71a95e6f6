"""Distributions that add up: the tree of negative experience, lateness bands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics.dimensions import dimension
from analysis.metrics.experience import BRANCHES, EXPERIENCE, GOOD, LEAVES
from analysis.metrics.measure import measure, sql_of
from analysis.metrics.periods import Comparison, Period
from analysis.metrics.selection import Selection
from analysis.stats.intervals import difference, wilson

#: Name of the tree's root.
ROOT: Final = "all orders"
SEVERITY: Final = "severity_band"


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the tree: a leaf, or a branch that is the sum of what is below it.

    Attributes:
        name: A leaf's value of the dimension ``experience``, or a branch's name.
        leaves: Values of the leaves below it; a leaf has itself.
        depth: 0 for the root.
        orders: Number of orders.
        share: Of all orders.
        low: Lower end of the interval of 95 % of the share.
        high: Upper end.
        before: Number of orders in the period compared with; None without one.
        share_before: Its share then; None without one.
        change_low: Lower end of the interval of the change of the share.
        change_high: Upper end.
    """

    name: str
    leaves: tuple[str, ...]
    depth: int
    orders: int
    share: float
    low: float
    high: float
    before: int | None = None
    share_before: float | None = None
    change_low: float = float("nan")
    change_high: float = float("nan")

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is below it."""
        return self.leaves == (self.name,)

    @property
    def is_good(self) -> bool:
        """Whether it is no bad experience at all."""
        return set(self.leaves) <= set(GOOD)


def experience_tree(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    compare: Comparison | None = None,
) -> tuple[Node, ...]:
    """The tree of how orders went, each branch before what is below it.

    Leaves exclude each other, and every branch is the sum of its leaves.

    Args:
        dataset: A published version.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.
        compare: What changes are against, as ``measure`` has it.

    Raises:
        MissingField: if the dataset cannot tell what was delivered.
    """
    found = measure(
        dataset, "orders", by=EXPERIENCE, selection=selection, period=period,
        compare=compare,
    ).set_index(EXPERIENCE)  # fmt: skip
    now = _counts(found, "orders")
    before = _counts(found, "orders_before") if compare else None
    return tuple(_nodes(now, before))


def experience_sql(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    compare: Comparison | None = None,
) -> str:
    """The query that ``experience_tree`` runs for the same arguments."""
    return sql_of(
        dataset, "orders", by=EXPERIENCE, selection=selection, period=period,
        compare=compare,
    )  # fmt: skip


def severity(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    compare: Comparison | None = None,
) -> pd.DataFrame:
    """How late orders were, over delivered orders with a promise.

    Args:
        dataset: A published version.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.
        compare: What changes are against, as ``measure`` has it.

    Returns:
        A row per band of ``severity_band``, in order, those without orders as well:
        ``band``, ``orders``, ``n`` (all bands together), ``share``, ``low``, ``high``;
        with ``compare`` also ``share_before``, ``change_low`` and ``change_high``.

    Raises:
        MissingField: if the dataset lacks promises or deliveries.
    """
    found = measure(
        dataset, "orders", by=SEVERITY, selection=selection, period=period,
        compare=compare,
    ).set_index(SEVERITY)  # fmt: skip
    bands = dimension(dataset, SEVERITY).values  # noqa: PD011 - no frame
    now = found["orders"].reindex(bands).fillna(0).to_numpy(dtype=float)
    frame = pd.DataFrame({"band": list(bands), "orders": now.astype(int)})
    frame["n"] = int(now.sum())
    interval = wilson(now, now.sum())
    frame["share"] = _shares(now)
    frame["low"], frame["high"] = interval.low, interval.high
    if compare:
        before = found["orders_before"].reindex(bands).fillna(0).to_numpy(dtype=float)
        bounds = difference(
            _shares(now), interval, _shares(before), wilson(before, before.sum())
        )
        frame["share_before"] = _shares(before)
        frame["change_low"], frame["change_high"] = bounds.low, bounds.high
    return frame


def severity_sql(
    dataset: Dataset,
    *,
    selection: Selection | None = None,
    period: Period | None = None,
    compare: Comparison | None = None,
) -> str:
    """The query that ``severity`` runs for the same arguments."""
    return sql_of(
        dataset, "orders", by=SEVERITY, selection=selection, period=period,
        compare=compare,
    )  # fmt: skip


def _shares(counts: np.ndarray) -> np.ndarray:
    total = counts.sum()
    return counts / total if total else np.full(len(counts), np.nan)


def _counts(found: pd.DataFrame, column: str) -> dict[str, int]:
    counted = found[column].reindex(LEAVES).fillna(0).astype(int)
    return {str(leaf): int(count) for leaf, count in counted.items()}


def _nodes(now: dict[str, int], before: dict[str, int] | None) -> Iterator[Node]:
    yield _node(ROOT, LEAVES, depth=0, now=now, before=before)
    told: set[tuple[str, ...]] = set()
    for leaf in LEAVES:
        path = BRANCHES[leaf]
        for depth in range(1, len(path) + 1):
            branch = path[:depth]
            if branch not in told:
                told.add(branch)
                below = tuple(
                    item for item in LEAVES if BRANCHES[item][:depth] == branch
                )
                yield _node(branch[-1], below, depth=depth, now=now, before=before)
        yield _node(leaf, (leaf,), depth=len(path) + 1, now=now, before=before)


def _node(
    name: str,
    leaves: tuple[str, ...],
    *,
    depth: int,
    now: dict[str, int],
    before: dict[str, int] | None,
) -> Node:
    total = sum(now.values())
    orders = sum(now[leaf] for leaf in leaves)
    bounds = wilson(orders, total)
    node = {
        "name": name, "leaves": leaves, "depth": depth, "orders": orders,
        "share": orders / total if total else float("nan"),
        "low": float(bounds.low), "high": float(bounds.high),
    }  # fmt: skip
    if before is None:
        return Node(**node)  # type: ignore[arg-type]
    total_before = sum(before.values())
    earlier = sum(before[leaf] for leaf in leaves)
    share_before = earlier / total_before if total_before else float("nan")
    change = difference(
        node["share"], bounds, share_before, wilson(earlier, total_before)  # type: ignore[arg-type]
    )  # fmt: skip
    return Node(
        **node,  # type: ignore[arg-type]
        before=earlier,
        share_before=share_before,
        change_low=float(change.low),
        change_high=float(change.high),
    )
