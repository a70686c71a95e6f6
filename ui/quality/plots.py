"""Charts of the page Quality: differences with intervals around nothing."""

from __future__ import annotations

from typing import Final

import altair as alt
import pandas as pd

from ui import format as written
from ui.chart_axes import quiet_axis
from ui.chart_parts import Chart
from ui.show import shortened
from ui.texts import t
from ui.tokens import tokens

STEP: Final = 28
CELL: Final = 32
#: Names of columns from this length on stand upright.
LONG: Final = 16
#: Cells above this share of the fullest one carry light letters.
DARK: Final = 0.55


def differences(frame: pd.DataFrame, *, share: bool = True) -> Chart:
    """Differences with their intervals; what stands out in the colour of attention.

    Args:
        frame: ``label``, ``value``, ``low``, ``high`` and ``stands_out``, in order.
        share: Whether they are shares, drawn as percentage points.
    """
    look = tokens()
    data = frame.copy()
    data["label"] = data["label"].map(lambda text: shortened(text, limit=36))
    write = written.points if share else (lambda value: written.number(value, digits=2))
    data["shown"] = data["value"].map(write)
    data["range"] = [
        written.interval(write(low), write(high))
        for low, high in zip(data["low"], data["high"], strict=True)
    ]
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_names(look)),
        color=alt.condition(
            "datum.stands_out", alt.value(look.attention), alt.value(look.now)
        ),
        tooltip=[
            alt.Tooltip("label:N", title=""),
            alt.Tooltip("shown:N", title=t("Difference")),
            alt.Tooltip("range:N", title=t("95 % interval")),
        ],
    )
    form = "+.0%" if share else "+.1~f"
    axis = quiet_axis(look, grid=True, format=form)
    axis.tickCount = 8
    x = alt.X("value:Q", title=None, axis=axis)
    nothing = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(
        color=look.muted, strokeDash=[3, 3]
    )
    text = base.mark_text(align="left", dx=8, dy=-8, fontSize=11)
    return alt.layer(
        nothing.encode(x=alt.X("value:Q", title=None)),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=None), x2="high"),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x),
        text.encode(x=x, text="shown:N"),
    ).properties(height=alt.Step(STEP))


def figures(frame: pd.DataFrame) -> Chart:
    """Figures between 0 and 1 with their intervals, each with its value beside.

    Args:
        frame: ``label``, ``value``, ``low``, ``high``; missing where not defined.
    """
    look = tokens()
    data = frame.dropna(subset=["value"]).copy()
    data["shown"] = data["value"].map(lambda value: written.number(value, digits=3))
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_names(look))
    )
    least = min(0.0, float(data[["value", "low"]].min().min())) if len(data) else 0.0
    x = alt.X(
        "value:Q", title=None, scale=alt.Scale(domain=[least, 1.0]),
        axis=quiet_axis(look, grid=True, format=".1f"),
    )  # fmt: skip
    tip = [alt.Tooltip("label:N", title=""), alt.Tooltip("shown:N", title=t("Value"))]
    text = base.mark_text(align="center", dy=-10, fontSize=11, color=look.text)
    return alt.layer(
        base.mark_rule(strokeWidth=2, color=look.now).encode(
            x=alt.X("low:Q", title=None), x2="high"
        ),
        base.mark_point(filled=True, size=70, opacity=1, color=look.now).encode(
            x=x, tooltip=tip
        ),
        text.encode(x=x, text="shown:N"),
    ).properties(height=alt.Step(STEP + 6))


def _names(look) -> alt.Axis:  # type: ignore[no-untyped-def]  # noqa: ANN001
    axis = quiet_axis(look, grid=False)
    axis.labelLimit = 220
    return axis


def matrix(counts: pd.DataFrame, *, rows: str, columns: str) -> Chart:
    """Counts of one answer (rows) against another (columns), written in the cells.

    Args:
        counts: Its index and columns are the names shown.
        rows: What the rows are, the title of their axis.
        columns: What the columns are.
    """
    look = tokens()
    down, along = list(map(str, counts.index)), list(map(str, counts.columns))
    cells = pd.DataFrame(
        [
            {"row": row, "column": column, "value": int(counts.iloc[i, j])}
            for i, row in enumerate(down)
            for j, column in enumerate(along)
        ]
    )
    most = max(int(cells["value"].max()), 1)
    cells["is_dark"] = cells["value"] > DARK * most
    across = quiet_axis(look, grid=False)
    across.orient, across.labelOverlap = "top", False
    # Names of several parties would run into one another at a slant.
    across.labelAngle = -30 if max(map(len, along), default=0) < LONG else -90
    across.labelLimit = 220
    base = alt.Chart(cells).encode(
        x=alt.X("column:N", sort=along, title=columns, axis=across),
        y=alt.Y("row:N", sort=down, title=rows, axis=_names(look)),
        tooltip=[
            alt.Tooltip("row:N", title=""),
            alt.Tooltip("column:N", title=""),
            alt.Tooltip("value:Q", title=t("cases"), format=","),
        ],
    )
    shade = alt.Color("value:Q", legend=None, scale=alt.Scale(
        domain=[0, most], range=[look.surface, look.now]))  # fmt: skip
    text = alt.condition("datum.is_dark", alt.value("#ffffff"), alt.value(look.text))
    return alt.layer(
        base.mark_rect(stroke=look.grid, strokeWidth=1).encode(color=shade),
        base.mark_text(fontSize=12).encode(
            text=alt.Text("value:Q", format=","), color=text
        ),
    ).properties(height=alt.Step(CELL))
