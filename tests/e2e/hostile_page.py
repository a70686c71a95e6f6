"""Every place that shows text of users, filled with text that wants to be more."""

import pandas as pd
import streamlit as st

from analysis.errors import DataProblem
from tests.e2e.hostile_texts import TEXTS
from ui import chart_frame, charts, errors
from ui.show import page_head, plain

page_head("Hostile text")
if st.query_params.get("fail"):
    raise ZeroDivisionError("secret value")

if st.query_params.get("charts"):
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=len(TEXTS)),
            TEXTS[0]: range(len(TEXTS)),
            "a.b:Q": TEXTS,
            "low": [value - 1 for value in range(len(TEXTS))],
            "high": [value + 1 for value in range(len(TEXTS))],
        }
    )
    for name, chart in {
        "trend": charts.trend(
            frame, time="day", value=TEXTS[0], low="low", high="high", target=5
        ),
        "bars": charts.bars(
            frame, label="a.b:Q", value=TEXTS[0], low="low", high="high", pick=True
        ),
    }.items():
        behind = chart_frame.Behind(
            name=TEXTS[0], table=frame, sql="SELECT 1", definition=TEXTS[0]
        )
        chart_frame.draw(chart, behind, alt_text=f"a takeaway of {name}", key=name)
    st.altair_chart(charts.spark([1, 3, 2]), alt="a rise and a fall", key="spark")
    st.stop()

for number, text in enumerate(TEXTS):
    st.code(text, language=None)
    st.markdown(plain(text))
    st.caption(plain(text))
    st.button(plain(text), key=f"button_{number}")
    with errors.boundary():
        raise DataProblem("{name}", name=text)
