import streamlit as st

from analysis.orders.working import working_mapping
from ui import datasets
from ui.data import files, meaning, overview, publishing
from ui.data.view import STEPS, DataView, draft_of, leave
from ui.guard import guard
from ui.show import choice, page_head
from ui.state import bound, read_view
from ui.texts import t

guard("view")
view = read_view(DataView)
publishing.finished(view.draft)
draft = draft_of(view)
step = view.step or ("files" if draft else "")

if draft is None and step != "files":
    dataset = datasets.current(view.selection)
    if dataset is None:
        overview.empty(view)
    else:
        overview.show(view, dataset)
    st.stop()

mapping = working_mapping(draft) if draft and draft.tables else None
page_head(
    t("Bring in orders"),
    answer=(
        t("Drop all files that belong together; what cannot be read is said at once.")
        if mapping is None or step == "files"
        else meaning.summary(mapping)
        if step == "meaning"
        else publishing.summary(mapping)
    ),
)
with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
):
    st.segmented_control(
        t("Step"),
        list(STEPS),
        format_func=lambda name: choice(t(STEPS[name])),
        required=True,
        label_visibility="collapsed",
        disabled=mapping is None,
        **bound(view.model_copy(update={"step": step}), "step", prefix="data"),
    )
    st.button(
        t("Leave"),
        icon=":material/close:",
        type="tertiary",
        key="data_leave",
        help=t("The draft is kept for a week."),
        on_click=leave,
    )
if draft is None or mapping is None or step == "files":
    files.show(view, draft)
elif step == "meaning":
    meaning.show(view, draft, mapping)
else:
    publishing.show(view, draft, mapping)
