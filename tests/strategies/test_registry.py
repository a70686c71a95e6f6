"""The registry: what a plan means, its rule, where it stands, uploaded assignments."""

import dataclasses
import math
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from analysis.errors import DataProblem, InvalidInput, UnknownName
from analysis.metrics import Selection
from analysis.orders import open_dataset
from analysis.orders.privacy.masks import hash_id
from analysis.records import (
    freeze_strategy,
    list_strategies,
    looks_of,
    open_records,
    record_decision,
)
from analysis.strategies import Guardrail, Strategy, evaluate
from analysis.strategies import registry as registry_module
from analysis.strategies.assignment_tables import (
    check_variants,
    load_assignment,
    read_assignment,
    read_table,
    store_assignment,
    units_found,
)
from analysis.strategies.questions import question, scope_of
from analysis.strategies.registration import (
    Assignment,
    Options,
    Registration,
    Rule,
    from_plan,
    from_stored,
    valid_methods,
)
from analysis.strategies.registry import (
    current_hash,
    decided,
    entries,
    entry_of,
    figures_of,
    is_fresh,
    note_result,
    register,
    status_of,
    unreadable,
)
from analysis.strategies.results import Check, GuardrailResult, Verdict, text
from analysis.workspace import Workspace
from tests.ui import kpi_world

KEY = bytes(range(32))


def a_plan(**changes):
    options = {
        "name": "Route guide", "hypothesis": "Shorter rides", "owner": "Ops",
        "dataset": kpi_world.NAME, "design": "ab", "unit": "rider",
        "assignment": Assignment("column", "variant", control="a", treated="b"),
        "first_day": date(2026, 1, 1), "last_day": date(2026, 1, 28),
        "metric": "late_rate", "smallest_effect": 0.01,
        "guardrails": (Guardrail("cancellation_rate", 0.005, "lower"),),
        "scope": Selection.of({"city": ["Riyadh"]}),
        "options": Options(covariates=("late_rate",)),
    } | changes  # fmt: skip
    return Registration(**options)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    kpi_world.publish(folder)
    return open_dataset(folder, kpi_world.NAME)


@pytest.fixture
def records(tmp_path):
    opened = open_records(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(),
        a_plan(assignment=Assignment("table", table="0" * 64, share=0.3)),
        a_plan(
            design="staggered", unit="zone",
            assignment=Assignment(
                "places", starts={"North": date(2026, 1, 8), "South": None}
            ),
            options=Options(time="day", before=14),
            rule=Rule(0.01, "interval", "not harmed"), guardrails=(), scope=Selection(),
        ),
    ],
)  # fmt: skip
def test_a_plan_survives_the_records_word_for_word(records, plan):
    stored = freeze_strategy(records, register(records, plan, by="Ada").id, by="Ada")
    noted = dataclasses.replace(
        plan, options=dataclasses.replace(plan.options, definition=1)
    )
    assert from_stored(stored) == noted
    assert from_plan(stored.frozen_plan) == noted
    assert current_hash(stored) == stored.frozen_hash


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"design": "magic"}, UnknownName),
        ({"unit": "planet"}, UnknownName),
        ({"metric": "no_such_metric"}, UnknownName),
    ],
)
def test_unknown_words_are_named(changes, error):
    with pytest.raises(error, match="Known"):
        a_plan(**changes)


def test_bad_parts_are_told():
    with pytest.raises(InvalidInput, match="No assignment table"):
        Assignment("table")
    with pytest.raises(InvalidInput, match="No place has a first day"):
        Assignment("places", starts={"North": None})
    with pytest.raises(InvalidInput, match="share of the treated is 1"):
        Assignment(share=1.0)
    with pytest.raises(InvalidInput, match="alpha is 0"):
        Rule(alpha=0.0)
    with pytest.raises(InvalidInput, match="outside 2026-01-01 to 2026-01-28"):
        a_plan(
            design="did", unit="zone",
            assignment=Assignment("places", starts={"North": date(2026, 2, 8)}),
        )  # fmt: skip


def test_a_plan_becomes_the_question_that_evaluate_takes():
    asked = question(a_plan())
    assert (asked.design, asked.treatment, asked.treated) == ("ab", "variant", "b")
    assert asked.propensity == {"a": 0.5, "b": 0.5}
    assert (asked.better, asked.smallest_effect) == ("lower", 0.01)
    assert asked.period == (date(2026, 1, 1), date(2026, 1, 28))
    starts = {"North": date(2026, 1, 8), "South": None}
    places = Assignment("places", starts=starts)
    did = question(a_plan(design="did", unit="zone", assignment=places))
    assert (did.treated, did.start, did.treatment) == (
        ("North",), date(2026, 1, 8), None,
    )  # fmt: skip
    grown = a_plan(design="staggered", unit="zone", assignment=places)
    table = registry_module.assigned(grown, Workspace.open("/tmp"))
    assert table["variant"].tolist() == ["treatment", "control"]
    assert question(grown, method="imputation").method == "imputation"


def test_statuses_follow_the_plan_the_days_and_the_decision(records, dataset):
    last = dataset.period[1]
    stored = register(records, a_plan(), by="Ada")
    assert status_of(stored, day=last, decision=None) == "draft"
    stored = freeze_strategy(records, stored.id, by="Ada")
    days = {date(2025, 12, 31): "frozen", date(2026, 1, 27): "running",
            date(2026, 1, 28): "ended", None: "frozen"}  # fmt: skip
    for day, status in days.items():
        assert status_of(stored, day=day, decision=None) == status
    for word, status in (("go on", "ended"), ("stop", "decided")):
        made = record_decision(
            records, stored.id, decision=word, reason="Because", recommendation=word,
            figures={}, by="Ada",
        )  # fmt: skip
        assert status_of(stored, day=last, decision=made) == status
    (entry,) = entries(records, dataset)
    assert (entry.status, entry.days_done, entry.decision.decision) == (
        "decided", 28, "stop",
    )  # fmt: skip


def found_for(effect, *, states=("held",), smallest=0.5):
    """An evaluation of a plain frame, with guardrails in the given states."""
    rows = [("a", 10.0 + i % 5) for i in range(400)]
    rows += [("b", 10.0 + effect + i % 5) for i in range(400)]
    data = pd.DataFrame(rows, columns=["arm", "y"])
    strategy = Strategy(
        "ab", "y", treatment="arm", control="a", smallest_effect=smallest
    )
    found = evaluate(data, strategy)
    guards = tuple(
        GuardrailResult(f"g{i}", 0.1, found.finding.estimate, state)
        for i, state in enumerate(states)
    )
    return dataclasses.replace(found, guardrails=guards)


@pytest.mark.parametrize(
    ("rule", "effect", "states", "before", "after"),
    [
        (Rule(), 1.0, ("held",), "roll out", "roll out"),
        (Rule(effect="interval"), 0.55, ("held",), "roll out", "go on"),
        (Rule(effect="interval"), 1.0, ("held",), "roll out", "roll out"),
        (Rule(guardrails="not harmed"), 1.0, ("open",), "go on", "roll out"),
        (Rule(guardrails="not harmed"), 0.4, ("open",), "go on", "go on"),
        (Rule(), 1.0, ("open",), "go on", "go on"),
        (Rule(guardrails="not harmed"), 1.0, ("open",), "stop", "stop"),
    ],
)
def test_the_rule_may_ask_more_of_effects_and_less_of_guardrails(
    rule, effect, states, before, after
):
    found = found_for(effect, states=states)
    found = dataclasses.replace(found, verdict=Verdict(before, text("because")))
    plan = a_plan(metric="on_time_rate", smallest_effect=0.5, rule=rule)
    assert decided(plan, found).verdict.decision == after


def test_a_reversal_is_not_rolled_out_by_a_milder_rule():
    found = found_for(1.0, states=("open",))
    reversal = Check("reversal", "amber", 1.0, text("other way round"))
    finding = dataclasses.replace(found.finding, checks=(reversal,))
    verdict = Verdict("go on", text("because"))
    found = dataclasses.replace(found, finding=finding, verdict=verdict)
    plan = a_plan(metric="on_time_rate", rule=Rule(guardrails="not harmed"))
    assert decided(plan, found).verdict.decision == "go on"


def test_a_definition_that_changed_since_the_plan_blocks_it():
    plan = a_plan(metric="on_time_rate", smallest_effect=0.5,
                  options=Options(definition=99))  # fmt: skip
    found = decided(plan, found_for(1.0))
    assert found.verdict.decision == "cannot tell"
    assert found.check("definition_since_plan").light == "red"


def test_looks_are_noted_with_the_figures_of_one_procedure(records, dataset):
    register(records, a_plan(), by="Ada")
    (entry,) = entries(records, dataset)
    found = found_for(1.0)
    note_result(records, entry, dataset, found)
    entry = entry_of(records, dataset, entry.id)
    assert entry.read_early is not None
    assert is_fresh(entry, dataset)
    figures = looks_of(records, [entry.id])[entry.id][0].figures
    assert (figures["effect"], figures["p_value"]) == (found.effect, found.p_value)
    assert (figures["low"], figures["high"]) == found.interval
    assert figures["guardrails"] == {"g0": "held"}


def test_missing_figures_stay_missing():
    found = found_for(1.0)
    odd = dataclasses.replace(found.finding.estimate, interval=(math.nan, math.inf))
    finding = dataclasses.replace(found.finding, estimate=odd)
    figures = figures_of(dataclasses.replace(found, finding=finding))
    assert (figures["low"], figures["high"]) == (None, None)


def test_an_uploaded_table_is_protected_and_kept_under_its_content(tmp_path):
    workspace = Workspace.open(tmp_path)
    frame = read_table(b"rider;arm\nJo2;b\nJo1;a\nJo1;a\n")
    table = read_assignment(frame, kind="rider", unit="rider", variant="arm", key=KEY)
    assert table["unit"].tolist() == [hash_id("Jo2", key=KEY), hash_id("Jo1", key=KEY)]
    name = store_assignment(workspace, table)
    again = store_assignment(workspace, table.iloc[::-1])
    assert name == again
    assert set(load_assignment(workspace, name)["unit"]) == set(table["unit"])
    path = tmp_path / "assignments" / f"{name}.parquet"
    assert b"Jo1" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"other")
    with pytest.raises(DataProblem, match="not in this workspace"):
        load_assignment(workspace, name)
    for bad in ("../../key", "x"):
        with pytest.raises(InvalidInput, match="not the name of"):
            load_assignment(workspace, bad)


@pytest.mark.parametrize(
    ("content", "columns", "sentence"),
    [
        ("u,v\n1,a\n2,b", {"unit": "x"}, "no column x"),
        ("u,v\n1,a\n1,b", {}, "two arms at once, such as 1"),
        ("u,v\n1,a\n2,a", {}, "has 1 variants"),
        ("u,v\n1,a\n,b", {}, "1 of 2 rows lack"),
        ("u,v,w\n1,a,soon\n2,b,2026-01-01", {"first": "w"}, "no date"),
    ],
)
def test_bad_tables_get_a_sentence(content, columns, sentence):
    asked = {"unit": "u", "variant": "v"} | columns
    with pytest.raises(DataProblem, match=sentence):
        read_assignment(read_table(content.encode()), kind="zone", key=KEY, **asked)


def test_a_unit_may_change_its_arm_over_time():
    content = b"u,v,f\n1,a,2026-01-01 00:00\n1,b,2026-01-01 03:00"
    table = read_assignment(
        read_table(content), kind="zone-hour", unit="u", variant="v", first="f", key=KEY
    )
    assert len(table) == 2


@pytest.mark.parametrize("content", [b"", b"PAR1broken", b"\xff\xfe\x00\xd8"])
def test_what_is_no_table_is_told(content):
    with pytest.raises(DataProblem, match="cannot be read"):
        read_table(content)


def test_chinese_files_and_parquet_are_read(tmp_path):
    assert read_table("骑手,组\n甲,对照".encode("gb18030"))["骑手"].tolist() == ["甲"]
    path = tmp_path / "a.parquet"
    pd.DataFrame({"u": [1], "v": ["a"]}).to_parquet(path)
    assert read_table(path.read_bytes())["u"].tolist() == ["1"]


def test_units_and_variants_are_looked_up(dataset):
    known = pd.DataFrame({"unit": ["Riyadh", "Atlantis"], "variant": ["a", "b"]})
    assert units_found(dataset, known, kind="city") == 1
    with pytest.raises(DataProblem, match="None of the 1 units"):
        units_found(dataset, known.tail(1), kind="city")
    check_variants(known, ["a", ""])
    with pytest.raises(DataProblem, match="No unit is in arm c"):
        check_variants(known, ["c"])


def test_methods_for_independent_rows_are_not_valid_for_riders():
    assert "welch" not in valid_methods(a_plan())
    assert "welch" in valid_methods(a_plan(unit="order", metric="delivery_minutes"))
    assert valid_methods(a_plan(unit="order"))[0] == "proportions"


def test_names_are_there_once(records):
    register(records, a_plan(), by="Ada")
    assert len(list_strategies(records)) == 1


def test_a_plan_that_cannot_be_read_does_not_hide_the_others(records, dataset):
    register(records, a_plan(), by="Ada")
    broken = register(records, a_plan(name="Broken"), by="Ada")
    change = sa.text("UPDATE strategies SET rule = :rule WHERE id = :id")
    with records.writing() as connection:
        connection.execute(change, {"rule": '{"alpha": "x"}', "id": broken.id})
    assert [entry.plan.name for entry in entries(records, dataset)] == ["Route guide"]
    assert [item.name for item in unreadable(records, dataset)] == ["Broken"]
    with pytest.raises(InvalidInput, match="plan of Broken cannot be read"):
        entry_of(records, dataset, broken.id)


def test_places_of_one_start_begin_on_one_day():
    starts = {"North": date(2026, 1, 8), "South": date(2026, 1, 9), "East": None}
    places = Assignment("places", starts=starts)
    with pytest.raises(InvalidInput, match="2 different days"):
        a_plan(design="did", unit="zone", assignment=places)
    assert a_plan(design="staggered", unit="zone", assignment=places).days == 28


def test_a_series_without_control_is_that_of_its_places():
    places = Assignment("places", starts={"Riyadh": date(2026, 1, 8), "Jeddah": None})
    plan = a_plan(design="its", unit="city-day", assignment=places, scope=Selection())
    assert scope_of(plan) == Selection.of({"city": ["Riyadh"]})


def test_a_switchback_knows_its_chance_of_being_on():
    plan = a_plan(
        design="switchback", unit="zone-hour", options=Options(),
        assignment=Assignment("column", "variant", share=0.3),
    )  # fmt: skip
    assert question(plan).propensity == 0.3
