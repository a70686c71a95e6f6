"""Charts of the page Calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import numpy as np
import pandas as pd

from analysis.strategies.calibration import FALSE_POSITIVES, Calibrated
from ui.chart_axes import quiet_axis
from ui.show import shortened
from ui.texts import t
from ui.tokens import tokens

HEIGHT: Final = 220
ROW: Final = 24
#: Marks of the axis of shares.
MARKS: Final = tuple(step / 100 for step in range(0, 31, 2))


def histogram(
    p_values: Sequence[float] | np.ndarray, *, bins: int, alpha: float
) -> tuple[alt.LayerChart, pd.DataFrame]:
    """p-values by twentieths, with the height that chance alone would give.

    Returns:
        The chart and its table.
    """
    look = tokens()
    counts, edges = np.histogram(p_values, bins=bins, range=(0, 1))
    data = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})
    data["below"] = data["high"] <= alpha + 1e-9
    data["even"] = len(p_values) / bins
    base = alt.Chart(data)
    bars = base.mark_bar(binSpacing=1).encode(
        x=alt.X("low:Q", bin="binned", title="p", axis=quiet_axis(look, grid=False)),
        x2="high:Q",
        y=alt.Y("count:Q", title=t("Splits"), axis=quiet_axis(look, grid=True)),
        color=alt.condition(
            "datum.below", alt.value(look.attention), alt.value(look.now)
        ),
        tooltip=[
            alt.Tooltip("low:Q", title=t("from"), format=".2f"),
            alt.Tooltip("high:Q", title=t("to"), format=".2f"),
            alt.Tooltip("count:Q", title=t("Splits")),
        ],
    )
    even = base.mark_rule(color=look.muted, strokeDash=[4, 3]).encode(y="even:Q")
    table = data[["low", "high", "count"]].rename(
        columns={"low": t("from"), "high": t("to"), "count": t("Splits")}
    )
    return alt.layer(bars, even).properties(height=HEIGHT), table


def errors(lines: Sequence[Calibrated], labels: Sequence[str]) -> alt.LayerChart:
    """Shares of false positives with their intervals against the band."""
    look = tokens()
    data = pd.DataFrame(
        {
            "label": [shortened(label, limit=44) for label in labels],
            "share": [line.error.share for line in lines],
            "low": [line.error.low for line in lines],
            "high": [line.error.high for line in lines],
            "kept": [line.kept and line.judged for line in lines],
        }
    )
    order = list(data["label"])
    axis = quiet_axis(look, grid=True, format=".0%")
    axis.values = list(MARKS)
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=order, title=None,
                axis=alt.Axis(labelLimit=300, labelColor=look.text, ticks=False,
                              domain=False)),
        color=alt.condition("datum.kept", alt.value(look.now), alt.value(look.before)),
    )  # fmt: skip
    band = alt.Chart(
        pd.DataFrame({"low": [FALSE_POSITIVES[0]], "high": [FALSE_POSITIVES[1]]})
    )
    shade = band.mark_rect(color=look.faint, opacity=0.8)
    x = alt.X("low:Q", title=t("False positives"), axis=axis)
    return alt.layer(
        shade.encode(x=x, x2="high:Q"),
        base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q"),
        base.mark_point(filled=True, size=46, opacity=1).encode(x="share:Q"),
    ).properties(height=ROW * len(order) + 90)
