"""Rule sets of a workspace: saved, live, retired."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.cases import (
    go_live,
    judge,
    live_ruleset,
    load_ruleset,
    ruleset_of,
    rulesets_of,
    save_ruleset,
    went_live,
)
from analysis.errors import Conflict, InvalidInput, UnknownName
from tests.cases.case_frames import delayed, frame_of

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_the_default_rules_are_live_until_others_are(tmp_path: Path) -> None:
    assert live_ruleset(tmp_path).version == load_ruleset().version
    assert [item.status for item in rulesets_of(tmp_path)] == ["live"]


def test_a_draft_goes_live_and_the_one_before_is_retired(tmp_path: Path) -> None:
    draft = load_ruleset().with_parameters("2026.2", tolerance=5)
    save_ruleset(tmp_path, draft)
    assert ruleset_of(tmp_path, "2026.2").status == "draft"
    assert live_ruleset(tmp_path).version == load_ruleset().version
    live = go_live(tmp_path, "2026.2", by="Ana", at=NOW)
    assert (live.version, live.status, live.number("tolerance")) == (
        "2026.2", "live", 5,
    )  # fmt: skip
    assert {item.version: item.status for item in rulesets_of(tmp_path)} == {
        load_ruleset().version: "retired", "2026.2": "live",
    }  # fmt: skip
    back = go_live(tmp_path, load_ruleset().version, by="Ben", at=NOW)
    assert back.status == "live"
    assert [(item.version, item.by) for item in went_live(tmp_path)] == [
        ("2026.2", "Ana"), (load_ruleset().version, "Ben"),
    ]  # fmt: skip


def test_a_verdict_can_be_made_again_by_its_version(tmp_path: Path) -> None:
    save_ruleset(tmp_path, load_ruleset().with_parameters("2", tolerance=5))
    go_live(tmp_path, "2", by="Ana", at=NOW)
    frame = frame_of(delayed(kitchen=8, ride=4))
    made = judge(frame, ruleset=live_ruleset(tmp_path))[0]
    go_live(tmp_path, load_ruleset().version, by="Ana", at=NOW)
    again = judge(frame, ruleset=ruleset_of(tmp_path, made.version))[0]
    assert again == made


def test_saved_rules_never_change(tmp_path: Path) -> None:
    draft = load_ruleset().with_parameters("2", tolerance=5)
    save_ruleset(tmp_path, draft)
    for again in (draft, draft.with_parameters(load_ruleset().version)):
        with pytest.raises(Conflict):
            save_ruleset(tmp_path, again)


@pytest.mark.parametrize("version", ["", "../evil", "a b", "x" * 41])
def test_versions_are_plain_names(tmp_path: Path, version: str) -> None:
    with pytest.raises(InvalidInput):
        save_ruleset(tmp_path, load_ruleset().with_parameters(version))


def test_a_version_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        go_live(tmp_path, "9", by="Ana", at=NOW)
