"""The second opinion: a model of agreed decisions, shown beside the rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from analysis.cases.quality import decision_frame
from analysis.cases.second_opinion import Opinion, SecondOpinion, agreed, learn
from analysis.engine.dataset import Dataset
from analysis.errors import DoorstepError
from analysis.metrics.facts import case_facts
from analysis.orders.versions import dataset_id
from ui import cached
from ui.cases import words
from ui.cases.view import Desk
from ui.format import number, percent
from ui.texts import t

#: The model learns anew at most this often.
MINUTES: Final = 30
_SHOWN: Final = "cases_model"


@st.fragment(parallel=True)
def line(desk: Desk) -> None:
    """What the model says of the case, in one line that says it is a model."""
    try:
        model, opinion = of(desk)
    except DoorstepError:
        return
    if opinion is None:
        st.caption(
            t(
                ":material/model_training: No second opinion yet: {count} more agreed "
                "decisions are needed.",
                count=number(model.needed),
            )
        )
        return
    st.session_state[_SHOWN] = {"case": desk.id, **opinion.probabilities}
    shown = list(opinion.probabilities.items())[:2]
    told = t(", ").join(
        f"{words.party(name)} {percent(p, digits=0)}" for name, p in shown
    )
    learned_from = t("learned from {count} agreed decisions", count=number(model.n))
    st.markdown(
        f":small[:material/model_training: {t('Model, second opinion')}: **{told}** "
        f":gray[({learned_from})]]",
        help=_grounds(model, opinion),
    )


def shown(desk: Desk) -> dict[str, float]:
    """What the model said of the case, where it was shown; for the decision."""
    kept = st.session_state.get(_SHOWN, {})
    if kept.get("case") != desk.id:
        return {}
    return {name: value for name, value in kept.items() if name != "case"}


def of(desk: Desk) -> tuple[SecondOpinion, Opinion | None]:
    """The model, and what it says of the case once it is ready."""
    now = int(datetime.now(UTC).timestamp() // (60 * MINUTES))
    model = cached.result(learned, desk.dataset, now)
    if not model.is_ready:
        return model, None
    found = model.of(case_facts(desk.dataset, [desk.order_no]))
    return model, found[0] if found else None


def learned(dataset: Dataset, stamp: int) -> SecondOpinion:
    """The model of all agreed decisions on a dataset.

    Args:
        dataset: A published version.
        stamp: Half hour of the present: within it the model stays as it is.
    """
    del stamp
    cases = agreed(decision_frame(cached.records(), dataset=dataset_id(dataset.name)))
    # Numbers of orders belong to one version.
    cases = cases[cases["dataset_version"] == dataset.version].reset_index(drop=True)
    facts = case_facts(dataset, cases["order_no"].astype(int).tolist())
    return learn(facts, cases["party"])


def _grounds(model: SecondOpinion, opinion: Opinion) -> str:
    reasons = t(", ").join(
        f"{name.replace('_', ' ')} ({number(weight, digits=1, sign=True)})"
        for name, _, weight in opinion.reasons
    )
    text = t("It only repeats what people decided before. What weighs most: {reasons}.",
        reasons=reasons or "–")  # fmt: skip
    if model.calibration is None:
        return text
    held = t(
        "On cases it had not seen it named the agreed party in {share} of {count}; "
        "its percentages were off by {error} on average.",
        share=percent(model.calibration.accuracy, digits=0),
        count=number(model.calibration.n),
        error=percent(model.calibration.ece, digits=0),
    )
    return f"{text} {held}"
