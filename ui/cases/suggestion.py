"""What the rules say of a case: suggestion, rules that fired, evidence missing."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from analysis.cases.taxonomy import load_causes, load_exemptions
from analysis.cases.verdicts import Evidence, Hit, Missing, Verdict
from analysis.metrics import related
from analysis.orders.schema import load_fields
from ui import cached
from ui.cases import keys, words
from ui.cases.evidence import CaseFile
from ui.cases.view import Desk
from ui.format import minutes as written_minutes
from ui.format import number
from ui.show import plain
from ui.texts import language, t
from ui.tokens import tokens

BAR_HEIGHT: Final = 30
MAX_HITS: Final = 4
MAX_MISSING: Final = 3
#: Letters of a rule's line, so that the row it came from stays on it.
LINE: Final = 92
MIN_PLACES: Final = 18


def minutes(file: CaseFile) -> dict[str, float]:
    """Minutes late by party, under the codes that decisions have."""
    return {
        words.party_code(name): value
        for name, value in file.verdict.minutes_by_party.items()
    }


def answer_of(file: CaseFile) -> dict[str, Any]:
    """The suggestion as an answer: parties, root cause and exemption."""
    verdict = file.verdict
    parties = tuple(words.party_code(name) for name in verdict.parties)
    exemptions = {item.code for item in load_exemptions()}
    codes = [code for code in verdict.exemptions if code in exemptions]
    return {
        "parties": parties or (words.UNDETERMINED,),
        "cause": _cause(verdict),
        "detail": "",
        "exemption": codes[0] if codes else "",
    }


def draw(desk: Desk, file: CaseFile, *, take_over: Any) -> None:  # noqa: ANN401 - a callback
    """The suggestion with everything it rests on.

    Args:
        desk: The case.
        file: Its evidence.
        take_over: Callback that fills the form with it.
    """
    verdict = file.verdict
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="cases_suggested"
    ):
        st.markdown(
            t("Rules suggest **{parties}**", parties=words.parties(verdict.parties)),
            width="stretch",
        )
        _rows(desk, verdict)
        st.button(
            t("Take over"),
            key="cases_accept",
            icon=":material/rule:",
            shortcut=keys.shortcut("accept") if desk.is_mine else None,
            disabled=not desk.is_mine,
            on_click=take_over,
            args=(desk, file),
            help=t("Rule set {name}, version {version}",
                name=plain(verdict.ruleset), version=plain(verdict.version)),
        )  # fmt: skip
    if verdict.minutes_by_party:
        _share_bar(verdict)
    lines = [_hit(hit) for hit in verdict.hits[:MAX_HITS]]
    lines += _missing(verdict)
    st.markdown("  \n".join(lines) or f":small[{t('No rule fired.')}]")


def _cause(verdict: Verdict) -> str:
    """The root cause of the rule with most weight, as far as the list has it."""
    causes = {item.code: item for item in load_causes()}
    parties = {words.party_code(name) for name in verdict.parties}
    for hit in verdict.hits:
        if words.party_code(hit.party) in parties and hit.cause in causes:
            return hit.cause
    return ""


def _hit(hit: Hit) -> str:
    """A rule in one line: value, threshold, margin, party, and the row it came from."""
    parts = [f"**{plain(hit.rule)} {plain(t(hit.name))}**", _measured(hit)]
    if hit.minutes:
        parts.append(f"{words.party(hit.party)} {written_minutes(hit.minutes)}")
    elif hit.party:
        parts.append(words.party(hit.party))
    if hit.exemption:
        parts.append(
            f":orange[{t('exempt')}: {plain(hit.exemption.replace('_', ' '))}]"
        )
    line = " · ".join(part for part in parts if part)
    room = max(MIN_PLACES, LINE - len(line))
    return f":small[{line} :gray[· {plain(_places(hit.evidence), limit=room)}]]"


def _measured(hit: Hit) -> str:
    if hit.value is None or hit.threshold is None:
        return plain(hit.fact)
    sign = "≥" if hit.value == hit.threshold else ">"
    sign = "<" if hit.value < hit.threshold else sign
    margin = hit.value - hit.threshold
    return (
        f"{words.figure(hit.value, hit.unit)} {plain(sign)} "
        f"{words.figure(hit.threshold, hit.unit)} "
        f"({number(margin, digits=1, sign=True)})"
    )


def _places(evidence: tuple[Evidence, ...]) -> str:
    """Tables and columns that were read, by the names users know."""
    columns: dict[str, list[str]] = {}
    for item in evidence:
        names = [_column(item.table, name.strip()) for name in item.column.split(",")]
        columns.setdefault(item.table, []).extend(names)
    return "; ".join(
        f"{table}: {', '.join(dict.fromkeys(names))}"
        for table, names in columns.items()
    )


def _column(table: str, name: str) -> str:
    field = load_fields().get(table, {}).get(name)
    return field.label(language()) if field else name


def _share_bar(verdict: Verdict) -> None:
    """Minutes late by party as one bar, each part with its name."""
    parts = [(name, value) for name, value in verdict.minutes_by_party.items() if value]
    rows, start = [], 0.0
    for name, value in parts:
        rows.append({
            "start": start, "end": start + value, "colour": words.colour(name),
            "text": f"{words.party(name)} {number(value)}",
        })  # fmt: skip
        start += value
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, start], nice=False)),
        x2="end",
        color=alt.Color("colour:N", scale=None, legend=None),
        tooltip=alt.Tooltip("text:N", title=""),
    )
    text = base.mark_text(align="left", dx=4, fontSize=11, fontWeight=600)
    wide = [row for row in rows if (row["end"] - row["start"]) > start / 5]  # type: ignore[operator]
    layers = [base.mark_bar(height=18, stroke=tokens().surface)]
    if wide:
        named = text.encode(
            x=alt.X("start:Q", axis=None), text="text:N", color=alt.value("#ffffff")
        )
        layers.append(named.properties(data=pd.DataFrame(wide)))
    drawn = alt.layer(*layers).properties(
        height=BAR_HEIGHT, padding={"left": 0, "right": 0, "top": 2, "bottom": 2}
    )
    told = t(", ").join(row["text"] for row in rows)
    st.altair_chart(
        drawn, width="stretch", key="cases_minutes",
        alt=t("Minutes late by party: {parts}", parts=told),
    )  # fmt: skip


def _missing(verdict: Verdict) -> list[str]:
    """Evidence that a rule would have read, what may change the answer first."""
    missing = sorted(verdict.missing, key=lambda item: not item.is_decisive)
    if not missing:
        return []
    shown = [_lack(item) for item in missing[:MAX_MISSING]]
    more = len(missing) - len(shown)
    if more:
        shown.append(t("{count} more", count=number(more)))
    said = "; ".join(shown)
    return [f":small[:material/visibility_off: {t('Missing')}: {said}]"]


def _lack(item: Missing) -> str:
    table, _, column = item.field.rpartition(".")
    name = plain(_column(table or "orders", column))
    rules = ", ".join(plain(rule) for rule in item.rules)
    text = f"{name} ({rules})"
    return f":orange[{text}, {t('may decide')}]" if item.is_decisive else text


def _rows(desk: Desk, verdict: Verdict) -> None:
    """The rows that the rules read, to look at."""
    tables = dict.fromkeys(item.table for hit in verdict.hits for item in hit.evidence)
    known = [name for name in tables if name in desk.dataset.tables]
    if not known:
        return
    panel = st.popover(
        t("Rows"), type="tertiary", icon=":material/table_rows:", key="cases_rows",
        on_change="rerun", help=t("The rows that the rules read"),
    )  # fmt: skip
    if panel.open:
        for hit in verdict.hits:
            panel.caption(f"{plain(hit.rule)}: {plain(_places(hit.evidence))}")
        for name in known:
            panel.markdown(f"**{plain(name)}**")
            panel.dataframe(
                cached.result(related, desk.dataset, desk.order_no, name).T.astype(str),
                alt=t("Rows of {table} on this order", table=name),
            )
