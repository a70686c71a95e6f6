"""The filters of the page Quality, and which part of it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from analysis.words import N_
from ui.cases import words
from ui.format import day
from ui.quality.view import PARTS, QualityView, Scope, rules, weeks
from ui.show import choice
from ui.state import bound
from ui.texts import t

ALL = N_("all")


def row(scope: Scope) -> None:
    """Queue, week, reviewer and rule, in one row under the title."""
    every, view = scope.every, scope.view
    queues = dict(zip(every["queue"], every["queue_name"], strict=True))
    reviewers = sorted({name for name in every["reviewer"] if name})
    columns = st.columns(4)
    with columns[0]:
        _one(view, "queue", t("Queue"), {"": t(ALL), **queues})
    with columns[1]:
        _week(scope)
    with columns[2]:
        names = {name: name for name in reviewers}
        _one(view, "reviewer", t("Reviewer"), {"": t(ALL), **names})
    with columns[3]:
        _one(
            view,
            "rule",
            t("Rule"),
            {"": t(ALL), **{name: name for name in rules(every)}},
        )


def parts(view: QualityView) -> None:
    """Which part of the page is shown."""
    st.segmented_control(
        t("Part"), list(PARTS), required=True, label_visibility="collapsed",
        format_func=lambda part: choice(t(PARTS[part])),
        **bound(view, "part", prefix="quality"),
    )  # fmt: skip


def party(view: QualityView) -> None:
    """Whose fault is compared."""
    st.selectbox(
        t("Whose fault"), words.SINGLE, format_func=words.party, width=240,
        **bound(view, "party", prefix="quality"),
    )  # fmt: skip


def _one(view: QualityView, field: str, label: str, names: Mapping[str, str]) -> None:
    known = dict(names)
    chosen = str(getattr(view, field))
    known.setdefault(chosen, chosen)
    st.selectbox(
        label, list(known), format_func=lambda name: known.get(name, ""),
        **bound(view, field, prefix="quality"),
    )  # fmt: skip


def _week(scope: Scope) -> None:
    known = ["", *(first.isoformat() for first in weeks(scope.every))]
    chosen = _written(scope.view.week)
    if chosen not in known:
        known.append(chosen)
    st.selectbox(
        t("Week"), known,
        format_func=lambda text: (
            t("from {day}", day=day(date.fromisoformat(text))) if text else t(ALL)
        ),
        **bound(
            scope.view, "week", prefix="quality", show=_written,
            read=lambda text: date.fromisoformat(text) if text else None,
        ),
    )  # fmt: skip


def _written(first: date | None) -> str:
    return first.isoformat() if first else ""
