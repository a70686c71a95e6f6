"""Write the files to try the upload with: ``python -m sample_data.try_files``.

They come out of a small sample world, so that what is brought in looks like orders.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import xlsxwriter

from sample_data.simulate import simulate

HERE = Path(__file__).with_name("try")
_ORDERS, _WEEKS, _SEED = 12_000, 2, 8
_CLEAN_ROWS, _UNTIDY_ROWS, _RELATED_ROWS = 900, 500, 500
_STAMP = datetime(2026, 6, 29, tzinfo=UTC)

_CLEAN = """
    select order_id, created_at, promised_at, accepted_at, arrived_merchant_at,
           picked_up_at, delivered_at, status, rider_id, city, trim(zone) zone,
           timezone, merchant_type, vehicle, distance_m, basket_amount, currency
    from orders where order_id in (
        select order_id from orders group by order_id having count(*) = 1)
    order by created_at, order_id limit {rows}
"""
_UNTIDY_COLUMNS = {
    "订单号": "order_id",
    "下单时间": "created_at",
    "承诺送达": "promised_at",
    "实际送达": "delivered_at",
    "状态": "status",
    "骑手ID": "rider_id",
    "商圈": "zone",
    "商家类型": "merchant_type",
    "订单金额": "basket_amount",
    "评分": "rating",
}
_STATUS_ZH = {
    "delivered": "已完成",
    "cancelled": "已取消",
    "returned": "已退回",
    "failed": "配送失败",
}
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_IN_CITY = """
    select * replace (
        created_at at time zone timezone as created_at,
        promised_at at time zone timezone as promised_at,
        delivered_at at time zone timezone as delivered_at)
    from orders where city = '{city}' order by created_at, order_id limit {rows}
"""


def write_all(folder: Path = HERE) -> None:
    """Write all files into a folder, always the same ones."""
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as world:
        out = Path(scratch)
        simulate(out, orders=_ORDERS, weeks=_WEEKS, seed=_SEED)
        world.execute("set timezone = 'UTC'")
        for name in ("orders", "customers", "offers", "reviews"):
            world.read_parquet(f"{out}/{name}/**/*.parquet").create(name)
        folder.mkdir(parents=True, exist_ok=True)
        _clean(world, folder / "orders_clean.csv")
        _untidy(world, folder / "orders_untidy_zh.xlsx")
        _related(world, folder / "related")


def _to_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(
        path, index=False, lineterminator="\n", date_format="%Y-%m-%d %H:%M:%S"
    )


def _clean(world: duckdb.DuckDBPyConnection, path: Path) -> None:
    frame = world.sql(_CLEAN.format(rows=_CLEAN_ROWS)).df()
    for name in frame.columns[frame.columns.str.endswith("_at")]:
        frame[name] = frame[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    _to_csv(frame, path)


def _local(world: duckdb.DuckDBPyConnection, city: str, rows: int) -> pd.DataFrame:
    return world.sql(_IN_CITY.format(city=city, rows=rows)).df()


def _untidy(world: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A title over merged cells, three ways to write a date, blanks, stray spaces."""
    frame = _local(world, "Hong Kong", _UNTIDY_ROWS)[list(_UNTIDY_COLUMNS.values())]
    frame["status"] = frame["status"].astype(str).map(_STATUS_ZH)
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": _STAMP.replace(tzinfo=None)})
    sheet = book.add_worksheet("订单明细")
    bold = book.add_format({"bold": True, "align": "center"})
    sheet.merge_range(
        0, 0, 0, len(_UNTIDY_COLUMNS) - 1, "香港六月订单导出（样例）", bold
    )
    sheet.write(1, 0, "导出时间：2026-06-29")
    sheet.write_row(3, 0, list(_UNTIDY_COLUMNS))
    clock = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for nth, record in enumerate(frame.itertuples(index=False)):
        for column, value in enumerate(record):
            _cell(sheet, (nth + 4, column), value, clock)
    book.close()


def _cell(
    sheet: xlsxwriter.worksheet.Worksheet,
    at: tuple[int, int],
    value: object,
    clock: xlsxwriter.format.Format,
) -> None:
    row, column = at
    if pd.isna(value):  # type: ignore[call-overload]
        sheet.write_blank(row, column, None)
    elif isinstance(value, pd.Timestamp):
        way = row % (len(_FORMATS) + 1)
        if way == len(_FORMATS):
            sheet.write_datetime(row, column, value.to_pydatetime(), clock)
        else:
            sheet.write_string(row, column, value.strftime(_FORMATS[way]))
    elif isinstance(value, str):
        sheet.write_string(
            row, column, f"{value} " if (row + column) % 37 == 0 else value
        )
    else:
        sheet.write_number(row, column, float(np.float64(value)))  # type: ignore[arg-type]


def _related(world: duckdb.DuckDBPyConnection, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    orders = _local(world, "São Paulo", _RELATED_ROWS)
    kept = [
        "order_id", "customer_id", "rider_id", "merchant_id", "created_at",
        "promised_at", "delivered_at", "status", "weather", "basket_amount",
    ]  # fmt: skip
    _to_csv(orders[kept], folder / "orders.csv")
    world.register("mine", orders)
    tables = {
        "customers": "select distinct c.* exclude (joined_at) from customers c"
        " join mine using (customer_id) order by customer_id",
        "offers": "select o.* replace (pushed_at at time zone {zone} as pushed_at,"
        " responded_at at time zone {zone} as responded_at) from offers o"
        " semi join mine using (order_id) order by offer_id",
        "reviews": "select r.review_id, r.order_id, r.stars, r.text,"
        " r.created_at at time zone {zone} as created_at"
        " from reviews r semi join mine using (order_id) order by review_id",
    }
    for name, query in tables.items():
        local = query.format(zone="'America/Sao_Paulo'")
        _to_csv(world.sql(local).df(), folder / f"{name}.csv")


if __name__ == "__main__":
    write_all()
