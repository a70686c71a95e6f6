"""The page Data from the entry point: empty, a draft, bad addresses, a dataset."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis import orders
from analysis.metrics.selection import Selection
from analysis.orders.schema import fields_of
from analysis.orders.working import keep_working, working_mapping
from analysis.workspace import Workspace
from ui.data.view import DataView
from ui.show import plain
from ui.state import encode_view

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/start/data.py"
CITIES = ("Riyadh", "Jeddah")
HOSTILE = "![x](https://example.org/x.png) $a$ :red[b]"


def write_orders(folder: Path, *, name: str = "orders.csv", rows: int = 40) -> Path:
    lines = ["order_id,created_at,promised_at,delivered_at,status,city"]
    for number in range(rows):
        day = number % 28 + 1
        late = "13:10" if number % 4 == 0 else "12:30"
        lines.append(
            f"A{number:04d},2026-01-{day:02d} 12:00:00,2026-01-{day:02d} 12:45:00,"
            f"2026-01-{day:02d} {late}:00,delivered,{CITIES[number % 2]}"
        )
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def open_page(view: DataView | None = None, *, raw: str = "") -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    app.switch_page(PAGE)
    text = raw or (encode_view(view) if view else "")
    if text:
        app.query_params["v"] = text
    app.run()
    assert not app.exception
    return app


def words_of(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.subheader]
    alerts = [*app.error, *app.warning, *app.info]
    return "\n".join(str(part.value) for part in [*parts, *alerts])


def labels_of(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


@pytest.fixture
def draft(tmp_path, workspace):
    return orders.stage(write_orders(tmp_path), workspace=workspace)


@pytest.fixture
def dataset(tmp_path, workspace):
    path = write_orders(tmp_path)
    return orders.publish([path], workspace=workspace, name="Gulf")


def test_an_empty_workspace_says_what_to_do():
    app = open_page()
    assert "Bring in your orders" in words_of(app)
    assert "order ID" in words_of(app)


def test_a_draft_in_the_address_is_shown_again(draft):
    app = open_page(DataView(draft=draft.id))
    assert plain("orders.csv") in words_of(app)
    assert "40 rows" in words_of(app)


def test_each_column_has_a_line_with_field_confidence_and_examples(draft):
    app = open_page(DataView(draft=draft.id, step="meaning"))
    text = words_of(app)
    for column in ("order_id", "created_at", "promised_at", "delivered_at", "status"):
        assert plain(column) in text
    assert "sure" in text
    assert "6 of 6 columns are recognised" in text
    assert plain("2026-01-01 12:00:00") in text


def test_a_correction_is_kept_and_can_be_undone(draft):
    app = open_page(DataView(draft=draft.id, step="meaning"))
    table = working_mapping(draft).tables[0]
    place = [column.column for column in table.columns].index("city")
    key = f"data_field_{draft.id}_{table.table}_{place}"
    app.selectbox(key=key).select("zone").run()
    assert not app.exception
    entry = working_mapping(draft).tables[0].column("city")
    assert (entry.field, entry.confidence) == ("zone", 1.0)
    again = open_page(DataView(draft=draft.id, step="meaning"))
    assert again.selectbox(key=key).value == "zone"
    app.button(key="data_undo_button").click().run()
    assert working_mapping(draft).tables[0].column("city").field == "city"


def test_an_open_question_is_asked_and_answered(tmp_path, workspace):
    path = tmp_path / "orders.csv"
    rows = [f"A{n},0{n}/02/2026 10:00,delivered" for n in range(1, 10)]
    path.write_text("order_id,created_at,status\n" + "\n".join(rows) + "\n")
    draft = orders.stage(path, workspace=workspace)
    asked = len(working_mapping(draft).questions())
    assert asked == 1
    app = open_page(DataView(draft=draft.id, step="meaning"))
    assert "Which one is right?" in words_of(app)
    answers = [b for b in app.button if (b.key or "").startswith("data_answer_")]
    assert len(answers) == 2
    blocked = open_page(DataView(draft=draft.id, step="check"))
    assert blocked.button(key="data_publish").disabled
    answers[0].click().run()
    assert not working_mapping(draft).questions()


def test_a_draft_is_published_from_the_page(draft, workspace):
    app = open_page(DataView(draft=draft.id, step="check"))
    assert "become orders" in words_of(app)
    app.text_input(key=f"data_name_{draft.id}").set_value("Gulf").run()
    app.button(key="data_publish").click().run()
    for _ in range(100):
        if orders.list_datasets(workspace):
            break
        time.sleep(0.1)
    app.run()
    assert not app.exception
    app.run()
    text = words_of(app)
    assert "Can these orders be trusted?" in text
    assert "**40** rows in = **40** published" in text
    assert orders.list_drafts(workspace) == ()


def test_a_dataset_shows_its_sum_profile_and_versions(dataset):
    assert "**40** rows in" in words_of(open_page())
    profile = open_page(DataView(show="profile"))
    shown = profile.dataframe[0].value
    named = dict(zip(shown["Name"], shown["Column"], strict=True))
    assert {"order_id", "created_at", "city"} <= set(named)
    assert named["order_id"] == fields_of("orders")["order_id"].label("en")
    versions = open_page(DataView(show="versions"))
    assert "v001" in words_of(versions)


def test_versions_can_be_switched_back(dataset, tmp_path, workspace):
    path = write_orders(tmp_path, name="more.csv", rows=44)
    orders.publish([path], workspace=workspace, name="Gulf")
    app = open_page(DataView(show="versions"))
    assert "+4 orders" in words_of(app)
    app.button(key="data_use_v001").click().run()
    assert not app.exception
    current = [
        i.version for i in orders.list_versions(workspace, "Gulf") if i.is_current
    ]
    assert current == ["v001"]


@pytest.mark.parametrize(
    "raw",
    [
        "nonsense", "1.", "1." + "A" * 9_000, "\x00", "9.eNqrVko",
        encode_view(DataView(draft="0" * 16, step="meaning")),
        encode_view(DataView(selection=Selection(dataset="not here"))),
        encode_view(DataView(show="profile", table="no such table")),
        encode_view(DataView(file="t99", page=999)),
    ],
)  # fmt: skip
def test_bad_addresses_never_break_the_page(dataset, raw):
    app = open_page(raw=raw)
    assert app.title or app.error


def test_a_draft_that_is_gone_is_said_so():
    app = open_page(DataView(draft="0" * 16, step="meaning"))
    assert "is gone" in words_of(app)


def test_hostile_names_show_as_written(tmp_path, workspace):
    path = tmp_path / "orders.csv"
    path.write_text(f'order_id,"{HOSTILE}"\nA1,"{HOSTILE}"\nA2,x\n')
    draft = orders.stage(path, workspace=workspace)
    for step in ("files", "meaning", "check"):
        app = open_page(DataView(draft=draft.id, step=step))
        assert "![x](" not in words_of(app)
        assert "$a$" not in words_of(app)


def test_chinese_has_no_english_left(draft):
    app = open_page(DataView(draft=draft.id, step="meaning"))
    app.query_params["lang"] = "zh_CN"
    app.run()
    assert not app.exception
    assert "各列的含义" in words_of(app)


def test_the_mapping_of_a_draft_follows_its_files(draft, tmp_path, workspace):
    mapping = working_mapping(draft)
    table = mapping.tables[0].table
    keep_working(draft, mapping.changed(table, "city", use="field", field="zone"))
    more = write_orders(tmp_path, name="reviews.csv")
    more.write_text("order_id,review_score,review_comment_message\nA0001,5,fine\n")
    wider = orders.stage(more, workspace=workspace, draft=draft)
    found = working_mapping(wider)
    assert found.tables[0].column("city").field == "zone"
    assert [entry.target for entry in found.tables] == ["orders", "reviews"]
    assert found.links
    assert Workspace.open(workspace).drafts.is_dir()


def test_a_draft_of_an_older_doorstep_does_not_break_the_page(draft):
    manifest = draft.path / "draft.json"
    manifest.write_text('{"version": 0, "id": "x"}', encoding="utf-8")
    assert "Bring in your orders" in words_of(open_page())
    app = open_page(DataView(draft=draft.id))
    assert "cannot be read by this version" in app.error[0].proto.title
