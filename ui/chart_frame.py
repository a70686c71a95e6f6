"""What stands under every chart: its table, its SQL, its definition, its download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ui import charts, export
from ui.chart_finished import Drawing
from ui.chart_parts import reserved
from ui.guard import guard
from ui.show import plain, shortened
from ui.texts import t

#: A table under a chart shows this many rows; the download has them all.
MAX_TABLE_ROWS = 1_000
MAX_FORMULA = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind a chart.

    Attributes:
        name: What it shows, for titles and file names; may hold anything.
        table: Its numbers, the headers translated.
        sql: The query as it ran.
        definition: What the numbers mean: plain text, shown as written.
        formula: How they are computed, in the terms of the query; shown under it.
        notes: Where they come from (dataset, version, period), for downloads.
        source: Dataset and version, for the names of files.
        formats: How columns of the table are shown, as Streamlit names it; downloads
            have the numbers as they are.
    """

    name: str
    table: pd.DataFrame
    sql: str = ""
    definition: str = ""
    formula: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)


def draw(
    chart: charts.Chart | Drawing,
    behind: Behind,
    *,
    alt_text: str,
    key: str,
    on_select: Any = "ignore",  # noqa: ANN401 - Streamlit's own union
    width: Literal["stretch"] | int = "stretch",
) -> Any:  # noqa: ANN401 - Streamlit's selection state, or nothing
    """Draw a chart with its row of table, SQL, definition and download.

    Args:
        chart: From ``ui.charts``, or kept by ``ui.cached.drawing``.
        behind: What the row under it shows.
        alt_text: The takeaway in one sentence, for those who cannot see the chart.
        key: Name of the chart on the page.
        on_select: ``"rerun"`` to get the clicked marks back.
        width: Pixels, for charts whose two axes share one scale.
    """
    options: dict[str, Any] = {
        "width": width, "theme": "streamlit", "alt": alt_text, "key": key,
        "on_select": on_select,
    }  # fmt: skip
    if isinstance(chart, Drawing):
        spec = chart.to_vega_lite()
        height = reserved(spec.get("height"))
        state = st.vega_lite_chart(None, spec, height=height, **options)
    else:
        state = st.altair_chart(chart, height=reserved(chart.height), **options)
    row_under(behind, key=key, chart=chart)
    return state


def row_under(
    behind: Behind, *, key: str, chart: charts.Chart | Drawing | None = None
) -> None:
    """The row alone, for numbers and tables that have no chart."""
    with st.container(horizontal=True, gap="small"):
        if chart is not None:
            _table(behind, key=key)
        _text(
            t("SQL"), behind.sql, language="sql", icon=":material/code:", key=key,
            formula=behind.formula,
        )  # fmt: skip
        _text(
            t("Definition"), behind.definition, language=None,
            icon=":material/menu_book:", key=key,
        )  # fmt: skip
        _download(behind, key=key, chart=chart)


def _table(behind: Behind, *, key: str) -> None:
    panel = _panel(t("Table"), icon=":material/table_rows:", key=f"{key}_table")
    if not panel.open:
        return
    panel.dataframe(
        behind.table.head(MAX_TABLE_ROWS),
        hide_index=True,
        width="content",
        column_config={
            name: st.column_config.NumberColumn(format=style)
            for name, style in behind.formats.items()
        },
        alt=t("The numbers of the chart: {name}", name=shortened(behind.name)),
    )


def written_formula(panel: Any, formula: str) -> None:  # noqa: ANN401 - any container
    """How numbers are computed, in grey, a line each."""
    for line in formula.splitlines():
        panel.caption(plain(line, limit=MAX_FORMULA))


def _text(
    label: str,
    text: str,
    *,
    language: str | None,
    icon: str,
    key: str,
    formula: str = "",
) -> None:
    if not text:
        return
    panel = _panel(label, icon=icon, key=f"{key}_{language or 'definition'}")
    if panel.open:
        panel.code(text, language=language, wrap_lines=language is None)
        written_formula(panel, formula)


def _download(
    behind: Behind, *, key: str, chart: charts.Chart | Drawing | None
) -> None:
    panel = _panel(t("Download"), icon=":material/download:", key=f"{key}_download")
    if not panel.open:
        return
    guard("export")
    files: dict[str, tuple[Any, str]] = {
        "csv": (lambda: export.csv_bytes(behind.table), "text/csv"),
        "xlsx": (
            lambda: export.xlsx_bytes(
                behind.table, sheet=behind.name, notes=behind.notes
            ),
            _XLSX,
        ),
    }
    if chart is not None:
        whole = chart.make() if isinstance(chart, Drawing) else chart
        drawn = charts.standalone(whole, title=behind.name)
        files["png"] = (lambda: export.png_bytes(drawn), "image/png")
        files["svg"] = (lambda: export.svg_bytes(drawn), "image/svg+xml")
    for suffix, (make, kind) in files.items():
        panel.download_button(
            suffix.upper(),
            make,
            file_name=export.file_name(behind.name, *behind.source, suffix=suffix),
            mime=kind,
            key=f"{key}_{suffix}",
            on_click="ignore",
            width="stretch",
        )


def _panel(label: str, *, icon: str, key: str) -> Any:  # noqa: ANN401
    """A pop-up whose inside is only made once it is open."""
    return st.popover(label, type="tertiary", icon=icon, key=key, on_change="rerun")
