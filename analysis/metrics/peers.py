"""How long comparable orders took: the same city, hour band and distance band.

Orders are compared within blocks of ``BLOCK`` orders that followed one another, so that
a case has the same peers whether it is looked at alone or among thousands, and one case
reads one block only, however large the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.dimensions import dimension
from analysis.metrics.expressions import ORDERS
from analysis.metrics.stages import STAGE_MILESTONES, Stage, stages_of

#: Orders that are compared with one another.
BLOCK = 100_000
#: Fewer comparable orders are too few: the next wider group is taken.
MIN_PEERS = 30
#: In which groups orders are comparable, the narrowest first.
LEVELS = (
    ("city", "hour_band", "distance_band"),
    ("city", "distance_band"),
    ("city",),
    (),
)
FRACTIONS = (0.1, 0.5, 0.9)
COLUMNS = ("order_no", "stage", "p10", "p50", "p90", "n", "by")
_NEEDS = {"city": "city", "hour_band": "local_hour", "distance_band": "distance_m"}
_PLANNED = (
    "planned_accepted_at", "planned_arrived_merchant_at",
    "planned_arrived_customer_at", "planned_delivered_at",
)  # fmt: skip


def peers(
    dataset: Dataset,
    orders: int | Sequence[int],
    *,
    facts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """How long each stage of these orders usually takes.

    Comparable are delivered orders of the same city, hour band and distance band, near
    in time (the same block of ``BLOCK`` orders); where fewer than ``MIN_PEERS`` of them
    are known, those of the city and distance band, of the city, of all.

    Args:
        dataset: A published version.
        orders: Numbers of orders; the stages are those that each order's own
            milestones can tell apart.
        facts: Their rows of ``case_facts``, if they are there already.

    Returns:
        One row an order and stage, and one for ``total`` (created to delivered):
        ``order_no``, ``stage``, ``p10``, ``p50``, ``p90`` (minutes), ``n`` comparable
        orders, ``by`` (dimensions they share, joined by blanks). No rows for stages of
        which too few are known.
    """
    numbers = [orders] if isinstance(orders, int) else list(orders)
    own = _own(dataset, numbers) if facts is None else facts
    found = [
        _of_stages(dataset, group, stages) for stages, group in _by_stages(dataset, own)
    ]
    return pd.concat(found, ignore_index=True) if found else _nothing()


def usual_facts(dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    """Usual minutes of the dataset's stages, for orders that come without plans.

    Args:
        dataset: A published version.
        frame: Facts with ``order_no`` and the dimensions that peers share.

    Returns:
        ``order_no``, ``usual_<stage>`` (medians), ``usual_fast`` (tenth percentile of
        the whole) and ``usual_n``; ``order_no`` alone where every plan is a column.
    """
    if all(name in frame for name in _PLANNED) or "delivered_at" not in frame:
        return frame[["order_no"]]
    stages = stages_of(dataset.fields)
    long = _of_stages(dataset, frame, (*stages, *_total(dataset)))
    medians = long.pivot_table(index="order_no", columns="stage", values="p50")
    wide = medians.add_prefix("usual_").drop(columns="usual_total", errors="ignore")
    whole = long[long["stage"] == "total"].set_index("order_no")
    wide = wide.reindex(frame["order_no"].to_numpy())
    wide["usual_fast"], wide["usual_n"] = whole["p10"], whole["n"]
    return wide.rename_axis("order_no").reset_index()


def block_of(order_no: int) -> int:
    """The block in which an order finds its peers; a cache may be keyed by it."""
    return order_no // BLOCK


def _own(dataset: Dataset, numbers: Sequence[int]) -> pd.DataFrame:
    """The orders' milestones and dimensions."""
    milestones = [name for name in STAGE_MILESTONES if name in dataset.fields]
    values: dict[str, exp.Expr] = {
        name: trees.column(name, ORDERS) for name in milestones
    }
    values |= _dimensions(dataset)
    asked = pa.table({"order_no": np.asarray(numbers, dtype=np.int64)})
    number = trees.column("order_no", ORDERS)
    same = exp.EQ(this=number.copy(), expression=trees.column("order_no", "asked"))
    query = exp.select(number, *_named(values)).from_(trees.table(ORDERS))
    query = query.join(trees.table("asked"), on=same, copy=False)
    return dataset.engine.run(query, tables={"asked": asked}).to_pandas()


def _by_stages(
    dataset: Dataset, own: pd.DataFrame
) -> list[tuple[tuple[Stage, ...], pd.DataFrame]]:
    """Orders by the stages that their own milestones can tell apart."""
    milestones = [name for name in STAGE_MILESTONES if name in own]
    if "created_at" not in milestones:
        return []
    known = own[milestones].notna()
    groups = own.groupby([known[name] for name in milestones])
    return [
        (
            stages_of(
                [name for name, there in zip(milestones, key, strict=True) if there]
            )
            + _total(dataset),
            group,
        )
        for key, group in groups
    ]


def _total(dataset: Dataset) -> tuple[Stage, ...]:
    if not dataset.has(ORDERS, "created_at", "delivered_at"):
        return ()
    return (Stage("total", (), "created_at", "delivered_at"),)


def _of_stages(
    dataset: Dataset, own: pd.DataFrame, stages: tuple[Stage, ...]
) -> pd.DataFrame:
    """Percentiles of these stages for these orders, one row an order and stage."""
    shared = _dimensions(dataset)
    cases = own[["order_no", *shared]].assign(block=own["order_no"] // BLOCK)
    found = [_nothing()]
    left = cases.merge(
        pd.DataFrame({"stage": [stage.name for stage in stages]}), "cross"
    )
    for level in _levels(tuple(shared)):
        if left.empty:
            break
        keys = ["block", *level]
        cells = left[keys].dropna().drop_duplicates()
        here = _cells(dataset, cells, stages, level)
        matched = left.merge(here, on=[*keys, "stage"], how="left")
        enough = matched["n"].fillna(0) >= MIN_PEERS
        found.append(matched[enough].assign(by=" ".join(level)))
        left = matched.loc[~enough, left.columns]
    filled = [part for part in found if len(part)]
    return pd.concat(filled)[list(COLUMNS)] if filled else _nothing()


def _cells(
    dataset: Dataset,
    cells: pd.DataFrame,
    stages: tuple[Stage, ...],
    level: tuple[str, ...],
) -> pd.DataFrame:
    """Percentiles of the stages in these cells of a level, one row a cell and stage."""
    dimensions = {
        name: value for name, value in _dimensions(dataset).items() if name in level
    }
    rows = _rows(dataset, cells, stages, dimensions).subquery("comparable")
    keys = [trees.column(name, "comparable") for name in ("block", *level)]
    same = [
        exp.EQ(this=key.copy(), expression=trees.column(key.name, "cells"))
        for key in keys
    ]
    values = [value for stage in stages for value in _quantiles(stage)]
    query = exp.select(*keys, *values).from_(rows)
    query = query.join(trees.table("cells"), on=exp.and_(*same), copy=False)
    query = query.group_by(*(key.copy() for key in keys))
    brought = pa.Table.from_pandas(cells, preserve_index=False)
    wide = dataset.engine.run(query, tables={"cells": brought}).to_pandas()
    return _long(wide, stages)


def _rows(
    dataset: Dataset,
    cells: pd.DataFrame,
    stages: tuple[Stage, ...],
    dimensions: dict[str, exp.Expr],
) -> exp.Select:
    """Minutes of each stage of the delivered orders of the cells' blocks."""
    number = trees.column("order_no", ORDERS)
    block = exp.IntDiv(this=number, expression=exp.Literal.number(BLOCK))
    minutes = {stage.name: stage.minutes() for stage in stages}
    query = exp.select(
        trees.named(block, "block"), *_named(dimensions), *_named(minutes)
    ).from_(trees.table(ORDERS))
    low, high = cells["block"].min() * BLOCK, (cells["block"].max() + 1) * BLOCK
    query = query.where(
        exp.GTE(this=number.copy(), expression=exp.Literal.number(int(low))),
        exp.LT(this=number.copy(), expression=exp.Literal.number(int(high))),
    )
    if "delivered_at" in dataset.fields:
        delivered = trees.column("delivered_at", ORDERS)
        query = query.where(exp.Not(this=exp.Is(this=delivered, expression=exp.null())))
    return query


def _quantiles(stage: Stage) -> list[exp.Expr]:
    minutes = trees.column(stage.name, "comparable")
    fractions = exp.array(*(exp.Literal.number(part) for part in FRACTIONS))
    quantiles = exp.func("QUANTILE_CONT", minutes, fractions, dialect="duckdb")
    return [
        trees.named(quantiles, f"q {stage.name}"),
        trees.named(exp.Count(this=minutes.copy()), f"n {stage.name}"),
    ]


def _long(wide: pd.DataFrame, stages: tuple[Stage, ...]) -> pd.DataFrame:
    keys = [name for name in wide.columns if not name.startswith(("q ", "n "))]
    parts = []
    for stage in stages:
        part = wide[keys].assign(stage=stage.name, n=wide[f"n {stage.name}"])
        spread = wide[f"q {stage.name}"].map(_three)
        part[["p10", "p50", "p90"]] = pd.DataFrame(
            spread.tolist(), index=wide.index, columns=["p10", "p50", "p90"]
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _three(values: object) -> tuple[float, ...]:
    if values is None or isinstance(values, float):
        return (np.nan,) * len(FRACTIONS)
    return tuple(float(value) for value in values)  # type: ignore[attr-defined]


def _levels(shared: tuple[str, ...]) -> list[tuple[str, ...]]:
    kept = (tuple(name for name in level if name in shared) for level in LEVELS)
    return list(dict.fromkeys(kept))


def _dimensions(dataset: Dataset) -> dict[str, exp.Expr]:
    """The dimensions that peers share, as far as the dataset has them."""
    return {
        name: dimension(dataset, name).expression
        for name, column in _NEEDS.items()
        if column in dataset.fields
    }


def _named(values: dict[str, exp.Expr]) -> list[exp.Expr]:
    return [trees.named(value, name) for name, value in values.items()]


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS))
