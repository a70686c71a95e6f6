"""What is marked on the trend: what was expected, what happened when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd

from analysis import records
from analysis.errors import DoorstepError
from analysis.metrics.periods import Grain, Period
from analysis.trends import Finding
from analysis.trends.expected import expected
from analysis.trends.words import unusual_steps
from ui import cached
from ui.format import day
from ui.format import period as written_period
from ui.kpis import days_off, doubt, standing, within
from ui.kpis.figures import write
from ui.kpis.view import Look
from ui.show import plain, shortened
from ui.texts import fill, language, t, translate

#: Marks beyond so many hide the line; the dearest incidents and newest plans stay.
MAX_MARKS: Final = 12
#: Marks that last beyond so many at a time share a lane.
MAX_LANES: Final = 3
_COLUMNS: Final = ["expected", "low", "high", "score", "is_anomaly", "is_changepoint",
                   "is_too_few", "is_without"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day of the trend.

    Attributes:
        day: First day of it.
        text: What it was, not made safe for Markdown.
        kind: A holiday comes by itself, an event is somebody's or something's doing.
        last: Last day of it that is shown; None where it is a moment.
    """

    day: date
    text: str
    kind: Literal["event", "holiday"] = "event"
    last: date | None = None


def judged(look: Look, grain: Grain) -> pd.DataFrame | None:
    """The steps of the trend with what was to be expected; None where nothing can be.

    A metric of a selection too small or too short says why in ``attrs["too_few"]``.
    """
    if look.period is None:
        return None
    try:
        return cached.result(
            expected, look.dataset, look.metric, grain=grain, period=look.period,
            selection=look.orders, holidays=days_off.kept(look, grain),
            left_out=doubt.left_out(look), incidents=_set_aside(look),
        )  # fmt: skip
    except DoorstepError:
        # The trend itself says what is wrong with the same query.
        return None


def with_expected(frame: pd.DataFrame, found: pd.DataFrame | None) -> pd.DataFrame:
    """A trend with what was ``expected``, ``least`` to ``most``, and ``unusual``.

    ``without`` are steps of an incident, whose band is what was expected without it.
    """
    blank = {
        "expected": float("nan"),
        "least": float("nan"),
        "most": float("nan"),
        "unusual": False,
        "without": False,
    }
    if found is None or found.empty:
        return frame.assign(**blank)
    known = found.set_index(pd.to_datetime(found["period"]))[_COLUMNS]
    lined = known.reindex(pd.to_datetime(frame["period"]))
    few = lined["is_too_few"].fillna(value=True).to_numpy(dtype=bool)
    return frame.assign(
        expected=lined["expected"].mask(few).to_numpy(dtype=float),
        least=lined["low"].mask(few).to_numpy(dtype=float),
        most=lined["high"].mask(few).to_numpy(dtype=float),
        unusual=lined["is_anomaly"].fillna(value=False).to_numpy(dtype=bool) & ~few,
        without=lined["is_without"].fillna(value=False).to_numpy(dtype=bool) & ~few,
    )


def what_without(frame: pd.DataFrame) -> str:
    """What the band of an incident is, in words; empty where there is none."""
    if not frame["without"].any():
        return ""
    return t(
        "While an incident lasts, the shaded range is what was to be expected without "
        "it, from the days before; so are the days after it judged."
    )


def why_nothing(found: pd.DataFrame | None) -> str:
    """Why nothing can be expected, in words; empty where something can."""
    if found is None or not found.attrs.get("too_few"):
        return ""
    values = dict(found.attrs.get("too_few_values", {}))
    return fill(translate(found.attrs["too_few"], language()), values)


def clear_steps(found: pd.DataFrame | None) -> list[pd.Timestamp]:
    """Steps that may be told in words: surely not what was to be expected."""
    if found is None or found.empty:
        return []
    return [pd.Timestamp(item) for item in unusual_steps(found)["period"]]


def marks(look: Look, found: pd.DataFrame | None) -> list[Mark]:
    """Strategies, incidents, moves of the level and holidays of the days looked at."""
    days = look.period
    if days is None:
        return []
    incidents, plans, moves = (
        [item for item in every if days.first <= item.day <= days.last]
        for every in (_incidents(look), _strategies(look), _moves(look, found))
    )
    # Many plans leave half of the room to incidents.
    half = MAX_MARKS // 2
    kept = [*incidents[:half], *plans, *incidents[half:], *moves][:MAX_MARKS]
    off = [
        Mark(item.first, item.text, "holiday")
        for item in days_off.shown(look, most=MAX_MARKS)
    ]
    return sorted([*kept, *off], key=lambda item: item.day)


def frame_of(found: list[Mark]) -> pd.DataFrame | None:
    """The marks as the chart reads them, those of one day and kind together."""
    if not found:
        return None
    texts: dict[tuple[date, str], list[str]] = {}
    for item in found:
        said = texts.setdefault((item.day, item.kind), [])
        said.append(shortened(item.text, limit=90))
    return pd.DataFrame(
        {
            "time": pd.to_datetime([when for when, _ in texts]),
            "label": [
                f"{day(when)}: {'; '.join(said)}" for (when, _), said in texts.items()
            ],
            "holiday": [kind == "holiday" for _, kind in texts],
        }
    )


def spans_of(found: list[Mark]) -> pd.DataFrame | None:
    """How long the marks last that are more than a moment; each in a lane."""
    long = [item for item in found if item.last is not None and item.last > item.day]
    if not long:
        return None
    lanes: list[date] = []
    places = []
    for item in long:
        free = [place for place, last in enumerate(lanes) if last < item.day]
        place = free[0] if free else min(len(lanes), MAX_LANES - 1)
        lanes[place : place + 1] = [item.last or item.day]
        places.append(place)
    return pd.DataFrame(
        {
            "time": pd.to_datetime([item.day for item in long]),
            "until": pd.to_datetime([item.last for item in long]),
            "lane": places,
            "label": [
                f"{_days_of(item)}: {shortened(item.text, limit=90)}" for item in long
            ],
        }
    )


def listed(found: list[Mark]) -> str:
    """The marks as a list, for those who cannot hover; safe for Markdown."""
    return "\n".join(
        f"- {_days_of(item)}: {plain(item.text, limit=90)}" for item in found
    )


def _days_of(item: Mark) -> str:
    return written_period(item.day, item.last) if item.last else day(item.day)


def _strategies(look: Look) -> list[Mark]:
    stored = records.list_strategies(cached.records(), dataset=look.dataset.name)
    found = []
    for item in stored:
        found.append(Mark(item.first_day, t("{name} begins", name=item.name)))
        found.append(Mark(item.last_day, t("{name} ends", name=item.name)))
    return found


def _set_aside(look: Look) -> tuple[Finding, ...]:
    """Incidents with their excess in the orders looked at, to learn nothing from."""
    told = [item for item in _told(look) if item.kind == "segment"]
    parts = zip(told, within.parts(look, told), strict=True)
    return tuple(replace(item, excess=item.excess * part) for item, part in parts)


def _told(look: Look) -> list[Finding]:
    """What the watch found to be worse in this metric, as far as it is known."""
    found = standing.found_of(look.dataset)
    return [
        item
        for item in standing.worse_first(found.findings if found else ())
        if look.metric in (item.metric, *item.also)
    ]


def _incidents(look: Look) -> list[Mark]:
    """Findings of the watch for this metric that meet the orders and days looked at."""
    if look.period is None:
        return []
    inside, _ = within.split(look, _told(look))
    return [_incident(look, item, look.period) for item in inside]


def _incident(look: Look, item: Finding, days: Period) -> Mark:
    """Its days; what began before those looked at stands at their start."""
    name = standing.title(dict(look.axes), item)
    began = item.began.date()
    last = min(item.ended.date(), days.last) if item.ended else days.last
    if began >= days.first:
        return Mark(began, name, last=last)
    since = t("{name}, since {day}", name=name, day=day(began))
    return Mark(days.first, since, last=last)


def _moves(look: Look, found: pd.DataFrame | None) -> list[Mark]:
    if found is None or found.empty or look.grain in ("week", "month"):
        return []
    begins = np.flatnonzero(found["is_changepoint"]).tolist()
    return [
        Mark(
            pd.Timestamp(found["period"].iloc[begin]).date(),
            _moved(look, found.iloc[begin:end]),
        )
        for begin, end in zip(begins, [*begins, None][1:], strict=True)
    ]


def _moved(look: Look, since: pd.DataFrame) -> str:
    """Where the level moved to: its mean until it moves again.

    Steps weigh as their denominators, as in the metric. A percentile is no mean of
    those of its steps, so it has no figure.
    """
    if look.definition.kind == "percentile":
        return t("the level moves")
    known = since[since["value"].notna()]
    weights = None
    if look.definition.kind != "count":
        weights = known[f"{look.metric}_n"].to_numpy(dtype=float)
    mean = float(np.average(known["value"].to_numpy(dtype=float), weights=weights))
    written = write(mean, look.definition)
    return t("the level moves to {value} on average since", value=written)


def days_of(period: Period, start: pd.Timestamp, grain: Grain) -> Period:
    """The days of one step, as far as they lie in the period."""
    first = start.date()
    if grain in ("hour", "day"):
        return Period(first, first)
    offset = pd.DateOffset(months=1) if grain == "month" else pd.DateOffset(days=7)
    last = (start + offset - pd.DateOffset(days=1)).date()
    return Period(max(first, period.first), min(last, period.last))
