"""Doorstep with its security headers: ``streamlit run serve.py``."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.errors import unexpected
from ui.server import SecurityHeaders

app = st.App(
    Path(__file__).resolve().with_name("streamlit_app.py"),
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=unexpected,
)
