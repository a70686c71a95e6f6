"""The server of ``serve.py`` around a page of hostile text, for the browser tests."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.errors import unexpected
from ui.server import SecurityHeaders

app = st.App(
    Path(__file__).resolve().with_name("hostile_page.py"),
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=unexpected,
)
