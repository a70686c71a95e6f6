"""The page Quality from the entry point: figures, parts, filters, rule sets."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis import orders
from analysis.cases import load_ruleset
from analysis.cases.imported import import_decisions
from analysis.cases.quality import decision_frame
from analysis.metrics import Selection
from analysis.records import live_ruleset, open_records
from tests.ui import kpi_world
from tests.ui.kpi_world import NAME
from ui.quality import fair, importing, rulesets
from ui.quality.view import PARTS, QualityView, Scope, narrowed, weeks
from ui.state import encode_view

ROOT = Path(__file__).parents[2]


def opened(view=None, *, text=None, lang="en"):
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    at.query_params["lang"] = lang
    at.session_state["person_name"] = "Ada"
    at.run()
    if view is not None:
        at.query_params["v"] = encode_view(view)
    if text is not None:
        at.query_params["v"] = text
    at.switch_page("pages/review/quality.py").run()
    assert not at.exception, [error.message for error in at.exception]
    return at


def said(at):
    parts = (
        at.title, at.header, at.subheader, at.markdown, at.caption, at.warning,
        at.info, at.error,
    )  # fmt: skip
    return "\n".join(str(item.value) for kind in parts for item in kind)


def past_decisions(world):
    """Forty orders that two people judged; Hard blames riders, gold says merchant."""
    rows = []
    for place, order in enumerate(world["order_id"].head(40)):
        day = pd.Timestamp("2026-03-02", tz="UTC") + pd.Timedelta(hours=6 * place)
        for who, party in (("Hard", "rider"), ("Fair", "merchant")):
            rows.append(
                {
                    "order_id": order, "party": party, "reviewer": who,
                    "kind": "HUMAN", "explanation": "seen",
                    "opened_at": day, "decided_at": day + pd.Timedelta(minutes=2),
                    "active_seconds": 60 + place,
                }
            )  # fmt: skip
        rows.append(
            {
                "order_id": order, "party": "merchant", "reviewer": "",
                "kind": "GOLD", "explanation": "known", "decided_at": day,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def world(workspace):
    return kpi_world.publish(workspace)


@pytest.fixture
def records(workspace):
    kept = open_records(str(workspace))
    yield kept
    kept.close()


@pytest.fixture
def judged(world, workspace, records):
    dataset = orders.open_dataset(str(workspace), NAME)
    made = import_decisions(
        dataset, past_decisions(world), records=records, name="Past", by="Boss"
    )
    dataset.engine.close()
    return made


def test_without_data_it_says_so(workspace):
    assert "once orders are here" in said(opened())


def test_without_decisions_there_is_a_way_to_some(world):
    text = said(opened())
    assert "No case is decided yet" in text
    assert "Nothing to measure yet" in text


def test_it_opens_with_accuracy_and_agreement(judged):
    text = said(opened()).replace("\N{NO-BREAK SPACE}", " ")
    assert "**50.0 % of decisions name the right party**" in text
    assert "Two reviewers agree in 0.0 % of 40 cases" in text


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(judged, part):
    at = opened(QualityView(part=part))
    assert not at.error, [item.value for item in at.error]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_without_decisions(world, part):
    assert opened(QualityView(part=part)).title


def test_one_reviewer_alone(judged):
    text = said(opened(QualityView(reviewer="Fair"))).replace("\N{NO-BREAK SPACE}", " ")
    assert "**100.0 % of decisions name the right party**" in text
    assert "Two reviewers agree in 0.0 % of 40 cases" in text


def test_a_dataset_that_is_not_here(judged):
    at = opened(QualityView(selection=Selection(dataset="Nowhere")))
    assert len(at.error) == 1


@pytest.mark.parametrize("text", ["!!!", "x" * 3000])
def test_an_unreadable_address_shows_the_usual(judged, text):
    assert "could not be read" in said(opened(text=text))


def test_in_chinese(judged):
    assert opened(lang="zh_CN").title[0].value.startswith("判责")


def test_filters_narrow(judged, records):
    every = decision_frame(records)
    first = weeks(every)[-1]
    one = narrowed(every, QualityView(week=first, reviewer="Hard"))
    assert 0 < len(one) < len(every)
    assert set(one["reviewer"]) == {"Hard"}
    assert narrowed(every, QualityView(rule="none of ours")).empty


def test_groups_that_stand_out_lead():
    table = pd.DataFrame(
        {
            "group": ["a", "b", "c"],
            "difference": [0.3, -0.5, 0.1],
            "stands_out": [False, False, True],
        }
    )
    assert fair.leading(table)["group"].tolist() == ["c", "b", "a"]


def test_a_file_that_is_no_table_is_refused():
    with pytest.raises(importing.InvalidInput):
        importing.read(b"\xff\xfe\x00")
    assert importing.read(b"a,b\n1,2\n").shape == (1, 2)


def test_figures_of_an_id_are_kept():
    (row,) = importing.read(b"order_id,reviewer\n007,01\n").to_dict("records")
    assert row == {"order_id": "007", "reviewer": "01"}


def test_a_draft_is_tried_on_cases_of_its_version_alone(judged, workspace, records):
    dataset = orders.open_dataset(str(workspace), NAME)
    every = decision_frame(records)
    here = rulesets.past(Scope(dataset, QualityView(), every, every))
    assert len(here[0]) == len(here[1]) == 40
    other = every.assign(dataset_version="v000")
    orders_of_other, gold = rulesets.past(Scope(dataset, QualityView(), other, other))
    assert gold == {}
    assert orders_of_other != here[0]
    dataset.engine.close()


def test_versions_follow_one_another():
    live = load_ruleset()
    draft = live.model_copy(update={"version": "mine"})
    assert rulesets._next(live, live) == "2026.2"
    assert rulesets._next(live, draft) == "mine"


def test_nothing_is_live_but_the_default_until_somebody_publishes(judged, records):
    assert live_ruleset(records) is None
    assert "nobody has replaced it" in said(opened(QualityView(part="rules")))
