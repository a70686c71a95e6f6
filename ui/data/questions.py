"""What the proposal cannot decide alone, asked first and with examples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import streamlit as st

from analysis.orders.draft import Draft
from analysis.orders.mapping import Mapping, Question, choice_name, choices_of
from analysis.orders.values import Reading, read_value
from ui.data import desk
from ui.data.columns import examples_of
from ui.format import day, moment, number
from ui.show import plain
from ui.texts import t

EXAMPLES: Final = 2


def show(draft: Draft, mapping: Mapping) -> None:
    """A card a question; nothing where all is clear."""
    for place, question in enumerate(mapping.questions()):
        with st.container(border=True, gap="small"):
            _ask(draft, mapping, question, place=place)


def _ask(draft: Draft, mapping: Mapping, question: Question, *, place: int) -> None:
    reading = mapping.table(question.table).column(question.column).reading
    values = examples_of(draft, question.table).get(question.column, ())
    st.markdown(
        ":orange[:material/help:] "
        + t(
            "**{column}** in {file} can be read in {count} ways. Which one is right?",
            column=plain(question.column),
            file=plain(question.title),
            count=number(len(question.options)),
        )
    )
    chosen = choices_of(reading)
    told = telling(values, chosen)
    with st.container(horizontal=True, gap="small"):
        for option, choice in enumerate(chosen):
            st.button(
                _option(choice, told),
                key=f"data_answer_{draft.id}_{place}_{option}",
                on_click=_answer,
                args=(draft.id, question, choice_name(choice)),
            )


def _option(choice: Reading, values: Sequence[str]) -> str:
    name = f"**{plain(choice_name(choice))}**"
    read = [
        t("{cell} is {value}", cell=plain(text), value=plain(written(text, choice)))
        for text in values
    ]
    return f"{name} — {t('; ').join(read)}" if read else name


def telling(values: Sequence[str], choices: Sequence[Reading]) -> tuple[str, ...]:
    """Values that the choices read differently, so that they tell them apart."""
    different = (
        text
        for text in values
        if len({str(read_value(text, choice)) for choice in choices}) > 1
    )
    return tuple(different)[:EXAMPLES]


def written(text: str, reading: Reading) -> str:
    """What a text is in a reading, as the language writes it."""
    value = read_value(text, reading)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, float):
        return number(value, digits=2)
    return t("not readable") if value is None else str(value)


def _answer(draft_id: str, question: Question, option: str) -> None:
    desk.change(
        draft_id,
        lambda _, mapping: mapping.answered(question.table, question.column, option),
    )
