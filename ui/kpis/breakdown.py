"""The chosen metric by one dimension: bars, their list, and the way one got here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from analysis.metrics import assumed_of
from analysis.metrics.selection import Scalar
from analysis.words import N_
from ui import cached, chart_frame, charts
from ui.format import sample
from ui.kpis import doubt
from ui.kpis.axes import Axis
from ui.kpis.behind import behind, sql
from ui.kpis.figures import (
    Figure,
    axis_title,
    chart_unit,
    excess_text,
    name_of,
    too_few,
    write,
)
from ui.kpis.groups import Group
from ui.kpis.locks import rule_badge
from ui.kpis.numbers import whole
from ui.kpis.path import breadcrumb
from ui.kpis.view import Look, Order, drill
from ui.show import choice, plain
from ui.state import bound
from ui.texts import t

ORDER_NAMES: Final[dict[Order, str]] = {
    "orders": N_("Most orders"),
    "worst": N_("Worst first"),
    "change": N_("Largest change"),
    "excess": N_("Costs most"),
    "name": N_("By name"),
}
ESTIMATE_NAMES: Final[dict[str, str]] = {
    "raw": N_("As counted"),
    "shrunk": N_("Shrunk"),
}
#: Where the sentences at the top jump to.
ANCHOR: Final = "breakdown"
ROW_HEIGHT: Final = 34


def head(look: Look) -> None:
    """Which dimension, in which order, and the way one got here."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.header(t("Breakdown"), anchor=ANCHOR, width="stretch")
        labels = {name: axis.label for name, axis in look.axes.items()}
        st.selectbox(
            t("Break down by"),
            list(labels),
            format_func=lambda name: labels.get(name, ""),
            width=240,
            **bound(look.view, "by", prefix="kpis", show=lambda _: look.by),
        )
        st.segmented_control(
            t("Order"),
            list(ORDER_NAMES),
            format_func=lambda order: choice(t(ORDER_NAMES[order])),
            required=True,
            **bound(look.view, "order", prefix="kpis"),
        )
        if can_shrink(look):
            st.segmented_control(
                t("Values"),
                list(ESTIMATE_NAMES),
                format_func=lambda name: choice(t(ESTIMATE_NAMES[name])),
                required=True,
                help=t(
                    "Shrunk: small groups are drawn towards the others, as far as "
                    "these agree (empirical Bayes); the ring is the value as counted."
                ),
                **bound(look.view, "estimate", prefix="kpis"),
            )
    if assumed_of(look.dataset, by=look.by):
        rule_badge()
    breadcrumb(look)


def chart_and_list(look: Look, found: Sequence[Group], whole: Figure) -> None:
    """Bars at the left, at the right the list that does what a click on a bar does."""
    axis = look.axes[look.by]
    if not found:
        st.info(t("No orders in this period."), icon=":material/event_busy:")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _chart(look, axis, found, whole)
    with right:
        _list(look, found)


def takeaway(look: Look, found: Sequence[Group]) -> str:
    """The bars in one sentence, for those who cannot see them."""
    name, by = name_of(look.metric), look.axes[look.by].label
    known = [group for group in found if not (group.figure.is_few or group.is_rest)]
    if not known:
        return t("{name} by {by}: too few orders in every group.", name=name, by=by)
    highest = max(known, key=lambda group: group.figure.value)
    lowest = min(known, key=lambda group: group.figure.value)
    return t(
        "{name} by {by}: highest in {top} ({high}), lowest in {bottom} ({low}).",
        name=name,
        by=by,
        top=highest.label,
        high=highest.figure.written(),
        bottom=lowest.label,
        low=lowest.figure.written(),
    )


def _chart(look: Look, axis: Axis, found: Sequence[Group], whole: Figure) -> None:
    frame = _frame(look, found)
    key = f"kpis_bars_{look.mark}"
    by_label = {group.label: group.condition for group in found}

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get(charts.PICK) or [{}]
        condition = by_label.get(str(picked[0].get("label")))
        if condition is not None:
            drill(look, condition)

    has_interval = frame["low"].notna().any()
    drawn = cached.drawing(
        charts.bars,
        frame,
        label="label",
        value="value",
        low="low" if has_interval else None,
        high="high" if has_interval else None,
        sample="n",
        muted="muted",
        note="note",
        ring="counted" if is_shrunk(look) else None,
        reference=_reference(whole),
        unit=chart_unit(whole.definition),
        axis=axis_title(look.metric),
        pick=True,
        step=ROW_HEIGHT,
    )
    title = t("{name} by {by}", name=name_of(look.metric), by=axis.label)
    query = sql(look, [look.metric, "orders"], by=look.by, top=axis.top)
    chart_frame.draw(
        drawn,
        behind(look, look.metric, _table(look, found), title=title, query=query),
        alt_text=takeaway(look, found),
        key=key,
        on_select=clicked,
    )


def _reference(whole: Figure) -> float | None:
    """Value of all bars together, where it can be compared with one of them."""
    is_sum = whole.definition.kind == "count"
    return None if is_sum or math.isnan(whole.value) else whole.value


def _list(look: Look, found: Sequence[Group]) -> None:
    """A row for each bar: a button that narrows to it, its change, its sample."""
    rows = st.container(gap=None, key="kpis_groups")
    for place, group in enumerate(found):
        with rows.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                plain(group.label),
                key=f"kpis_group_{place}",
                type="tertiary",
                icon=":material/filter_alt:",
                help=t("Only these orders"),
                on_click=drill,
                args=(look, group.condition),
            )
            st.space("stretch")
            st.markdown(_told(look, group), width="content")


def can_shrink(look: Look) -> bool:
    """Whether small groups can borrow from the others."""
    return look.definition.kind in ("rate", "mean", "per")


def _told(look: Look, group: Group) -> str:
    """What stands beside a group: its change, or what it costs where that ranks."""
    if look.view.order != "excess" or math.isnan(group.excess) or group.is_rest:
        return _change(look, group)
    figure = group.figure
    if figure.is_few:
        return f":gray[{too_few(figure.n)}]"
    text = excess_text(look.metric, group.excess)
    if group.excess_low <= 0 <= group.excess_high:
        return f":gray[{text} {sample(figure.n)}]"
    colour = "orange" if group.excess > 0 else "blue"
    return f":{colour}[{text}] :gray[{sample(figure.n)}]"


def _change(look: Look, group: Group) -> str:
    figure = group.figure
    if figure.is_few:
        return f":gray[{too_few(figure.n)}]"
    if math.isnan(figure.change):
        return f":gray[{sample(figure.n)}]"
    arrow = "▲" if figure.change > 0 else "▼" if figure.change < 0 else ""
    fault = doubt.behind_change(look, figure, group.condition)
    word, colour = doubt.verdict(figure, fault)
    text = f"{arrow} {figure.written_change()} {word}"
    return f":{colour}[{text.strip()}] :gray[{sample(figure.n)}]"


def _frame(look: Look, found: Sequence[Group]) -> pd.DataFrame:
    """The bars; one that rests on too few has its number beside it, but no length.

    Shrunk ones rest on the others as well and have a length whatever their number.
    """
    figures = [group.figure for group in found]
    frame = pd.DataFrame(
        {
            "label": [group.label for group in found],
            "value": [figure.value for figure in figures],
            "low": [figure.low for figure in figures],
            "high": [figure.high for figure in figures],
            "n": [figure.n for figure in figures],
            "muted": [group.is_rest or group.figure.is_few for group in found],
            "note": [_note(figure) for figure in figures],
            "counted": [figure.value for figure in figures],
        }
    )
    if not is_shrunk(look):
        few = [figure.is_few for figure in figures]
        frame.loc[few, ["value", "low", "high"]] = math.nan
        return frame
    own = [not math.isnan(group.shrunk) for group in found]
    for name in ("value", "low", "high"):
        end = "" if name == "value" else f"_{name}"
        values = [getattr(group, f"shrunk{end}") for group in found]
        frame[name] = frame[name].where([not item for item in own], values)
    frame["note"] = [write(value, look.definition) for value in frame["value"]]
    return frame


def is_shrunk(look: Look) -> bool:
    """Whether the bars show values drawn towards the others."""
    return look.view.estimate == "shrunk" and can_shrink(look)


def _note(figure: Figure) -> str:
    if figure.is_few:
        return f"{figure.written()}, {too_few(figure.n)}"
    return figure.written()


def _table(look: Look, found: Sequence[Group]) -> pd.DataFrame:
    columns: dict[str, list[Scalar | float] | pd.Series] = {
        look.axes[look.by].label: [group.label for group in found],
        name_of(look.metric): [group.figure.value for group in found],
        t("95 % low"): [group.figure.low for group in found],
        t("95 % high"): [group.figure.high for group in found],
        "n": whole(pd.Series([group.figure.n for group in found])),
        t("Orders"): whole(pd.Series([group.orders for group in found])),
    }
    if can_shrink(look):
        columns[t("Excess")] = [group.excess for group in found]
        columns[t("Excess, 95 % low")] = [group.excess_low for group in found]
        columns[t("Excess, 95 % high")] = [group.excess_high for group in found]
        columns[t("Shrunk")] = [group.shrunk for group in found]
        columns[t("Shrunk, 95 % low")] = [group.shrunk_low for group in found]
        columns[t("Shrunk, 95 % high")] = [group.shrunk_high for group in found]
    if look.before:
        columns[t("Before")] = [group.figure.before for group in found]
        columns[t("Change")] = [group.figure.change for group in found]
    return pd.DataFrame(columns)
