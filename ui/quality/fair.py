"""Fair: whether decisions fall on some groups more, and on whom reviewers are hard."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from analysis.cases.fairness import Fairness, fairness
from analysis.cases.severity import severity
from analysis.errors import DoorstepError
from analysis.words import N_
from ui import chart_frame, errors
from ui.cases import words
from ui.chart_frame import Behind
from ui.format import number, percent, points
from ui.kpis.axes import OWN_VALUES
from ui.quality import filters, plots, tables
from ui.quality.figures import field_name
from ui.quality.view import Scope
from ui.show import plain
from ui.texts import t

#: Groups that the chart shows; the table has them all.
MAX_GROUPS: Final = 16
_DIMENSIONS: Final = {"tenure": N_("Tenure"), "night": N_("Night")}


def draw(scope: Scope) -> None:
    """Fault and overturn rates by group, each against all others."""
    filters.party(scope.view)
    party = words.party(scope.view.party)
    st.subheader(t("Held responsible: {party}", party=party), anchor=False)
    with errors.boundary():
        _groups(
            fairness(scope.dataset, scope.hands, party=scope.view.party),
            key="fault",
        )
    st.subheader(t("Overturned on appeal: {party}", party=party), anchor=False)
    with errors.boundary():
        _groups(
            fairness(
                scope.dataset, scope.hands, party=scope.view.party,
                outcome="overturned",
            ),
            key="overturned",
        )  # fmt: skip


def reviewers(scope: Scope, by_reviewer: pd.DataFrame) -> None:
    """Who is harsh or lenient, other things equal, and everybody's figures."""
    filters.party(scope.view)
    st.subheader(t("Harsh or lenient, on the same cases"), anchor=False)
    with errors.boundary():
        _severity(scope)
    st.subheader(t("Everybody"), anchor=False)
    tables.show(by_reviewer, alt=t("Figures of quality by reviewer"))


def _groups(found: Fairness, *, key: str) -> None:
    table = found.table
    if table.empty and key == "overturned":
        st.caption(t("No appeal yet."))
    elif table.empty:
        st.caption(t("Too few decisions to compare groups."))
    elif not int(table["count"].sum()):
        st.caption(t("Not a single one."))
    else:
        told = leading(table)
        data = told.assign(
            label=[
                f"{_dimension(str(dimension))}: {_value(group)}"
                for dimension, group in zip(
                    told["dimension"], told["group"], strict=True
                )
            ],
            value=told["difference"],
            low=told["difference_low"],
            high=told["difference_high"],
        )
        chart_frame.draw(
            plots.differences(data),
            Behind(
                name=key, table=table,
                definition=t(
                    "Each group's rate against all others', with 95 % intervals; what "
                    "stands out does so after correction for looking at all groups."
                ),
            ),
            alt_text=_takeaway(data),
            key=f"quality_fair_{key}",
        )  # fmt: skip
        with st.expander(t("All {count} groups", count=number(len(table)))):
            tables.show(table, alt=t("Rates of all groups"))
    for dimension, columns in found.locked.items():
        st.caption(
            t(
                "{dimension} needs {columns}.",
                dimension=plain(_dimension(dimension)),
                columns=t(", ").join(plain(field_name(name)) for name in columns),
            )
        )


def leading(table: pd.DataFrame) -> pd.DataFrame:
    """Groups that stand out, then those that differ most, up to ``MAX_GROUPS``."""
    order = table.assign(size=table["difference"].abs()).sort_values(
        ["stands_out", "size"], ascending=False, kind="stable"
    )
    return order.head(MAX_GROUPS)


def _dimension(name: str) -> str:
    return t(_DIMENSIONS[name]) if name in _DIMENSIONS else field_name(name)


def _value(group: object) -> str:
    return t(OWN_VALUES.get(str(group), str(group)))


def _takeaway(data: pd.DataFrame) -> str:
    out = data[data["stands_out"].astype(bool)]
    if out.empty:
        return t("No group stands out.")
    told = t(", ").join(
        f"{row['label']} {percent(row['rate'])}" for row in out.to_dict("records")
    )
    return t("These stand out: {groups}.", groups=told)


def _severity(scope: Scope) -> None:
    try:
        found = severity(scope.beside, party=scope.view.party)
    except DoorstepError as error:
        errors.show_error(error)
        return
    if found.note or found.table.empty:
        st.caption(t(found.note) if found.note else t("Nobody to compare yet."))
        return
    table = found.table
    verdicts = {"harsh": t("harsh"), "lenient": t("lenient")}
    data = table.assign(
        label=[
            f"{row['reviewer']} {verdicts.get(row['verdict'], '')}".strip()
            for row in table.to_dict("records")
        ],
        value=table["difference"],
        low=table["difference_low"],
        high=table["difference_high"],
        stands_out=table["verdict"] != "",
    )
    out = table[table["verdict"] != ""]
    for row in out.to_dict("records"):
        st.markdown(
            t(
                ":orange[:material/balance:] **{who}** is {verdict}: {rate} against "
                "{expected} that others have on the same cases (n {count}); "
                "{difference}, shrunk towards the others.",
                who=plain(row["reviewer"]),
                verdict=verdicts[row["verdict"]],
                rate=percent(row["rate"]),
                expected=percent(row["expected"]),
                count=number(row["compared"]),
                difference=points(row["difference"]),
            )
        )
    chart_frame.draw(
        plots.differences(data),
        Behind(name=t("Severity"), table=table, definition=t(found.method)),
        alt_text=_reviewers_told(out),
        key="quality_severity",
    )


def _reviewers_told(out: pd.DataFrame) -> str:
    if out.empty:
        return t("Nobody is harsher or more lenient than the others.")
    return t(
        "These stand out: {groups}.", groups=t(", ").join(out["reviewer"].astype(str))
    )
