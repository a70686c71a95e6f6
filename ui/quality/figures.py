"""Right and in time: accuracy, agreement, handling time, appeals, overrides, gaps."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from analysis.cases.agreements import FEW
from analysis.cases.quality import Quality, Rate, Spent
from analysis.orders.schema import load_fields
from ui import chart_frame, charts
from ui.cases import words
from ui.chart_frame import Behind
from ui.counted import sentences
from ui.format import interval, number, percent, sample
from ui.quality import plots, tables
from ui.quality.view import Scope
from ui.texts import language, t

#: Six cards in a row on the usual screen.
CARD: Final = 158


def answer(found: Quality) -> str:
    """The page in a sentence."""
    parts = []
    if found.accuracy.n:
        parts.append(
            t("**{share} of decisions name the right party** ({interval}, n {count}).",
                share=percent(found.accuracy.value), interval=ends(found.accuracy),
                count=number(found.accuracy.n))
        )  # fmt: skip
    if found.agreement is not None and found.agreement.percent.value is not None:
        parts.append(
            t("Two reviewers agree in {share} of {count} cases.",
                share=percent(found.agreement.percent.value),
                count=number(found.agreement.n))
        )  # fmt: skip
    if found.overturned.n:
        parts.append(
            t("Appeals that were ruled on overturned {share} ({interval}, n {count}).",
                share=percent(found.overturned.value), interval=ends(found.overturned),
                count=number(found.overturned.n))
        )  # fmt: skip
    return sentences(*parts) or t("Nothing to measure yet.")


def cards(found: Quality) -> None:
    """The figures that matter most, each with its interval and its number."""
    with st.container(horizontal=True, gap="small", key="quality_cards"):
        _rate(t("Right, against gold"), found.accuracy)
        agreed = found.agreement
        if agreed is not None and agreed.percent.value is not None:
            few = agreed.n < FEW
            _card(t("Two reviewers agree"), percent(agreed.percent.value),
                interval(percent(agreed.percent.low), percent(agreed.percent.high)),
                t("n {count} cases", count=number(agreed.n)), few=few)  # fmt: skip
        _spent(t("Seconds on a case"), found.active, digits=0)
        _spent(t("Hours to the decision"), found.turnaround, digits=1)
        _appeals(found)
        _rate(t("Undetermined"), found.undetermined)


def details(scope: Scope, found: Quality) -> None:
    """What the figures are made of."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("Decided against the gold answer"), anchor=False)
        matrix(
            found.accuracy_matrix, key="accuracy", rows=t("gold"), columns=t("decided")
        )
    with right:
        st.subheader(t("Suggestions that people did not follow"), anchor=False)
        _overrides(found.overrides)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("Evidence that is missing where nobody can tell"), anchor=False)
        _missing(found.missing)
    with right:
        st.subheader(t("Week by week"), anchor=False)
        _weeks(found.by_week)
    del scope


def ends(rate: Rate) -> str:
    """The interval of a share."""
    if rate.low is None or rate.high is None:
        return "–"
    return interval(percent(rate.low), percent(rate.high))


def matrix(counts: pd.DataFrame, *, key: str, rows: str, columns: str) -> None:
    """Counts of one answer against another, as a heat map with its table."""
    if counts.empty or not int(counts.to_numpy().sum()):
        st.caption(t("Nothing to compare yet."))
        return
    names = [words.verdict_label(str(name)) for name in counts.index]
    across = [words.verdict_label(str(name)) for name in counts.columns]
    table = counts.set_axis(names, axis=0).set_axis(across, axis=1)
    same = sum(int(counts.loc[name, name]) for name in counts.index if name in counts)
    total = int(counts.to_numpy().sum())
    chart_frame.draw(
        plots.matrix(table, rows=rows, columns=columns),
        Behind(
            name=f"{rows} × {columns}",
            table=table.reset_index(names=f"{rows} \\ {columns}"),
            definition=t("Rows: {rows}. Columns: {columns}. Cells: cases.",
                rows=rows, columns=columns),
        ),
        alt_text=t("{same} of {total} cases are the same in rows and columns.",
            same=number(same), total=number(total)),
        key=f"quality_{key}",
    )  # fmt: skip


def _height(rows: int) -> int:
    """As high as the table is long, up to eight rows."""
    return 36 * (min(rows, 8) + 1)


def _rate(label: str, rate: Rate) -> None:
    _card(
        label, percent(rate.value), ends(rate),
        t("{count} of {n}", count=number(rate.count), n=number(rate.n)),
        few=rate.n < FEW,
    )  # fmt: skip


def _appeals(found: Quality) -> None:
    """Appeals that overturned, of those ruled on, beside how many were filed."""
    label, ruled = t("Overturned, of appeals ruled on"), found.overturned
    filed = t(
        "{count} filed per 100 decisions",
        count=number(100 * (found.appeals.value or 0), digits=1),
    )
    if ruled.n:
        grounds = t("{count} of {n}", count=number(ruled.count), n=number(ruled.n))
        _card(label, percent(ruled.value), ends(ruled), f"{grounds} · {filed}",
            few=ruled.n < FEW)  # fmt: skip
    elif found.appeals.count:
        _card(label, "–", t("none ruled on yet"), filed, few=False)
    else:
        _card(label, "–", t("no appeal yet"), sample(found.appeals.n), few=False)


def _spent(label: str, spent: Spent, *, digits: int) -> None:
    share = percent(spent.within.value, digits=0)
    within = t("{share} within target", share=share)
    if spent.within.value is None:
        within = t("no target")
    _card(
        label,
        t("P50 {p50}, P90 {p90}", p50=number(spent.p50, digits=digits),
            p90=number(spent.p90, digits=digits)),
        within,
        sample(spent.n),
        few=spent.n < FEW,
    )  # fmt: skip


def _card(label: str, value: str, range_: str, grounds: str, *, few: bool) -> None:
    with st.container(border=True, width=CARD, gap="xxsmall"):
        st.markdown(f":small[{label}]")
        st.markdown(f"### :gray[{value}]" if few else f"### {value}")
        note = f" · {t('too few')}" if few else ""
        st.markdown(f":small[:gray[{range_}]]  \n:small[:gray[{grounds}{note}]]")


def _overrides(frame: pd.DataFrame) -> None:
    if frame.empty:
        st.caption(t("No decision had a suggestion yet."))
        return
    data = frame.sort_values("share", ascending=False).assign(
        few=lambda rows: rows["shown"] < FEW
    )
    chart_frame.draw(
        charts.bars(
            data, label="rule", value="share", low="low", high="high",
            sample="shown", muted="few", unit="percent",
        ),
        Behind(
            name=t("Overridden by rule"), table=frame,
            definition=t("Decisions that name another party than the rules suggested, "
                "of all decisions on which the rule fired. Many: a bad rule."),
        ),
        alt_text=t("Most often overridden: {rule}.", rule=str(data["rule"].iloc[0])),
        key="quality_overrides",
    )  # fmt: skip


def _missing(frame: pd.DataFrame) -> None:
    if frame.empty:
        st.caption(t("No undetermined decision lacked evidence."))
        return
    data = frame.head(charts.MAX_BARS).assign(
        label=[field_name(name) for name in frame["field"].head(charts.MAX_BARS)]
    )
    chart_frame.draw(
        charts.bars(data, label="label", value="cases"),
        Behind(
            name=t("Data to buy"), table=frame,
            definition=t(
                "Undetermined decisions that lacked this evidence. The longest bar is "
                "what would decide most cases."
            ),
        ),
        alt_text=t("Missing most often: {name}.", name=str(data["label"].iloc[0])),
        key="quality_missing",
    )  # fmt: skip


def field_name(name: str) -> str:
    """A column as users know it."""
    table, _, column = name.rpartition(".")
    field = load_fields().get(table or "orders", {}).get(column)
    return field.label(language()) if field else name


def _weeks(frame: pd.DataFrame) -> None:
    if frame.empty:
        st.caption(t("Nothing to measure yet."))
        return
    tables.show(frame, alt=t("Figures of quality by week"), height=_height(len(frame)))
