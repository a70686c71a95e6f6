"""What a KPI means, which orders are meant, and every query over published tables."""

from analysis.metrics.availability import (
    Availability,
    assumed_of,
    availability,
    availability_of,
)
from analysis.metrics.contrast import contrast
from analysis.metrics.dimensions import Dimension, dimensions_of, hierarchies_of
from analysis.metrics.facts import case_facts
from analysis.metrics.funnel import Funnel, StageTime, stage_funnel
from analysis.metrics.heat import heat
from analysis.metrics.measure import measure, sql_of
from analysis.metrics.meeting import meeting
from analysis.metrics.outcomes import Node, experience_tree, severity
from analysis.metrics.peers import peers
from analysis.metrics.periods import Period, compared
from analysis.metrics.places import places
from analysis.metrics.registry import Definition, load_definitions
from analysis.metrics.rows import related, rows, rows_sql
from analysis.metrics.selection import Condition, Selection
from analysis.metrics.supply import Supply, supply
from analysis.metrics.territories import holidays_of, territories

__all__ = [
    "Availability",
    "Condition",
    "Definition",
    "Dimension",
    "Funnel",
    "Node",
    "Period",
    "Selection",
    "StageTime",
    "Supply",
    "assumed_of",
    "availability",
    "availability_of",
    "case_facts",
    "compared",
    "contrast",
    "dimensions_of",
    "experience_tree",
    "heat",
    "hierarchies_of",
    "holidays_of",
    "load_definitions",
    "measure",
    "meeting",
    "peers",
    "places",
    "related",
    "rows",
    "rows_sql",
    "severity",
    "sql_of",
    "stage_funnel",
    "supply",
    "territories",
]
