import streamlit as st

from ui.errors import boundary
from ui.guard import guard
from ui.kpis import (
    breakdown,
    cards,
    filters,
    listing,
    locks,
    notices,
    panels,
    standing,
    strip,
    targets,
    trend,
)
from ui.kpis.answer import answer, grounds, ways
from ui.kpis.groups import groups, worst
from ui.kpis.view import KpiView, look_at
from ui.show import page_head
from ui.state import read_view
from ui.texts import t

CARDS_HEIGHT = 250

guard("view")
view = read_view(KpiView)
dataset = notices.dataset_of(view)
if dataset is None:
    st.stop()

look, misfits = look_at(dataset, view)
with st.container(horizontal=True, vertical_alignment="center"):
    page_head(t("How is delivery doing?"))
    filters.keep_and_share(look)
head = st.container()
notices.misfits(misfits)
notices.newer_version(look, view)
filters.row(look)

with st.skeleton(CARDS_HEIGHT):
    found = cards.figures(look)
    set_targets = targets.targets(look)
orders = found["orders"].value
figure = found.get(look.metric)
target = set_targets.get(look.metric)
said = head.empty()
said.markdown(answer(look, figure, target=target))
head.caption(grounds(look, orders))

if not orders:
    notices.no_orders(look)
    st.stop()
head.markdown(ways())

with boundary():
    cards.row_of_cards(look, found, set_targets)
# Read once the cards are there, which need nothing of it.
found_groups = groups(look, figure) if figure and look.by else []
words = {"target": target, "worst": worst(found_groups, figure) if figure else None}
said.markdown(answer(look, figure, **words))

st.space("small")
look = trend.settled(look)
trend.head(look)
if figure is None:
    locks.lock_note(look.locked(look.metric))
    st.stop()

with boundary():
    strip.figure_strip(look, figure, target)
left, right = st.columns([2, 1], gap="large")
with left, boundary():
    unusual = trend.chart(look, figure, target)
    said.markdown(answer(look, figure, **words, unusual=unusual))
with right, boundary():
    standing.panel(look)

if look.by:
    st.space("small")
    with boundary():
        breakdown.head(look)
        breakdown.chart_and_list(look, found_groups, figure)

st.space("small")
panels.row(look, figure)
st.space("small")
with boundary():
    listing.section(look, orders)
