"""What publishing found and did: the sum of the rows, the checks, what is set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow.parquet as pq
import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.orders.versions import ASIDE
from analysis.words import N_
from ui import export
from ui.counted import counted
from ui.data import words
from ui.data.plan import labelled
from ui.data.view import say
from ui.format import number, percent
from ui.guard import guard
from ui.texts import t

Check = Mapping[str, Any]

MAX_SAMPLES: Final = 3
COUNTS: Final = (
    N_("Rows in"), N_("Published"), N_("Summed up or looked up"), N_("Set aside"),
)  # fmt: skip


def show(dataset: Dataset) -> None:
    """The sum, then the checks that found something, then the others."""
    _sum(dataset)
    checks: Sequence[Check] = dataset.manifest.get("checks", ())
    found = sorted(filter(found_something, checks), key=share, reverse=True)
    quiet = [check for check in checks if not found_something(check)]
    st.subheader(
        t("{count} of {all} checks found something",
          count=number(len(found)), all=number(len(checks))),
        anchor=False,
    )  # fmt: skip
    if found:
        with st.container(border=True, gap="small"):
            for place, check in enumerate(found):
                _line(check, place=place)
    if quiet:
        with st.expander(
            counted(
                N_("1 check found nothing"),
                N_("{count} checks found nothing"),
                len(quiet),
            ),
            icon=":material/check_circle:",
        ):
            for check in quiet:
                st.markdown(f":green[:material/check:] {sentence(check)}")


def found_something(check: Check) -> bool:
    """Whether a check found a row."""
    return bool(check.get("count"))


def share(check: Check) -> float:
    """Rows found over rows looked at."""
    return float(check["count"]) / check["of"] if check.get("of") else 0.0


def sentence(check: Check) -> str:
    """What a check looks for, in the user's language, safe for Markdown."""
    values = labelled(check.get("values", {}), table=str(check.get("table", "orders")))
    return say(str(check["text"]), values)


def totals(dataset: Dataset) -> dict[str, int]:
    """Rows in, published, used for orders and set aside, over all files."""
    sources = dataset.manifest.get("sources", ())
    names = ("rows", "published", "used", "set_aside")
    return {name: sum(int(item[name]) for item in sources) for name in names}


def _sum(dataset: Dataset) -> None:
    found = totals(dataset)
    st.markdown(
        t(
            "**{rows}** rows in = **{published}** published + **{used}** summed up or "
            "looked up + **{aside}** set aside",
            rows=number(found["rows"]),
            published=number(found["published"]),
            used=number(found["used"]),
            aside=number(found["set_aside"]),
        )
    )
    sources = dataset.manifest.get("sources", ())
    st.dataframe(
        pd.DataFrame(
            {
                t("File"): [item["title"] for item in sources],
                t("Is"): [t(words.TARGETS[item["target"]]) for item in sources],
                t("Rows in"): [item["rows"] for item in sources],
                t("Published"): [item["published"] for item in sources],
                t("Summed up or looked up"): [item["used"] for item in sources],
                t("Set aside"): [item["set_aside"] for item in sources],
            }
        ),
        hide_index=True,
        column_config={
            t(name): st.column_config.NumberColumn(format="localized")
            for name in COUNTS
        },
        alt=t("Rows of each file: in, published, used and set aside"),
    )
    if found["set_aside"]:
        _download(dataset)


def _download(dataset: Dataset) -> None:
    """The rows set aside, protected as the published ones, as CSV."""
    guard("export")
    path = dataset.path / ASIDE
    st.download_button(
        t("Download the rows set aside"),
        lambda: aside_csv(path),
        file_name=export.file_name(
            dataset.name, dataset.version, "set_aside", suffix="csv"
        ),
        mime="text/csv",
        icon=":material/download:",
        key="data_aside",
        on_click="ignore",
    )


def aside_csv(path: Path) -> bytes:
    """The rows set aside as CSV that no spreadsheet runs."""
    return export.csv_bytes(pq.read_table(path).to_pandas())


def _line(check: Check, *, place: int) -> None:
    text, figures, rows = st.columns(
        [4, 4, 1], vertical_alignment="center", gap="small"
    )
    table = check.get("table", "orders")
    where = "" if table == "orders" else f" :gray[{t(words.TABLES.get(table, table))}]"
    text.markdown(f":orange[:material/flag:] {sentence(check)}{where}")
    if check["of"] > 1:
        figures.markdown(
            t(
                "**{count}** :gray[of {rows}, {share}, {action}]",
                count=number(check["count"]),
                rows=number(check["of"]),
                share=percent(share(check), digits=2),
                action=t(words.ACTIONS[check["action"]]),
            )
        )
    if check.get("samples"):
        _samples(rows, check, place=place)


def _samples(place_on_page: Any, check: Check, *, place: int) -> None:  # noqa: ANN401
    panel = place_on_page.popover(
        t("Rows"), type="tertiary", key=f"data_samples_{place}", on_change="rerun"
    )
    if panel.open:
        frame = pd.DataFrame(list(check["samples"])[:MAX_SAMPLES]).astype("str")
        table = str(check.get("table", "orders"))
        panel.dataframe(
            frame.set_axis(words.column_labels(table, list(frame.columns)), axis=1),
            hide_index=True,
            alt=t("Up to three rows that the check found"),
        )
