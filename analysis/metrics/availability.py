"""Which metrics a dataset gives, and what would unlock the others."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from analysis.engine.dataset import Dataset
from analysis.errors import MissingField
from analysis.metrics.components import BoundMetric, bind_metric
from analysis.metrics.registry import Definition, load_definitions, parse_reference


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


def _assumed(dataset: Dataset, metric: BoundMetric) -> tuple[str, ...]:
    read = {
        (column.table, column.name)
        for component in metric.components
        if component.value is not None
        for column in component.value.find_all(exp.Column)
    }
    columns = {
        name: dataset.tables[table].columns.get(name) for table, name in sorted(read)
    }
    return tuple(name for name, item in columns.items() if item and item.assumed)
