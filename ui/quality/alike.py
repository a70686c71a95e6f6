"""Alike: how far two reviewers agree, and the cases on which they do not."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.cases.agreements import Agreement, Coefficient
from analysis.cases.quality import Quality, disagreements
from ui import chart_frame, frame
from ui.cases import words
from ui.cases.view import CasesView
from ui.chart_frame import Behind
from ui.format import interval, number
from ui.quality import plots
from ui.quality.figures import matrix
from ui.quality.view import Scope
from ui.show import plain
from ui.texts import t

MAX_LISTED = 20


def draw(scope: Scope, found: Quality) -> None:
    """The agreement set, the matrix, and the list of disagreements."""
    agreed = found.agreement
    if agreed is None:
        st.info(
            t(
                "No case has two decisions yet. "
                "Let a share of a queue be decided twice."
            ),
            icon=":material/group:",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("Agreement, four ways"), anchor=False)
        st.caption(
            t(
                "On skewed labels kappa and alpha fall although hardly anything is "
                "disputed; AC1 does not. Read them together, with the matrix."
            )
        )
        _figures(agreed)
        if found.agreement_random is not None:
            _random(found.agreement_random)
    with right:
        st.subheader(t("Who said what"), anchor=False)
        matrix(agreed.matrix, key="agreement", rows=t("first"), columns=t("second"))
    _disagreements(scope)


def _figures(agreed: Agreement) -> None:
    rows = [
        (t("Percent agreement"), agreed.percent),
        (t("Cohen's kappa"), agreed.kappa),
        (t("Krippendorff's alpha"), agreed.alpha),
        (t("Gwet's AC1"), agreed.ac1),
    ]
    table = pd.DataFrame([_row(label, item) for label, item in rows])
    chart_frame.draw(
        plots.figures(table),
        Behind(
            name=t("Agreement"), table=table,
            definition=t("Percent: equal decisions. Kappa, alpha and AC1: the same "
                "beyond what chance would bring, with three ideas of chance."),
        ),
        alt_text=t(", ").join(f"{label} {_said(item)}" for label, item in rows),
        key="quality_four",
    )  # fmt: skip
    note = t("Too few to tell, n {count} cases", count=number(agreed.n)) if (
        agreed.is_small) else t("n {count} cases", count=number(agreed.n))  # fmt: skip
    st.caption(note)
    for label, item in rows:
        if item.note:
            st.caption(f"{label}: {t(item.note)}")


def _row(label: str, item: Coefficient) -> dict[str, object]:
    return {"label": label, "value": item.value, "low": item.low, "high": item.high}


def _said(item: Coefficient) -> str:
    if item.value is None:
        return "–"
    if item.low is None or item.high is None:
        return number(item.value, digits=3)
    ends = interval(number(item.low, digits=3), number(item.high, digits=3))
    return f"{number(item.value, digits=3)} ({ends})"


def _random(agreed: Agreement) -> None:
    st.caption(
        t(
            "On {count} cases that were doubled at random or because their whole "
            "queue is decided twice, which stand for all: percent {percent}, "
            "kappa {kappa}, AC1 {ac1}.",
            percent=_said(agreed.percent),
            kappa=_said(agreed.kappa),
            ac1=_said(agreed.ac1),
            count=number(agreed.n),
        )
    )


def _disagreements(scope: Scope) -> None:
    st.subheader(t("Where they disagree"), anchor=False)
    found = disagreements(scope.beside)
    if found.empty:
        st.caption(t("On no case."))
        return
    names = dict(zip(scope.every["queue"], scope.every["queue_name"], strict=True))
    for row in found.head(MAX_LISTED).to_dict("records"):
        told = " / ".join(words.party(str(name)) for name in row["parties"])
        what, where = st.columns([6, 2], vertical_alignment="center")
        what.markdown(f":small[{plain(names.get(row['queue'], ''))} · **{told}**]")
        with where:
            frame.link(
                "cases",
                label=plain(str(row["order_id"]), limit=24),
                icon=":material/fact_check:",
                view=CasesView(queue=str(row["queue"]), position=int(row["position"])),
            )
    more = len(found) - MAX_LISTED
    if more > 0:
        st.caption(t("{count} more", count=number(more)))
