"""Doorstep's entry script: page config, language, guard, navigation; nothing else."""

import streamlit as st

from ui import errors, frame, guard

st.set_page_config(
    page_title="Doorstep",
    page_icon=frame.ICON,
    layout="wide",
    initial_sidebar_state=frame.sidebar_state(),
)
menu = frame.pages()
page = st.navigation(menu, position="hidden")
with errors.boundary():
    guard.guard("view")
    frame.sidebar(menu)
    page.run()
