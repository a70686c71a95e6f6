"""The stages of a delivery against their plans; they sum to the total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from analysis.errors import DoorstepError
from analysis.metrics.funnel import Funnel, StageTime, stage_funnel
from analysis.metrics.periods import Period
from analysis.words import N_
from ui import cached, chart_frame, charts
from ui.chart_finished import Drawing
from ui.chart_frame import Behind
from ui.format import minutes, number
from ui.kpis.behind import notes
from ui.kpis.figures import Figure
from ui.kpis.picking import picked
from ui.kpis.view import Look, choose_metric
from ui.show import plain
from ui.texts import t

_KEY: Final = "kpis_stages"
ROW_HEIGHT: Final = 38
STAGE_NAMES: Final[Mapping[str, str]] = {
    "dispatch": N_("Dispatch"),
    "to_merchant": N_("To the merchant"),
    "kitchen_wait": N_("Wait for the kitchen"),
    "ride": N_("Ride"),
    "hand_over": N_("Hand-over"),
}
#: The metric of each stage, to look at it alone.
STAGE_METRICS: Final[Mapping[str, str]] = {
    "dispatch": "dispatch_minutes",
    "to_merchant": "to_merchant_minutes",
    "kitchen_wait": "merchant_wait_minutes",
    "ride": "ride_minutes",
    "hand_over": "handover_minutes",
}


def draw(look: Look, figure: Figure) -> None:
    """The stages as bars with their plans, and the sum in words."""
    del figure  # it is the same whatever the chosen metric
    found = _found(look, look.period)
    before = _before(look)
    st.markdown(summary(found))
    labels = {stage_name(stage): stage for stage in found.stages}
    key = f"{_KEY}_{look.mark}"

    def clicked() -> None:
        stage = labels.get(str(picked(key).get("label")))
        metric = stage_metric(look, stage) if stage else ""
        if metric:
            choose_metric(look, metric)

    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_frame.draw(
            _chart(found), _behind(look, found, before), alt_text=summary(found),
            key=key, on_select=clicked,
        )  # fmt: skip
        st.caption(_grounds(found))
    with right:
        _list(look, found, before)


def stage_name(stage: StageTime) -> str:
    """A stage in words; those that cannot be told apart are named together."""
    return " + ".join(t(STAGE_NAMES[part]) for part in stage.parts)


def stage_metric(look: Look, stage: StageTime) -> str:
    """The metric that looks at a stage alone; empty where there is none."""
    name = STAGE_METRICS.get(stage.name, "")
    return name if name and not look.locked(name) else ""


def summary(found: Funnel) -> str:
    """The stages as a sum in one sentence."""
    parts = " + ".join(
        f"{minutes(stage.minutes, digits=1)} {stage_name(stage).lower()}"
        for stage in found.stages
    )
    text = t(
        "From order to door {total}: {parts}.",
        total=f"**{minutes(found.minutes, digits=1)}**",
        parts=parts,
    )
    if found.promised_minutes is None:
        return text
    promise = t(
        "Promised were {promised}.", promised=minutes(found.promised_minutes, digits=1)
    )
    if found.slack_minutes is None:
        return f"{text} {promise}"
    return f"{text} {promise} {_slack(found, found.slack_minutes)}"


def _slack(found: Funnel, left: float) -> str:
    """What the plans leave of the promise; that of stages without one is in it."""
    slack = minutes(left, digits=1)
    if all(stage.planned_minutes is not None for stage in found.stages):
        return t("The plans of the stages leave {slack} of it as slack.", slack=slack)
    return t(
        "The plans of the stages leave {slack} of it, for stages without a plan and "
        "as slack.",
        slack=slack,
    )


def _found(look: Look, period: Period | None) -> Funnel:
    return cached.result(
        stage_funnel, look.dataset, selection=look.orders, period=period
    )


def _before(look: Look) -> Funnel | None:
    """The stages of the days compared with, where there are any."""
    if look.before is None:
        return None
    try:
        return _found(look, look.before)
    except DoorstepError:
        # No order of those days has every milestone: nothing to compare with.
        return None


def _chart(found: Funnel) -> Drawing:
    stages = found.stages
    frame = pd.DataFrame(
        {
            "label": [stage_name(stage) for stage in stages],
            "value": [stage.minutes for stage in stages],
            "low": [stage.low for stage in stages],
            "high": [stage.high for stage in stages],
            "n": found.n,
            "plan": [_or_nan(stage.planned_minutes) for stage in stages],
            "note": [_note(stage) for stage in stages],
        }
    )
    has_plan = frame["plan"].notna().any()
    return cached.drawing(
        charts.bars, frame,
        label="label", value="value", low="low", high="high", sample="n",
        note="note", ring="plan" if has_plan else None, unit="minutes",
        axis=t("mean minutes an order"), pick=True, step=ROW_HEIGHT,
    )  # fmt: skip


def _note(stage: StageTime) -> str:
    taken = minutes(stage.minutes, digits=1)
    if stage.planned_minutes is None:
        return taken
    return t(
        "{minutes}, planned {plan}",
        minutes=taken,
        plan=minutes(stage.planned_minutes, digits=1),
    )


def _grounds(found: Funnel) -> str:
    planned = any(stage.planned_minutes is not None for stage in found.stages)
    values = {"n": number(found.n), "delivered": number(found.delivered)}
    text = t(
        "Over {n} of {delivered} delivered orders, those with every milestone.",
        **values,
    )
    if found.promised_minutes is not None:
        text = t(
            "Over {n} of {delivered} delivered orders, those with every milestone, "
            "promise and plan.",
            **values,
        )
    return f"{text} {t('Ring: what was planned.')}" if planned else text


def _list(look: Look, found: Funnel, before: Funnel | None) -> None:
    """A row a stage: a button that looks at it alone, and its change."""
    with st.container(gap=None, key=f"{_KEY}_list"):
        for place, stage in enumerate(found.stages):
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small"
            ):
                metric = stage_metric(look, stage)
                st.button(
                    plain(stage_name(stage)),
                    key=f"{_KEY}_{place}",
                    type="tertiary",
                    icon=":material/show_chart:",
                    help=t("Make this stage the metric of the page"),
                    disabled=not metric,
                    on_click=choose_metric,
                    args=(look, metric),
                )
                st.space("stretch")
                st.markdown(_change(stage, before, place), width="content")


def _change(stage: StageTime, before: Funnel | None, place: int) -> str:
    """How much longer it takes than before; grey where the intervals meet."""
    if before is None or len(before.stages) <= place:
        return ""
    earlier = before.stages[place]
    if earlier.name != stage.name:
        return ""
    change = stage.minutes - earlier.minutes
    half = (
        (stage.high - stage.low) ** 2 + (earlier.high - earlier.low) ** 2
    ) ** 0.5 / 2
    text = minutes(change, digits=1, sign=True)
    if not abs(change) > half:
        return f":gray[{text} {t('no clear change')}]"
    word, colour = (t("worse"), "orange") if change > 0 else (t("better"), "blue")
    return f":{colour}[{'▲' if change > 0 else '▼'} {text} {word}]"


def _behind(look: Look, found: Funnel, before: Funnel | None) -> Behind:
    return Behind(
        name=t("Stages of a delivery"),
        table=_table(found, before),
        sql=found.sql,
        definition=t(
            "Mean minutes between milestones over delivered orders with every "
            "milestone. The stages sum to the minutes from order to door; their plans "
            "and the slack sum to the promise. Milestones that a dataset lacks make "
            "the stages beside them one. Interval: 95 %, Student."
        ),
        notes=notes(look),
        source=(look.dataset.name, look.dataset.version),
    )


def _table(found: Funnel, before: Funnel | None) -> pd.DataFrame:
    rows = [
        (stage_name(stage), stage.minutes, stage.low, stage.high,
         _or_nan(stage.planned_minutes))
        for stage in found.stages
    ]  # fmt: skip
    if found.slack_minutes is not None:
        nothing = float("nan")
        rows.append((t("Slack"), nothing, nothing, nothing, found.slack_minutes))
    total = (t("Total"), found.minutes, float("nan"), float("nan"),
             _or_nan(found.promised_minutes))  # fmt: skip
    table = pd.DataFrame(
        [*rows, total],
        columns=[
            t("Stage"), t("Minutes"), t("95 % low"), t("95 % high"), t("Planned"),
        ],
    )  # fmt: skip
    table["n"] = found.n
    if before is not None and len(before.stages) == len(found.stages):
        earlier = [stage.minutes for stage in before.stages]
        earlier += [float("nan")] * (len(rows) - len(earlier)) + [before.minutes]
        table[t("Before")] = earlier
    return table


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
