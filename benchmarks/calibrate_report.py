"""What ``make calibrate`` prints and writes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import altair as alt
import pandas as pd

from analysis.strategies.calibration import Calibrated, Share, read_calibrated

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "analysis" / "strategies" / "calibrated.csv"
PAGE = ROOT / "docs" / "strategies.md"
FIGURE = ROOT / "docs" / "calibration.svg"
BEGIN, END = "<!-- calibration: begin -->", "<!-- calibration: end -->"


def print_line(line: Calibrated, seconds: float) -> None:
    state = "kept" if line.kept else "MISSED"
    if not line.judged:
        state = "to compare"
    error, coverage = _percent(line.error), _percent(line.coverage)
    print(
        f"{line.design:18} {line.label:40} {line.draws:6,}  error {error:22} "
        f"coverage {coverage:22} {state:10} {seconds:6.0f} s",
        flush=True,
    )


def _percent(found: Share) -> str:
    return f"{found.share:.1%} ({found.low:.1%} to {found.high:.1%})"


def keep(line: Calibrated, order: Sequence[str]) -> list[Calibrated]:
    """Put a line among those of earlier runs, in the order of the list."""
    known = {one.label: one for one in read_calibrated(TABLE)} if TABLE.exists() else {}
    known[line.label] = line
    found = [known[label] for label in order if label in known]
    with TABLE.open("w", encoding="utf-8", newline="") as lines:
        names = [one.name for one in fields(Calibrated)]
        writer = csv.DictWriter(lines, names, lineterminator="\n")
        writer.writeheader()
        for one in found:
            writer.writerow(asdict(one) | {"judged": "yes" if one.judged else "no"})
    return found


def write(found: list[Calibrated]) -> None:
    """Write table and figure of the docs."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n{table(found)}\n{END}{tail}", encoding="utf-8")
    draw(found).save(FIGURE)


def table(found: list[Calibrated]) -> str:
    """The table as Markdown."""
    head = (
        "| design | procedure | draws | false positives (99 %) | coverage (99 %) | |",
        "|---|---|---:|---|---|---|",
    )
    rows = [
        f"| {line.design} | {line.label} | {line.draws:,} | {_percent(line.error)} | "
        f"{_percent(line.coverage)} | {_state(line)} |"
        for line in found
    ]
    return "\n".join((*head, *rows))


def _state(line: Calibrated) -> str:
    if not line.judged:
        return "to compare"
    return "kept" if line.kept else "missed"


def draw(found: list[Calibrated]) -> alt.LayerChart:
    """Shares of misses with their intervals against the band."""
    order = [line.label for line in found]
    rows = [
        {"procedure": line.label, "what": what, "share": share.share,
         "low": share.low, "high": share.high}
        for line in found
        for what, share in (("false positives", line.error), ("misses", _missed(line)))
    ]  # fmt: skip
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("procedure:N", sort=order, title=None, axis=alt.Axis(labelLimit=280)),
        yOffset=alt.YOffset("what:N"),
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(
                domain=["false positives", "misses"], range=["#1f5fa8", "#8a8f98"]
            ),
        ),
    )
    bounds = alt.X("low:Q", title="share of draws", axis=alt.Axis(format=".0%"))
    band = alt.Chart(pd.DataFrame([{"low": 0.04, "high": 0.06}]))
    return alt.layer(
        band.mark_rect(color="#d8dde6", opacity=0.6).encode(x="low:Q", x2="high:Q"),
        base.mark_rule(strokeWidth=2).encode(x=bounds, x2="high:Q"),
        base.mark_point(filled=True, size=36).encode(x="share:Q"),
    ).properties(width=420, title="Share of draws outside the 95 % interval")


def _missed(line: Calibrated) -> Share:
    held = line.coverage
    return Share(
        line.with_effect, line.draws, 1 - held.share, 1 - held.high, 1 - held.low
    )
