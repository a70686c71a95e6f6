"""Doorstep with its security headers: ``streamlit run serve.py``."""

import threading
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from ui.errors import unexpected
from ui.server import SecurityHeaders

# Until st.navigation has run once, a folder named pages is taken for Streamlit's older
# layout: a deep link to a fresh server would then say "Page not found".
PagesManager.uses_pages_directory = False

# What the first page needs is read while the browser still fetches the frame.
threading.Thread(
    target=import_module, args=("ui.kpis.view",), name="warm", daemon=True
).start()

app = st.App(
    Path(__file__).resolve().with_name("streamlit_app.py"),
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=unexpected,
)
