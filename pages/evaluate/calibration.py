import streamlit as st

from analysis.strategies.calibration import calibrated
from analysis.strategies.registry import entries
from analysis.strategies.self_test import self_test
from ui import cached
from ui.calibration import own_history, published, simulated
from ui.calibration.notices import dataset_of
from ui.calibration.view import CalibrationView
from ui.errors import boundary
from ui.guard import guard
from ui.show import page_head
from ui.state import read_view
from ui.texts import t

guard("view")
view = read_view(CalibrationView)
found = self_test()
page_head(
    t("How far can the verdicts be trusted?"),
    answer=f"{published.answer(found)} {simulated.answer(calibrated())}",
)

dataset = dataset_of(view)
if dataset is not None:
    with boundary():
        own_history.section(dataset, view, entries(cached.records(), dataset))

st.space("small")
with boundary():
    published.section(found)

st.space("small")
with boundary():
    simulated.section()
