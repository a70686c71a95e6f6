"""The files that the repository holds are those the scripts write."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import sample_data
from sample_data.dictionary import dictionary, schemas
from sample_data.try_files import write_all

HERE = Path(sample_data.__file__).parent
RELATED = ("orders", "customers", "offers", "reviews")
TABLES = ["orders_clean.csv", *(f"related/{name}.csv" for name in RELATED)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("try")
    write_all(folder)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_files_to_try_are_in_step(written, name):
    assert (written / name).read_bytes() == (HERE / "try" / name).read_bytes()


def cells(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def test_the_workbook_is_in_step(written):
    name = "orders_untidy_zh.xlsx"
    assert cells(written / name) == cells(HERE / "try" / name)


def test_the_workbook_is_untidy():
    rows = cells(HERE / "try" / "orders_untidy_zh.xlsx")
    header = rows.index(next(row for row in rows if row[0] == "订单号"))
    assert header > 0
    body = pd.DataFrame(rows[header + 1 :], columns=rows[header])
    kinds = {type(value).__name__ for value in body["下单时间"]}
    assert kinds == {"str", "datetime"}
    assert body["下单时间"].astype(str).str.contains("/").any()
    assert (body["实际送达"] == "").any()
    assert body["商圈"].str.endswith(" ").any()


def test_files_are_small():
    for path in (HERE / "try").rglob("*.*"):
        assert path.stat().st_size < 300_000
    plots = [path.stat().st_size for path in (HERE / "plots").iterdir()]
    assert sum(plots) < 400_000


def test_related_files_belong_together():
    frames = {
        path.stem: pd.read_csv(path) for path in (HERE / "try" / "related").iterdir()
    }
    orders = frames["orders"]
    assert orders.order_id.duplicated().sum() <= 5
    assert set(orders.customer_id) == set(frames["customers"].customer_id)
    for name in ("offers", "reviews"):
        assert set(frames[name].order_id) <= set(orders.order_id)
    assert len(frames["offers"]) > len(orders)


def test_the_dictionary_is_in_step():
    text = (HERE / "dictionary.md").read_text(encoding="utf-8")
    assert dictionary(schemas()) == text


def test_the_readme_names_what_is_there():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    for path in (HERE / "plots").iterdir():
        assert f"plots/{path.name}" in text
    for name in ("world.yaml", "calendar.yaml", "truth.yaml", "dictionary.md", "try/"):
        assert name in text
        assert (HERE / name).exists()
