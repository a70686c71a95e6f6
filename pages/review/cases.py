import streamlit as st

from ui import datasets
from ui.cases import (
    chart,
    evidence,
    form,
    head,
    history,
    making,
    opening,
    opinion,
    place,
    queues,
    rulesets,
    sheet,
    similar,
    suggestion,
    talk,
    versions,
)
from ui.cases.view import CasesView
from ui.guard import guard
from ui.state import read_view

guard("view")
view = read_view(CasesView)

if not view.queue and not view.position:
    dataset = datasets.current(view.selection)
    here = dataset.id if dataset is not None else ""
    every = queues.everywhere(here)
    done = queues.progress(every)
    queues.head(every, done)
    queues.who_am_i()
    queues.listing(every, done, chosen=here)
    if dataset is not None:
        has_own = any(item.dataset == here for item in every)
        is_open = not has_own or bool(view.selection.conditions)
        making.form(dataset, view, is_open=is_open)
    st.stop()

desk = opening.desk_of(view)
if desk is None:
    st.stop()
rules = rulesets.of_case(desk)
file = evidence.case_file(desk, rules)
if view.sheet:
    sheet.page(desk, file, rules)
    st.stop()

head.line(desk, file)
opening.notice(desk)
left, right = st.columns([3, 2], gap="medium")
with left, st.container(gap="xsmall"):
    chart.panel(desk, file)
    beside, around = st.columns([5, 3] if file.timeline.places else [1, 0.001])
    with beside:
        talk.listing(file.timeline)
    with around:
        place.panel(file)
    history.strip(desk, file)
    similar.line(desk, file)
    sheet.link(desk)
    if desk.is_mine:
        versions.panel(desk)
with right, st.container(gap="xsmall"):
    suggestion.draw(desk, file, take_over=form.take_over)
    opinion.line(desk)
    if desk.is_mine:
        form.draw(desk, file)
    else:
        versions.panel(desk)
evidence.read_ahead(desk, opening.neighbours(desk), rules)
