"""Rule sets: the live one, a draft tried on past cases, and putting it into force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from analysis.cases import Backtest, Cases, Ruleset, backtest, read_ruleset
from analysis.cases.backtest import Agreed
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics import Selection, rows
from analysis.records import list_rulesets, publish_ruleset
from ui import cached, errors
from ui.cases import rulesets, words
from ui.format import interval, moment, number, percent
from ui.guard import name_field, sign, written_name
from ui.quality.figures import matrix
from ui.quality.view import Scope
from ui.show import plain
from ui.texts import language, t

#: Past cases that a draft is tried on.
MAX_TRIED: Final = 5_000
MAX_LISTED: Final = 20
MAX_MEGABYTES: Final = 1
_NAME_KEY: Final = "quality_rules_name"
#: What the rules call a party, where decisions have another code for it.
_RULE_NAMES: Final = {"partner": "3PL", "force_majeure": "force majeure"}


def panel(scope: Scope) -> None:
    """The live rule set, and a draft beside it."""
    live = rulesets.live()
    st.subheader(
        t("Live: {name}, version {version}", name=plain(live.name),
            version=plain(live.version)),
        anchor=False,
    )  # fmt: skip
    _past_versions()
    draft = _draft(live)
    _rules(live)
    if draft is None or rulesets.key_of(draft) == rulesets.key_of(live):
        st.caption(
            t("Change a parameter or bring in a file to try it on past cases first.")
        )
        return
    with errors.boundary():
        _try(scope, draft, live)


def _past_versions() -> None:
    found = list_rulesets(cached.records())
    if not found:
        st.caption(t("It came along with Doorstep; nobody has replaced it."))
    for item in found[:5]:
        st.caption(
            t(
                "{version}, live from {when} UTC by {who}: {reason}",
                version=plain(item.version),
                when=moment(item.at),
                who=plain(written_name(item.by)),
                reason=plain(item.reason),
            )
        )


def _draft(live: Ruleset) -> Ruleset | None:
    """A draft: the live set with other parameters, or a file."""
    left, right = st.columns([3, 2], gap="large")
    with right:
        file = st.file_uploader(
            t("A rule set as YAML"), type=["yaml", "yml"],
            max_upload_size=MAX_MEGABYTES, key="quality_rules_file",
        )  # fmt: skip
        st.download_button(
            t("Download the live one"), rulesets.as_yaml(live),
            file_name=f"rules-{live.version}.yaml", mime="application/yaml",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if file is not None:
            with errors.boundary():
                return read_ruleset(file.getvalue().decode("utf-8", "replace"))
            return None
    with left:
        return _edited(live)


def _edited(live: Ruleset) -> Ruleset:
    place = 1 if language().startswith("zh") else 0
    table = pd.DataFrame(
        [
            {
                "name": name,
                "label": item.label[place],
                "value": item.value,
                "unit": item.unit,
                "reason": t(item.reason),
            }
            for name, item in live.parameters.items()
        ]
    )
    changed = st.data_editor(
        table, hide_index=True, key=f"quality_rules_{live.version}",
        disabled=["label", "unit", "reason"],
        column_order=["label", "value", "unit", "reason"],
        column_config={
            "label": t("Parameter"), "unit": t("Unit"), "reason": t("Reason"),
            "value": st.column_config.NumberColumn(t("Value"), required=True),
        },
    )  # fmt: skip
    values = dict(zip(table["name"], changed["value"], strict=True))
    parameters = {
        name: item.model_copy(update={"value": float(values[name])})
        for name, item in live.parameters.items()
    }
    return live.model_copy(update={"parameters": parameters})


def _rules(live: Ruleset) -> None:
    table = pd.DataFrame(
        [
            {
                t("Rule"): rule.id,
                t("Name"): t(rule.name),
                t("Party"): words.party(rule.party),
                t("Needs"): ", ".join(rule.needs),
                t("Reason"): t(rule.reason),
            }
            for rule in live.rules
        ]
    )
    with st.expander(t("All {count} rules", count=number(len(live.rules)))):
        st.dataframe(table, hide_index=True, alt=t("The rules of the live set"))


def _try(scope: Scope, draft: Ruleset, live: Ruleset) -> None:
    """What the draft would have changed, and the way to put it into force."""
    orders, gold = past(scope)
    found = cached.result(
        tried, scope.dataset, tuple(orders), rulesets.key_of(draft),
        rulesets.key_of(live), gold,
    )  # fmt: skip
    st.subheader(
        t(
            "The draft would change {changed} of {n} verdicts",
            changed=number(found.changed),
            n=number(found.n),
        ),
        anchor=False,
    )
    if found.gold_before is not None and found.gold_after is not None:
        st.markdown(
            t(
                "Against gold answers: {before} now, **{after}** with the draft.",
                before=_agreed(found.gold_before),
                after=_agreed(found.gold_after),
            )
        )
    left, right = st.columns(2, gap="large")
    with left:
        matrix(found.matrix, key="backtest", rows=t("now"), columns=t("draft"))
    with right:
        _changed(scope, found)
    _publish(draft, live)


def past(scope: Scope) -> tuple[list[int], Mapping[int, str]]:
    """Past cases to try a draft on, and the right answers that are known of them."""
    decisions = _of_version(scope.decisions, scope).drop_duplicates("order_no")
    if decisions.empty:
        return _late(scope.dataset), {}
    known = decisions.dropna(subset=["gold"]).head(MAX_TRIED)
    gold = {
        int(row["order_no"]): _RULE_NAMES.get(str(row["gold"]), str(row["gold"]))
        for row in known.to_dict("records")
        if row["gold"] and row["gold"] != words.SHARED
    }
    return [int(number) for number in decisions["order_no"].head(MAX_TRIED)], gold


def _of_version(decisions: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Those on the version that is looked at: numbers of orders belong to one."""
    return decisions[decisions["dataset_version"] == scope.dataset.version]


def tried(
    dataset: Dataset, orders: tuple[int, ...], draft: str, live: str,
    gold: Mapping[int, str],
) -> Backtest:  # fmt: skip
    """A draft held against the live rule set on these orders."""
    return backtest(
        Cases(dataset, list(orders)),
        rulesets.of(draft),
        against=rulesets.of(live),
        gold=gold or None,
    )


def _late(dataset: Dataset) -> list[int]:
    try:
        found = rows(
            dataset, Selection(event="late"), columns=("order_id",), limit=MAX_TRIED
        )
    except DoorstepError:
        return []
    return [int(number) for number in found["order_no"]]


def _agreed(found: Agreed) -> str:
    ends = interval(percent(found.low), percent(found.high))
    return f"{percent(found.share)} ({ends}, n {number(found.n)})"


def _changed(scope: Scope, found: Backtest) -> None:
    """Which verdicts change, the most frequent moves first."""
    moves = found.moves.assign(
        before=found.moves["before"].map(_parties),
        after=found.moves["after"].map(_parties),
    )
    names = {"before": t("now"), "after": t("draft"), "cases": t("cases")}
    st.dataframe(
        moves.rename(columns=names), hide_index=True, height=240,
        alt=t("Verdicts that change, by move"),
    )  # fmt: skip
    cases = found.cases.head(MAX_LISTED)
    if cases.empty:
        return
    every = _of_version(scope.every, scope)
    ids = dict(zip(every["order_no"], every["order_id"], strict=True))
    table = pd.DataFrame(
        {
            t("Order"): [ids.get(no, no) for no in cases["order_no"]],
            t("now"): cases["before"].map(_parties),
            t("draft"): cases["after"].map(_parties),
            t("rules now"): cases["rules_before"],
            t("rules of the draft"): cases["rules_after"],
        }
    )
    st.dataframe(table, hide_index=True, height=240, alt=t("Cases that change"))


def _parties(text: object) -> str:
    return words.verdict_label(str(text))


def _publish(draft: Ruleset, live: Ruleset) -> None:
    with st.form("quality_publish", border=True):
        st.markdown(f"**{t('Put it into force')}**")
        typed = name_field(_NAME_KEY)
        version = st.text_input(t("Version"), value=_next(live, draft), max_chars=60)
        reason = st.text_input(t("Why"), max_chars=400)
        if st.form_submit_button(t("Publish"), type="primary"):
            with errors.boundary():
                who = sign("manage", typed).signature
                dated = draft.model_copy(
                    update={"version": version, "author": who, "status": "live"}
                )
                publish_ruleset(
                    cached.records(), name=dated.name, version=version, reason=reason,
                    by=who, content=rulesets.as_yaml(dated),
                )  # fmt: skip
                st.rerun()


def _next(live: Ruleset, draft: Ruleset) -> str:
    """A version that follows the live one, where the draft has none of its own."""
    if draft.version != live.version:
        return draft.version
    head, dot, last = live.version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdecimal() else f"{live.version}.1"
