"""Which metrics a dataset gives, and what would unlock the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import MissingField
from analysis.metrics.components import BoundMetric, bind_metric
from analysis.metrics.dimensions import dimension
from analysis.metrics.filters import filters_of
from analysis.metrics.registry import Definition, load_definitions, parse_reference
from analysis.metrics.selection import Selection


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a dataset gives a metric.

    Attributes:
        definition: The metric.
        missing: Columns, ``table.column`` beside orders, that would unlock it; empty if
            it is available.
        assumed: Columns it reads where a rule stands in for data.
    """

    definition: Definition
    missing: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def is_available(self) -> bool:
        """Whether it can be computed."""
        return not self.missing


def availability(dataset: Dataset) -> dict[str, Availability]:
    """Every metric of the registry by name, available or locked."""
    return {name: availability_of(dataset, name) for name in load_definitions()}


def availability_of(dataset: Dataset, metric: str) -> Availability:
    """Whether a dataset gives one metric, with settings where wanted.

    Raises:
        UnknownName: if there is no such metric.
    """
    reference = parse_reference(metric)
    try:
        bound = bind_metric(dataset, reference)
    except MissingField as error:
        return Availability(reference.definition, missing=error.fields)
    return Availability(reference.definition, assumed=_assumed(dataset, bound))


def assumed_of(
    dataset: Dataset,
    *,
    by: str | Sequence[str] = (),
    selection: Selection | None = None,
) -> tuple[str, ...]:
    """Columns where a rule stands in for data, behind groups and a choice of orders.

    Args:
        dataset: Whose columns are read.
        by: Dimensions, such as ``severity_band``.
        selection: Conditions and an event, such as ``late``.

    Returns:
        Names of columns, empty where everything rests on data.

    Raises:
        UnknownName: if there is no such dimension or event.
        MissingField: if the dataset lacks columns that one of them needs.
    """
    names = (by,) if isinstance(by, str) else by
    read = [dimension(dataset, name).expression for name in names if name]
    read += filters_of(dataset, selection) if selection else ()
    return _assumed_in(dataset, read)


def _assumed(dataset: Dataset, metric: BoundMetric) -> tuple[str, ...]:
    read = [item.value for item in metric.components if item.value is not None]
    return _assumed_in(dataset, read)


def _assumed_in(dataset: Dataset, trees: Iterable[exp.Expr]) -> tuple[str, ...]:
    read = {
        (column.table, column.name)
        for tree in trees
        for column in tree.find_all(exp.Column)
    }
    found = {
        name: dataset.tables[table].columns.get(name) for table, name in sorted(read)
    }
    return tuple(name for name, item in found.items() if item and item.assumed)
