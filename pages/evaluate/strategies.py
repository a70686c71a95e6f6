import streamlit as st

from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.strategies.registry import entries, entry_of, unreadable
from ui import cached
from ui.errors import boundary
from ui.guard import guard
from ui.state import read_view
from ui.strategies import form, listing, notices, one
from ui.strategies.view import StrategyView, pinned

guard("view")
view = read_view(StrategyView)
dataset = notices.dataset_of(view)
if dataset is None:
    st.stop()
view = pinned(view, dataset)
records = cached.records()

if not view.strategy and view.show == "list":
    with boundary():
        notices.broken(unreadable(records, dataset))
        listing.page(dataset, view, entries(records, dataset))
    st.stop()

entry = None
if view.strategy:
    try:
        entry = entry_of(records, dataset, view.strategy)
    except (UnknownName, Conflict, InvalidInput) as error:
        notices.gone(view, error)
        st.stop()

with boundary():
    if view.show == "plan":
        form.page(dataset, view, entry)
    elif entry is not None:
        one.page(dataset, view, entry)
