"""Before there are decisions: which dataset, and past decisions brought along."""

from __future__ import annotations

import io
from typing import Final

import pandas as pd
import streamlit as st

from analysis.cases.imported import HEADERS, import_decisions
from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, UnknownName
from analysis.words import N_
from ui import cached, datasets, demo, errors, frame
from ui.format import number
from ui.guard import name_field, sign
from ui.quality.view import QualityView
from ui.show import page_head, plain
from ui.state import write_view
from ui.texts import t

MAX_MEGABYTES: Final = 50
_NAME_KEY: Final = "quality_name"
#: Columns whose figures are names: 007 is not 7.
_TEXTS: Final = dict.fromkeys((*HEADERS["order_id"], *HEADERS["reviewer"]), str)


def dataset_of(view: QualityView) -> Dataset | None:
    """The dataset of the view; says so where it is not here, or nothing is."""
    try:
        dataset = datasets.current(view.selection)
    except UnknownName as error:
        page_head(t("Are the decisions right, alike and fair?"))
        errors.show_error(error)
        st.button(
            t("Show the data that are here"), type="primary",
            key="quality_reset", on_click=write_view, args=(QualityView(),),
        )  # fmt: skip
        return None
    if dataset is None:
        page_head(
            t("Are the decisions right, alike and fair?"),
            answer=t("Here is how well cases are decided, once orders are here."),
        )
        demo.panel()
        frame.link(
            "data", label=t("Bring in your own orders"), icon=":material/upload:"
        )
    return dataset


def empty(dataset: Dataset) -> None:
    """No decisions yet: decide cases, or bring in past decisions."""
    st.info(
        t("No case is decided yet, so there is nothing to measure."),
        icon=":material/fact_check:",
    )
    frame.link("cases", label=t("Decide cases"), icon=":material/fact_check:")
    form(dataset)


def form(dataset: Dataset) -> None:
    """A file of past decisions, brought in as a finished queue."""
    with st.expander(t("Bring in past decisions"), icon=":material/upload:"):
        st.caption(
            t(
                "A CSV with one row a decision: order_id, party, reviewer; kind, "
                "explanation, opened_at, decided_at, active_seconds and appeal_result "
                "where you have them. Rows of the kind GOLD are the right answers."
            )
        )
        file = st.file_uploader(
            t("File"), type=["csv"], max_upload_size=MAX_MEGABYTES, key="quality_file"
        )
        name = st.text_input(
            t("Name of the queue"), value=t("Past decisions"), max_chars=100,
            key="quality_queue_name",
        )  # fmt: skip
        typed = name_field(_NAME_KEY)
        if st.button(t("Bring in"), key="quality_import", disabled=file is None):
            with errors.boundary():
                by = sign("manage", typed).signature
                _bring_in(dataset, file.getvalue() if file else b"", name=name, by=by)


def read(content: bytes) -> pd.DataFrame:
    """A file of decisions as a frame.

    Raises:
        InvalidInput: if it is no CSV.
    """
    try:
        return pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", dtype=_TEXTS)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as bad:
        raise InvalidInput(
            N_("The file cannot be read as a table of decisions."),
            hint=N_("Save it as CSV in UTF-8, with a header."),
        ) from bad


def _bring_in(dataset: Dataset, content: bytes, *, name: str, by: str) -> None:
    made = import_decisions(
        dataset, read(content), records=cached.records(), name=name, by=by
    )
    st.success(
        t("{decisions} decisions on {cases} cases are here.",
            decisions=number(made.decisions), cases=number(made.cases)),
        icon=":material/check:",
    )  # fmt: skip
    if made.missing_ids:
        st.caption(
            t("{count} order IDs are not in this dataset, such as {id}.",
                count=number(len(made.missing_ids)), id=plain(made.missing_ids[0]))
        )  # fmt: skip
    for reason, rows in made.refused.items():
        st.caption(
            t("{count} rows left out: {reason}", count=number(rows), reason=t(reason))
        )
