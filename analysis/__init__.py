"""Doorstep's analysis: plain Python, usable from any notebook, without Streamlit."""
