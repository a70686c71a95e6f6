"""One line a column: its values, what it means, how sure that is, what it gives."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from analysis.orders.draft import Draft
from analysis.orders.mapping import ColumnMapping, Mapping, TableMapping
from analysis.orders.privacy import protect_value
from analysis.orders.propose import propose_column
from analysis.orders.schema import fields_of
from analysis.orders.working import relinked
from ui import cached
from ui.data import desk, options, prospect, words
from ui.data.examples import distinct_values
from ui.data.view import joined, say
from ui.format import percent
from ui.show import plain, shortened
from ui.texts import language, t

#: Choices that are no field start with it; no field's name does.
MARK: Final = "="
EXAMPLES: Final = 3
#: Examples of a column together, in characters, so that they stay on one line.
EXAMPLES_LENGTH: Final = 44


@dataclass(frozen=True, slots=True)
class Place:
    """One column on the page.

    Attributes:
        draft: The draft.
        table: Its staged table's entry.
        entry: The column's entry.
        values: Some of its values.
    """

    draft: Draft
    table: TableMapping
    entry: ColumnMapping
    values: Sequence[str]

    @property
    def key(self) -> str:
        """Part of the keys of its widgets."""
        place = [item.column for item in self.table.columns].index(self.entry.column)
        return f"{self.draft.id}_{self.table.table}_{place}"


def line(place: Place) -> None:
    """Draw one column."""
    name, field, why, more = st.columns(
        [3.1, 2.7, 3.4, 0.9], gap="small", vertical_alignment="center"
    )
    with name.container(gap=None):
        st.markdown(f"**{plain(place.entry.column, limit=60)}**")
        st.caption(_examples(place))
    with field:
        _choice(place)
    with why.container(gap=None):
        st.markdown(_confidence(place.entry))
        given = _gives(place)
        if place.entry.personal:
            st.markdown(_protected(place.entry))
        if given:
            st.caption(given)
    with more:
        options.menu(place)


def _examples(place: Place) -> str:
    shown: list[str] = []
    room = EXAMPLES_LENGTH
    for value in place.values[:EXAMPLES]:
        text = example(place.entry, value)
        if shown and len(text) > room:
            break
        shown.append(plain(text))
        room -= len(text)
    return t(", ").join(shown) or t("no values")


def example(entry: ColumnMapping, value: str) -> str:
    """A value as it will be published, shortened: protected where it is personal."""
    if entry.protection:
        key = cached.workspace().key()
        value = str(protect_value(value, entry.protection, key=key))
    return shortened(value, limit=32)


def _choice(place: Place) -> None:
    fields = fields_of(words.model_of(place.table))
    choices = [*(f"{MARK}{use}" for use in words.USES), *fields]
    key = f"data_field_{place.key}"
    entry = place.entry
    st.session_state[key] = (
        entry.field
        if entry.use == "field" and entry.field in fields
        else f"{MARK}{entry.use}"
    )

    def written(choice: str) -> str:
        if choice.startswith(MARK):
            return t(words.USES[choice.removeprefix(MARK)])  # type: ignore[index]
        return words.field_option(fields[choice])

    st.selectbox(
        t("What {column} means", column=plain(entry.column)),
        choices,
        format_func=written,
        key=key,
        label_visibility="collapsed",
        disabled=place.table.target == "ignored",
        on_change=_chosen,
        args=(place.draft.id, place.table.table, entry.column, key),
    )


def _chosen(draft_id: str, table: str, column: str, key: str) -> None:
    choice = str(st.session_state[key])
    desk.change(
        draft_id,
        lambda draft, mapping: meaning(draft, mapping, table, column, choice),
    )


def meaning(
    draft: Draft, mapping: Mapping, table: str, column: str, choice: str
) -> Mapping:
    """The mapping with another meaning for a column, read as its field needs it."""
    field = "" if choice.startswith(MARK) else choice
    found = propose_column(
        draft.table(table), column, target=mapping.table(table).target, field=field
    )
    use = choice.removeprefix(MARK) if not field else "field"
    changed = mapping.changed(
        table,
        column,
        use=use,
        field=found.field,
        reading=found.reading,
        after=found.after,
        rule=found.rule,
        values=found.values,
        personal=found.personal,
        confidence=found.confidence,
        reasons=found.reasons,
    )
    return relinked(changed, table)


def _confidence(entry: ColumnMapping) -> str:
    """How sure the proposal is and the first reason; the others are in the pop-up."""
    reasons = "".join(say(note.text, dict(note.values)) for note in entry.reasons[:1])
    if entry.use != "field":
        return f":gray[{reasons}]"
    share = percent(entry.confidence, digits=0)
    word = f"{words.confidence_word(entry)} · {share}"
    if words.needs_a_look(entry):
        return f":orange[:material/help: **{word}**] :gray[{reasons}]"
    return f":green[:material/check:] {word} :gray[{reasons}]"


def _protected(entry: ColumnMapping) -> str:
    """A badge that says how personal data are published."""
    if entry.keep_personal:
        text = t("personal, published as it is")
        return f":orange-badge[:material/shield_question: {text}]"
    text = t(words.PROTECTION[entry.personal])
    return f":blue-badge[:material/shield: {text}]"


def _gives(place: Place) -> str:
    if place.entry.use != "field":
        return ""
    model = words.model_of(place.table)
    found = prospect.uses().get((model, place.entry.field), ())
    if not found:
        return ""
    names = [plain(definition.label_in(language())) for definition in found]
    return t("Unlocks {names}", names=joined(names, most=2))


def examples_of(draft: Draft, table_id: str) -> AnyMapping[str, Sequence[str]]:
    """Some values of each column of a table."""
    return cached.of_staged(distinct_values, draft, draft.table(table_id))
