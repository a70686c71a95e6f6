"""Rule sets in the records: the newest is live, none ever changes."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from analysis.errors import Conflict, InvalidInput
from analysis.records import list_rulesets, live_ruleset, publish_ruleset
from analysis.records.cases_rulesets import case_rulesets

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SET = {"name": "Doorstep", "content": "rules: []", "by": "Ada"}


def test_the_newest_is_live_and_the_others_stay(records):
    assert live_ruleset(records) is None
    publish_ruleset(records, version="1", reason="first", now=NOW, **SET)
    publish_ruleset(
        records, version="2", reason="stricter", now=NOW + timedelta(days=1), **SET
    )
    assert live_ruleset(records).version == "2"
    assert [item.version for item in list_rulesets(records)] == ["2", "1"]
    assert list_rulesets(records)[1].reason == "first"


def test_a_version_is_given_once(records):
    publish_ruleset(records, version="1", reason="first", **SET)
    with pytest.raises(Conflict):
        publish_ruleset(records, version="1", reason="again", **SET)


@pytest.mark.parametrize(
    "change",
    [{"reason": "  "}, {"content": "x" * 300_000}, {"by": ""}, {"version": ""}],
)
def test_what_cannot_stand_is_refused(records, change):
    values = {"version": "1", "reason": "first", **SET} | change
    with pytest.raises(InvalidInput):
        publish_ruleset(records, **values)


@pytest.mark.parametrize(
    "change",
    [sa.update(case_rulesets).values(content="other"), sa.delete(case_rulesets)],
)
def test_the_database_refuses_changes(records, change):
    publish_ruleset(records, version="1", reason="first", **SET)
    with pytest.raises(sa.exc.DBAPIError), records.engine.begin() as connection:
        connection.execute(change)
    assert live_ruleset(records).content == "rules: []"
