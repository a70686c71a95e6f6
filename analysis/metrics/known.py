"""Which values of a list a published dataset knows."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics.expressions import ORDERS
from analysis.metrics.trees import column, table

_ASKED = "asked"


def known_values(dataset: Dataset, name: str, values: Sequence[str]) -> int:
    """How many of some values a column of the orders holds.

    Args:
        dataset: A published version.
        name: Column of the orders, of texts.
        values: Distinct values, as published.

    Raises:
        MissingField: the dataset has no such column.
    """
    dataset.require(name)
    held = exp.select(column(name)).from_(table(ORDERS))
    count = exp.alias_(exp.Count(this=exp.Star()), exp.to_identifier("n", quoted=True))
    query = (
        exp.select(count)
        .from_(table(_ASKED))
        .where(exp.In(this=column("value"), query=held.subquery()))
    )
    asked = pa.table({"value": pa.array(values, pa.string())})
    found = dataset.engine.run(query, tables={_ASKED: asked})
    return int(found.column("n")[0].as_py())
