"""The axes of charts: quiet, in the user's language, honest about where they start."""

from __future__ import annotations

import math
from typing import Final, Literal

import altair as alt
import pandas as pd

from ui.texts import language, t
from ui.tokens import Tokens

Unit = Literal["number", "percent", "minutes", "decimal"]

#: Up to so many days each has its mark on the axis; the browser would add noons.
FEW_DAYS: Final = 10
#: Where the lowest value is below this share of the highest, the axis starts at 0.
FROM_ZERO: Final = 0.35
AXIS_FORMATS: Final[dict[Unit, str]] = {
    "number": ",~r",
    "percent": ".1~%",
    "minutes": ",.1~f",
    "decimal": ",.2~f",
}
#: How the time axis names hours, days and months, by language.
_TIME_FORMATS: Final[dict[str, tuple[str, str, str]]] = {
    "en": ("%-d %b %H:%M", "%-d %b", "%b %Y"),
    "zh_CN": ("%-m月%-d日 %H:%M", "%-m月%-d日", "%Y年%-m月"),
}
_HOUR: Final = pd.Timedelta(hours=1)
_MONTH: Final = pd.Timedelta(days=27)


def time_axis(times: pd.Series, look: Tokens) -> alt.Axis:
    """The axis of local times; a few days each have their mark."""
    axis = quiet_axis(look, grid=False, format=_time_format(times))
    if len(times) <= FEW_DAYS and _is_daily(times):
        axis.tickCount = alt.TimeIntervalStep(interval="day", step=1)
    return axis


def value_axis(look: Tokens, *, unit: Unit, zero: bool) -> alt.Y:
    """The axis of the values."""
    return alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=zero, nice=True),
        axis=quiet_axis(look, grid=True, format=AXIS_FORMATS[unit]),
    )


def from_zero(data: pd.DataFrame, *, target: float | None) -> bool:
    """Whether the axis starts at 0: where the values come near it."""
    wanted = ("value", "low", "high", "before", "least", "most")
    names = [name for name in wanted if name in data]
    values = data[names].to_numpy(dtype=float).ravel().tolist()
    values.append(math.nan if target is None else target)
    known = [value for value in values if math.isfinite(value)]
    return not known or min(known) < FROM_ZERO * max(known)


def start_note_text(axis: str) -> str:
    """What the axis counts, and that it does not start at 0."""
    note = t("axis does not start at 0")
    return f"{axis}, {note}" if axis else note


def start_note(look: Tokens, text: str) -> alt.Chart:
    """The note at the upper left of a chart, such as what its axis counts."""
    base = alt.Chart(pd.DataFrame({"text": [text]}))
    note = base.mark_text(color=look.muted, align="left", fontSize=11)
    return note.encode(x=alt.value(0), y=alt.value(-8), text="text:N")


def quiet_axis(look: Tokens, *, grid: bool, format: str = "") -> alt.Axis:  # noqa: A002
    """An axis that stays behind the data."""
    return alt.Axis(
        grid=grid,
        gridColor=look.grid,
        domain=not grid,
        domainColor=look.grid,
        ticks=False,
        labelColor=look.muted,
        labelPadding=6,
        labelLimit=180,
        labelFontSize=12,
        titleColor=look.muted,
        titleFontWeight="normal",
        titleFontSize=11,
        format=format or alt.Undefined,
    )


def _time_format(times: pd.Series) -> str:
    """How the axis names its marks, by the step between them."""
    hours, days, months = _TIME_FORMATS.get(language(), _TIME_FORMATS["en"])
    moments = pd.to_datetime(times)
    step = moments.diff().median() if len(moments) > 1 else pd.Timedelta(days=1)
    if step <= _HOUR:
        return hours
    return months if step >= _MONTH else days


def _is_daily(times: pd.Series) -> bool:
    """Whether the step of a series is one day."""
    return pd.to_datetime(times).diff().median() == pd.Timedelta(days=1)
