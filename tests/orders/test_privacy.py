"""Personal data are found, and masked alike in DuckDB and in Python."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from analysis.errors import InvalidInput
from analysis.orders.privacy import (
    find_inside,
    find_personal,
    hash_id,
    protect,
    protect_value,
    shape_of,
)
from analysis.orders.schema import fields_of

OLIST = Path(__file__).parents[3] / "shared" / "data" / "olist"
KEY = b"a key of this test only, 32 byte"
COLUMN = exp.column("x", quoted=True)
KINDS = ("id", "name", "phone", "email", "address", "free_text")


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(config={"threads": 1}) as found:
        yield found


def in_duckdb(connection, values, tree):
    rows = pa.table({"x": pa.array(values, pa.string()), "row": range(len(values))})
    connection.register("rows_of_test", rows)
    query = exp.select(exp.alias_(tree, "v")).from_("rows_of_test").order_by("row")
    found = connection.sql(query.sql("duckdb")).to_arrow_table()["v"].to_pylist()
    connection.unregister("rows_of_test")
    return found


PIECES = st.sampled_from([
    "13812345678", "138 1234 5678", "+966 55 123 4567", "+852-9123-4567", "order",
    "11 98765-4321", "(11) 3456-7890", "a.b@c.com.br", "110101199003078515", "订单号",
    "11010119900307851X", "123.456.789-09", "张江路123号", "5栋201室", "pedido nº",
    "Rua das Flores, 123", "12 Baker Street", "av. Paulista 1000", "20260927123456",
    "R$ 1.234,56", "$", "SAR", "35 min", "20:15", "2026-09-27", "4111 1111 1111 1111",
    "1234567", "\n", " ", " ", ",", "：", "tel",
    "اتصل", "٠٥٥١٢٣٤٥٦٧", "+٩٦٦ ٥٥ ١٢٣ ٤٥٦٧", "۰۹۱۲۳۴۵۶۷۸۹", "１３８１２３４５６７８",
    "٣٥", "电话", "\x01", "São João", "é", "#", "😀",
])  # fmt: skip
SIGNS = st.text("0123456789+-(). @abR号路a٠٥٩۰۵９", max_size=14)
TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.lists(st.one_of(PIECES, SIGNS), max_size=8).map("".join),
    ),
    max_size=15,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(texts=TEXTS, kind=st.sampled_from(KINDS))
def test_duckdb_and_python_protect_alike(connection, texts, kind):
    found = in_duckdb(connection, texts, protect(COLUMN, kind, key=KEY))
    assert found == [protect_value(text, kind, key=KEY) for text in texts]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("arrived 35 min late, R$ 1.234,56, order 20260927123456", None),
        ("order 12345678 at 20:15:30 on 2026-09-27 20:15", None),
        ("pedido nº 99887766", None),
        ("waited 45 minutes and paid $1234567.89", None),
        ("500 m away, 3.5 km, 1.234.567 views, 80%", None),
        ("等了45分钟，才送到，20:15 已经凉了", None),
        ("call 13812345678 or +966 55 123 4567", "call *** or ***"),
        ("订单号20260927123456789 联系13812345678", "订单号20260927123456789 联系***"),
        ("订单13812345678", "订单***"),
        ("138 1234 5678 139 1234 5678", "*** ***"),
        ("me liga 11 98765-4321 por favor", "me liga *** por favor"),
        ("write to maria.silva@exemplo.com.br today", "write to *** today"),
        ("身份证110101199003078515", "身份证***"),
        ("CPF 123.456.789-09", "CPF ***"),
        ("Rua das Flores, 123", "***"),
        ("left it at 12 Baker Street", "left it at ***"),
        ("card 4111 1111 1111 1111", "card ***"),
        ("اتصل على ٠٥٥١٢٣٤٥٦٧ رجاء", "اتصل على *** رجاء"),
        ("شماره ۰۹۱۲۳۴۵۶۷۸۹", "شماره ***"),
        ("رقمي +٩٦٦ ٥٥ ١٢٣ ٤٥٦٧", "رقمي ***"),
        ("电话１３８１２３４５６７８", "电话***"),
        ("تأخر ٣٥ دقيقة", None),
    ],
)
def test_free_text_keeps_orders_amounts_and_times(connection, text, masked):
    expected = text if masked is None else masked
    assert protect_value(text, "free_text", key=KEY) == expected
    found = in_duckdb(connection, [text], protect(COLUMN, "free_text", key=KEY))
    assert found == [expected]


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("张伟", "name", "张*"),
        ("Maria da Silva", "name", "M*"),
        ("+966 55 123 4567", "phone", "+966 *** **67"),
        ("13812345678", "phone", "*** **78"),
        ("+5511987654321", "phone", "+55 *** **21"),
        ("maria@exemplo.com.br", "email", "m***@***.br"),
        ("٠٥٥١٢٣٤٥٦٧", "phone", "*** **67"),
        ("no mail", "email", "n***@***"),
        ("上海市浦东新区张江路123号", "address", "上***"),
    ],
)
def test_masks_say_little(text, kind, masked):
    assert protect_value(text, kind, key=KEY) == masked


@given(
    first=st.text(min_size=2, max_size=40),
    second=st.text(min_size=2, max_size=40),
    kind=st.sampled_from(["name", "address"]),
)
def test_masks_do_not_tell_the_length(first, second, kind):
    masks = [protect_value(text, kind, key=KEY) for text in (first, second)]
    assert len(masks[0]) == len(masks[1])


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Maria Silva", "Aaaaa Aaaaa"), ("São João", "Aaa Aaaa"),
        ("张伟 13点", "aa 99a"), ("محمد ٠٥٥", "aaaa 999"),
        ("2024-03-01\n10:00", "9999-99-99 99:99"),
    ],
)  # fmt: skip
def test_a_shape_keeps_punctuation_only(text, shape):
    assert shape_of(text) == shape


@given(st.text(max_size=30))
def test_a_shape_names_nobody(text):
    shape = shape_of(text)
    assert len(shape) == len(text)
    assert {sign for sign in shape if sign.isalnum()} <= set("Aa9")


def test_hashed_ids_still_join_and_depend_on_the_key(connection):
    ids = ["rider-1", "rider-2", "rider-1", None]
    found = in_duckdb(connection, ids, protect(COLUMN, "id", key=KEY))
    assert found[0] == found[2] != found[1]
    assert found[3] is None
    assert (
        found[0]
        == hash_id("  rider-1 ", key=KEY)
        == protect_value(ids[0], "id", key=KEY)
    )
    assert hash_id("rider-1", key=b"another key") != found[0]
    assert len(found[0]) == 16
    assert found[0] not in hashlib.sha256(b"rider-1").hexdigest()


def test_a_number_is_hashed_as_its_text(connection):
    tree = protect(exp.cast(COLUMN, "BIGINT"), "id", key=KEY)
    assert in_duckdb(connection, ["42"], tree) == [hash_id("42", key=KEY)]


def test_no_key_no_hash():
    with pytest.raises(InvalidInput, match="no key"):
        hash_id("x", key=b"")


def phones(template: str) -> list[str]:
    return [template.format(f"{n:04d}") for n in range(100)]


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("x", phones("1381234{}"), "phone"),
        ("x", phones("+966 55 123 {}"), "phone"),
        ("x", phones("+965 9123 {}"), "phone"),
        ("x", phones("+852 9123 {}"), "phone"),
        ("x", phones("+55 11 98765-{}"), "phone"),
        ("x", phones("user{}@mail.com"), "email"),
        ("x", phones("11010119900307{}"), "id"),
        ("x", phones("上海市张江路{}号"), "address"),
        ("x", ["张伟", "李娜", "王秀英", "刘洋", "陈静"], "name"),
        ("x", ["the rider was late and the food was cold", "great food, will come back",
               "never again, it took more than two hours"], "free_text"),
        ("x", phones("٠٥٥١٢٣{}"), "phone"),
        ("联系电话", ["a"], "phone"),
        ("اسم العميل", ["a"], "name"),
        ("رقم الهاتف", ["a"], "phone"),
        ("رقم جوال المستلم", ["a"], "phone"),
        ("عنوان التوصيل", ["a"], "address"),
        ("البريد الإلكتروني", ["a"], "email"),
        ("ملاحظات", ["a"], "free_text"),
        ("اسم المطعم", ["برجر كينج", "ماكدونالدز"], ""),
        ("guest", ["Maria Silva", "John Smith", "Ann Lee"] * 20, "name"),
        ("driver", [f"John Smith {n}" for n in range(50)], "id"),
        ("passenger", [f"John Smith {n}" for n in range(50)], "name"),
        ("guest_count", ["1", "2", "3"], ""),
        ("client_type", ["New", "Returning"] * 9, ""),
        ("x", ["MARIA SILVA", "JOSE DOS SANTOS", "ANA LIMA"], "name"),
        ("x", ["Maria", "Ahmed", "John"], "name"),
        ("x", ["محمد العتيبي", "سارة أحمد", "خالد بن سعد"], "name"),
        ("x", [f"Zorbo{c} de Quux-Lee" for c in "abcdefghijklmnopqrstuvwxyz"], "name"),
        ("payment", ["Credit Card", "Apple Pay"] * 20, ""),
        ("x", ["Credit Card", "Apple Pay"] * 20, ""),
        ("dish", [f"Chicken Burger {c}" for c in "abcdefghijklmnopqrstuvwxyz"], ""),
        ("store_name", [f"Golden Wok {c}" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"], ""),
        ("receiver_mobile", ["a"], "phone"),
        ("customer_unique_id", ["a"], "id"),
        ("courier_id", ["a"], "id"),
        ("收货人", ["a"], "name"),
        ("nome_completo", ["a"], "name"),
        ("备注", ["a"], "free_text"),
        ("delivery_address", ["a"], "address"),
        ("city_name", ["Riyadh", "Jeddah"], ""),
        ("product_name", ["Burger", "Pizza"], ""),
        ("price", ["12.50", "13"], ""),
        ("order_purchase_timestamp", ["2018-01-01 10:00:00"] * 3, ""),
        ("seller_id", ["080199a181c46c657dc5aa235411be3b"], ""),
        ("city", ["rio de janeiro", "são paulo"], ""),
        ("x", [None, ""], ""),
    ],
)  # fmt: skip
def test_personal_columns_are_found(header, values, kind):
    assert find_personal(header, pd.Series(values, dtype="str"), None).kind == kind


def test_a_contact_inside_a_text_makes_it_free_text_but_a_hash_holds_none():
    hashes = ["080199a13812345678c657dc5aa23541", "a13812345678-4a5b-9c1d-0123456789ab"]
    assert find_inside(pd.Series(hashes, dtype="str"), None) == ""
    for text in ("desk 13812345678", "a@b.example", "اتصل +٩٦٦ ٥٥ ١٢٣ ٤٥٦٧"):
        assert find_inside(pd.Series([*hashes, text], dtype="str"), None) == "free_text"


@pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist files are not there")
def test_cities_and_products_of_olist_are_no_names():
    for path in OLIST.glob("*.csv"):
        frame = pd.read_csv(path, dtype="str", nrows=5_000)
        kinds = {name: find_personal("x", frame[name], None).kind for name in frame}
        assert "name" not in kinds.values(), (path.name, kinds)


def test_a_field_says_itself_what_is_personal():
    orders = fields_of("orders")
    assert find_personal("x", ["a"], orders["rider_id"]).kind == "id"
    assert find_personal("x", ["a"], orders["customer_phone"]).kind == "phone"
    assert find_personal("phone", phones("1381234{}"), orders["order_id"]).kind == ""
    assert find_personal("x", phones("u{}@mail.com"), orders["zone"]).kind == "email"
