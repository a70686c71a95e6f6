"""On any small table: rows in are rows published plus rows set aside."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.orders.publish_help import (
    aside,
    assert_rows_add_up,
    csv_text,
    publish_files,
    values,
)

QUIET = settings(
    deadline=None,
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
HOSTILE = (
    "city", "City", "a,b", 'qu"ote', "😀", "; drop table orders", "![x](http://e)",
    "rowid", "order_no", "{0}", "%s", "unread␟", "raw␟city", "__proto__", "a\nb",
    "select", "订单", "NULL", "status", " ", "order_id (2)",
)  # fmt: skip
headers = st.lists(st.sampled_from(HOSTILE), max_size=4)
keys = st.sampled_from(["A1", "A2", "A3", "", " ", "NULL", "0", "A1 "])
times = st.sampled_from(
    ["2024-03-01 10:00:00", "2024-03-02 09:00:00", "", "soon", "1970-01-01 00:00:00"]
)
cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6
)


@st.composite
def tables(draw):
    further = draw(headers)
    count = draw(st.integers(1, 12))
    rows = [
        [draw(keys), draw(times), draw(times), *(draw(cells) for _ in further)]
        for _ in range(count)
    ]
    # One row that shows what the columns are.
    rows.append(
        ["Z9", "2024-03-05 10:00:00", "2024-03-05 11:00:00", *("x" for _ in further)]
    )
    return ["order_id", "created_at", "delivered_at", *further], rows


@QUIET
@given(tables(), st.sampled_from(["first", "last"]))
def test_no_row_is_lost_or_made(table, keep):
    from dataclasses import replace  # noqa: PLC0415

    header, rows = table
    with tempfile.TemporaryDirectory() as folder:
        dataset = publish_files(
            Path(folder), {"orders.csv": csv_text(header, rows)},
            change=lambda mapping: replace(mapping, duplicates=keep),
        )  # fmt: skip
        assert_rows_add_up(dataset)
        counts = dataset.manifest["sources"][0]
        assert counts["rows"] == len(rows)
        cleaned = [row[0].strip() for row in rows]
        keyed = [key for key in cleaned if key not in {"", "NULL", "0"}]
        found = values(dataset, "order_id")
        reasons = list(aside(dataset)["reason"])
        assert len(found) == len(set(found))
        assert set(found) <= set(keyed)
        assert len(set(keyed)) - len(found) <= reasons.count("delivered_before_created")
        assert reasons.count("missing_key") == len(rows) - len(keyed)
        assert len(dataset.fields) >= len(header) + 1
        dataset.engine.close()


related = st.lists(
    st.tuples(st.sampled_from(["A1", "A2", "ZZ", ""]), st.integers(0, 5)), max_size=9
)


@QUIET
@given(related, st.sampled_from(["sum", "count", "min", "max", "first", "last"]))
def test_joins_never_multiply_orders(items, rule):
    orders = csv_text(
        ("order_id", "created_at"),
        [(f"A{n}", f"2024-03-0{n + 1} 10:00:00") for n in range(4)],
    )
    rows = [("A0", 3), *items]
    with tempfile.TemporaryDirectory() as folder:
        dataset = publish_files(
            Path(folder),
            {"orders.csv": orders, "items.csv": csv_text(("order_id", "pieces"), rows)},
            change=lambda mapping: mapping.changed(
                mapping.tables[1].table,
                "pieces",
                use="other",
                field="pieces",
                rule=rule,
            ),
        )
        assert_rows_add_up(dataset)
        assert values(dataset, "order_id") == ["A0", "A1", "A2", "A3"]
        assert values(dataset, "pieces") == [
            expected(rows, f"A{n}", rule) for n in range(4)
        ]
        dataset.engine.close()


def expected(rows: list[tuple[str, int]], order: str, rule: str) -> int | None:
    held = [number for key, number in rows if key == order]
    reduce = {
        "sum": sum, "count": len, "min": min, "max": max,
        "first": lambda found: found[0], "last": lambda found: found[-1],
    }  # fmt: skip
    return reduce[rule](held) if held else None
