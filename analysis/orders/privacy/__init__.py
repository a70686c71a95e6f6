"""Personal data: found by header and content, protected alike in DuckDB and Python."""

from analysis.orders.privacy.find import Finding, find_inside, find_personal
from analysis.orders.privacy.masks import hash_id, protect, protect_value, shape_of

__all__ = [
    "Finding", "find_inside", "find_personal", "hash_id", "protect", "protect_value",
    "shape_of",
]  # fmt: skip
