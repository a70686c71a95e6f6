"""The parts of the page Cases: answers, keys, reports of the browser, small sums."""

import io
from datetime import datetime, timedelta

import pandas as pd
import pytest

from analysis.cases import load_ruleset
from analysis.cases.sheet import Sheet
from analysis.cases.verdicts import Hit
from analysis.errors import DoorstepError
from analysis.metrics import Selection
from analysis.words import text
from ui.cases import (
    chart,
    idlist,
    keeper,
    keys,
    place,
    rulesets,
    sheet,
    start,
    suggestion,
    words,
)
from ui.cases.answer import Given, shares_of
from ui.cases.view import CasesView
from ui.state import decode_view, encode_view

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - naive UTC, as timelines have it


def test_a_party_is_chosen_and_dropped_and_undetermined_stands_alone():
    none = Given()
    assert none.toggled("rider") == ("rider",)
    one = Given(parties=("rider",))
    assert one.toggled("merchant") == ("rider", "merchant")
    assert one.toggled("rider") == ()
    assert one.toggled("undetermined") == ("undetermined",)
    assert Given(parties=("undetermined",)).toggled("rider") == ("rider",)


@pytest.mark.parametrize(
    ("parties", "party"),
    [((), ""), (("rider",), "rider"), (("rider", "merchant"), "shared")],
)
def test_several_parties_are_shared(parties, party):
    assert Given(parties=parties).party == party


def test_shares_are_those_set_then_those_suggested_then_alike():
    both = Given(parties=("rider", "merchant"))
    assert shares_of(both, suggested={}) == {"rider": 0.5, "merchant": 0.5}
    suggested = {"rider": 6.0, "merchant": 2.0, "platform": 9.0}
    assert shares_of(both, suggested=suggested) == {"rider": 0.75, "merchant": 0.25}
    hand = both.model_copy(update={"shares": {"rider": 10.0, "merchant": 90.0}})
    assert shares_of(hand, suggested=suggested) == {"rider": 0.1, "merchant": 0.9}
    one_sided = {"rider": 6.0}
    assert shares_of(both, suggested=one_sided)["merchant"] == 0.5
    assert shares_of(Given(parties=("rider",)), suggested=suggested) == {}


def test_no_key_is_bound_twice_and_none_of_streamlits_own():
    bound = [key.shortcut.casefold() for key in keys.KEYS]
    assert len(set(bound)) == len(bound)
    assert not {"c", "r"} & set(bound)
    assert len({key.action for key in keys.KEYS}) == len(keys.KEYS)


def test_no_key_of_a_button_acts_while_somebody_types():
    acting = ("ctrl", "cmd", "meta", "mod", "alt", "option")
    for key in keys.KEYS:
        assert not any(part in acting for part in key.shortcut.casefold().split("+"))


def test_every_party_has_its_key():
    assert len(keys.PARTY_KEYS) == len(words.SINGLE)


def test_the_sheet_lists_what_the_keys_stand_for_here():
    lines = keys.lines("cause", {"cause": ["Kitchen", "Ride"]})
    assert lines == ["`Q`\u2002Kitchen", "`W`\u2002Ride"]
    moves = keys.lines("move", {})
    assert any("⇧ Enter" in line for line in moves)


@pytest.mark.parametrize(
    "content",
    [
        None, {}, "text", {"case": 5}, {"case": "a", "active": -1},
        {"case": "a", "active": 10**9}, {"case": "a", "more": 1},
        {"case": "a", "texts": {"x": 1}}, {"case": "x" * 500},
        {"case": "a", "texts": {str(place): "" for place in range(50)}},
    ],
)  # fmt: skip
def test_what_the_browser_reports_is_checked(content):
    assert keeper.read(content) is None


def test_a_report_is_cut_to_size():
    report = keeper.read({"case": "a", "texts": {"note": "x" * 50_000}, "active": 3})
    assert report.active == 3
    assert len(report.texts["note"]) == keeper.MAX_TEXT


def test_numbers_on_one_another_become_one():
    last = NOON + timedelta(minutes=60)
    marks = [
        (1, NOON),
        (2, NOON + timedelta(minutes=1)),
        (3, NOON + timedelta(minutes=30)),
        (4, NOON + timedelta(days=1)),
        (5, NOON + timedelta(days=2)),
    ]
    told = [name for _, name in chart.together(marks, NOON, last)]
    assert told == ["1–2", "3", "4–5"]


@pytest.mark.parametrize(
    ("value", "bar"), [(340, 200), (70, 50), (10, 10), (19.9, 10), (1500, 1000)]
)
def test_the_scale_bar_is_round(value, bar):
    assert place._round(value) == bar


def test_ids_are_read_from_what_people_upload():
    assert idlist.read_ids("订单号\nA1\n A2 \n".encode()) == ["A1", "A2"]
    assert idlist.read_ids("城市,订单编号\n上海,A1\n".encode("gbk")) == ["A1"]
    assert idlist.read_ids(b"A1\r\nA2") == ["A1", "A2"]
    assert idlist.read_ids("﻿order_id,late\nA1,5\n".encode()) == ["A1"]
    for header in ("Order No", "order number", "订单ID", "Order ID"):
        assert idlist.read_ids(f"x\t{header}\n1\tA1\n".encode()) == ["A1"]
    for bad in (b"", b"\xff\xfe\x00\x01", b"PK\x03\x04 no archive"):
        with pytest.raises(DoorstepError):
            idlist.read_ids(bad)


def test_ids_are_read_from_the_first_sheet_of_a_workbook():
    kept = io.BytesIO()
    with pd.ExcelWriter(kept, engine="xlsxwriter") as book:
        pd.DataFrame({"city": ["X", "Y"], "Order ID": [7, 8]}).to_excel(
            book, index=False
        )
        pd.DataFrame({"order_id": ["other"]}).to_excel(book, sheet_name="Second")
    assert idlist.read_ids(kept.getvalue()) == ["7", "8"]


def test_without_a_header_the_column_with_most_orders_counts(monkeypatch):
    known = {"A1", "A2"}
    monkeypatch.setattr(idlist, "known_ids", lambda _, ids: frozenset(known & {*ids}))
    content = b"town,what\nX,A1\nY,A2\nZ,A1\nZ,B9\n"
    ids = idlist.read_ids(content, dataset=object())
    assert ids == ["A1", "A2", "A1", "B9"]
    found = idlist.looked_up(object(), tuple(ids))
    assert (found.lines, found.repeated) == (4, 1)
    assert (found.found, found.unknown) == (("A1", "A2"), ("B9",))


def test_codes_are_words_and_labels_of_charts_are_not_escaped():
    assert words.code("refused, low_pay").replace("\\", "") == "refused, low pay"
    assert words.code("*x*") == "\\*x\\*"
    assert words.verdict_label("customer + force majeure") == "Customer + Force majeure"
    assert words.verdict_label("3PL") == "Partner"


def test_orders_that_went_wrong_are_called_after_what_happened():
    assert start.named("late", "São Paulo") == "Late, São Paulo"
    assert start.named("late", "Late, São Paulo") == "Late, São Paulo"
    assert start.named("", "São Paulo") == "São Paulo"


@pytest.mark.parametrize(
    ("metric", "event"),
    [
        ("late_rate", "late"), ("cancellation_rate", "cancelled"),
        ("complaint_rate", "complained"), ("orders", ""), ("", ""),
        ("late_rate(by=day)", "late"),
    ],
)  # fmt: skip
def test_a_bar_of_a_rate_leads_to_what_the_rate_counts(metric, event):
    assert start.problems(Selection(metric=metric)).event == event


def test_what_is_named_already_stays():
    chosen = Selection(metric="late_rate", event="cancelled")
    assert start.problems(chosen).event == "cancelled"


def test_the_view_survives_the_address():
    view = CasesView(queue="abc", position=12, label="Late", sheet=True)
    assert decode_view(encode_view(view), CasesView) == (view, ())
    wrong, unread = decode_view(
        encode_view(CasesView(queue="a")).replace("1.", "9."), CasesView
    )
    assert (wrong, bool(unread)) == (CasesView(), True)


@pytest.mark.parametrize(
    ("value", "threshold", "told"),
    [(6.4, 5.0, "6.4"), (2.0, 2.0, "≥"), (-1.0, 0.0, "\\<")],
)
def test_a_figure_stands_beside_its_threshold(value, threshold, told):
    hit = Hit(
        rule="X", name="X", party="rider", cause="", value=value,
        threshold=threshold, margin=value - threshold, unit="min", minutes=0.0,
        evidence=(), exemption="", fact="",
    )  # fmt: skip
    assert told in suggestion._measured(hit)


def test_rules_and_decisions_mean_the_same_parties():
    assert words.party_code("3PL") == "partner"
    assert words.party_code("force majeure") == "force_majeure"
    assert words.parties(()) == words.party("undetermined")


def test_the_sheet_as_a_file_shows_text_as_written():
    line = text("{field}", field="<script>alert(1)</script>")
    made = Sheet(
        title=text("Why"), summary=line, facts=(line,), rules=(), not_counted=(),
        appeal=(), order="****0001", times=(("created_at", "12:00"),),
        timezone="Asia/Riyadh", ruleset_version="1", day=None,
    )  # fmt: skip
    page = sheet.document(made)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page


def test_a_rule_set_survives_its_key_and_its_file():
    default = load_ruleset()
    assert rulesets.of(rulesets.key_of(default)) == default
    assert rulesets._read(rulesets.as_yaml(default)) == default
