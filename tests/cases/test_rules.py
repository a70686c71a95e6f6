"""Rule sets: what is read, refused and changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.cases import load_ruleset, read_ruleset
from analysis.cases.rule_texts import RULE_TEXTS
from analysis.errors import DataProblem, UnknownName


def default() -> dict:
    return yaml.safe_load(load_ruleset().to_yaml())


def changed(**rule: object) -> str:
    content = default()
    content["rules"][0] |= rule
    return yaml.safe_dump(content)


def test_the_default_rule_set_is_live_and_says_why() -> None:
    rules = load_ruleset()
    assert rules.status == "live"
    assert {"M1", "M2", "R1", "R2", "R3", "R4", "R5", "C1", "C2", "P1", "P2", "P3",
            "F1"} <= {rule.id for rule in rules.rules}  # fmt: skip
    assert all(rule.reason for rule in rules.rules)
    assert all(item.reason for item in rules.parameters.values())


def test_its_texts_are_in_the_catalogues() -> None:
    rules = load_ruleset()
    texts = {text for rule in rules.rules for text in (rule.name, rule.reason)}
    texts |= {item.name for rule in rules.rules for item in rule.exempt}
    texts |= {item.reason for item in rules.parameters.values()}
    assert texts == set(RULE_TEXTS)


def test_what_judging_reads_has_to_be_there() -> None:
    content = default()
    del content["parameters"]["sole_share"]
    with pytest.raises(DataProblem, match="sole_share"):
        read_ruleset(yaml.safe_dump(content))


def test_a_rule_set_survives_the_way_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(load_ruleset().to_yaml(), encoding="utf-8")
    assert load_ruleset(path) == load_ruleset()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "expected"),
        ("name: mine", "version"),
        (changed(party="nobody"), "party 'nobody'"),
        (changed(judges=["lunch"]), "judges"),
        (changed(judges=["dispatch", "cancelled"]), "both minutes and events"),
        (changed(id="R1"), "not unique"),
        (changed(when=[{"fact": "a", "above": "no_such"}]), "no parameter 'no_such'"),
        (changed(when=[{"fact": "a", "above": 1, "below": 2}]), "one test"),
        (changed(when=[{"above": 1}]), "one test"),
        (changed(when=[{"fact": "a"}]), "one test"),
        (changed(when=[{"fact": "a", "like": "b"}]), "P1"),
        (changed(when="__import__('os')"), "P1"),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(DataProblem) as error:
        read_ruleset(text, name="mine.yaml")
    assert says in str(error.value)
    assert "mine.yaml" in str(error.value)


def test_drafts_change_parameters_or_leave_rules_out() -> None:
    draft = load_ruleset().with_parameters("2", tolerance=5, calls=3)
    assert (draft.version, draft.status) == ("2", "draft")
    assert draft.number("tolerance") == 5
    assert load_ruleset().number("tolerance") == 0
    fewer = load_ruleset().without("P3", version="3")
    assert "P3" not in {rule.id for rule in fewer.rules}
    with pytest.raises(UnknownName):
        load_ruleset().with_parameters("2", tolerence=5)
    with pytest.raises(UnknownName):
        load_ruleset().without("X9", version="3")
