"""The numbers of the trend and of the figure as tables to read and to take away."""

from __future__ import annotations

import pandas as pd

from analysis.metrics import Period
from ui.format import period as written_period
from ui.kpis.figures import Figure, name_of
from ui.kpis.view import Look
from ui.texts import t


def table_of(look: Look, frame: pd.DataFrame) -> pd.DataFrame:
    """The trend from ``series``, a row each step; a day is a date without a time."""
    names = {
        "period": t("Time"),
        "value": _named(look.metric, look.period),
        "low": t("95 % low"),
        "high": t("95 % high"),
        "n": "n",
        "expected": t("Expected"),
        "least": t("Expected, low"),
        "most": t("Expected, high"),
        "before": _named(look.metric, look.before),
    }
    table = frame[[name for name in names if name in frame]].copy()
    if look.grain != "hour":
        table["period"] = pd.to_datetime(table["period"]).dt.date
    table["n"] = whole(table["n"])
    if table.get("least", pd.Series([0.0])).isna().all():
        table = table.drop(columns=["expected", "least", "most"])
    return table.rename(columns=names)


def row_of(look: Look, figure: Figure) -> pd.DataFrame:
    """The figure of the whole period in one row."""
    table = pd.DataFrame(
        {
            _named(look.metric, look.period): [figure.value],
            t("Numerator"): whole(pd.Series([figure.numerator])),
            "n": whole(pd.Series([figure.n])),
            t("95 % low"): [figure.low],
            t("95 % high"): [figure.high],
        }
    )
    if look.before:
        table[_named(look.metric, look.before)] = [figure.before]
        table[t("Change")] = [figure.change]
    return table


def whole(numbers: pd.Series) -> pd.Series:
    """Numbers without a point where all of them are whole; missing ones stay so."""
    known = numbers.dropna()
    return numbers.astype("Int64") if (known == known.round()).all() else numbers


def _named(metric: str, days: Period | None) -> str:
    """A header that says which metric and which days."""
    name = name_of(metric)
    return f"{name}, {written_period(days.first, days.last)}" if days else name
