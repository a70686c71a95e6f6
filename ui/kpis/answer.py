"""The sentences under the title: what the chosen metric says, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from analysis.records import Target
from analysis.trends import Finding
from analysis.trends.words import clear_change
from analysis.words import N_
from ui import datasets
from ui.counted import counted, sentences
from ui.format import day, moment, number
from ui.format import period as written_period
from ui.kpis import doubt, listing, periods, standing
from ui.kpis.figures import Figure, Verdict, name_of, too_few, why_unknown, write
from ui.kpis.groups import Group
from ui.kpis.targets import state_of
from ui.kpis.view import Look
from ui.show import plain
from ui.texts import t

#: Charts that the sentences lead to.
TREND: Final = "trend"
BREAKDOWN: Final = "breakdown"
MAX_SENTENCES: Final = 3
MAX_STEPS: Final = 2


def answer(
    look: Look,
    figure: Figure | None,
    *,
    target: Target | None,
    worst: Group | None = None,
    unusual: Sequence[pd.Timestamp] = (),
) -> str:
    """What the chosen metric says; nothing that is inside the noise.

    Each sentence leads to the chart that it is made from.

    Args:
        look: What is looked at.
        figure: The chosen metric's; None while it is locked.
        target: Its target, where one is set for these orders.
        worst: The group that is surely worse than the whole.
        unusual: Steps of the trend that surely are not what was to be expected.
    """
    name = plain(name_of(look.metric))
    if figure is None:
        return t("{metric} is still locked.", metric=name)
    if figure.is_few:
        few = too_few(figure.n)
        return t("{metric} cannot be told here: {few}.", metric=name, few=few)
    if figure.is_unknown:
        return f"**{name}**: {why_unknown(figure.definition)}"
    told = [
        (_change(look, figure, name), TREND),
        (_target(figure, target) if target is not None else "", TREND),
        (_unusual(look, unusual), TREND),
        (_group(look, figure, worst), BREAKDOWN),
    ]
    led = [_leading(text, anchor) for text, anchor in told if text]
    return " ".join(led[:MAX_SENTENCES])


def _leading(sentence: str, anchor: str) -> str:
    """A sentence with the way to its chart behind it."""
    names = {TREND: t("trend"), BREAKDOWN: t("breakdown")}
    return f"{sentence} {_way(names[anchor], anchor)}"


def _group(look: Look, whole: Figure, worst: Group | None) -> str:
    """The group that is worse; no culprit where its data are known to be wrong."""
    if worst is None:
        return ""
    values = {"group": plain(worst.label), "value": worst.figure.written()}
    units = (worst.figure.value - whole.value) * worst.figure.n
    fault = doubt.behind(look, units, worst.condition)
    if fault is not None:
        days = standing.days_of(fault)
        return t(
            "{group} has {value}, but its data look wrong {days}.", **values, days=days
        )
    return t("{group} stands out with {value}.", **values)


def _unusual(look: Look, steps: Sequence[pd.Timestamp]) -> str:
    """The first steps that were not to be expected, and how many more."""
    if not steps:
        return ""
    names = [
        moment(step.to_pydatetime()) if look.grain == "hour" else day(step.date())
        for step in steps
    ]
    shown = t(", ").join(names[:MAX_STEPS])
    if len(names) > MAX_STEPS:
        shown = _and_more(look, shown, len(names) - MAX_STEPS)
    told = t("Not as expected: {steps}.", steps=shown)
    fault = doubt.of_days(look, [step.date() for step in steps])
    return sentences(told, _doubt(fault)) if fault else told


def _and_more(look: Look, shown: str, left: int) -> str:
    if look.grain != "day":
        return t("{shown} and {count} more", shown=shown, count=left)
    return counted(
        N_("{shown} and one more day"),
        N_("{shown} and {count} more days"),
        left,
        shown=shown,
    )


def _doubt(fault: Finding) -> str:
    """Why days in a fault of the data, and just after it, may be as expected."""
    if fault.ended is None:
        return t(
            "The data looked wrong from {day} on, so days since then may only seem so.",
            day=day(fault.began.date()),
        )
    return t(
        "The data looked wrong {days}, so what is odd then or in the week after may "
        "only seem so.",
        days=standing.days_of(fault),
    )


def ways() -> str:
    """Ways to what many stops of the keyboard lie before, on the same page."""
    told = ((t("What stands out"), standing.ANCHOR), (t("Orders"), listing.ANCHOR))
    return " ".join(_way(name, anchor) for name, anchor in told)


def _way(name: str, anchor: str) -> str:
    # Bold, since colour alone must not tell a link from the text around it.
    return f"**[↓\N{NO-BREAK SPACE}{name}](#{anchor})**"


def grounds(look: Look, orders: float) -> str:
    """As of when, which days, how many orders."""
    days = look.period
    return t(
        "{name}, as of {now} UTC ({version}), {period}, n {orders} orders",
        name=plain(look.dataset.name),
        now=datasets.as_of(look.dataset),
        version=plain(look.dataset.version),
        period=written_period(days.first, days.last) if days else t("all days"),
        orders=number(orders),
    )


def _change(look: Look, figure: Figure, name: str) -> str:
    values = {
        "metric": name,
        "value": figure.written(),
        "change": figure.written_change(),
        "before": periods.before_name(look.period, look.compare),
    }
    if math.isnan(figure.change):
        return t("**{metric} is {value}**.", **values)
    verdicts = {
        "better": t(
            "**{metric} is {value}**, {change} against {before}: better.", **values
        ),
        "worse": t(
            "**{metric} is {value}**, {change} against {before}: worse.", **values
        ),
        "unclear": t(
            "**{metric} is {value}**, no clear change against {before}.", **values
        ),
    }
    fault = doubt.behind_change(look, figure)
    if fault is not None:
        return _doubtful(look, fault, figure.verdict, values)
    usual = t("**{metric} is {value}**, {change} against {before}.", **values)
    ends = (figure.change_low, figure.change_high)
    is_told = math.isnan(ends[0]) or clear_change(figure.change, *ends)
    if figure.verdict in ("better", "worse") and not is_told:
        return usual
    return verdicts.get(figure.verdict, usual)


def _doubtful(
    look: Look, fault: Finding, verdict: Verdict, values: Mapping[str, str]
) -> str:
    """A change that a fault of the data may have made: no verdict without saying so."""
    texts = {
        "better": N_(
            "**{metric} is {value}**, {change} against {before}: better as counted, "
            "but the data look wrong {days} ({where})."
        ),
        "worse": N_(
            "**{metric} is {value}**, {change} against {before}: worse as counted, "
            "but the data look wrong {days} ({where})."
        ),
    }
    where = plain(standing.place(dict(look.axes), fault))
    days = standing.days_of(fault)
    return t(texts[verdict], **values, days=days, where=where)


def _target(figure: Figure, target: Target) -> str:
    value = write(target.target, figure.definition)
    state = state_of(
        figure.value, target=target.target, floor=target.floor,
        direction=figure.definition.direction,
    )  # fmt: skip
    states = {
        "good": t("The target of {value} is met.", value=value),
        "near": t("The target of {value} is near, not met.", value=value),
        "missed": t("The target of {value} is missed.", value=value),
    }
    return states[state]
