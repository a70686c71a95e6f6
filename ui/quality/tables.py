"""Tables of quality: headers in words, shares in percent, days as days."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.words import N_
from ui.texts import t

_HEADERS: Final = {
    "week": N_("Week"),
    "reviewer": N_("Reviewer"),
    "decisions": N_("Cases decided"),
    "cases": N_("Cases"),
    "gold_n": N_("With a gold answer"),
    "accuracy": N_("Right"),
    "accuracy_low": N_("Right, from"),
    "accuracy_high": N_("Right, to"),
    "pairs": N_("Decided twice"),
    "agreement": N_("Agreement"),
    "p50_seconds": N_("Seconds, P50"),
    "p90_seconds": N_("Seconds, P90"),
    "ruled": N_("Appeals ruled on"),
    "overturned": N_("Overturned"),
    "dimension": N_("Dimension"),
    "group": N_("Group"),
    "rate": N_("Rate"),
    "low": N_("from"),
    "high": N_("to"),
    "others_rate": N_("Others"),
    "difference": N_("Difference"),
    "difference_low": N_("Difference, from"),
    "difference_high": N_("Difference, to"),
    "p_adjusted": N_("p, corrected"),
    "stands_out": N_("Stands out"),
    "count": N_("Count"),
    "n": N_("n"),
}
_SHARES: Final = frozenset({
    "accuracy", "accuracy_low", "accuracy_high", "agreement", "rate", "low", "high",
    "others_rate", "difference", "difference_low", "difference_high",
})  # fmt: skip
_WHOLE: Final = frozenset({"p50_seconds", "p90_seconds"})


def show(frame: pd.DataFrame, *, alt: str, height: int | str = "auto") -> None:
    """A table of figures; columns without a header of ours are left out."""
    known = [name for name in frame.columns if name in _HEADERS]
    st.dataframe(
        frame[known],
        hide_index=True,
        height=height,
        alt=alt,
        column_config={name: _column(name) for name in known},
    )


def _column(name: str) -> Any:  # noqa: ANN401 - Streamlit's own types
    label = t(_HEADERS[name])
    if name == "week":
        return st.column_config.DateColumn(label)
    if name in _SHARES:
        return st.column_config.NumberColumn(label, format="percent")
    if name in _WHOLE:
        return st.column_config.NumberColumn(label, format="%d")
    if name == "p_adjusted":
        return st.column_config.NumberColumn(label, format="%.4f")
    return st.column_config.Column(label)
