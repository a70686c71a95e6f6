"""The finer points of one column: how it is read, summed up and protected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from analysis.orders.mapping import (
    DETAILS,
    RULES,
    ColumnMapping,
    choice_name,
    choices_of,
)  # fmt: skip
from analysis.orders.schema import MILESTONES, STATUSES
from ui.data import desk, words
from ui.data.view import say
from ui.show import plain
from ui.texts import t

if TYPE_CHECKING:
    from ui.data.columns import Place

#: Words of a column that can be translated one by one.
MAX_WORDS: Final = 20


def menu(place: Place) -> None:
    """A pop-up with everything beyond the field itself; made once it is open."""
    if place.entry.use == "ignore":
        return
    icon = ":material/shield:" if place.entry.protection else ":material/tune:"
    panel = st.popover(
        "",
        icon=icon,
        type="tertiary",
        key=f"data_more_{place.key}",
        help=t("How it is read, summed up and protected"),
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        st.markdown(f"**{plain(place.entry.column)}**")
        _reasons(place)
        _reading(place)
        if place.entry.reading.is_duration:
            _duration(place)
        if place.table.target == DETAILS:
            _rule(place)
        _protection(place)
        if place.entry.field == "status" and place.entry.values:
            _status_words(place)


def _reasons(place: Place) -> None:
    """Everything that was noticed about the column."""
    notes = dict.fromkeys((*place.entry.reasons, *place.entry.reading.reasons))
    for note in notes:
        st.caption(say(note.text, dict(note.values)))


def _reading(place: Place) -> None:
    reading = place.entry.reading
    choices = {choice_name(choice): choice for choice in choices_of(reading)}
    kind = t(words.TYPES[reading.type])
    if len(choices) == 1:
        formats = ", ".join(reading.formats)
        st.caption(
            t("Read as {type}: {formats}", type=kind, formats=plain(formats))
            if formats
            else t("Read as {type}", type=kind)
        )
        return
    key = f"data_reading_{place.key}"
    st.session_state[key] = choice_name(reading)
    st.selectbox(
        t("Read as"),
        list(choices),
        key=key,
        on_change=_answered,
        args=(place.draft.id, place.table.table, place.entry.column, key),
    )


def _answered(draft_id: str, table: str, column: str, key: str) -> None:
    option = str(st.session_state[key])
    desk.change(draft_id, lambda _, mapping: mapping.answered(table, column, option))


def _duration(place: Place) -> None:
    reading = place.entry.reading
    _select(
        place, "unit", t("It counts"), list(words.UNITS), current=reading.unit,
        names={name: t(text) for name, text in words.UNITS.items()},
        change=lambda unit: {"reading": replace(reading, unit=unit)},
    )  # fmt: skip
    held = {item.field for item in place.table.columns if item.use == "field"}
    starts = [name for name in MILESTONES if name in held - {place.entry.field}]
    _select(
        place, "after", t("Counted from"), ["", *starts], current=place.entry.after,
        names={"": t("nothing: it stays a duration")}
        | {name: words.field_label(name) for name in starts},
        change=lambda name: {"after": name},
    )  # fmt: skip


def _rule(place: Place) -> None:
    _select(
        place, "rule", t("Several rows an order become"), list(RULES),
        current=place.entry.rule,
        names={name: t(text) for name, text in words.RULES.items()},
        change=lambda rule: {"rule": rule},
    )  # fmt: skip


def _protection(place: Place) -> None:
    entry = place.entry
    _select(
        place, "personal", t("This is"), list(words.PERSONAL), current=entry.personal,
        names={name: t(text) for name, text in words.PERSONAL.items()},
        change=lambda kind: {"personal": kind, "keep_personal": False},
    )  # fmt: skip
    if not entry.personal:
        return
    key = f"data_keep_{place.key}"
    st.session_state[key] = entry.keep_personal
    st.toggle(
        t("Publish it unprotected, on purpose"),
        key=key,
        on_change=_changed,
        args=(place, key, lambda keep: {"keep_personal": bool(keep)}),
    )
    st.caption(
        t("Everyone who opens the dataset can read these values.")
        if entry.keep_personal
        else t("Published {how}.", how=t(words.PROTECTION[entry.personal]))
    )


def _status_words(place: Place) -> None:
    """What each word of the file says, in the words of the order model."""
    st.caption(t("What the words of the file mean"))
    for number, (word, meaning) in enumerate(
        list(place.entry.values.items())[:MAX_WORDS]
    ):
        _select(
            place, f"word{number}", plain(word, limit=40), list(STATUSES),
            current=meaning if meaning in STATUSES else None,
            names={name: t(text) for name, text in words.STATUSES.items()},
            change=lambda status, word=word: {
                "values": {**place.entry.values, word: status}
            },
        )  # fmt: skip


def _select(
    place: Place,
    name: str,
    label: str,
    choices: list[str],
    *,
    current: str | None,
    names: dict[str, str],
    change: Any,  # noqa: ANN401 - a function of the value to the changes of an entry
) -> None:
    key = f"data_{name}_{place.key}"
    st.session_state[key] = current if current in choices else None
    st.selectbox(
        label,
        choices,
        index=None,
        format_func=lambda choice: names.get(choice, choice),
        key=key,
        on_change=_changed,
        args=(place, key, change),
    )


def _changed(place: Place, key: str, change: Any) -> None:  # noqa: ANN401 - see above
    value = st.session_state[key]
    if value is None:
        return
    column: ColumnMapping = place.entry
    desk.change(
        place.draft.id,
        lambda _, mapping: mapping.changed(
            place.table.table, column.column, use=column.use, field=column.field,
            **change(value),
        ),
    )  # fmt: skip
