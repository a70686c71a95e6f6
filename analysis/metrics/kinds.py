"""Columns that tell whether something happened, and not what kind it was."""

from __future__ import annotations

from typing import Final

from analysis.engine.dataset import Dataset

#: What is said to be missing where a column of complaints tells no kinds apart.
KINDS: Final = "complaint_kinds"
#: Values that say no more than yes; no and none are empty once published.
_YES: Final = frozenset(
    {
        "0", "1", "0.0", "1.0", "true", "false", "t", "f", "yes", "no", "y", "n",
        "complained", "complaint", "是", "否", "有", "无", "有投诉", "投诉", "sim",
    }
)  # fmt: skip


def only_flags(dataset: Dataset, table: str, column: str) -> bool:
    """Whether a column says only that there was something, as its profile shows it.

    False for a column that the profile has no values of.
    """
    profile = dataset.profile.get(table, {}).get("columns", ())
    top = next((item.get("top") for item in profile if item["name"] == column), None)
    return bool(top) and all(
        str(item["value"]).strip().lower() in _YES for item in top or ()
    )
