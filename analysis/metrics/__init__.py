"""What a KPI means, which orders are meant, and every query over published tables."""

from analysis.metrics.measure import measure, sql_of
from analysis.metrics.registry import load_definitions
from analysis.metrics.selection import Condition, Selection

__all__ = ["Condition", "Selection", "load_definitions", "measure", "sql_of"]
