"""Which segments share orders with a selection: a zone lies in its city only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.metrics import trees
from analysis.metrics.chosen import chosen
from analysis.metrics.filters import filters_of
from analysis.metrics.periods import Period
from analysis.metrics.selection import Selection


def meeting_query(
    dataset: Dataset,
    segments: Sequence[Selection],
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> exp.Select:
    """The query of ``meeting``, which see."""
    inside: dict[str, exp.Expr] = {
        f"s{place}": exp.and_(exp.true(), *filters_of(dataset, segment))
        for place, segment in enumerate(segments)
    }
    rows = chosen(dataset, inside, selection=selection, period=period).subquery("rows")
    counts = [
        trees.named(exp.CountIf(this=trees.column(name)), name) for name in inside
    ]
    return exp.select(*counts).from_(rows)


def meeting(
    dataset: Dataset,
    segments: Sequence[Selection],
    *,
    selection: Selection | None = None,
    period: Period | None = None,
) -> tuple[int, ...]:
    """How many orders of a selection lie in each of some segments.

    Args:
        dataset: A published version.
        segments: Their conditions and events; their periods are not used.
        selection: Which orders; all if None.
        period: First and last local day of creation, both included.

    Returns:
        A number of orders for each segment, from one look at the orders.

    Raises:
        UnknownName: if there is no such dimension or event.
        MissingField: if the dataset lacks columns that one of them needs.
    """
    if not segments:
        return ()
    query = meeting_query(dataset, segments, selection=selection, period=period)
    found = dataset.engine.run(query).to_pandas().iloc[0]
    return tuple(int(count) for count in found)
