"""For a newcomer: what to do, three small files to try, and the demo data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from ui.data import bring
from ui.data.view import DataView
from ui.show import plain
from ui.texts import t

FOLDER: Final = Path(__file__).resolve().parents[2] / "sample_data" / "try"
ENDINGS: Final = frozenset({".csv", ".tsv", ".xlsx", ".gz", ".parquet", ".jsonl"})


def files() -> tuple[Path, ...]:
    """The small files that come with Doorstep."""
    if not FOLDER.is_dir():
        return ()
    found = (path for path in FOLDER.iterdir() if path.suffix.lower() in ENDINGS)
    return tuple(sorted(found))


def offer(view: DataView) -> None:
    """What is needed at least, and small files to try it with."""
    st.markdown(
        t(
            "One column is needed: the **order ID**. With created, promised and "
            "delivered times, the status and the rider, all first figures are there; "
            "every other column unlocks more."
        )
    )
    found = files()
    if not found:
        return
    st.caption(t("Nothing at hand? Try one of these:"))
    with st.container(horizontal=True, gap="small"):
        for path in found:
            st.button(
                plain(path.name),
                icon=":material/description:",
                key=f"data_try_{path.name}",
                on_click=_try,
                args=(path, view.draft),
            )


def _try(path: Path, draft: str) -> None:
    bring.start([path], draft=draft, roots=[FOLDER])
