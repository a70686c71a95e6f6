"""Writes the confusion matrix of the demo world into ``docs/cases.md``.

Run with ``python -m benchmarks.case_matrix [folder]``; the folder is one that
``DOORSTEP_TEST_WORLD`` names, made by the tests, else a world is simulated.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd
from sqlglot import exp

from analysis import orders
from analysis.cases import Cases, Verdicts, judge
from analysis.engine.dataset import Dataset
from analysis.orders.schema import load_fields
from analysis.workspace import Workspace
from sample_data.simulate import simulate

ORDERS = 400_000
DOCUMENT = Path(__file__).parents[1] / "docs" / "cases.md"
MARK = "<!-- matrix -->"
#: Sets of parties with fewer true cases are shown together.
FEW = 100


def judged_world(
    dataset: Dataset, parties: pd.DataFrame
) -> tuple[Verdicts, pd.DataFrame]:
    """Verdicts of every problem order, and the planted truth beside what was found."""
    query = exp.select("order_no", "order_id").from_("orders")
    numbers = dataset.engine.run(query).to_pandas()
    truth = parties.astype({"parties": str, "kind": str}).merge(numbers, on="order_id")
    truth = truth.rename(columns={"kind": "truth_kind"})
    own = [name for name in truth if name.endswith("_minutes")]
    truth = truth.drop(columns=[name for name in own if name != "late_minutes"])
    verdicts = judge(Cases(dataset, truth["order_no"].tolist()))
    return verdicts, truth.merge(verdicts.to_frame(), on="order_no")


def matrix_text(found: pd.DataFrame) -> str:
    """Figures and the confusion matrix as Markdown."""
    truth = found["parties"].where(found["decidable"], "cannot be decided")
    counts = truth.value_counts()
    truth = truth.where(truth.map(counts) >= FEW, "other sets of parties")
    known = found["party"].isin({*truth, "undetermined"})
    answer = found["party"].where(known, "another set")
    table = pd.crosstab(truth, answer)
    rows = [name for name in counts.index if name in table.index]
    rows += [name for name in table.index if name not in rows]
    columns = [name for name in rows if name in table.columns]
    columns = ["undetermined", *columns]
    columns += [name for name in table.columns if name not in columns]
    return _figures(found) + "\n\n" + _markdown(table.loc[rows, columns])


def _figures(found: pd.DataFrame) -> str:
    right = found["party"] == found["parties"]
    decidable, called = found["decidable"], found["case_kind"] == "early tap"
    hit = (called & found["early_tap"]).sum()
    undetermined = found["party"] == "undetermined"
    lines = [
        ("Cases", f"{len(found):,}"),
        ("Decidable: planted party found", f"{right[decidable].mean():.2%}"),
        ("Undecidable: undetermined", f"{undetermined[~decidable].mean():.2%}"),
        ("Decidable: undetermined", f"{undetermined[decidable].mean():.2%}"),
        ("Early taps: precision", f"{hit / called.sum():.2%}"),
        ("Early taps: recall", f"{hit / found['early_tap'].sum():.2%}"),
    ]
    return "\n".join(
        ["| figure | |", "|---|--:|", *(f"| {name} | {text} |" for name, text in lines)]
    )


def _markdown(table: pd.DataFrame) -> str:
    head = "| planted \\ found | " + " | ".join(map(str, table.columns)) + " |"
    rule = "|---|" + "--:|" * len(table.columns)
    body = [
        f"| {name} | " + " | ".join(f"{n:,}" if n else "" for n in row) + " |"
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join([head, rule, *body])


def demo_world(folder: Path) -> tuple[Dataset, pd.DataFrame]:
    out, truth = folder / "out", folder / "truth"
    workspace = Workspace.open(folder / "workspace")
    if not (folder / "made").exists():
        simulate(out, orders=ORDERS, seed=1, truth=truth)
        tables = sorted(path for path in out.iterdir() if path.name in load_fields())
        orders.publish(tables, workspace=workspace, name="Demo")
    dataset = orders.open_dataset(workspace, "Demo")
    return dataset, pd.read_parquet(truth / "parties")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(sys.argv[1]) if sys.argv[1:] else Path(place)
        dataset, parties = demo_world(folder)
        found = judged_world(dataset, parties)[1]
    before = DOCUMENT.read_text(encoding="utf-8").split(MARK)[0]
    DOCUMENT.write_text(f"{before}{MARK}\n\n{matrix_text(found)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
