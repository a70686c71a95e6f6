import streamlit as st

from analysis.cases.quality import quality
from ui import errors
from ui.guard import guard
from ui.quality import alike, fair, figures, filters, importing, rulesets
from ui.quality.view import QualityView, scope
from ui.show import page_head
from ui.state import read_view
from ui.texts import t

guard("view")
view = read_view(QualityView)
dataset = importing.dataset_of(view)
if dataset is None:
    st.stop()

found_scope = scope(dataset, view)
found = quality(found_scope.decisions, beside=found_scope.beside)
page_head(t("Are the decisions right, alike and fair?"), answer=figures.answer(found))
if found_scope.every.empty:
    importing.empty(dataset)
else:
    filters.row(found_scope)
filters.parts(view)

with errors.boundary():
    if view.part == "rules":
        rulesets.panel(found_scope)
    elif not found_scope.decisions.empty:
        if view.part == "figures":
            figures.cards(found)
            figures.details(found_scope, found)
        elif view.part == "alike":
            alike.draw(found_scope, found)
        elif view.part == "fair":
            fair.draw(found_scope)
        else:
            fair.reviewers(found_scope, found.by_reviewer)
