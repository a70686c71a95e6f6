"""The address: what a page looks at, in one ``v`` parameter.

A page describes its view as a frozen pydantic model (a subclass of ``View``), reads it
with ``read_view`` and writes a changed one with ``write_view``. Writing goes through
``st.query_params``, so the browser's Back undoes it; a copied link opens the same view.
A value that cannot be read is never an error: the field falls back to its default and
the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import streamlit as st
from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationError,
)

from analysis.errors import InvalidInput
from analysis.metrics.address import from_address, to_address
from analysis.metrics.selection import Selection
from ui.texts import language, t

PARAMETER: Final = "v"


def _selection(content: object) -> Selection:
    if isinstance(content, Selection):
        return content
    try:
        return Selection.from_json(content)
    except InvalidInput as error:
        raise ValueError(str(error)) from error


#: A ``Selection`` as a field of a view, written by its own codec.
SelectionField = Annotated[
    Selection, PlainValidator(_selection), PlainSerializer(Selection.to_json)
]


class View(BaseModel):
    """What a page looks at. Every field of a subclass needs a default.

    Attributes:
        selection: The orders looked at, with dataset and version; where these are
            empty, the dataset chosen in the sidebar and its current version.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    selection: SelectionField = Selection()


V = TypeVar("V", bound=View)


def encode_view(view: View) -> str:
    """The address value of a view, without what is at its default.

    Raises:
        InvalidInput: if the view is too long for an address.
    """
    values = view.model_dump(mode="json", exclude_defaults=True)
    return to_address(values) if values else ""


def decode_view(text: str | None, model: type[V]) -> tuple[V, tuple[str, ...]]:
    """The view of an address value and the names of what could not be read.

    Never raises: what is wrong falls back to its default.
    """
    if not text:
        return model(), ()
    try:
        values = from_address(text)
        _require_text(values)
        return model.model_validate(values), ()
    except (InvalidInput, UnicodeError):
        return model(), (PARAMETER,)
    except ValidationError as error:
        return _without(values, error=error, model=model)


def read_view(model: type[V]) -> V:
    """The view of the address; says so where a part could not be read."""
    view, unread = decode_view(st.query_params.get(PARAMETER), model)
    if unread:
        st.warning(
            t("A part of this link could not be read, so its default is shown."),
            icon=":material/link_off:",
        )
    return view


def write_view(view: View) -> None:
    """Write a view into the address, as a step that Back undoes."""
    text = encode_view(view)
    if text == st.query_params.get(PARAMETER, ""):
        return
    if text:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)


def link_to(view: View) -> dict[str, str]:
    """Query parameters for ``st.page_link`` and ``st.switch_page`` to a view."""
    text = encode_view(view)
    return {"lang": language()} | ({PARAMETER: text} if text else {})


def bound(
    view: View,
    field: str,
    *,
    prefix: str,
    show: Callable[[Any], Any] = lambda value: value,
    read: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """Arguments that tie an input to one field of the view, both ways.

    The input always shows the address, also after Back, and a change is written to it:
    ``st.selectbox(t("Compare with"), names, **bound(view, "compare", prefix="kpis"))``

    Args:
        view: The view read in this run.
        field: Field of the view that the input edits.
        prefix: Name of the page, since keys are shared by all pages.
        show: Turns the field into the input's value.
        read: Turns the input's value into the field.
    """
    key = f"{prefix}_{field}"
    st.session_state[key] = show(getattr(view, field))

    def changed() -> None:
        value = read(st.session_state[key])
        update_view(view, {field: value})

    return {"key": key, "on_change": changed}


def update_view(view: V, changes: Mapping[str, Any]) -> V:
    """Write a view with some fields changed; what does not validate is not written."""
    try:
        updated = type(view).model_validate(view.model_dump() | dict(changes))
    except ValidationError:
        return view
    write_view(updated)
    return updated


def _require_text(content: object) -> None:
    """Refuse halves of characters, which no browser can be sent."""
    if isinstance(content, str):
        content.encode()
    elif isinstance(content, Mapping):
        for name, value in content.items():
            _require_text(name)
            _require_text(value)
    elif isinstance(content, list):
        for value in content:
            _require_text(value)


def _without(
    values: dict[str, Any], *, error: ValidationError, model: type[V]
) -> tuple[V, tuple[str, ...]]:
    """Validate again without the fields that were wrong."""
    wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    kept = {name: value for name, value in values.items() if name not in wrong}
    unread = tuple(sorted(wrong)) or (PARAMETER,)
    try:
        return model.model_validate(kept), unread
    except ValidationError:
        return model(), (PARAMETER,)
