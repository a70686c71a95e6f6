"""A workspace of its own for each test, and no demo data unless asked for."""

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def workspace(monkeypatch, tmp_path):
    folder = tmp_path / "workspace"
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(folder))
    monkeypatch.setenv("DOORSTEP_DEMO_ORDERS", "0")
    yield folder
    st.cache_data.clear()
    st.cache_resource.clear()
