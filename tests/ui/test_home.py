"""Home from the entry script: empty, with data, bad addresses, both languages."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis import orders
from analysis.errors import DataProblem
from analysis.records import open_records, save_view
from ui import attention, cached, datasets, demo, jobs
from ui.data.plan import labelled
from ui.format import moment

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "![x](https://evil.test/a.png) $a$ :red[b]"


def run(**address):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in address.items():
        at.query_params[name] = value
    return at.run()


def words(at):
    kinds = (at.title, at.markdown, at.caption, at.subheader, at.warning, at.error)
    return "\n".join(item.value for kind in kinds for item in kind)


def order_rows(days=120, before=30, after=80):
    """Ten orders a day; of every hundred, so many cancelled before and in the end."""
    created = pd.date_range("2026-03-01 10:00", periods=days * 10, freq="144min")
    late = created >= created[-1] - pd.Timedelta(days=28)
    share = pd.Series(late).map({False: before, True: after})
    return pd.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(created))],
            "created_at": created,
            "delivered_at": created + pd.Timedelta(minutes=30),
            "status": [
                "cancelled" if number % 100 < limit else "delivered"
                for number, limit in enumerate(share)
            ],
            "city": "Riyadh",
        }
    )


def publish(folder, tmp_path, *, name, frame):
    path = tmp_path / "orders.csv"
    frame.to_csv(path, index=False)
    return orders.publish([path], workspace=folder, name=name)


@pytest.fixture
def published(workspace, tmp_path):
    frame = order_rows()
    twice = pd.concat([frame, frame.head(7)])
    return publish(workspace, tmp_path, name=HOSTILE, frame=twice)


def test_an_empty_workspace_offers_both_ways_in():
    at = run()
    assert not at.exception
    assert at.title[0].value == "Bring in orders, or look around"


def test_the_demo_data_set_themselves_up(monkeypatch):
    made = []
    monkeypatch.setenv("DOORSTEP_DEMO_ORDERS", "500")
    monkeypatch.setattr(
        demo, "build", lambda job, workspace, *, rows, records: made.append(rows)
    )
    at = run()
    assert not at.exception
    assert made == [500]


def test_demo_data_that_failed_say_so_and_can_be_tried_again(monkeypatch):
    def build(job, workspace, *, rows, records):
        raise DataProblem("no room on {disk}", disk="disk")

    monkeypatch.setenv("DOORSTEP_DEMO_ORDERS", "500")
    monkeypatch.setattr(demo, "build", build)
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.1)
    run()
    at = run()
    assert [button.label for button in at.button] == ["Set up demo data"]
    assert "no room on disk" in at.error[0].proto.title


def test_what_got_worse_leads_then_what_the_checks_found(published):
    found = attention.notices(published, today=date(2026, 7, 1))
    assert "Cancellation rate got worse" in found[0].text
    texts = [notice.text for notice in found]
    assert "Rows that repeat a key" in texts
    at = run()
    assert not at.exception
    assert r"\!\[x\]\(https\:" in words(at)
    assert "![x](" not in words(at)


def test_stale_data_are_named(published):
    texts = [item.text for item in attention.notices(published, today=date(2027, 1, 1))]
    assert any(text.startswith("The last order is ") for text in texts)


def test_a_quiet_dataset_asks_for_nothing(workspace, tmp_path):
    frame = order_rows(before=30, after=30)
    dataset = publish(workspace, tmp_path, name="Quiet", frame=frame)
    last = dataset.period[1]
    assert attention.notices(dataset, today=last) == ()


def test_saved_views_are_listed_and_only_ours_or_shared(published, workspace):
    records = open_records(workspace)
    for name, shared in ((HOSTILE, True), ("private", False)):
        save_view(records, page="kpis", name=name, address="", by="Bo", shared=shared)
    at = run()
    assert not at.exception
    links = [item.proto.label for item in at.get("page_link")]
    assert any(r"\!\[x\]" in label for label in links)
    assert "private" not in links


@pytest.mark.parametrize("lang", ["zh_CN", "zh-Hans", "zh"])
def test_the_language_of_the_address(lang):
    at = run(lang=lang)
    assert at.title[0].value == "导入订单，或先随便看看"
    assert not at.exception


@pytest.mark.parametrize(
    "address",
    [
        {"lang": "xx"}, {"lang": ""}, {"lang": ["zh", "en"]}, {"v": "x"}, {"v": "1."},
        {"v": "\x00" * 50}, {"v": "A" * 20_000}, {"other": "1"}, {"lang": "é" * 5_000},
    ],
)  # fmt: skip
def test_bad_addresses_never_raise(published, address):
    assert not run(**address).exception


def test_switching_the_language_keeps_it():
    at = run()
    at.button_group[0].set_value("zh_CN").run()
    assert at.title[0].value == "导入订单，或先随便看看"
    assert at.query_params["lang"] in ("zh_CN", ["zh_CN"])


def test_a_check_names_its_place_as_people_do():
    check = {"text": "{place} position at 0, 0", "values": {"place": "drop"}}
    assert attention._sentence(check) == "Drop\\-off position at 0, 0"
    known = labelled({"place": "pickup", "column": "x"})
    assert known == {"place": "Pickup", "column": "x"}


def test_as_of_is_when_the_version_was_published(published):
    (info,) = datasets.listing()
    dataset = cached.opened(info.dataset, info.version)
    told = datasets.as_of(dataset)
    assert told == moment(info.published_at)
    assert f"As of {told} UTC" in words(run(lang="en"))
