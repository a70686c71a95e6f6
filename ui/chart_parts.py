"""What all charts are made of: fixed column names, written values, tooltips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import altair as alt
import pandas as pd

from ui import format as written
from ui.chart_axes import Unit
from ui.texts import t

Chart = alt.Chart | alt.LayerChart | alt.FacetChart

#: Name of the selection that a click on a mark makes, for ``on_select``.
PICK: Final = "pick"
#: A chart is as high as it says with all that is around its plot, so that the page can
#: keep that height free while it loads.
FITTED: Final = alt.AutoSizeParams(type="fit", contains="padding")
#: Minutes below this have a digit after the point.
HUNDRED: Final = 100
WRITTEN: Final[dict[Unit, Callable[[Any], str]]] = {
    "number": written.number,
    "percent": written.percent,
    "minutes": lambda value: written.minutes(value, digits=int(abs(value) < HUNDRED)),
    "decimal": lambda value: written.number(value, digits=2),
}


def renamed(frame: pd.DataFrame, **columns: str | None) -> pd.DataFrame:
    """The columns asked for under fixed names: a file may call its columns anything."""
    return pd.DataFrame(
        {
            name: frame[column].to_numpy()
            for name, column in columns.items()
            if column is not None
        }
    )


def wall_clock(times: pd.Series) -> pd.Series:
    """Local times as text without a zone, which every browser reads as written."""
    return pd.to_datetime(times).dt.strftime("%Y-%m-%dT%H:%M:%S")


def with_texts(data: pd.DataFrame, *, unit: Unit) -> pd.DataFrame:
    """Columns with the values as the language writes them."""
    write = WRITTEN[unit]
    data["shown"] = data["value"].map(write)
    for name, ends in (("range", ("low", "high")), ("normal", ("least", "most"))):
        if ends[0] in data and ends[1] in data:
            pairs = zip(data[ends[0]], data[ends[1]], strict=True)
            data[name] = [written.interval(write(a), write(b)) for a, b in pairs]
    if "before" in data:
        data["earlier"] = data["before"].map(write)
    if "sample" in data:
        data["rows"] = data["sample"].map(written.number)
    return data


def reserved(height: object) -> int | Literal["content"]:
    """What the page keeps free for a chart of that height while it is not yet drawn."""
    return height if isinstance(height, int) else "content"


def from_foot(pixels: int) -> dict[str, Any]:
    """A place so far above the lower end of the plot, however high that is."""
    return alt.value(alt.ExprRef(f"height - {pixels}"))


def tooltip(data: pd.DataFrame) -> list[alt.Tooltip]:
    """What a mark says under the pointer, as far as the data have it."""
    titles = {
        "name": "",
        "shown": t("Value"),
        "range": t("95 % interval"),
        "normal": t("Expected"),
        "earlier": t("Before"),
        "rows": "n",
    }
    found = [alt.Tooltip(f"{c}:N", title=n) for c, n in titles.items() if c in data]
    if "time" in data:
        found.insert(0, alt.Tooltip("time:T", title=t("Time"), format="%Y-%m-%d %H:%M"))
    return found
