"""What a KPI means, which orders are meant, and every query over published tables."""

from analysis.metrics.availability import (
    Availability,
    assumed_of,
    availability,
    availability_of,
)
from analysis.metrics.dimensions import Dimension, dimensions_of, hierarchies_of
from analysis.metrics.facts import case_facts
from analysis.metrics.measure import measure, sql_of
from analysis.metrics.peers import peers
from analysis.metrics.periods import Period, compared
from analysis.metrics.registry import Definition, load_definitions
from analysis.metrics.rows import related, rows
from analysis.metrics.selection import Condition, Selection

__all__ = [
    "Availability",
    "Condition",
    "Definition",
    "Dimension",
    "Period",
    "Selection",
    "assumed_of",
    "availability",
    "availability_of",
    "case_facts",
    "compared",
    "dimensions_of",
    "hierarchies_of",
    "load_definitions",
    "measure",
    "peers",
    "related",
    "rows",
    "sql_of",
]
