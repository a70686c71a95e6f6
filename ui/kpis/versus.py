"""Any two segments beside each other, or one against the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics import Condition, Selection, contrast
from analysis.metrics.registry import parse_reference
from ui import cached, chart_frame, charts
from ui.format import sample
from ui.kpis.axes import value_label, values_of
from ui.kpis.behind import behind, sql
from ui.kpis.figures import (
    Figure,
    axis_title,
    chart_unit,
    is_few,
    name_of,
    too_few,
    write_change,
)
from ui.kpis.path import kept_label
from ui.kpis.view import Look, go
from ui.show import plain, shortened
from ui.texts import t

_KEY: Final = "kpis_versus"
#: Places of the choices that are no values: the rest, and what was set aside.
_REST: Final = -1
_KEPT: Final = -2
MAX_VALUES: Final = 200


@dataclass(frozen=True, slots=True)
class Sides:
    """Two groups of orders and their names.

    Attributes:
        first: Orders of the first one.
        second: Orders of the other.
        names: What they are called, not made safe for Markdown.
        apart: Whether no order can be in both.
    """

    first: Selection
    second: Selection
    names: tuple[str, str]
    apart: bool


def draw(look: Look, figure: Figure) -> None:
    """Who is compared with whom, the chosen metric as two bars, the cards as a list."""
    if not look.by:
        st.info(t("There is nothing to compare by."))
        return
    sides = _chosen(look)
    metrics = [look.metric, *(card for card in look.cards if not look.locked(card))]
    found = cached.result(
        contrast, look.dataset, tuple(dict.fromkeys(metrics)), sides.first,
        sides.second, period=look.period,
    )  # fmt: skip
    st.markdown(_sentence(found.iloc[0], sides))
    if not sides.apart:
        st.caption(
            t("Orders may be in both, so the interval of the difference is rough.")
        )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _bars(look, found, sides, figure)
    with right:
        _list(found)


def sides_of(
    look: Look, one: Condition, other: Condition | None, *, name: str, rest: str
) -> Sides:
    """Two segments within the orders looked at.

    Args:
        look: What is looked at.
        one: What narrows to the first.
        other: What narrows to the second; None for what was set aside.
        name: What the first is called.
        rest: What the second is called.
    """
    first = look.orders.narrow(one)
    if other is not None:
        return Sides(first, look.orders.narrow(other), (name, rest), apart=True)
    kept = Selection(conditions=look.view.kept.conditions, event=look.view.kept.event)
    return Sides(first, kept, (name, rest), apart=are_apart(first, kept))


def are_apart(first: Selection, second: Selection) -> bool:
    """Whether no order can be in both selections.

    >>> riyadh, jeddah = Selection.of({"city": "Riyadh"}), Selection.of({"city": "J"})
    >>> are_apart(riyadh, jeddah), are_apart(riyadh, Selection())
    (True, False)
    """
    return any(
        one.dimension == other.dimension
        and one.kind == other.kind == "in"
        and not set(one.values) & set(other.values)
        for one in first.conditions
        for other in second.conditions
    )


def _chosen(look: Look) -> Sides:
    """The two boxes, and what they say."""
    listed = cached.result(values_of, look.dataset, look.by)[:MAX_VALUES]
    axis = look.axes[look.by]
    names = [value_label(axis, value) for value, _ in listed]
    one = _place(look.view.one, listed, by=look.by, usual=0)
    others = [_REST, *(place for place in range(len(listed)) if place != one)]
    if kept_label(look):
        others.insert(1, _KEPT)
    other = _place(look.view.other, listed, by=look.by, usual=_REST)
    if look.view.other.event == "kept" and _KEPT in others:
        other = _KEPT
    other = other if other in others else _REST
    told = {
        _REST: t("the rest"),
        _KEPT: t("set aside: {orders}", orders=kept_label(look)),
    }

    def label(place: int) -> str:
        return shortened(told.get(place) or names[place])

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _box(look, "one", list(range(len(listed))), one, t("Compare"), label, listed)
        _box(look, "other", others, other, t("with"), label, listed)
    first = Condition(look.by, values=(listed[one][0],))
    if other == _KEPT:
        second = None
    elif other == _REST:
        second = Condition(look.by, kind="not_in", values=(listed[one][0],))
    else:
        second = Condition(look.by, values=(listed[other][0],))
    rest = told.get(other) or names[other]
    return sides_of(look, first, second, name=names[one], rest=rest)


def _box(  # noqa: PLR0917 - one box
    look: Look, field: str, places: list[int], now: int, title: str, label: Any,  # noqa: ANN401
    listed: Any,  # noqa: ANN401
) -> None:  # fmt: skip
    key = f"{_KEY}_{field}"
    st.session_state[key] = now

    def changed() -> None:
        place = st.session_state[key]
        if place == _KEPT:
            go(look, **{field: Selection(event="kept")})
        elif place == _REST:
            go(look, **{field: Selection()})
        else:
            chosen = Condition(look.by, values=(listed[place][0],))
            go(look, **{field: Selection(conditions=(chosen,))})

    st.selectbox(
        title, places, format_func=label, key=key, on_change=changed, width=280
    )


def _place(
    chosen: Selection,
    listed: Any,  # noqa: ANN401
    *,
    by: str,
    usual: int,
) -> int:
    """Which of the values a segment of the address is, unless of another axis."""
    first = next(iter(chosen.conditions), None)
    if first is None or first.dimension != by or not first.values:  # noqa: PD011
        return usual
    wanted = first.values[0]  # noqa: PD011 - no frame
    return next(
        (place for place, (value, _) in enumerate(listed) if value == wanted), usual
    )


def _figure(row: pd.Series, side: str) -> Figure:
    metric = row["metric"]
    return Figure.of(
        {
            f"{metric}{end}": row[f"{side}{end}"]
            for end in ("", "_num", "_n", "_low", "_high")
        },
        metric,
    )


def _sentence(row: pd.Series, sides: Sides) -> str:
    """The chosen metric of both, and whether they differ beyond chance."""
    first, second = _figure(row, "first"), _figure(row, "second")
    one, other = (plain(name) for name in sides.names)
    for figure, name in ((first, one), (second, other)):
        if figure.is_few:
            return t("{group}: {few}.", group=name, few=too_few(figure.n))
    values = {
        "metric": plain(name_of(row["metric"])),
        "one": one,
        "value": first.written(),
        "other": other,
        "second": second.written(),
        "step": write_change(row["difference"], first.definition),
    }
    if first.definition.kind == "count" or not _is_clear(row):
        return t(
            "**{metric} is {value} in {one}** and {second} in {other}"
            " ({step}, no clear difference).",
            **values,
        ) if first.definition.kind != "count" else t(
            "**{metric}: {value} in {one}** and {second} in {other}.", **values
        )  # fmt: skip
    return t(
        "**{metric} is {value} in {one}** and {second} in {other} ({step}).", **values
    )


def _is_clear(row: pd.Series) -> bool:
    return not (row["low"] <= 0 <= row["high"])


def _bars(look: Look, found: pd.DataFrame, sides: Sides, figure: Figure) -> None:
    row = found.iloc[0]
    figures = [_figure(row, "first"), _figure(row, "second")]
    frame = pd.DataFrame(
        {
            "label": [sides.names[0], sides.names[1]],
            "value": [item.value for item in figures],
            "low": [item.low for item in figures],
            "high": [item.high for item in figures],
            "n": [item.n for item in figures],
            "muted": [item.is_few for item in figures],
        }
    )
    has_interval = frame["low"].notna().any()
    query = "\n\n".join(
        sql(look, [look.metric], selection=side, compare=None)
        for side in (sides.first, sides.second)
    )
    title = t("{one} and {other}", one=sides.names[0], other=sides.names[1])
    chart_frame.draw(
        cached.drawing(
            charts.bars, frame, label="label", value="value",
            low="low" if has_interval else None, high="high" if has_interval else None,
            sample="n", muted="muted", unit=chart_unit(figure.definition),
            axis=axis_title(look.metric), step=44,
        ),
        behind(look, look.metric, _table(found, sides), title=title, query=query),
        alt_text=_sentence(row, sides).replace("*", ""),
        key=f"{_KEY}_{look.mark}",
    )  # fmt: skip


def _list(found: pd.DataFrame) -> None:
    """Every card's metric: the difference with its interval, in the metric's sense."""
    lines = [_line(row) for _, row in found.iterrows()]
    heads = (t("Metric"), t("Difference"), t("95 % interval"))
    st.markdown("\n".join([f"| {' | '.join(heads)} |", "|:--|--:|:--|", *lines]))


def _line(row: pd.Series) -> str:
    definition = parse_reference(row["metric"]).definition
    name = plain(name_of(row["metric"]))
    if any(is_few(definition, row[f"{side}_n"]) for side in ("first", "second")):
        few = too_few(min(row["first_n"], row["second_n"]))
        return f"| {name} | :gray[–] | :gray[{few}] |"
    step = write_change(row["difference"], definition)
    if definition.kind == "count" or row["low"] != row["low"]:
        counts = sample(row["first_n"] + row["second_n"])
        return f"| {name} | {step} | :gray[{counts}] |"
    ends = t(
        "{low} to {high}",
        low=write_change(row["low"], definition, unit=False),
        high=write_change(row["high"], definition, unit=False),
    )
    if not _is_clear(row):
        return f"| {name} | :gray[{step}] | :gray[{ends}] |"
    worse = (row["difference"] > 0) == (definition.direction == "lower")
    colour = "gray" if definition.direction == "neutral" else (
        "orange" if worse else "blue"
    )  # fmt: skip
    word = {"orange": t("worse"), "blue": t("better"), "gray": ""}[colour]
    return f"| {name} | :{colour}[{step} {word}] | :gray[{ends}] |"


def _table(found: pd.DataFrame, sides: Sides) -> pd.DataFrame:
    one, other = sides.names
    return pd.DataFrame(
        {
            t("Metric"): [name_of(item) for item in found["metric"]],
            one: found["first"],
            t("{name}, n", name=one): found["first_n"],
            f"{other} ": found["second"],
            t("{name}, n", name=f"{other} "): found["second_n"],
            t("Difference"): found["difference"],
            t("95 % low"): found["low"],
            t("95 % high"): found["high"],
        }
    )
