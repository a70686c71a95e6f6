"""How late orders were: their shares in the bands of lateness."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics.outcomes import SEVERITY, severity, severity_sql
from analysis.metrics.selection import Condition
from ui import cached, chart_frame, charts
from ui.format import number, percent, points, sample
from ui.kpis.axes import value_label
from ui.kpis.behind import behind
from ui.kpis.figures import Figure
from ui.kpis.picking import narrowing_list, on_label
from ui.kpis.view import Look
from ui.texts import t

_KEY: Final = "kpis_severity"
#: The band that is no lateness.
_IN_TIME: Final = "in time"
ROW_HEIGHT: Final = 34


def draw(look: Look, figure: Figure) -> None:
    """The bands as bars; the list does what a click on a bar does."""
    del figure  # lateness is looked at whatever the chosen metric
    arguments: dict[str, Any] = {
        "selection": look.orders, "period": look.period, "compare": look.compare,
    }  # fmt: skip
    found = cached.result(severity, look.dataset, **arguments)
    if not found["n"].iloc[0]:
        st.info(t("No delivered orders with a promise here."))
        return
    query = cached.result(severity_sql, look.dataset, **arguments)
    frame = _frame(look, found)
    conditions = {
        str(row["label"]): Condition(SEVERITY, values=(row["band"],))
        for row in frame.to_dict("records")
    }
    key = f"{_KEY}_{look.mark}"
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_frame.draw(
            cached.drawing(
                charts.bars, frame,
                label="label", value="share", low="low", high="high",
                sample="orders", note="note", muted="muted",
                ring="before" if look.before else None, unit="percent",
                axis=t("% of delivered orders with a promise"), pick=True,
                step=ROW_HEIGHT,
            ),
            behind(
                look, "late_band_rate", _table(frame, look),
                title=t("Minutes late"), query=query, shares=share_columns(),
            ),
            alt_text=takeaway(frame),
            key=key,
            on_select=on_label(look, key, conditions),
        )  # fmt: skip
        if look.before:
            st.caption(t("Ring: the days compared with."))
    with right:
        narrowing_list(
            look,
            [(label, condition, _told(frame, label)) for label, condition in
             conditions.items()],
            key=_KEY,
        )  # fmt: skip


def takeaway(frame: pd.DataFrame) -> str:
    """The bands in one sentence."""
    late = frame[frame["band"] != _IN_TIME]
    most = late.loc[late["orders"].idxmax()]
    return t(
        "{share} of {n} orders were in time; of the late ones most were {band} late "
        "({count}).",
        share=percent(float(frame["share"].iloc[0])),
        n=number(int(frame["n"].iloc[0])),
        band=most["label"],
        count=number(int(most["orders"])),
    )


def _frame(look: Look, found: pd.DataFrame) -> pd.DataFrame:
    axis = look.axes.get(SEVERITY)
    frame = found.assign(
        label=[value_label(axis, band) for band in found["band"]],
        note=[_note(row) for row in found.to_dict("records")],
        muted=found["band"] == _IN_TIME,
    )
    frame["before"] = found["share_before"] if look.before else float("nan")
    return frame


def _note(row: dict[Any, Any]) -> str:
    return f"{percent(row['share'])} ({number(row['orders'])})"


def _told(frame: pd.DataFrame, label: str) -> str:
    row = frame[frame["label"] == label].iloc[0]
    if "share_before" not in frame:
        return f":gray[{sample(row['orders'])}]"
    change = row["share"] - row["share_before"]
    return change_text(
        change, (row["change_low"], row["change_high"]), is_bad=label_is_bad(row)
    )


def label_is_bad(row: pd.Series) -> bool:
    """Whether more of a band is for the worse."""
    return row["band"] != _IN_TIME


def change_text(change: float, ends: tuple[float, float], *, is_bad: bool) -> str:
    """A change of a share with its verdict, safe for Markdown.

    Args:
        change: Share now less share before.
        ends: Its interval of 95 %.
        is_bad: Whether more of it is for the worse.
    """
    if math.isnan(change):
        return ""
    text = points(change)
    if ends[0] <= 0 <= ends[1]:
        return f":gray[{text} {t('no clear change')}]"
    worse = (change > 0) == is_bad
    arrow = "▲" if change > 0 else "▼"
    word, colour = (t("worse"), "orange") if worse else (t("better"), "blue")
    return f":{colour}[{arrow} {text} {word}]"


def share_columns() -> tuple[str, ...]:
    """Headers of the columns that hold shares, in the language."""
    return t("Share"), t("95 % low"), t("95 % high"), t("Before")


def _table(frame: pd.DataFrame, look: Look) -> pd.DataFrame:
    table = {
        t("Band"): frame["label"],
        t("Orders"): frame["orders"],
        t("Share"): frame["share"],
        t("95 % low"): frame["low"],
        t("95 % high"): frame["high"],
        "n": frame["n"],
    }
    if look.before:
        table[t("Before")] = frame["share_before"]
    return pd.DataFrame(table)
