"""The rules that cases are judged by now."""

from __future__ import annotations

from functools import lru_cache

import yaml

from analysis.cases import Ruleset, load_ruleset, read_ruleset
from analysis.records import list_rulesets, live_ruleset
from analysis.records.cases_decisions import decisions_on
from ui import cached
from ui.cases.view import Desk


def live() -> Ruleset:
    """The rule set in force: the one published last, else the one that comes along."""
    stored = live_ruleset(cached.records())
    return load_ruleset() if stored is None else _read(stored.content)


def of_case(desk: Desk) -> Ruleset:
    """The rules a finished case was decided by, as far as they are kept; else live."""
    if desk.case is None or desk.is_open:
        return live()
    records = cached.records()
    seen = [item.seen.ruleset for item in decisions_on(records, desk.case.id)]
    name = next((text for text in seen if text), "")
    kept = {f"{item.name} {item.version}": item for item in list_rulesets(records)}
    stored = kept.get(name)
    if stored is not None:
        return _read(stored.content)
    own = load_ruleset()
    return own if f"{own.name} {own.version}" == name else live()


def key_of(ruleset: Ruleset) -> str:
    """The whole rule set as text: results are kept by what it says, not by its name."""
    return ruleset.model_dump_json(by_alias=True, exclude_none=True)


@lru_cache(maxsize=8)
def of(key: str) -> Ruleset:
    """The rule set of a key."""
    return Ruleset.model_validate_json(key)


def as_yaml(ruleset: Ruleset) -> str:
    """The rule set as the file that it can be read from again."""
    content = ruleset.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


@lru_cache(maxsize=8)
def _read(content: str) -> Ruleset:
    return read_ruleset(content)
