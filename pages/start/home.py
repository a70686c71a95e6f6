import streamlit as st

from ui.guard import guard
from ui.show import page_head
from ui.texts import t

guard("view")
page_head(t("What needs attention"))
st.caption(t("No data yet"))
